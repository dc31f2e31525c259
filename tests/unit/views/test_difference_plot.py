"""The plot of magnitude differences without a browser."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets
from astropy.table import Table

from tapwidget.errors import ColumnError, TableError, TapWidgetError
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
    assert plot._y_axis.label == "ut1_<b>r</b> - r_cModelMag [mag]"


def test_the_selection_is_marked() -> None:
    found = of_result(table(500), "ut1_<b>r</b>", "r_cModelMag")
    plot = DifferencePlot(differences=found)
    assert not plot._selected.visible
    plot.selected_rows = found.seen[:3]
    assert np.allclose(plot._selected.x[::2], found.magnitude[found.seen[:3]])
    assert "selected (3)" in plot._legend.value
    with pytest.raises(TableError, match="Row 600 cannot be selected"):
        plot.selected_rows = (600,)
    plot.selected_rows = [499]
    plot.differences = of_result(table(300), "ut1_<b>r</b>", "r_cModelMag")
    assert plot.selected_rows == ()
    plot.selected_rows = np.arange(300) < 2
    assert plot.selected_rows == (0, 1)
    plot.selected_rows = None
    assert plot.selected_rows == ()
    assert "selected (" not in plot._legend.value


def box(plot: DifferencePlot, x: tuple[float, float], y: tuple[float, float]) -> None:
    with plot._brush.hold_trait_notifications():
        plot._brush.selected_x, plot._brush.selected_y = np.array(x), np.array(y)


def test_a_box_selects_among_all_rows() -> None:
    result = table(10_000)
    result["r_cModelMag"][0] = np.nan
    plot = DifferencePlot(result, "ut1_<b>r</b>", "r_cModelMag")
    r = np.asarray(result["ut1_<b>r</b>"])
    expected = np.flatnonzero((r >= 18) & (r <= 19) & (np.arange(10_000) > 0))
    box(plot, (18, 19), (0.0, 0.2))
    assert plot.selected_rows == tuple(expected.tolist())
    assert f"{len(expected):,} of 10,000 rows selected" in plot._readout.value
    assert not plot._clear.disabled
    # Others, selected elsewhere, take the box away; and the box, as it goes, does not take them with it.
    plot.selected_rows = (3,)
    assert plot._brush.selected_x is None
    assert plot.selected_rows == (3,)
    box(plot, (18, 19), (0.0, 0.2))
    plot._brush.selected_x = plot._brush.selected_y = None  # a click beside it
    assert plot.selected_rows == ()
    box(plot, (18, 19), (0.0, 0.2))
    plot._clear.click()
    assert (plot.selected_rows, plot._brush.selected_x) == ((), None)
    # Two other columns of the same rows: these stay selected, the box is no longer theirs.
    box(plot, (18, 19), (0.0, 0.2))
    plot.show(result, "r_cModelMag", "ut1_<b>r</b>")
    assert plot.selected_rows == tuple(expected.tolist())
    assert plot._brush.selected_x is None


def test_medians_of_other_numbers_than_magnitudes() -> None:
    redshift = np.random.default_rng(1).uniform(0, 2, 3000)
    plot = DifferencePlot(Table({"ut1_redshift": redshift, "z": redshift + 0.01}), "ut1_redshift", "z")
    assert len(plot._median.x) >= 10
    assert np.allclose(plot._median.y, -0.01)
    assert "median in bins of 0.1" in plot._legend.value


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
    assert plot._saving.button.disabled
    plot.differences = of_result(table(500)[:0], "ut1_<b>r</b>", "r_cModelMag")
    assert not plot._points.visible
    plot.differences = of_result(table(500), "ut1_<b>r</b>", "r_cModelMag")
    assert plot._points.visible
    assert plot._median.visible
    plot.differences = None
    assert not plot._points.visible
    with pytest.raises(TapWidgetError, match="no differences to draw"):
        plot.figure()


def test_rows_can_be_selected_from_the_start() -> None:
    plot = DifferencePlot(table(500), "ut1_<b>r</b>", "r_cModelMag", selected_rows=[1])
    assert plot.selected_rows == (1,)
    assert "selected (1)" in plot._legend.value
    assert DifferencePlot(differences=plot.differences, selected_rows=[1]).selected_rows == (1,)


def test_of_another_result_no_row_is_selected() -> None:
    plot = DifferencePlot(table(500), "ut1_<b>r</b>", "r_cModelMag", selected_rows=[1])
    seen = []
    plot.observe(lambda _: seen.append(plot.selected_rows), "differences")
    with pytest.raises(ColumnError):
        plot.show(table(600), "ut1_<b>r</b>", "none")
    assert plot.selected_rows == (1,)  # with what is still shown
    plot.show(table(600), "ut1_<b>r</b>", "r_cModelMag")
    assert plot.selected_rows == ()
    assert seen == [()]
