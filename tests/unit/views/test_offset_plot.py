"""The plot of offsets without a browser."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets
from astropy.table import MaskedColumn, Table

from tapwidget import OffsetPlot
from tapwidget.errors import TableError
from tapwidget.match.chance import Chance
from tapwidget.views.results_table import ResultsTable


def result(rows: int, radius: float = 2.0) -> Table:
    random = np.random.default_rng(rows)
    columns = {"separation": radius * np.sqrt(random.random(rows)), "position_angle": random.uniform(0, 360, rows)}
    table = Table({name: MaskedColumn(values, mask=np.arange(rows) == 0) for name, values in columns.items()})
    table.meta["tapwidget"] = {"find": "all", "radius_arcsec": radius, "rows": {"sent": rows}}
    return table


def expected(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """dra and ddec, NaN for the row without a counterpart."""
    angle = np.radians(table["position_angle"].filled(np.nan))
    return table["separation"].filled(np.nan) * np.sin(angle), table["separation"].filled(np.nan) * np.cos(angle)


def box(plot: OffsetPlot, x: tuple[float, float], y: tuple[float, float]) -> None:
    with plot._brush.hold_trait_notifications():
        plot._brush.selected_x, plot._brush.selected_y = np.array(x), np.array(y)


def test_points_circle_cross_and_axes() -> None:
    table = result(200)
    plot = OffsetPlot(table)
    dra, ddec = expected(table)
    np.testing.assert_allclose(plot._points.x[::2], -dra[1:], rtol=1e-6)  # RA to the left
    np.testing.assert_allclose(plot._points.y[::2], ddec[1:], rtol=1e-6)
    np.testing.assert_allclose(np.hypot(plot._circle.x, plot._circle.y), 2.0)
    assert plot._cross.x[3] == pytest.approx(-np.median(dra[1:]))
    assert plot._cross.y[0] == pytest.approx(np.median(ddec[1:]))
    assert plot._x_axis.tick_labels["-2"] == "2"
    assert plot._y_axis.tick_labels["-2"] == "-2"
    assert plot._x_axis.tick_labels["0"] == "0"
    assert (plot._x.max - plot._x.min) / (plot._y.max - plot._y.min) == pytest.approx(
        382 / 346
    )  # px: a circle is round
    for said in ("pairs (199)", "median", "radius 2 arcsec"):
        assert said in plot._legend.value
    assert "199 pairs; 1 row without a counterpart" in plot._account.value
    assert "on each arcsec² of this plot" in plot._account.value


def test_a_box_selects_among_all_rows() -> None:
    table = result(10_000)
    plot = OffsetPlot(table)
    assert np.count_nonzero(~np.isnan(plot._points.x)) == 3000
    assert "An even sample is drawn, 3,000 of 9,999 pairs" in plot._account.value
    dra, ddec = expected(table)
    rows = np.flatnonzero((dra >= 0.2) & (dra <= 1.5) & (ddec >= -1) & (ddec <= 0.5))
    box(plot, (-1.5, -0.2), (-1.0, 0.5))
    assert plot.selected_rows == tuple(rows.tolist())
    assert len(rows) > 1000
    assert f"{len(rows):,} of 10,000 rows selected; 1,000 of them marked" in plot._readout.value
    assert f"selected ({len(rows):,})" in plot._legend.value
    plot.selected_rows = (0, 3)  # the first is no pair
    assert plot._brush.selected_x is None
    np.testing.assert_allclose(plot._selected.x, -dra[3:4], rtol=1e-6)
    box(plot, (-5, 5), (-5, 5))
    assert plot.selected_rows == tuple(range(1, 10_000))
    plot._clear.click()
    assert (plot.selected_rows, plot._brush.selected_x) == ((), None)
    with pytest.raises(TableError, match="Row 10000 cannot be selected"):
        plot.selected_rows = [10_000]


def test_another_table_or_none() -> None:
    plot = OffsetPlot()
    assert "No offsets" in plot._account.value
    assert plot.offsets is None
    plot.table = result(50)
    plot.selected_rows = [49]
    plot.table = result(20)
    assert plot.selected_rows == ()
    assert "pairs (19)" in plot._legend.value
    del plot.table.meta["tapwidget"]["radius_arcsec"]
    plot.chance = Chance(0.0, 0.001, 20, 0, "shifted copy", 6.0)
    assert not plot._circle.visible
    assert "radius" not in plot._legend.value
    plot.table = Table({"separation": [1.0]})
    assert not plot._points.visible
    assert plot._legend.value == ""


def test_its_selection_is_that_of_a_table() -> None:
    plot, grid = OffsetPlot(result(50)), ResultsTable(result(50))
    traitlets.link((grid, "selected_rows"), (plot, "selected_rows"))
    grid.selected_rows = [3, 4]
    assert "selected (2)" in plot._legend.value
    plot.selected_rows = (7, 8)
    assert grid.selected_rows == (7, 8)


def test_while_its_rows_are_being_told_those_that_it_held_before_take_no_box_away() -> None:
    plot = OffsetPlot(result(200))
    box(plot, (-2, 2), (-2, 0))
    before = plot.selected_rows
    plot.observe(lambda _: plot._box.follow(before), "selected_rows")  # as another thread marks
    box(plot, (-2, 2), (0, 2))
    assert plot._brush.selected_x is not None
    plot._box.follow(before)
    assert plot._brush.selected_x is None
