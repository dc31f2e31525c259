"""What goes out with a query: the uploads, where each came from, and what was changed to make them acceptable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from astropy.table import Column, MaskedColumn, Table

from tapwidget.client.plan import Plan
from tapwidget.errors import MatchError
from tapwidget.match.spec import Match
from tapwidget.tables.files import as_table
from tapwidget.tables.preflight import prepare

UPLOAD = "ut1"


@dataclass(frozen=True)
class Outgoing:
    """A query, ready for a service: `uploads` by their names in it, `sources` the file each came from.

    `plan` and `table` are those of a match, None for ADQL; `maxrec` is the limit of rows to ask for unless told
    otherwise.
    """

    adql: str
    uploads: Mapping[str, Table]
    sources: Mapping[str, str]
    changes: tuple[str, ...]
    maxrec: int | None = None
    plan: Plan | None = None
    table: Table | None = None


def of_match(
    match: Match, table: Any, uploads: Mapping[str, Any] | None, planned: Callable[[Match, Table], Plan]
) -> Outgoing:
    """A match of the user's table; MatchError without a table. `planned` makes it ready for the service."""
    if table is None:
        raise MatchError("A match needs your table: service.submit(match, table).")
    if uploads:
        raise MatchError("A match makes its own upload; `uploads` goes with ADQL.")
    # A copy: a table that is sorted while its job runs must not be joined to the wrong rows.
    own = as_table(table).copy()
    plan = replace(planned(match, own), given=_given(table))
    # What was done to make a table of it; of one that was read from a file, the reading has told.
    made = _changes(own)[len(_changes(table)) :]
    return of_plan(plan, own, made)


def of_plan(plan: Plan, own: Table | None, made: Sequence[str] = ()) -> Outgoing:
    """A match that is ready, of the user's table as it is `own`; `made` says what was done to make a table of it."""
    name, source = plan.upload.name, "" if own is None else _source(own)
    changes = tuple(dict.fromkeys((*made, *plan.changes)))
    return Outgoing(plan.adql, {name: plan.upload.table}, {name: source}, changes, plan.maxrec, plan, own)


def _given(table: Any) -> Table | None:
    """A copy of the user's own table, where it has columns that were converted: in the result they are what they were.

    None where all columns are plain, and for what is no astropy table.
    """
    if not isinstance(table, Table):
        return None
    as_they_are = Table(table, copy=False)  # of a QTable, whose quantities become columns with a unit
    plain = (type(c) in {Column, MaskedColumn} and c.dtype.kind not in "mMO" for c in as_they_are.columns.values())
    return None if all(plain) else as_they_are.copy()


def of_adql(query: object, table: Any, uploads: Mapping[str, Any] | None) -> Outgoing:
    """ADQL with the tables it uses: all their columns, made acceptable. MatchError if it is no query."""
    if not isinstance(query, str):
        raise MatchError(f"{type(query).__name__} is no query. Give ADQL, or a match: submit(match, table).")
    if not query.strip():
        raise MatchError("The query is empty. Give ADQL, or a match.")
    tables: dict[str, Table] = {}
    sources: dict[str, str] = {}
    changes: list[str] = []
    for name, item in {**(uploads or {}), **({} if table is None else {UPLOAD: table})}.items():
        own = as_table(item, name=name)
        upload = prepare(own, own.colnames, position=None, name=name)
        tables[name] = upload.table
        # Our row number would turn up in the answer to SELECT *, and nobody asked for it.
        tables[name].remove_column(upload.row_column)
        sources[name] = _source(own)
        changes += upload.changes
    return Outgoing(query.strip(), tables, sources, tuple(changes))


def _changes(table: Any) -> list[str]:
    """What was changed when the table was read or made."""
    of_table = table.meta.get("tapwidget") if isinstance(table, Table) else None
    return list(of_table.get("changes", ())) if isinstance(of_table, dict) else []


def _source(table: Table) -> str:
    """The file a table came from, as far as it is known."""
    of_table = table.meta.get("tapwidget")
    return str(of_table.get("source", "")) if isinstance(of_table, dict) else ""
