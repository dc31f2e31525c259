"""The plot of magnitude differences without a browser."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets
from astropy.table import Table

from tapwidget.errors import ColumnError
from tapwidget.plots.difference import of_result
from tapwidget.views.difference_plot import DifferencePlot
from tapwidget.views.results_table import ResultsTable


def table(rows: int) -> Table:
    random = np.random.default_rng(4)
    r = random.uniform(16, 23, rows)
    return Table({"ut1_<b>r</b>": r, "r_cModelMag": r - 0.1})


def test_points_medians_and_what_is_said() -> None:
    plot = DifferencePlot(table(10_000), "ut1_<b>r</b>", "r_cModelMag")
    assert np.count_nonzero(~np.isnan(plot._points.x)) == 3000
    assert np.allclose(plot._median.y, 0.1)
    assert "An even sample is drawn, 3,000 of 10,000" in plot._account.value
    assert "ut1_&lt;b&gt;r&lt;/b&gt; - r_cModelMag: 10,000 rows" in plot._account.value
    assert plot._y_axis.label == "ut1_<b>r</b> - r_cModelMag"
    plot._save.click()
    assert 'download="differences.pdf"' in plot._links.value


def test_the_selection_is_marked() -> None:
    found = of_result(table(500), "ut1_<b>r</b>", "r_cModelMag")
    plot = DifferencePlot(differences=found)
    assert not plot._selected.visible
    plot.selected_rows = found.seen[:3]
    assert np.allclose(plot._selected.x[::2], found.magnitude[found.seen[:3]])
    assert "selected (3)" in plot._legend.value
    plot.selected_rows = (600,)  # of a table that is about to be shown
    assert not plot._selected.visible
    plot.selected_rows = None
    assert "selected" not in plot._legend.value


def test_a_column_that_is_not_there_leaves_what_is_shown() -> None:
    plot = DifferencePlot(table(500), "ut1_<b>r</b>", "r_cModelMag")
    shown = plot.differences
    with pytest.raises(ColumnError, match="r_cModelMagg"):
        plot.show(table(500), "ut1_<b>r</b>", "r_cModelMagg")
    assert plot.differences is shown


def test_its_selection_is_that_of_a_table() -> None:
    result = table(500)
    plot, grid = DifferencePlot(result, "ut1_<b>r</b>", "r_cModelMag"), ResultsTable(result)
    traitlets.link((grid, "selected_rows"), (plot, "selected_rows"))
    grid.selected_rows = plot.differences.seen[:3]
    assert "selected (3)" in plot._legend.value
    plot.selected_rows = (7, 8)
    assert grid.selected_rows == (7, 8)


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
