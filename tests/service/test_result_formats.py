"""An answer is the same table whether it came as Parquet or as BINARY2: column by column, bit by bit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from astropy.table import MaskedColumn, Table
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tapwidget.ivoa.tapschema import Column
from tapwidget.server import results
from tapwidget.server.arrow_values import arrays_of
from tapwidget.server.parquet import parquet
from tapwidget.tables.parquet_document import from_parquet
from tapwidget.tables.votable import from_votable
from tapwidget.tables.votable_document import write_stream

SECONDS = 60
INFOS = {"QUERY": "SELECT <1> & 2", "SIMULATED": "simulated data"}


def integers(kind: Any, low: int, high: int) -> st.SearchStrategy[Any]:
    return st.sampled_from([low, high, 0]) | st.integers(low, high)


ASCII = st.text(st.characters(max_codepoint=127), max_size=12)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KINDS: dict[str, tuple[Column, Any, st.SearchStrategy[Any]]] = {
    "long": (Column("", "long", ucd="meta.id;meta.main"), pa.int64(), integers(64, -(2**63), 2**63 - 1)),
    "int": (Column("", "int", description="A <count> & more"), pa.int32(), integers(32, -(2**31), 2**31 - 1)),
    "short": (Column("", "short", utype="a:b.c"), pa.int16(), integers(16, -(2**15), 2**15 - 1)),
    "tiny": (Column("", "short"), pa.int8(), integers(8, -128, 127)),
    "byte": (Column("", "unsignedByte"), pa.uint8(), integers(8, 0, 255)),
    "double": (Column("", "double", unit="deg", ucd="pos.eq.ra"), pa.float64(), st.floats()),
    "float": (Column("", "float", unit="mag"), pa.float32(), st.floats(width=32)),
    "boolean": (Column("", "boolean"), pa.bool_(), st.booleans()),
    "char": (Column("", "char", "*"), pa.string(), ASCII),
    "wide": (Column("", "char", "*"), pa.large_string(), ASCII),
    "unicode": (Column("", "unicodeChar", "*", unit="furlong/?"), pa.string(), ANY_TEXT),
    "time": (
        Column("", "char", "*", "timestamp"),
        pa.timestamp("us"),
        st.integers(-(10**15), 10**16) | st.integers(-(10**9), 10**9).map(lambda second: second * 10**6),
    ),
    "nothing": (Column("", "char", "*"), pa.null(), st.none()),
    "floats": (
        Column("", "float", "3", unit="nJy"),
        pa.list_(pa.float32(), 3),
        st.lists(st.floats(width=32), min_size=3, max_size=3),
    ),
    "longs": (
        Column("", "long", "2"),
        pa.list_(pa.int64(), 2),
        st.lists(integers(64, -(2**63), 2**63 - 1), min_size=2, max_size=2),
    ),
}


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[Column], pa.Table, int]:
    """Columns with their description, an Arrow table of them, and how many rows travel at a time."""
    rows = draw(st.integers(0, 9))
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6))
    columns, arrays = [], []
    for number, name in enumerate(names):
        column, kind, each = KINDS[name]
        has_nulls = draw(st.booleans())
        cells = draw(st.lists(st.none() | each if has_nulls else each, min_size=rows, max_size=rows))
        words = {word: getattr(column, word) for word in ("xtype", "unit", "ucd", "utype", "description")}
        columns.append(Column(f"{name}_{number}.x", column.datatype, column.arraysize, **words))
        arrays.append(pa.array(cells, kind))
    return columns, pa.table(arrays, names=[f"c{j}" for j in range(len(names))]), draw(st.integers(1, 10))


def both_ways(columns: list[Column], table: pa.Table, size: int, status: tuple[str, str] = ("", "")) -> list[Table]:
    """What the client makes of the answer in Parquet, and of that in BINARY2."""
    batches = table.combine_chunks().to_batches(size)
    one = b"".join(parquet(columns, table.schema, iter(batches), status_after=lambda: status, infos=INFOS))
    rows = (arrays_of(batch) for batch in batches)
    other = b"".join(write_stream(columns, rows, status_after=lambda: status, infos=INFOS, table_name="result"))
    return [from_parquet(one), from_parquet(io.BytesIO(one)), from_votable(other)]


def assert_same(one: Table, other: Table) -> None:
    assert one.colnames == other.colnames
    assert one.meta == other.meta
    for name in one.colnames:
        mine, theirs = one[name], other[name]
        assert type(mine) is type(theirs), name
        assert mine.dtype == theirs.dtype, name
        assert mine.shape == theirs.shape, name
        assert mine.unit == theirs.unit, name
        assert mine.description == theirs.description, name
        assert dict(mine.meta) == dict(theirs.meta), name
        assert isinstance(mine, MaskedColumn) == bool(np.ma.getmaskarray(mine).any()), name
        assert np.array_equal(np.ma.getmaskarray(mine), np.ma.getmaskarray(theirs)), name
        shown = ~np.ma.getmaskarray(mine)
        a, b = np.ma.getdata(mine)[shown], np.ma.getdata(theirs)[shown]
        if a.dtype.kind == "f":  # -0.0 is not 0.0; one NaN is as good as another
            assert np.array_equal(np.isnan(a), np.isnan(b)), name
            a, b = (np.where(np.isnan(values), 0, values).view(f"i{values.itemsize}") for values in (a, b))
        assert a.tolist() == b.tolist(), name


@given(answers())
@settings(max_examples=60, deadline=None)
@example(([KINDS["nothing"][0]], pa.table({"c0": pa.nulls(0)}), 1))
def test_parquet_and_binary2_are_one_table(answer: tuple[list[Column], pa.Table, int]) -> None:
    from_bytes, from_file, from_binary2 = both_ways(*answer)
    assert_same(from_bytes, from_binary2)
    assert_same(from_file, from_binary2)
    assert len(from_bytes) == answer[1].num_rows


@pytest.mark.parametrize("status", [("", ""), ("OVERFLOW", "cut at 3 rows")])
def test_both_say_whether_rows_were_left_out(status: tuple[str, str]) -> None:
    for table in both_ways([Column("a", "long")], pa.table({"a": [1, 2, 3]}), 2, status):
        assert table.meta["overflow"] is bool(status[0])
        assert table.meta["query_status"] == (status[0] or "OK")
        assert table.meta["infos"] == INFOS


def test_many_rows_of_texts_of_every_length() -> None:
    """Several groups of rows; texts that are too long, or hold a NUL, for numpy's own."""
    rows = 65_600
    texts = ["x" * (row % 7) for row in range(rows)]
    odd = [None, "", "é𝔘", "a\0b", "y" * 3000]
    columns = [Column("id", "long"), *(Column(f"text{n}", "unicodeChar", "*") for n in range(len(odd)))]
    arrays = [np.arange(rows) + np.iinfo(np.int64).min, *([first, *texts[1:]] for first in odd)]
    table = pa.table(dict(zip((column.name for column in columns), arrays, strict=True)))
    one, other, reference = both_ways(columns, table, 65_536)
    assert_same(one, reference)
    assert_same(other, reference)
    assert [one[f"text{n}"].dtype.kind for n in range(len(odd))] == ["U", "U", "U", "O", "O"]
    assert one["text4"][rows - 1] == texts[-1]


