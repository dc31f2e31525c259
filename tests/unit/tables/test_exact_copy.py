"""A table that was put on disk comes back just as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tapwidget.errors import ColumnError, FileFormatError
from tapwidget.tables.exact_copy import fingerprint, read_copy, size, write_copy

dtypes = (
    hnp.integer_dtypes() | hnp.unsigned_integer_dtypes() | hnp.floating_dtypes(sizes=(32, 64)) | hnp.boolean_dtypes()
    | hnp.unicode_string_dtypes(max_len=5) | hnp.byte_string_dtypes(max_len=5)
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(st.integers(0, 5))
    columns: list[Any] = []
    for number in range(draw(st.integers(0, 4))):
        shape = (rows, *draw(st.sampled_from([(), (), (2,)])))
        data = draw(hnp.arrays(draw(dtypes), shape))
        more = {
            "name": f"c{number}é",
            "unit": draw(st.sampled_from([None, u.deg, u.mag, u.Unit("furlongs", parse_strict="silent"), u.ABmag])),
            "description": draw(st.none() | st.just("what it is")),
            "meta": {"ucd": "pos.eq.ra"},
        }
        mask = draw(st.none() | hnp.arrays(bool, shape))
        columns.append(Column(data, **more) if mask is None else MaskedColumn(data, mask=mask, **more))
    return Table(columns, meta={"tapwidget": {"source": "/x/y.csv"}, "function": len})


@settings(max_examples=40, deadline=None)
@given(tables())
def test_everything_comes_back(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    path = tmp_path_factory.mktemp("copy") / "copy.npz"
    write_copy(table, path)
    again = read_copy(path)
    assert again.colnames == table.colnames
    assert again.meta == {"tapwidget": {"source": "/x/y.csv"}}
    for name in table.colnames:
        mine, theirs = table[name], again[name]
        assert type(mine) is type(theirs)
        assert mine.dtype == theirs.dtype
        assert mine.dtype.str == theirs.dtype.str
        assert str(mine.unit) == str(theirs.unit)
        assert (mine.description, mine.meta) == (theirs.description, theirs.meta)
        assert np.ma.getdata(mine).tobytes() == np.ma.getdata(theirs).tobytes()
        assert np.array_equal(np.ma.getmaskarray(mine), np.ma.getmaskarray(theirs))
    assert fingerprint(again) == fingerprint(table)
    assert size(again) == size(table)


def test_whatever_differs_has_another_fingerprint() -> None:
    table = Table({"a": MaskedColumn([1, 2], mask=[False, True]), "b": Column([1.5, 2.5], unit="mag")})
    others = [table.copy() for _ in range(6)]
    others[0]["a"].mask = [False, False]
    others[1]["b"][1] = np.nextafter(2.5, 3)
    others[2]["b"].unit = "deg"
    others[3].rename_column("b", "c")
    others[4]["a"] = others[4]["a"].astype(np.int32)
    others[5] = others[5][::-1]
    assert len({fingerprint(t) for t in (table, *others)}) == 7
    hidden = table.copy()
    hidden["a"].data.data[1] = 99
    assert fingerprint(hidden) == fingerprint(table)


def test_lists_of_varying_length_cannot_be_kept(tmp_path: Path) -> None:
    column = Column(np.array([[1], [2, 3]], dtype=object), name="lists")
    with pytest.raises(ColumnError, match="lists"):
        write_copy(Table([column]), tmp_path / "copy.npz")
    assert fingerprint(Table([column])) != fingerprint(Table([column[:1]]))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"<html>"])
def test_a_damaged_copy_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "copy.npz"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"copy\.npz"):
        read_copy(path)


def test_a_copy_cut_short_is_none(tmp_path: Path) -> None:
    path = tmp_path / "copy.npz"
    write_copy(Table({"a": np.arange(1000)}), path)
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(FileFormatError):
        read_copy(path)
