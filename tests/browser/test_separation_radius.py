"""The radius judged in the separation plot: another result brings its own, whatever the slider's steps were before."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

CELL = """
import numpy as np, tapwidget
from astropy.table import Table
def result(radius):
    table = Table({"separation": radius * np.sqrt(np.random.default_rng(2).random(500)), "ut1_id": np.arange(500)})
    table.meta["tapwidget"] = {
        "upload": "ut1", "find": "all", "radius_arcsec": radius, "rows": {"sent": 1000}, "separation": "separation"}
    return table
plot = tapwidget.SeparationPlot(result(0.5))
plot
"""


def test_another_result_is_judged_at_its_own_radius(lab: Any) -> None:
    notebook = lab.open_notebook([CELL])
    plot = notebook.output(0).locator(".tw-plot")
    handle = plot.locator(".noUi-handle")
    expect(handle).to_have_attribute("aria-valuemax", "0.5")
    notebook.python(first="plot.radius = 0.3424")
    expect(handle).to_have_attribute("aria-valuetext", "0.3425")  # the nearest step of these
    plot.get_by_text("Within 0.342 arcsec about").wait_for()
    assert notebook.python("plot.radius") == 0.3424
    notebook.python(first="plot.table = result(1.0)")
    expect(handle).to_have_attribute("aria-valuemax", "1.0")
    notebook.wait_until_idle()
    plot.get_by_text("Within 1 arcsec about").wait_for()
    assert notebook.python("plot.radius") == 1
    expect(handle).to_have_attribute("aria-valuetext", "1")
