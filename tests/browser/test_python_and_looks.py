"""A query of one's own as Python, in a fresh kernel and in a cell below; the looks of results, saved and opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tapwidget.client.builtin import Child
from tapwidget.simulation import user_table

CONDITION = " AND ut1.g > 16 AND 'é\"\\' <> ''"
PAIRS = "sorted(zip({0}['tw_row'].tolist(), {0}['objid'].tolist(), {0}['objectId'].tolist()))"
QUERY = """\
SELECT ut1.tw_row, ut1.objid, ut1.r, o.objectId, o.r_cModelMag
FROM TAP_UPLOAD.ut1 AS ut1
JOIN dp1.Object AS o ON DISTANCE(POINT(ut1.ra, ut1.dec), POINT(o.coord_ra, o.coord_dec)) < 0.0001
WHERE ut1.r > 17"""


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """One service for both kernels."""
    child = Child()
    yield child.url
    child.end()


@pytest.fixture(scope="module")
def notebook(lab: Any, csv: Path, service: str) -> Iterator[Any]:
    """The app, with the result of a query that was written by hand."""
    source = f"import tapwidget\napp = tapwidget.CrossMatch({service!r}, {str(csv)!r})\napp"
    notebook = lab.open_notebook([source], height=1300, keep=True)
    app = app_of(notebook)
    app.locator("button.mod-primary:not([disabled])", has_text="Run").wait_for()
    app.get_by_role("button", name="Edit ADQL").click()
    area = app.get_by_role("textbox", name="ADQL")
    area.fill(QUERY + CONDITION)
    notebook.wait_for_python(f"app.editor.adql == {QUERY + CONDITION!r}")
    app.locator("button.mod-primary:not([disabled])", has_text="Run").click()
    app.get_by_text(re.compile(r"^results: [\d,]+ rows$")).first.wait_for()
    yield notebook
    lab.close(notebook)


@pytest.fixture(scope="module")
def elsewhere(lab: Any) -> Iterator[Any]:
    """Another notebook, in another folder, whose kernel knows nothing."""
    notebook = lab.open_notebook([""], run=False, height=1300, keep=True)
    yield notebook
    lab.close(notebook)


def app_of(notebook: Any) -> Locator:
    return notebook.page.locator(".tw-app").first


def test_a_query_of_ones_own_runs_in_a_fresh_kernel(notebook: Any, elsewhere: Any) -> None:
    app, page = app_of(notebook), notebook.page
    page.bring_to_front()
    expected = notebook.python(PAIRS.format("app.result"))
    assert len(expected) > 100
    app.get_by_role("button", name="Show as Python").click()
    code = app.locator("pre[aria-label=Python]")
    for written, first_line in (("plain pyvo", "import time"), ("tapwidget", "import numpy")):
        app.get_by_label("written in").select_option(label=written)
        expect(code).to_have_text(re.compile(rf"^{first_line}"))
        copied = code.text_content()
        elsewhere.run_cell(copied)
        found = elsewhere.wait_for_python(f"'result' in globals() and {PAIRS.format('result')}")
        assert not elsewhere.traceback()
        assert found == expected
        assert elsewhere.python("query") == QUERY + CONDITION
        elsewhere.python(first="del result")
    app.get_by_text("app.insert_python() in a cell puts this into a cell below it").wait_for()
    app.get_by_role("textbox", name="ADQL").fill(QUERY + CONDITION + " ")
    expect(code).to_have_count(0)  # it would no longer be true
    app.get_by_role("textbox", name="ADQL").fill(QUERY + CONDITION)
    notebook.wait_for_python(f"app.editor.adql == {QUERY + CONDITION!r}")


def test_the_cell_comes_below_the_one_that_asks_for_it(notebook: Any) -> None:
    notebook.page.bring_to_front()
    place = notebook.run_cell("app.insert_python('tapwidget')")
    cells = "() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.source)"
    notebook.page.wait_for_function(f"place => ({cells})().length > place + 1", arg=place)
    code = notebook.page.evaluate(cells)[place + 1]
    assert code == notebook.python("app.python('tapwidget')")
    notebook.run_cell(code)
    notebook.wait_for_python("'result' in globals() and len(result) == len(app.result)")
    assert not notebook.traceback()


def test_looks_come_back(notebook: Any, elsewhere: Any) -> None:
    app, page = app_of(notebook), notebook.page
    page.bring_to_front()
    app.get_by_role("button", name="Log", exact=True).click()
    everything = notebook.python("len(app.result)")
    filter_of(app, "r").fill("17.5..19")
    expect(app.locator(".twt-status")).to_have_text(re.compile(rf"^[\d,]+ of {everything:,} rows"))
    said = app.locator(".twt-status").inner_text()
    app.get_by_role("button", name="Columns ...").click()
    app.get_by_role("checkbox", name="objid", exact=True).uncheck()
    heading = app.get_by_role("columnheader").filter(has=page.get_by_text("objid", exact=True))
    expect(heading).to_have_count(0)
    app.get_by_role("button", name="Save or open this set-up").click()
    set_up = app.locator(".tw-disclosed", has=page.get_by_role("button", name="Open"))
    set_up.get_by_role("button", name="Save").click()
    file = notebook.folder / "set-up.json"
    app.get_by_text(f"Saved to {file}.").wait_for()

    elsewhere.page.bring_to_front()
    elsewhere.run_cell(f"import tapwidget\nagain = tapwidget.CrossMatch.load({str(file)!r})\nagain")
    again = app_of(elsewhere)
    again.get_by_text("The set-up is restored.").wait_for()
    expect(again.locator(".twt-status")).to_have_text(said)
    expect(filter_of(again, "r")).to_have_value("17.5..19")
    expect(again.get_by_role("button", name="Log", exact=True)).to_have_class(re.compile("mod-active"))
    names = again.get_by_role("columnheader")
    expect(names.filter(has=elsewhere.page.get_by_text("tw_row", exact=True))).to_have_count(1)
    expect(names.filter(has=elsewhere.page.get_by_text("objid", exact=True))).to_have_count(0)
    expect(again.locator(".tw-warning")).to_have_count(0)
    assert elsewhere.python("(again.results.histogram.logarithmic, again.results.table.columns)") == (
        True, ("tw_row", "r", "objectId", "r_cModelMag"),
    )  # fmt: skip


def filter_of(app: Locator, column: str) -> Locator:
    return app.get_by_label(f"Filter {column}", exact=True).first
