"""The status shows a job as it was last told, and its button aborts it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tapwidget.actions.background import Immediate
from tapwidget.errors import JobTimeoutError, QueryError, ServiceUnavailableError
from tapwidget.ivoa.uws import JobPhase, JobSummary, Progress
from tapwidget.views.job_status import JobStatus


class OneJob:
    """A job that does what the test says."""

    url = "http://127.0.0.1/tap/async/17"
    last_error = ""
    elapsed = 3.25
    last_heard: datetime | None = None
    error: Exception | None = None
    received: tuple[int, int | None] = (0, None)
    changes: tuple[str, ...] = ()
    answers = 4

    def __init__(self) -> None:
        self.phase = JobPhase.PENDING
        self.summary = JobSummary("17")
        self.watched = True
        self.progress = Progress()
        self.callbacks: list[Callable[[OneJob], None]] = []
        self.aborted = 0
        self.fault: Exception | None = None

    def subscribe(self, callback: Callable[[OneJob], None]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def tell(self, phase: JobPhase, progress: Progress | None = None) -> None:
        self.phase, self.progress = phase, progress or Progress()
        for callback in list(self.callbacks):
            callback(self)

    def stop_watching(self) -> None:
        self.watched = False

    def wait(self, timeout: float) -> None:
        self.watched = True
        raise JobTimeoutError("It has not ended.")

    def abort(self) -> None:
        self.aborted += 1
        if self.fault:
            raise self.fault


@pytest.fixture
def job() -> OneJob:
    return OneJob()


def test_every_phase_is_shown_in_the_words_of_the_standard(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    for phase in JobPhase:
        job.tell(phase)
        assert status.phase == phase.value
        assert f'data-phase="{phase.value}"' in status._phase.value
        assert status.abort_button.disabled == phase.is_final


def test_percent_is_shown_only_where_the_service_tells_it(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    job.tell(JobPhase.EXECUTING)
    assert status._bar.layout.display == "none"
    job.tell(JobPhase.EXECUTING, Progress(percent=63))
    assert status.progress == 63
    assert status._bar.layout.display is None
    assert "63 %" in status._elapsed.value
    assert "3.2 s" in status._elapsed.value


def test_abort_asks_the_job(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    job.tell(JobPhase.EXECUTING)
    status.abort_button.click()
    assert job.aborted == 1


def test_an_abort_that_fails_is_said(job: OneJob) -> None:
    job.fault = ServiceUnavailableError("the service does not answer <now>")
    status = JobStatus(job, background=Immediate())
    job.tell(JobPhase.EXECUTING)
    status.abort_button.click()
    assert "does not answer &lt;now&gt;" in status._message.value


def test_watching_another_job_lets_the_first_go_on_unwatched(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    other = OneJob()
    status.job = other
    job.tell(JobPhase.ERROR)
    assert status.phase == "PENDING"
    other.tell(JobPhase.COMPLETED)
    assert status.phase == "COMPLETED"
    assert job.callbacks == []
    status.job = None
    assert status.phase == ""


def test_trouble_on_the_way_is_said_while_it_lasts(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    job.last_error = "the service has not answered for 12 s; trying again"
    job.tell(JobPhase.EXECUTING)
    assert "12 s; trying again" in status._elapsed.value
    job.last_error = ""
    job.tell(JobPhase.EXECUTING)
    assert "trying again" not in status._elapsed.value


def test_bytes_of_the_result_are_told_while_it_is_fetched(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    job.received = (3 * 2**20, 2**24)
    job.tell(JobPhase.COMPLETED)
    assert "MiB" not in status._elapsed.value
    status.activity = "fetching the result"
    assert "fetching the result · 3.0 of 16.0 MiB" in status._elapsed.value
    job.received = (2**24, None)
    status._show()
    assert "16.0 MiB" in status._elapsed.value
    status.activity = ""
    assert "MiB" not in status._elapsed.value


def test_watching_can_be_stopped_and_taken_up_again_while_the_job_goes_on(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    job.tell(JobPhase.EXECUTING)
    status.watch_button.click()
    assert not job.watched
    assert "not watched" in status._elapsed.value
    assert not job.aborted
    assert status.watch_button.description == "Watch again"
    status.watch_button.click()
    assert job.watched
    assert "not watched" not in status._elapsed.value
    status.watch_button.click()
    status.abort_button.click()
    assert status.watched
    job.tell(JobPhase.ABORTED)
    assert status.watch_button.disabled


def test_another_job_is_watched_from_the_beginning(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    status.watch_button.click()
    status.job = OneJob()
    assert status.watched


def test_elapsed_is_told_against_the_limit_while_the_job_runs(job: OneJob) -> None:
    job.summary = JobSummary("17", execution_duration=14400)
    status = JobStatus(job, background=Immediate())
    assert "of 4 h" not in status._elapsed.value
    job.tell(JobPhase.EXECUTING)
    assert "3.2 s of 4 h" in status._elapsed.value
    job.tell(JobPhase.COMPLETED)
    assert "of 4 h" not in status._elapsed.value


def test_details_are_made_only_when_they_are_open(job: OneJob) -> None:
    began = datetime(2026, 3, 1, 12, tzinfo=UTC)
    job.summary = JobSummary(
        "17",
        creation_time=began,
        start_time=began + timedelta(seconds=1.5),
        end_time=began + timedelta(seconds=92),
        execution_duration=14400,
        destruction=began + timedelta(days=7),
    )
    job.last_heard = began + timedelta(seconds=93)
    job.changes = ("Column <b>x</b> was renamed.",)
    status = JobStatus(job, background=Immediate())
    job.tell(JobPhase.EXECUTING)
    job.error = QueryError("The query was refused: <script>")
    job.tell(JobPhase.ERROR)
    assert status._lines.value == ""
    status._details.is_open = True
    for line in (
        "phases seen here: PENDING at 3.2 s → EXECUTING at 3.2 s → ERROR at 3.2 s",
        "created 2026-03-01 12:00:00 UTC, started 2026-03-01 12:00:01 UTC, ended 2026-03-01 12:01:32 UTC",
        "waited 1.5 s, ran 1 min 30 s",
        "the service stops it after 4 h",
        "asked for 4 times, the last answer came at 2026-03-01 12:01:33 UTC",
        "Column &lt;b&gt;x&lt;/b&gt; was renamed.",
        "The query was refused: &lt;script&gt;",
        "kept by the service until 2026-03-08 12:00:00 UTC",
        "job http://127.0.0.1/tap/async/17",
    ):
        assert line in status._lines.value


class Told(list[tuple[str, str, float]]):
    """What a status had the browser told."""

    def of(self, status: JobStatus) -> Told:
        status.notice.send = lambda content, buffers=None: self.append(
            (content["title"], content["body"], content["seconds"])
        )
        return self


@pytest.mark.parametrize("end", [JobPhase.COMPLETED, JobPhase.ERROR, JobPhase.ABORTED, JobPhase.ARCHIVED])
def test_the_browser_is_told_of_the_end_of_a_job_if_that_is_wanted(job: OneJob, end: JobPhase) -> None:
    status = JobStatus(job, background=Immediate())
    told = Told().of(status)
    job.tell(JobPhase.EXECUTING)
    job.tell(end)
    assert not told
    status.notice.wanted = True
    job.tell(end)
    assert not told, "it had ended before"
    job.tell(JobPhase.EXECUTING)
    job.tell(end)
    assert told == [(f"tapwidget: {end}", f"After 3.2 s, {job.url}", 3.25)]


def test_a_job_stopped_here_or_ended_before_it_was_watched_is_no_news(job: OneJob) -> None:
    status = JobStatus(job, background=Immediate())
    told = Told().of(status)
    status.notice.wanted = True
    job.tell(JobPhase.EXECUTING)
    status.abort_button.click()
    job.tell(JobPhase.ABORTED)
    job.phase = JobPhase.COMPLETED
    status.job = None
    status.job = job
    assert not told


def test_a_table_that_could_not_be_sent_is_told_too() -> None:
    status = JobStatus(background=Immediate())
    told = Told().of(status)
    status.notice.wanted = True
    status.phase = "SENDING"
    status.phase = "ERROR"
    assert told == [("tapwidget: ERROR", "The notebook tells what happened.", 0.0)]
