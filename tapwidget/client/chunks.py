"""A match as several jobs, as its upload is more than the service takes at once: to the outside like one `Job`.

The answers of the parts wait on disk until all are there, and become the result together, as if one job had given them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any

from astropy.table import Table

from tapwidget.client import provenance
from tapwidget.client.chunks_kept import Kept, Standing
from tapwidget.client.chunks_others import Others
from tapwidget.client.chunks_plan import TOLD, Division, in_words
from tapwidget.client.chunks_work import LOOK_S, Work
from tapwidget.client.excerpt import Uploaded
from tapwidget.client.follower import Pace
from tapwidget.client.job import Job
from tapwidget.client.own_table import OwnTable
from tapwidget.client.plan import Plan
from tapwidget.client.subscribers import Subscribers
from tapwidget.errors import JobAbortedError, JobError, JobTimeoutError, TapWidgetError
from tapwidget.ivoa.uws import JobPhase, JobSummary, Progress


class ChunkedJob:
    """The jobs of one match, with all that a `Job` shows and does. No property ever asks the network.

    Made by `Service.submit`. A few parts are at the service at a time; one that fails is tried again, in halves, and
    the answers of the others stay. `Service.job`, given its run_id, goes on with it in any kernel.

    Parameters
    ----------
    plan, table
        The match made ready, and the user's table.
    parts : int
        In how many parts the upload goes at first.
    send : callable
        Makes a job of a part of the upload, named by a run_id.
    find : callable
        Finds the job at a URL again.
    run_id : str
        What the run_ids of all parts begin with.
    service : str
        URL, for messages.
    changes : tuple of str
        What was changed to make the upload acceptable.
    maxrec : int, optional
        The limit of rows that was asked for. Without one, a part whose answer the service cut is divided.
    kept : Kept, optional
        Its record in the ledger; the parts that it has are gone on with.
    why : str
        Why it goes in parts.
    """

    def __init__(
        self,
        plan: Plan,
        table: OwnTable,
        parts: int,
        *,
        send: Callable[[Uploaded, str], Job],
        find: Callable[[str], Job],
        run_id: str,
        service: str = "",
        changes: tuple[str, ...] = (),
        maxrec: int | None = None,
        pace: Pace | None = None,
        kept: Kept | None = None,
        why: str = TOLD,
    ) -> None:
        self.plan = plan
        self._table = table
        self._run_id, self._service, self._changes, self._maxrec = run_id, service, changes, maxrec
        self._subscribers: Subscribers[ChunkedJob] = Subscribers()
        self._kept, self._why = kept, why
        self._created = (kept.record.created if kept else None) or datetime.now(UTC)
        self._began = monotonic()
        self._fetching = Lock()
        self._raw: Table | None = None
        self._result: Table | None = None
        division = Division(plan.upload)
        self._work = Work(
            plan.upload,
            division,
            division.again(kept.record.parts) if kept and kept.record.parts else division.parts(parts),
            send=lambda part, label: send(part, f"{run_id}-{label}"),
            find=find,
            changed=self._changed,
            is_whole=maxrec is None,
            pace=pace or Pace(),
            others=Others(kept, division) if kept else None,
        )

    # What is known: never a network call.

    @property
    def parts(self) -> int:
        """In how many parts the match goes; more than at first, where some had to be halved."""
        return self._work.number

    @property
    def key(self) -> str:
        """By which the ledger knows it, and `Service.job` finds it; "" while it is one job like any other."""
        return self._kept.key if self._kept else ""

    @property
    def changes(self) -> tuple[str, ...]:
        """Sentences on what was changed to make the upload acceptable."""
        notes = [note for job in self._jobs() for note in job.changes]
        parts = self.parts
        said = [in_words(parts, self._why)] if parts > 1 else []
        return tuple(dict.fromkeys((*self._changes, *said, *notes, *(self._kept.notes if self._kept else ()))))

    @property
    def url(self) -> str:
        """Address of the first job; `urls` has those of all."""
        return next(iter(self.urls), "")

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses of all jobs so far, those of failed ones that were tried again among them."""
        return tuple(job.url for job in self._jobs())

    @property
    def job_id(self) -> str:
        """Its run_id, with which those of all its jobs begin; with one part, that job's own identifier."""
        jobs = self._jobs()
        return jobs[0].job_id if len(jobs) == self.parts == 1 else self._run_id

    @property
    def summary(self) -> JobSummary:
        """The jobs together, described as if they were one."""
        told = [job.summary for job in self._jobs()]
        ends = [one.end_time for one in told if one.end_time is not None] if self.phase.is_final else []
        return JobSummary(
            job_id=self.job_id,
            phase=self.phase,
            run_id=self._run_id,
            creation_time=self._created,
            start_time=min((one.start_time for one in told if one.start_time is not None), default=None),
            end_time=max(ends, default=None),
            parameters={"QUERY": self.adql},
            error_message=str(self.error or ""),
            progress=self.progress,
        )

    @property
    def phase(self) -> JobPhase:
        """COMPLETED when all parts are, and their answers are here; before that, that of the part that is furthest."""
        return self._work.phase

    @property
    def progress(self) -> Progress:
        """How much of the upload is matched, and how many parts are done."""
        work = self._work
        with work.news:
            done: float = sum(len(part.rows) for part in work.done)
            total = done + sum(len(part.rows) for part in (*work.waiting, *work.running))
            for part in work.running:
                told = part.job.progress if part.job is not None else Progress()
                done += len(part.rows) * told.percent / 100 if told.is_known else 0
            number, ready = work.number, len(work.done)
        message = f"{ready} of {number} parts done" if number > 1 else ""
        return Progress(100 * done / total, ready, number, message)

    @property
    def adql(self) -> str:
        """The query, the same for each part."""
        return self.plan.adql

    @property
    def elapsed(self) -> float:
        """Seconds since it was submitted, or that it took."""
        return monotonic() - self._began if self._work.took is None else self._work.took

    @property
    def last_error(self) -> str:
        """What is in the way of hearing from the service just now, and may pass; empty when all is well."""
        troubles = [self._work.trouble, *(job.last_error for job in self._work.jobs_running())]
        return next(filter(None, troubles), "")

    @property
    def last_heard(self) -> datetime | None:
        """When the service last answered about one of the jobs (UTC)."""
        return max((job.last_heard for job in self._jobs() if job.last_heard is not None), default=None)

    @property
    def answers(self) -> int:
        """How often the service has told how one of the jobs stands."""
        return sum(job.answers for job in self._jobs())

    @property
    def error(self) -> TapWidgetError | None:
        """Why there is no result: a part failed for good, all were aborted, or the service stayed away."""
        return self._work.fault

    @property
    def overflow(self) -> bool | None:
        """Whether the result was cut at a row limit; None until it was put together."""
        return None if self._result is None else bool(self._result.meta.get("overflow", False))

    @property
    def received(self) -> tuple[int, int | None]:
        """Bytes of the answers that have arrived; how many there will be is known when all are here."""
        done = sum(job.received[0] for job in self._jobs())
        return done, done if self.phase is JobPhase.COMPLETED else None

    # What is done.

    def start(self) -> None:
        """Send the first part, so that a refusal is raised here; the others follow in the background.

        Raises
        ------
        TapWidgetError
            What making a job raises. That a part is too large does not matter: it is halved.
        """
        self._claim()
        self._note()
        try:
            self._work.begin()
        except TapWidgetError:
            self._work.rest()
            raise

    def resume(self) -> None:
        """Go on with what another kernel began, in the background; it is only followed while that one still sends."""
        self._work.watch()

    def wait(self, timeout: float | None = None) -> JobPhase:
        """Block until all parts have ended; returns the phase. An interrupt leaves the jobs running.

        Raises
        ------
        JobTimeoutError
            If `timeout` seconds passed before; the jobs go on.
        ServiceError
            If they cannot be followed: the service stayed away, or does not let us in. Waiting again tries again.
        """
        try:
            return self._wait(timeout)
        finally:
            self._note()  # whoever has waited finds it in the ledger as it is

    def _wait(self, timeout: float | None) -> JobPhase:
        until = None if timeout is None else monotonic() + timeout
        work = self._work
        work.watch()
        with work.news:
            while work.fault is None and not work.phase.is_final:
                left = LOOK_S if until is None else until - monotonic()
                if left <= 0:
                    raise JobTimeoutError(
                        f"The match has not ended within {timeout:g} s: {len(work.done)} of its {work.number} parts "
                        "are done, and the others go on. Wait again with job.wait(), or stop it with job.abort().",
                        service=self._service,
                        job_url=self.url,
                    )
                work.news.wait(min(left, LOOK_S))
            if work.fault is not None and not work.phase.is_final:
                raise work.fault
            return work.phase

    def abort(self) -> None:
        """Send no more parts, and ask the service to stop those that run. Nothing happens to a match that has ended.

        Raises
        ------
        JobError
            If another process is sending it.
        ServiceError
            If the service cannot be reached or refuses.
        """
        self._claim()
        told = "The match was aborted: {} of its {} parts were done. Submit it again to have its result."
        fault = JobAbortedError(told.format(len(self._work.done), self.parts), service=self._service, job_url=self.url)
        if self._work.end(JobPhase.ABORTED, fault):
            self._work.stop_all()
        self._work.rest()

    def delete(self) -> None:
        """Take all the jobs and their results off the service, for good; a table already put together stays.

        Raises
        ------
        JobError
            If another process is sending it.
        ServiceError
            If the service cannot be reached or refuses.
        """
        self._claim()
        told = "The jobs of the match were deleted. Submit it again."
        self._work.end(JobPhase.ABORTED, JobError(told, service=self._service, job_url=self.url))
        for job in self._jobs():
            job.delete()
        if self._kept is not None:
            self._kept.drop()
        self._work.rest()

    def result(self, timeout: float | None = None) -> Table:
        """Wait for the end, put the answers together once, and return the table that `Plan.finish` describes.

        Raises
        ------
        QueryError, JobError, UploadError
            Why a part failed for good; JobAbortedError if the match was aborted.
        JobTimeoutError
            `timeout` seconds passed before the end.
        TableError
            The user's table was changed meanwhile, and there is no copy of it.
        """
        if self._result is None:
            self.wait(timeout)
        with self._fetching:
            if self._result is None:
                if self.error is not None:
                    raise self.error
                # The spool gives it once, and the joining may have to be tried again.
                if self._raw is None:
                    self._raw = self._work.spool.whole(self._maxrec)
                raw = self._raw
                result = self._table.joined(partial(self.plan.finish, raw))
                result.meta["overflow"] = bool(raw.meta["overflow"])
                result.meta["tapwidget"].update(provenance.of_job(self), jobs=list(self.urls))
                self._result, self._raw = result, None
        return self._result

    def subscribe(self, callback: Callable[[ChunkedJob], None]) -> Callable[[], None]:
        """Call `callback(job)` on each change, from a thread that follows a part; returns what ends that.

        What the callback raises is logged and goes no further.
        """
        return self._subscribers.add(callback)

    def stop_watching(self) -> None:
        """Follow the parts no more, and send no more; `wait` and `result` go on with it."""
        self._work.unwatch()

    def __await__(self) -> Generator[Any, None, Table]:
        return self._result_later().__await__()

    def __repr__(self) -> str:
        told = self.progress
        how_far = "" if self.phase.is_final else f" {told.message} {told.percent:.0f} %"
        return f"<ChunkedJob {self.job_id} {self.phase}{how_far} {self.elapsed:.1f} s {self.url}>"

    def _changed(self) -> None:
        self._note()
        self._subscribers.tell(self)

    def _note(self) -> None:
        """Have the ledger know how it stands."""
        if self._kept is not None:
            self._kept.note(self._standing)

    def _standing(self) -> Standing:
        with self._work.news:
            return self._work.parts, list(self._work.done), self._work.phase, str(self._work.fault or "")

    def _claim(self) -> None:
        """Raise JobError while another process is sending the parts: what that one does not hear of, it does not do."""
        if self._kept is not None and self._work.is_elsewhere:
            raise JobError(
                f"{self._kept.turn.holder} is still sending the parts of this match: abort or delete it there, or end "
                "that process first.",
                service=self._service,
                job_url=self.url,
            )

    def _jobs(self) -> list[Job]:
        with self._work.news:
            return list(self._work.sent)

    async def _result_later(self) -> Table:
        loop = asyncio.get_running_loop()
        news = asyncio.Event()

        def wake(_job: ChunkedJob) -> None:
            loop.call_soon_threadsafe(news.set)

        unsubscribe = self.subscribe(wake)
        try:
            self._work.watch()
            while not (self.phase.is_final or self.error is not None):
                news.clear()
                if not (self.phase.is_final or self.error is not None):
                    await news.wait()
        finally:
            unsubscribe()
        return await asyncio.to_thread(self.result)
