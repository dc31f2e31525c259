"""Several magnitudes of one result over one another, in bins and colours of one's own; and what a slider would keep."""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

PANEL = """
import ipywidgets, numpy as np, tapwidget, traitlets
from astropy.table import MaskedColumn, Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
random = np.random.default_rng(3)
r = np.round(random.normal(20, 1.5, 3000), 4)
result = Table({"id": np.arange(3000), "ut1_r": r, "r_cModelMag": np.round(r + random.normal(0, 0.2, 3000), 4)})
result["g_cModelMag"] = MaskedColumn(r + random.gamma(2, 0.3, 3000), mask=random.random(3000) < 0.05)
result["i_cModelMag"] = r - random.gamma(2, 0.2, 3000)
form, runs = Form(), Runs()
form.table = Table({"r": r})
panel = ResultsPanel(form, runs)
constraints = tapwidget.MagnitudeConstraints()
constraints.constraints = [tapwidget.MagnitudeDifference("r", "r_cModelMag", 0.5)]
traitlets.dlink((constraints, "constraints"), (form, "where"))
runs.current = runs.add(result=result)
ipywidgets.VBox([constraints, panel])
"""
LABELS = ["ut1, r", "results, r_cModelMag", "results, g_cModelMag", "results, i_cModelMag"]
PLOT = ".tw-plot-area:not(.tw-sky)"
# By RTN-045, on white and on black.
COLOURS = {"r": "rgb(181, 38, 38)", "g": "rgb(49, 222, 31)", "i": "rgb(55, 2, 1)"}
ON_DARK = {"r": "rgb(255, 126, 0)", "g": "rgb(48, 195, 159)", "i": "rgb(42, 245, 255)"}
FIGURE1_TICKS = [str(magnitude) for magnitude in range(15, 25)]


@pytest.fixture
def notebook(lab: Any) -> Any:
    notebook = lab.open_notebook([PANEL], height=2000)
    notebook.output(0).locator(f"{PLOT} .brushintsel .overlay").wait_for()
    return notebook


def counts(notebook: Any, column: str, edges: str) -> list[int]:
    values = f"np.ma.asarray(result['{column}']).compressed()"
    return notebook.python(f"np.histogram({values}, {edges})[0].tolist()")


def curve(notebook: Any, label: str) -> Locator:
    return notebook.output(0).locator(f"{PLOT} .curve").filter(has_text=label).locator("path.line")


def check_heights(notebook: Any, edges: str, *, logarithmic: bool = False) -> None:
    """Each line is as high as numpy counts, within a pixel or so."""
    for label in LABELS[1:]:
        expected = np.array(counts(notebook, label.split(", ")[1], edges))
        assert expected.sum() > 2500
        height = np.log10(np.maximum(expected, 0.5)) if logarithmic else expected
        low, high = notebook.python("(float(panel.histogram._plot._y.min), float(panel.histogram._plot._y.max))")
        line = curve(notebook, label)
        notebook.page.wait_for_function(  # bqplot moves lines to where they will be
            "([path, corners]) => path.getAttribute('d').split(/[ML]/).length - 1 === corners",
            arg=[line.element_handle(), 2 * len(expected) + 2],
        )
        assert notebook.heights(line, low, high) == pytest.approx(height, abs=0.01 * (high - low))


def three_bands_in_their_colours(notebook: Any) -> None:
    output = notebook.output(0)
    legend = output.locator(f"{PLOT} .tw-legend").first
    expect(legend).not_to_contain_text("g_cModelMag")
    more = output.get_by_role("button", name="also ...")
    more.focus()
    notebook.page.keyboard.press("Enter")
    for band in ("g", "i"):
        box = output.get_by_role("checkbox", name=band, exact=True)
        box.focus()
        notebook.page.keyboard.press("Space")
        expect(legend).to_contain_text(f"results, {band}_cModelMag")
    expect(output.get_by_role("button", name="also g, i")).to_be_visible()
    output.get_by_role("button", name="Bins and colours").click()
    output.locator("select[title='colours']").select_option("of the bands")
    for band, colour in COLOURS.items():
        expect(curve(notebook, f"results, {band}_cModelMag")).to_have_css("stroke", colour)
    expect(output.locator(f"{PLOT} .svg-background g.axis").first).to_contain_text("magnitude in g, r, i")
    assert output.locator(f"{PLOT} .tw-legend .tw-key").all_inner_texts()[:4] == LABELS
    check_heights(notebook, "np.arange(40) / 2 + 7.5")
    notebook.screenshot("magnitudes-over-one-another", output)
    notebook.theme("dark")
    for band, colour in ON_DARK.items():
        expect(curve(notebook, f"results, {band}_cModelMag")).to_have_css("stroke", colour)
    notebook.screenshot("magnitudes-over-one-another-dark", output)
    notebook.theme("light")


