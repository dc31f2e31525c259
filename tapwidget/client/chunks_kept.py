"""A match in parts in the ledger, as one: what another kernel needs to go on with it, and what lists of jobs show.

Each part is in the ledger as a job too, from before it was sent. It is known there by its run_id: the run_id of the
match and the part's label.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from threading import Lock

from tapwidget.client.chunks_plan import Part, is_part, run_id_of_whole
from tapwidget.client.ledger import JobRecord, Ledger, PartRecord
from tapwidget.client.own_table import OwnTable
from tapwidget.ivoa.uws import JobPhase

log = logging.getLogger(__name__)

Standing = tuple[Sequence[Part], Collection[Part], JobPhase, str]
"""All parts, those that are done, the phase of the whole, and what went wrong."""


class Kept:
    """The record of a match in parts, kept in step with its work. Written once there are parts, not before.

    `record` has its key already; `table` is the user's, and is copied beside the ledger unless it is there. Only who
    has the `turn` at sending the parts writes down how it stands. `latest` gives the record as it is later, with what
    the service knows of its jobs.
    """

    def __init__(
        self,
        ledger: Ledger,
        record: JobRecord,
        table: OwnTable | None = None,
        *,
        latest: Callable[[], JobRecord | None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._latest = latest or self.read
        self._table = table
        self._lock = Lock()
        self._is_gone = False
        self.record = record
        self.turn = ledger.turn(record)
        self.notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """By which the ledger knows the match; "" while it is one job like any other."""
        return self.record.key if self.record.parts else ""

    def note(self, standing: Callable[[], Standing]) -> None:
        """Write down how it stands, if that is news."""
        with self._lock:
            if not self.turn.is_mine:
                return
            parts, done, phase, message = standing()
            if self._is_gone or (len(parts) < 2 and not self.record.parts):
                return
            ends = [part.job.summary.destruction for part in parts if part.job is not None]
            told = [end for end in ends if end is not None]
            record = replace(
                self.record,
                phase=phase,
                message=message,
                parts=tuple(sorted((_record(part, part in done) for part in parts), key=lambda part: part.label)),
                destruction=max(told) if told else self.record.destruction,
            )
            if record == self.record:
                return
            is_first = not self.record.parts
            self.record = record
            try:
                self._ledger.write(record, is_vital=is_first)
                self._keep_table()
            except OSError as error:
                self._say(f"The match could not be written to {self._ledger.place} ({error}): keep this kernel.")

    def read(self) -> JobRecord | None:
        """How it stands in the ledger by now, perhaps by the doing of another process; None if it was deleted."""
        return self._ledger.read(self.record.key)

    @property
    def is_as_written(self) -> bool:
        """Whether the ledger has it as this process wrote it down."""
        record = self.read()
        return record is not None and (record.parts, record.phase) == (self.record.parts, self.record.phase)

    def renewed(self) -> JobRecord | None:
        """Go on from how it stands by now."""
        record = self._latest()
        with self._lock:
            self.record = record or self.record
        return record

    def drop(self) -> None:
        """Take it out of the ledger: it was deleted on request."""
        with self._lock:
            self._is_gone = True
            self._ledger.drop(self.record)

    def _keep_table(self) -> None:
        """Put the user's table beside the ledger, the first time."""
        table, self._table = self._table, None
        note = "" if table is None else table.keep(self._ledger, self.record)
        if note:
            self._say(note)

    def _say(self, note: str) -> None:
        if note not in self.notes:
            self.notes = (*self.notes, note)
            log.warning(note)


def _record(part: Part, is_done: bool) -> PartRecord:
    url = part.url if part.job is None else part.job.url
    return PartRecord(part.label, len(part.rows), part.digest, url, is_done)


def whole_of(record: JobRecord, wholes: Iterable[JobRecord]) -> JobRecord | None:
    """The match in parts, of those of the same service, to which a job in the ledger belongs."""
    if record.parts or not is_part(record.run_id):
        return None
    run_id = run_id_of_whole(record.run_id)
    mine = [whole for whole in wholes if whole.run_id == run_id and (not record.key or whole.key < record.key)]
    return max(mine, key=lambda whole: whole.key, default=None)


def folded(records: Sequence[JobRecord]) -> list[JobRecord]:
    """The records with each match in parts as one, and no longer its parts."""
    wholes = [record for record in records if record.parts]
    of: dict[str, list[JobRecord]] = {whole.key: [] for whole in wholes}
    alone = []
    for record in records:
        whole = whole_of(record, wholes)
        if whole is not None:
            of[whole.key].append(record)
        elif not record.parts:
            alone.append(record)
    return [*alone, *(with_jobs(whole, of[whole.key]) for whole in wholes)]


def with_jobs(whole: JobRecord, jobs: Sequence[JobRecord]) -> JobRecord:
    """A match in parts with what is known of the jobs of its parts, the newest of each first."""
    newest = sorted(jobs, key=lambda job: job.key, reverse=True)
    by_url = {job.url: job for job in newest if job.url}
    by_run_id = {job.run_id: job for job in reversed(newest) if job.url}
    parts, phases = [], []
    for part in whole.parts:
        job = by_url.get(part.url) or by_run_id.get(f"{whole.run_id}-{part.label}")
        phase = JobPhase.COMPLETED if part.is_done else job.phase if job is not None else JobPhase.PENDING
        parts.append(replace(part, url=part.url or (job.url if job else ""), is_done=phase is JobPhase.COMPLETED))
        phases.append(phase)
    known = [job.destruction for job in newest if job.destruction is not None]
    phase = whole.phase
    if not phase.is_final:
        at_work = any(p is not JobPhase.PENDING for p in phases)
        is_all = all(p is JobPhase.COMPLETED for p in phases)
        phase = JobPhase.COMPLETED if is_all else JobPhase.EXECUTING if at_work else JobPhase.PENDING
    return replace(
        whole, parts=tuple(parts), phase=phase, job_id=whole.run_id, destruction=max(known, default=whole.destruction)
    )
