"""The brush's moves, ahead of the brush."""

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.views.magnitude_histogram import MagnitudeHistogram


@pytest.fixture
def histogram() -> MagnitudeHistogram:
    return MagnitudeHistogram(Table({"r": [17.0, 18.0, 19.0]}))


def move(histogram: MagnitudeHistogram, *ends: float) -> None:
    relay = histogram._plot._relay
    relay._handle_custom_msg({"selected": list(ends)}, [])


def test_a_move_is_the_interval_and_the_brush_stays_where_the_mouse_has_it(histogram):
    brush, heard = histogram._plot.brush, []
    brush.observe(lambda change: heard.append(change["new"]), "selected")
    brush.brushing = True
    move(histogram, 17.123456, 18.5)
    move(histogram, 17.123456, 18.7)
    assert histogram.interval == (17.123, 18.7)
    assert heard == []
    brush.selected = np.array([17.123456, 18.7])  # the brush says it, in its own time
    brush.brushing = False
    assert histogram.interval == (17.123, 18.7)
    assert len(heard) == 1
    assert (histogram._low.value, histogram._high.value) == ("17.123", "18.7")


def test_after_a_move_the_brush_can_be_set_back_to_where_it_was_before(histogram):
    histogram.interval = (17, 18)
    move(histogram, 17, 19)
    assert histogram.interval == (17, 19)
    histogram._plot.brush.selected = np.array([17.0, 19.0])
    histogram.interval = (17, 18)
    assert histogram._plot.brush.selected.tolist() == [17, 18]
