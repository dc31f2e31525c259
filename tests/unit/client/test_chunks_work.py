"""A match in parts over jobs that do what a test says: what is tried again, what ends it, what stays findable."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.client.chunks import ChunkedJob
from tapwidget.client.chunks_faults import Remedy, remedy
from tapwidget.client.chunks_plan import in_words
from tapwidget.client.chunks_work import AT_ONCE
from tapwidget.client.excerpt import Uploaded
from tapwidget.client.faults import Outage
from tapwidget.client.follower import Pace
from tapwidget.client.own_table import OwnTable
from tapwidget.client.plan import make_plan
from tapwidget.client.too_large import OverLimitError
from tapwidget.errors import (
    AuthenticationError,
    JobAbortedError,
    JobError,
    JobTimeoutError,
    QueryError,
    ResultError,
    ServiceUnavailableError,
    TapWidgetError,
    UploadError,
)
from tapwidget.ivoa import tapschema
from tapwidget.ivoa.uws import JobPhase, JobSummary, Progress
from tapwidget.match.spec import SkyMatch

SECONDS = 30.0
QUICK = Pace(retry_first=0.01, retry_last=0.02, patience=SECONDS)
TARGET = tapschema.Table(
    "s.t",
    "",
    (
        tapschema.Column("id", "long", ucd="meta.id;meta.main", principal=True),
        tapschema.Column("t_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        tapschema.Column("t_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
    ),
)
ROWS = 64


class OneJob:
    """A job that ends as soon as it is waited for, unless it is held; its answer has each uploaded row once."""

    last_error = ""
    last_heard = None
    changes = ()

    def __init__(self, at: Service, table: Table, label: str, error: TapWidgetError | None, overflow: bool) -> None:
        self.at, self.table, self.label, self.overflow = at, table, label, overflow
        self.job_id = f"j{len(at.jobs)}"
        self.summary = JobSummary(self.job_id)
        self.url = f"https://x.org/tap/async/{self.job_id}"
        self.phase = JobPhase.EXECUTING
        self.progress = Progress()
        self.received: tuple[int, int | None] = (0, None)
        self._error = error
        self.error: TapWidgetError | None = None
        self.deleted = False

    def subscribe(self, callback: Callable[[Any], None]) -> None:
        self.tell = callback

    def wait(self, timeout: float) -> JobPhase:
        if not self.at.free.wait(min(timeout, 0.02)) and not self.phase.is_final:
            raise JobTimeoutError("not yet")
        if not self.phase.is_final:
            self.phase = JobPhase.COMPLETED if self._error is None else JobPhase.ERROR
            self.error = self._error
        return self.phase

    def _fetch(self) -> Table:
        rows = np.asarray(self.table["tw_row"], dtype=np.int64)
        raw = Table({"ut1_tw_row": rows, "id": rows + 2**60, "t_ra": self.table["ra"], "t_dec": self.table["dec"]})
        raw.meta["overflow"] = self.overflow
        self.received = (1000, 1000)
        return raw

    def abort(self) -> None:
        if not self.phase.is_final:
            self.phase, self.error = JobPhase.ABORTED, JobAbortedError("aborted")

    def stop_watching(self) -> None:
        pass

    def delete(self) -> None:
        self.deleted = True


class Service:
    """Makes jobs. `refuse(table)` may raise when a job is made, `fail(table)` gives what a job fails with."""

    def __init__(self) -> None:
        self.jobs: list[OneJob] = []
        self.free = threading.Event()
        self.free.set()
        self.lock = threading.Lock()
        self.most_at_once = 0
        self.refuse: Callable[[Table], None] = lambda table: None
        self.fail: Callable[[Table], TapWidgetError | None] = lambda table: None
        self.cut: Callable[[Table], bool] = lambda table: False

    def find(self, url: str) -> Any:
        found = next((job for job in self.jobs if job.url == url), None)
        if found is None:
            raise JobError(f"does not have the job {url}")
        return found

    def send(self, sent: Uploaded, run_id: str) -> Any:
        table = sent if isinstance(sent, Table) else sent.whole[sent.rows]
        with self.lock:
            self.refuse(table)
            job = OneJob(self, table, run_id, self.fail(table), self.cut(table))
            self.jobs.append(job)
            self.most_at_once = max(self.most_at_once, sum(not job.phase.is_final for job in self.jobs))
            return job

    @property
    def labels(self) -> list[str]:
        return [job.label for job in self.jobs]

    @property
    def sizes(self) -> list[int]:
        return [len(job.table) for job in self.jobs]


@pytest.fixture
def at() -> Service:
    return Service()


@pytest.fixture
def table() -> Table:
    rng = np.random.default_rng(3)
    return Table({"ra": rng.uniform(0, 360, ROWS), "dec": rng.uniform(-80, 80, ROWS), "n": np.arange(ROWS)})


def job_of(at: Service, table: Table, parts: int = 4, **more: Any) -> ChunkedJob:
    plan = make_plan(SkyMatch("s.t", columns=["id"]), table, TARGET, service="https://x.org/tap")
    more = {"pace": QUICK, "run_id": "tapwidget-1", **more}
    return ChunkedJob(plan, OwnTable(table), parts, send=at.send, find=at.find, service="https://x.org/tap", **more)


def started(at: Service, table: Table, parts: int = 4, **more: Any) -> ChunkedJob:
    job = job_of(at, table, parts, **more)
    job.start()
    return job


def eventually(condition: Callable[[], Any]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, "what was waited for did not happen"
        time.sleep(0.002)


def complete(job: ChunkedJob) -> None:
    """Every row of the user's table once, in order."""
    result = job.result(SECONDS)
    assert result["ut1_n"].tolist() == list(range(ROWS))
    assert (result["id"] - 2**60).tolist() == list(range(ROWS))
    assert job.phase is JobPhase.COMPLETED
    assert job.error is None


