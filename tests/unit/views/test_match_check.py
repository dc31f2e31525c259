"""The lines on chance matches and duplicates, and the separation plot, without a browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table

from tapwidget.actions.background import Immediate
from tapwidget.errors import JobAbortedError, TapWidgetError
from tapwidget.match.chance import Chance
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.plots import histogram, separation
from tapwidget.state.form import Form
from tapwidget.state.runs import Run, Runs
from tapwidget.views.match_check import MatchCheck
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.separation_plot import SeparationPlot

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


def result(true: int = 900, false: int = 100, radius: float = 2.0) -> Table:
    random = np.random.default_rng(0)
    separations = np.concatenate([0.1 * random.random(true), radius * np.sqrt(random.random(false))])
    ids = np.arange(true + false)
    ids[-false:] = np.arange(false)  # these have a true counterpart, too
    made = Table(
        {
            "ut1_id": ids,
            "ra": 37 + random.random(true + false),
            "dec": random.random(true + false),
            "objectId": np.arange(true + false) + 2**60,
            "separation": separations,
        }
    )
    made.meta["tapwidget"] = {
        "upload": "ut1", "find": "all", "radius_arcsec": radius, "rows": {"sent": 1000}, "separation": "separation",
        "keys": {"mine": ["ut1_id"], "theirs": ["objectId"]},
    }  # fmt: skip
    return made


class Job:
    phase = "COMPLETED"

    def __init__(self, *, aborted: bool = False) -> None:
        self.aborted = aborted

    def result(self) -> Table:
        if self.aborted:
            raise JobAbortedError("The job was aborted.")
        return Table()

    def abort(self) -> None:
        self.aborted = True

    def subscribe(self, _callback: Any) -> None: ...

    @property
    def progress(self) -> Any:
        return type("Progress", (), {"is_known": True, "percent": 40.0})()


class Copy:
    """What shifted_copy makes, with the answer known."""

    chance = Chance(0.01, 0.0005, 1000, 400, "shifted copy", 6.0)
    job = Job()

    def submit(self, _service: Any) -> Job:
        return self.job

    def finish(self, _raw: Table) -> Chance:
        return self.chance


@pytest.fixture
def run() -> Run:
    return Run(match=SkyMatch("s.t", radius=2.0), service=object(), table=Table({"id": [1]}), result=result())


def test_at_once_from_the_separations_then_measured(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapwidget.actions.chance.shifted_copy", lambda *_arguments: Copy())
    check = MatchCheck(run, background=Immediate())
    assert "of 1,000 pairs are chance matches" in check._chance.value
    assert "widest separations" in check._chance.value
    assert not check.measure_button.disabled
    check.measure_button.click()
    assert run.chance is Copy.chance
    assert (
        "About 126 ± 6 of 1,000 pairs are chance matches (13 %), measured with a shifted copy." in check._chance.value
    )
    assert check.stop_button.disabled
    assert run.chance_said == ""


def test_what_goes_wrong_and_what_was_stopped_are_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapwidget.actions.chance.shifted_copy", lambda *_arguments: Copy())
    check = MatchCheck(run, background=Immediate())
    monkeypatch.setattr(Copy, "job", Job(aborted=True))
    check.measure_button.click()
    assert (run.chance, run.chance_busy, run.chance_said) == (None, False, "stopped")

    def refuse(*_arguments: object) -> None:
        raise ValueError("<b>no</b>")

    monkeypatch.setattr("tapwidget.actions.chance.shifted_copy", refuse)
    check.measure_button.click()
    assert "Not measured: ValueError: &lt;b&gt;no&lt;/b&gt;" in check._said.value
    assert not check.measure_button.disabled


def test_stopped_while_it_is_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job()

    class Stopped(Copy):
        def submit(self, _service: Any) -> Job:
            check.stop_button.click()
            return job

        def finish(self, _raw: Table) -> Chance:
            raise JobAbortedError("The job was aborted.")

    monkeypatch.setattr("tapwidget.actions.chance.shifted_copy", lambda *_arguments: Stopped())
    check = MatchCheck(run, background=Immediate())
    check.measure_button.click()
    assert job.aborted
    assert run.chance is None
    assert run.chance_said == "stopped"


@pytest.mark.parametrize(
    ("traits", "why"),
    [
        ({"match": None}, "Only a match by position"),
        ({"match": IdentifierMatch("s.t", on=("a", "b"))}, "Only a match by position"),
        ({"table": None}, "run the match again"),
    ],
)
def test_why_it_cannot_be_measured_is_in_the_tooltip(run: Run, traits: dict[str, Any], why: str) -> None:
    for name, value in traits.items():
        setattr(run, name, value)
    check = MatchCheck(run, background=Immediate())
    assert check.measure_button.disabled
    assert why in check.measure_button.tooltip


def test_only_the_pairs_that_share_a_row(run: Run) -> None:
    runs = Runs()
    panel = ResultsPanel(Form(), runs, background=Immediate())
    runs.runs = (run,)
    runs.current = run
    check = panel.check
    assert "100 of yours have several counterparts, none" not in check._several.value
    assert "100 of yours have several counterparts, 0 of theirs are shared; the largest group has 2" in (
        check._several.value
    )
    check.only_button.value = True
    assert len(panel.table.table) == len(panel.sky.table) == 200
    assert panel.table.table["ut1_id"][:2].tolist() == [0, 0]  # a group together
    panel.table.selected_rows = (0, 1)
    assert panel.sky.selected_rows == (0, 1)
    check.only_button.value = False
    assert panel.table.table is run.result
    other = Run(match=SkyMatch("s.t"), result=result(false=1)[:5])
    runs.runs = (run, other)
    check.only_button.value = True
    runs.current = other
    assert not check.only_button.value
    assert check.only_button.disabled
    assert "No row of yours has several" in check._several.value
    assert len(panel.table.table) == 5
    assert panel.separations.table is other.result


def test_the_separations_of_a_result_are_found_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[Any, Any]] = []

    def note(result: Any, measured: Any = None) -> Any:
        found.append((result, measured))
        return of_result(result, measured)

    of_result = separation.of_result
    monkeypatch.setattr(separation, "of_result", note)
    run.result["position_angle"] = np.linspace(0, 359, len(run.result))
    runs = Runs()
    panel = ResultsPanel(Form(), runs, background=Immediate())
    runs.runs = (run,)
    runs.current = run
    assert len(found) == 1
    assert panel.offsets.offsets.separations is panel.separations.separations
    run.chance_said, run.chance_busy = "40 %", True
    assert len(found) == 1
    run.chance = Copy.chance
    assert [measured for _, measured in found] == [None, Copy.chance]
    assert panel.separations.separations.chance is panel.offsets.offsets.separations.chance is Copy.chance
    assert "measured with a shifted copy" in panel.check._chance.value
    run.result = result()[:500]
    runs.current = None
    runs.current = run
    assert len(found) == 3
    assert len(panel.separations.separations.values) == 500


def test_a_result_without_separations_has_no_plot() -> None:
    runs = Runs()
    panel = ResultsPanel(Form(), runs, background=Immediate())
    runs.current = runs.add(result=Table({"a": [1]}))
    assert panel._plots.judged not in panel._plots.children
    assert panel.check._several.value == ""
    runs.current = runs.add(result=result())
    assert panel._plots.judged in panel._plots.children
    runs.remove(runs.current)
    assert panel._plots.judged not in panel._plots.children


def test_only_the_unmatched_has_nothing_to_count(run: Run) -> None:
    left = result()[:3]
    left.keep_columns(["ut1_id"])
    run.result = left
    check = MatchCheck(run, background=Immediate())
    assert check._several.value == ""
    assert check._chance.value == ""
    assert check.only_button.disabled
    left.meta["tapwidget"]["keys"] = 7
    run.result = left.copy()
    assert "were not counted" in check._several.value


def test_a_radius_that_was_judged_goes_into_the_form() -> None:
    form, runs = Form(), Runs()
    panel = ResultsPanel(form, runs, background=Immediate())
    runs.current = runs.add(result=result())
    panel.separations.radius = 2 / 3
    panel.use_radius.click()
    assert form.radius == 0.667 * u.arcsec


def test_the_plot_counts_and_judges_a_radius() -> None:
    table = result()
    plot = SeparationPlot(table)
    assert plot.radius == 2.0
    counts = np.histogram(table["separation"], np.linspace(0, 2, 51))[0]
    assert np.array_equal(plot.separations.counts, counts)
    assert plot._lines[0].y.max() == counts.max()
    assert plot._lines[1].visible
    # Chance grows with the area of the ring, so along a straight line.
    assert plot.separations.by_chance[-1] == pytest.approx(99 * plot.separations.by_chance[0])
    assert plot.separations.by_chance.sum() == pytest.approx(100, rel=0.2)
    assert "Within 2 arcsec about" in plot._readout.value
    plot._slider.value = 0.5
    assert plot.radius == 0.5
    assert plot._marker.x.tolist() == [0.5, 0.5]
    assert "Within 0.5 arcsec about 6" in plot._readout.value
    assert "99.9 % of the true pairs" in plot._readout.value
    assert "Beyond 0.1 arcsec a pair is more likely false than true" in plot._readout.value
    plot.shows = "shares"
    assert plot._y_axis.label == "share [%]"
    assert plot._lines[0].y[-1] == 100
    assert plot._lines[1].y[-1] == pytest.approx(10, rel=0.2)
    plot.chance = Chance(0.0, 0.001, 1000, 0, "shifted copy", 6.0)
    assert plot.radius == 0.5
    plot.table = None
    assert plot._slider.disabled
    assert "No separations" in plot._readout.value


def test_a_radius_between_two_steps_of_the_slider_stays() -> None:
    plot = SeparationPlot(result())
    plot.radius = 0.123
    plot._slider.value = 0.12  # the page's answer
    assert plot.radius == 0.123
    plot._slider.value = 0.13
    assert plot.radius == 0.13


def test_separations_on_the_edges_of_bins_are_counted_as_numpy_does() -> None:
    edges = np.linspace(0, 2, 51)
    table = Table({"separation": np.random.default_rng(1).permutation(np.concatenate([edges, edges[::3], [2.0, 2.1]]))})
    table.meta["tapwidget"] = {"find": "all", "radius_arcsec": 2.0, "rows": {"sent": 100}}
    found = separation.of_result(table)
    assert found.counts.tolist() == np.histogram(table["separation"], edges)[0].tolist()


def test_the_plot_outlines_the_selected_rows() -> None:
    table = result()
    plot = SeparationPlot(table)
    assert not plot._selected.visible
    rows = np.flatnonzero(np.asarray(table["separation"]) > 1)
    plot.selected_rows = rows
    counts = np.histogram(table["separation"][rows], np.linspace(0, 2, 51))[0]
    assert counts.sum() == len(rows) > 10
    assert np.array_equal(plot._selected.y, histogram.stairs(np.linspace(0, 2, 51), counts)[1])
    assert f"selected ({len(rows):,})" in plot._legend.value
    assert "pairs" in plot._legend.value
    plot.shows = "shares"
    assert not plot._selected.visible
    assert "selected" not in plot._legend.value
    plot.shows = "pairs"
    assert plot._selected.visible
    table = result()
    table["separation"] = MaskedColumn(table["separation"], mask=np.arange(len(table)) % 2 == 0)
    plot.table = table
    assert plot.selected_rows == ()
    assert not plot._selected.visible
    plot.selected_rows = (0, 1)  # the first is no pair
    assert plot._selected.y.max() == 1
    assert "selected (2)" in plot._legend.value


def test_without_a_single_radius_there_is_a_histogram_and_no_judgement() -> None:
    table = result()
    table.meta.clear()
    plot = SeparationPlot(table)
    assert plot._lines[0].visible
    assert not plot._lines[1].visible
    assert "is not known" in plot._account.value
    plot.shows = "shares"
    assert not plot._lines[0].visible
    # There would be nothing on the paper.
    assert plot._saving.button.disabled
    with pytest.raises(TapWidgetError, match="not known"):
        plot.figure()
    plot.shows = "pairs"
    assert not plot._saving.button.disabled


def test_the_plot_takes_all_its_traits_at_once() -> None:
    plot = SeparationPlot(result(), radius=0.2, shows="shares", selected_rows=[1])
    assert (plot.radius, plot.shows, plot.selected_rows) == (0.2, "shares", (1,))
    assert plot._shown.value == "shares"
    assert plot._slider.value == 0.2
    assert "Within 0.2 arcsec" in plot._readout.value


@pytest.mark.parametrize("radius", [np.nan, np.inf, -0.1])
def test_what_is_no_radius_is_refused(radius: float) -> None:
    plot = SeparationPlot(result(), radius=0.2)
    with pytest.raises(TapWidgetError, match="from 0 to that of the match"):
        plot.radius = radius
    assert plot.radius == 0.2
    with pytest.raises(TapWidgetError, match="from 0 to that of the match"):
        SeparationPlot(radius=radius)


def test_a_radius_beyond_that_of_the_match_is_that() -> None:
    plot = SeparationPlot(result(), radius=99)
    assert plot.radius == 2.0
    plot.radius = 0.5
    plot.radius = 2.5
    assert plot.radius == 2.0
    plot.table = result(radius=1.0)
    assert plot.radius == 1.0


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0"), (0.0312, "0.031"), (4.24, "4.2"), (41.2, "41"), (1370.1, "1,370")]
)
def test_numbers_in_words(value: float, said: str) -> None:
    assert separation.rounded(value) == said
