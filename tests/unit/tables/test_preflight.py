"""What travels: legal names, one to one; types that services have; exact values; every change said."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwidget.errors import ColumnError, UploadError
from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.tables.preflight import is_reserved, legal_names, prepare
from tapwidget.tables.roles import Position, recognise
from tapwidget.tables.votable import from_votable, to_votable

SKY = Position(("ra", "dec"))
awkward = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["ra", "RA", "Dec", "dec", "size", "SIZE", "_2MASS", "[Fe/H]", "a b", "a_b", "a-b", "---", "é"]),
    st.sampled_from(["tw_row", "TW_ROW", "x" * 80, "x" * 81]),
)  # fmt: skip


def sky(**columns: Any) -> Table:
    return Table({"ra": [10.5, 20.5, 30.5], "dec": [-1.0, 0.0, 1.0], **columns})


@settings(deadline=None)
@given(st.lists(awkward, unique=True, max_size=12))
def test_names_are_legal_unique_whatever_the_case_and_one_to_one(names: list[str]) -> None:
    changes: list[str] = []
    mapping = legal_names(names, changes)
    assert list(mapping) == names
    assert len({new.lower() for new in mapping.values()}) == len(names)
    for old, new in mapping.items():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", new)
        assert new.upper() not in RESERVED
        assert len(new) <= 64
        assert old == new or any(f"`{old}` travels as `{new}`" in said for said in changes)
    assert len(changes) == sum(old != new for old, new in mapping.items())


def test_names_that_may_stay_do_stay() -> None:
    assert legal_names(["a b", "a_b", "Dec", "dec", "size"], []) == {
        "a b": "a_b_2", "a_b": "a_b", "Dec": "Dec", "dec": "dec_2", "size": "size_",
    }  # fmt: skip
    assert is_reserved("Distance")
    assert not is_reserved("r")


def test_the_slim_table() -> None:
    table = sky(objid=[2**62 + 1, 2**62 + 2, 2**62 + 3], r=[18.0, 19.0, 20.0], other=["x", "y", "z"])
    table["r"].unit = "mag"
    upload = prepare(table, ["r", "objid"], position=SKY)
    assert upload.table.colnames == ["tw_row", "ra", "dec", "r", "objid"]
    assert upload.table["tw_row"].dtype == np.int32
    assert upload.position == ("ra", "dec")
    assert upload.names == {"ra": "ra", "dec": "dec", "r": "r", "objid": "objid"}
    assert upload.changes == ()
    assert str(upload.table["r"].unit) == "mag"
    assert upload.table["objid"].tolist() == table["objid"].tolist()
    assert table.colnames == ["ra", "dec", "objid", "r", "other"]


def test_rows_without_a_position_are_left_out_and_said() -> None:
    table = sky(r=[18, 19, 20])
    table["dec"][1] = np.nan
    upload = prepare(table, ["r"], position=SKY)
    assert upload.table["tw_row"].tolist() == [0, 2]
    assert upload.table["r"].tolist() == [18, 20]
    assert upload.rows == 2
    assert "1 row without a position left out." in upload.changes
    table["dec"] = np.nan
    with pytest.raises(UploadError, match="No row of the table has a position"):
        prepare(table, position=SKY)
    with pytest.raises(UploadError, match="no rows"):
        prepare(sky()[:0], position=SKY)


def test_without_a_position_all_rows_travel() -> None:
    table = Table({"mpc_designation": ["2000 VC34", "1999 AB"], "ra": [1.0, np.nan]})
    upload = prepare(table, ["mpc_designation"], position=None)
    assert upload.table.colnames == ["tw_row", "mpc_designation"]
    assert (upload.rows, upload.position) == (2, None)


def test_positions_of_another_form_travel_as_icrs_degrees() -> None:
    table = Table({"RA": ["01 00 00", "02 00 00"], "Dec": ["+10 00 00", "-10 30 00"], "tw_ra": [1, 2]})
    upload = prepare(table, ["tw_ra"], position=recognise(table).position)
    assert upload.position == ("tw_ra_2", "tw_dec")
    assert upload.table["tw_ra_2"].tolist() == [15.0, 30.0]
    assert upload.table["tw_dec"].tolist() == [10.0, -10.5]
    assert str(upload.table["tw_dec"].unit) == "deg"
    assert any("travels as `tw_ra_2` and `tw_dec`" in said for said in upload.changes)


@pytest.mark.parametrize("names", [("RA(deg)", "DEC(deg)"), ("_RAJ2000", "_DEJ2000"), ("size", "zone")])
def test_illegal_names_of_the_position(names: tuple[str, str]) -> None:
    table = Table({names[0]: [1.0], names[1]: [2.0]})
    upload = prepare(table, [names[0]], position=Position(names))
    assert upload.position == ("tw_ra", "tw_dec")
    assert upload.names[names[0]] in upload.table.colnames


def test_row_column_keeps_clear_of_the_users_names() -> None:
    upload = prepare(sky(TW_ROW=[7, 8, 9]), ["TW_ROW"], position=SKY)
    assert upload.row_column == "tw_row_2"
    assert upload.table["TW_ROW"].tolist() == [7, 8, 9]


TYPES = [
    (np.array([True, False, True]), np.int16, [1, 0, 1], "true and false travel as 1 and 0"),
    (np.array([1, 2, 255], np.uint8), np.int16, [1, 2, 255], "travels as int16"),
    (np.array([-128, 0, 127], np.int8), np.int16, [-128, 0, 127], "travels as int16"),
    (np.array([0, 1, 65535], np.uint16), np.int32, [0, 1, 65535], "travels as int32"),
    (np.array([0, 1, 2**32 - 1], np.uint32), np.int64, [0, 1, 2**32 - 1], "travels as int64"),
    (np.array([0, 1, 2**63 - 1], np.uint64), np.int64, [0, 1, 2**63 - 1], "travels as int64"),
    (np.array([0, 1, 2**63], np.uint64), np.dtype("S19"), ["0", "1", str(2**63)], "beyond 64 bits with sign"),
    (np.array([1.5, 2.5, 3.5], np.float16), np.float32, [1.5, 2.5, 3.5], "travels as float32"),
    (np.array([1.5, 2.5, 3.5], ">f8"), np.float64, [1.5, 2.5, 3.5], ""),
    (np.array([1, 2, 3], ">i4"), np.int32, [1, 2, 3], ""),
    (np.array(["a", "bc", ""]), np.dtype("S2"), ["a", "bc", ""], ""),
    (np.array(["α", "b", ""]), np.dtype("U1"), ["α", "b", ""], "letters beyond ASCII"),
    (np.array(["ö".encode(), b"b", b""]), np.dtype("U1"), ["ö", "b", ""], "ASCII: they travel as unicode text."),
    (np.array([b"\xf6", b"\xf8", "ö".encode()]), np.dtype("U1"), ["ö", "ø", "ö"], "2 values read as Latin-1"),
    (np.array(["nan", "Inf", "x"]), np.dtype("S3"), ["nan", "Inf", "x"], "word nan or inf in 2 rows"),
    (np.array(["2020-01-01T00:00:00", "2021-01-01", "2022-01-01"], "M8[s]"), np.dtype("S19"),
     ["2020-01-01T00:00:00", "2021-01-01T00:00:00", "2022-01-01T00:00:00"], "ISO 8601"),
    (np.array([2**62, 5, 7], dtype=object), np.int64, [2**62, 5, 7], ""),
    (np.array(["a", "b", "c"], dtype=object), np.dtype("S1"), ["a", "b", "c"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("values", "dtype", "expected", "said"), TYPES)
def test_types(values: np.ndarray, dtype: Any, expected: list[Any], said: str) -> None:
    table = sky()
    table["x"] = Column(values)
    upload = prepare(table, ["x"], position=SKY)
    column = upload.table["x"]
    assert column.dtype == np.dtype(dtype)
    assert [v.decode() if isinstance(v, bytes) else v for v in column.tolist()] == expected
    assert bool(upload.changes) == bool(said)
    assert said in " ".join(upload.changes)
    assert table["x"].dtype == values.dtype
    assert from_votable(to_votable(upload.table))["x"].tolist() == expected


def test_masks_travel_and_hide_nothing() -> None:
    table = sky(
        n=MaskedColumn([1, 2, 3], mask=[False, True, False], dtype=np.int64),
        name=MaskedColumn(["a", "secret", "c"], mask=[False, True, False]),
        mixed=Column([1, None, 2**60], dtype=object),
    )
    upload = prepare(table, ["n", "name", "mixed"], position=SKY)
    for name in ("n", "name", "mixed"):
        assert upload.table[name].mask.tolist() == [False, True, False]
    assert b"secret" not in to_votable(upload.table)
    assert upload.table["mixed"].dtype == np.int64


def test_columns_that_cannot_travel_are_named() -> None:
    table = sky(vector=np.zeros((3, 2)), c=[1j, 2j, 3j])
    table["lists"] = Column([[1], [1, 2], []], dtype=object)
    for name in ("vector", "c", "lists"):
        with pytest.raises(ColumnError, match=f"`{name}` holds"):
            prepare(table, [name], position=SKY)
    with pytest.raises(ColumnError, match=r"no column `rmag`\. Did you mean `r_mag`"):
        prepare(sky(r_mag=[1, 2, 3]), ["rmag"], position=SKY)


@pytest.mark.parametrize("name", ["1a", "my table", "select", ""])
def test_the_name_of_the_upload_must_be_legal(name: str) -> None:
    with pytest.raises(UploadError, match="An upload cannot be called"):
        prepare(sky(), position=SKY, name=name)


columns_of_any_kind = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3).map(lambda v: np.array(v, dtype=np.int64)),
    st.lists(st.integers(0, 2**64 - 1), min_size=3, max_size=3).map(lambda v: np.array(v, dtype=np.uint64)),
    st.lists(st.booleans(), min_size=3, max_size=3).map(np.array),
    st.lists(st.floats(width=32), min_size=3, max_size=3).map(lambda v: np.array(v, dtype=np.float32)),
    st.lists(st.floats(), min_size=3, max_size=3).map(np.array),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6), min_size=3, max_size=3).map(
        lambda v: np.array(v, dtype=np.str_)
    ),
)


@settings(max_examples=60, deadline=None)
@given(columns_of_any_kind, st.lists(st.booleans(), min_size=3, max_size=3))
def test_values_that_travel_are_the_users(values: np.ndarray, mask: list[bool]) -> None:
    table = sky()
    table["x"] = MaskedColumn(values, mask=mask)
    upload = prepare(table, ["x"], position=SKY)
    back = from_votable(to_votable(upload.table))["x"]
    missing = np.ma.getmaskarray(back)
    assert missing.tolist() == mask
    for sent, got, gone in zip(values.tolist(), np.ma.getdata(back).tolist(), mask, strict=True):
        if gone:
            continue
        if isinstance(got, str) and not isinstance(sent, str):
            assert got == str(sent)  # beyond int64: as text, exactly
        else:
            assert got == sent or (np.isnan(got) and np.isnan(sent))