def query_error(said: str) -> QueryError:
    return QueryError(f"It said: {said}", said=said)


def test_all_parts_become_one_result(at: Service, table: Table) -> None:
    job = started(at, table, parts=5, changes=("A change.",))
    complete(job)
    assert sorted(at.labels) == [f"tapwidget-1-0{n}of05" for n in range(1, 6)]
    assert at.most_at_once <= AT_ONCE
    assert job.parts == 5
    assert job.changes == ("A change.", in_words(5))
    assert job.received == (5000, 5000)
    assert job.overflow is False
    assert job.job_id == job.summary.run_id == "tapwidget-1"
    assert job.summary.phase is JobPhase.COMPLETED
    assert job.urls[0] == job.url
    assert len(job.urls) == 5
    assert job.progress.percent == 100
    assert job.result() is job.result()


def test_progress_counts_rows_and_says_how_many_parts_are_done(at: Service, table: Table) -> None:
    at.free.clear()
    job = started(at, table)
    seen: list[tuple[JobPhase, str]] = []
    job.subscribe(lambda told: seen.append((told.phase, told.progress.message)))
    eventually(lambda: len(at.jobs) == AT_ONCE)
    assert job.phase is JobPhase.EXECUTING
    assert (job.progress.items_done, job.progress.items_total, job.progress.percent) == (0, 4, 0)
    at.jobs[0].progress = Progress(50.0)
    assert job.progress.percent == pytest.approx(12.5)
    assert "0 of 4 parts done" in repr(job)
    at.free.set()
    complete(job)
    assert seen[-1] == (JobPhase.COMPLETED, "4 of 4 parts done")
    assert (JobPhase.EXECUTING, "2 of 4 parts done") in seen


def test_a_part_that_is_refused_as_too_large_is_halved_and_the_others_with_it(at: Service, table: Table) -> None:
    def refuse(part: Table) -> None:
        if len(part) > 6:
            raise OverLimitError("too large")

    at.refuse = refuse
    job = started(at, table)
    complete(job)
    assert at.sizes == [4] * 16
    assert job.parts == 16
    assert "tapwidget-1-01of04-aa" in at.labels


def test_a_part_whose_job_says_that_it_is_too_large_is_halved(at: Service, table: Table) -> None:
    said = "Size of upload file exceeds maximum of 33554432 bytes."
    at.fail = lambda part: query_error(said) if len(part) > 8 else None
    job = started(at, table, parts=1)
    complete(job)
    assert sum(size <= 8 for size in at.sizes) == 8


