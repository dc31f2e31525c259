"""Text that would like to be HTML stays text in every panel, wherever it comes from: file, service, person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import Locator, expect

EVIL = "<img src=x onerror=window.evil=1>"
SCRIPT = "<script>window.evil=1<script>"  # without a slash, which no file name may have


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table whose cells, column names, descriptions and file name are hostile; target of the match, and mine too."""
    random = np.random.default_rng(5)
    table = Table(
        {
            "id": np.arange(300),
            "ra": random.uniform(10, 11, 300),
            "dec": random.uniform(0, 1, 300),
            "r": random.uniform(17, 23, 300),
            "note": [EVIL, SCRIPT, "</div></pre></textarea></select>"] * 100,
            EVIL: random.uniform(17, 23, 300),
        }
    )
    for name in table.colnames:
        table[name].description = f"{EVIL} {SCRIPT}"
    table["ra"].unit = table["dec"].unit = "deg"
    table["r"].unit = table[EVIL].unit = "mag"
    table.write(tmp_path / f"{EVIL}.ecsv")
    return tmp_path


@pytest.fixture
def service(folder: Path, serve: Callable[..., str]) -> str:
    """A service over that file."""
    return serve(str(folder / f"{EVIL}.ecsv"))


def test_nothing_becomes_html(lab: Any, folder: Path, service: str) -> None:
    mine = folder / f"{EVIL}.ecsv"
    cell = (
        "import tapwidget, pathlib\n"
        f"app = tapwidget.CrossMatch({service!r}, target=tapwidget.connect({service!r}).tables()[0].name)\napp"
    )
    notebook = lab.open_notebook([cell], beside=[mine], height=1600)
    page = notebook.page
    app: Locator = page.locator(".tw-app").first

    def shown(*places: Locator) -> None:
        """The text is there as text, in all of these places; and nowhere did it become anything else."""
        for place in places:
            place.filter(has_text="<img src=x").first.wait_for(state="attached")
        assert page.evaluate("window.evil") is None
        assert page.locator("img[src='x']").count() == 0
        assert page.locator("script", has_text="window.evil").count() == 0

    def button(name: str) -> Locator:
        return app.get_by_role("button", name=name)

    # The file, its name, its columns and cells.
    files = app.get_by_label("your table")
    option = files.locator("option", has_text="<img src=x").first
    option.wait_for(state="attached")
    files.select_option(label=option.inner_text())
    app.get_by_text("position ra, dec").wait_for()
    shown(app.locator(".tw-preview th"), app.locator(".tw-preview td"))

    # The target's columns and descriptions; a condition on such a column.
    button("Columns to return").click()
    shown(app.locator(".widget-checkbox"))
    button("Magnitude range").click()
    columns = app.locator("select", has=page.locator("option", has_text="<img src=x")).last
    low = app.get_by_title("from, mag; empty for no limit")
    low.fill("17.5")
    low.press("Enter")
    shown(columns.locator("option"), app.locator("pre.tw-adql"))

    # Run, and all that there is to a result.
    run = app.locator("button.mod-primary:not([disabled])", has_text="Run")
    run.click()
    app.locator("text=/^results: [0-9]+ rows$/").first.wait_for()
    grid = app.get_by_role("grid")
    grid.get_by_role("gridcell").first.wait_for()
    notebook.wait_for_python("app.result is not None and app.runs.current is not None")
    shown(grid.get_by_role("columnheader"))
    find = app.get_by_placeholder("find in the table")
    find.fill(SCRIPT)
    find.press("Enter")
    app.get_by_text("of those shown, column").wait_for()
    find.fill(f"{EVIL}?")
    find.press("Enter")
    shown(app.get_by_text("is in no cell of the columns and rows shown."))
    button("Columns ...").click()
    shown(app.locator(".widget-checkbox:visible"))
    button("Statistics ...").click()
    shown(app.get_by_role("rowheader"))
    button("Save ...").click()
    saving = app.locator(".tw-wrap", has=page.get_by_label("only the columns shown")).last
    saving.get_by_role("textbox").fill(f"{EVIL}2")
    saving.get_by_role("button", name="Save").click()
    shown(app.get_by_text("Saved "))

    # A run of that name, twice: in the shelf, the legends, the comparison.
    names = app.get_by_title("name of this run")
    names.first.fill(EVIL)
    names.first.press("Enter")
    run.click()
    app.locator("text=/^results: [0-9]+ rows$/").first.wait_for()
    names.nth(1).fill(f"{EVIL} again")
    names.nth(1).press("Enter")
    shown(app.locator(".tw-legend").filter(has_text="again"))
    button("Compare two runs").click()
    shown(app.get_by_text("kept a counterpart"))

    # Any two columns: the lists, the axes, what is said below.
    button("Plot any two columns").click()
    scatter = app.locator(".tw-plot", has=page.get_by_role("button", name="Zoom in"))
    scatter.get_by_label("y", exact=True).select_option(label=f"ut1_{EVIL}")
    shown(scatter.locator("option"), scatter.locator("text.axislabel"), scatter.locator(".tw-note"))

    # Python, the set-up, and what is told of jobs.
    button("Show as Python").click()
    shown(app.locator("pre[aria-label=Python]"))
    button("Hide Python").click()
    button("Save or open this set-up").click()
    line = app.locator(".tw-disclosed", has=page.get_by_role("button", name="Open"))
    for pressed, said in (("Save", "Saved to"), ("Open", "The set-up is restored.")):
        line.get_by_role("textbox").fill(f"{EVIL}.json")
        line.get_by_role("button", name=pressed).click()
        app.get_by_text(said).first.wait_for()
    shown(page.locator("body"))

    # By hand: completed from hostile names, and what the service says of it.
    button("Edit ADQL").click()
    area = app.get_by_role("textbox", name="ADQL")
    area.fill("SELECT ")
    area.press_sequentially("<im")
    area.press("Control+ ")
    area.fill(f'SELECT id FROM "{EVIL}"')
    shown(app.locator(".twa-shown"), app.locator(".twa-said"))
    area.blur()
    run.click()
    shown(app.locator(".tw-error"))
    button("Details").click()
    shown(app.locator(".tw-disclosed .tw-note"))
    button("Earlier jobs").click()
    shown(app.locator(".tw-earlier-job"))
    expect(app.locator(".tw-app img")).to_have_count(0)
    notebook.screenshot("hostile-text", app)
    assert page.evaluate("window.evil") is None
    assert not notebook.errors
