"""One job at a TAP service: followed in the background, waited for, aborted, fetched.

Source: UWS 1.1, section 2; TAP 1.1, section 2.2.3 (the result of an asynchronous query).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from functools import partial
from threading import Condition, Lock
from time import monotonic
from typing import Any

from astropy.table import Table

from tapwidget.client import faults, provenance
from tapwidget.client.addresses import mask
from tapwidget.client.download import download
from tapwidget.client.encoded import IN_TEXT
from tapwidget.client.follower import Follower, Pace
from tapwidget.client.own_table import OwnTable
from tapwidget.client.plan import Plan
from tapwidget.client.remade import Remade
from tapwidget.client.subscribers import Subscribers
from tapwidget.client.transport import Transport
from tapwidget.client.uws_document import result_url
from tapwidget.errors import JobError, JobTimeoutError, TapWidgetError
from tapwidget.ivoa.uws import JobPhase, JobSummary, Progress


class Job:
    """A job of a service. What it shows is what was last heard: no property ever asks the network.

    Made by `Service.submit` and `Service.job`. `plan` is None for a query that was given as text, and for a match that
    was found again until its result is asked for; `changes` are sentences on what was changed to make the upload
    acceptable. `remake` makes the plan of a match that was found again.
    """

    def __init__(
        self,
        transport: Transport,
        url: str,
        *,
        adql: str = "",
        plan: Plan | None = None,
        table: OwnTable | None = None,
        changes: tuple[str, ...] = (),
        summary: JobSummary | None = None,
        remember: Callable[[JobSummary, str], None] | None = None,
        replace: Callable[[JobSummary], str] | None = None,
        forget: Callable[[], None] | None = None,
        remake: Callable[[], Remade] | None = None,
        push: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self._transport = transport
        self._url = url
        self._adql = adql
        self.plan = plan
        self.changes = changes
        self.answers = 0  # how often the service has told how the job stands
        self._table = table
        self._summary = summary or JobSummary(job_id=url.rstrip("/").rpartition("/")[2])
        self._remember = remember
        self._replace = replace
        self._forget = forget
        self._remake = remake
        self._push = push
        self._pace = pace or Pace()
        self._began = monotonic()
        self._took: float | None = None
        self._news = Condition()
        self._trouble = ""
        self._fault: TapWidgetError | None = None
        self._heard: datetime | None = None
        self._bytes: tuple[int, int | None] = (0, None)
        self._subscribers: Subscribers[Job] = Subscribers()
        self._fetching = Lock()
        self._result: Table | None = None
        # Ended, and the ledger and the subscribers know it; `wait` returns only then.
        self._is_settled = self._summary.phase.is_final
        self._follower: Follower | None = None

    # What is known: never a network call.

    @property
    def url(self) -> str:
        """Address of the job; what is needed to find it again."""
        return mask(self._url)

    @property
    def job_id(self) -> str:
        """Identifier of the job at its service."""
        return self._summary.job_id

    @property
    def summary(self) -> JobSummary:
        """All that the service last said of the job."""
        return self._summary

    @property
    def phase(self) -> JobPhase:
        """Its phase (UWS 1.1, section 2.1.3)."""
        return self._summary.phase

    @property
    def progress(self) -> Progress:
        """How far it is, where the service tells."""
        return self._summary.progress

    @property
    def adql(self) -> str:
        """The query; empty for a job found again whose service does not tell it."""
        return self._adql or self._summary.parameters.get("QUERY", "")

    @property
    def elapsed(self) -> float:
        """Seconds it has run: as the service counts them where it does, else since it was submitted here."""
        told = self._summary
        if told.start_time and told.end_time and told.phase.is_final:
            return (told.end_time - told.start_time).total_seconds()
        return (monotonic() - self._began) if self._took is None else self._took

    @property
    def last_error(self) -> str:
        """What is in the way of hearing from the service just now, and may pass; empty when all is well."""
        return self._trouble

    @property
    def last_heard(self) -> datetime | None:
        """When the service last answered (UTC)."""
        return self._heard

    @property
    def error(self) -> TapWidgetError | None:
        """Why there is no result: the job failed or was aborted, or it cannot be followed any more."""
        return self._fault or self._failure()

    @property
    def overflow(self) -> bool | None:
        """Whether the result was cut at the row limit; None until it was fetched."""
        return None if self._result is None else bool(self._result.meta.get("overflow", False))

    @property
    def received(self) -> tuple[int, int | None]:
        """Bytes of the result that have arrived, and of how many, where the service says."""
        return self._bytes

    @property
    def parts(self) -> int:
        """1; a match that goes in several jobs (`chunks.ChunkedJob`) has more."""
        return len(self.urls)

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of all its jobs: its own."""
        return (self.url,)

    # What is done.

    def wait(self, timeout: float | None = None) -> JobPhase:
        """Block until the job has ended, however it ended; returns its phase. An interrupt leaves the job running.

        Raises
        ------
        JobTimeoutError
            If `timeout` seconds passed before; the job goes on.
        ServiceError
            If the job cannot be followed: its service stayed away, does not know it, or does not let us in.
        """
        until = None if timeout is None else monotonic() + timeout
        self._watch()
        with self._news:
            while not self._is_over():
                left = None if until is None else until - monotonic()
                if left is not None and left <= 0:
                    trouble = f" {self._trouble}" if self._trouble else ""
                    raise JobTimeoutError(
                        f"The job {self.url} has not ended within {timeout:g} s; it is {self.phase}, and goes on."
                        f"{trouble} Wait again with job.wait(), or stop it with job.abort().",
                        service=mask(self._transport.url),
                        job_url=self.url,
                    )
                # Short waits: on some systems a wait without end cannot be interrupted from the keyboard.
                self._news.wait(0.5 if left is None else min(left, 0.5))
            if self._fault is not None and not self.phase.is_final:
                raise self._fault
            return self.phase

    def abort(self) -> None:
        """Ask the service to stop the job; returns once it has the message. Nothing happens to one that has ended.

        Raises
        ------
        ServiceError
            If the service cannot be reached or refuses.
        """
        if self.phase.is_final:
            return
        doing = "aborting a job"
        response = self._transport.post(f"{self._url}/phase", {"PHASE": "ABORT"}, doing=doing)
        faults.check(response, doing, service=mask(self._transport.url))
        self._watch()
        if self._follower is not None:
            self._follower.nudge()

    def delete(self) -> None:
        """Take the job and its result off the service, for good; a table already fetched stays.

        Raises
        ------
        ServiceError
            If the service cannot be reached or refuses.
        """
        self.stop_watching()
        response = self._transport.delete(self._url, doing="deleting a job")
        if response.status_code not in {404, 410}:
            faults.check(response, "deleting a job", service=mask(self._transport.url))
        if self._forget is not None:
            self._forget()
        with self._news:
            if not self.phase.is_final or self._result is None:
                self._fault = self._fault or JobError(
                    f"The job {self.url} was deleted. Submit it again.",
                    service=mask(self._transport.url),
                    job_url=self.url,
                )
            self._news.notify_all()

    def result(self, timeout: float | None = None) -> Table:
        """Wait for the end, fetch the result once, and return it. Later calls return the same table.

        For a match: the table that `Plan.finish` describes. For a query: the service's own; so too for a match that was
        found again and cannot be finished here, as `changes` says then. Where the service cut it at its row limit,
        `table.meta["overflow"]` and `job.overflow` are True.

        Raises
        ------
        QueryError
            The service failed the query; `.said` has its words.
        JobAbortedError
            The job was aborted.
        ResultError
            The result did not arrive whole, twice.
        JobTimeoutError
            `timeout` seconds passed before the job ended.
        TableError
            The user's table was changed meanwhile, and there is no copy of it.
        """
        if self._result is None:
            self.wait(timeout)
        with self._fetching:
            if self._result is None:
                failure = self._failure()
                if failure is not None:
                    raise failure
                # Before the result: it may have to ask the service, which may be away.
                self._make_plan()
                raw = self._fetch()
                if self.plan is not None and self._table is not None:
                    result = self._table.joined(partial(self.plan.finish, raw))
                else:
                    result = raw
                    result.meta["tapwidget"] = provenance.of_query(self, raw, mask(self._transport.url))
                result.meta["tapwidget"] |= provenance.of_job(self)
                result.meta["overflow"] = bool(raw.meta.get("overflow", False))
                self._result = result
        return self._result

    def subscribe(self, callback: Callable[[Job], None]) -> Callable[[], None]:
        """Call `callback(job)` on each change, from the thread that follows the job; returns what ends that.

        What the callback raises is logged and goes no further.
        """
        return self._subscribers.add(callback)

    def stop_watching(self) -> None:
        """Follow it no more. The job goes on at the service; `wait` and `result` follow it again."""
        if self._follower is not None:
            self._follower.stop()

    def __await__(self) -> Generator[Any, None, Table]:
        return self._result_later().__await__()

    def __repr__(self) -> str:
        percent = f" {self.progress.percent:.0f} %" if self.progress.is_known and not self.phase.is_final else ""
        return f"<Job {self.job_id} {self.phase}{percent} {self.elapsed:.1f} s {self.url}>"

    # How it is kept up to date.

    def _watch(self) -> None:
        """See to it that the job is followed, unless it has ended."""
        with self._news:
            # One that has told its fault is over, though its thread may still be ending.
            is_followed = self._fault is None and self._follower is not None and self._follower.is_running
            if self.phase.is_final or is_followed:
                return
            if self._fault is not None and isinstance(self._fault, JobError):
                return
            self._fault = None
            self._follower = Follower(
                self._transport,
                self._url,
                tell=self._told,
                trouble=self._in_trouble,
                ended=self._ended,
                replace=self._replaced if self._replace else None,
                push=self._push,
                pace=self._pace,
            )
            self._follower.start()

    def _is_over(self) -> bool:
        """Whether there is nothing left to wait for. A subscriber may ask too, and it cannot wait for itself."""
        in_subscriber = self._follower is not None and self._follower.is_current
        return self._fault is not None or (self.phase.is_final and (self._is_settled or in_subscriber))

    def _told(self, summary: JobSummary) -> None:
        with self._news:
            changed = summary != self._summary
            self._summary = summary
            self._heard = datetime.now(UTC)
            self.answers += 1
            if summary.phase.is_final and self._took is None:
                self._took = monotonic() - self._began
        if changed:
            if self._remember is not None:
                self._remember(summary, self._url)
            self._subscribers.tell(self)
        with self._news:
            self._is_settled = self._summary.phase.is_final
            self._news.notify_all()

    def _in_trouble(self, trouble: str) -> None:
        with self._news:
            changed = trouble != self._trouble
            self._trouble = trouble
            self._news.notify_all()
        if changed:
            self._subscribers.tell(self)

    def _ended(self, error: TapWidgetError | None) -> None:
        with self._news:
            self._fault = error
            self._news.notify_all()
        if error is not None:
            self._subscribers.tell(self)

    def _replaced(self, summary: JobSummary) -> str:
        url = self._replace(summary) if self._replace else ""
        if url:
            with self._news:
                self._url, self._replace = url, None
                self.changes += (IN_TEXT,)
                self._summary = JobSummary(job_id=url.rstrip("/").rpartition("/")[2], run_id=summary.run_id)
            self._subscribers.tell(self)
        return url

    def _fetch(self) -> Table:
        """The service's own answer, of which nothing is kept here."""
        address = result_url(self._summary, self._url)
        return download(self._transport, address, self._url, pause=self._pace.retry_first, received=self._count_bytes)

    def _count_bytes(self, done: int, total: int | None) -> None:
        self._bytes = (done, total)

    def _failure(self) -> TapWidgetError | None:
        return faults.of_job(self._summary, mask(self._transport.url), self.url)

    def _make_plan(self) -> None:
        if self._remake is None:
            return
        remade = self._remake()
        self.plan, self._table, self._remake = remade.plan, remade.table, None
        self.changes += remade.plan.changes if remade.plan else (remade.why,) if remade.why else ()

    async def _result_later(self) -> Table:
        loop = asyncio.get_running_loop()
        news = asyncio.Event()

        def wake(_job: Job) -> None:
            loop.call_soon_threadsafe(news.set)

        unsubscribe = self.subscribe(wake)
        try:
            self._watch()
            while not (self.phase.is_final or self._fault is not None):
                news.clear()
                if not (self.phase.is_final or self._fault is not None):
                    await news.wait()
        finally:
            unsubscribe()
        return await asyncio.to_thread(self.result)
