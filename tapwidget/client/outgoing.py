"""What goes out with a query: the uploads, where each came from, and what was changed to make them acceptable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from astropy.table import Column, MaskedColumn, Table

from tapwidget.client.excerpt import Uploaded
from tapwidget.client.own_table import OwnTable
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
    uploads: Mapping[str, Uploaded]
    sources: Mapping[str, str]
    changes: tuple[str, ...]
    maxrec: int | None = None
    plan: Plan | None = None
    table: OwnTable | None = None


def of_match(
    match: Match, table: Any, uploads: Mapping[str, Any] | None, planned: Callable[[Match, Table], Plan]
) -> Outgoing:
    """A match of the user's table; MatchError without a table. `planned` makes it ready for the service."""
    if table is None:
        raise MatchError("A match needs your table: service.submit(match, table).")
    if uploads:
        raise MatchError("A match makes its own upload; `uploads` goes with ADQL.")
    own = OwnTable(as_table(table))
    plan = replace(planned(match, own.table), given=_given(table))
    # What was done to make a table of it; of one that was read from a file, the reading has told.
    made = _changes(own.table)[len(_changes(table)) :]
    return of_plan(plan, own, made)


def of_plan(plan: Plan, own: OwnTable | None, made: Sequence[str] = ()) -> Outgoing:
    """A match that is ready, of the user's table as it is `own`; `made` says what was done to make a table of it."""
    name, source = plan.upload.name, "" if own is None else _source(own.table)
    changes = tuple(dict.fromkeys((*made, *plan.changes)))
    return Outgoing(plan.adql, {name: plan.upload.table}, {name: source}, changes, plan.maxrec, plan, own)


def _given(table: Any) -> dict[str, Any] | None:
    """The columns of the user's own table, where some were converted, of which it has copies; see `Plan.given`.

    None where all columns are plain, and for what is no astropy table.
    """
    if not isinstance(table, Table):
        return None
    columns = Table(table, copy=False).columns  # of a QTable, whose quantities become columns with a unit
    given = {
        name: None if type(column) in {Column, MaskedColumn} and column.dtype.kind not in "mMO" else column.copy()
        for name, column in columns.items()
    }
    return given if any(column is not None for column in given.values()) else None


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
