"""In a browser: each plot of a result is saved with what it shows; what was not matched is seen on the sky."""

from __future__ import annotations

import html
import re
from typing import Any

from playwright.sync_api import Locator, expect

PANEL = """
import numpy as np, tapwidget
from astropy.table import MaskedColumn, Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
random = np.random.default_rng(1)
radius, angle = 0.5 * np.sqrt(random.random(2000)), random.uniform(0, 2 * np.pi, 2000)
table = Table({"ra": (0.1 + radius * np.cos(angle)) % 360, "dec": 6.98 + radius * np.sin(angle)})
table["r"] = random.normal(20, 1.5, 2000)
result = Table({f"ut1_{name}": table[name][:1500] for name in table.colnames})
gone = np.arange(1500) % 10 == 0
for name, column in (("coord_ra", "ra"), ("coord_dec", "dec"), ("r_cModelMag", "r")):
    result[name] = MaskedColumn(table[column][:1500], mask=gone)
separation = np.concatenate([np.abs(random.normal(0, 0.15, 1200)), np.sqrt(random.random(300))])
result["separation"] = MaskedColumn(separation, mask=gone)
result["position_angle"] = MaskedColumn(random.uniform(0, 360, 1500), mask=gone)
result.meta["tapwidget"] = {"find": "all", "radius_arcsec": 1.0, "rows": {"sent": 2000}}
form, runs = Form(), Runs()
form.table = table
panel = ResultsPanel(form, runs)
runs.current = runs.add(result=result)
panel
"""
NO_POSITIONS = """
plot = tapwidget.SkyPlot(Table({"name": ["a", "b"], "r": [20.0, 21.0]}))
plot
"""


def keys(plot: Locator) -> list[str]:
    return plot.locator(".tw-legend .tw-key").all_inner_texts()


def saved(notebook: Any, plot: Locator, name: str) -> set[str]:
    """What is written in the figure that the plot saves."""
    plot.get_by_role("button", name="Save", exact=True).click()
    with notebook.page.expect_download() as download:
        plot.get_by_role("link", name="SVG").click()
    assert download.value.suggested_filename == f"{name}.svg"
    # matplotlib draws letters as paths, and writes beside them what they say.
    return {html.unescape(text) for text in re.findall(r"<!-- (.*?) -->", download.value.path().read_text("utf-8"))}


def test_each_plot_is_saved_with_what_it_shows(lab: Any) -> None:
    notebook = lab.open_notebook([PANEL, NO_POSITIONS], height=2200)
    output = notebook.output(0)
    plots = output.locator(".tw-plot")
    sky = plots.filter(has_text="RA [deg]")
    separations = plots.filter(has_text="separation [arcsec]")
    offsets = plots.filter(has_text="Δα cos δ [arcsec]")
    sky.locator(".brushintsel .overlay").wait_for()
    notebook.python(first="panel.table.selected_rows = range(1, 200)")
    for plot in (sky, separations, offsets):
        expect(plot.locator(".tw-legend")).to_contain_text("selected (199)")
    notebook.screenshot("plots", output)

    on_sky = ["matched (1,350)", "not matched (150)", "your table, not in the result (500)", "selected (199)"]
    assert keys(sky)[:4] == on_sky
    assert {*keys(sky), "RA [deg]", "Dec [deg]", "359.8", "7.2"} <= saved(notebook, sky, "sky")
    said = {*keys(separations), "separation [arcsec]", "number of pairs", "radius 1 arcsec"}
    assert "by chance" in said
    assert said <= saved(notebook, separations, "separations")
    separations.get_by_role("button", name="Kept and false").click()
    expect(separations.get_by_role("link", name="SVG")).to_have_count(0)  # it is another plot now
    assert {*keys(separations), "share [%]"} <= saved(notebook, separations, "separations")
    written = saved(notebook, offsets, "offsets")
    assert {"pairs (1,350)", "selected (199)", "radius 1 arcsec", "Δα cos δ [arcsec]"} <= written
    assert any(re.fullmatch(r"by chance: .* per arcsec²", text) for text in written)

    what_was_not_matched_is_seen(notebook, sky)
    no_false_axes_where_there_are_no_positions(notebook)


def what_was_not_matched_is_seen(notebook: Any, sky: Locator) -> None:
    """Drawn after the matched points, so over them, in a colour that differs in lightness; in either theme."""
    for theme in ("light", "dark"):
        notebook.theme(theme)
        matched, others = (
            sky.locator(".tw-key", has_text=re.compile(f"^{label}")).locator("circle") for label in ("matched", "your")
        )
        first, second = (key.evaluate("circle => getComputedStyle(circle).stroke") for key in (matched, others))
        expect(others).to_have_css("fill", "none")
        drawn = sky.locator(".svg-figure path.line").evaluate_all(
            "paths => paths.filter(path => path.checkVisibility()).map(path => getComputedStyle(path).stroke)"
        )
        assert drawn.count(first) == 1, (first, drawn)
        assert second in drawn[drawn.index(first) :], (second, drawn)
        assert contrast(first, second) > (3 if theme == "light" else 2), (first, second)
        notebook.screenshot(f"plots-{theme}", notebook.output(0))
    notebook.theme("light")


def contrast(*colours: str) -> float:
    """Of two colours as browsers write them, after WCAG; that of an ink that lets light through as if it did not."""
    luminances = []
    for colour in colours:
        channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        luminances.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def no_false_axes_where_there_are_no_positions(notebook: Any) -> None:
    output = notebook.output(1)
    expect(output.get_by_text("No positions in this table")).to_be_visible()
    expect(output.get_by_text("RA [deg]")).to_have_count(0)
    notebook.screenshot("sky-no-positions", output)
    notebook.python(first="plot.table = table")
    expect(output.get_by_text("RA [deg]")).to_be_visible()
    expect(output.locator(".bqplot .tick text").filter(has_text="359.8")).to_be_visible()
    expect(output.get_by_text("No positions in this table")).to_have_count(0)
    notebook.python(first="plot.table = Table({'name': ['a', 'b']})")
    expect(output.get_by_text("RA [deg]")).to_have_count(0)
