"""How far to believe a match, in a browser: the line on chance matches, the shifted copy, duplicates, the plot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tapwidget.simulation import user_table


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


def test_chance_matches_duplicates_and_the_radius(lab: Any, csv: Path) -> None:
    cell = "import tapwidget\napp = tapwidget.CrossMatch(service='demo', table='sdss.csv')\napp"
    notebook = lab.open_notebook([cell], beside=[csv], height=1500)
    app = notebook.page.locator(".tw-app").first
    radius = app.get_by_label("radius", exact=True).first
    radius.fill("2")
    radius.press("Enter")
    app.locator("pre.tw-adql", has_text="0.0005555").wait_for()
    run = app.locator("button.mod-primary", has_text="Run")
    notebook.page.wait_for_function("button => !button.disabled", arg=run.element_handle())
    run.click()
    check = app.locator(".tw-check")
    check.get_by_text(re.compile(r"bout .* pairs are chance matches .* widest separations")).wait_for()
    plot = app.locator(".tw-plot", has=app.page.get_by_text("separation [arcsec]"))
    plot.locator(".curve path.line[d]").nth(2).wait_for(state="attached")
    check.scroll_into_view_if_needed()
    notebook.screenshot("match-check-light", app)
    plot.scroll_into_view_if_needed()
    notebook.screenshot("match-check-plot-light", plot)

    # With the keyboard: measure, and the line changes in its place.
    measure = check.get_by_role("button", name="Measure with a shifted copy")
    measure.focus()  # which may scroll the page
    before = plot.bounding_box()
    notebook.page.keyboard.press("Enter")
    check.get_by_text(re.compile("a shifted copy meets")).wait_for()
    assert [plot.bounding_box()[side] for side in "xy"] == [before[side] for side in "xy"]
    expect(measure).to_be_enabled()
    expect(check.get_by_role("button", name="Stop")).to_be_disabled()
    expected, error = notebook.python(
        "[float(app.runs.current.chance.pairs(2)), float(app.runs.current.chance.relative_error)]"
    )
    assert 0 < error < 0.2
    assert 100 < expected < 5000

    # Only the pairs that share a row.
    check.get_by_role("button", name="Show only these").click()
    rows = notebook.wait_for_python("app.results.check.rows is not None and len(app.results.check.rows)")
    app.locator(".twt-status", has_text=f"{rows:,} rows").wait_for()
    assert notebook.python("len(app.results.table.table)") == rows
    check.get_by_role("button", name="Show only these").click()
    notebook.wait_for_python("len(app.results.table.table) == len(app.result)")

    # Another radius by key: judged in words, marked in the plot.
    handle = plot.locator(".noUi-handle")
    handle.focus()
    for _ in range(5):
        notebook.page.keyboard.press("ArrowLeft")
    notebook.wait_for_python("app.results.separations.radius < 2")
    plot.get_by_text(re.compile(r"^Within 1\.\d+ arcsec about")).wait_for()
    app.get_by_role("button", name="Use this radius").click()
    expect(radius).to_have_value(re.compile(r"^1\.\d+$"))
    plot.get_by_role("button", name="Kept and false").click()
    plot.get_by_text("share [%]").wait_for()
    notebook.theme("dark")
    notebook.screenshot("match-check-dark", plot)
    notebook.screenshot("match-check-lines-dark", check)
    notebook.theme("light")
    notebook.resize(800, 1500)
    notebook.screenshot("match-check-narrow", check)
    # Nothing is wider than the page.
    assert app.evaluate("app => app.scrollWidth <= app.clientWidth + 1")
