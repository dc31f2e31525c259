"""The live histogram without a browser: traits, controls, and what travels to the page."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import traitlets
from astropy.table import Table

from tapwidget import MagnitudeHistogram
from tapwidget.actions.background import Immediate
from tapwidget.errors import ColumnError
from tapwidget.plots.series import Series
from tapwidget.plots.subset import Subset


@pytest.fixture
def tables() -> tuple[Table, Table, Table]:
    r = np.random.default_rng(2).normal(20, 2, 2000)
    r[:40] = np.nan
    return Table({"r": r}), Table({"r_cModelMag": r[:1500]}), Table({"r_cModelMag": r[:700]})


@pytest.fixture
def panel(tables: tuple[Table, Table, Table]) -> MagnitudeHistogram:
    return MagnitudeHistogram(*tables, background=Immediate())


def drawn(panel: MagnitudeHistogram) -> list:
    return [mark for mark in panel._plot._figure.marks if mark.labels]


def test_it_shows_the_three_series_of_figure_1(panel: MagnitudeHistogram, tables: tuple[Table, Table, Table]) -> None:
    edges = np.arange(40) / 2 + 7.5
    lines = drawn(panel)
    assert [line.labels for line in lines] == [["ut1, r"], ["results, r_cModelMag"], ["results_2, r_cModelMag"]]
    for counted, line, table in zip(panel.histograms, lines, tables, strict=True):
        column = np.asarray(table.columns[0])
        expected = np.histogram(column[~np.isnan(column)], edges)[0]
        assert counted.counts.tolist() == expected.tolist()
        assert line.x.tolist() == np.repeat(edges, 2).tolist()
        assert line.y.tolist() == [0, *np.repeat(expected, 2).tolist(), 0]
    assert [(line.fill, line.line_style, line.stroke_width) for line in lines] == [
        ("bottom", "solid", 0), ("none", "solid", 1), ("none", "dashed", 2)
    ]  # fmt: skip
    assert panel._plot._x_axis.label == "r-band magnitude"
    assert panel._plot._x_axis.tick_values.tolist() == list(range(15, 25))
    assert panel._plot._x_axis.tick_labels == {str(tick): str(tick) for tick in range(15, 25)}
    assert (panel._plot._x.min, panel._plot._x.max) == (15, 24)


def test_the_ticks_of_the_counts_say_what_they_are(panel: MagnitudeHistogram) -> None:
    for logarithmic in (False, True):
        panel.logarithmic = logarithmic
        axis = panel._plot._y_axis
        for value, (key, label) in zip(axis.tick_values, axis.tick_labels.items(), strict=True):
            count = 10**value if logarithmic else value
            assert float(label.replace(",", "")) == pytest.approx(count)
            assert float(key) == value


def test_a_logarithmic_axis_draws_empty_bins_on_the_ground(panel: MagnitudeHistogram) -> None:
    panel.logarithmic = True
    for line in drawn(panel):
        assert np.isfinite(line.y).all()
        assert line.y[0] == line.y.min() == pytest.approx(panel._plot._y.min)


def test_only_outlines_travel() -> None:
    panel = MagnitudeHistogram(Table({"r": np.random.default_rng(0).normal(20, 2, 1_000_000)}))
    state = panel._plot._outlines[0].get_state()
    assert sum(len(value["value"].tobytes()) for key, value in state.items() if key in ("x", "y")) < 2000
    assert "series" not in panel.get_state()


def test_the_brush_sets_the_interval(panel: MagnitudeHistogram) -> None:
    seen = []
    panel.observe(lambda change: seen.append(change["new"]), "interval")
    panel._plot.brush.selected = np.array([17.123456, 18.5])
    assert panel.interval == (17.123, 18.5)
    assert seen == [(17.123, 18.5)]  # once: what comes back is not taken for a new one
    assert (panel._low.value, panel._high.value) == ("17.123", "18.5")
    panel._plot.brush.selected = None
    assert panel.interval is None
    assert panel._low.value == ""


def test_the_interval_moves_the_brush(panel: MagnitudeHistogram) -> None:
    panel.interval = [19, 17]
    assert panel.interval == (17.0, 19.0)
    assert panel._plot.brush.selected.tolist() == [17, 19]
    expected = [one.count_within((17, 19)) for one in panel.series]
    assert panel._readout.value.startswith(
        f"17 to 19 mag: ut1, r {expected[0]:,} · results, r_cModelMag {expected[1]:,}"
    )
    panel._clear.click()
    assert panel.interval is None
    assert panel._plot.brush.selected is None
    assert panel._clear.disabled


def test_the_interval_can_be_typed(panel: MagnitudeHistogram) -> None:
    panel._low.value = "17"
    assert panel.interval is None  # half of one
    panel._high.value = "18.25"
    assert panel.interval == (17.0, 18.25)
    panel._high.value = "faint"
    assert "faint" in panel._problem.value
    assert panel.interval == (17.0, 18.25)
    panel._high.value = "19"
    assert panel._problem.value == ""
    panel._low.value = panel._high.value = ""
    assert panel.interval is None


@pytest.mark.parametrize("wrong", [17, (17,), (17, 18, 19), ("a", "b"), (np.nan, 18), (17, np.inf)])
def test_an_interval_that_is_none_is_refused(panel: MagnitudeHistogram, wrong: object) -> None:
    panel.interval = (17, 18)
    with pytest.raises(traitlets.TraitError, match="interval"):
        panel.interval = wrong
    assert panel.interval == (17, 18)


def test_linked_with_another_widget_both_ways(panel: MagnitudeHistogram) -> None:
    other = MagnitudeHistogram()
    traitlets.link((panel, "interval"), (other, "interval"))
    panel._plot.brush.selected = np.array([17.0, 18.0])
    assert other.interval == (17, 18)
    assert other._plot.brush.selected.tolist() == [17, 18]
    other.clear()
    assert panel.interval is None


def test_rows_in_the_interval(panel: MagnitudeHistogram, tables: tuple[Table, Table, Table]) -> None:
    assert not panel.rows_in_interval(1).any()
    panel.interval = (17, 18)
    column = tables[1]["r_cModelMag"]
    assert panel.rows_in_interval(1).tolist() == ((column >= 17) & (column <= 18)).tolist()


def test_bins_and_axis_can_be_changed_and_reset(panel: MagnitudeHistogram) -> None:
    panel._number.value = 10
    assert panel.edges == tuple(np.linspace(7.5, 27, 11))
    panel._ends[0].value = 15
    panel._ends[3].value = 20
    assert panel.edges == tuple(np.linspace(15, 27, 11))
    assert panel.shown == (15, 20)
    panel._ends[1].value = 3
    assert "edges" in panel._problem.value
    assert panel.edges[-1] == 27
    panel._reset.click()
    assert panel.edges == tuple(np.arange(40) / 2 + 7.5)
    assert panel.shown == (15, 24)
    assert [end.value for end in panel._ends] == [7.5, 27, 15, 24]
    assert panel._problem.value == ""


def test_any_edges_can_be_set(panel: MagnitudeHistogram) -> None:
    panel.edges = np.array([15.0, 16, 18, 24])
    assert [len(counted.counts) for counted in panel.histograms] == [3, 3, 3]
    assert panel._number.value == 3
    with pytest.raises(Exception, match="edges"):
        panel.edges = [3, 2, 1]


def test_what_is_missing_is_said(panel: MagnitudeHistogram) -> None:
    assert "ut1, r: 2,000 rows; 40 without a value" in panel._accounts.value


def test_reading_counts(panel: MagnitudeHistogram) -> None:
    panel.interval = (17, 18)
    panel._mode.value = "Read counts"
    assert panel._plot._figure.interaction is None
    assert panel._plot._held.visible
    assert panel._plot._columns in panel._plot._figure.marks
    first = int(np.searchsorted(panel.edges, 15))
    panel._plot._columns._hover_handlers(panel._plot._columns, {"event": "hover", "data": {"index": 10}})
    counts = [counted.counts[first + 10] for counted in panel.histograms]
    assert panel._readout.value.startswith(f"20 to 20.5 mag: ut1, r {counts[0]:,}")
    panel._mode.value = "Select"
    assert panel._plot._figure.interaction is panel._plot.brush
    assert panel._readout.value.startswith("17 to 18 mag")


def test_the_counts_as_a_table(panel: MagnitudeHistogram) -> None:
    assert panel._counts._counts.value == ""  # nothing travels while nobody looks
    panel._counts.is_open = True
    rows = re.findall(r"<tr>.*?</tr>", panel._counts._counts.value)
    assert len(rows) == 1 + 18
    assert rows[1].startswith('<tr><th scope="row">15 to 15.5</th><td>')


def test_saving(panel: MagnitudeHistogram, tmp_path: Path) -> None:
    assert panel.save(tmp_path / "figure.svg").read_bytes().startswith(b"<?xml")
    panel._saving.button.click()
    assert "download=" in panel._saving.links.value
    panel.logarithmic = True
    assert panel._saving.links.value == ""  # it is another figure now
    assert panel.figure().axes[0].get_yscale() == "log"
    panel._saving.button.click()
    panel.subsets = [Subset("selected", 0, np.arange(3))]
    assert panel._saving.links.value == ""


def test_band_colours(panel: MagnitudeHistogram) -> None:
    panel._choice.value = "band"
    assert panel.colours == "band"
    assert all(line.colors == ["var(--tw-band-r, #B52626)"] for line in drawn(panel))


def test_the_legend_is_text_and_has_the_lines(panel: MagnitudeHistogram) -> None:
    panel.series = [Series("<img src=x onerror=alert(1)>", [20.0], "dashed", 2, 1)]
    value = panel._plot._legend.value
    assert "<img" not in value
    assert "&lt;img src=x onerror=alert(1)&gt;" in value
    assert "stroke-dasharray:7 3" in value
    panel._counts.is_open = True
    panel.interval = (19, 21)
    for html in (panel._accounts.value, panel._counts._counts.value, panel._readout.value):
        assert "<img" not in html
        assert "&lt;img" in html


def test_the_legend_keeps_out_of_the_way() -> None:
    bright = MagnitudeHistogram(Table({"r": np.full(100, 15.2)}))
    faint = MagnitudeHistogram(Table({"r": np.full(100, 23.7)}))
    assert "tw-left" not in bright._plot._legend._dom_classes
    assert "tw-left" in faint._plot._legend._dom_classes


def test_nothing_to_show_yet() -> None:
    panel = MagnitudeHistogram()
    assert panel.histograms == ()
    assert "no magnitudes" in panel._readout.value
    assert drawn(panel) == []
    panel.show(Table({"r": [20.0]}))
    assert len(drawn(panel)) == 1
    panel.series = ()
    assert drawn(panel) == []


def test_a_table_without_magnitudes_changes_nothing(panel: MagnitudeHistogram) -> None:
    before = panel.series
    with pytest.raises(ColumnError):
        panel.show(Table({"x": [1]}))
    with pytest.raises(ColumnError):
        panel.series = [Series("gone", (Table({"x": [1]}), "r"))]
    assert panel.series == before


def test_an_empty_series_is_drawn() -> None:
    panel = MagnitudeHistogram(Table({"r": np.zeros(0)}), Table({"r_cModelMag": [np.nan]}))
    assert [counted.counts.sum() for counted in panel.histograms] == [0, 0]
    assert "results, r_cModelMag: 1 row; 1 without a value" in panel._accounts.value


def test_a_subset_is_drawn_over_its_series(panel: MagnitudeHistogram, tables: tuple[Table, Table, Table]) -> None:
    chosen = np.asarray(tables[1]["r_cModelMag"]) < 18
    rest = [line.y.tolist() for line in drawn(panel)]
    panel.subsets = (
        Subset("selected", 1, np.flatnonzero(chosen)),
        Subset("would keep <some>", 2, np.ones(700, bool), "dotted", 1.0, None),
    )
    lines = drawn(panel)
    assert [line.y.tolist() for line in lines[:3]] == rest
    assert [line.labels for line in lines[3:]] == [["selected"], ["would keep <some>"]]
    expected = np.histogram(np.asarray(tables[1]["r_cModelMag"])[chosen], panel.edges)[0]
    assert lines[3].y.tolist() == [0, *np.repeat(expected, 2).tolist(), 0]
    assert lines[4].y.tolist() == lines[2].y.tolist()
    assert (lines[4].line_style, lines[4].stroke_width) == ("dotted", 1)
    assert "would keep &lt;some&gt;" in panel._plot._legend.value
    assert len(panel.figure().axes[0].get_legend().get_texts()) == 5
    panel.edges = [15, 20, 24]
    assert drawn(panel)[3].x.tolist() == [15, 15, 20, 20, 24, 24]
    assert drawn(panel)[3].y.tolist() == [0, *np.repeat([np.sum(expected[15:]), 0], 2).tolist(), 0]
    panel.subsets = ()
    assert [line.labels for line in drawn(panel)] == [[one.label] for one in panel.series]
    assert "selected" not in panel._plot._legend.value


def test_a_subset_of_what_is_no_longer_there_is_left_out(panel: MagnitudeHistogram) -> None:
    panel.subsets = (Subset("selected", 1, np.array([1400])),)
    panel.show(None, Table({"r_cModelMag": [20.0, 21.0]}), Table({"r_cModelMag": [20.0, 21.0]}))
    assert len(drawn(panel)) == 2
    panel.figure()


def test_two_panels_share_nothing(panel: MagnitudeHistogram) -> None:
    other = MagnitudeHistogram(Table({"r": [20.0]}))
    panel.interval = (17, 18)
    assert other.interval is None
    assert len(other.histograms) == 1


def test_many_threads_at_once(panel: MagnitudeHistogram) -> None:
    problems: list[BaseException] = []

    def work(number: int) -> None:
        random = np.random.default_rng(number)
        try:
            for _ in range(15):
                low = random.uniform(15, 20)
                panel._plot.brush.selected = np.array([low, low + 1])
                panel.edges = np.linspace(10, 25, random.integers(5, 40))
        except BaseException as error:  # noqa: BLE001
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert problems == []
    panel.interval = None
    panel.edges = [15, 20, 24]
    assert [len(line.x) for line in drawn(panel)] == [6, 6, 6]


def test_an_observer_may_wait_for_another_thread(panel: MagnitudeHistogram) -> None:
    """Whoever is told of an interval may hold a lock of its own: ours must not be held meanwhile."""
    reached, done = threading.Event(), []

    def told(_change: object) -> None:
        worker = threading.Thread(target=lambda: (setattr(panel, "logarithmic", True), reached.set()))
        worker.start()
        done.append(reached.wait(10))

    panel.observe(told, "interval")
    panel._plot.brush.selected = np.array([17.0, 18.0])
    assert done == [True]


def test_a_brush_over_a_million_rows_is_answered_at_once() -> None:
    values = np.random.default_rng(1).normal(21, 2, 1_000_000)
    panel = MagnitudeHistogram()
    panel.series = [Series(str(number), values) for number in range(3)]
    start = time.perf_counter()
    for step in range(10):
        panel._plot.brush.selected = np.array([17.0, 18 + step / 10])
    panel.rows_in_interval(0)
    assert (time.perf_counter() - start) / 10 < 0.1


def test_several_bands_by_one_call() -> None:
    result = Table({"g_cModelMag": [20.0, np.nan], "r_cModelMag": [19.5, 18.0], "i_cModelMag": [19.0, 17.6]})
    panel = MagnitudeHistogram(None, result, band="gri", colours="band")
    assert [line.colors[0].split(",")[0] for line in drawn(panel)] == [f"var(--tw-band-{band}" for band in "gri"]
    assert "results, g_cModelMag: 2 rows; 1 without a value" in panel._accounts.value
    panel._mode.value = "Read counts"
    panel._on_read(24)
    assert panel._readout.value == (
        "19.5 to 20 mag: results, g_cModelMag 0 · results, r_cModelMag 1 · results, i_cModelMag 0"
    )
    panel.show(None, result, band=["i", "g"])
    assert [one.label for one in panel.series] == ["results, i_cModelMag", "results, g_cModelMag"]
    with pytest.raises(ColumnError, match="in z"):
        panel.show(None, result, band="iz")
    assert len(panel.series) == 2
