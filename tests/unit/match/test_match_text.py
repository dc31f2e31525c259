"""Names and numbers as ADQL has them."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.ivoa.adql_words import RESERVED, is_regular
from tapwidget.match.adql_text import as_number, decimal, exact_decimal, quote, quote_table, split_name, unquote


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("objectId", "objectId"),
        ("r_cModelMag", "r_cModelMag"),
        ("dec", "dec"),
        ("size", '"size"'),
        ("Order", '"Order"'),
        ("DISTANCE", '"DISTANCE"'),
        ("_RAJ2000", '"_RAJ2000"'),
        ("2mass", '"2mass"'),
        ("my col", '"my col"'),
        ("größe", '"größe"'),
        ('a"b', '"a""b"'),
        ('"size"', '"size"'),
        ('"', '""""'),
    ],
)
def test_quotes_only_where_needed(name, written):
    assert quote(name) == written


@given(st.text(min_size=1))
def test_quote_is_undone_by_unquote_and_done_once(name):
    assert quote(quote(name)) == quote(name)
    if not (len(name) > 2 and name[0] == name[-1] == '"'):
        assert unquote(quote(name)) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("dp1.Object", "dp1.Object"),
        ("public.region", '"public"."region"'),
        ("gaiadr3.sso_orbits", "gaiadr3.sso_orbits"),
        ('viz2."J/A+A/1.5/t"', 'viz2."J/A+A/1.5/t"'),
        ("I/239/hip_main", '"I/239/hip_main"'),
        ('"I/239/hip_main"', '"I/239/hip_main"'),
        ("cat.dp1.Object", "cat.dp1.Object"),
    ],
)
def test_table_names(name, written):
    assert quote_table(name) == written


def test_a_dot_in_quotes_parts_nothing():
    assert split_name('a."b.c".d') == ["a", '"b.c"', "d"]


@given(st.floats(min_value=1e-300, max_value=180))
def test_radius_reads_back_exactly_and_has_no_exponent(value):
    text = exact_decimal(value)
    assert float(text) == value
    assert "e" not in text.lower()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3600, "0.0002777777777777778"),
        (0.00027, "0.00027"),
        (1.0, "1"),
        (1e-9, "0.000000001"),
        (180.0, "180"),
    ],
)
def test_radius_is_the_shortest(value, text):
    assert exact_decimal(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (17, "17"),
        (17.0, "17"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (-0.5, "-0.5"),
        (1e-7, "0.0000001"),
        (1e22, "1" + "0" * 22),
        (648368125565216675, "648368125565216675"),
    ],
)
def test_numbers_as_typed(value, text):
    assert decimal(value) == text


@given(st.decimals(min_value=-1000, max_value=1000, places=4))
def test_what_a_person_types_comes_out_again(typed):
    assert Decimal(decimal(float(typed))) == typed


@pytest.mark.parametrize(
    ("value", "number"),
    [(np.float32(0.1), 0.1), (np.int64(2**60 + 1), 2**60 + 1), (Decimal("0.25"), 0.25), (3, 3), (2.5, 2.5)],
)
def test_numbers_of_any_kind(value, number):
    got = as_number(value, "x")
    assert got == number
    assert type(got) in (int, float)


@pytest.mark.parametrize("value", [math.nan, math.inf, "17", None, True, np.True_, 1j, [1]])
def test_what_is_no_number_is_refused_by_name(value):
    with pytest.raises(MatchError, match="The limit is"):
        as_number(value, "The limit")


def test_reserved_words():
    assert {"SELECT", "SIZE", "DISTANCE", "YEAR", "ZONE", "POINT", "TOP", "IN_UNIT", "END-EXEC", "OFFSET"} <= RESERVED
    assert not RESERVED & {"DEC", "RA", "TYPE", "FIELD", "CLASS", "NAME", "MODE", "U", "G", "R", "I", "Z"}
    assert all(word == word.upper() for word in RESERVED)
    assert is_regular("ut1")
    assert not is_regular("Size")
    assert not is_regular("_x")
    assert not is_regular("")
