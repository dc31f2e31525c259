from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import ColumnError, FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables import tabledata_reader
from tapwidget.tables.tabledata import decode_rows, encode_rows


def texts(*values: str | None) -> np.ndarray:
    result = np.empty(len(values), object)
    result[:] = values
    return result


def cells(datatype: str, *words: str, arraysize: str = "", null: str = "") -> tuple[list, list]:
    xml = "".join(f"<TR><TD>{word}</TD></TR>" for word in words).encode()
    ((values, missing),) = decode_rows([Column("c", datatype, arraysize)], xml, nulls=[null])
    return values.tolist(), [] if missing is None else missing.tolist()


def test_the_text_of_two_rows() -> None:
    columns = [Column("id", "long"), Column("x", "double"), Column("y", "float"), Column("t", "char", "*")]
    arrays = [np.array([2**63 - 1, 5]), np.array([0.1, np.nan]), np.array([0.1, -np.inf], "f4"), texts("a<b&c>", None)]
    assert encode_rows(columns, arrays, [np.array([False, True]), None, None, None]) == (
        b"<TR><TD>9223372036854775807</TD><TD>0.1</TD><TD>0.1</TD><TD>a&lt;b&amp;c&gt;</TD></TR>\n"
        b"<TR><TD></TD><TD>NaN</TD><TD>-Inf</TD><TD></TD></TR>\n"
    )


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["1", "-2", "+3", " 4 ", "\n5"], [1, -2, 3, 4, 5]),
        (["0x1F", "0Xff", "-0x10"], [31, 255, -16]),
        (["9223372036854775807", "-9223372036854775808"], [2**63 - 1, -(2**63)]),
    ],
)
def test_integers(words: list[str], values: list[int]) -> None:
    assert cells("long", *words) == (values, [])


def test_floats() -> None:
    words = ["1.5", "-1e-300", "Inf", "+Inf", "-Inf", "inf", " 2 ", "0x1"]
    with pytest.raises(FileFormatError, match=r"'c'.*double.*row 7.*'0x1'"):
        cells("double", *words)
    assert cells("double", *words[:-1]) == ([1.5, -1e-300, np.inf, np.inf, -np.inf, np.inf, 2.0], [])
    values, missing = cells("double", "NaN", "nan", "", " ")
    assert np.isnan(values).all()
    assert missing == [False, False, True, True]


def test_booleans_and_bits() -> None:
    words = ["T", "t", "true", "TRUE", "1", "F", "f", "False", "0", "?", "", " "]
    values, missing = cells("boolean", *words)
    assert values == [True] * 5 + [False] * 7
    assert missing == [False] * 9 + [True] * 3
    assert cells("bit", "1", "0", "") == ([True, False, False], [False, False, True])
    assert cells("bit", "1 0 1", "001", arraysize="3") == ([[True, False, True], [False, False, True]], [])


def test_complex_numbers_and_arrays() -> None:
    assert cells("doubleComplex", "1 -2", "") == ([1 - 2j, pytest.approx(np.nan + 0j, nan_ok=True)], [False, True])
    assert cells("floatComplex", "1 2 3 4", arraysize="2")[0] == [[1 + 2j, 3 + 4j]]
    values, missing = cells("int", "1 2 3 4 5 6", "", "1 NaN 3 4 5 -99", arraysize="2x3", null="-99")
    assert values[0] == [[1, 2], [3, 4], [5, 6]]
    assert missing[0] == [[False] * 2] * 3
    assert missing[1] == [[True] * 2] * 3
    assert missing[2] == [[False, True], [False, False], [False, True]]
    values, missing = cells("double", "1.5 2", "", "3", arraysize="*")
    assert [value.tolist() for value in values] == [[1.5, 2.0], [], [3.0]]
    assert missing == [False, True, False]
    assert cells("boolean", "T F ?", arraysize="3") == ([[True, False, False]], [[False, False, True]])