def test_one_part_that_fails_is_tried_again_in_halves_and_the_others_are_kept(at: Service, table: Table) -> None:
    at.fail = lambda part: query_error("Query timed out") if 17 in part["tw_row"] and len(part) > 4 else None
    job = started(at, table)
    complete(job)
    ok = [job for job in at.jobs if job.phase is JobPhase.COMPLETED]
    assert sum(len(job.table) for job in ok) == ROWS
    assert len([job for job in ok if len(job.table) == 16]) == 3, "the other parts went once"


def test_a_part_that_fails_whatever_its_size_ends_it_with_the_services_words(at: Service, table: Table) -> None:
    at.fail = lambda part: query_error("Worker 7 lost its disk") if 17 in part["tw_row"] else None
    job = started(at, table)
    with pytest.raises(QueryError, match="Worker 7 lost its disk"):
        job.result(SECONDS)
    assert job.phase is JobPhase.ERROR
    assert sum(17 in job.table["tw_row"] for job in at.jobs) == 3


def test_a_wrong_query_ends_all_at_once(at: Service, table: Table) -> None:
    at.fail = lambda part: query_error("Encountered 'FRMO' at line 1: syntax error")
    job = started(at, table, parts=20)
    with pytest.raises(QueryError, match="FRMO"):
        job.result(SECONDS)
    assert len(at.jobs) <= 2 * AT_ONCE
    eventually(lambda: all(job.phase.is_final for job in at.jobs))


def test_a_refusal_of_the_first_part_is_raised_by_start(at: Service, table: Table) -> None:
    def refuse(_part: Table) -> None:
        raise AuthenticationError("no token", service="https://x.org/tap")

    at.refuse = refuse
    with pytest.raises(AuthenticationError):
        started(at, table)
    assert not at.jobs


def test_a_single_row_that_is_too_large_says_so(at: Service, table: Table) -> None:
    def refuse(_part: Table) -> None:
        raise OverLimitError("The upload is too large.")

    at.refuse = refuse
    with pytest.raises(UploadError, match=r"too large\..*1 row"):
        started(at, table)


def test_a_service_in_trouble_is_tried_again_as_it_is(at: Service, table: Table) -> None:
    left = [3]

    def refuse(_part: Table) -> None:
        if len(at.jobs) >= 2 and left[0]:
            left[0] -= 1
            raise Outage("in maintenance", retry_after=0.01)

    at.refuse = refuse
    job = started(at, table)
    complete(job)
    assert at.sizes == [16] * 4
    assert job.last_error == ""


def test_a_busy_service_is_left_in_peace_for_a_while(at: Service, table: Table) -> None:
    left = [2]

    def fail(_part: Table) -> TapWidgetError | None:
        left[0] -= 1
        return query_error("Maximum running queries for your user reached") if left[0] >= 0 else None

    at.fail = fail
    job = started(at, table)
    complete(job)
    assert set(at.sizes) == {16}


def test_when_the_service_stays_away_waiting_again_goes_on_from_there(at: Service, table: Table) -> None:
    is_down = [False]

    def refuse(_part: Table) -> None:
        if len(at.jobs) >= 2 and is_down[0]:
            raise Outage("nothing answers")

    at.refuse = refuse
    at.free.clear()
    job = started(at, table, pace=Pace(retry_first=0.01, retry_last=0.02, patience=0.05))
    eventually(lambda: len(at.jobs) == 2)
    is_down[0] = True
    at.free.set()
    with pytest.raises(ServiceUnavailableError, match="nothing answers"):
        job.result(SECONDS)
    assert not job.phase.is_final
    is_down[0] = False
    complete(job)
    assert at.sizes == [16] * 4, "no part went twice"


def test_abort_stops_all_that_runs_and_sends_no_more(at: Service, table: Table) -> None:
    at.free.clear()
    job = started(at, table)
    eventually(lambda: len(at.jobs) == AT_ONCE)
    job.abort()
    assert job.wait(SECONDS) is JobPhase.ABORTED
    with pytest.raises(JobAbortedError, match=r"0 of its 4 parts were done\. Submit it again"):
        job.result()
    assert [job.phase for job in at.jobs] == [JobPhase.ABORTED] * AT_ONCE
    job.abort()
    at.free.set()
    assert len(at.jobs) == AT_ONCE


