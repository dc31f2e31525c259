"""The brush's moves, ahead of the brush."""

import contextlib

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapwidget.views.magnitude_histogram import MagnitudeHistogram


@pytest.fixture
def histogram() -> MagnitudeHistogram:
    return MagnitudeHistogram(Table({"r": [17.0, 18.0, 19.0]}))


def move(histogram: MagnitudeHistogram, *ends: float) -> None:
    histogram._plot._relay._handle_custom_msg({"selected": list(ends)}, [])


def say(histogram: MagnitudeHistogram, *ends: float) -> None:
    """What the brush itself says later."""
    histogram._plot.brush.selected = np.array(ends)


@pytest.fixture
def sent(histogram: MagnitudeHistogram, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Where the kernel has sent the brush."""
    places: list[object] = []
    brush = histogram._plot.brush
    send_state = type(brush).send_state

    def noted(widget, key=None):
        if widget is brush and key in ("selected", {"selected"}):
            places.append(None if widget.selected is None else tuple(widget.selected.tolist()))
        send_state(widget, key)

    monkeypatch.setattr(type(brush), "send_state", noted)
    return places


@pytest.mark.parametrize("shown", [(15, 24), (14, 28), (7.5, 27), (0, 10), (0, 0.3), (-5000, 5000)])
@given(st.lists(st.floats(0, 1), min_size=2, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_while_the_mouse_draws_the_kernel_leaves_the_brush_alone(histogram, shown, places):
    histogram.shown = shown
    heard = []
    plot, ends = histogram._plot, [shown[0] + place * (shown[1] - shown[0]) for place in places]
    with monitored(plot, heard):
        for end in ends:
            move(histogram, shown[0] + 0.1234567, end)
            assert sorted(histogram.interval) == pytest.approx(sorted((shown[0] + 0.1234567, end)), abs=5e-3 * shown[1])
        histogram.edges = (*histogram.edges[:-1], histogram.edges[-1] + 1)  # drawn anew
    assert heard == []


@contextlib.contextmanager
def monitored(plot, heard):
    def note(change):
        heard.append(change["new"])

    plot.brush.observe(note, "selected")
    yield
    plot.brush.unobserve(note, "selected")


def test_a_move_is_the_interval_and_the_brush_comes_to_say_the_same(histogram):
    seen = []
    histogram.observe(lambda change: seen.append(change["new"]), "interval")
    histogram._plot.brush.brushing = True
    move(histogram, 17.123456, 18.5)
    say(histogram, 17.123456, 18.5)
    move(histogram, 17.123456, 18.7)
    assert histogram._low.value == ""  # while the mouse draws
    say(histogram, 17.123456, 18.7)
    histogram._plot.brush.brushing = False
    assert seen == [(17.123, 18.5), (17.123, 18.7)]
    assert (histogram._low.value, histogram._high.value) == ("17.123", "18.7")


def test_what_the_kernel_sets_after_a_move_is_not_undone_when_the_brush_says_it_late(histogram, sent):
    move(histogram, 17, 19)
    histogram.clear()
    assert sent == [None]  # although the brush in the kernel never held another interval
    say(histogram, 17, 19)
    assert histogram.interval is None
    sent.clear()
    histogram.interval = (17, 18)
    move(histogram, 17, 18.5)
    histogram.interval = (17, 18)
    assert sent == [(17, 18), (17, 18)]
    say(histogram, 17, 18.5)
    assert histogram.interval == (17, 18)


def test_an_observer_may_move_the_brush_to_whole_numbers(histogram, sent):
    def snap(change):
        if change["new"] is not None:
            histogram.interval = tuple(round(end) for end in change["new"])

    histogram.observe(snap, "interval")
    move(histogram, 17.1, 18.9)
    assert histogram.interval == (17, 19)
    assert sent == [(17, 19)]


def test_a_click_beside_the_interval_takes_it_away_whoever_set_it(histogram):
    histogram.interval = (17, 18)
    histogram._plot.brush.selected = None
    assert histogram.interval is None
    move(histogram, 17, 18)
    say(histogram, 17, 18)
    histogram._plot.brush.selected = None
    assert histogram.interval is None


def test_a_page_that_was_closed_while_the_mouse_drew_leaves_the_fields_to_the_kernel(histogram):
    histogram._plot.brush.brushing = True
    move(histogram, 17, 19)
    histogram.interval = (16, 18)
    assert (histogram._low.value, histogram._high.value) == ("16", "18")


def point(histogram: MagnitudeHistogram, at: float | None) -> str:
    histogram._plot._relay._handle_custom_msg({"at": at}, [])
    return histogram._readout.value


def test_the_mouse_over_a_bin_reads_its_counts_while_nothing_is_selected(histogram):
    histogram.edges, histogram.shown = [16, 17, 18, 19, 20], (15, 20)
    hint = histogram._readout.value
    assert point(histogram, 0.45).startswith("17 to 18")
    assert point(histogram, 0.1) == hint  # no bin is there
    assert point(histogram, 0.999).startswith("19 to 20")
    histogram.interval = (17, 19)
    assert point(histogram, 0.45) == point(histogram, None) != hint
    histogram.clear()
    assert histogram._readout.value == hint
