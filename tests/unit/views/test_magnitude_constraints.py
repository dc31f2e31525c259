"""Rows of constraints become ADQL, say what they would keep, and lose nothing that was typed."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.ivoa.tapschema import Column
from tapwidget.ivoa.tapschema import Table as Target
from tapwidget.match.constraints import ColourRange, ColumnRange, IsMeasured, MagnitudeDifference, MagnitudeRange
from tapwidget.views.column_box import MORE, Choice
from tapwidget.views.constraint_row import AdqlRow, ColourRow, DifferenceRow, MeasuredRow, RangeRow
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


def test_constraints_and_conditions_given_at_once_become_rows() -> None:
    limit = MagnitudeRange("r", low=17)
    made = MagnitudeConstraints(constraints=[limit], upload_columns=("r",))
    assert (made.constraints, made.where) == ([limit], ["ut1.r > 17"])
    assert isinstance(made._rows[0], RangeRow)
    assert MagnitudeConstraints(where=["ut1.r > 17"]).constraints == ["ut1.r > 17"]


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
    row._slider.slider.value = (15.0, 24.0)
    assert constraints.where == ["ut1.r > 15 AND ut1.r < 24"]
    row._slider.slider.value = (10.0, 24.0)
    assert constraints.where == ["ut1.r < 24"]


def test_the_slider_follows_what_is_typed(constraints: MagnitudeConstraints) -> None:
    constraints._range.click()
    row = constraints._rows[0]
    row._low.value, row._high.value = "17", "23.5"
    assert row._slider.slider.value == (17.0, 23.5)
    row._low.value, row._high.value = "-3", ""  # beyond the slider's end, which goes there
    assert row._slider.slider.value == (-3.0, 30.0)
    assert row._slider.slider.min < -3
    row._slider.slider.value = (-3.0, 28.0)
    assert (row._low.value, row._high.value) == ("-3", "28")
    row._high.value = ""
    assert (row._low.value, constraints.where) == ("-3", ["ut1.r > -3"])
    constraints._difference.click()
    row = constraints._rows[1]
    row._limit.value = "0.5"
    assert row._slider.value == 0.5
    row._limit.value = "5"
    assert (row._slider.value, row._slider.max, row._limit.value) == (5.0, 5.0, "5")
    row._limit.value = "0.5"
    assert (row._slider.value, row._slider.max) == (0.5, 2.0)


def test_a_dropped_row_is_gone(constraints: MagnitudeConstraints) -> None:
    constraints._difference.click()
    constraints._rows[0].drop_button.click()
    assert constraints.where == []
    assert constraints._list.children == ()


def test_no_constraints_set_from_python_leave_no_row(constraints: MagnitudeConstraints) -> None:
    constraints._range.click()
    assert constraints.constraints == []  # the row has no limit yet
    constraints.constraints = []
    assert constraints._list.children == ()
    constraints._range.click()
    constraints.where = []
    assert constraints._rows == []


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


OBJECT = Target(
    "dp1.Object",
    columns=(
        Column("objectId", "long", ucd="meta.id;src"),
        Column("r_cModelMag", "float", unit="mag"),
        Column("g_cModelMag", "float", unit="mag"),
        Column("r_cModelMagErr", "float", unit="mag"),
        Column("r_psfFlux", "float", unit="nJy"),
        Column("r_psfFluxErr", "float", unit="nJy"),
        Column("refBand", "char", "1"),
    ),
)


@pytest.fixture
def offered() -> MagnitudeConstraints:
    table = Table({"name": ["a"], "r": [17.0], "f": [1.0], "n": [1], "xy": [[1.0, 2.0]]})
    table["f"].unit = "nJy"
    constraints = MagnitudeConstraints()
    constraints.offer(table, ("r",), OBJECT)
    return constraints


def test_the_columns_of_both_sides_are_offered_by_what_they_are(offered: MagnitudeConstraints) -> None:
    assert (offered.upload_columns, offered.upload_fluxes) == (("r",), ("f",))
    assert (offered.upload_numbers, offered.upload_texts) == (("n",), ("name",))
    assert (offered.target_columns, offered.target_fluxes) == (("r_cModelMag", "g_cModelMag"), ("r_psfFlux",))
    assert offered.target_numbers == ("objectId", "r_cModelMagErr", "r_psfFluxErr")
    assert offered.target_texts == ("refBand",)
    offered._range.click()
    labels = [label for label, _ in offered._rows[0].column.options]
    assert labels == [
        "ut1.r", "ut1.f (nJy, as mag)", "r_cModelMag", "g_cModelMag", "r_psfFlux (nJy, as mag)", "any other column ...",
    ]  # fmt: skip


def test_a_flux_is_limited_as_a_magnitude(offered: MagnitudeConstraints) -> None:
    offered._range.click()
    row = offered._rows[0]
    row._high.value = "22"
    row.column.value = Choice("target", "r_psfFlux", "nJy")
    assert offered.constraints == [MagnitudeRange("r_psfFlux", high=22, side="target", unit="nJy")]
    offered.result = Table({"r_psfFlux": MaskedColumn([1e5, 0.0, -1.0, 10.0, 1e5], mask=[0, 0, 0, 0, 1])})
    assert "keeps 1 of the last 5" in row._kept.value


def test_any_other_column_can_be_limited_in_its_own_unit(offered: MagnitudeConstraints) -> None:
    offered._range.click()
    box = offered._rows[0].column
    box.value = MORE
    assert box.value == box.choice == Choice("upload", "r")  # only the list became longer
    assert Choice("target", "objectId", "number") in [value for _, value in box.options]
    assert MORE not in [value for _, value in box.options]
    box.value = Choice("target", "objectId", "number")
    offered._rows[0]._low.value = "1152921504606846977"
    assert offered.where == ["objectId >= 1152921504606846977"]
    assert offered._rows[0]._slider.layout.display == "none"


def test_limits_are_in_the_unit_of_their_column_and_go_with_it(offered: MagnitudeConstraints) -> None:
    offered._range.click()
    row = offered._rows[0]
    row.column.value = MORE
    assert row._unit.value == "mag"
    row._low.value, row._high.value = "17", "20"
    # Of another magnitude the same limits may be meant, and of a flux, whose magnitude is.
    row.column.value = Choice("target", "r_psfFlux", "nJy")
    assert (row._low.value, row._high.value, row._unit.value) == ("17", "20", "mag")
    seen: list[list[str]] = []
    offered.observe(lambda change: seen.append(change["new"]), "where")
    row.column.value = Choice("target", "r_psfFluxErr", "number")
    assert (row._low.value, row._high.value, row._unit.value) == ("", "", "nJy")
    assert seen == [[]]  # nor is there half a condition in between
    assert row._low.tooltip == "from, nJy; empty for no limit"
    row._high.value = "100"
    row.column.value = Choice("upload", "n", "number")
    assert (row._high.value, row._unit.value, row._high.tooltip) == ("", "", "to; empty for no limit")
    assert offered.where == []
    # Until the target is known a unit may come from the last result.
    alone = MagnitudeConstraints(target_numbers=("coord_ra",), constraints=[ColumnRange("coord_ra", 37, 38)])
    result = Table({"coord_ra": [37.5]})
    result["coord_ra"].unit = "deg"
    alone.result = result
    assert (alone._rows[0]._unit.value, alone._rows[0]._low.value) == ("deg", "37")


def test_a_difference_of_one_side_is_a_colour(offered: MagnitudeConstraints) -> None:
    offered._difference.click()
    row = offered._rows[0]
    row.first.value = Choice("target", "g_cModelMag")
    assert offered.constraints == [ColourRange("g_cModelMag", "r_cModelMag", -0.1, 0.1)]
    row.second.value = Choice("upload", "f", "nJy")
    assert offered.constraints == [MagnitudeDifference("f", "g_cModelMag", 0.1, upload_unit="nJy")]
    row.second.value = Choice("target", "r_psfFlux", "nJy")
    assert "write that condition in ADQL" in row._problem.value
    assert offered.constraints == []


def test_colours(offered: MagnitudeConstraints) -> None:
    offered._colour.click()
    row = offered._rows[0]
    assert (row.first.choice.name, row.second.choice.name) == ("g_cModelMag", "r_cModelMag")
    assert offered.where == []
    row._low.value = "0.4"
    assert offered.where == ["g_cModelMag - r_cModelMag > 0.4"]
    row.first.value = Choice("upload", "r")
    assert "of one side" in row._problem.value
    row.first.value = Choice("target", "r_cModelMag")
    assert "are the same" in row._problem.value


def test_what_is_measured(offered: MagnitudeConstraints) -> None:
    offered._measured.click()
    assert offered.constraints == [IsMeasured("r_cModelMag")]
    box = offered._rows[0].column
    box.value = MORE
    box.value = Choice("target", "refBand", "text")
    assert offered.where == ["refBand IS NOT NULL"]


def test_all_together(constraints: MagnitudeConstraints, result: Table) -> None:
    constraints.result = result
    constraints._range.click()
    constraints._rows[0]._low.value = "17"
    assert constraints._together.value == ""
    constraints._difference.click()
    assert "all together: 1 of the last 5 rows" in constraints._together.value
    constraints.constraints = [*constraints.constraints, "refExtendedness < 0.5", IsMeasured("i_cModelMag")]
    assert "all together: 1 of the last 5 rows (without 2 that cannot be counted here)" in constraints._together.value
    assert "the last result has no i_cModelMag" in constraints._rows[3]._kept.value
    constraints.result = None
    assert constraints._together.value == ""


def test_every_kind_set_from_python_is_shown_as_its_row(offered: MagnitudeConstraints) -> None:
    given = [
        ColumnRange("objectId", 2**60 + 1, None),
        ColourRange("r_psfFlux", "i_psfFlux", 0, 1, unit="nJy"),
        IsMeasured("refBand", is_float=False),
        IsMeasured("name", "upload", is_float=False),
        MagnitudeDifference("f", "r_psfFlux", 0.25, "nJy", "nJy"),
    ]
    offered.constraints = given
    assert [type(row) for row in offered._rows] == [RangeRow, ColourRow, MeasuredRow, MeasuredRow, DifferenceRow]
    assert offered.constraints == given
