"""The plan of a match made again from the ledger, so that a job found in another kernel gives the whole result.

It is the same plan only if the service gets the same query for it and the same upload: else the service's own answer is
given, and why is said.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from astropy.table import Table

from tapwidget.client.chunks_plan import is_part
from tapwidget.client.kept_tables import KeptTables
from tapwidget.client.ledger import JobRecord
from tapwidget.client.own_table import OwnTable
from tapwidget.client.plan import Plan
from tapwidget.errors import MatchError, ServiceUnavailableError, TapWidgetError
from tapwidget.match.record import from_record
from tapwidget.match.spec import Match
from tapwidget.tables.exact_copy import fingerprint
from tapwidget.tables.votable import to_votable

log = logging.getLogger(__name__)

RAW = "What follows is the service's own answer, without your columns"


@dataclass(frozen=True)
class Remade:
    """A plan and the user's table that it is for; or None, and `why`: of a match in parts the bare reason."""

    plan: Plan | None = None
    table: OwnTable | None = None
    why: str = ""


def remake(record: JobRecord, tables: KeptTables, planned: Callable[[Match, Table], Plan]) -> Remade:
    """The plan of the match that a job was submitted for; an empty one for a job that was no match.

    Raises
    ------
    ServiceUnavailableError
        If the service cannot tell now what its tables are: later it may.
    """
    if record.match is None or record.table is None:
        return (
            Remade(why=f"{RAW}: it is one part of a match that went in several.")
            if is_part(record.run_id)
            else Remade()
        )
    try:
        match = from_record(record.match)
        table = tables.find(record.table)
        plan = planned(match, table)
        _same(plan, record)
    except ServiceUnavailableError:
        raise
    except TapWidgetError as error:
        log.info("the match of job %s cannot be finished here: %s", record.job_id, error)
        why = str(error).rstrip(".")
        return Remade(why=why if record.parts else f"{RAW}: {why}.")
    return Remade(plan, OwnTable(table, record.table))


def _same(plan: Plan, record: JobRecord) -> None:
    """Raise MatchError unless the service would get now what it got then."""
    if plan.adql != record.adql:
        raise MatchError("the query for this match is another one now: the service's tables or tapwidget have changed")
    sent = {upload.sha256 for upload in record.uploads}
    if record.parts:
        is_same = fingerprint(plan.upload.table) in sent
    else:
        is_same = not sent or any(_sha256(plan, serialization) in sent for serialization in ("BINARY2", "TABLEDATA"))
    if not is_same:
        raise MatchError("the upload for this match is another one now: tapwidget has changed since")


def _sha256(plan: Plan, serialization: str) -> str:
    name = plan.upload.name
    return hashlib.sha256(to_votable(plan.upload.table, serialization=serialization, name=name)).hexdigest()
