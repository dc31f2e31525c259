"""The panel below the form: what its histogram compares, one selection everywhere, what stands in for the table."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget import ColumnRange, MagnitudeDifference, MagnitudeRange
from tapwidget.actions.background import Immediate
from tapwidget.plots.histogram import FIGURE1_EDGES, FIGURE1_SHOWN
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.plain_table import PlainTable
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.sky_plot import SkyPlot

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


class Later(Immediate):
    """What is posted happens when the test says so, as on the publisher's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: dict[object, Callable[[], None]] = {}

    def post(self, key: object, action: Callable[[], None]) -> None:
        self.posted.pop(key, None)
        self.posted[key] = action

    def publish(self) -> None:
        while self.posted:
            self.posted.pop(next(iter(self.posted)))()


class Clock(Immediate):
    """What shall happen later happens when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Callable[[], None]] = []

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        assert 2 <= seconds <= 15
        self.waiting.append(action)

    def strike(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def panel(clock: Clock) -> ResultsPanel:
    return ResultsPanel(Form(), Runs(), background=clock)


def show(panel: ResultsPanel, table: Table) -> None:
    panel._runs.current = panel._runs.add(result=table)


def plain(panel: ResultsPanel) -> PlainTable | None:
    return next((child for child in panel.children if isinstance(child, PlainTable)), None)


def test_plain_pages_stand_in_where_the_page_does_not_draw_the_table(panel: ResultsPanel, clock: Clock) -> None:
    panel._view_count = 1  # the page shows the panel
    show(panel, Table({"objectId": [648368125565216675, 2]}))
    assert plain(panel) is None
    clock.strike()
    shown = plain(panel)
    assert "648368125565216675" in shown._html.value
    assert "reload the page" in shown.reason
    assert panel._place.layout.display == "none"
    panel.table.selected_rows = (1,)
    assert shown.selected_rows == (1,)
    show(panel, Table({"objectId": [3]}))
    assert shown.table is panel.table.table
    clock.strike()
    assert len([child for child in panel.children if isinstance(child, PlainTable)]) == 1


def test_the_table_comes_back_when_it_is_drawn_after_all(panel: ResultsPanel, clock: Clock) -> None:
    panel._view_count = 1
    show(panel, Table({"objectId": [1]}))
    clock.strike()
    panel.table._receive(panel.table, {"type": "hello", "view": "v"}, [])
    assert plain(panel) is None
    assert panel._place.layout.display is None
    show(panel, Table({"objectId": [2]}))
    clock.strike()
    assert plain(panel) is None


def test_a_table_that_is_drawn_in_time_stays(panel: ResultsPanel, clock: Clock) -> None:
    panel._view_count = 1
    panel.table.drawn = True
    show(panel, Table({"objectId": [1]}))
    clock.strike()
    assert plain(panel) is None


def test_a_panel_that_no_page_shows_waits_for_nothing(panel: ResultsPanel, clock: Clock) -> None:
    show(panel, Table({"objectId": [1]}))
    assert clock.waiting == []


R = np.array([16.0, 17.0, 18.0, 19.0, 20.0])
MATCHED = {"ut1_r": R, "r_cModelMag": R + 0.2, "J": [15.0, 15.0, 16.0, np.nan, 17.0], "dist": R, "name": list("abcde")}


def labels(panel: ResultsPanel) -> list[str]:
    return [one.label for one in panel.histogram.series]


def subsets(panel: ResultsPanel) -> dict[str, list[int]]:
    return {one.label: np.arange(len(R))[one.rows].tolist() for one in panel.histogram.subsets}


def axis(panel: ResultsPanel) -> str:
    return panel.histogram._plot._x_axis.label


def test_any_band_that_is_there_can_be_compared(panel: ResultsPanel) -> None:
    panel._form.table = Table({"Jmag": [14.0, 15.0], "Kmag": [13.0, 14.0]})
    assert [value for value, _ in panel.choice._band.options] == ["J", "Ks"]
    assert labels(panel) == ["ut1, Jmag"]
    show(panel, Table({"r_cModelMag": [20.0, 21.0], "j_m": [14.1, 15.1]}))
    assert [value for value, _ in panel.choice._band.options] == ["r", "J", "Ks"]
    assert labels(panel) == ["ut1, Jmag", "results, j_m"]
    assert axis(panel) == "J-band magnitude"
    panel.band = "r"
    assert panel.choice._band.value == "r"
    assert labels(panel) == ["results, r_cModelMag"]
    assert "your table is a magnitude in r" in panel._said.value


def test_any_two_columns_can_be_compared_by_hand(panel: ResultsPanel) -> None:
    panel._form.table = Table({"r": R, "parallax": R})
    panel._form.table["parallax"].unit = "mas"
    show(panel, Table(MATCHED))
    assert labels(panel) == ["ut1, r", "results, r_cModelMag"]
    assert "name" not in [value for _, value in panel.choice._theirs.options]
    panel.choice._theirs.value = "ut1_r"
    assert labels(panel) == ["ut1, r", "results, ut1_r"]
    assert axis(panel) == "r / ut1_r [mag]"
    panel.choice._yours.value = "parallax"
    panel.choice._theirs.value = "dist"
    assert axis(panel) == "parallax [mas] / dist"
    show(panel, Table({"r_cModelMag": [20.0, 21.0]}))
    assert labels(panel) == ["ut1, parallax", "results, dist"]
    assert "no column &#x27;dist&#x27; in results_2" in panel._said.value
    panel.choice.yours = panel.choice.theirs = ""
    assert axis(panel) == "r-band magnitude"


def test_columns_that_are_no_magnitudes_have_bins_after_their_values(panel: ResultsPanel) -> None:
    user = Table({"r": R, "redshift": [0.1, 0.5, 0.9, 1.2, 2.0]})
    panel._form.table = user
    show(panel, Table({**MATCHED, "z_phot": [0.2, 0.4, 1.0, 1.4, np.nan]}))
    histogram = panel.histogram
    assert (histogram.edges, histogram.shown) == (FIGURE1_EDGES, FIGURE1_SHOWN)
    histogram.interval = (17, 19)
    panel.choice.yours, panel.choice.theirs = "redshift", "z_phot"
    assert (axis(panel), histogram.interval, panel.table.selected_rows) == ("redshift / z_phot", None, ())
    assert [int(one.counts.sum()) for one in histogram.histograms] == [5, 4]
    assert histogram.shown == (histogram.edges[0], histogram.edges[-1]) == (0.1, 2.0)
    assert histogram._reset.description == "From the values"
    # The bins that a person chose for them outlive another run, but not another quantity.
    histogram.edges = (0.0, 1.0, 2.0)
    show(panel, Table({"z_phot": [0.1, 5.0]}))
    assert histogram.edges == (0.0, 1.0, 2.0)
    histogram._reset.click()
    assert histogram.edges[-1] == 5.0
    show(panel, Table({"z_phot": [0.1, 7.0]}))  # nobody chose the bins
    assert histogram.edges[-1] == 7.0
    histogram.edges = (0.0, 1.0, 2.0)
    panel.choice.yours = panel.choice.theirs = ""
    assert (histogram.edges, histogram.shown) == (FIGURE1_EDGES, FIGURE1_SHOWN)
    assert histogram._reset.description == "As in Figure 1"


def test_a_result_without_magnitudes_hides_no_other(panel: ResultsPanel) -> None:
    show(panel, Table({"objectId": [1, 2], "r": ["red", "blue"]}))  # ADQL of one's own may return anything
    assert labels(panel) == []
    assert panel._plots in panel.children  # a column can be chosen by hand
    panel.choice._theirs.value = "objectId"
    assert labels(panel) == ["results, objectId"]
    panel.choice._theirs.value = ""
    show(panel, Table(MATCHED))
    assert labels(panel) == ["results_2, r_cModelMag"]
    assert "results is a magnitude in r" in panel._said.value


def test_the_rows_selected_anywhere_are_outlined_in_the_histogram(panel: ResultsPanel) -> None:
    show(panel, Table({**MATCHED, "ra": R, "dec": R}))
    panel.table.selected_rows = (0, 3)
    assert subsets(panel) == {"selected (2)": [0, 3]}
    panel.sky.selected_rows = (1,)
    assert panel.table.selected_rows == (1,)
    assert subsets(panel) == {"selected (1)": [1]}
    panel.check.rows = np.array([4, 2])
    assert subsets(panel) == {}
    panel.table.selected_rows = (0,)
    assert subsets(panel) == {"selected (1)": [4]}
    panel._runs.current.visible = False
    assert subsets(panel) == {}


def test_one_selection_by_the_brush_or_by_the_table(panel: ResultsPanel) -> None:
    show(panel, Table(MATCHED))
    panel.histogram._plot.brush.selected = np.array([17.0, 19.5])
    assert panel.table.selected_rows == (1, 2, 3)
    assert subsets(panel) == {"selected (3)": [1, 2, 3]}
    panel.table.selected_rows = (0,)  # the brush, which does not hold it, goes
    assert panel.histogram.interval is None
    assert panel.table.selected_rows == (0,)
    assert subsets(panel) == {"selected (1)": [0]}
    panel.histogram.interval = (15, 17)
    assert panel.table.selected_rows == (0,)
    panel.histogram.clear()
    assert panel.table.selected_rows == ()
    assert subsets(panel) == {}


def test_what_the_constraints_in_the_form_would_keep(panel: ResultsPanel) -> None:
    show(panel, Table(MATCHED))
    panel._form.where = [MagnitudeRange("r", low=17)]
    assert subsets(panel) == {"would keep 3 of 5": [2, 3, 4]}
    assert panel.histogram.subsets[0].style == "dotted"
    panel.table.selected_rows = (0,)
    assert list(subsets(panel)) == ["would keep 3 of 5", "selected (1)"]
    panel._form.where = [MagnitudeRange("r", low=17), MagnitudeRange("J", high=16.5, side="target"), "s.x > 1"]
    assert subsets(panel)["would keep at most 1 of 5"] == [2]
    panel._form.where = [MagnitudeDifference("r", "r_cModelMag", 0.1)]
    assert subsets(panel)["would keep 0 of 5"] == []
    for all_or_unknown in ([MagnitudeRange("r", low=1)], [ColumnRange("gone", 0, 1)], ["s.x > 1"], []):
        panel._form.where = all_or_unknown
        assert list(subsets(panel)) == ["selected (1)"]
    panel._form.where = [MagnitudeRange("r", low=17)]
    panel._runs.remove(panel._runs.current)
    assert subsets(panel) == {}


def test_a_box_among_the_differences_selects_in_the_table_and_on_the_sky(panel: ResultsPanel) -> None:
    panel._form.table = Table({"r": R})
    show(panel, Table({**MATCHED, "ra": R, "dec": R}))
    brush = panel.differences._brush
    panel.histogram.interval = (15.9, 17.3)

    def draw_box() -> None:
        with brush.hold_trait_notifications():
            brush.selected_x, brush.selected_y = np.array([16.5, 18.5]), np.array([-1.0, 1.0])

    draw_box()
    assert panel.table.selected_rows == panel.sky.selected_rows == panel.differences.selected_rows == (1, 2)
    assert subsets(panel)["selected (2)"] == [1, 2]
    assert panel.histogram.interval is None
    assert brush.selected_x is not None
    # One selection: made elsewhere, it takes the box away; a click beside the box takes it from all.
    panel.table.selected_rows = (4,)
    assert panel.differences.selected_rows == (4,)
    assert brush.selected_x is None
    draw_box()
    brush.selected_x = brush.selected_y = None
    assert panel.table.selected_rows == panel.sky.selected_rows == ()
    # While the table shows some of the rows, its row numbers are others.
    panel.check.rows = np.array([4, 2, 0])
    draw_box()
    assert panel.table.selected_rows == (1,)
    assert panel.differences.selected_rows == (2,)
    # A shorter result: the table's selection is made anew, and is not lost to what is drawn yet.
    panel.check.rows = None
    panel.table.selected_rows = (4,)
    show(panel, Table({"ut1_r": R[:3], "r_cModelMag": R[:3]}))
    panel.table.selected_rows = (2,)
    assert panel.differences.selected_rows == panel.table.selected_rows == (2,)


def test_the_differences_of_what_is_compared_in_the_current_result(panel: ResultsPanel) -> None:
    panel._form.table = Table({"r": R, "J": R})
    assert panel.differences not in panel._plots.children
    show(panel, Table(MATCHED))
    assert panel.differences in panel._plots.children
    found = panel.differences.differences
    assert found.y_label == "ut1_r - r_cModelMag [mag]"
    np.testing.assert_allclose(found.difference, -0.2)
    panel.table.selected_rows = (1, 2)
    assert panel.differences.selected_rows == (1, 2)
    panel._form.where = [MagnitudeRange("r", low=17)]
    assert panel.differences.differences is found
    panel.choice.theirs = "J"
    assert panel.differences.differences.y_label == "ut1_r - J [mag]"
    panel.band = "J"  # ut1_J did not come back
    assert panel.differences.differences is None
    assert panel.differences not in panel._plots.children


def test_further_bands_of_every_run_are_drawn_over_one_another(panel: ResultsPanel) -> None:
    panel._form.table = Table({"r": R})
    g = np.ma.array(R - 1, mask=[True, False, False, True, False])
    show(panel, Table({**MATCHED, "g_cModelMag": g, "g_psfMag": R}))
    show(panel, Table({"r_cModelMag": R[:3], "i_cModelMag": R[:3]}))
    usual = ["ut1, r", "results, r_cModelMag", "results_2, r_cModelMag"]
    assert labels(panel) == usual
    before = [(one.style, one.width, one.cycle) for one in panel.histogram.series]
    panel.choice.also = ("g", "i", "r", "g_psfMag")
    further = ["results, g_cModelMag", "results_2, i_cModelMag", "results, g_psfMag"]  # r is drawn already
    assert labels(panel) == [*usual, *further]
    looks = [(one.style, one.width, one.cycle) for one in panel.histogram.series]
    assert looks[:3] == before
    assert len({cycle for _, _, cycle in looks}) == 6
    legend = panel.histogram._plot._legend
    assert "tw-below" not in legend._dom_classes
    panel.choice.also = ("g", "i", "r", "g_psfMag", "dist")
    assert "tw-below" in legend._dom_classes  # over the plot it would hide the lines
    panel.choice.also = ("g", "i", "r", "g_psfMag")
    # In the colours of the bands: the dashes of its run, but where they would mean two things.
    assert [(one.band, one.style) for one in panel.histogram.series[3:]] == [
        ("g", "solid"), ("i", "dashed"), ("g", "dashed")
    ]  # fmt: skip
    assert panel.histogram.histograms[3].counts.sum() == 3
    assert "results, g_cModelMag: 5 rows; 2 without a value" in panel.histogram._accounts.value
    said = panel._said.value
    assert "No column of results_2 is a magnitude in g." in said
    assert "no column &#x27;g_psfMag&#x27; in results_2" in said
    assert axis(panel) == "magnitude in g, r, i"
    assert panel._series_of_table == 2
    panel.histogram.interval = (15, 17)
    assert panel.table.selected_rows == (0, 1)  # of the band r of the current result
    panel.choice.also = ()
    assert (labels(panel), axis(panel)) == (usual, "r-band magnitude")


def test_what_no_other_result_has_is_forgotten(panel: ResultsPanel) -> None:
    show(panel, Table({**MATCHED, "g_psfMag": R}))
    panel.choice.also = ("g_psfMag", "dist", "name")
    assert labels(panel) == ["results, r_cModelMag", "results, g_psfMag", "results, dist"]
    assert "is not one of numbers" in panel._said.value
    panel._runs.current.visible = False
    assert panel.choice.also == ("g_psfMag", "dist", "name")
    show(panel, Table({"r_cModelMag": R, "dist": R}))
    assert panel.choice.also == ("dist",)
    assert labels(panel) == ["results_2, r_cModelMag", "results_2, dist"]
    assert "Not drawn: g_psfMag: none of these results has it." in panel._said.value
    panel.choice.also = ()
    assert panel._said.value == ""


def test_the_sky_tells_matched_rows_from_others_and_from_the_rest_of_the_upload(panel: ResultsPanel) -> None:
    panel._form.table = Table({"ra": R, "dec": R, "r": R})
    assert "your table (5)" in panel.sky._picture._legend.value
    assert "cone around your table, radius 2.76 deg" in panel.sky._picture._legend.value
    gone = np.array([False, True, False, False])
    theirs = {name: MaskedColumn(R[:4], mask=gone) for name in ("ra", "dec", "separation")}
    show(panel, Table({"ut1_ra": R[:4], "ut1_dec": R[:4], "ut1_r": R[:4], **theirs}))

    def legend() -> str:
        return re.sub("<[^>]*>", " ", panel.sky._picture._legend.value).partition("cone around your table")[0]

    assert re.search(r"matched \(3\) .*not matched \(1\) .*your table, not in the result \(1\)", legend())
    panel.check.rows = np.array([0, 2])
    assert re.search(r"^ *matched \(2\) *your table, not among these \(3\) *$", legend())
    panel.check.rows = None
    panel._runs.remove(panel._runs.current)
    assert re.search(r"^ *your table \(5\) *$", legend())


def test_a_box_among_the_offsets_selects_everywhere(panel: ResultsPanel) -> None:
    assert panel.offsets not in panel._plots.children
    angle = [0.0, 90.0, 180.0, 270.0, 45.0]
    apart = MaskedColumn([1.0, 0.5, 1.0, 0.5, 1.0], mask=[False, False, False, False, True])
    panel._form.table = Table({"r": R})
    show(panel, Table({**MATCHED, "ra": R, "dec": R, "separation": apart, "position_angle": angle}))
    assert panel.offsets in panel._plots.children
    brush = panel.offsets._brush

    def draw_box() -> None:
        with brush.hold_trait_notifications():
            brush.selected_x, brush.selected_y = np.array([-2.0, 0.1]), np.array([-0.1, 2.0])

    draw_box()  # to the east and to the north
    others = (panel.table, panel.sky, panel.separations, panel.offsets, panel.differences)
    assert [plot.selected_rows for plot in others] == [(0, 1)] * 5
    assert subsets(panel) == {"selected (2)": [0, 1]}
    assert brush.selected_x is not None
    panel.table.selected_rows = (3,)
    assert [plot.selected_rows for plot in others] == [(3,)] * 5
    assert brush.selected_x is None
    # While the table shows some of the rows, its row numbers are others.
    panel.check.rows = np.array([4, 3, 1])
    draw_box()
    assert panel.table.selected_rows == panel.sky.selected_rows == (2,)
    assert panel.offsets.selected_rows == (1,)
    show(panel, Table(MATCHED))  # no match by position
    assert panel.offsets not in panel._plots.children
    assert panel.table.selected_rows == ()


def test_any_two_columns_of_the_result_are_drawn_where_somebody_opens_them(panel: ResultsPanel) -> None:
    panel._form.table = Table({"r": R})
    assert panel._plots.any_two not in panel._plots.children
    show(panel, Table({**MATCHED, "g_cModelMag": R + 0.5}))
    line = panel._plots.any_two
    assert line in panel._plots.children
    assert panel.scatter.table is None
    panel.table.selected_rows = (4,)
    line.is_open = True
    assert panel.scatter.table is panel.table.table
    assert panel.scatter.selected_rows == (4,)
    assert (panel.scatter.x, panel.scatter.x_minus, panel.scatter.y) == ("g_cModelMag", "r_cModelMag", "r_cModelMag")
    panel.scatter.x, panel.scatter.x_minus = "ut1_r", ""
    brush = panel.scatter._picture.brush
    with brush.hold_trait_notifications():
        places = panel.scatter._drawn.x.places(np.array([16.5, 18.5]))
        brush.selected_x, brush.selected_y = places, np.array([1.0, 0.0])
    assert panel.table.selected_rows == panel.differences.selected_rows == panel.sky.selected_rows == (1, 2)
    panel.check.rows = np.array([2, 0])
    panel.table.selected_rows = (0,)
    assert panel.scatter.selected_rows == (2,)
    assert brush.selected_x is None
    panel.check.rows = None
    show(panel, Table(MATCHED))
    assert panel.scatter.table is panel.table.table
    assert panel.scatter.x == "ut1_r"  # what was chosen stays
    panel.scatter.extent = (16.0, 17.0, 15.0, 18.0)
    for is_open in (False, True):
        line.is_open = is_open
    assert panel.scatter.extent == (16.0, 17.0, 15.0, 18.0)  # opened again, it is as it was
    line.is_open = False
    show(panel, Table(MATCHED))
    assert panel.scatter.table is None
    for _ in range(3):
        panel._runs.remove(panel._runs.current)
    assert line not in panel._plots.children


def test_a_box_stands_when_the_sky_is_marked_at_the_same_moment(
    panel: ResultsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = SkyPlot._show_selected
    between: list[Callable[[], None]] = []

    def slow(plot: SkyPlot, change: object) -> None:
        shown(plot, change)
        if between:
            other = threading.Thread(target=between.pop())
            other.start()
            other.join()

    monkeypatch.setattr(SkyPlot, "_show_selected", slow)
    show(panel, Table({"ra": R, "dec": R, "r": R}))
    panel.table.selected_rows = (0, 1)
    assert panel.sky.selected_rows == (0, 1)
    between.append(panel._follow)
    panel.sky.selected_rows = (2, 3)
    assert panel.table.selected_rows == panel.sky.selected_rows == (2, 3)


def test_a_box_stands_when_the_rows_that_it_held_a_moment_ago_are_marked(panel: ResultsPanel) -> None:
    """The mouse goes on while the publisher marks."""
    show(panel, Table({"ra": R, "dec": R, "separation": R * 0 + 1, "position_angle": [0.0, 90.0, 180.0, 270.0, 45.0]}))
    brush, moves = panel.offsets._brush, [((-2.0, 2.0), (-2.0, 0.1)), ((-2.0, 2.0), (-0.1, 2.0))]

    def draw(x: tuple[float, float], y: tuple[float, float]) -> None:
        with brush.hold_trait_notifications():
            brush.selected_x, brush.selected_y = np.array(x), np.array(y)

    draw(*moves[0])
    before = panel.table.selected_rows

    def draw_on(_change: object) -> None:
        panel.sky.unobserve(draw_on, "selected_rows")
        mouse = threading.Thread(target=draw, args=moves[1])
        mouse.start()
        mouse.join()

    with panel._marked():  # the sky is behind
        panel.sky.selected_rows = ()
    panel.sky.observe(draw_on, "selected_rows")
    panel._follow()
    assert brush.selected_x is not None
    assert before != panel.table.selected_rows == panel.offsets.selected_rows != ()


def test_no_pairs_of_one_run_are_judged_by_the_rate_of_another(panel: ResultsPanel) -> None:
    seen = []

    def noted(change: dict[str, object]) -> None:
        plot = change["owner"]
        seen.append((plot.table, plot.chance))

    runs = [panel._runs.add(result=Table({"ra": R, "separation": R * scale})) for scale in (0.01, 0.02)]
    panel._runs.current = runs[0]
    panel.separations.observe(noted, ["table", "chance"])
    panel._runs.current = runs[1]
    assert all(table is None or table is runs[1].result for table, _ in seen)


def pairs(rows: int) -> Table:
    """A result of a match by position."""
    random = np.random.default_rng(rows)
    made = Table({"coord_ra": random.uniform(10, 11, rows), "coord_dec": random.uniform(1, 2, rows)}, units=["deg"] * 2)
    made["separation"], made["position_angle"] = np.sqrt(random.random(rows)), random.uniform(0, 360, rows)
    made.meta["tapwidget"] = {"find": "all", "radius_arcsec": 1.0, "rows": {"sent": rows}}
    return made


def test_another_result_is_in_the_table_at_once_and_in_the_plots_soon() -> None:
    later, runs = Later(), Runs()
    panel = ResultsPanel(Form(), runs, background=later)
    first, second = (runs.add(result=pairs(rows)) for rows in (300, 200))
    runs.current = first
    later.publish()
    plots = (panel.sky, panel.separations, panel.offsets)
    assert all(plot.table is first.result for plot in plots)
    runs.current = second
    assert panel.table.table is second.result
    assert all(plot.table is first.result for plot in plots)  # drawn by the publisher, not by who clicked

    # Meanwhile rows of the one are not those of the other.
    panel.sky.selected_rows = [250]
    panel.offsets.selected_rows = [251]
    assert panel.table.selected_rows == ()
    panel.table.selected_rows = (7,)
    later.publish()
    assert all(plot.table is second.result for plot in plots)
    assert all(plot.selected_rows == (7,) for plot in plots)
    assert "of 200 pairs" in panel.check._chance.value


def test_text_called_separation_leaves_nothing_of_another_run_on_the_page(panel: ResultsPanel) -> None:
    show(panel, pairs(300))
    assert "of 300 pairs" in panel.check._chance.value
    show(panel, Table({"ra": R, "dec": R, "separation": list("abcde"), "position_angle": R}))
    assert len(panel.table.table) == 5
    assert panel.separations.separations is panel.offsets.offsets is None
    assert "pairs" not in panel.check._chance.value


def test_what_cannot_be_found_leaves_nothing_of_another_run_on_the_page(
    panel: ResultsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ArithmeticError("separations nobody thought of")

    show(panel, pairs(300))
    run = panel._runs.add(result=pairs(200))
    monkeypatch.setattr("tapwidget.plots.separation.of_result", fail)
    for find in (lambda: panel._plots.show_pairs(run), lambda: setattr(panel.check, "run", run)):
        with pytest.raises(ArithmeticError):
            find()
    assert panel.separations.separations is panel.offsets.offsets is None
    assert "pairs" not in panel.check._chance.value


def test_the_plots_show_the_last_of_two_results_shown_quickly() -> None:
    later, runs = Later(), Runs()
    panel = ResultsPanel(Form(), runs, background=later)
    first, second = (runs.add(result=pairs(rows)) for rows in (300, 200))
    runs.current = second
    runs.current = first
    later.publish()
    assert all(plot.table is first.result for plot in (panel.sky, panel.separations, panel.offsets))
    assert len(panel.sky._plane[0]) == len(panel.offsets.offsets) == 300
    assert "of 300 pairs" in panel.check._chance.value
    runs.current = None
    later.publish()
    assert [plot.table for plot in (panel.sky, panel.separations, panel.offsets)] == [None] * 3