def test_a_part_on_its_way_when_all_is_aborted_is_aborted_too(at: Service, table: Table) -> None:
    on_its_way, go_on = threading.Event(), threading.Event()

    def refuse(_part: Table) -> None:
        if len(at.jobs) == 1:
            on_its_way.set()
            assert go_on.wait(SECONDS)

    at.refuse = refuse
    at.free.clear()
    job = started(at, table)
    assert on_its_way.wait(SECONDS)
    job.abort()
    go_on.set()
    eventually(lambda: len(at.jobs) == 2 and all(job.phase is JobPhase.ABORTED for job in at.jobs))


def test_delete_takes_every_job_off_the_service(at: Service, table: Table) -> None:
    job = started(at, table)
    result = job.result(SECONDS)
    job.delete()
    assert all(each.deleted for each in at.jobs)
    assert job.result() is result


def test_an_answer_that_was_cut_is_asked_for_again_in_halves(at: Service, table: Table) -> None:
    at.cut = lambda part: len(part) > 8
    job = started(at, table)
    complete(job)
    assert job.overflow is False
    assert sorted(at.sizes) == [8] * 8 + [16] * 4


def test_what_no_halving_can_help_is_overflow(at: Service, table: Table) -> None:
    at.cut = lambda part: 17 in part["tw_row"]
    job = started(at, table)
    complete(job)
    assert job.overflow is True
    assert job.result().meta["overflow"] is True


def test_a_limit_of_rows_that_was_asked_for_holds_for_the_whole(at: Service, table: Table) -> None:
    at.cut = lambda part: True
    job = started(at, table, maxrec=10)
    assert len(job.result(SECONDS)) == 10
    assert job.overflow is True
    assert len(at.jobs) == 4


def test_stopping_to_watch_is_not_aborting(at: Service, table: Table) -> None:
    at.free.clear()
    job = started(at, table)
    eventually(lambda: len(at.jobs) == AT_ONCE)
    job.stop_watching()
    eventually(lambda: job._work._workers == 0)
    at.free.set()
    assert not any(job.phase.is_final for job in at.jobs)
    complete(job)
    assert at.sizes == [16] * 4, "those at the service were followed on"


def test_waiting_has_an_end(at: Service, table: Table) -> None:
    at.free.clear()
    job = started(at, table)
    with pytest.raises(JobTimeoutError, match=r"0 of its 4 parts are done"):
        job.result(0.01)
    at.free.set()
    complete(job)


def test_it_can_be_awaited(at: Service, table: Table) -> None:
    async def wait() -> Table:
        return await started(at, table)

    assert len(asyncio.run(wait())) == ROWS


def test_a_fault_of_ours_is_told_and_not_waited_for_for_ever(at: Service, table: Table) -> None:
    job = job_of(at, table)
    at.refuse = lambda part: 1 / 0 if at.jobs else None  # type: ignore[assignment]
    job.start()
    with pytest.raises(JobError, match="ZeroDivisionError"):
        job.result(SECONDS)


def test_a_subscriber_that_fails_stops_nothing(at: Service, table: Table) -> None:
    job = job_of(at, table)
    told: list[datetime] = []

    def bad(_job: ChunkedJob) -> None:
        told.append(datetime.now())
        raise RuntimeError("mine")

    unsubscribe = job.subscribe(bad)
    job.start()
    complete(job)
    assert told
    unsubscribe()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OverLimitError(""), Remedy.DIVIDE),
        (UploadError(""), Remedy.END),
        (query_error("upload ut1 has 9 rows; this service takes at most 3"), Remedy.DIVIDE),
        (query_error("ERROR: The query ran too long: time limit of 600 s reached"), Remedy.SMALLER),
        (query_error("Query failed in backend: out of memory"), Remedy.SMALLER),
        (query_error("column objctId does not exist"), Remedy.END),
        (query_error("Column [ut1.x] does not exist."), Remedy.END),
        (query_error("1 unresolved identifiers: foo"), Remedy.END),
        (query_error("too many queries from you"), Remedy.AGAIN),
        (Outage("", said=""), Remedy.AGAIN),
        (ServiceUnavailableError(""), Remedy.END),
        (AuthenticationError(""), Remedy.END),
        (JobAbortedError(""), Remedy.SMALLER),
        (ResultError(""), Remedy.SMALLER),
    ],
)
def test_what_helps_against_a_failure(error: TapWidgetError, expected: Remedy) -> None:
    assert remedy(error) is expected
