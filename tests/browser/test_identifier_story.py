"""Asteroids by mouse: a query, its result as the next table, identifiers cleaned up with a preview, the match."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

GAIA = "SELECT TOP 1000 number_mp, denomination FROM gaiadr3.sso_orbits WHERE num_observations > 100 ORDER BY number_mp"


def test_a_result_is_cleaned_up_and_matched_by_identifier(lab: Any) -> None:
    notebook = lab.open_notebook(
        ["import tapwidget\napp = tapwidget.CrossMatch(service='demo', target='dp1.MPCORB')\napp"], height=1800
    )
    app = notebook.page.locator(".tw-app").first
    app.get_by_text("simulated sky", exact=True).first.wait_for()
    run = app.locator("button.mod-primary", has_text="Run")

    # A query of one's own, before there is any table.
    app.get_by_role("button", name="Edit ADQL").click()
    editor = app.locator("textarea.twa-area")
    editor.fill(GAIA)
    editor.blur()
    expect(run).to_be_enabled()
    run.click()
    app.get_by_text("results: 1,000 rows").wait_for()
    app.get_by_role("button", name="Back to the form").click()

    # Its result is the next table.
    app.get_by_role("button", name="Use as my table").click()
    expect(app.get_by_label("your table").locator("option:checked")).to_contain_text("results")
    app.get_by_text("1,000 rows · 2 columns").wait_for()

    # By identifier, cleaned up, and seen before anything is sent.
    app.get_by_role("button", name="by identifier").click()
    app.get_by_label("yours", exact=True).select_option(label="denomination")
    app.get_by_label("= target's").select_option(label="mpcDesignation")
    rules = app.locator("select[title^='make your identifiers']")
    rules.select_option(label="replace")
    app.get_by_text("as it travels").wait_for()
    rules.select_option(index=2)  # UPPER CASE; the page has it with a blank of its own
    first = notebook.python("str(app.form.table['denomination'][0])")
    cells = app.locator("td.tw-verbatim")
    cells.get_by_text(first, exact=True).first.wait_for()
    cells.get_by_text(first.replace("_", " ").upper(), exact=True).first.wait_for()
    app.get_by_text("of 1,000 identifiers change.").first.wait_for()  # said again beside the upload, a little later
    notebook.screenshot("identifier_clean_up", app)

    expect(run).to_be_enabled()
    run.click()
    app.locator("text=/results_2: [0-9,]+ rows/").wait_for()
    matched = notebook.python("len(app.result)")
    assert 500 < matched < 1000
    app.get_by_text(f"{1000 - matched:,} identifiers of yours found nothing").wait_for()
    app.get_by_role("button", name="Show the closest").click()
    app.get_by_text("closest in the target").wait_for()
    mine = notebook.python("sorted(str(n).replace('_', ' ').upper() for n in app.result['ut1_denomination'])")
    assert mine == notebook.python("sorted(str(n) for n in app.result['mpcDesignation'])")
