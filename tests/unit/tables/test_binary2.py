from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import ColumnError, FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables import binary2, field_types, tabledata
from tapwidget.tables.binary2 import decode_rows, encode_rows


def texts(*values: str | bytes | None) -> np.ndarray:
    result = np.empty(len(values), object)
    result[:] = values
    return result


def mask(*bits: int) -> np.ndarray:
    return np.array(bits, bool)


def test_the_bytes_of_one_row() -> None:
    columns = [Column("id", "long"), Column("mag", "float"), Column("band", "char", "*"), Column("ok", "boolean")]
    arrays = [np.array([-2]), np.array([1.5], "f4"), texts("gri"), np.array([True])]
    expected = b"\x00" + struct.pack(">qfI", -2, 1.5, 3) + b"gri" + b"T"
    assert encode_rows(columns, arrays) == expected


def test_null_bits_begin_with_the_most_significant_one() -> None:
    columns = [Column(f"c{index}", "unsignedByte") for index in range(10)]
    arrays = [np.array([7], "u1")] * 10
    masks = [mask(1), *[None] * 7, mask(0), mask(1)]
    assert encode_rows(columns, arrays, masks) == b"\x80\x40" + b"\0" + b"\7" * 8 + b"\0"
    read = decode_rows(columns, encode_rows(columns, arrays, masks))
    assert [gone is not None and bool(gone[0]) for _, gone in read] == [index in {0, 9} for index in range(10)]


def test_what_is_masked_does_not_travel() -> None:
    columns = [Column("i", "int"), Column("f", "double"), Column("t", "char", "*"), Column("b", "boolean")]
    arrays = [np.array([99], "i4"), np.array([9.9]), texts("secret"), np.array([True])]
    data = encode_rows(columns, arrays, [mask(1)] * 4)
    assert data == b"\xf0" + struct.pack(">idI", 0, np.nan, 0) + b"?"


def test_nan_is_a_value_and_not_a_null() -> None:
    columns = [Column("f", "double")]
    ((values, missing),) = decode_rows(columns, encode_rows(columns, [np.array([np.nan, np.inf, -np.inf])]))
    assert missing is None
    assert np.isnan(values[0])
    assert list(values[1:]) == [np.inf, -np.inf]


def test_empty_text_and_missing_text_are_two_things() -> None:
    for datatype in ("char", "unicodeChar"):
        columns = [Column("t", datatype, "*"), Column("u", datatype, "3")]
        arrays = [texts("", None, "abc"), texts("", None, "abc")]
        for values, missing in decode_rows(columns, encode_rows(columns, arrays)):
            assert list(values) == ["", "", "abc"]
            assert list(missing) == [False, True, False]


def test_a_null_text_may_come_with_letters_below_its_bit() -> None:
    ((values, missing),) = decode_rows([Column("t", "char", "*")], b"\x80\0\0\0\2xy" + b"\0\0\0\0\0")
    assert (list(values), list(missing)) == (["", ""], [True, False])


@pytest.mark.parametrize("arrays", [np.array(["a", "bcd"]), np.array([b"a", b"bcd"]), texts("a", b"bcd")])
@pytest.mark.parametrize("arraysize", ["*", "3", "8*", "5"])
@pytest.mark.parametrize("datatype", ["char", "unicodeChar"])
def test_text_of_any_array(arrays: np.ndarray, arraysize: str, datatype: str) -> None:
    columns = [Column("t", datatype, arraysize)]
    ((values, missing),) = decode_rows(columns, encode_rows(columns, [arrays]))
    assert (list(values), missing) == (["a", "bcd"], None)


def test_text_ends_at_its_first_nul() -> None:
    ((values, _),) = decode_rows([Column("t", "char", "6")], b"ab\0cd\0" + b"\0xxxxx" + b"abcdef", binary2=False)
    assert list(values) == ["ab", "", "abcdef"]


def test_characters_beyond_the_first_plane_take_two_units() -> None:
    columns = [Column("t", "unicodeChar", "*")]
    data = encode_rows(columns, [texts("a😀")])
    assert data == b"\0" + struct.pack(">I", 3) + "a😀".encode("utf-16-be")
    assert list(decode_rows(columns, data)[0][0]) == ["a😀"]


def test_text_not_in_the_encoding_it_should_be() -> None:
    notes: list[str] = []
    column = Column("t", "char", "4")
    ((values, _),) = decode_rows([column], b"caf\xe9" + "né\0".encode() + b"abcd", binary2=False, notes=notes)
    assert list(values) == ["café", "né", "abcd"]
    assert len(notes) == 1
    assert "1 texts of column 't'" in notes[0]
    assert "Latin-1" in notes[0]
    ((values, _),) = decode_rows([Column("t", "unicodeChar", "1")], b"\xd8\x00\0a", binary2=False, notes=notes)
    assert list(values) == ["\ufffd", "a"]
    assert "U+FFFD" in notes[1]