QUERY = (
    "SELECT objectId, coord_ra, r_cModelMag, refExtendedness, refBand, r_cModelMag / 0 AS nothing, "
    "CAST(objectId AS REAL) AS f, -9223372036854775808 AS low, coord_ra AS objectid2, coord_ra FROM dp1.Object "
    "{where} ORDER BY objectId"
)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made


@pytest.mark.parametrize("where", ["WHERE r_cModelMag < 20 OR u_cModelMag IS NULL", "WHERE objectId < 0"])
def test_the_service_sends_one_table_in_both(tap_url: str, session: requests.Session, where: str) -> None:
    tables = []
    for name in ("parquet", "votable"):
        form = {"LANG": "ADQL", "QUERY": QUERY.format(where=where), "RESPONSEFORMAT": name, "MAXREC": "70000"}
        answer = session.post(f"{tap_url}/sync", form, timeout=SECONDS)
        assert answer.headers["content-type"].startswith(results.format_named(name).mime)
        tables.append(from_parquet(answer.content) if name == "parquet" else from_votable(answer.content))
    assert_same(*tables)
    assert (len(tables[0]) == 0) == ("< 0" in where)
    assert tables[0].colnames[-1] == "coord_ra_2"


def test_plain_readers_take_our_parquet(tap_url: str, session: requests.Session) -> None:
    form = {"LANG": "ADQL", "QUERY": QUERY.format(where=""), "RESPONSEFORMAT": "parquet", "MAXREC": "5"}
    content = session.post(f"{tap_url}/sync", form, timeout=SECONDS).content
    assert pq.read_table(io.BytesIO(content)).num_rows == 5
    table: Any = Table.read(io.BytesIO(content), format="parquet.votable")
    assert str(table["coord_ra"].unit) == "deg"
    assert from_parquet(content).meta["overflow"] is True
