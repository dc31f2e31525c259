"""The sky plot without a browser."""

from __future__ import annotations

import time

import numpy as np
import pytest
import traitlets
from astropy.table import MaskedColumn, Table

from tapwidget import SkyPlot
from tapwidget.errors import TableError, TapWidgetError
from tapwidget.plots.paper import save


def around(ra: float, dec: float, rows: int, radius: float = 0.5) -> Table:
    random = np.random.default_rng(rows)
    r, angle = radius * np.sqrt(random.random(rows)), random.uniform(0, 2 * np.pi, rows)
    return Table({"ra": (ra + r * np.cos(angle) / np.cos(np.radians(dec))) % 360, "dec": dec + r * np.sin(angle)})


def box(plot: SkyPlot, x: tuple[float, float], y: tuple[float, float]) -> None:
    with plot._picture.brush.hold_trait_notifications():
        plot._picture.brush.selected_x = np.array(x)
        plot._picture.brush.selected_y = np.array(y)


def points(plot: SkyPlot) -> list[int]:
    """Matched, unmatched, of the background, selected."""
    picture = plot._picture
    if picture.area not in plot.children:
        return [0, 0, 0, 0]
    kinds = ([picture._matched], [picture._unmatched], [picture._background, picture._others], [picture._selected])
    return [sum(int(np.isfinite(mark.x).sum()) for mark in marks if mark.visible) for marks in kinds]


def test_right_ascension_goes_to_the_left() -> None:
    plot = SkyPlot(Table({"ra": [359.9, 0.1], "dec": [0.0, 0.1]}))
    x, y = (values[np.isfinite(values)] for values in (plot._picture._matched.x, plot._picture._matched.y))
    assert x[1] < x[0]
    assert y[1] > y[0]
    labels = list(plot._picture._x_axis.tick_labels.values())
    assert "0.00" in labels
    assert "359.95" in labels


def test_matched_and_unmatched_are_told_apart() -> None:
    table = around(37.86, 6.98, 100)
    plot = SkyPlot(table, matched=np.arange(100) < 70)
    assert points(plot) == [70, 30, 0, 0]
    assert "matched (70)" in plot._picture._legend.value
    assert "not matched (30)" in plot._picture._legend.value
    plot.matched = None
    assert points(plot) == [100, 0, 0, 0]
    plot.matched = [True]
    assert "`matched` has 1 entries for 100 rows" in plot._account.value


def test_what_was_not_matched_can_stand_behind() -> None:
    plot = SkyPlot(around(37.86, 6.98, 50))
    plot.background_label = "<b>unmatched</b>"
    plot.background = around(37.86, 6.98, 20)
    assert points(plot) == [50, 0, 20, 0]
    assert "&lt;b&gt;unmatched&lt;/b&gt; (20)" in plot._picture._legend.value


def test_what_is_beside_rows_is_drawn_over_them_and_told_by_its_shape() -> None:
    plot = SkyPlot()
    plot.background = around(37.86, 6.98, 20)
    picture = plot._picture
    assert picture._background.visible
    assert not picture._others.visible
    plot.table = around(37.86, 6.98, 50)
    assert picture._others.visible
    assert not picture._background.visible
    marks = picture._figure.marks
    assert marks.index(picture._others_holes) > marks.index(picture._others) > marks.index(picture._matched)
    assert picture._others_holes.x.tolist() == pytest.approx(picture._others.x.tolist(), nan_ok=True)
    assert 'fill:none"/></svg><span>others (20)' in picture._legend.value


def test_the_legend_has_a_key_for_the_selected_points() -> None:
    plot = SkyPlot(around(37.86, 6.98, 50))
    assert plot._picture._legend.layout.display == "none"
    plot.selected_rows = [3, 5]
    assert "selected (2)" in plot._picture._legend.value
    assert plot._picture._legend.layout.display is None
    plot.clear()
    assert "selected" not in plot._picture._legend.value


def test_a_box_selects_rows() -> None:
    table = around(37.86, 6.98, 500)
    plot = SkyPlot(table)
    box(plot, (-0.2, 0.1), (0.0, 0.3))
    x, y = plot._plane
    expected = np.flatnonzero((x >= -0.2) & (x <= 0.1) & (y >= 0) & (y <= 0.3))
    assert plot.selected_rows == tuple(expected.tolist())
    assert points(plot)[3] == len(expected) > 10
    assert f"{len(expected)} of 500 rows selected" in plot._readout.value
    plot._picture.brush.selected_x = plot._picture.brush.selected_y = None  # a click beside the box
    assert plot.selected_rows == ()


def test_rows_without_a_position_are_said_and_never_selected() -> None:
    table = around(37.86, 6.98, 10)
    table["ra"] = MaskedColumn(table["ra"], mask=[True] + [False] * 9)
    plot = SkyPlot(table)
    assert "1 of 10 rows have no position" in plot._account.value
    box(plot, (-10, 10), (-10, 10))
    assert plot.selected_rows == tuple(range(1, 10))