def test_booleans_of_all_spellings() -> None:
    ((values, missing),) = decode_rows([Column("b", "boolean")], b"Tt1Ff0? \0", binary2=False)
    assert list(values) == [True] * 3 + [False] * 6
    assert list(missing) == [False] * 6 + [True] * 3
    with pytest.raises(FileFormatError, match=r"'b'.*boolean"):
        decode_rows([Column("b", "boolean")], b"Q", binary2=False)


def test_bits_come_eight_to_a_byte() -> None:
    columns = [Column("one", "bit"), Column("ten", "bit", "10")]
    (one, _), (ten, _) = decode_rows(columns, b"\x80\xa0\x40" + b"\0\0\0", binary2=False)
    assert list(one) == [True, False]
    assert ten.shape == (2, 10)
    assert list(np.flatnonzero(ten[0])) == [0, 2, 9]
    arrays = [one, ten]
    assert encode_rows(columns, arrays, binary2=False) == b"\x80\xa0\x40" + b"\0\0\0"


@pytest.mark.parametrize(("arraysize", "shape"), [("3", (3,)), ("2x3", (3, 2)), ("1", ()), ("", ())])
def test_vectors_of_fixed_size(arraysize: str, shape: tuple[int, ...]) -> None:
    values = np.arange(2 * int(np.prod(shape))).reshape(2, *shape)
    columns = [Column("v", "int", arraysize), Column("n", "short")]
    data = encode_rows(columns, [values, np.array([1, 2], "i2")], [mask(0, 1), None])
    (read, missing), _ = decode_rows(columns, data)
    assert read.shape == missing.shape == (2, *shape)
    assert (read[0] == values[0]).all()
    assert missing[1].all()
    assert not missing[0].any()


def test_vectors_of_varying_length() -> None:
    columns = [Column("v", "double", "*"), Column("t", "char", "*"), Column("w", "short", "4*")]
    doubles = np.empty(3, object)
    doubles[:] = [np.array([1.5, 2.5]), None, np.array([])]
    shorts = np.empty(3, object)
    shorts[:] = [np.array([], "i2"), np.array([1, 2, 3, 4], "i2"), np.array([5], "i2")]
    arrays = [doubles, texts("a", "", "bc"), shorts]
    (read, missing), (text, _), (others, _) = decode_rows(columns, encode_rows(columns, arrays))
    assert [list(cell) for cell in read] == [[1.5, 2.5], [], []]
    assert list(missing) == [False, True, False]
    assert list(text) == ["a", "", "bc"]
    assert [list(cell) for cell in others] == [[], [1, 2, 3, 4], [5]]


def test_values_null_of_integers() -> None:
    ((values, missing),) = decode_rows([Column("n", "short")], struct.pack(">hh", -99, 3), binary2=False, nulls=["-99"])
    assert (values[1], list(missing)) == (3, [True, False])
    ((_, missing),) = decode_rows([Column("n", "short")], struct.pack(">hh", -99, 3), binary2=False, nulls=["none"])
    assert missing is None


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        (Column("t", "char", "*"), texts("ok", "é"), "'t'.*row 1.*ASCII.*unicodeChar"),
        (Column("t", "char", "2"), texts("ok", "long"), "'t'.*arraysize 2.*row 1.*4 characters"),
        (Column("t", "unicodeChar", "2*"), texts("ok", "long"), "'t'.*arraysize 2.*row 1.*4 characters"),
        (Column("t", "char", "*"), texts("ok", 5), "'t'.*row 1.*int"),  # type: ignore[arg-type]
        (Column("t", "char", "*"), texts("ok", b"\xff"), "'t'.*not ASCII.*row 1"),
        (Column("t", "unicodeChar", "*"), texts("ok", "\ud800"), "'t'.*surrogate"),
        (Column("t", "char", "*"), np.array([1, 2]), "'t'.*text.*int64"),
        (Column("t", "char", "*"), np.array([["a"], ["b"]]), "'t'.*several texts"),
        (Column("n", "short"), np.array([1, 40_000]), "'n'.*short.*40000.*row 1"),
        (Column("n", "unsignedByte"), np.array([1, -1]), "'n'.*-1.*row 1"),
        (Column("n", "long"), np.array([0, 2**63], "u8"), "'n'.*9223372036854775808.*row 1"),
        (Column("n", "int"), np.array([1.0, 2.0]), "'n'.*int.*float64"),
        (Column("n", "int"), np.array([True, False]), "'n'.*int.*bool"),
        (Column("f", "float"), np.array([0.5, 0.1]), "'f'.*0.1.*row 1.*exactly"),
        (Column("f", "double"), np.array([1, 2**53 + 1]), "'f'.*9007199254740993.*row 1.*exactly"),
        (Column("b", "boolean"), np.array([1, 0]), "'b'.*boolean.*int64"),
        (Column("v", "int", "3"), np.array([[1, 2], [3, 4]]), r"'v'.*\(2,\).*\(3,\)"),
        (Column("n", "integer"), np.array([1, 2]), "'n'.*'integer'"),
        (Column("n", "int", "many"), np.array([1, 2]), "'n'.*'many'"),
    ],
)
def test_what_a_datatype_cannot_hold_is_refused(column: Column, values: np.ndarray, says: str) -> None:
    with pytest.raises(ColumnError, match=says):
        encode_rows([column], [values])
    # where it is missing anyway, it does not matter
    if values.dtype != object and column.is_number and values.dtype.kind in "iu" and "bool" not in says:
        encode_rows([column], [values], [mask(0, 1)])


