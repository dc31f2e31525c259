"""The plot of magnitude differences without a browser."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from tapwidget.plots.difference import of_result
from tapwidget.views.difference_plot import DifferencePlot


def table(rows: int) -> Table:
    random = np.random.default_rng(4)
    r = random.uniform(16, 23, rows)
    return Table({"ut1_<b>r</b>": r, "r_cModelMag": r - 0.1})


def test_points_medians_and_what_is_said() -> None:
    plot = DifferencePlot(of_result(table(10_000), "ut1_<b>r</b>", "r_cModelMag"))
    assert np.count_nonzero(~np.isnan(plot._points.x)) == 3000
    assert np.allclose(plot._median.y, 0.1)
    assert "An even sample is drawn, 3,000 of 10,000" in plot._account.value
    assert "ut1_&lt;b&gt;r&lt;/b&gt; - r_cModelMag: 10,000 rows" in plot._account.value
    assert plot._y_axis.label == "ut1_<b>r</b> - r_cModelMag"
    plot._save.click()
    assert 'download="differences.pdf"' in plot._links.value


def test_the_selection_is_marked() -> None:
    found = of_result(table(500), "ut1_<b>r</b>", "r_cModelMag")
    plot = DifferencePlot(found)
    assert not plot._selected.visible
    plot.selected_rows = found.seen[:3]
    assert np.allclose(plot._selected.x[::2], found.magnitude[found.seen[:3]])
    assert "selected (3)" in plot._legend.value
    plot.selected_rows = (600,)  # of a table that is about to be shown
    assert not plot._selected.visible
    plot.selected_rows = None
    assert "selected" not in plot._legend.value


def test_nothing_to_show() -> None:
    plot = DifferencePlot()
    assert "No differences" in plot._account.value
    assert plot._save.disabled
    plot.differences = of_result(table(500)[:0], "ut1_<b>r</b>", "r_cModelMag")
    assert not plot._points.visible
    plot.differences = of_result(table(500), "ut1_<b>r</b>", "r_cModelMag")
    assert plot._points.visible
    assert plot._median.visible
    plot.differences = None
    assert not plot._points.visible
    plot.figure()
