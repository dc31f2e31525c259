"""Identifiers: rules, their preview, and the types in which they travel."""

import ast

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.ivoa.tapschema import Column as Target
from tapwidget.match.identifiers import RULES, cleaned, in_words, preview, settled, texts, travelling
from tapwidget.match.python_identifiers import CODE, cleaned_column, identifier_code
from tapwidget.match.spec import IdentifierMatch

LONG = Target("objectId", "long")
TEXT = Target("name", "char", "*")
TUTORIAL = [("replace", "_", " "), "upper"]


@pytest.mark.parametrize(
    ("rules", "before", "after"),
    [
        (TUTORIAL, "2010_ab12", "2010 AB12"),
        (["strip"], "  a b ", "a b"),
        (["remove_blanks"], " a\t b ", "ab"),
        (["lower"], "ÄBC", "äbc"),
        (["drop_zeros"], "00433", "433"),
        (["drop_zeros"], "000", "0"),
        (["drop_zeros"], "10", "10"),
        ([("drop_prefix", "Gaia DR3 ")], "Gaia DR3 12345", "12345"),
        ([("drop_prefix", "Gaia")], "My Gaia", "My Gaia"),
        ([("replace", "-", "")], "a-b-c", "abc"),
        (["unpack"], "K14A01B", "2014 AB1"),
        (["pack"], "2014 AB1", "K14A01B"),
        ([("drop_prefix", "("), ("replace", ")", ""), "pack"], "(100345)", "A0345"),
        ([], "as it is", "as it is"),
    ],
)
def test_rules(rules, before, after):
    assert cleaned(before, settled(rules)) == after


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("upper", "give a list of rules"),
        (["uper"], "'uper', which is no rule; there are replace, upper"),
        ([("replace", "_")], "takes old and new"),
        ([("upper", "x")], "takes nothing"),
        ([("replace", "", "x")], "not empty"),
        ([7], "no rule"),
        ([()], "no rule"),
    ],
)
def test_rules_that_make_no_sense(rules, says):
    with pytest.raises(MatchError, match=says):
        IdentifierMatch("a.b", on=("x", "y"), clean=rules)


def test_rules_of_a_match_are_plain_values():
    match = IdentifierMatch("a.b", on=("x", "y"), clean=TUTORIAL)
    assert match.clean == (("replace", "_", " "), ("upper",))
    assert match == IdentifierMatch("a.b", on=("x", "y"), clean=match.clean)
    assert hash(match)
    assert in_words(match.clean) == "replace '_' by ' ', upper"


def test_preview():
    column = MaskedColumn(["2010_ab1", "2010 AB1", "x", "", "--"], mask=[0, 0, 0, 0, 1])
    seen = preview(column, TUTORIAL, 2)
    assert seen.pairs == (("2010_ab1", "2010 AB1"), ("2010 AB1", "2010 AB1"))
    assert (seen.values, seen.changed, seen.emptied) == (3, 2, 0)
    assert (seen.collisions, seen.example) == (1, ("2010_ab1", "2010 AB1", "2010 AB1"))
    assert preview(column, [("replace", "x", "")]).emptied == 1
    assert preview(np.arange(10), [], most=4).values == 4
    assert preview(np.array([7, 7]), ["strip"]).collisions == 0  # the same identifier twice was so before


def test_whole_numbers_are_exact():
    big = 2**62 + 1
    assert texts(np.array([big])) == [str(big)]
    made, said = travelling(Column([f"{big}", " 7 ", "x", "1.5", "", str(2**63)]), "id", LONG)
    assert made.dtype == np.int64
    assert made.tolist() == [big, 7, None, None, None, None]
    assert said == (
        "`id` travels as whole numbers, as the target's objectId holds them.",
        "`id`: rows without a whole number: 3. They match nothing.",
    )
    made, said = travelling(MaskedColumn([big, 5], mask=[0, 1]), "id", TEXT)
    assert made.tolist() == [str(big), None]
    assert said == ("`id` travels as text, as the target's name is text.",)


def test_floats_that_were_meant_as_whole_numbers():
    made, _ = travelling(MaskedColumn([7.0, np.nan, 2.5, 9.0], mask=[0, 0, 0, 1]), "id", LONG)
    assert made.tolist() == [7, None, None, None]
    with pytest.raises(MatchError, match="last digits are lost"):
        travelling(Column([1.2e18]), "id", LONG)


@pytest.mark.parametrize(
    ("column", "target"),
    [
        (Column([1, 2]), LONG),
        (Column(["a", "b"]), TEXT),
        (Column([b"a"]), TEXT),
        (Column([1.5]), Target("x", "double")),
        (Column([1]), Target("x", "")),
        (MaskedColumn(["", "b"], mask=[True, False]), TEXT),
    ],
)
def test_what_is_right_stays_as_it_is(column, target):
    made, said = travelling(column, "id", target)
    assert made is column
    assert said == ()


def test_an_empty_identifier_is_missing():
    made, said = travelling(Column(["", "a", "  "]), "id", TEXT)
    assert made.tolist() == [None, "a", None]
    assert said == ()


def test_what_was_done_is_said():
    _, said = travelling(
        Column(["2010_ab1", "2010 AB1", "_", "x"]), "name", TEXT, [("replace", "_", " "), "strip", "upper"]
    )
    assert said == (
        "`name` was cleaned up for the match (replace '_' by ' ', strip, upper): 3 of 4 identifiers change.",
        "`name`: Nothing is left of 1 identifier: that matches nothing.",
        "`name`: 1 identifier became equal to another one: '2010_ab1' and '2010 AB1' are both '2010 AB1'.",
    )
    made, said = travelling(Column(["Ab"]), "name", TEXT, ignore_case=True)
    assert made.tolist() == ["ab"]
    assert "lower case" in said[0]


def test_every_rule_has_its_code():
    assert set(CODE) == set(RULES)


words = st.text(alphabet=" _0aAzK14B\"'\\{}", max_size=8)
rules = st.lists(
    st.sampled_from([name for name, rule in RULES.items() if not rule.takes]).map(lambda name: (name,))
    | st.tuples(st.just("replace"), words.filter(bool), words)
    | st.tuples(st.just("drop_prefix"), words.filter(bool)),
    max_size=4,
)


@given(st.lists(st.none() | words, min_size=1, max_size=6), rules, st.sampled_from([LONG, TEXT]), st.booleans())
def test_the_cell_cleans_up_as_the_match_does(values, chosen, target, ignore_case):
    column = MaskedColumn([v or "" for v in values], mask=[v is None for v in values], dtype=str)
    match = IdentifierMatch("a.b", on=("id", target.name), clean=chosen, ignore_case=ignore_case)
    made, _ = travelling(column, "id", target, chosen, ignore_case=ignore_case)
    code = identifier_code(match, column, made)
    ast.parse(code)
    cell = {"table": Table({"id": column}), "np": np}
    exec(code, cell)
    found = [i if there else None for i, there in zip(cell["identifiers"].tolist(), cell["have"], strict=True)]
    assert found == made.tolist()


def test_a_cell_is_needed_only_where_something_is_done():
    class Upload:
        names = {"id": "id"}  # noqa: RUF012
        table = Table({"id": [b"a"]})

    plain = IdentifierMatch("a.b", on=("id", "x"))
    assert cleaned_column(plain, Upload, Table({"id": ["a"]})) == ""
    assert cleaned_column(plain, Upload, Table({"id": [1]})) == "id"
    assert cleaned_column(IdentifierMatch("a.b", on=("id", "x"), clean=["upper"]), Upload, Table({"id": ["a"]})) == "id"
