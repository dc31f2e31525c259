"""Constraints as objects: their ADQL, and the rows they keep."""

import sqlite3

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match.constraints import (
    ColourRange,
    ColumnRange,
    Constraint,
    IsMeasured,
    MagnitudeDifference,
    MagnitudeRange,
    keep_rows,
)
from tapwidget.match.dialects import DISTANCE_LITERAL, RUBIN


@pytest.mark.parametrize(
    ("constraint", "adql"),
    [
        (MagnitudeRange("r", low=17), "ut1.r > 17"),
        (MagnitudeRange("r", 17.0, 22.5), "ut1.r > 17 AND ut1.r < 22.5"),
        (MagnitudeRange("r_cModelMag", high=np.float32(22.1), side="target"), "r_cModelMag < 22.1"),
        (MagnitudeRange("my mag", low=0), 'ut1."my mag" > 0'),
        (MagnitudeDifference("r", "r_cModelMag", 0.1), "ABS(ut1.r - r_cModelMag) < 0.1"),
        (MagnitudeDifference("r", "size", 0.1 + 0.2), 'ABS(ut1.r - "size") < 0.3'),
        (ColumnRange("refExtendedness", 0, 0.5), "refExtendedness >= 0 AND refExtendedness <= 0.5"),
        (ColumnRange("refExtendedness", 1, 1), "refExtendedness >= 1 AND refExtendedness <= 1"),
        (ColumnRange("objid", low=2**60 + 1, side="upload"), "ut1.objid >= 1152921504606846977"),
        (ColumnRange("x", high=-1e-7), "x <= -0.0000001"),
        (
            MagnitudeRange("f", 17, 22, side="target", unit="nJy"),
            "f > 0 AND 31.4 - 2.5 * LOG10(f) > 17 AND 31.4 - 2.5 * LOG10(f) < 22",
        ),
        (
            MagnitudeDifference("r", "f", 0.1, target_unit="nJy"),
            "f > 0 AND ABS(ut1.r - (31.4 - 2.5 * LOG10(f))) < 0.1",
        ),
        (
            MagnitudeDifference("f", "r", 0.1, upload_unit="nJy"),
            "ut1.f > 0 AND ABS(31.4 - 2.5 * LOG10(ut1.f) - r) < 0.1",
        ),
        (ColourRange("g", "r", 0.4, 0.8), "g - r > 0.4 AND g - r < 0.8"),
        (ColourRange("g", "r", high=-0.5, side="upload"), "ut1.g - ut1.r < -0.5"),
        (
            ColourRange("g", "f", low=0, unit="nJy"),
            "g > 0 AND f > 0 AND 31.4 - 2.5 * LOG10(g) - (31.4 - 2.5 * LOG10(f)) > 0",
        ),
        (IsMeasured("r"), "r IS NOT NULL AND ABS(r) < 1E300"),
        (IsMeasured("my id", "upload", is_float=False), 'ut1."my id" IS NOT NULL'),
    ],
)
def test_adql(constraint, adql):
    assert constraint.adql() == adql
    assert constraint.adql("ut1") == adql
    assert constraint.adql("mine") == adql.replace("ut1.", "mine.")
    assert isinstance(constraint, Constraint)


def test_equal_and_hashable():
    assert MagnitudeRange("r", 17) == MagnitudeRange("r", 17.0)
    assert len({MagnitudeRange("r", 17), MagnitudeRange("r", 17.0), MagnitudeRange("r", 18), ColumnRange("r", 17)}) == 3
    assert MagnitudeDifference("r", "g", 0.1) == MagnitudeDifference("r", "g", np.float32(0.1))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: MagnitudeRange("r"), "neither a low nor a high"),
        (lambda: MagnitudeRange("r", 22, 17), "from 22 down to 17"),
        (lambda: MagnitudeRange("r", 17, 17), "keeps nothing"),
        (lambda: MagnitudeRange("", 17), "name of a column"),
        (lambda: MagnitudeRange("r", "17"), "not a number"),
        (lambda: MagnitudeRange("r", float("nan")), "finite"),
        (lambda: MagnitudeRange("r", 17, side="both"), "'upload' or 'target'"),
        (lambda: MagnitudeDifference("r", "g", 0), "above 0"),
        (lambda: MagnitudeDifference("r", "g", -1), "above 0"),
        (lambda: MagnitudeDifference("r", "", 1), "name of a column"),
        (lambda: ColumnRange("x"), "neither a low nor a high"),
        (lambda: MagnitudeRange("r", 17, unit="Jy"), "'mag', or 'nJy'"),
        (lambda: MagnitudeDifference("r", "g", 1, target_unit=""), "'mag', or 'nJy'"),
        (lambda: ColourRange("g", "", 1), "name of a column"),
        (lambda: ColourRange("g", "r"), "range of g - r has neither"),
        (lambda: ColourRange("g", "r", 1, 1), "g - r from 1 to 1 keeps nothing"),
        (lambda: IsMeasured(""), "name of a column"),
        (lambda: IsMeasured("r", "theirs"), "'upload' or 'target'"),
    ],
)
def test_what_makes_no_sense(make, says):
    with pytest.raises(MatchError, match=says):
        make()


