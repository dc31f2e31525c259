"""The histogram in a real browser: what is drawn, and the mouse on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

TABLES = """
import numpy as np, tapwidget
from astropy.table import MaskedColumn, Table
random = np.random.default_rng(3)
r = random.normal(21, 2, 4000)
user = Table({"r": MaskedColumn(r, mask=random.random(4000) < 0.05)})
results = Table({"r_cModelMag": r[:2500].astype("f4")})
results_2 = Table({"r_cModelMag": r[:1200].astype("f4")})
histogram = tapwidget.MagnitudeHistogram(user, results, results_2)
histogram
"""
EDGES = np.arange(40) / 2 + 7.5
LABELS = ["ut1, r", "results, r_cModelMag", "results_2, r_cModelMag"]


@pytest.fixture
def notebook(lab: Any) -> Any:
    notebook = lab.open_notebook([TABLES])
    notebook.output(0).locator(".tw-plot .brushintsel .overlay").wait_for()
    # bqplot lays itself out anew 0.3 s after it is shown: until then its scales are not where they will be.
    notebook.page.wait_for_function("() => document.querySelectorAll('.tw-plot .curve path.line[d]').length >= 3")
    return notebook


def drag(notebook: Any, start: float, end: float) -> None:
    """With the mouse over the plot, from one magnitude to another."""
    overlay = notebook.place(notebook.output(0).locator(".tw-plot .brushintsel .overlay").first)
    x = [overlay["x"] + overlay["width"] * (magnitude - 15) / 9 for magnitude in (start, end)]
    y = overlay["y"] + overlay["height"] / 2
    mouse = notebook.page.mouse
    mouse.move(x[0], y)
    mouse.down()
    mouse.move(x[1], y, steps=6)
    mouse.up()


def three_series_are_drawn_as_high_as_they_are(notebook: Any) -> None:
    output = notebook.output(0)
    assert output.locator(".tw-legend .tw-key").all_inner_texts() == LABELS
    ticks = output.locator(".tw-plot .svg-background g.axis").first.locator(".tick text").all_text_contents()
    assert ticks == [str(magnitude) for magnitude in range(15, 25)]
    curves = output.locator(".tw-plot .curve")
    top = notebook.python("float(histogram._plot._y.max)")
    for number, (values, label) in enumerate(
        zip(("user['r']", "results['r_cModelMag']", "results_2['r_cModelMag']"), LABELS, strict=True)
    ):
        expected = notebook.python(
            f"np.histogram(np.ma.asarray({values}).compressed(), np.arange(40) / 2 + 7.5)[0].tolist()"
        )
        assert notebook.python(f"histogram.histograms[{number}].counts.tolist()") == expected
        curve = curves.filter(has_text=label)
        drawn = curve.locator("path.line")
        assert notebook.heights(drawn, 0, top) == pytest.approx(expected, abs=0.01 * top)
        assert sum(expected) > 1000
    styles = [
        curves.filter(has_text=label).locator("path.line").evaluate("path => getComputedStyle(path)['strokeDasharray']")
        for label in LABELS
    ]
    assert styles == ["none", "none", "7px, 3px"]
    assert (
        float(curves.filter(has_text=LABELS[0]).locator("path.area").evaluate("area => getComputedStyle(area).opacity"))
        == 0.2
    )


def the_brush_sets_the_interval_and_the_interval_the_brush(notebook: Any) -> None:
    drag(notebook, 17, 19)
    low, high = notebook.wait_for_python("not histogram._plot.brush.brushing and histogram.interval")
    assert (low, high) == pytest.approx((17, 19), abs=0.02)
    rows = notebook.python("int(histogram.rows_in_interval(1).sum())")
    assert rows > 100
    readout = notebook.output(0).locator(".tw-readout")
    notebook.page.wait_for_function("() => document.querySelector('.tw-readout').innerText.includes(' mag: ')")
    assert f"results, r_cModelMag {rows:,}" in readout.inner_text()
    notebook.python(first="histogram.interval = (20, 22.5)")
    notebook.page.wait_for_function(
        """() => {
            const box = document.querySelector('.tw-plot .brushintsel .selection').getBoundingClientRect();
            const all = document.querySelector('.tw-plot .brushintsel .overlay').getBoundingClientRect();
            const at = x => 15 + 9 * (x - all.left) / all.width;
            return Math.abs(at(box.left) - 20) < 0.03 && Math.abs(at(box.right) - 22.5) < 0.03;
        }"""
    )
    notebook.output(0).get_by_role("button", name="Clear").click()
    notebook.output(0).locator(".tw-plot .brushintsel .selection").wait_for(state="hidden")
    assert notebook.python("histogram.interval") is None


def counts_are_read_under_the_pointer(notebook: Any) -> None:
    output = notebook.output(0)
    # While the mouse could select an interval, and none is there ...
    overlay = notebook.place(output.locator(".tw-plot .brushintsel .overlay").first)
    notebook.page.mouse.move(overlay["x"] + overlay["width"] * (18.2 - 15) / 9, overlay["y"] + 50, steps=3)
    notebook.page.wait_for_function("() => document.querySelector('.tw-readout').innerText.startsWith('18 to 18.5')")
    count = notebook.python("int(histogram.histograms[0].counts[21])")
    assert f"ut1, r {count:,}" in output.locator(".tw-readout").inner_text()
    notebook.page.mouse.move(overlay["x"] + 50, overlay["y"] + overlay["height"] + 200)
    notebook.page.wait_for_function("() => document.querySelector('.tw-readout').innerText.startsWith('Drag')")
    # ... and while one is.
    output.get_by_role("button", name="Read counts").click()
    column = output.locator(".tw-plot .curve path.line").last
    output.locator(".tw-plot .brushintsel").wait_for(state="detached")
    area = output.locator(".tw-plot .svg-figure .plotarea_events").bounding_box()
    notebook.page.mouse.move(area["x"] + area["width"] * (20.2 - 15) / 9, area["y"] + 50, steps=3)
    notebook.page.wait_for_function("() => document.querySelector('.tw-readout').innerText.startsWith('20 to 20.5')")
    count = notebook.python("int(histogram.histograms[0].counts[25])")
    assert f"ut1, r {count:,}" in output.locator(".tw-readout").inner_text()
    assert column.count() == 1


def the_figure_is_saved_by_the_browser(notebook: Any) -> None:
    output = notebook.output(0)
    output.get_by_role("button", name="Save", exact=True).click()
    for name, start in (("PNG", b"\x89PNG"), ("SVG", b"<?xml"), ("PDF", b"%PDF")):
        with notebook.page.expect_download() as download:
            output.get_by_role("link", name=name).click()
        assert download.value.suggested_filename == f"histogram.{name.lower()}"
        assert download.value.path().read_bytes().startswith(start)


def hostile_labels_stay_text(notebook: Any) -> None:
    notebook.page.evaluate("() => { window.broken = false }")
    notebook.python(
        first="from tapwidget.plots.series import Series\n"
        "histogram.series = [Series('<img src=x onerror=window.broken=true>', [20.0, 21.0])]\n"
        "histogram.interval = (19, 22); histogram._mode.value = 'Select'"
    )
    key = notebook.output(0).locator(".tw-legend .tw-key")
    key.filter(has_text="<img src=x").wait_for()
    notebook.page.wait_for_function("() => document.querySelector('.tw-readout').innerText.includes('<img src=x')")
    assert notebook.page.evaluate("() => window.broken") is False
    assert notebook.output(0).locator(".tw-plot img").count() == 0


def it_can_be_read_in_the_dark_and_when_narrow(notebook: Any) -> None:
    notebook.theme("dark")
    notebook.resize(800)
    output = notebook.output(0)
    colours = (
        output.locator(".tw-plot .curve")
        .filter(has_text=LABELS[1])
        .locator("path.line")
        .evaluate("path => getComputedStyle(path).stroke")
    )
    assert colours == "rgb(108, 182, 238)"
    label = output.locator(".tw-plot text.axislabel").first
    assert label.evaluate("text => getComputedStyle(text).fill") != "rgb(255, 165, 0)"  # bqplot's orange
    notebook.page.wait_for_function(
        """() => {
            const cell = document.querySelector('.tw-plot').getBoundingClientRect();
            const figure = document.querySelector('.tw-plot .bqplot.figure').getBoundingClientRect();
            return figure.width > 400 && figure.right <= cell.right + 1 && cell.right <= innerWidth;
        }"""
    )
    notebook.screenshot("histogram-dark-narrow", output)


def test_figure_1_live(notebook: Any) -> None:
    # One notebook for both: opening it takes longest.
    three_series_are_drawn_as_high_as_they_are(notebook)
    the_brush_sets_the_interval_and_the_interval_the_brush(notebook)
    it_can_be_read_in_the_dark_and_when_narrow(notebook)


def test_reading_saving_and_hostile_labels(notebook: Any) -> None:
    counts_are_read_under_the_pointer(notebook)
    the_figure_is_saved_by_the_browser(notebook)
    hostile_labels_stay_text(notebook)


RESULTS = """
import numpy as np, tapwidget
from astropy.table import Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
r = np.round(np.random.default_rng(3).normal(20, 1.5, 3000), 4)
difference = np.random.default_rng(4).normal(0, 0.1, 3000)
result = Table({"id": np.arange(1000, 4000), "ut1_r": r, "r_cModelMag": r + difference, "j_m": r - 2})
result["redshift"] = np.random.default_rng(5).gamma(2, 0.4, 3000)
result["velocity"] = 3e5 * result["redshift"]
result["velocity"].unit = "km / s"
form, runs = Form(), Runs()
form.table = Table({"r": r})
panel = ResultsPanel(form, runs)
runs.current = runs.add(result=result)
panel
"""


def test_one_selection_in_table_histogram_and_differences(lab: Any) -> None:
    notebook = lab.open_notebook([RESULTS])
    output = notebook.output(0)
    output.locator(".tw-plot .brushintsel .overlay").first.wait_for()
    legend = output.locator(".tw-legend").first
    row = output.get_by_role("gridcell", name="1003", exact=True)
    row.click()
    expect(legend).to_contain_text("selected (1)")
    # The brush selects rows, and their selection leaves the brush alone.
    output.locator(".tw-plot .brushintsel").first.scroll_into_view_if_needed()
    drag(notebook, 18, 19.5)
    # The brush tells where it is while it moves, and the rows follow: of the last place only.
    rows = notebook.wait_for_python(
        "panel.histogram.interval and np.allclose(panel.histogram.interval, (18, 19.5), atol=0.06) and "
        "np.array_equal(np.flatnonzero(panel.histogram.rows_in_interval(1)), panel.table.selected_rows) and "
        "len(panel.table.selected_rows)"
    )
    expect(legend).to_contain_text(f"selected ({rows:,})")
    expect(output.get_by_text(f"3,000 rows, {rows:,} selected")).to_be_visible()
    expect(output.locator(".tw-legend.tw-below").filter(has_text="median")).to_contain_text(f"selected ({rows:,})")
    # What the form's constraints would keep comes and goes as they do.
    notebook.python(first="form.where = [tapwidget.MagnitudeRange('r', low=20)]")
    kept = notebook.python("int((r > 20).sum())")
    expect(legend).to_contain_text(f"would keep {kept:,} of 3,000")
    notebook.python(first="form.where = []")
    expect(legend).not_to_contain_text("would keep")
    # Another row: the brush, which does not hold it, goes.
    row.scroll_into_view_if_needed()
    row.click()
    output.locator(".tw-plot .brushintsel .selection").first.wait_for(state="hidden")
    expect(legend).to_contain_text("selected (1)")
    assert notebook.python("list(panel.table.selected_rows)") == [3]
    a_box_among_the_differences_selects(notebook)
    output.get_by_label("band").select_option("J")
    expect(legend).to_contain_text("results, j_m")
    expect(legend).not_to_contain_text("ut1")
    columns_that_are_no_magnitudes_have_bins_of_their_own(notebook)


def a_box_among_the_differences_selects(notebook: Any) -> None:
    output = notebook.output(0)
    plot = output.locator(".tw-sky").filter(has_text="median in bins of 0.5")
    overlay = plot.locator(".brushintsel .overlay")
    overlay.scroll_into_view_if_needed()
    box, mouse = notebook.place(overlay), notebook.page.mouse
    mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=5)
    mouse.up()
    notebook.wait_for_python("not panel.differences._brush.brushing and len(panel.table.selected_rows) > 100")
    (left, right), (bottom, top) = notebook.python(
        "(panel.differences._brush.selected_x.tolist(), panel.differences._brush.selected_y.tolist())"
    )
    inside = f"(r >= {left}) & (r <= {right}) & (-difference >= {bottom}) & (-difference <= {top})"
    rows = notebook.python(f"int(np.count_nonzero({inside}))")
    notebook.wait_for_python(
        "panel.table.selected_rows == panel.sky.selected_rows == panel.differences.selected_rows "
        f"and abs(len(panel.table.selected_rows) - {rows}) <= 1"  # the two differences may differ in their last bit
    )
    rows = notebook.python("len(panel.table.selected_rows)")
    expect(output.locator(".tw-legend").first).to_contain_text(f"selected ({rows:,})")
    expect(plot).to_contain_text(f"selected ({rows:,})")
    expect(output.get_by_text(f"3,000 rows, {rows:,} selected")).to_be_visible()


def columns_that_are_no_magnitudes_have_bins_of_their_own(notebook: Any) -> None:
    output = notebook.output(0)
    axis = output.locator(".tw-plot-area:not(.tw-sky) .svg-background g.axis").first
    output.get_by_label("target's").select_option("redshift")
    expect(axis).to_contain_text("redshift")
    expect(axis.locator(".tick text").first).to_have_text("0")
    expect(output.locator(".tw-note", has_text="results, redshift: 3,000 rows, all shown")).to_be_visible()
    output.get_by_label("target's").select_option("velocity")
    expect(axis).to_contain_text("velocity [km / s]")
    assert notebook.python("int(panel.histogram.histograms[0].counts.sum())") == 3000
    output.get_by_label("target's").select_option("as the band")
    expect(axis).to_contain_text("J-band magnitude")
    expect(axis.locator(".tick text")).to_have_text([str(magnitude) for magnitude in range(15, 25)])


SKY = """
import numpy as np, tapwidget
from astropy.table import Table
random = np.random.default_rng(1)
radius, angle = 0.5 * np.sqrt(random.random(5000)), random.uniform(0, 2 * np.pi, 5000)
table = Table({"ra": (0.1 + radius * np.cos(angle)) % 360, "dec": 6.98 + radius * np.sin(angle)})
plot = tapwidget.SkyPlot(table, matched=random.random(5000) < 0.8)
plot
"""


def test_a_box_on_the_sky_selects_rows(lab: Any) -> None:
    notebook = lab.open_notebook([SKY])
    output = notebook.output(0)
    output.locator(".tw-plot .brushintsel .overlay").wait_for()
    # Each point is a piece of a path; the holes of the rings come on top.
    notebook.page.wait_for_function(
        """() => [...document.querySelectorAll('.tw-sky path.line')]
            .map(path => (path.getAttribute('d') ?? '').split('M').length - 1).reduce((a, b) => a + b) > 2900"""
    )
    assert "sample" in output.locator(".tw-note").inner_text()
    labels = output.locator(".tw-plot .svg-background g.axis").first.locator(".tick text")
    assert labels.all_text_contents()[0] in ("359.6", "0.6")
    overlay = notebook.place(output.locator(".tw-plot .brushintsel .overlay"))
    places = {label.text_content(): label.bounding_box()["x"] for label in labels.all()}
    assert places["0.4"] < places["0.0"] < places["359.8"]  # right ascension to the left
    mouse, x, y = notebook.page.mouse, overlay["x"], overlay["y"]
    mouse.move(x + overlay["width"] * 0.3, y + overlay["height"] * 0.3)
    mouse.down()
    mouse.move(x + overlay["width"] * 0.5, y + overlay["height"] * 0.5, steps=5)
    mouse.up()
    rows = notebook.wait_for_python("not plot._picture.brush.brushing and len(plot.selected_rows)")
    selected = "table[list(plot.selected_rows)]"
    ra = np.array(notebook.python(f"{selected}['ra'].tolist()"))
    dec = np.array(notebook.python(f"{selected}['dec'].tolist()"))
    assert 100 < rows < 1000
    assert ((ra + 180) % 360 - 180 >= 0.1 - 0.02).all()  # the left half
    assert (dec >= 6.98 - 0.02).all()  # the upper half
    output.get_by_role("button", name="Clear").click()
    notebook.wait_for_python("plot.selected_rows == ()")
    output.locator(".tw-plot .brushintsel .selection").wait_for(state="hidden")
    # Another table, another part of the sky: its own labels.
    notebook.python(first="plot.table, plot.matched = Table({'ra': [120.0, 121.0], 'dec': [-30.0, -29.0]}), None")
    for label in notebook.python("list(plot._picture._x_axis.tick_labels.values())"):
        assert 119 < float(label) < 122
        expect(labels.filter(has_text=label)).to_have_count(1)