def what_has_no_value_is_said(notebook: Any) -> None:
    missing = notebook.python("int(result['g_cModelMag'].mask.sum())")
    assert missing > 100
    note = notebook.output(0).locator(".tw-note", has_text="results, g_cModelMag: 3,000 rows")
    expect(note).to_contain_text(f"{missing:,} without a value")


def bins_of_ones_own_and_back(notebook: Any) -> None:
    output = notebook.output(0)
    ticks = output.locator(f"{PLOT} .svg-background g.axis").first.locator(".tick text")
    boxes = output.locator(".tw-wrap", has_text="bins from").last.locator("input")
    # Their number, from, to; the axis from, to.
    for place, value in enumerate((20, 16, 24, 16, 24)):
        box = boxes.nth(place)
        box.fill(str(value))
        box.press("Tab")
    expect(ticks).to_have_text([str(magnitude) for magnitude in range(16, 25)])
    check_heights(notebook, "np.linspace(16, 24, 21)")
    output.get_by_role("button", name="Log", exact=True).click()
    counts_axis = output.locator(f"{PLOT} .svg-background g.axis").last.locator(".tick text")
    expect(counts_axis.filter(has_text=re.compile("^1$"))).to_be_visible()
    check_heights(notebook, "np.linspace(16, 24, 21)", logarithmic=True)
    output.get_by_role("button", name="Log", exact=True).click()
    output.get_by_role("button", name="As in Figure 1").click()
    expect(ticks).to_have_text(FIGURE1_TICKS)
    check_heights(notebook, "np.arange(40) / 2 + 7.5")


def the_saved_figure_has_the_same_legend(notebook: Any) -> None:
    output = notebook.output(0)
    on_page = output.locator(f"{PLOT} .tw-legend").first.locator(".tw-key").all_inner_texts()
    assert on_page[:4] == LABELS
    output.get_by_role("button", name="Save", exact=True).first.click()
    with notebook.page.expect_download() as download:
        output.get_by_role("link", name="SVG").first.click()
    # matplotlib draws letters as paths, and writes beside them what they say.
    said = {html.unescape(text) for text in re.findall(r"<!-- (.*?) -->", download.value.path().read_text("utf-8"))}
    assert set(on_page) <= said


def a_slider_shows_what_it_would_keep_before_it_is_let_go(notebook: Any) -> None:
    output, mouse = notebook.output(0), notebook.page.mouse
    legend = output.locator(f"{PLOT} .tw-legend").first
    kept = "int((np.abs(result['ut1_r'] - result['r_cModelMag']) < {}).sum())"
    before = f"would keep {notebook.python(kept.format(0.5)):,} of 3,000"
    expect(legend).to_contain_text(before)
    handle = output.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    box = notebook.place(handle)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x - 30, y, steps=5)
    limit = float(handle.get_attribute("aria-valuetext"))
    assert 0 < limit < 0.5
    notebook.wait_for_python(f"abs(constraints.constraints[0].limit - {limit}) < 0.005")  # the page writes two digits
    limit = notebook.python("constraints.constraints[0].limit")
    expect(legend).to_contain_text(f"would keep {notebook.python(kept.format(limit)):,} of 3,000")
    mouse.up()


def test_magnitudes_over_one_another(notebook: Any) -> None:
    # One notebook for all: opening it takes longest.
    three_bands_in_their_colours(notebook)
    what_has_no_value_is_said(notebook)
    bins_of_ones_own_and_back(notebook)
    the_saved_figure_has_the_same_legend(notebook)
    a_slider_shows_what_it_would_keep_before_it_is_let_go(notebook)
