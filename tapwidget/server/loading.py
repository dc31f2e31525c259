"""Parquet files into the engine, with what they say about their columns.

Column descriptions come from the file itself: a VOTable without rows under the key `IVOA.VOTable-Parquet.content`
("VOParquet", IVOA note), and JSON under `tapwidget.table` for what a VOTable has no word for (principal, indexed,
simulated).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.server.adql.cells import real, unit_vector
from tapwidget.server.adql.scope import Relation, SourceColumn
from tapwidget.server.adql.values import Kind, kind_of
from tapwidget.server.catalogue import Served
from tapwidget.server.positions import cell_height, positions

VOPARQUET_KEY = "IVOA.VOTable-Parquet.content"
OUR_KEY = "tapwidget.table"

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


@dataclass(frozen=True)
class Facts:
    """What is known of a table in the engine. Columns c1, c2, ... are as `columns` in order; `nans` says which of them
    have NaN; `position` counts from 0; cells are `height` degrees high."""

    columns: tuple[Column, ...]
    nans: tuple[bool, ...]
    rows: int
    description: str
    is_simulated: bool
    position: tuple[int, int] | None
    height: float

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Facts:
        told = json.loads(text)
        told["columns"] = tuple(Column(**column) for column in told["columns"])
        told["nans"] = tuple(told["nans"])
        told["position"] = tuple(told["position"]) if told["position"] else None
        return cls(**told)

    def served(self, name: str, sql: str) -> Served:
        """The table under a name ("schema.table"), where the engine has it as `sql`."""
        sources = tuple(
            SourceColumn(column.name, f"c{i}", kind_of(column), column, has_nan)
            for i, (column, has_nan) in enumerate(zip(self.columns, self.nans, strict=True), start=1)
        )
        # Cells are of float64 positions: a query over float32 ones computes its own.
        stored = self.position is not None and all(self.columns[i].datatype == "double" for i in self.position)
        cell_of = tuple(f"c{i + 1}" for i in self.position or ()) if stored else None
        relation = Relation(name, sql, sources, self.rows, cell_of, self.height)  # type: ignore[arg-type]
        return Served(Table(name, self.description, self.columns, self.rows), relation, self.is_simulated)


def build(con: Any, sql: str, path: Path) -> Facts:
    """Read one Parquet file into the table `sql`, sorted by the cells of its positions.

    Raises
    ------
    FileFormatError
        The file is no Parquet file, or has no column that can be served.
    """
    import duckdb

    try:
        described = con.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        notes = notes_of(con, path)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise FileFormatError(f"{path.name} cannot be read as Parquet: {first}") from error
    columns, selected, left_out = chosen(described, notes)
    if not columns:
        raise FileFormatError(f"{path.name} has no column of numbers or text that could be served.")
    source = f"(SELECT {', '.join(selected)} FROM read_parquet(?))"
    position = positions(columns)
    if position is not None:
        mark(columns, position)
    height = 0.0
    try:
        if position is None:
            con.execute(f"CREATE TABLE {sql} AS SELECT * FROM {source}", [str(path)])
        else:
            ra, dec = (f"CAST(c{i + 1} AS DOUBLE)" for i in position)
            height = cell_height(con, source, [str(path)], ra, dec)
            x, y, z = unit_vector(ra, dec)
            added = f"tw_cell({ra}, {dec}, {real(height)}) AS tw_cell, {x} AS tw_ux, {y} AS tw_uy, {z} AS tw_uz"
            con.execute(f"CREATE TABLE {sql} AS SELECT *, {added} FROM {source} ORDER BY tw_cell", [str(path)])
        (rows,) = con.execute(f"SELECT count(*) FROM {sql}").fetchone()
        columns, nans = inspected(con, sql, columns)
    except duckdb.Error as error:
        raise FileFormatError(f"{path.name} cannot be loaded: {str(error).splitlines()[0]}") from error
    description = notes.description
    if left_out:
        description = f"{description} (not served, for their type: {', '.join(left_out)})".strip()
    if notes.is_simulated and not description.startswith("Simulated: "):
        description = f"Simulated: {description}"
    return Facts(tuple(columns), tuple(nans), rows, description, notes.is_simulated, position, height)


def mark(columns: list[Column], position: tuple[int, int]) -> None:
    """Say of the position that it is one where the file does not, so that whoever asks need not guess by names."""
    for place, ucd in zip(position, ("pos.eq.ra;meta.main", "pos.eq.dec;meta.main"), strict=True):
        column = columns[place]
        columns[place] = replace(column, ucd=column.ucd or ucd, unit=column.unit or "deg")


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
