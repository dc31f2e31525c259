"""Parquet files into the engine, with what they say about their columns.

Column descriptions come from the file itself: a VOTable without rows under the key `IVOA.VOTable-Parquet.content`
("VOParquet", IVOA note), and JSON under `tapwidget.table` for what a VOTable has no word for (principal, indexed,
simulated).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.server.adql.cells import real
from tapwidget.server.adql.scope import Relation, SourceColumn
from tapwidget.server.adql.values import Kind, kind_of
from tapwidget.server.catalogue import Served
from tapwidget.server.engine import Engine

VOPARQUET_KEY = "IVOA.VOTable-Parquet.content"
OUR_KEY = "tapwidget.table"
COARSE = 0.05
FINE = 16.0 / 3600
"""Degrees; cells of these heights tell how dense a table is, as a whole and in its clusters."""

SMALLEST, LARGEST = 4.0 / 3600, 0.2
"""Heights of stored cells, degrees."""

# The engine's type: VOTable datatype, and what to convert it to where VOTable has no such type.
TYPES = {
    "BIGINT": ("long", ""),
    "INTEGER": ("int", ""),
    "SMALLINT": ("short", ""),
    "TINYINT": ("short", "SMALLINT"),
    "UTINYINT": ("unsignedByte", ""),
    "USMALLINT": ("int", "INTEGER"),
    "UINTEGER": ("long", "BIGINT"),
    "UBIGINT": ("long", "BIGINT"),
    "HUGEINT": ("long", "BIGINT"),
    "FLOAT": ("float", ""),
    "DOUBLE": ("double", ""),
    "BOOLEAN": ("boolean", ""),
    "VARCHAR": ("char", ""),
    "UUID": ("char", "VARCHAR"),
    "DATE": ("char", "TIMESTAMP"),
    "TIMESTAMP": ("char", ""),
    "TIMESTAMP_NS": ("char", "TIMESTAMP"),
    "TIMESTAMP_MS": ("char", "TIMESTAMP"),
    "TIMESTAMP_S": ("char", "TIMESTAMP"),
    "TIMESTAMP WITH TIME ZONE": ("char", "TIMESTAMP"),
}


@dataclass
class Notes:
    """What a file says about itself."""

    columns: dict[str, Column] = field(default_factory=dict)
    description: str = ""
    name: str = ""
    principal: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    is_simulated: bool = False


def load(engine: Engine, name: str, path: Path) -> Served:
    """Load one Parquet file as table `name` ("schema.table").

    Raises
    ------
    FileFormatError
        The file is no Parquet file, or has no column that can be served.
    """
    import duckdb

    con = engine.connection
    try:
        described = con.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        notes = notes_of(con, path)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise FileFormatError(f"{path.name} cannot be read as Parquet: {first}") from error
    columns, selected, left_out = chosen(described, notes)
    if not columns:
        raise FileFormatError(f"{path.name} has no column of numbers or text that could be served.")
    number = con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'cat'").fetchone()[0] + 1
    sql = f"cat.t{number}"
    source = f"(SELECT {', '.join(selected)} FROM read_parquet(?))"
    table = Table(name, notes.description, tuple(columns))
    position = positions(table)
    height = 0.0
    if position is None:
        con.execute(f"CREATE TABLE {sql} AS SELECT * FROM {source}", [str(path)])
    else:
        ra, dec = (f"CAST({column} AS DOUBLE)" for column in position)
        height = cell_height(con, source, path, ra, dec)
        cell = f"tw_cell({ra}, {dec}, {real(height)})"
        con.execute(f"CREATE TABLE {sql} AS SELECT *, {cell} AS tw_cell FROM {source} ORDER BY tw_cell", [str(path)])
    rows = con.execute(f"SELECT count(*) FROM {sql}").fetchone()[0]
    columns, nans = inspected(con, sql, columns)
    description = notes.description
    if left_out:
        description = f"{description} (not served, for their type: {', '.join(left_out)})".strip()
    if notes.is_simulated and not description.startswith("Simulated: "):
        description = f"Simulated: {description}"
    sources = tuple(SourceColumn(c.name, f"c{i}", kind_of(c), c, nans[i - 1]) for i, c in enumerate(columns, start=1))
    stored = position if position is not None and all(is_double(columns, c) for c in position) else None
    relation = Relation(name, sql, sources, rows, stored, height)
    return Served(Table(name, description, tuple(columns), rows), relation, notes.is_simulated)


def chosen(described: list[Any], notes: Notes) -> tuple[list[Column], list[str], list[str]]:
    """The columns to serve, the SQL that selects them as c1, c2, ..., and the names of those left out."""
    columns: list[Column] = []
    selected, left_out = [], []
    taken: set[str] = set()
    for index, (name, engine_type, *_) in enumerate(described):
        base = (
            "DOUBLE"
            if engine_type.startswith("DECIMAL")
            else "VARCHAR"
            if engine_type.startswith("ENUM")
            else engine_type
        )
        if base not in TYPES or name.lower() in taken:
            left_out.append(name)
            continue
        taken.add(name.lower())
        datatype, cast = TYPES[base]
        told = notes.columns.get(name, Column(name, datatype))
        is_time = cast == "TIMESTAMP" or base == "TIMESTAMP"
        columns.append(replace(
            told,
            name=name,
            datatype=datatype,
            arraysize="*" if datatype == "char" else "",
            xtype="timestamp" if is_time else "",
            principal=name in notes.principal if notes.principal else True,
            indexed=name in notes.indexed,
            column_index=index,
        ))  # fmt: skip
        wanted = cast or (base if base != engine_type else "")
        identifier = '"' + name.replace('"', '""') + '"'
        number = len(columns)
        selected.append(f"CAST({identifier} AS {wanted}) AS c{number}" if wanted else f"{identifier} AS c{number}")
    return columns, selected, left_out


def notes_of(con: Any, path: Path) -> Notes:
    """What the file's metadata say; metadata of another kind are passed over."""
    rows = con.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
    texts = {bytes(key).decode(errors="replace"): bytes(value).decode(errors="replace") for key, value in rows}
    notes = Notes()
    if VOPARQUET_KEY in texts:
        from tapwidget.tables.votable_document import read_document

        document = read_document(texts[VOPARQUET_KEY].encode())
        notes.columns = {column.name: column for column in document.columns}
        notes.description = document.description
        notes.name = document.name
    if OUR_KEY in texts:
        ours = json.loads(texts[OUR_KEY])
        notes.description = ours.get("description") or notes.description
        notes.name = ours.get("name") or notes.name
        notes.principal = frozenset(ours.get("principal") or ())
        notes.indexed = frozenset(ours.get("indexed") or ())
        notes.is_simulated = bool(ours.get("simulated"))
    return notes