def test_many_points_are_sampled_and_that_is_said() -> None:
    plot = SkyPlot(around(37.86, 6.98, 12_000), matched=np.arange(12_000) >= 50)
    drawn = points(plot)
    assert sum(drawn) <= 3300
    assert drawn[1] == 50  # the rare ones all
    said = "A sample is drawn, 3,037 of 12,000 positions; rare kinds are shown more often."
    assert f"{said} A box selects among all rows." in plot._account.value
    assert plot.figure().axes[0].get_title(loc="left") == said
    assert "matched (11,950)" in plot._picture._legend.value
    box(plot, (-10, 10), (-10, 10))
    assert len(plot.selected_rows) == 12_000
    assert "12,000 of 12,000 rows selected; 1,000 of them marked" in plot._readout.value


def test_a_sample_has_as_large_a_share_of_each_kind() -> None:
    plot = SkyPlot(around(37.86, 6.98, 9_000), background=around(37.86, 6.98, 3_000))
    assert points(plot) == [2250, 0, 750, 0]
    said = "An even sample is drawn, 3,000 of 12,000 positions."
    assert f"{said} A box selects among all rows." in plot._account.value
    assert plot.figure().axes[0].get_title(loc="left") == said
    # A kind is rare up to the tenth of what is drawn that each has at least.
    for rare, word in ((3_000, "An even"), (1_330, "An even"), (990, "A sample"), (1, "A sample")):
        plot.background = around(37.86, 6.98, rare)
        assert f"{word} " in plot._account.value


def test_selected_from_outside() -> None:
    plot = SkyPlot(around(37.86, 6.98, 10))
    plot.selected_rows = np.array([4, 2])
    assert plot.selected_rows == (2, 4)
    assert points(plot)[3] == 2
    with pytest.raises(TableError, match="10 rows"):
        plot.selected_rows = [10]
    plot._clear.click()
    assert plot.selected_rows == ()


def test_linked_both_ways() -> None:
    table = around(37.86, 6.98, 100)
    one, other = SkyPlot(table), SkyPlot(table)
    traitlets.link((one, "selected_rows"), (other, "selected_rows"))
    box(one, (-0.2, 0.2), (-0.2, 0.2))
    assert other.selected_rows == one.selected_rows != ()
    other.clear()
    assert one.selected_rows == ()


def test_selected_rows_without_a_position_are_not_drawn() -> None:
    plot = SkyPlot(Table({"ra": [np.nan, 10.0], "dec": [1.0, 1.0]}))
    plot.selected_rows = (0,)
    assert not plot._picture._selected.visible
    assert "1 of 2 rows selected" in plot._readout.value
    plot.selected_rows = (0, 1)
    assert plot._picture._selected.x.shape == (1,)


def test_the_box_goes_when_other_rows_are_selected_elsewhere() -> None:
    plot = SkyPlot(Table({"ra": np.linspace(10, 11, 50), "dec": np.zeros(50)}))
    box(plot, (-2, 2), (-2, 2))
    assert len(plot.selected_rows) == 50
    plot.selected_rows = (3,)
    assert plot._picture.brush.selected_x is None
    assert plot.selected_rows == (3,)
    box(plot, (-2, 2), (-2, 2))
    assert len(plot.selected_rows) == 50
    assert plot._picture.brush.selected_x is not None


def test_a_new_table_empties_the_selection() -> None:
    plot = SkyPlot(around(37.86, 6.98, 10))
    plot.selected_rows = [9]
    plot.table = around(10, 80, 5)
    assert plot.selected_rows == ()
    assert points(plot) == [5, 0, 0, 0]
    plot.table = None
    assert points(plot) == [0, 0, 0, 0]
    assert "No rows" in plot._account.value


def test_of_a_result_the_targets_position_is_taken() -> None:
    table = Table({"ut1_ra": [10.0, 20.0], "ut1_dec": [0.0, 0.0], "coord_ra": [200.0, 200.5], "coord_dec": [5.0, 5.5]})
    labels = list(SkyPlot(table)._picture._x_axis.tick_labels.values())
    assert all(199 < float(label) < 202 for label in labels)
    named = SkyPlot(table, ra="ut1_ra", dec="ut1_dec")
    assert all(float(label) < 30 for label in named._picture._x_axis.tick_labels.values())


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (Table({"name": ["a", "b"]}), "No columns were recognised as a position"),
        (Table({"ra": [10.0, 20.0], "dec": [0.0, 95.0]}), "dec"),
    ],
)
def test_a_table_that_cannot_be_drawn_can_be_selected_in(table: Table, said: str) -> None:
    plot = SkyPlot(table)
    assert "No positions in this table" in plot._account.value
    assert said in plot._account.value
    assert plot._picture.area not in plot.children  # no axes, for their numbers would be false
    plot.selected_rows = [1]
    assert plot.selected_rows == (1,)
    with pytest.raises(TapWidgetError, match="no positions"):
        plot.figure()
    plot.table = around(37.86, 6.98, 50)
    assert points(plot) == [50, 0, 0, 0]
    assert "No positions" not in plot._account.value


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TableError, match="astropy Table"):
        SkyPlot([1, 2, 3])