def test_missing_values_are_never_kept():
    masked = MaskedColumn([16.0, 18.0, 19.0, np.nan], mask=[False, False, True, False])
    assert MagnitudeRange("r", 17).keep(masked).tolist() == [False, True, False, False]
    assert MagnitudeRange("r", high=30).keep(masked).tolist() == [True, True, False, False]
    assert (
        MagnitudeDifference("r", "g", 9).keep(masked, np.array([16.1, np.nan, 19, 1])).tolist() == [True] + [False] * 3
    )
    assert ColumnRange("n", 1, 3).keep(np.ma.array([1, 2, 3, 4], mask=[0, 1, 0, 0])).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_ends_are_strict_for_magnitudes_only():
    values = np.array([17.0, 17.5, 18.0])
    assert MagnitudeRange("r", 17, 18).keep(values).tolist() == [False, True, False]
    assert ColumnRange("r", 17, 18).keep(values).tolist() == [True, True, True]


def test_integers_are_compared_exactly():
    ids = np.array([2**60, 2**60 + 1, 2**60 + 2])
    assert ColumnRange("id", 2**60 + 1, 2**60 + 1).keep(ids).tolist() == [False, True, False]


def test_float32_is_compared_as_a_database_does():
    column = np.array([22.1], dtype=np.float32)  # 22.1000003...
    assert MagnitudeRange("r", low=22.1).keep(column).tolist() == [True]
    assert MagnitudeDifference("r", "g", 0.1).keep(column, np.array([22.0])).tolist() == [False]


numbers = st.none() | st.floats(-30, 30).map(lambda x: round(x, 3))


@given(
    st.lists(st.tuples(numbers, numbers), max_size=20),
    st.floats(-30, 0).map(lambda x: round(x, 3)),
    st.floats(1, 30).map(lambda x: round(x, 3)),
)
def test_keep_is_what_a_database_says(rows, low, high):
    """SQLite, which has NULL and ABS as ADQL has, is the judge."""
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE ut1 (n INT, r REAL, g REAL)")
        database.executemany("INSERT INTO ut1 VALUES (?, ?, ?)", [(i, *row) for i, row in enumerate(rows)])
        for constraint in (MagnitudeRange("r", low, high), ColumnRange("g", low), MagnitudeDifference("r", "g", high)):
            found = database.execute(f"SELECT n FROM ut1 WHERE {constraint.adql()} ORDER BY n").fetchall()
            result = Table({"ut1_r": _column([r for r, _ in rows]), "g": _column([g for _, g in rows])})
            kept = keep_rows([constraint], result)
            assert np.flatnonzero(kept).tolist() == [n for (n,) in found]
    database.close()


def _column(values):
    return MaskedColumn([0.0 if v is None else v for v in values], mask=[v is None for v in values], dtype=float)


def test_keep_rows_of_a_result():
    result = Table({"ut1_r": [16.0, 18.0, 19.0], "r_cModelMag": [16.01, 18.01, 20.0]})
    constraints = [MagnitudeRange("r", 17), MagnitudeDifference("r", "r_cModelMag", 0.1)]
    assert keep_rows(constraints, result).tolist() == [False, True, False]
    assert keep_rows([], result).tolist() == [True, True, True]
    with pytest.raises(MatchError, match="no column 'ut2_r'"):
        keep_rows(constraints, result, upload="ut2")


def test_rubins_function_where_the_service_has_it():
    constraint = MagnitudeRange("f", 17, side="target", unit="nJy")
    assert constraint.adql(functions=RUBIN.functions) == "f > 0 AND scisql_nanojanskyToAbMag(f) > 17"
    assert constraint.adql(functions=("SCISQL_NANOJANSKYTOABMAG",)) == "f > 0 AND SCISQL_NANOJANSKYTOABMAG(f) > 17"
    assert "LOG10" in constraint.adql(functions=DISTANCE_LITERAL.functions)
    colour = ColourRange("g", "r", 0, unit="nJy")
    assert colour.adql(functions=RUBIN.functions) == (
        "g > 0 AND r > 0 AND scisql_nanojanskyToAbMag(g) - scisql_nanojanskyToAbMag(r) > 0"
    )
    assert MagnitudeRange("r", 17).adql(functions=RUBIN.functions) == "ut1.r > 17"


def test_a_flux_that_is_not_positive_has_no_magnitude():
    flux = MaskedColumn([1e4, 0.0, -5.0, np.nan, 1e4, np.inf], mask=[0, 0, 0, 0, 1, 0])
    assert MagnitudeRange("f", high=30, unit="nJy").keep(flux).tolist() == [True] + [False] * 4 + [True]
    assert MagnitudeRange("f", low=-99, unit="nJy").keep(flux).tolist() == [True] + [False] * 5
    assert (
        MagnitudeDifference("r", "f", 1, target_unit="nJy").keep(np.full(6, 21.4), flux).tolist()
        == [True] + [False] * 5
    )
    assert ColourRange("f", "g", -1, 1, unit="nJy").keep(flux, np.full(6, 1e4)).tolist() == [True] + [False] * 5


def test_is_measured():
    assert IsMeasured("x").keep(MaskedColumn([1.0, np.nan, np.inf, 2], mask=[0, 0, 0, 1])).tolist() == [
        True, False, False, False,
    ]  # fmt: skip
    assert IsMeasured("x", is_float=False).keep(np.ma.array([1, 2], mask=[0, 1])).tolist() == [True, False]
    assert IsMeasured("x", is_float=False).keep(MaskedColumn(["a", "", "b"], mask=[0, 0, 1])).tolist() == [
        True, False, False,
    ]  # fmt: skip
