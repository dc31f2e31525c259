"""The tables a query names, and finding columns in them.

Source: ADQL 2.1, sections 2.1.3 (identifiers) and 2.2.1 (column references).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import sqlglot.expressions as exp

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql.reader import FUNCTION_MARK
from tapwidget.server.adql.values import Kind, Value
from tapwidget.server.faults import AdqlError, close_names


@dataclass(frozen=True)
class SourceColumn:
    """A column that can be named: `name` as ADQL knows it, `sql` as the engine does, `largest` number where known."""

    name: str
    sql: str
    kind: Kind
    field: Column | None
    may_be_nan: bool = False
    largest: float | None = None


@dataclass(frozen=True)
class Relation:
    """A table as the engine has it.

    sql : its name there, already safe
    cell_of : SQL names of the right ascension and declination whose cell and point on the unit sphere are stored, with
        the cell's height in degrees
    """

    name: str
    sql: str
    columns: tuple[SourceColumn, ...]
    rows: int | None = None
    cell_of: tuple[str, str] | None = None
    cell_height: float = 0.0
    tables: int = 1
    """How many tables are in it: a query in WITH that is named twice is written twice."""
    pieces: int = 1
    """In how many an upload is read, side by side."""

    @property
    def schema(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def side_by_side(self) -> str:
        """The table in SQL, for much work on each of its rows: by itself the engine has one thread read an upload."""
        if self.pieces == 1 or self.rows is None:
            return self.sql
        ends = [self.rows * piece // self.pieces for piece in range(1, self.pieces)]
        first, last = f"rowid < {ends[0]}", f"rowid >= {ends[-1]}"
        between = [f"rowid >= {low} AND rowid < {high}" for low, high in pairwise(ends)]
        return f"({' UNION ALL '.join(f'SELECT * FROM {self.sql} WHERE {rows}' for rows in (first, *between, last))})"


@dataclass
class Source:
    """One table of a FROM clause. `alias` is ours and unique in the whole query; `name` is what the query calls it."""

    alias: str
    name: str
    schema: str
    relation: Relation
    is_delimited: bool = False
    expansion: str = ""
    """SQL of this table with one row for each cell around each position; empty while it is not expanded."""
    extras: list[str] = field(default_factory=list)
    """Expressions added to the table as columns tw_own1, tw_own2, ..."""

    @property
    def sql(self) -> str:
        base = self.expansion or f"{self.relation.sql} AS {self.alias}"
        if not self.extras:
            return base
        added = ", ".join(f"{sql} AS tw_own{number}" for number, sql in enumerate(self.extras, start=1))
        return f"(SELECT {self.alias}.*, {added} FROM {base}) AS {self.alias}"

    def add(self, sql: str) -> str:
        """Make an expression over this table one of its columns; gives the reference to it."""
        self.extras.append(sql)
        return f"{self.alias}.tw_own{len(self.extras)}"

    def value(self, column: SourceColumn) -> Value:
        reference = f"{self.alias}.{column.sql}"
        return Value(
            reference,
            column.kind,
            frozenset({self.alias}),
            frozenset({reference}),
            field=column.field,
            may_be_nan=column.may_be_nan,
            largest=column.largest,
        )


@dataclass
class Scope:
    """The tables in reach of one SELECT, and those of the queries around it."""

    sources: list[Source] = field(default_factory=list)
    parent: Scope | None = None
    ctes: dict[str, Relation] = field(default_factory=dict)
    merged: dict[str, Value] = field(default_factory=dict)
    """Columns of USING and NATURAL JOIN, lower case: named without a table they are one column."""

    def column(self, node: exp.Column) -> Value:
        """The column that a reference means.

        Raises
        ------
        AdqlError
            No such table, no such column (with close names), or more than one.
        """
        identifier, table = node.this, node.args.get("table")
        if not isinstance(identifier, exp.Identifier) or node.args.get("catalog"):
            raise refused(node, "expected a column name: column, table.column or schema.table.column")
        sources = self.named(node) if table is not None else self.sources
        if table is None and identifier.name.lower() in self.merged:
            return self.merged[identifier.name.lower()]
        hits = [source.value(c) for source in sources for c in source.relation.columns if same(c.name, identifier)]
        if len(hits) == 1:
            return hits[0]
        if len(hits) > 1:
            where = ", ".join(source.name for source in sources if has(source, identifier))
            raise refused(
                node, f"column {identifier.name} is in more than one table ({where}); write table.{identifier.name}"
            )
        if self.parent is not None and table is None:
            return self.parent.column(node)
        if self.parent is not None and not sources:
            return self.parent.column(node)
        known = [c.name for source in sources for c in source.relation.columns]
        where = " or ".join(source.relation.name or source.name for source in sources) or "the query, which has no FROM"
        raise refused(node, f"there is no column {identifier.name} in {where}{close_names(identifier.name, known)}")

    def named(self, node: exp.Column) -> list[Source]:
        """The sources that `table.` or `schema.table.` before a column can mean, in this scope or one around it."""
        table, schema = node.args["table"], node.args.get("db")
        hits = [
            s
            for s in self.sources
            if same(s.name, table, s.is_delimited) and (schema is None or same(s.schema, schema))
        ]
        if hits:
            return hits
        scope = self.parent
        while scope is not None:
            if any(same(s.name, table, s.is_delimited) for s in scope.sources):
                return []
            scope = scope.parent
        known = [source.name for source in self.everything()]
        raise refused(node, f"{table.name} is no table of this query{close_names(table.name, known)}")

    def everything(self) -> Iterable[Source]:
        yield from self.sources
        if self.parent is not None:
            yield from self.parent.everything()

    def cte(self, name: str) -> Relation | None:
        scope: Scope | None = self
        while scope is not None:
            if name.lower() in scope.ctes:
                return scope.ctes[name.lower()]
            scope = scope.parent
        return None


Tables = Callable[[str, str, bool, bool], Relation | None]
"""Finds a table by schema ("" where none is written) and name; the flags say whether each was in double quotes."""


def same(known: str, identifier: exp.Expr, is_delimited: bool = False) -> bool:
    """Whether an identifier means a name: with case when it is in double quotes, else without."""
    if identifier.args.get("quoted"):
        return known == identifier.name or (not is_delimited and known.islower() and known == identifier.name.lower())
    return known.lower() == plain(identifier).lower()


def has(source: Source, identifier: exp.Expr) -> bool:
    return any(same(column.name, identifier) for column in source.relation.columns)


def plain(identifier: exp.Expr) -> str:
    """The name without the mark that a name before a parenthesis got (`WITH x (a, b)`)."""
    return identifier.name.removeprefix(FUNCTION_MARK)


def refused(node: exp.Expr, message: str) -> AdqlError:
    """An error that points at a node of the tree."""
    for part in node.walk():
        if "line" in part.meta:
            meta = part.meta
            return AdqlError(message, line=meta["line"], column=max(1, meta["col"] - (meta["end"] - meta["start"])))
    return AdqlError(message)
