"""The tables and columns of a service: from TAP_SCHEMA, else from its VOSI tables.

TAP_SCHEMA first, because it answers for one table at a time: the VOSI document of a large service has many megabytes.
Source: TAP 1.1, section 4 (TAP_SCHEMA); VOSI 1.1, section 4.3; VODataService 1.1, section 3.3.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from threading import RLock
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tapwidget.client import faults
from tapwidget.client.addresses import mask
from tapwidget.client.documents import XSI_TYPE, NotXmlError, child, children, parse, text_of
from tapwidget.client.transport import Transport
from tapwidget.errors import QueryError, ServiceError, ServiceUnavailableError, TargetError
from tapwidget.ivoa.tapschema import NO_SCHEMA, Column, Schema, Table

if TYPE_CHECKING:
    from tapwidget.tables.votable_document import Document

log = logging.getLogger(__name__)

# More tables than the largest service has (VizieR: some 60,000); without it, a default MAXREC would cut the list.
MOST_TABLES = 1_000_000
CLOSE_NAMES = 4


class Metadata:
    """Reads tables and columns once and keeps them. Safe to use from several threads."""

    def __init__(self, transport: Transport, ask: Callable[[str, int], Document]) -> None:
        self._transport = transport
        self._ask = ask
        self._lock = RLock()
        self._tables: dict[str, Table] | None = None
        self._full: dict[str, Table] = {}

    def tables(self) -> list[Table]:
        """All tables, without their columns, in the service's order."""
        with self._lock:
            return list(self._all().values())

    def table(self, name: str) -> Table:
        """One table with its columns. Names are compared without case, and without quotes.

        Raises
        ------
        TargetError
            If there is none of that name; the message names the ones that come close.
        """
        with self._lock:
            key = unquoted(name).lower()
            if key not in self._full:
                self._full[key] = self._read(name)
            return self._full[key]

    def _all(self) -> dict[str, Table]:
        if self._tables is None:
            try:
                rows = self._ask("SELECT * FROM TAP_SCHEMA.tables", MOST_TABLES)
            except QueryError:
                found = self._vosi("")
            else:
                found = tables_of(rows, self._schemas())
            self._tables = {unquoted(table.name).lower(): table for table in found}
        return self._tables

    def _schemas(self) -> list[Schema]:
        """The schemas with what is said of them; none where the service does not tell: its tables do without."""
        try:
            rows = rows_of(self._ask("SELECT * FROM TAP_SCHEMA.schemas", MOST_TABLES))
        except ServiceError as error:
            log.warning("The schemas of %s are not known: %s", mask(self._transport.url), error)
            return []
        return [Schema(row.get("schema_name", ""), row.get("description", "")) for row in rows]

    def _read(self, name: str) -> Table:
        known = self._all().get(unquoted(name).lower())
        if known is None:
            raise self._missing(name)
        if known.columns:
            return known
        try:
            columns = columns_of(
                self._ask(f"SELECT * FROM TAP_SCHEMA.columns WHERE table_name = {literal(known.name)}", MOST_TABLES)
            )
        except QueryError:
            columns = ()
        if not columns:
            columns = next((t.columns for t in self._vosi(f"/{known.name}") if t.columns), ())
        if not columns:
            raise TargetError(
                f"{mask(self._transport.url)} lists {known.name} but says nothing of its columns. "
                "Write the query by hand, or ask its operators.",
                service=mask(self._transport.url),
            )
        return replace(known, columns=columns)

    def _missing(self, name: str) -> TargetError:
        names = [table.name for table in self._all().values()]
        by_key = {n.lower(): n for n in names} | {n.lower().rpartition(".")[2]: n for n in names}
        wanted = unquoted(name).lower()
        near = get_close_matches(wanted, by_key, CLOSE_NAMES, 0.6)
        near += get_close_matches(wanted.rpartition(".")[2], by_key, CLOSE_NAMES, 0.75)
        close = list(dict.fromkeys(by_key[n] for n in near))[:CLOSE_NAMES]
        there = [n for n in names if not n.lower().startswith("tap_schema.")]
        return faults.no_target(name, close, self._transport.url, there=there)

    def _vosi(self, under: str) -> list[Table]:
        url = f"{self._transport.url}/tables{under}"
        response = faults.check(
            self._transport.get(url, doing="reading its tables"),
            "reading its tables",
            service=mask(self._transport.url),
        )
        try:
            return tables_in(response.content)
        except NotXmlError as error:
            raise ServiceUnavailableError(
                f"{mask(url)} is not the list of tables it should be ({error}). Is this a TAP service?",
                service=mask(self._transport.url),
                said=faults.words(response),
            ) from error


def unquoted(name: str) -> str:
    """The name without ADQL's quotes: `"J/A+A".tab` and `J/A+A.tab` are the same table."""
    return name.strip().replace('"', "")


def tables_of(document: Document, schemas: Sequence[Schema] = ()) -> list[Table]:
    """Tables from the rows of TAP_SCHEMA.tables, sorted by the service's index, then as they came."""
    rows = rows_of(document)
    told = {schema.name: schema for schema in schemas}
    for number, row in enumerate(rows):
        index = row.get("table_index", "")
        row["order"] = f"{int(index):012d}" if index.isdigit() else f"~{number:012d}"
    return [
        Table(
            _qualified(row),
            row.get("description", ""),
            nrows=_count(row.get("nrows", "")),
            table_type=row.get("table_type", "table"),
            schema=told.get(row.get("schema_name", ""), Schema(row.get("schema_name", ""))),
        )
        for row in sorted(rows, key=lambda row: row["order"])
    ]


