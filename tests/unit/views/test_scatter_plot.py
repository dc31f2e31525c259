"""The plot of any two columns without a browser."""

from __future__ import annotations

import io

import ipywidgets
import numpy as np
import pytest
import traitlets
from astropy.table import Table
from matplotlib.image import imread

from tapwidget.actions.background import Immediate
from tapwidget.errors import TableError, TapWidgetError
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.scatter_picture import BLANK
from tapwidget.views.scatter_plot import ScatterPlot


def table(rows: int) -> Table:
    random = np.random.default_rng(5)
    r = random.uniform(15, 24, rows)
    made = Table(
        {"ut1_<em>no</em>": np.arange(rows) * 1.0, "g_cModelMag": r + random.uniform(0.4, 0.6, rows), "r_cModelMag": r}
    )
    made["g_cModelMag"].unit = made["r_cModelMag"].unit = "mag"
    return made


def plot_of(rows: int, *columns: str, **traits: object) -> ScatterPlot:
    return ScatterPlot(table(rows), *columns, background=Immediate(), **traits)


def box(plot: ScatterPlot, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Draw one, in the units of the axes."""
    brush, drawn = plot._picture.brush, plot._drawn
    with brush.hold_trait_notifications():
        brush.selected_x, brush.selected_y = drawn.x.places(np.array(x)), drawn.y.places(np.array(y))


def test_it_begins_with_a_colour_magnitude_diagram() -> None:
    plot = plot_of(500)
    assert (plot.x, plot.x_minus, plot.y, plot.y_minus) == ("g_cModelMag", "r_cModelMag", "r_cModelMag", "")
    assert plot.y_down
    assert plot._picture._y.reverse
    assert np.count_nonzero(~np.isnan(plot._picture._points.x)) == 500
    assert not plot._picture._density.visible
    assert "500 rows, all shown" in plot._account.value


def test_many_rows_are_a_density_of_all_of_them() -> None:
    plot = plot_of(10_000)
    assert plot._picture._density.visible
    assert not plot._picture._points.visible
    assert bytes(plot._picture._density.image.value).startswith(b"\x89PNG")
    assert "stronger where more are (10,000)" in plot._picture._legend.value
    plot.table = table(10)
    assert not plot._picture._density.visible
    assert plot._picture._density.image.value == BLANK
    assert imread(io.BytesIO(BLANK))[..., 3].max() == 0


def test_the_lists_offer_what_has_numbers_and_choose() -> None:
    plot = plot_of(100, "ut1_<em>no</em>", "r_cModelMag", y_down=False)
    assert plot._x_choice._column.options == tuple((name, name) for name in table(1).colnames)
    assert not plot.y_down
    plot._y_choice._column.value = "g_cModelMag"
    plot._y_choice._minus.value = "r_cModelMag"
    assert (plot.y, plot.y_minus) == ("g_cModelMag", "r_cModelMag")
    assert plot._picture._y_axis.label == "g_cModelMag - r_cModelMag [mag]"
    assert not plot.y_down
    plot._y_choice._minus.value = ""
    assert plot.y_down
    assert "g_cModelMag over ut1_&lt;em&gt;no&lt;/em&gt;: 100 rows" in plot._account.value


def test_a_box_selects_among_all_rows_whichever_way_y_grows() -> None:
    plot = plot_of(10_000, "ut1_<em>no</em>", "r_cModelMag")
    r = np.asarray(plot.table["r_cModelMag"])
    expected = np.flatnonzero((r >= 18) & (r <= 19) & (np.arange(10_000) >= 2000) & (np.arange(10_000) <= 4000))
    box(plot, (2000, 4000), (19, 18))
    assert plot.selected_rows == tuple(expected.tolist())
    assert f"{len(expected):,} of 10,000 rows selected" in plot._readout.value
    # Others, selected elsewhere, take the box away; and the box, as it goes, does not take them with it.
    plot.selected_rows = (3,)
    assert plot._picture.brush.selected_x is None
    assert plot.selected_rows == (3,)
    plot._clear.click()
    assert plot.selected_rows == ()


def test_zooming() -> None:
    plot = plot_of(5000, "ut1_<em>no</em>", "r_cModelMag")
    assert plot._in.disabled
    assert plot._out.disabled
    box(plot, (1000, 2000), (17, 20))
    assert not plot._in.disabled
    selected = plot.selected_rows
    plot._in.click()
    assert plot.extent == pytest.approx((1000, 2000, 17, 20))
    r = np.asarray(plot.table["r_cModelMag"][1000:2001])
    inside = (r >= 17) & (r <= 20)
    assert np.allclose(plot._picture._points.x[::2], np.flatnonzero(inside) / 1000)
    assert np.allclose(plot._picture._points.y[::2], (r[inside] - 17) / 3, atol=1e-6)
    assert plot.selected_rows == selected  # what was selected stays so
    assert plot._picture.brush.selected_x is None
    assert plot._in.disabled
    assert "beyond the axes" in plot._account.value
    plot._out.click()
    assert plot.extent is None
    assert plot._out.disabled
    far = table(5000)
    far["r_cModelMag"][7] = 80
    plot.table = far
    assert "1 beyond the axes" in plot._account.value
    plot._out.click()
    assert "all shown" in plot._account.value
    assert plot._out.disabled
    plot.y = "g_cModelMag"
    assert plot.extent is None


def test_a_box_without_rows_can_be_zoomed_to_and_taken_away() -> None:
    plot = plot_of(500, "ut1_<em>no</em>", "r_cModelMag")
    box(plot, (10.1, 10.2), (1.0, 2.0))
    assert plot.selected_rows == ()
    assert not plot._in.disabled
    plot._clear.click()
    assert plot.box is None
    assert plot._in.disabled
    assert plot._clear.disabled


@pytest.mark.parametrize(
    "extent", [(1, 0, 0, 1), (0, 1, 0, np.nan), (-1e308, 1e308, 0, 1), (1, 1 + 1e-15, 0, 1), (0, 1, 2), 5, "abcd"]
)
def test_an_extent_is_four_numbers(extent: object) -> None:
    with pytest.raises(TapWidgetError, match="left < right and bottom < top"):
        plot_of(10, extent=extent)


def test_rows_of_another_table_are_not_selected() -> None:
    plot = plot_of(500, selected_rows=[1])
    assert plot.selected_rows == (1,)
    assert "selected (1)" in plot._picture._legend.value
    plot.table = table(500)
    assert plot.selected_rows == ()
    with pytest.raises(TableError, match="Row 600 cannot be selected"):
        plot.selected_rows = (600,)


def test_a_column_that_is_not_there_any_more_stays_chosen_and_is_named() -> None:
    plot = plot_of(500)
    plot.table = Table({"i": [1.0], "z": [2.0]})
    assert "Not drawn: There is no column &#x27;g_cModelMag&#x27; in the table" in plot._account.value
    assert not plot._picture._points.visible
    assert plot._saving.button.disabled
    plot.table = table(500)
    assert plot._picture._points.visible
    with pytest.raises(traitlets.TraitError):
        plot.x = None


def test_its_selection_is_that_of_a_table() -> None:
    plot = plot_of(500)
    grid = ResultsTable(plot.table)
    traitlets.link((grid, "selected_rows"), (plot, "selected_rows"))
    plot.selected_rows = (7, 8)
    assert grid.selected_rows == (7, 8)


def test_the_figure_has_what_is_in_sight() -> None:
    plot = plot_of(500, extent=(0.0, 1.0, 16.0, 18.0))
    axes = plot.figure().axes[0]
    assert axes.get_xlim() == (0.0, 1.0)
    assert axes.get_ylim() == (18.0, 16.0)
    with pytest.raises(TapWidgetError, match="nothing to draw"):
        ScatterPlot().figure()
    assert "Nothing to show yet" in ScatterPlot()._account.value


def test_numbers_that_differ_little_have_places_and_labels_of_their_own() -> None:
    for start, step, unit in (
        (2460000.5, 0.002, "+2.46e6"),
        (648368125565216677, 10_000, "6.483681256e17"),
        (150.1, 5e-6, ""),
    ):
        values = start + np.arange(200) * (np.int64(step) if step > 1 else step)
        plot = ScatterPlot(Table({"a": values, "b": np.arange(200.0)}), "a", "b", background=Immediate())
        drawn = plot._picture._points.x[::2]
        assert np.allclose(np.diff(drawn), np.diff(drawn).mean(), rtol=0.05)
        labels = list(plot._picture._x_axis.tick_labels.values())
        assert len(set(labels)) == len(labels) > 3
        assert max(map(len, labels)) < 8
        assert unit in plot._picture._x_axis.label


def test_only_the_last_choice_is_drawn() -> None:
    late = Late()
    plot = ScatterPlot(table(100), background=late)
    plot.x, plot.x_minus = "ut1_<em>no</em>", ""
    for answer in reversed(late.answers):
        answer()
    assert plot._picture._x_axis.label == "ut1_<em>no</em>"


def test_rows_of_a_table_that_is_not_drawn_yet_are_not_selected_in_the_picture_of_the_last_one() -> None:
    late = Late()
    plot = ScatterPlot(table(100), "ut1_<em>no</em>", "r_cModelMag", background=late)
    late.answer()
    drawn = plot._drawn
    plot.table = table(50)
    assert not plot._picture._points.visible
    with plot._picture.brush.hold_trait_notifications():
        plot._picture.brush.selected_x = plot._picture.brush.selected_y = np.array([0.0, 1.0])
    assert plot.selected_rows == ()
    assert plot._drawn is not drawn
    late.answer()
    assert plot._picture._points.visible
    assert plot.box is None
    # Of the same table the rows are the same; the box is of the axes that it was drawn over.
    plot.x = "g_cModelMag"
    plot._zoom_out()
    assert plot.extent is None
    box(plot, (10, 20), (0, 30))
    assert plot.selected_rows == tuple(range(10, 21))
    late.answer()
    assert plot.selected_rows == tuple(range(10, 21))
    assert plot.box is None


def test_y_grows_as_its_kind_does_until_somebody_turns_it() -> None:
    plot = ScatterPlot(x="g_cModelMag", y="r_cModelMag", background=Immediate())
    plot.table = table(10)
    assert plot.y_down
    plot.y_down = False
    plot.table = table(20)
    assert not plot.y_down
    plot = ScatterPlot(background=Immediate())
    plot.choose("g_cModelMag", "", "r_cModelMag", "", y_down=False)
    plot.table = table(10)
    assert not plot.y_down


def test_links_of_a_figure_go_when_it_is_turned() -> None:
    plot = plot_of(10)
    plot._saving.button.click()
    assert "PNG" in plot._saving.links.value
    plot._down.value = False
    assert plot._saving.links.value == ""


def test_one_picture_more_leaves_no_widget_behind() -> None:
    plot = plot_of(5000)
    before = len(ipywidgets.widgets.widget._instances)
    for name in ("ut1_<em>no</em>", "g_cModelMag", "r_cModelMag"):
        plot.x = name
    assert len(ipywidgets.widgets.widget._instances) == before


class Late(Immediate):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = []

    def run(self, work, then, failed) -> None:
        self.answers.append(lambda: Immediate.run(self, work, then, failed))

    def answer(self) -> None:
        """To all that was asked, in order."""
        asked, self.answers = self.answers, []
        for answer in asked:
            answer()
