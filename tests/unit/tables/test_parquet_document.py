"""Parquet of other writers than ours: types that VOTable has no word for, and files that are not what they say."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.parquet_document import KEY, from_parquet, read_parquet
from tapwidget.tables.votable_document import describe


def written(array: Any, arraysize: str = "", **how: Any) -> bytes:
    """One column `a`, described as whatever that is, with Arrow's own schema beside it as other writers have it."""
    content = describe([Column("a", "char", arraysize or "*")], query_status="OK")
    out = io.BytesIO()
    pq.write_table(pa.table({"a": array}).replace_schema_metadata({KEY: content}), out, **how)
    return out.getvalue()


def read(array: Any, arraysize: str = "", **how: Any) -> Any:
    return from_parquet(written(array, arraysize, **how))["a"]


LISTS = pa.array([[1, 2], None, [3, None]])
FIXED = pa.array([[2**60 + 1, 2], [3, 4]], pa.list_(pa.int64(), 2))


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.array([2**64 - 1, None], pa.uint64()), [2**64 - 1, None]),
        (pa.array([-128, None, 5], pa.int8()), [-128, None, 5]),
        (pa.array([2**32 - 1], pa.uint32()), [2**32 - 1]),
        (pa.array([Decimal(2**60 + 1), None], pa.decimal128(30, 0)), [2**60 + 1, None]),
        (pa.array([Decimal("1.5")]), [1.5]),
        (pa.array([date(2026, 1, 2), None]), ["2026-01-02", None]),
        (pa.array([1, 1_500, None], pa.timestamp("ms", "UTC")),
         ["1970-01-01T00:00:00.001", "1970-01-01T00:00:01.500", None]),
        (pa.array([-1, 10**9], pa.timestamp("ns")), ["1969-12-31T23:59:59.999999", "1970-01-01T00:00:01.000"]),
        (pa.array(["x", None, "é"]).dictionary_encode(), ["x", None, "é"]),
        (pa.array([b"ab", b"c"]), ["ab", "c"]),
        (pa.nulls(2, pa.string()), [None, None]),
        (FIXED, [[2**60 + 1, 2], [3, 4]]),
        (LISTS, [[1, 2], None, [3, None]]),
    ],
    ids=str,
)  # fmt: skip
def test_types_beyond_those_of_our_service(array: Any, values: list[Any]) -> None:
    assert read(array).tolist() == values


def test_arrays_are_described_by_their_size() -> None:
    column = read(LISTS, "2")
    assert column.dtype == np.int64
    assert column.tolist() == [[1, 2], [None, None], [3, None]]
    assert read(FIXED.cast(pa.list_(pa.int64())), "2").tolist() == FIXED.to_pylist()
    assert read(pa.array([], pa.list_(pa.float32())), "3").shape == (0, 3)
    with pytest.raises(FileFormatError, match="'a' of the Parquet file is described as arrays of 3, but holds others"):
        read(LISTS, "3")


def test_groups_of_rows_of_any_size_are_one_column() -> None:
    texts = [None if row % 10 == 0 else str(row) for row in range(1000)]
    column = read(pa.array(texts), row_group_size=7)
    assert column.tolist() == texts
    assert read(pa.array(range(1000)).slice(3), row_group_size=7).tolist() == list(range(3, 1000))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(40) + b"PAR1", b"<VOTABLE/>"])
def test_what_is_no_parquet(content: bytes) -> None:
    with pytest.raises(FileFormatError, match="incomplete or damaged"):
        read_parquet(content)


def test_damage_in_the_midst_of_a_file() -> None:
    content = bytearray(written(pa.array(["some text"] * 100), compression="snappy"))
    content[30:60] = bytes(30)
    with pytest.raises(FileFormatError, match="incomplete or damaged"):
        read_parquet(bytes(content))


def test_structures_and_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FileFormatError, match=r"holds struct<b: int64>, which no column of a table can\. Leave it out"):
        read(pa.array([{"b": 1}]))
    odd = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 1], np.int32)), pa.py_buffer(b"\xe9"))
    with pytest.raises(FileFormatError, match="text that is not in UTF-8"):
        read(odd)


def test_a_file_that_says_nothing_has_no_columns() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), out)
    table = from_parquet(out.getvalue())
    assert (table.colnames, table.meta["query_status"], table.meta["overflow"]) == ([], "", False)