def test_a_cell_is_missing_as_a_whole_or_not_at_all() -> None:
    column = Column("v", "int", "2")
    with pytest.raises(ColumnError, match=r"'v' lacks some.*row 1"):
        encode_rows([column], [np.ones((2, 2), "i4")], [np.array([[1, 1], [0, 1]], bool)])
    column = Column("v", "double", "2")
    data = encode_rows([column], [np.ones((2, 2))], [np.array([[1, 1], [0, 1]], bool)])
    ((values, missing),) = decode_rows([column], data)
    assert list(missing[:, 0]) == [True, False]
    assert np.isnan(values[1, 1])


def test_binary_cannot_say_that_an_integer_is_missing() -> None:
    with pytest.raises(ColumnError, match=r"'n'.*BINARY2"):
        encode_rows([Column("n", "int")], [np.array([1])], [mask(1)], binary2=False)


def test_masked_arrays_bring_their_mask() -> None:
    columns = [Column("n", "long"), Column("t", "char", "*")]
    arrays = [np.ma.array([1, 2, 3], mask=[0, 1, 0]), np.ma.array(texts("a", "b", "c"), mask=[0, 0, 1])]
    (_, numbers), (_, words) = decode_rows(columns, encode_rows(columns, arrays, [mask(1, 0, 0), None]))
    assert numbers.tolist() == [True, True, False]
    assert words.tolist() == [False, False, True]
    (_, numbers), (_, words) = tabledata.decode_rows(columns, tabledata.encode_rows(columns, arrays))
    assert numbers.tolist() == [False, True, False]
    assert words.tolist() == [False, False, True]


def test_arrays_must_be_of_one_length() -> None:
    columns = [Column("a", "int"), Column("b", "int")]
    with pytest.raises(ColumnError, match=r"'b' has 2 rows.*3"):
        encode_rows(columns, [np.arange(3), np.arange(2)])
    with pytest.raises(ColumnError, match="2 columns, 1 arrays"):
        encode_rows(columns, [np.arange(3)])


MIXED = [Column("id", "long"), Column("t", "char", "*"), Column("x", "double"), Column("u", "unicodeChar", "*")]


def mixed(nrows: int) -> bytes:
    words = [texts(*[mark * (row % 5) for row in range(nrows)]) for mark in ("a", "é")]
    return encode_rows(MIXED, [np.arange(nrows), words[0], np.arange(nrows) / 2, words[1]])


@pytest.mark.parametrize("columns", [MIXED, [Column("a", "long"), Column("b", "char", "3")]])
def test_rows_cut_anywhere_are_refused(columns: list[Column]) -> None:
    if columns is MIXED:
        data = mixed(6)
        ends = {len(mixed(count)) for count in range(7)}
    else:
        data = encode_rows(columns, [np.arange(6), np.array(["abc"] * 6)])
        ends = set(range(0, len(data) + 1, 12))
    for end in range(len(data)):
        if end in ends:
            assert len(decode_rows(columns, data[:end])[0][0]) < 6
            continue
        with pytest.raises(FileFormatError, match="incomplete"):
            decode_rows(columns, data[:end])
    with pytest.raises(FileFormatError, match="incomplete"):
        decode_rows(columns, data + b"\0")


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make the reader fall over, or read beyond them."""
    try:
        read = decode_rows(MIXED, data)
    except FileFormatError:
        return
    assert len({len(values) for values, _ in read}) == 1


def test_what_fields_declare_does_not_fill_the_memory() -> None:
    assert field_types.LARGEST_CELL < 2**31
    with pytest.raises(ColumnError, match="declares cells of"):
        decode_rows([Column("v", "double", "99999999999")], b"\0" * 9)
    with pytest.raises(FileFormatError, match="incomplete"):
        decode_rows([Column(f"v{index}", "double", str(2**24)) for index in range(300)], b"\0" * 9)
    with pytest.raises(FileFormatError, match="no FIELD"):
        decode_rows([], b"\0")


def test_no_rows() -> None:
    columns = [*MIXED, Column("v", "int", "2x3"), Column("w", "int", "*"), Column("b", "bit", "9")]
    arrays = [np.empty(0, "i8"), texts(), np.empty(0), texts(), np.empty((0, 3, 2), "i4"), texts()]
    arrays.append(np.empty((0, 9), bool))
    assert encode_rows(columns, arrays) == b""
    masks = [np.zeros(values.shape, bool) for values in arrays]
    assert encode_rows(columns, arrays, masks) == tabledata.encode_rows(columns, arrays, masks) == b""
    read = decode_rows(columns, b"")
    assert [values.shape for values, _ in read] == [(0,), (0,), (0,), (0,), (0, 3, 2), (0,), (0, 9)]
    assert all(missing is None for _, missing in read)


def test_rows_are_the_same_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mixed(500)
    monkeypatch.setattr(binary2, "BLOCK_BYTES", 300)
    assert mixed(500) == whole
