"""Answers as Parquet that describes itself, with pyarrow and astropy as judges."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import Table

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.parquet import parquet
from tapwidget.tables.votable_document import read_document

KEY = b"IVOA.VOTable-Parquet.content"
COLUMNS = [
    Column("objectId", "long", ucd="meta.id;meta.main", description="Its <id> & more"),
    Column("coord_ra", "double", unit="deg", ucd="pos.eq.ra"),
    Column("tiny", "short"),
    Column("flag", "boolean"),
    Column("name", "unicodeChar", "*"),
    Column("when", "char", "*", "timestamp"),
    Column("nothing", "char", "*"),
    Column("flux", "float", "2", unit="nJy"),
]
ARRAYS = [
    pa.array([-(2**63), 2**63 - 1, None]),
    pa.array([0.1, float("nan"), None]),
    pa.array([-128, None, 127], pa.int8()),
    pa.array([True, None, False]),
    pa.array(["é", "", None]),
    pa.array([0, 1_600_000_000_000_001, None], pa.timestamp("us")),
    pa.nulls(3),
    pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float32(), 2)),
]
EVERY = slice(None)


def written(rows: int = 3, status: tuple[str, str] = ("", ""), which: slice = EVERY) -> tuple[bytes, list[bytes]]:
    table = pa.table(ARRAYS[which], names=[f"c{i}" for i in range(len(ARRAYS[which]))]).slice(0, rows)
    batches, infos = iter(table.to_batches(2)), {"QUERY": "SELECT"}
    pieces = list(parquet(COLUMNS[which], table.schema, batches, status_after=lambda: status, infos=infos))
    return b"".join(pieces), pieces


def test_every_value_is_exact() -> None:
    data, _ = written()
    table = pq.read_table(io.BytesIO(data))
    assert table.column_names == [column.name for column in COLUMNS]
    for array, column in zip(ARRAYS, table.columns, strict=True):
        for wanted, got in zip(array.to_pylist(), column.to_pylist(), strict=True):
            assert got == wanted or (isinstance(wanted, float) and math.isnan(wanted) and math.isnan(got))
    assert table["coord_ra"].null_count == 1, "NaN is a value, a missing one is none"


def test_it_describes_itself() -> None:
    data, _ = written()
    metadata = pq.read_metadata(io.BytesIO(data)).metadata
    assert metadata[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    document = read_document(metadata[KEY])
    lengths = {"name": "1", "nothing": "1"}
    assert list(document.columns) == [replace(c, arraysize=lengths.get(c.name, c.arraysize)) for c in COLUMNS]
    assert document.query_status == "OK"
    assert document.infos["QUERY"] == "SELECT"


def test_astropy_reads_the_description() -> None:
    data, _ = written(rows=1, which=slice(5))  # it cannot do missing truth values, nor times
    table: Any = Table.read(io.BytesIO(data), format="parquet.votable")
    assert str(table["coord_ra"].unit) == "deg"
    assert table["objectId"].description == "Its <id> & more"
    assert table["objectId"].meta["ucd"] == "meta.id;meta.main"


def test_rows_left_out_are_said() -> None:
    data, _ = written(status=("OVERFLOW", "cut at 3 rows"))
    document = read_document(pq.read_metadata(io.BytesIO(data)).metadata[KEY])
    assert (document.query_status, document.query_message) == ("OVERFLOW", "cut at 3 rows")


def test_no_rows() -> None:
    data, _ = written(rows=0)
    assert pq.read_table(io.BytesIO(data)).num_rows == 0


def test_the_first_rows_travel_before_the_last_are_known() -> None:
    _, pieces = written()
    assert pieces[0].startswith(b"PAR1")
    assert len(pieces) == 3
    assert len(pieces[0]) > 100
