"""The lexer finds names and leaves all else as it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tapwidget.match.adql_lexer import references, rewrite, tokens

names = st.sampled_from(
    ["ut1", "UT1", "r", "r_cModelMag", "AND", "ABS", "size", "größe", '"my col"', '"a""b"', "TAP_UPLOAD"]
)
others = st.sampled_from(
    [
        " ",
        "\n",
        ".",
        "(",
        ")",
        ",",
        "'ut1.r'",
        "'it''s'",
        "17",
        "0.1",
        "1e5",
        ".5",
        "0xFF",
        "<",
        "<=",
        "<>",
        "||",
        "-",
        "--ut1.r\n",
        "/*ut1.r*/",
        ";",
    ]
)
adql_like = st.lists(names | others, max_size=30).map("".join)


@given(st.text() | adql_like)
@example("'open")
@example('"')
@example('""')
def test_tokens_together_are_the_text(text):
    found = tokens(text)
    assert "".join(token.text for token in found) == text
    assert [token.start for token in found] == [sum(len(t.text) for t in found[:i]) for i in range(len(found))]


@given(st.text() | adql_like)
def test_rewriting_nothing_changes_nothing(text):
    assert rewrite(text, lambda reference: None) == text


@given(adql_like)
def test_text_outside_of_references_is_unchanged(text):
    """What is left when the replacements are taken out is the text without the spans that were replaced."""
    marker = "\x00"
    replaced = []

    def replacement(reference):
        if len(reference.parts) == 2 and reference.parts[0].lower() == "ut1":
            replaced.append(reference)
            return marker
        return None

    new = rewrite(text, replacement)
    spans = [(reference.start, reference.end) for reference in replaced]
    kept, done = [], 0
    for start, end in spans:
        kept.append(text[done:start])
        done = end
    assert new.split(marker) == [*kept, text[done:]]
    for reference in replaced:
        assert "ut1" in text[reference.start : reference.end].lower()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ut1.r > 17", [("ut1", "r")]),
        ("ut1 . r", [("ut1", "r")]),
        ("'ut1.r' = ut1.\"my col\"", [("ut1", "my col")]),
        ('"a""b"', [('a"b',)]),
        ("TAP_UPLOAD.ut1.r", [("TAP_UPLOAD", "ut1", "r")]),
        ("1.5e3*r", [("r",)]),
        ("ut1.5", [("ut1",)]),
        ("ABS(ut1.r - g)", [("ABS",), ("ut1", "r"), ("g",)]),
        ("-- ut1.r\nx", [("x",)]),
        ("/* ut1.r */ x", [("x",)]),
        ("ut1.größe", [("ut1", "größe")]),
        ("a.b.c.d", [("a", "b", "c", "d")]),
        ("a.*", [("a",)]),
    ],
)
def test_references(text, parts):
    assert [reference.parts for reference in references(text)] == parts


def test_calls_are_told_from_columns():
    found = {".".join(r.parts): r.is_call for r in references('ABS (x) + y + "POWER"(z) + ivo_string_agg(a)')}
    assert found == {
        "ABS": True,
        "x": False,
        "y": False,
        "POWER": False,
        "z": False,
        "ivo_string_agg": True,
        "a": False,
    }


def test_a_qualified_name_is_no_keyword():
    words = [token.word for token in tokens("ut1.order > 1 OR x = 2") if token.word]
    assert words == ["UT1", "OR", "X"]
