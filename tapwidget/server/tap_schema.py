"""TAP_SCHEMA: the tables that describe the tables, as tables.

Source: TAP 1.1, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.server.adql.scope import Relation, SourceColumn
from tapwidget.server.adql.values import kind_of
from tapwidget.server.catalogue import Catalogue, Served
from tapwidget.server.engine import Engine

TEXT = ("char", "*")
NUMBER = ("int", "")
SCHEMA = "TAP_SCHEMA"

# Name of the table: its description and its columns (name, type, description).
TABLES: dict[str, tuple[str, list[tuple[str, tuple[str, str], str]]]] = {
    "schemas": (
        "Schemas of this service",
        [
            ("schema_name", TEXT, "Name of the schema"),
            ("description", TEXT, "What it holds"),
            ("utype", TEXT, "Data model of the schema"),
            ("schema_index", NUMBER, "Place in a list of schemas"),
        ],
    ),
    "tables": (
        "Tables of this service",
        [
            ("schema_name", TEXT, "Schema the table is in"),
            ("table_name", TEXT, "Name of the table, with its schema, as written in a query"),
            ("table_type", TEXT, "table or view"),
            ("description", TEXT, "What it holds"),
            ("utype", TEXT, "Data model of the table"),
            ("table_index", NUMBER, "Place in a list of tables"),
        ],
    ),
    "columns": (
        "Columns of the tables of this service",
        [
            ("table_name", TEXT, "Table the column is in"),
            ("column_name", TEXT, "Name of the column, as written in a query"),
            ("datatype", TEXT, "Type, in the words of VOTable"),
            ("arraysize", TEXT, "Shape, in the words of VOTable"),
            ("xtype", TEXT, "What the value stands for, in the words of DALI"),
            ("size", NUMBER, "Length of fixed-size text; deprecated, see arraysize"),
            ("description", TEXT, "What it holds"),
            ("utype", TEXT, "Data model of the column"),
            ("unit", TEXT, "Unit, in the words of VOUnits"),
            ("ucd", TEXT, "UCD of the column"),
            ("indexed", NUMBER, "1 where conditions on it are fast"),
            ("principal", NUMBER, "1 where it belongs to the core of the table"),
            ("std", NUMBER, "1 where a standard defines it"),
            ("column_index", NUMBER, "Place in a list of columns"),
        ],
    ),
    "keys": (
        "Foreign keys between tables",
        [
            ("key_id", TEXT, "Name of the key"),
            ("from_table", TEXT, "Table that refers"),
            ("target_table", TEXT, "Table referred to"),
            ("description", TEXT, "What it means"),
            ("utype", TEXT, "Data model of the key"),
        ],
    ),
    "key_columns": (
        "Columns that make up the foreign keys",
        [
            ("key_id", TEXT, "Name of the key"),
            ("from_column", TEXT, "Column that refers"),
            ("target_column", TEXT, "Column referred to"),
        ],
    ),
}
KEYS = (
    ("k1", "tables", "schemas", "schema_name", "schema_name"),
    ("k2", "columns", "tables", "table_name", "table_name"),
    ("k3", "keys", "tables", "from_table", "table_name"),
    ("k4", "keys", "tables", "target_table", "table_name"),
    ("k5", "key_columns", "keys", "key_id", "key_id"),
)


def add(engine: Engine, catalogue: Catalogue) -> None:
    """Make TAP_SCHEMA of what the catalogue holds, and put it into the catalogue, where it describes itself too."""
    made = [described(name) for name in TABLES]
    for served in made:
        catalogue.add(served)
    rows = contents(catalogue)
    for served in made:
        name = served.table.name.rpartition(".")[2]
        fill(engine, served, rows[name])


def described(name: str) -> Served:
    description, facts = TABLES[name]
    columns = tuple(
        Column(column, *kind, description=told, principal=True, std=True, column_index=index)
        for index, (column, kind, told) in enumerate(facts, start=1)
    )
    full = f"{SCHEMA}.{name}"
    sources = tuple(SourceColumn(c.name, f"c{i}", kind_of(c), c) for i, c in enumerate(columns, start=1))
    return Served(Table(full, description, columns), Relation(full, f"cat.tap_{name}", sources))


def contents(catalogue: Catalogue) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the five tables."""
    served = catalogue.tables()
    schemas = [(name, schema_description(name, served), "", i) for i, name in enumerate(catalogue.schemas(), start=1)]
    tables = [
        (s.schema, s.table.name, s.table.table_type, s.table.description, "", i) for i, s in enumerate(served, start=1)
    ]
    columns = [
        (
            s.table.name, writable(c.name), c.datatype, c.arraysize or None, c.xtype or None, size_of(c),
            c.description, c.utype or None, c.unit or None, c.ucd or None,
            int(c.indexed), int(c.principal), int(c.std), c.column_index,
        )
        for s in served for c in s.table.columns
    ]  # fmt: skip
    keys = [(key, f"{SCHEMA}.{a}", f"{SCHEMA}.{b}", "", None) for key, a, b, _, _ in KEYS]
    key_columns = [(key, a, b) for key, _, _, a, b in KEYS]
    return {"schemas": schemas, "tables": tables, "columns": columns, "keys": keys, "key_columns": key_columns}


def schema_description(name: str, served: Sequence[Served]) -> str:
    if name == SCHEMA:
        return "What this service serves, as tables"
    own = [s for s in served if s.schema == name]
    simulated = "Simulated: " if own and all(s.is_simulated for s in own) else ""
    return f"{simulated}tables of {name}"


def size_of(column: Column) -> int | None:
    return int(column.arraysize) if column.arraysize.isdigit() else None


def writable(name: str) -> str:
    """A column's name as a query has to write it: in double quotes where it is no regular identifier (TAP 1.1, 4.3)."""
    if re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name) and name.upper() not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def fill(engine: Engine, served: Served, rows: list[tuple[Any, ...]]) -> None:
    columns = served.table.columns
    types = ", ".join(f"c{i} {'INTEGER' if c.datatype == 'int' else 'VARCHAR'}" for i, c in enumerate(columns, start=1))
    con = engine.connection
    con.execute(f"CREATE TABLE {served.relation.sql} ({types})")
    if rows:
        one = f"({', '.join('?' * len(columns))})"
        values = [value for row in rows for value in row]
        con.execute(f"INSERT INTO {served.relation.sql} VALUES {', '.join([one] * len(rows))}", values)