def test_arrays_of_text() -> None:
    values, missing = cells("char", "abcd ef ", "", arraysize="4x2")
    assert values == [["abcd", " ef"], ["", ""]]
    assert missing == [[False, False], [True, True]]


def test_text_is_taken_as_it_stands() -> None:
    words = ["plain", "a&lt;b&amp;&#233;&#x1F600;", "<![CDATA[<raw> & ]]>more", " blanks ", "a<!-- no -->b", ""]
    values, missing = cells("char", *words, arraysize="*")
    assert values == ["plain", "a<b&é😀", "<raw> & more", " blanks ", "ab", ""]
    assert missing == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("datatype", "words", "null", "missing"),
    [
        ("int", ["-99", "5"], "-99", [True, False]),
        ("int", ["N/A", "5"], "N/A", [True, False]),
        ("int", ["0x10", "5"], "16", [True, False]),
        ("float", ["99.9", "5"], "99.9", [True, False]),
        ("double", ["-999.00", "5"], "-999", [True, False]),
        ("double", ["NaN", "5"], "NaN", [True, False]),
        ("char", ["none", "5"], "none", [True, False]),
        ("int", ["NaN", "5"], "", [True, False]),
    ],
)
def test_values_null(datatype: str, words: list[str], null: str, missing: list[bool]) -> None:
    assert cells(datatype, *words, arraysize="*" if datatype == "char" else "", null=null)[1] == missing


@pytest.mark.parametrize(
    ("datatype", "arraysize", "word"),
    [
        ("int", "", "1.5"),
        ("int", "", "1_000"),
        ("int", "", "2147483648"),
        ("short", "", "0xFFFF"),
        ("unsignedByte", "", "256"),
        ("unsignedByte", "", "-1"),
        ("long", "", "9223372036854775808"),
        ("int", "", "one"),
        ("int", "", "１"),  # digits that only Python takes for digits
        ("double", "", "1.0.0"),
        ("double", "", "1_0"),
        ("double", "", "1 2"),
        ("float", "", "1e39"),
        ("boolean", "", "yes"),
        ("bit", "", "2"),
        ("doubleComplex", "", "1"),
        ("int", "2", "1 2 3"),
        ("int", "2x*", "1 2 3"),
        ("unsignedByte", "2", "1 256"),
    ],
)
def test_what_a_cell_must_not_hold(datatype: str, arraysize: str, word: str) -> None:
    with pytest.raises(FileFormatError, match=f"'c'.*{datatype}.*row 1"):
        cells(datatype, "" if arraysize == "" else "1 1", word, arraysize=arraysize)


@pytest.mark.parametrize(
    "xml",
    [
        "<TR><TD>1</TD></TR>",
        "<TR><TD>1</TD><TD>2</TD><TD>3</TD></TR>",
        "<TR></TR>",
        "<TD>1</TD>",
        "<TR><TD>1</TD><TD><b>2</b></TD></TR>",
        "<TR><TD>1</TD><TH>2</TH></TR>",
        "<TR><TD>1</TD><TD encoding='base64'>Mg==</TD></TR>",
        "<TR><TD>1</TD><TD>2</TD>",
        "<TR><TD>1</TD><TD>&undefined;</TD></TR>",
    ],
)
def test_rows_that_are_none(xml: str) -> None:
    with pytest.raises(FileFormatError):
        decode_rows([Column("a", "int"), Column("b", "int")], xml.encode())


def test_what_xml_cannot_say() -> None:
    column = Column("t", "unicodeChar", "*")
    with pytest.raises(ColumnError, match=r"'t'.*row 1.*BINARY2"):
        encode_rows([column], [texts("a", "\x01")])
    with pytest.raises(ColumnError, match=r"'t'.*row 1.*ASCII"):
        encode_rows([Column("t", "char", "*")], [texts("a", "é")])
    with pytest.raises(ColumnError, match=r"'t'.*row 1.*arraysize 2"):
        encode_rows([Column("t", "char", "2")], [texts("a", "abc")])


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), max_size=5))
def test_text_comes_back_as_it_was(words: list[str]) -> None:
    column = Column("t", "unicodeChar", "*")
    try:
        xml = encode_rows([column], [texts(*words)])
    except ColumnError:
        assert any(set(word) & {*map(chr, range(32)), "\ufffe", "\uffff"} for word in words)
        return
    ((values, missing),) = decode_rows([column], xml)
    assert values.tolist() == words
    assert (missing is None and all(words)) or missing.tolist() == [not word for word in words]


