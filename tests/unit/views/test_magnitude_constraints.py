"""Rows of constraints become ADQL, say what they would keep, and lose nothing that was typed."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.match.constraints import MagnitudeDifference, MagnitudeRange
from tapwidget.views.constraint_row import AdqlRow, DifferenceRow, RangeRow
from tapwidget.views.magnitude_constraints import MagnitudeConstraints, pick_band


@pytest.fixture
def constraints() -> MagnitudeConstraints:
    return MagnitudeConstraints(
        upload_columns=("u", "g", "r"), target_columns=("u_psfMag", "r_psfMag", "u_cModelMag", "r_cModelMag")
    )


@pytest.fixture
def result() -> Table:
    return Table(
        {
            "ut1_r": MaskedColumn([16.0, 18.0, 19.0, 20.0, 21.0], mask=[0, 0, 0, 0, 1]),
            "r_cModelMag": np.array([16.01, 18.05, 19.5, np.nan, 21.0], dtype=np.float32),
        }
    )


def test_the_tutorials_two_constraints(constraints: MagnitudeConstraints) -> None:
    constraints._range.click()
    range_row = constraints._rows[0]
    assert isinstance(range_row, RangeRow)
    assert constraints.where == []
    range_row._low.value = "17"
    constraints._difference.click()
    assert constraints.where == ["ut1.r > 17", "ABS(ut1.r - r_cModelMag) < 0.1"]
    assert constraints.constraints == [MagnitudeRange("r", low=17), MagnitudeDifference("r", "r_cModelMag", 0.1)]


def test_each_row_says_what_it_keeps_of_the_last_result(constraints: MagnitudeConstraints, result: Table) -> None:
    constraints._range.click()
    constraints._rows[0]._low.value = "17"
    constraints._difference.click()
    constraints.result = result
    assert "keeps 3 of the last 5" in constraints._rows[0]._kept.value  # a masked magnitude is never kept
    assert "keeps 2 of the last 5" in constraints._rows[1]._kept.value  # nor is a NaN
    constraints._rows[1]._slider.value = 1.0
    assert "keeps 3 of the last 5" in constraints._rows[1]._kept.value


def test_what_is_no_number_is_said_and_kept_in_the_box(constraints: MagnitudeConstraints) -> None:
    constraints._range.click()
    row = constraints._rows[0]
    row._low.value = "17,5"
    assert "17,5" in row._problem.value
    assert row._low.value == "17,5"
    assert constraints.where == []
    row._low.value = "17.5"
    assert row._problem.value == ""
    assert constraints.where == ["ut1.r > 17.5"]


def test_the_sliders_ends_mean_no_limit(constraints: MagnitudeConstraints) -> None:
    constraints._range.click()
    row = constraints._rows[0]
    row._slider.value = (15.0, 24.0)
    assert constraints.where == ["ut1.r > 15 AND ut1.r < 24"]
    row._slider.value = (10.0, 24.0)
    assert constraints.where == ["ut1.r < 24"]


def test_the_slider_follows_what_is_typed(constraints: MagnitudeConstraints) -> None:
    constraints._range.click()
    row = constraints._rows[0]
    row._low.value, row._high.value = "17", "23.5"
    assert row._slider.value == (17.0, 23.5)
    row._low.value, row._high.value = "-3", ""  # beyond the slider's end, and kept
    assert row._slider.value == (10.0, 30.0)
    assert (row._low.value, constraints.where) == ("-3", ["ut1.r > -3"])
    constraints._difference.click()
    row = constraints._rows[1]
    row._limit.value = "0.5"
    assert row._slider.value == 0.5
    row._limit.value = "5"
    assert (row._slider.value, row._limit.value) == (2.0, "5")


def test_a_dropped_row_is_gone(constraints: MagnitudeConstraints) -> None:
    constraints._difference.click()
    constraints._rows[0].drop_button.click()
    assert constraints.where == []
    assert constraints._list.children == ()


def test_constraints_set_from_python_are_shown_as_their_own_kind_of_row(constraints: MagnitudeConstraints) -> None:
    given = [MagnitudeRange("g", high=20), MagnitudeDifference("g", "r_psfMag", 0.5), "refExtendedness < 0.5"]
    constraints.constraints = given
    assert [type(row) for row in constraints._rows] == [RangeRow, DifferenceRow, AdqlRow]
    assert constraints.constraints == given
    assert constraints.where == ["ut1.g < 20", "ABS(ut1.g - r_psfMag) < 0.5", "refExtendedness < 0.5"]


def test_where_no_magnitude_is_known_the_buttons_say_so() -> None:
    constraints = MagnitudeConstraints()
    assert constraints._range.disabled
    assert "no magnitude" in constraints._range.tooltip
    constraints.upload_columns = ("r",)
    assert not constraints._range.disabled
    assert constraints._difference.disabled


@pytest.mark.parametrize(
    ("names", "picked"),
    [
        (("u", "g", "r", "i"), "r"),
        (("u_psfMag", "r_psfMag", "r_cModelMag"), "r_cModelMag"),
        (("psfMag_g", "psfMag_r"), "psfMag_r"),
        (("Jmag", "Hmag"), "Jmag"),
        ((), ""),
    ],
)
def test_a_new_row_begins_with_the_r_band(names: tuple[str, ...], picked: str) -> None:
    assert pick_band(names) == picked
