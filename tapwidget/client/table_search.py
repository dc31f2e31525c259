"""Finding tables: by their name, their description and their schema, and by the columns that they have.

The columns of all tables together are far too many to read: TAP_SCHEMA.columns is asked for those that match.
Source: TAP 1.1, section 4.3 (TAP_SCHEMA.columns).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tapwidget.client.metadata import Metadata, column_of, literal, rows_of, unquoted
from tapwidget.errors import QueryError
from tapwidget.ivoa.tapschema import Column, Table

if TYPE_CHECKING:
    from tapwidget.tables.votable_document import Document

MOST_COLUMNS = 5_000  # asked of the service at a time: of more than that nobody reads why a table was found
KEPT = 30  # answers
TOLD = 50  # tables by name in a query
OF_A_COLUMN = ("column_name", "description", "ucd")


@dataclass(frozen=True)
class FoundTable:
    """A table, and those of its columns that match; none where only the table itself does."""

    table: Table
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class FoundTables:
    """Those found by what is said of them, then those found by their columns alone.

    `overflow`: so many columns match that the service may not have told all; tables may be missing. `minds_case`: the
    service compares columns in upper and lower case as they are, and was asked for the usual ways to write each word.
    """

    tables: tuple[FoundTable, ...] = ()
    overflow: bool = False
    minds_case: bool = False


Columns = Mapping[str, tuple[Column, ...]]  # by the name of their table


@dataclass(frozen=True)
class _Answer:
    """What a service said of its columns."""

    columns: Columns
    overflow: bool = False
    minds_case: bool = False


class TableSearch:
    """Asks a service for the columns that match, and keeps its last answers. Safe to use from several threads."""

    def __init__(self, metadata: Metadata, ask: Callable[[str, int], Document]) -> None:
        self._metadata = metadata
        self._ask = ask
        self._lock = Lock()  # not held while the service is asked: others go on meanwhile
        self._kept: dict[tuple[str, ...], _Answer] = {}
        self._has_lower = True

    def find(self, text: str) -> FoundTables:
        """The tables that match; see `Service.find_tables`."""
        typed, tables = split(text), catalogues(self._metadata.tables())
        words = folded(typed)
        with self._lock:
            answer = self._kept.get(typed)
        if answer is None:
            answer = self._columns(typed, tables)
            with self._lock:
                self._kept[typed] = answer
                if len(self._kept) > KEPT:
                    del self._kept[next(iter(self._kept))]
        found = tables_found(tables, words, answer.columns)
        return FoundTables(
            tuple(FoundTable(table, answer.columns.get(table.name, ())) for table in found),
            answer.overflow,
            answer.minds_case,
        )

    def _columns(self, typed: tuple[str, ...], tables: Sequence[Table]) -> _Answer:
        words = folded(typed)
        if not words:
            return _Answer({})
        if any(table.columns for table in tables):  # of the VOSI document: TAP_SCHEMA cannot be asked
            return _Answer(columns_found(((table, c) for table in tables for c in table.columns), words))
        document = self._asked(typed, tables)
        by_name = _by_name(tables)
        rows = [(by_name.get(unquoted(row.get("table_name", "")).lower()), row) for row in rows_of(document)]
        found = columns_found(((table, column_of(row)) for table, row in rows if table is not None), words)
        return _Answer(found, document.overflow or document.nrows >= MOST_COLUMNS, not self._has_lower)

    def _asked(self, typed: tuple[str, ...], tables: Sequence[Table]) -> Document:
        words = typed if len(typed) > 1 else ()  # a single one must be of the column
        told = [[table.name for table in tables if is_told(table, folded([word]))] for word in words]
        if self._has_lower:
            try:
                return self._ask(columns_query(typed, told), MOST_COLUMNS)
            except QueryError:  # ADQL 2.0 has no LOWER, and some services take it by the letter
                document = self._ask(columns_query(typed, told, has_lower=False), MOST_COLUMNS)
                self._has_lower = False
                return document
        return self._ask(columns_query(typed, told, has_lower=False), MOST_COLUMNS)


def split(text: str) -> tuple[str, ...]:
    """The words that are looked for. Those of a UCD count one by one: others may stand between them.

    >>> split("Proper phot.mag;em.opt.R")
    ('Proper', 'phot.mag', 'em.opt.R')
    """
    return tuple(dict.fromkeys(filter(None, re.split(r"[\s;]+", text))))


def folded(words: Iterable[str]) -> tuple[str, ...]:
    """The words without regard to case."""
    return tuple(dict.fromkeys(word.casefold() for word in words))


def catalogues(tables: Iterable[Table]) -> list[Table]:
    """The tables without those that describe the others."""
    return [table for table in tables if not table.name.lower().startswith("tap_schema.")]


def tables_found(tables: Iterable[Table], words: Sequence[str], columns: Columns) -> list[Table]:
    """The tables of which all words are said, then the others of which columns were found."""
    found, others = [], []
    for table in tables:
        if is_told(table, words):
            found.append(table)
        elif table.name in columns:
            others.append(table)
    return found + others


def is_told(table: Table, words: Sequence[str]) -> bool:
    """Whether each word is in the name or description of the table or of its schema."""
    told = f"{table.name} {table.description} {table.schema.name} {table.schema.description}".casefold()
    return all(word in told for word in words)


def _by_name(tables: Sequence[Table]) -> dict[str, Table]:
    """Tables by their name, and by the last part of it where only one has that: some services write no more there."""
    names = [unquoted(table.name).lower() for table in tables]
    last = Counter(name.rpartition(".")[2] for name in names)
    short = {name.rpartition(".")[2]: table for name, table in zip(names, tables, strict=True)}
    return {name: table for name, table in short.items() if last[name] == 1} | dict(zip(names, tables, strict=True))


def columns_query(words: Sequence[str], told: Sequence[Sequence[str]] = (), *, has_lower: bool = True) -> str:
    """ADQL for the columns that match, and some more: where a sign could mean something in a pattern, any may stand.

    `told`: for each word the names of the tables of which it is said. Where these are many, only the tables that have
    the word in their name are asked for.
    """
    patterns = [[_pattern(word.lower())] if has_lower else _spellings(word) for word in words]
    conditions = [_any([_alike(OF_A_COLUMN, spelt, has_lower) for spelt in patterns])]
    if len(words) > 1:  # some, but not all, may be of the table: "gaia parallax"
        for number, spelt in enumerate(patterns):
            names = told[number] if told else ()
            listed = [f"table_name IN ({', '.join(map(literal, _written(names)))})"] if 0 < len(names) <= TOLD else []
            conditions.append(_any([_alike((*OF_A_COLUMN, "table_name"), spelt, has_lower), *listed]))
    return f"SELECT * FROM TAP_SCHEMA.columns WHERE {' AND '.join(conditions)}"


def _alike(names: Sequence[str], patterns: Sequence[str], has_lower: bool) -> str:
    compared = [f"LOWER({name})" if has_lower else name for name in names]
    return " OR ".join(f"{name} LIKE '%{pattern}%'" for pattern in patterns for name in compared)


def _any(conditions: Sequence[str]) -> str:
    return f"({' OR '.join(conditions)})"


def _written(names: Sequence[str]) -> list[str]:
    """Names of tables as TAP_SCHEMA.columns may have them: with quotes or without, with their schema or without."""
    plain = [unquoted(name) for name in names]
    return list(dict.fromkeys([*names, *plain, *(name.rpartition(".")[2] for name in plain)]))


def _pattern(word: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() and c not in "%'\\" else "_" for c in word)


def _spellings(word: str) -> list[str]:
    """The usual ways to write a word, as patterns."""
    return [_pattern(one) for one in dict.fromkeys((word, word.lower(), word.capitalize(), word.upper()))]


def columns_found(columns: Iterable[tuple[Table, Column]], words: Sequence[str]) -> Columns:
    """Those that match, by the name of their table: first those with a word in their name, and principal ones."""
    found: dict[str, list[Column]] = {}
    for table, column in columns:
        told = f"{column.name} {column.description} {column.ucd}".casefold()
        others = [word for word in words if word not in told]
        if len(others) < len(words) and is_told(table, others):
            found.setdefault(table.name, []).append(column)
    return {
        name: tuple(sorted(own, key=lambda c: (not any(w in c.name.casefold() for w in words), not c.principal)))
        for name, own in found.items()
    }
