"""UWS jobs: what they are, where they are kept, and how they are run.

All state changes on the event loop's thread; only the query itself runs in another one. So there are no locks here.

Source: UWS 1.1, section 2.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tapwidget.errors import TapWidgetError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.server.engine import Run
from tapwidget.server.faults import QueryAbortedError, QueryTimeoutError, RequestError
from tapwidget.server.parameters import Parameters
from tapwidget.server.query import Answer, Holdings, answer, query_of
from tapwidget.server.settings import Settings

ACTIVE = frozenset({JobPhase.PENDING, JobPhase.QUEUED, JobPhase.EXECUTING})
RUNNING = frozenset({JobPhase.QUEUED, JobPhase.EXECUTING})
log = logging.getLogger(__name__)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Job:
    """One job. Times are UTC; `execution_duration` is in seconds, 0 for no limit of its own."""

    job_id: str
    folder: Path
    parameters: Parameters
    execution_duration: float
    destruction: datetime
    phase: JobPhase = JobPhase.PENDING
    creation_time: datetime = field(default_factory=now)
    start_time: datetime | None = None
    end_time: datetime | None = None
    error: Exception | None = None
    answer: Answer | None = None
    run: Run | None = None
    task: asyncio.Task[None] | None = None
    owner: str = ""
    change: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def percent(self) -> float | None:
        """How much of its query is done, as the engine reckons; None where it cannot tell."""
        return self.run.percent() if self.run is not None and self.phase == JobPhase.EXECUTING else None

    @property
    def run_id(self) -> str:
        return self.parameters.get("RUNID")

    def enter(self, phase: JobPhase) -> None:
        """Change the phase, and wake up everybody who waits for that."""
        self.phase = phase
        if phase == JobPhase.EXECUTING:
            self.start_time = now()
        if phase.is_final:
            self.end_time = now()
        woken, self.change = self.change, asyncio.Event()
        woken.set()

    async def changed(self, timeout: float) -> None:
        """Return when the phase changes, at the latest after `timeout` seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.change.wait(), timeout)


class Runner:
    """Runs jobs in worker threads, with a limit of time each."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings
        self.running: list[Holdings] = []
        """What each of the running jobs runs on."""
        self.pool = ThreadPoolExecutor(holdings.settings.workers, thread_name_prefix="query")

    def start(self, job: Job) -> None:
        """Set a job going; `job.task` ends when it does."""
        holdings = self.holdings
        job.run = holdings.engine.run()
        job.enter(JobPhase.QUEUED)
        self.running.append(holdings)
        job.task = asyncio.get_running_loop().create_task(self.follow(job, job.run, holdings))

    def serve(self, holdings: Holdings) -> None:
        """Run what comes from now on on other tables; the engine that nobody needs any more is closed."""
        former, self.holdings = self.holdings, holdings
        self.retire(former)

    def retire(self, holdings: Holdings) -> None:
        if holdings is not self.holdings and not any(other is holdings for other in self.running):
            holdings.engine.close()
            remove(holdings.engine.folder)

    async def follow(self, job: Job, run: Run, holdings: Holdings) -> None:
        """Wait for the end of a job's query, and write down how it went."""
        loop = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = []

        def began() -> None:
            if job.phase == JobPhase.QUEUED:
                job.enter(JobPhase.EXECUTING)
                if job.execution_duration > 0:
                    timers.append(loop.call_later(job.execution_duration, expired))

        def expired() -> None:
            message = (
                f"the query was stopped after its {job.execution_duration:g} s (execution duration); "
                "add conditions, or run it as an asynchronous job with a longer one"
            )
            loop.run_in_executor(None, run.stop, QueryTimeoutError(message, said=message))

        def work() -> Answer:
            try:
                loop.call_soon_threadsafe(began)
                query = query_of(job.parameters, holdings.settings)
                path = job.folder / f"result{query.form.suffix}"
                return answer(query, run, holdings, path)
            finally:
                run.finish()

        try:
            job.answer = await loop.run_in_executor(self.pool, work)
            end = JobPhase.COMPLETED
        except TapWidgetError as error:
            job.error = error
            end = JobPhase.ABORTED if isinstance(error, QueryAbortedError) else JobPhase.ERROR
        except Exception as error:
            log.exception("job %s failed", job.job_id)
            job.error = RequestError(
                f"the service failed at this query ({type(error).__name__}); this is its fault", 500
            )
            end = JobPhase.ERROR
        for timer in timers:
            timer.cancel()
        self.running.pop(next(place for place, other in enumerate(self.running) if other is holdings))
        self.retire(holdings)
        if not job.phase.is_final:
            job.enter(end)

    async def abort(self, job: Job) -> None:
        """Stop a job. Its query is interrupted wherever it is."""
        if job.phase.is_final:
            return
        if job.run is not None:
            message = "the job was aborted"
            await asyncio.get_running_loop().run_in_executor(
                None, job.run.stop, QueryAbortedError(message, said=message)
            )
        if not job.phase.is_final:
            job.enter(JobPhase.ABORTED)

    def close(self) -> None:
        """Wait for what runs, and close the engines."""
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.holdings.engine.close()


class JobStore:
    """The asynchronous jobs, with their files in folders of their own."""

    def __init__(self, folder: Path, runner: Runner, settings: Settings) -> None:
        self.folder = folder
        self.runner = runner
        self.settings = settings
        self.jobs: dict[str, Job] = {}

    def new_folder(self) -> tuple[str, Path]:
        """A job id that nobody can guess, and its folder."""
        job_id = secrets.token_urlsafe(16)
        path = self.folder / job_id
        path.mkdir(mode=0o700, parents=True)
        return job_id, path

    def create(self, job_id: str, folder: Path, parameters: Parameters, owner: str = "") -> Job:
        if len(self.jobs) >= self.settings.jobs_kept:
            raise RequestError("this service keeps no more jobs; delete some of yours", 503)
        job = Job(
            job_id,
            folder,
            parameters,
            self.settings.execution_duration,
            now() + timedelta(seconds=self.settings.retention),
            owner=owner,
        )
        self.jobs[job_id] = job
        return job

    def get(self, job_id: str, owner: str = "") -> Job:
        """A job of one caller. Those of others are not there for them."""
        job = self.jobs.get(job_id)
        if job is None or job.owner != owner:
            raise RequestError("there is no such job; it was deleted, or its destruction time is past", 404)
        return job

    def of(self, owner: str) -> list[Job]:
        """All jobs of one caller, newest first."""
        own = [job for job in self.jobs.values() if job.owner == owner]
        return sorted(own, key=lambda job: job.creation_time, reverse=True)

    async def delete(self, job: Job) -> None:
        self.jobs.pop(job.job_id, None)
        await self.runner.abort(job)
        if job.task is not None:
            await asyncio.wait([job.task])
        remove(job.folder)

    async def sweep(self) -> None:
        """Delete jobs past their destruction time, for ever."""
        while True:
            for job in [job for job in self.jobs.values() if job.destruction <= now()]:
                await self.delete(job)
            await asyncio.sleep(1.0)

    async def close(self) -> None:
        for job in list(self.jobs.values()):
            await self.delete(job)


def remove(folder: Path) -> None:
    """Delete a folder; what cannot be deleted now goes with the service's own folder."""
    shutil.rmtree(folder, ignore_errors=True)