def positions(table: Table) -> tuple[str, str] | None:
    """SQL names of right ascension and declination, where they are degrees."""
    names = table.position
    if names is None:
        return None
    result = []
    for name in names:
        index = next(i for i, column in enumerate(table.columns, start=1) if column.name == name)
        if table.columns[index - 1].unit not in {"", "deg", "degree", "degrees"}:
            return None
        result.append(f"c{index}")
    return result[0], result[1]


def is_double(columns: list[Column], name: str) -> bool:
    return columns[int(name[1:]) - 1].datatype == "double"


def cell_height(con: Any, source: str, path: Path, ra: str, dec: str) -> float:
    """The height of cells, in degrees, that makes a cell hold an object or two where the objects are.

    Counted twice: how crowded the covered sky is, and how crowded an object has it, for it may be in a cluster.
    """
    density = 0.0
    for height in (COARSE, FINE):
        cells = f"SELECT count(*) AS n FROM {source} GROUP BY tw_cell({ra}, {dec}, {real(height)})"
        rows, occupied, pairs = con.execute(
            f"SELECT sum(n), count(*), sum(n * (n - 1)) FROM ({cells})", [str(path)]
        ).fetchone()
        if not rows:
            return LARGEST
        number = rows / occupied if height == COARSE else pairs / rows
        density = max(density, number / height**2)
    return float(min(max((2 / density) ** 0.5, SMALLEST), LARGEST))


def inspected(con: Any, sql: str, columns: list[Column]) -> tuple[list[Column], list[bool]]:
    """The columns with what their values say: text beyond ASCII is unicodeChar; and which columns have NaN."""
    tests = []
    for number, column in enumerate(columns, start=1):
        kind = kind_of(column)
        if kind == Kind.REAL:
            tests.append(f"coalesce(bool_or(isnan(c{number})), false)")
        elif kind == Kind.TEXT:
            tests.append(f"coalesce(bool_or(strlen(c{number}) <> length(c{number})), false)")
        else:
            tests.append("false")
    found = con.execute(f"SELECT {', '.join(tests)} FROM {sql}").fetchone()
    described, nans = [], []
    for column, hit in zip(columns, found, strict=True):
        is_text = kind_of(column) == Kind.TEXT
        described.append(replace(column, datatype="unicodeChar") if is_text and hit else column)
        nans.append(bool(hit) and not is_text)
    return described, nans