def columns_of(document: Document) -> tuple[Column, ...]:
    """Columns from the rows of TAP_SCHEMA.columns: by their index, then principal ones, then as they came."""
    return tuple(sorted(map(column_of, rows_of(document)), key=_order))


def column_of(row: dict[str, str]) -> Column:
    """A row of TAP_SCHEMA.columns."""
    column = Column(
        name=unquoted(row.get("column_name", "")),
        datatype=row.get("datatype", "").rpartition(":")[2],
        # TAP 1.0 has "size" where TAP 1.1 has arraysize.
        arraysize=row.get("arraysize") or row.get("size", ""),
        xtype=row.get("xtype", ""),
        unit=row.get("unit", ""),
        ucd=row.get("ucd", ""),
        utype=row.get("utype", ""),
        description=row.get("description", ""),
        principal=_flag(row.get("principal", "")),
        indexed=_flag(row.get("indexed", "")),
        std=_flag(row.get("std", "")),
        column_index=_count(row.get("column_index", "")),
    )
    return _in_votable_types(column)


def rows_of(document: Document) -> list[dict[str, str]]:
    """The rows as text by lower-case column name; what is missing is left out."""
    rows: list[dict[str, str]] = [{} for _ in range(document.nrows)]
    for column, values, mask_ in zip(document.columns, document.arrays, document.masks, strict=True):
        name = column.name.lower()
        for number, value in enumerate(values):
            if (mask_ is None or not mask_[number]) and value is not None:
                rows[number][name] = (value.decode() if isinstance(value, bytes) else str(value)).strip()
    return rows


def tables_in(content: bytes) -> list[Table]:
    """Tables from a VOSI document, of all tables or of one; columns where it has them."""
    root = parse(content)
    found = []
    for part in [*children(root, "schema"), root]:
        schema = NO_SCHEMA if part is root else Schema(_own_text(part, "name"), _own_text(part, "description"))
        tables = children(part, "table", deep=False)
        for element in [root] if part is root and root.tag.rpartition("}")[2] == "table" else tables:
            name = _own_text(element, "name")
            qualified = name if "." in name or not schema.name else f"{schema.name}.{name}"
            columns = tuple(_vosi_column(each) for each in children(element, "column", deep=False))
            found.append(
                Table(
                    qualified,
                    _own_text(element, "description"),
                    columns,
                    _count(_own_text(element, "nrows")),
                    element.get("type", "table"),
                    schema,
                )
            )
    return found


def _vosi_column(element: ElementTree.Element) -> Column:
    datatype = child(element, "dataType")
    kind = "" if datatype is None else (datatype.text or "").strip()
    size = "" if datatype is None else datatype.get("arraysize", "") or datatype.get("size", "")
    flags = {(flag.text or "").strip().lower() for flag in children(element, "flag", deep=False)}
    column = Column(
        name=unquoted(_own_text(element, "name")),
        datatype=kind.rpartition(":")[2],
        arraysize="" if size == "1" and "char" not in kind.lower() else size,
        xtype="" if datatype is None else datatype.get("extendedType", ""),
        unit=_own_text(element, "unit"),
        ucd=_own_text(element, "ucd"),
        utype=_own_text(element, "utype"),
        description=text_of(element, "description"),
        principal="principal" in flags,
        indexed=bool(flags & {"indexed", "primary"}),
        std=element.get("std", "") == "true",
    )
    typed_by = "" if datatype is None else datatype.get(XSI_TYPE, "")
    return _in_votable_types(column) if not typed_by.endswith("VOTableType") else column


# TAP 1.0's names (section 2.5) for what VOTable calls otherwise; ESA's and CDS's services still use them.
TAP_TYPES = {
    "SMALLINT": "short", "INTEGER": "int", "BIGINT": "long", "REAL": "float", "DOUBLE": "double",
    "VARCHAR": "char", "CHAR": "char", "CLOB": "char", "TIMESTAMP": "char", "BOOLEAN": "boolean",
    "POINT": "char", "REGION": "char", "VARBINARY": "unsignedByte", "BINARY": "unsignedByte", "BLOB": "unsignedByte",
}  # fmt: skip


def _in_votable_types(column: Column) -> Column:
    """The column with its type as VOTable names it."""
    short = column.datatype.partition("(")[0].upper()
    if column.datatype in {"boolean", "short", "int", "long", "float", "double", "char"} or short not in TAP_TYPES:
        return column
    datatype = TAP_TYPES[short]
    is_number = datatype not in {"char", "unsignedByte"}
    arraysize = "" if is_number and column.arraysize in {"1", "-1"} else column.arraysize
    if datatype == "char" and arraysize in {"", "1", "-1"}:
        arraysize = "" if short == "CHAR" and arraysize == "1" else "*"
    # The number that TAP 1.0 gives as "size" of a number counts its bytes, not its elements.
    return Column(**{**column.__dict__, "datatype": datatype, "arraysize": "" if is_number else arraysize})


def _order(column: Column) -> tuple[bool, int, bool]:
    return (column.column_index is None, column.column_index or 0, not column.principal)


def _qualified(row: dict[str, str]) -> str:
    name, schema = row.get("table_name", ""), row.get("schema_name", "")
    return name if not schema or "." in unquoted(name) else f"{schema}.{name}"


def _own_text(element: ElementTree.Element, name: str) -> str:
    found = child(element, name)
    return "" if found is None else (found.text or "").strip()


def literal(text: str) -> str:
    """The text as a string literal of ADQL."""
    return "'" + text.replace("'", "''") + "'"


def _flag(text: str) -> bool:
    return text.lower() in {"1", "true", "t"}


def _count(text: str) -> int | None:
    return int(text) if text.lstrip("-").isdigit() else None