def test_all_the_sky_says_what_its_lines_are() -> None:
    random = np.random.default_rng(0)
    table = Table({"ra": random.uniform(0, 360, 400), "dec": np.degrees(np.arcsin(random.uniform(-1, 1, 400)))})
    plot = SkyPlot(table)
    assert "lines every 45 deg of RA and 30 deg of Dec" in plot._account.value
    assert plot._picture._x_axis.num_ticks == 0


def test_a_box_among_a_million_rows() -> None:
    plot = SkyPlot(around(37.86, 6.98, 1_000_000))
    start = time.perf_counter()
    box(plot, (-0.05, 0.05), (-0.05, 0.05))
    assert time.perf_counter() - start < 0.5
    assert len(plot.selected_rows) > 1000
    picture = plot._picture
    assert sum(mark.x.nbytes + mark.y.nbytes for mark in (picture._matched, picture._selected)) < 70_000


def test_of_which_table_it_is_said_that_it_has_no_position() -> None:
    plot = SkyPlot(Table({"ra": [10.0, 11.0], "dec": [1.0, 2.0]}), background_label="your <i>table</i>")
    plot.background = Table({"r": [20.0]})
    assert "your &lt;i&gt;table&lt;/i&gt;: No columns were recognised as a position" in plot._account.value


def test_of_a_result_rows_without_a_counterpart_are_rings_where_the_upload_says() -> None:
    upload = around(0.0, 6.98, 200)
    gone = np.arange(150) >= 100
    result = Table({f"ut1_{name}": upload[name][:150] for name in ("ra", "dec")})
    for name, column in (("coord_ra", "ra"), ("coord_dec", "dec")):
        result[name] = MaskedColumn(upload[column][:150], mask=gone)
    plot = SkyPlot()
    plot.background = upload
    plot.show(table=result, matched=~gone, background_label="your table, not in the result")
    assert points(plot) == [100, 50, 50, 0]
    legend = plot._picture._legend.value
    for said in ("matched (100)", "not matched (50)", "your table, not in the result (50)"):
        assert said in legend
    assert "no position" not in plot._account.value
    box(plot, (-9, 9), (-9, 9))
    assert len(plot.selected_rows) == 150


def test_a_cone_is_drawn_whole_and_its_radius_told() -> None:
    plot = SkyPlot(around(0.0, 6.98, 50, radius=0.1))
    assert not plot._picture._cone.visible
    plot.cone = (0.0, 6.98, 0.5)
    assert "cone, radius 30 arcmin" in plot._picture._legend.value
    x, y = plot._picture._cone.x, plot._picture._cone.y
    assert np.ptp(x) == pytest.approx(1.0, rel=1e-3)
    assert plot._picture._x.min < x.min()
    assert plot._picture._x.max > x.max()
    assert plot._picture._y.max > y.max()
    plot.show(cone=None)
    assert not plot._picture._cone.visible
    assert plot._picture._legend.layout.display == "none"


def test_rows_of_a_table_that_is_about_to_be_drawn_are_marked_with_it() -> None:
    plot = SkyPlot(around(10.0, 5.0, 10))
    plot.observe(lambda _: plot.set_trait("selected_rows", [3, 30]), "table")
    longer = around(10.0, 5.0, 50)
    plot.show(table=longer)
    plot.selected_rows = [3, 30]
    assert np.isfinite(plot._picture._selected.x).sum() == 2


def test_another_table_takes_the_box_away() -> None:
    plot = SkyPlot(around(10.0, 5.0, 10))
    box(plot, (8, 9), (8, 9))  # over empty sky: nothing is selected that could be unselected
    plot.table = around(10.0, 5.0, 20)
    assert plot._picture.brush.selected_x is None


def test_its_figure_shows_what_the_page_shows() -> None:
    table = around(0.0, 6.98, 4000)
    table["ra"][0] = np.nan
    plot = SkyPlot(table, matched=np.arange(4000) < 3000, cone=(0.0, 6.98, 0.5), cone_label="$cone")
    plot.background_label, plot.background = "others", around(0.0, 6.98, 20)
    plot.selected_rows = [5, 7]
    figure = plot.figure()
    axes = figure.axes[0]
    picture = plot._picture
    drawn = {line.get_label(): line for line in axes.lines}
    for label, mark in (
        ("matched (2,999)", picture._matched), ("not matched (1,000)", picture._unmatched),
        ("others (20)", picture._others), ("selected (2)", picture._selected),
    ):  # fmt: skip
        np.testing.assert_allclose(drawn[label].get_xdata(), mark.x[::2], atol=1e-6)
        np.testing.assert_allclose(drawn[label].get_ydata(), mark.y[::2], atol=1e-6)
    assert drawn["\\$cone, radius 30 arcmin"].get_linestyle() == "--"
    assert len(axes.get_legend().get_texts()) == 5
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("RA [deg]", "Dec [deg]")
    ticks = dict(zip((text.get_text() for text in axes.get_xticklabels()), axes.get_xticks(), strict=True))
    assert ticks["0.2"] < ticks["0.0"] < ticks["359.8"]  # right ascension to the left
    assert "A sample is drawn, 3,0" in axes.get_title(loc="left")
    assert save(figure, "svg").startswith(b"<?xml")
