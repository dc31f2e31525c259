"""In a browser: any two columns of a result, opened by keyboard: the density of all rows, a box, zooming."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
from matplotlib.image import imread
from playwright.sync_api import expect

ROWS = 30_000
PANEL = f"""
import numpy as np, tapwidget
from astropy.table import Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
random = np.random.default_rng(1)
r = 24 - random.exponential(1.8, {ROWS})
colour = np.where(random.random({ROWS}) < 0.5, 0.5, 1.4) + random.normal(0, 0.1, {ROWS}) * 1.5 ** (r - 20)
result = Table({{"ut1_no": np.arange({ROWS}), "r_cModelMag": r, "g_cModelMag": r + colour, "z": random.random({ROWS})}})
result["g_cModelMag"].unit = result["r_cModelMag"].unit = "mag"
result["r_cModelMag"][5] = np.nan
form, runs = Form(), Runs()
form.table = Table({{"r": r}})
panel = ResultsPanel(form, runs)
runs.current = runs.add(result=result)
panel
"""


def _blue(screenshot: bytes, cells: int) -> np.ndarray:
    """How blue a picture is in each of so many cells across and up, the uppermost first, on a light page."""
    red, _, blue = np.moveaxis(imread(io.BytesIO(screenshot))[..., :3], 2, 0)
    rows, columns = (np.arange(length) * cells // length for length in red.shape)
    sums, counts = np.zeros((2, cells, cells))
    np.add.at(sums, (rows[:, None], columns[None, :]), blue - red)
    np.add.at(counts, (rows[:, None], columns[None, :]), 1)
    return sums / counts


def test_any_two_columns_of_a_result(lab: Any) -> None:
    notebook = lab.open_notebook([PANEL], height=2200)
    page, output = notebook.page, notebook.output(0)
    line = output.get_by_role("button", name="Plot any two columns")
    line.focus()
    page.keyboard.press("Enter")
    plot = output.locator(".tw-plot", has=page.get_by_role("button", name="Zoom in"))
    expect(plot).to_contain_text(f"r_cModelMag over g_cModelMag - r_cModelMag: {ROWS:,} rows")
    expect(plot).to_contain_text("1 without one of the values")
    expect(plot.locator("text.axislabel").first).to_have_text("g_cModelMag - r_cModelMag [mag]")
    beyond = re.search(r"([0-9,]+) beyond the axes", plot.inner_text())
    seen = ROWS - 1 - int(beyond[1].replace(",", "") if beyond else 0)
    expect(plot.locator(".tw-legend")).to_contain_text(f"rows, stronger where more are ({seen:,})")
    overlay = plot.locator(".brushintsel .overlay")
    overlay.scroll_into_view_if_needed()
    field, image = notebook.place(overlay), notebook.place(plot.locator("svg image"))
    for side in ("x", "y", "width", "height"):
        assert abs(field[side] - image[side]) < 2  # the density lies where the axes are

    # What is seen is the density of all rows, the bright ones at the top.
    counts = np.array(
        notebook.python("panel.scatter._drawn.found.density(panel.scatter._drawn.extent, 40, 40).tolist()")
    )
    cells = _blue(overlay.screenshot(), 40)
    is_full, is_empty = counts >= 20, counts == 0
    assert is_full.sum() > 50
    assert cells[is_full].min() > 0.05
    assert cells[is_empty].mean() < 0.01
    # The box in the upper half has the bright ones.
    mouse = page.mouse
    mouse.move(field["x"] + field["width"] * 0.2, field["y"] + field["height"] * 0.1)
    mouse.down()
    mouse.move(field["x"] + field["width"] * 0.6, field["y"] + field["height"] * 0.5, steps=5)
    mouse.up()
    status = output.locator(".twt-status")
    expect(status).to_contain_text("selected")
    notebook.wait_for_python("panel.scatter.box is not None and not panel.scatter._picture.brush.brushing")
    left, right, bottom, top = notebook.python("panel.scatter.box")
    low, high = notebook.python("panel.scatter._drawn.extent[2:]")
    assert abs(bottom - (low + 0.1 * (high - low))) < 0.02 * (high - low)
    assert abs(top - (low + 0.5 * (high - low))) < 0.02 * (high - low)
    r, g = (np.array(notebook.python(f"np.nan_to_num(result['{band}_cModelMag'], nan=-1).tolist()")) for band in "rg")
    chosen = np.flatnonzero((g - r >= left) & (g - r <= right) & (r >= bottom) & (r <= top))
    assert 100 < len(chosen) < ROWS
    expect(status).to_have_text(f"{ROWS:,} rows, {len(chosen):,} selected")
    assert notebook.python("list(panel.table.selected_rows)") == chosen.tolist()
    expect(plot.locator(".tw-legend")).to_contain_text(f"selected ({len(chosen):,})")
    notebook.screenshot("scatter-density", plot)
    notebook.theme("dark")
    notebook.screenshot("scatter-density-dark", plot)
    notebook.theme("light")

    plot.get_by_role("button", name="Zoom in").click()
    expect(plot).to_contain_text(f"{ROWS - 1 - len(chosen):,} beyond the axes")
    expect(plot.locator(".brushintsel .selection")).to_be_hidden()
    expect(status).to_have_text(f"{ROWS:,} rows, {len(chosen):,} selected")
    notebook.screenshot("scatter-zoomed", plot)
    plot.get_by_role("button", name="Zoom out").click()
    expect(plot).not_to_contain_text(f"{ROWS - 1 - len(chosen):,} beyond the axes")

    plot.get_by_label("y", exact=True).select_option("z")
    expect(plot).to_contain_text("z over g_cModelMag - r_cModelMag")
    expect(plot.get_by_role("button", name="y downwards")).not_to_have_class("mod-active")
    plot.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download() as download:
        plot.get_by_role("link", name="PNG").click()
    assert download.value.suggested_filename == "scatter.png"
