"""The whole journey in a browser, by mouse: from the file to Figure 1, as notebook 01 tells it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.io import ascii as ascii_tables
from playwright.sync_api import expect

from tapwidget.simulation import sky, user_table

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_tutorial.ipynb"
EDGES = np.arange(40) / 2 + 7.5


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


@pytest.fixture(scope="module")
def truth(csv: Path) -> dict[str, Any]:
    """Pairs and histograms from astropy and numpy alone."""
    user = ascii_tables.read(str(csv), format="csv", comment="#", fill_values=[("null", "0"), ("-9999", "0")])
    columns = ["objectId", "coord_ra", "coord_dec", "r_cModelMag"]
    parquet = pq.read_table(sky.make()["dp1.Object"], columns=columns)
    target = {name: parquet[name].to_numpy() for name in columns}
    mine = SkyCoord(user["ra"], user["dec"], unit="deg")
    theirs = SkyCoord(target["coord_ra"], target["coord_dec"], unit="deg")
    rows, objects, *_ = search_around_sky(mine, theirs, 1 * u.arcsec)
    r = np.ma.filled(np.ma.asarray(user["r"], dtype=float), np.nan)
    c_model = target["r_cModelMag"][objects].astype(float)
    close = np.abs(r[rows] - c_model) < 0.1
    kept = (r[rows] > 17) & close

    def count(values: np.ndarray) -> list[int]:
        return np.histogram(values[np.isfinite(values)], EDGES)[0].tolist()

    return {
        "rows": len(user),
        "ids": {(int(user["objid"][i]), int(target["objectId"][j])) for i, j in zip(rows, objects, strict=True)},
        "pairs": len(rows),
        "close": int(close.sum()),
        "kept": int(kept.sum()),
        "counts": [count(r), count(c_model), count(c_model[kept])],
    }


def test_from_the_file_to_figure_1_by_mouse(lab: Any, csv: Path, truth: dict[str, Any]) -> None:
    notebook = lab.open_notebook(NOTEBOOK, beside=[csv], run=False)
    notebook.run_all()
    app = notebook.page.locator(".tw-app").first

    # 1 Your table: the file beside the notebook, recognised.
    app.get_by_text("simulated sky", exact=True).first.wait_for()
    app.get_by_label("your table").select_option(label=option(app, "your table", "sdss.csv"))
    app.get_by_text(f"{truth['rows']:,} rows").first.wait_for()
    app.get_by_text("position ra, dec").wait_for()
    app.get_by_text("identifier objid").wait_for()
    app.get_by_text("magnitudes u, g, r, i, z").wait_for()

    # 2 and 3: dp1.Object and 1 arcsec as they stand; Run.
    assert app.get_by_label("target", exact=True).input_value() == "dp1.Object"
    run = app.locator("button.mod-primary", has_text="Run")
    notebook.page.wait_for_function("button => !button.disabled", arg=run.element_handle())
    run.click()
    app.get_by_text(f"results: {truth['pairs']:,} rows").wait_for()
    app.locator(".tw-phase[data-phase=COMPLETED]").first.wait_for()

    # The identifiers on the screen are pairs that astropy finds, to the last digit.
    shown = on_screen(app, "ut1_objid", "objectId")
    assert len(shown) >= 5
    assert shown <= truth["ids"]

    # The tutorial's two constraints, with what they would keep of the last result.
    app.get_by_role("button", name="Magnitude range").click()
    low = app.get_by_title("from, mag; empty for no limit")
    low.fill("17")
    low.press("Enter")
    app.get_by_role("button", name="Magnitude difference").click()
    app.get_by_text(f"keeps {truth['close']:,} of the last {truth['pairs']:,}").wait_for()
    app.locator("pre.tw-adql", has_text="ABS(ut1.r - r_cModelMag) < 0.1").first.wait_for()
    run.click()
    app.get_by_text(f"results_2: {truth['kept']:,} rows").wait_for()

    # Figure 1: grey, solid, dashed; counts as numpy has them.
    drawn = "app.results.histogram.series"
    series = notebook.wait_for_python(
        f"len({drawn}) == 3 and "
        f"[(s.style, s.label, s.count(app.results.histogram.edges).counts.tolist()) for s in {drawn}]"
    )
    assert [style for style, _, _ in series] == ["filled", "solid", "dashed"]
    assert [label for _, label, _ in series] == ["ut1, r", "results, r_cModelMag", "results_2, r_cModelMag"]
    assert [counts for *_, counts in series] == truth["counts"]


def test_a_bad_file_then_by_keyboard_alone_to_a_brushed_table(lab: Any, csv: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.csv"
    page.write_text("<!DOCTYPE html><html><body>Please <b>log in</b> again</body></html>")
    notebook = lab.open_notebook(
        ["import tapwidget\napp = tapwidget.CrossMatch(service='demo')\napp"], beside=[csv, page], height=1600
    )
    app = notebook.page.locator(".tw-app").first
    app.get_by_text("simulated sky", exact=True).first.wait_for()
    files = app.get_by_label("your table")
    option(app, "your table", "sdss.csv")

    # A file that is no table: the sentence names it and the way out, and nothing can be run.
    files.focus()
    press(notebook, "ArrowDown")
    app.locator(".tw-error", has_text="page.csv is a web page").wait_for()
    app.get_by_text("Choose your table first.").wait_for()
    assert app.locator("button.mod-primary").is_disabled()

    # The next one is a table. Every key stays in the app: no cell is added, none edited.
    press(notebook, "ArrowDown")
    app.get_by_text("position ra, dec").wait_for()
    tab_to(notebook, "Columns to return: 39 of 45")
    press(notebook, "Enter")
    app.get_by_placeholder("find columns by name").wait_for()
    tab_to(notebook, "Magnitude range")
    press(notebook, "Space")
    app.get_by_title("from, mag; empty for no limit").wait_for()
    assert "Magnitude range" in focused(notebook), "the new row took the focus away"
    tab_to(notebook, "from, mag; empty for no limit", back=True)
    notebook.page.keyboard.type("17")
    press(notebook, "Enter")
    app.locator("pre.tw-adql", has_text="ut1.r > 17").wait_for()
    tab_to(notebook, "Run")
    press(notebook, "Enter")
    app.locator("text=/results: [0-9,]+ rows/").wait_for()
    app.get_by_role("grid").get_by_role("gridcell").first.wait_for()  # drawn after the sentence, on a busy machine
    tab_to(notebook, "Table of results")
    press(notebook, "ArrowDown")
    press(notebook, "Space")
    notebook.wait_for_python("len(app.results.table.selected_rows) == 1")
    state = "() => [jupyterapp.shell.currentWidget.content.mode, jupyterapp.shell.currentWidget.content.widgets.length]"
    assert notebook.page.evaluate(state) == ["command", 1]

    # The brush is the mouse's; its numbers can be typed. Both select rows of the table.
    plot = app.locator(".tw-plot").first
    overlay = plot.locator(".brushintsel .overlay")
    overlay.scroll_into_view_if_needed()
    box, mouse = notebook.place(overlay), notebook.page.mouse
    mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=5)
    mouse.up()
    app.locator(".twt-status", has_text="selected").wait_for()
    inside = """(lambda r, rows, ends: len(rows) > 100 and set(rows) ==
        {i for i, m in enumerate(r.filled(float("nan"))) if ends[0] <= m <= ends[1]})(
        app.result["r_cModelMag"].astype("f8"), app.results.table.selected_rows, app.results.histogram.interval)"""
    notebook.wait_for_python(" ".join(inside.split()))
    assert notebook.python("18 < app.results.histogram.interval[0] < app.results.histogram.interval[1] < 21")
    low = plot.get_by_placeholder("low")
    low.fill("20")
    low.press("Enter")
    notebook.wait_for_python("app.results.histogram.interval[0] == 20")
    notebook.wait_for_python(" ".join(inside.split()))


def test_two_apps_in_one_notebook_while_a_cell_runs(lab: Any, csv: Path) -> None:
    make = "tapwidget.CrossMatch(service='demo', table='sdss.csv')"
    notebook = lab.open_notebook([f"import tapwidget\none = {make}\none", f"two = {make}\ntwo"], beside=[csv])
    one, two = (notebook.page.locator(".tw-app").nth(number) for number in (0, 1))
    for app in (one, two):
        ready = app.locator("button.mod-primary:not([disabled])")
        ready.wait_for()
    radius = two.get_by_label("radius", exact=True)
    radius.fill("0.2")
    radius.press("Enter")
    two.locator("pre.tw-adql", has_text="0.00005555").wait_for()
    assert one.get_by_label("radius", exact=True).input_value() == "1"

    # The cell runs until the file is there: what is seen before comes while the kernel is busy.
    cell = notebook.run_cell(
        "import pathlib, time\none.run(), two.run()\n"
        "end = time.monotonic() + 120\n"
        "while not pathlib.Path('seen').exists() and time.monotonic() < end:\n    time.sleep(0.05)\n"
        "pathlib.Path('seen').exists()"
    )
    for app in (one, two):
        app.locator(".tw-phase[data-phase=COMPLETED]").first.wait_for()
        app.locator("text=/results: [0-9,]+ rows/").wait_for()
        app.get_by_role("grid").get_by_role("gridcell").filter(has_text=re.compile(r"^\d{19}$")).first.wait_for()
    assert "[*]" in notebook.cell(cell).inner_text()
    (notebook.folder / "seen").touch()
    expect(notebook.output(cell)).to_contain_text("True")
    rows = notebook.python("(len(one.result), len(two.result), len(one.runs.runs), len(two.runs.runs))")
    assert rows[0] > rows[1] > 1000
    assert rows[2:] == (1, 1)
    assert one.get_by_text(f"results: {rows[0]:,} rows").is_visible()
    assert two.get_by_text(f"results: {rows[1]:,} rows").is_visible()


def press(notebook: Any, key: str) -> None:
    notebook.page.keyboard.press(key)


def tab_to(notebook: Any, name: str, *, back: bool = False) -> None:
    """Press Tab until the focus is on what bears this name, which must be seen to have it."""
    for _ in range(60):
        press(notebook, "Shift+Tab" if back else "Tab")
        if name in focused(notebook):
            outline = notebook.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {name!r} cannot be seen"
            return
    pytest.fail(f"Tab never came to {name!r}")


def focused(notebook: Any) -> list[str]:
    """The names of what has the focus."""
    return notebook.page.evaluate(
        """() => { const e = document.activeElement;
            return [(e.innerText ?? '').trim(), e.title, e.getAttribute('aria-label') ?? ''] }"""
    )


def option(app: Any, label: str, name: str) -> str:
    """The full label of the option that begins with `name`."""
    options = app.get_by_label(label).locator("option")
    options.filter(has_text=name).first.wait_for(state="attached")
    return next(text.strip() for text in options.all_text_contents() if text.strip().startswith(name))


def on_screen(app: Any, *columns: str) -> set[tuple[int, ...]]:
    """Values of integer columns of the results table as a person reads them, scrolling sideways to each."""
    grid = app.get_by_role("grid")
    read: list[dict[str, int]] = []
    for column in columns:
        heading = grid.get_by_role("columnheader").filter(has=app.page.get_by_text(column, exact=True))
        heading.scroll_into_view_if_needed()
        place = heading.get_attribute("aria-colindex")
        cells = grid.locator(f".twt-row:not([hidden]) [role=gridcell][aria-colindex='{place}']")
        cells.first.wait_for()
        read.append(
            dict(
                cells.evaluate_all(
                    "cells => cells.map(c => [c.closest('[role=row]').getAttribute('aria-rowindex'), c.textContent])"
                )
            )
        )
    rows = set.intersection(*(set(values) for values in read))
    return {tuple(int(values[row]) for values in read) for row in rows}
