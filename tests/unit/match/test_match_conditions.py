"""Conditions in ADQL: whole or not, what they use, what the service gets."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match.conditions import Scope, check, has_top_level_or, joined, uses

SCOPE = Scope(
    upload="ut1",
    upload_names={"r": "r", "Size": "size_1", "my col": "my_col"},
    upload_own=("tw_row", "tw_ra", "tw_dec"),
    target="dp1.Object",
    alias="o",
    target_columns=("objectId", "r_cModelMag", "r", '"year"', "and"),
)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("ut1.r > 17", "ut1.r > 17"),
        ("UT1.R > 17", "ut1.r > 17"),
        ("ut1.size > 1", "ut1.size_1 > 1"),
        ('ut1."my col">1', "ut1.my_col>1"),
        ("ut1.tw_ra > 1", "ut1.tw_ra > 1"),
        ("ut1.size_1 > 1", "ut1.size_1 > 1"),
        ("TAP_UPLOAD.ut1.r > 17", "ut1.r > 17"),
        ("r > 17", "o.r > 17"),
        ("R > 17", "o.r > 17"),
        ("r_cModelMag > 17", "r_cModelMag > 17"),
        ("year > 2000", 'o."year" > 2000'),
        ("objectId IN (1, 2) AND NOT r_cModelMag IS NULL", "objectId IN (1, 2) AND NOT r_cModelMag IS NULL"),
        ("Object.r > 17", "o.r > 17"),
        ("dp1.object.objectid > 17", "o.objectId > 17"),
        ("'ut1.size' = 'r'", "'ut1.size' = 'r'"),
        ("r_cModelMag BETWEEN .5 AND 1.e1", "r_cModelMag BETWEEN .5 AND 1.e1"),
        ("ABS(ut1.Size)+POWER(r_cModelMag,2) > 1", "ABS(ut1.size_1)+POWER(r_cModelMag,2) > 1"),
        ("objectId IN (SELECT r FROM other.t WHERE other.t.x = ut1.size)",
         "objectId IN (SELECT r FROM other.t WHERE other.t.x = ut1.size_1)"),
    ],
)  # fmt: skip
def test_resolve(typed, sent):
    assert SCOPE.resolve(typed) == sent


@given(
    st.lists(
        st.sampled_from(["ut1.size", "r_cModelMag", "'ut1.size'", '"year"', " ", "+", "17", "ABS(", ")", "\n"]),
        max_size=20,
    )
)
def test_only_references_change(pieces):
    typed = " ".join(pieces)
    expected = " ".join({"ut1.size": "ut1.size_1"}.get(piece, piece) for piece in pieces)
    assert SCOPE.resolve(typed) == expected


@given(st.text(alphabet=st.sampled_from("ab'\"();-/* .17<>\n"), max_size=25))
def test_check_never_lets_an_open_end_pass(text):
    """What passes can be put into parentheses and stays inside of them."""
    try:
        check(text)
    except MatchError:
        return
    bare = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")+\"", "", text)
    assert not set(bare) & set("'\";")
    assert "--" not in bare
    assert "/*" not in bare
    depth = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize(
    ("text", "has_or"),
    [("a OR b", True), ("a or b", True), ("(a OR b)", False), ("f(a OR b) AND c", False), ("'a OR b'", False),
     ("ut1.or > 1", False), ("(a) OR (b)", True), ("order > 1", False), ("", False)],
)  # fmt: skip
def test_or_outside_of_parentheses(text, has_or):
    assert has_top_level_or(text) is has_or


def test_joined_by_and():
    assert joined(["a > 1", "b OR c", "(d OR e)"]) == "a > 1\n  AND (b OR c)\n  AND (d OR e)"
    assert joined([]) == ""


def test_uses():
    assert uses("ut1.r > 1 AND r_cModelMag < ut1.SIZE", "ut1", ["r", "size", "r_cModelMag"]) == ["r", "size"]
    assert uses("'ut1.r' = r", "ut1", ["r"]) == []
