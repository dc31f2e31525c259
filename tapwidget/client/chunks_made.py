"""Matches in parts as they come to be: of an upload that is too large, and of the ledger, in another kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from tapwidget.client.chunks import ChunkedJob
from tapwidget.client.chunks_kept import Kept
from tapwidget.client.chunks_plan import estimated_size, parts_needed, why_in_parts
from tapwidget.client.excerpt import Uploaded
from tapwidget.client.follower import Pace
from tapwidget.client.job import Job
from tapwidget.client.ledger import JobRecord, Ledger, UploadRecord, new_key
from tapwidget.client.outgoing import Outgoing
from tapwidget.client.submission import Order, match_record
from tapwidget.errors import MatchError
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.uws import JobPhase
from tapwidget.tables.exact_copy import fingerprint

Send = Callable[[Order, Outgoing], Job]


def in_parts(
    outgoing: Outgoing,
    number: int,
    *,
    order: Order,
    send: Send,
    find: Callable[[str], Job],
    ledger: Ledger,
    limits: Limits,
    service: str,
    maxrec: int | None = None,
    pace: Pace | None = None,
) -> ChunkedJob:
    """A match in so many parts, not yet sent. `order` and `outgoing` are those of the whole; `send` makes one job.

    `service` is the address under which the ledger has it, `maxrec` the limit of rows that the user asked for.
    """
    if outgoing.plan is None or outgoing.table is None:
        raise MatchError("Only a match can go in parts: submit ADQL with a smaller table.")
    name, upload = outgoing.plan.upload.name, outgoing.plan.upload.table
    source = (order.sources or {}).get(name, "")
    record = JobRecord(
        url="",
        job_id=order.run_id,
        phase=JobPhase.PENDING,
        service=service,
        adql=order.adql,
        rows=len(upload),
        created=datetime.now(UTC),
        run_id=order.run_id,
        uploads=(UploadRecord(name, len(upload), estimated_size(upload), fingerprint(upload), source),),
        match=match_record(order.match),
        table=outgoing.table.record,
        key=new_key(is_whole=True),
        maxrec=maxrec,
    )
    kept = Kept(ledger, record, outgoing.table)
    return _made(outgoing, kept, number, order=order, send=send, find=find, limits=limits, pace=pace)


def again(
    record: JobRecord,
    outgoing: Outgoing,
    *,
    order: Order,
    send: Send,
    find: Callable[[str], Job],
    ledger: Ledger,
    limits: Limits,
    latest: Callable[[], JobRecord | None],
    pace: Pace | None = None,
) -> ChunkedJob:
    """A match in parts that the ledger has, to go on with. `order` and `outgoing` are what they were for the whole.

    `latest` gives its record as it is later, with all that the service knows of its jobs.

    Raises
    ------
    MatchError
        If its upload is not divided as it was.
    """
    number = len(record.parts)
    kept = Kept(ledger, record, latest=latest)
    return _made(outgoing, kept, number, order=order, send=send, find=find, limits=limits, pace=pace)


def _made(
    outgoing: Outgoing,
    kept: Kept,
    number: int,
    *,
    order: Order,
    send: Send,
    find: Callable[[str], Job],
    limits: Limits,
    pace: Pace | None,
) -> ChunkedJob:
    assert outgoing.plan is not None
    assert outgoing.table is not None
    name = outgoing.plan.upload.name
    total = len(order.uploads[name])

    def send_part(part: Uploaded, run_id: str) -> Job:
        uploads = {name: part}
        # The match can be finished in another kernel where a part is all of it.
        is_all = len(part) == total
        own = replace(order, uploads=uploads, run_id=run_id, match=order.match if is_all else None)
        # What a part's job fetches is the bare answer, and the changes are told once, by the whole.
        return send(
            replace(own, table=order.table if is_all else None),
            replace(outgoing, uploads=uploads, changes=(), plan=None, table=None),
        )

    return ChunkedJob(
        outgoing.plan,
        outgoing.table,
        number,
        send=send_part,
        find=find,
        run_id=order.run_id,
        service=outgoing.plan.service,
        changes=outgoing.changes,
        maxrec=kept.record.maxrec,
        pace=pace,
        kept=kept,
        why=why_in_parts(parts_needed(outgoing.plan.upload.table, limits), total, limits),
    )
