"""Sliders of constraints: as wide as what they hold, hidden where nothing is known, no change by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.match.constraints import ColourRange, ColumnRange, MagnitudeDifference, MagnitudeRange
from tapwidget.views.column_box import Choice, ColumnBox
from tapwidget.views.constraint_row import ColourRow, DifferenceRow, RangeRow
from tapwidget.views.limit_slider import COLOURS, MAGNITUDES, span_of
from tapwidget.views.magnitude_constraints import MagnitudeConstraints

G, R, N = Choice("target", "g"), Choice("target", "r"), Choice("target", "n", "number")
X = Choice("upload", "x")
NOTHING = Table({"n": [1.0, 2.0]})["n"][:0]


def colour_row(low=None, high=None):
    return ColourRow(ColumnBox([G, R], start=G), ColumnBox([G, R], start=R), low, high)


@pytest.fixture
def constraints():
    return MagnitudeConstraints(target_columns=("g", "r"), target_numbers=("n",), upload_numbers=("m",))


def test_a_colour_has_a_slider():
    row = colour_row()
    slider = row._slider.slider
    assert (slider.min, slider.max, slider.value) == (-1.0, 3.0, (-1.0, 3.0))
    assert row._slider.layout.display is None
    slider.value = (0.4, 3.0)
    assert row.constraint == ColourRange("g", "r", 0.4, None)
    slider.value = (0.4, 1.25)
    assert row.constraint == ColourRange("g", "r", 0.4, 1.25)
    row._high.value = "4.5"
    assert row._slider.slider.value == (0.4, 4.5)
    assert row.constraint == ColourRange("g", "r", 0.4, 4.5)


def test_what_the_browser_makes_of_a_number_between_two_steps_changes_nothing():
    row = colour_row(0.123, 1.0)
    assert row._slider.slider.value == (0.123, 1.0)
    row._slider.slider.value = (0.1, 0.5)
    assert (row._low.value, row._high.value) == ("0.123", "0.5")


def test_nor_of_a_difference_between_two_steps(constraints):
    constraints.constraints = [MagnitudeDifference("x", "r", 0.125)]
    (row,) = constraints._rows
    row._slider.value = 0.13
    assert constraints.constraints == [MagnitudeDifference("x", "r", 0.125)]
    row._slider.value = 0.12
    assert constraints.constraints == [MagnitudeDifference("x", "r", 0.12)]


def test_half_a_step_is_rounding_however_a_float_writes_it():
    row = RangeRow(ColumnBox([R], start=R), 17.15)
    row._slider.slider.value = (17.2, 30.0)
    assert row._low.value == "17.15"


def test_other_ends_are_those_of_another_slider():
    row = RangeRow(ColumnBox([R], [N], R), span_of=lambda _: span_of(Column([0.0, 100.0])))
    of_magnitudes = row._slider.slider
    row.column.options = [("r", R), ("n", N)]
    row.column.value = N
    of_magnitudes.value = (12.0, 30.0)  # what the page says late of one that it had
    assert (row._low.value, row.constraint) == ("", None)
    assert row._slider.children == (row._slider.slider,)
    assert of_magnitudes.comm is None


@pytest.mark.parametrize("typed", ["inf", "-inf", "nan", "1" + "0" * 400, "-1e300", "seven", "5"])
def test_the_slider_bears_whatever_is_typed(typed):
    row = colour_row(high=1)
    row._low.value = typed
    low, high = row._slider.slider.value
    assert row._slider.slider.min <= low <= high <= row._slider.slider.max
    assert row._low.value == typed
    row = DifferenceRow(ColumnBox([X], start=X), ColumnBox([R], start=R), 0.5)
    row._limit.value = typed
    assert row._slider.min <= row._slider.value <= row._slider.max
    assert row._limit.value == typed
    assert row.constraint is None or row.constraint.limit > 2
    assert (row.constraint is None) == bool(row._problem.value)


@pytest.mark.parametrize(
    ("box", "typed", "slid", "limits"),
    [
        ("_low", "25", (18.0, 20.0), ("18", "20")),
        ("_low", "25", (17.25, 22.0), ("17.25", "22")),
        ("_high", "11", (18.0, 20.0), ("18", "20")),
        ("_high", "11", (17.25, 30.0), ("17.25", "")),
        ("_low", "45", (10.0, 20.0), ("", "20")),
    ],
)
def test_after_crossed_limits_the_boxes_are_what_the_slider_shows(box, typed, slid, limits):
    row = RangeRow(ColumnBox([R], start=R), 17.25, 20)
    getattr(row, box).value = typed
    assert row._slider.slider.value == (17.25, 20.0)  # the last range that was one
    row._slider.slider.value = (17.3, 20.0)  # what the page makes of that
    assert getattr(row, box).value == typed
    row._slider.slider.value = (17.25, 20.0)
    row._slider.slider.value = slid
    assert (row._low.value, row._high.value) == limits
    assert row._slider.slider.value == slid
    assert row._problem.value == ""


def test_a_slider_that_begins_with_crossed_limits_shows_none():
    row = RangeRow(ColumnBox([R], start=R), 25, 17)
    assert row._slider.slider.value == (10.0, 30.0)
    row._slider.slider.value = (18.0, 30.0)
    assert (row._low.value, row._high.value) == ("18", "")


def test_a_column_has_a_slider_over_its_values_in_the_result(constraints):
    constraints.constraints = [ColumnRange("n", 3, None)]
    (row,) = constraints._rows
    assert row._slider.layout.display == "none"
    constraints.result = Table({"n": MaskedColumn([2.0, 9.5, np.nan, 1e6], mask=[0, 0, 0, 1])})
    slider = row._slider.slider
    assert row._slider.layout.display is None
    assert (slider.min, slider.max, slider.value) == (2.0, 9.5, (3.0, 9.5))
    slider.value = (3.0, 7.0)
    assert constraints.constraints == [ColumnRange("n", 3, 7)]
    assert "keeps 0 of the last 4" in row._kept.value
    constraints.result = Table({"other": [1]})
    assert row._slider.layout.display == "none"
    assert constraints.constraints == [ColumnRange("n", 3, 7)]


def test_or_in_the_users_table(constraints):
    constraints.offer(Table({"m": [10, 250]}), (), None)
    constraints.constraints = [ColumnRange("m", None, 100, "upload")]
    slider = constraints._rows[0]._slider.slider
    assert (slider.min, slider.max, slider.step, slider.value) == (10, 250, 1, (10, 100))
    slider.value = (20.0, 100.0)
    assert constraints.where == ["ut1.m >= 20 AND ut1.m <= 100"]
    constraints.result = Table({"ut1_m": [0, 1000]})  # the result is nearer
    slider = constraints._rows[0]._slider.slider
    assert (slider.min, slider.max) == (0, 1000)


def test_limits_beyond_the_usual_ones_are_seen(constraints):
    constraints.constraints = [MagnitudeRange("r", 3, 40, "target"), MagnitudeDifference("x", "r", 3.0)]
    limits, difference = constraints._rows
    assert limits._slider.slider.value == (3, 40)
    assert limits._slider.slider.min < 3  # neither is an end, which is no limit
    assert limits._slider.slider.max > 40
    assert (difference._slider.value, difference._slider.max) == (3.0, 3.0)


@pytest.mark.parametrize("limits", [(MAGNITUDES.low, 20), (15, MAGNITUDES.high), (MAGNITUDES.low, MAGNITUDES.high)])
def test_a_limit_where_the_slider_would_end_is_no_end(constraints, limits):
    constraints.constraints = [MagnitudeRange("r", *limits, "target")]
    slider = constraints._rows[0]._slider.slider
    assert slider.value == limits
    assert slider.min < limits[0]
    assert slider.max > limits[1]
    slider.value = (17, 18)
    slider.value = limits
    assert (constraints.constraints[0].low, constraints.constraints[0].high) == limits


def test_another_column_has_another_slider():
    row = RangeRow(ColumnBox([R], [N], R), 17, None, span_of=lambda _: span_of(Column([0.0, 100.0])))
    assert (row._slider.slider.min, row._slider.slider.max) == (MAGNITUDES.low, MAGNITUDES.high)
    row.column.options = [("r", R), ("n", N)]
    row.column.value = N
    assert (row._slider.slider.min, row._slider.slider.max, row._slider.slider.value) == (0, 100, (0, 100))


@pytest.mark.parametrize(
    "column",
    [NOTHING, Column([1.0, 1.0]), Column([2**60, 2**60 + 5]), Column(["a", "b"]), Column([[1.0, 2.0], [3.0, 4.0]]),
     Column([np.nan, np.inf]), MaskedColumn([1.0, 2.0], mask=True)],
    ids=["no rows", "one value", "identifiers", "text", "arrays", "not finite", "masked"],
)  # fmt: skip
def test_no_span_where_there_is_none(column):
    assert span_of(column) is None


NUMBERS = st.floats(-1e12, 1e12)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_span_holds_the_values_and_the_limits(one, other, limit):
    span = span_of(Column([one, other]))
    if span is None:
        assert one == pytest.approx(other, rel=2e-12, abs=1e-300)
        return
    slack = 1e-9 * max(abs(one), abs(other), abs(limit), span.step)
    assert span.low <= min(one, other) + slack
    assert max(one, other) - slack <= span.high
    wider = span.holding(limit, None)
    assert wider.low - slack <= limit <= wider.high + slack
    assert COLOURS.holding(None, None) == COLOURS