@given(st.lists(st.floats(width=32), max_size=8))
def test_float32_comes_back_as_it_was(numbers: list[float]) -> None:
    values = np.array(numbers, "f4")
    ((read, missing),) = decode_rows([Column("f", "float")], encode_rows([Column("f", "float")], [values]))
    assert missing is None
    assert np.array_equal(read, values, equal_nan=True)
    assert list(np.signbit(read[~np.isnan(read)])) == list(np.signbit(values[~np.isnan(values)]))


@given(st.lists(st.floats(), max_size=8))
def test_float64_comes_back_as_it_was(numbers: list[float]) -> None:
    values = np.array(numbers, "f8")
    ((read, missing),) = decode_rows([Column("d", "double")], encode_rows([Column("d", "double")], [values]))
    assert missing is None
    assert read[~np.isnan(values)].tobytes() == values[~np.isnan(values)].tobytes()
    assert np.isnan(read).tolist() == np.isnan(values).tolist()


def test_the_text_of_arrays_and_of_letters() -> None:
    columns = [
        Column("pair", "int", "2"),
        Column("some", "double", "*"),
        Column("z", "floatComplex"),
        Column("is", "boolean"),
        Column("bits", "bit", "3"),
        Column("odd", "float"),
    ]
    some = np.empty(3, object)
    some[:] = [np.array([0.5, np.nan, np.inf]), None, np.empty(0)]
    arrays = [
        np.array([[1, -2], [3, 4], [5, 6]], ">i4"),
        some,
        np.array([1 - 2j, complex(np.nan, 0.1), 0], "c8"),
        np.array([True, False, True]),
        np.array([[True, False, True], [False] * 3, [True] * 3]),
        np.array([np.nan, -np.inf, 1e-45], "f4"),
    ]
    masks = [np.array([False, True, False]), None, None, np.array([False, False, True]), None, None]
    assert encode_rows(columns, arrays, masks) == (
        b"<TR><TD>1 -2</TD><TD>0.5 NaN +Inf</TD><TD>1 -2</TD><TD>T</TD><TD>1 0 1</TD><TD>NaN</TD></TR>\n"
        b"<TR><TD></TD><TD></TD><TD>NaN 0.1</TD><TD>F</TD><TD>0 0 0</TD><TD>-Inf</TD></TR>\n"
        b"<TR><TD>5 6</TD><TD></TD><TD>0 0</TD><TD></TD><TD>1 1 1</TD><TD>1e-45</TD></TR>\n"
    )


def test_rows_in_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing in one block only is missing there in the whole, and rows are counted across blocks."""
    monkeypatch.setattr(tabledata_reader, "BLOCK_ROWS", 3)
    columns = [Column("n", "int"), Column("t", "char", "*")]
    rows = [f"<TR><TD>{'' if row == 7 else row}</TD><TD>t{row}</TD></TR>" for row in range(10)]
    (numbers, missing), (text, none) = decode_rows(columns, "".join(rows).encode())
    assert numbers.dtype == np.int32
    assert [row for row in range(10) if missing[row]] == [7]
    assert list(numbers[~missing]) == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert list(text) == [f"t{row}" for row in range(10)]
    assert none is None
    with pytest.raises(FileFormatError, match="row 8 holds 'x'"):
        decode_rows(columns, "".join(rows).replace("<TD>8<", "<TD>x<").encode())


def test_a_small_document_does_not_fill_the_memory() -> None:
    with pytest.raises(FileFormatError, match="empty cells"):
        decode_rows([Column("v", "double", "16000000")], b"<TR><TD/></TR>" * 4)
