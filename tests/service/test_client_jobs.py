"""Jobs against a service that misbehaves on command: followed, waited for, aborted, fetched, found again."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.client.follower import Pace
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.client.submission import Submission
from tapwidget.errors import (
    AuthenticationError,
    JobAbortedError,
    JobError,
    JobTimeoutError,
    QueryError,
    ResultError,
    ServiceUnavailableError,
    UploadError,
)
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.spec import IdentifierMatch

QUICK = Pace(first=0.01, last=0.05, retry_first=0.01, retry_last=0.02, patience=1.0, push_after=0.02)
IDS = [648368125565216675, 9223372036854775807]
JOB = r"/async/j\d+$"


@pytest.fixture
def table() -> Table:
    return Table({"objid": [1, 2**60 + 1], "ra": [10.0, 20.0], "dec": [1.0, -2.0]})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "jobs")


@pytest.fixture
def service(fake: Any, ledger: Ledger) -> Service:
    return Service(fake.url, pace=QUICK, ledger=ledger)


def test_a_job_is_created_run_followed_and_fetched_in_few_requests(fake: Any, service: Service, table: Table) -> None:
    fake.script = ["EXECUTING", "COMPLETED"]
    job = service.submit("SELECT * FROM TAP_UPLOAD.ut1", table)
    result = job.result()
    assert result["objectId"].tolist() == IDS
    assert result["objectId"].dtype == np.int64
    assert job.phase is JobPhase.COMPLETED
    assert job.overflow is False
    assert job.result() is result
    about_job = [r for r in fake.requests if "/async" in r.path]
    assert [r.method for r in about_job] == ["POST", "POST", "GET", "GET"]
    assert about_job[0].form["UPLOAD"] == "ut1,param:ut1"
    assert about_job[0].form["REQUEST"] == "doQuery"
    assert b"BINARY2" in about_job[0].file


def test_the_ledger_knows_the_job_before_it_runs(fake: Any, service: Service, ledger: Ledger, table: Table) -> None:
    seen = []

    def look(_request: Any) -> None:
        seen.append(ledger.records())

    fake.refuses = look
    fake.inject("status", "/phase$", status=403, body=b"not you")
    with pytest.raises(AuthenticationError, match="not you"):
        service.submit("SELECT 1", table)
    (attempt,) = seen[0]
    assert (attempt.url, attempt.adql, attempt.rows) == ("", "SELECT 1", 2)
    (record,) = ledger.records()
    assert record.url == f"{fake.url}/async/j0001"
    assert record.uploads[0].bytes == len(fake.requests[1].file)
    assert record.run_id.startswith("tapwidget")


def test_maxrec_run_id_and_several_uploads_are_passed_on(fake: Any, service: Service, table: Table) -> None:
    job = service.submit("SELECT 1", uploads={"a": table, "b": table}, maxrec=7, run_id="mine")
    job.wait(10)
    form = fake.asked("POST", "/async$")[0].form
    assert (form["MAXREC"], form["RUNID"], form["UPLOAD"]) == ("7", "mine", "a,param:a;b,param:b")


@pytest.mark.parametrize("honours", [True, False])
@pytest.mark.parametrize("final", ["COMPLETED", "ERROR", "ABORTED", "ARCHIVED"])
def test_every_phase_is_passed_through_to_every_end(fake: Any, service: Service, honours: bool, final: str) -> None:
    fake.honours_wait = honours
    fake.error = "it broke"
    fake.script = ["QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN", "EXECUTING", final]
    seen: list[JobPhase] = []
    job = service.submit("SELECT 1")
    job.subscribe(lambda job: seen.append(job.phase))
    assert job.wait(10) == final
    assert seen[-3:] == ["UNKNOWN", "EXECUTING", final]
    assert (job.error is None) == (final == "COMPLETED")


def test_done_is_known_at_once_where_wait_is_honoured(fake: Any, service: Service) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    fake.until(lambda: bool(fake.asked("GET", JOB) and "WAIT" in fake.asked("GET", JOB)[-1].query))
    before = time.monotonic()
    fake.move("COMPLETED")
    assert job.wait(10) is JobPhase.COMPLETED
    assert time.monotonic() - before < 2
    assert len(fake.asked("GET", JOB)) < 6


def test_where_wait_is_ignored_the_pauses_grow(fake: Any, ledger: Ledger) -> None:
    fake.honours_wait, fake.script = False, []
    service = Service(fake.url, ledger=ledger, pace=Pace(first=0.05, last=0.2))
    job = service.submit("SELECT 1")
    with pytest.raises(JobTimeoutError, match=r"goes on.*job\.wait\(\)"):
        job.wait(1.0)
    # 0.05, 0.1, then 0.2: a dozen at most, where asking without pause would make hundreds.
    assert 3 <= len(fake.asked("GET", JOB)) <= 12
    assert max(int(r.query.get("WAIT", 0)) for r in fake.asked("GET", JOB)) <= Pace().wait
    job.stop_watching()


def test_the_default_pace_keeps_below_thirty_requests_a_minute() -> None:
    pace, pause, spent, count = Pace(), Pace().first, 0.0, 0
    while spent < 60:
        spent, pause, count = spent + pause, min(2 * pause, pace.last), count + 1
    assert count <= 30
    assert 60 / pace.wait_progress <= 30


def test_wait_times_out_and_the_job_goes_on(fake: Any, service: Service) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    before = time.monotonic()
    with pytest.raises(JobTimeoutError) as caught:
        job.wait(0.1)
    assert time.monotonic() - before < 3
    assert caught.value.job_url == job.url
    fake.move("COMPLETED")
    assert job.result()["objectId"].tolist() == IDS


def test_a_keyboard_interrupt_leaves_the_job_running_and_findable(fake: Any, service: Service, ledger: Ledger) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        job.wait()
    assert fake.jobs["j0001"].phase == "EXECUTING"
    assert not [r for r in fake.requests if r.method == "DELETE" or r.form.get("PHASE") == "ABORT"]
    fake.move("COMPLETED")
    again = Service(fake.url, pace=QUICK, ledger=ledger)
    (record,) = again.jobs()
    assert record.url == job.url
    assert again.job(record.url).result()["objectId"].tolist() == IDS
    job.wait(10)


def test_abort_is_quick_and_seen(fake: Any, service: Service) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    before = time.monotonic()
    job.abort()
    assert job.wait(10) is JobPhase.ABORTED
    assert time.monotonic() - before < 3
    with pytest.raises(JobAbortedError, match=r"aborted.*Submit it again"):
        job.result()
    job.abort()
    assert len([r for r in fake.asked("POST", "/phase$") if r.form["PHASE"] == "ABORT"]) == 1


def test_a_job_that_stays_pending_is_pushed_once_more(fake: Any, service: Service) -> None:
    fake.ignores_run = 1
    job = service.submit("SELECT 1")
    assert job.wait(10) is JobPhase.COMPLETED
    assert [r.form["PHASE"] for r in fake.asked("POST", "/phase$")] == ["RUN", "RUN"]


def test_a_job_that_stays_pending_is_pushed_until_it_runs(fake: Any, service: Service) -> None:
    fake.ignores_run = 3
    job = service.submit("SELECT 1")
    assert job.wait(20) is JobPhase.COMPLETED
    assert [r.form["PHASE"] for r in fake.asked("POST", "/phase$")] == ["RUN"] * 4


def test_a_push_that_is_refused_is_told(fake: Any, service: Service) -> None:
    fake.ignores_run = 10**6
    job = service.submit("SELECT 1")
    fake.inject("status", "/phase$", status=403, body=b"your quota of running jobs is used up")
    with pytest.raises(AuthenticationError, match="quota of running jobs"):
        job.wait(20)
    fake.ignores_run = 0
    assert job.wait(20) is JobPhase.COMPLETED


def test_a_service_that_changes_its_mind_all_the_time_is_not_asked_all_the_time(
    fake: Any, ledger: Ledger, eventually: Callable[..., None]
) -> None:
    fake.honours_wait, fake.script = False, ["EXECUTING", "HELD", "SUSPENDED"] * 1000
    job = Service(fake.url, ledger=ledger, pace=Pace(first=0.001, last=0.002, most=7)).submit("SELECT 1")
    eventually(lambda: len(fake.asked("GET", JOB)) == 7)
    with pytest.raises(JobTimeoutError):
        job.wait(0.5)
    assert len(fake.asked("GET", JOB)) == 7
    job.stop_watching()


def test_progress_is_told(fake: Any, service: Service, eventually: Callable[..., None]) -> None:
    fake.script = []
    fake.info = (
        "<jobInfo><progress><percentComplete>40</percentComplete><itemsProcessed>12</itemsProcessed>"
        "<totalItems>30</totalItems><message>scanning</message></progress></jobInfo>"
    )
    job = service.submit("SELECT 1")
    eventually(lambda: job.progress.is_known)
    assert (job.progress.percent, job.progress.items_done, job.progress.items_total) == (40.0, 12, 30)
    assert "40 %" in repr(job)
    assert job.summary.creation_time is not None
    fake.move("COMPLETED")
    job.wait(10)


def test_an_error_has_the_services_own_words_and_a_next_step(fake: Any, service: Service) -> None:
    fake.script, fake.error = ["EXECUTING", "ERROR"], "Unknown column: objctId"
    job = service.submit("SELECT objctId FROM dp1.Object")
    with pytest.raises(QueryError, match=r"Unknown column: objctId.*service\.table") as caught:
        job.result()
    assert caught.value.said == "Unknown column: objctId"
    assert job.url in str(caught.value)


def test_an_error_without_summary_is_read_from_its_document(fake: Any, fake_uws: Any, service: Service) -> None:
    fake.script = ["ERROR"]
    fake.error_document = fake_uws.error_votable("Qserv request failed: no chunk 17")
    with pytest.raises(QueryError, match="no chunk 17"):
        service.submit("SELECT 1").result()


def test_subscribers_that_fail_disturb_nobody(
    fake: Any, service: Service, caplog: pytest.LogCaptureFixture, eventually: Callable[..., None]
) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    seen = []

    def fail(_job: Any) -> None:
        raise ZeroDivisionError("mine")

    job.subscribe(fail)
    stop = job.subscribe(lambda job: seen.append((job.phase, threading.current_thread() is threading.main_thread())))
    fake.move("COMPLETED")
    assert job.wait(10) is JobPhase.COMPLETED
    eventually(lambda: seen)
    assert seen[-1] == ("COMPLETED", False)
    assert "mine" in caplog.text
    stop()


def test_a_job_can_be_awaited_without_blocking_the_loop(fake: Any, service: Service) -> None:
    fake.script = []

    async def cell() -> tuple[Table, int]:
        job = service.submit("SELECT 1")
        task = asyncio.ensure_future(_of(job))
        ticks = 0
        while ticks < 5:
            await asyncio.sleep(0.01)
            ticks += 1
        assert not task.done()
        fake.move("COMPLETED")
        return await task, ticks

    async def _of(job: Any) -> Table:
        return await job

    result, ticks = asyncio.run(cell())
    assert result["objectId"].tolist() == IDS
    assert ticks == 5


def test_properties_ask_nothing_of_the_network(fake: Any, service: Service) -> None:
    job = service.submit("SELECT 1")
    job.result()
    count = len(fake.requests)
    for name in ("url", "job_id", "phase", "progress", "summary", "adql", "elapsed", "last_error", "error", "overflow"):
        getattr(job, name)
    assert (job.parts, job.urls) == (1, (job.url,))
    repr(job)
    repr(service)
    assert len(fake.requests) == count


def test_overflow_is_told(fake: Any, fake_uws: Any, service: Service) -> None:
    fake.result = fake_uws.votable({"a": "int"}, [(1,)], '<INFO name="QUERY_STATUS" value="OVERFLOW"/>')
    job = service.submit("SELECT 1")
    assert job.overflow is None
    assert job.result().meta["overflow"] is True
    assert job.overflow is True


# Faults: what may pass is ridden out and told.


@pytest.mark.parametrize(
    "fault",
    [
        {"what": "reset"},
        {"what": "status", "status": 500, "body": b"oops"},
        {"what": "status", "status": 502, "body": b"<html><body>Bad gateway</body></html>"},
        {"what": "status", "status": 503, "body": b"maintenance", "headers": {"Retry-After": "0"}},
        {"what": "status", "status": 429, "body": b"slow down"},
        {
            "what": "status",
            "status": 200,
            "body": b"<html>maintenance</html>",
            "headers": {"Content-Type": "text/html"},
        },
        {"what": "truncate"},
    ],
    ids=["reset", "500", "502", "503", "429", "html", "truncated"],
)
def test_following_rides_out_what_may_pass(
    fake: Any, service: Service, fault: dict[str, Any], eventually: Callable[..., None]
) -> None:
    fake.script = []
    fault = {**fault, "headers": dict(fault.get("headers", {}))}
    fake.inject(fault.pop("what"), JOB, method="GET", times=3, **fault)
    job = service.submit("SELECT 1")
    eventually(lambda: job.phase is JobPhase.EXECUTING)
    assert job.last_error == ""
    assert job.last_heard is not None
    fake.move("COMPLETED")
    assert job.result()["objectId"].tolist() == IDS


def test_trouble_is_told_while_it_lasts(fake: Any, service: Service, eventually: Callable[..., None]) -> None:
    fake.script = []
    fake.inject("status", JOB, method="GET", times=10**6, status=503, body=b"down for maintenance")
    job = service.submit("SELECT 1")
    eventually(lambda: "maintenance" in job.last_error)
    assert job.error is None
    fake.faults.clear()
    eventually(lambda: job.last_error == "")
    fake.move("COMPLETED")
    assert job.wait(10) is JobPhase.COMPLETED


def test_trouble_without_end_gives_up_and_can_be_taken_up_again(fake: Any, ledger: Ledger) -> None:
    service = Service(fake.url, ledger=ledger, pace=Pace(retry_first=0.01, retry_last=0.02, patience=0.1))
    fake.script = []
    fake.inject("reset", JOB, method="GET", times=10**6)
    job = service.submit("SELECT 1")
    with pytest.raises(ServiceUnavailableError, match=r"service\.job\("):
        job.wait(10)
    fake.faults.clear()
    fake.move("COMPLETED")
    assert job.result()["objectId"].tolist() == IDS


def test_a_token_that_expires_while_waiting_is_told(fake: Any, service: Service) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    fake.inject("status", JOB, method="GET", times=1, status=401, body=b"token expired")
    fake.move("QUEUED")
    with pytest.raises(AuthenticationError, match="token expired"):
        job.wait(10)
    fake.move("COMPLETED")
    assert job.wait(10) is JobPhase.COMPLETED


def test_a_job_that_vanished_is_told(fake: Any, service: Service, eventually: Callable[..., None]) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    eventually(lambda: job.phase is JobPhase.EXECUTING)
    vanished = fake.jobs.pop("j0001")
    fake.move("QUEUED", vanished)
    with pytest.raises(JobError, match="any more"):
        job.wait(10)


@pytest.mark.parametrize("fits", [True, False], ids=["announced length fits", "announced length is the whole's"])
def test_a_result_cut_short_is_fetched_again(fake: Any, service: Service, fits: bool) -> None:
    fake.inject("truncate", "/results/result$", times=1, status=200 if fits else 500)
    job = service.submit("SELECT 1")
    assert job.result()["objectId"].tolist() == IDS
    assert len(fake.asked("GET", "/results/result$")) == 2


@pytest.mark.parametrize("fits", [True, False])
def test_a_result_cut_short_twice_is_no_result(fake: Any, service: Service, fits: bool) -> None:
    fake.inject("truncate", "/results/result$", times=2, status=200 if fits else 500)
    job = service.submit("SELECT 1")
    with pytest.raises(ResultError, match="whole") as caught:
        job.result()
    assert caught.value.job_url == job.url
    assert job.result()["objectId"].tolist() == IDS


@pytest.mark.parametrize("what", ["reset", "status"])
def test_a_result_is_fetched_through_an_outage(fake: Any, service: Service, what: str) -> None:
    fake.inject(what, "/results/result$", times=2, status=503, headers={"Retry-After": "0"})
    assert service.submit("SELECT 1").result()["objectId"].tolist() == IDS


def test_a_result_that_is_an_error_document_is_an_error(fake: Any, fake_uws: Any, service: Service) -> None:
    fake.result = fake_uws.error_votable("the disk is full")
    with pytest.raises(QueryError, match="the disk is full"):
        service.submit("SELECT 1").result()


# Faults while a job is made.


def test_a_creation_whose_answer_got_lost_is_found_by_its_run_id(fake: Any, service: Service, ledger: Ledger) -> None:
    fake.inject("early", "/async$", method="POST")
    job = service.submit("SELECT 1")
    assert job.result()["objectId"].tolist() == IDS
    assert len(fake.jobs) == 1
    assert ledger.records()[0].url == job.url


def test_a_creation_never_confirmed_stays_findable(fake: Any, service: Service, ledger: Ledger) -> None:
    fake.inject("early", "/async$", method="POST")
    fake.lists_jobs = False
    with pytest.raises(ServiceUnavailableError, match="run_id 'tapwidget-"):
        service.submit("SELECT 1")
    assert [r.phase for r in ledger.records()] == ["UNKNOWN"]
    fake.lists_jobs = True
    (record,) = service.jobs()
    assert record.url.endswith("/j0001")
    assert record.adql == "SELECT 1"
    # Taken up again it is one of ours: set running, fetched, and known by its address from then on.
    assert service.job(record.url).result()["objectId"].tolist() == IDS
    assert [(r.url, r.phase) for r in service.jobs(ask=False)] == [(record.url, "COMPLETED")]


def test_an_interrupt_between_creating_and_running_loses_nothing(
    fake: Any, service: Service, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Submission, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            service.submit("SELECT 1")
    (record,) = Service(fake.url, ledger=ledger, pace=QUICK).jobs()
    assert record.phase is JobPhase.PENDING
    # It was ours and meant to run, so whoever takes it up again sets it running.
    assert service.job(record.url).result()["objectId"].tolist() == IDS


def test_somebody_elses_pending_job_is_not_set_running(fake: Any, fake_uws: Any, service: Service) -> None:
    fake.jobs["j0001"] = fake_uws.FakeJob("j0001", {})
    job = service.job("j0001")
    with pytest.raises(JobTimeoutError):
        job.wait(0.3)
    assert not fake.asked("POST", "/phase$")
    job.stop_watching()


def test_a_ledger_that_cannot_be_written_stops_no_job(fake: Any, tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("a file where the folder should be")
    job = Service(fake.url, ledger=Ledger(tmp_path / "jobs"), pace=QUICK).submit("SELECT 1")
    assert job.result()["objectId"].tolist() == IDS
    assert any("keep its URL" in note for note in job.changes)


def test_a_run_that_was_not_confirmed_is_followed_all_the_same(fake: Any, service: Service) -> None:
    fake.inject("reset", "/phase$")
    job = service.submit("SELECT 1")
    assert job.result()["objectId"].tolist() == IDS
    assert any("not confirmed" in note for note in job.changes)


def test_a_refused_query_is_no_job(fake: Any, fake_uws: Any, service: Service, ledger: Ledger) -> None:
    fake.refuses = lambda request: fake_uws.error_votable("Encountered FORM at line 1")
    with pytest.raises(QueryError, match="Encountered FORM"):
        service.submit("SELECT 1 FORM x")
    assert ledger.records() == []


def test_a_service_that_moved_is_told(fake: Any, service: Service) -> None:
    service.limits()
    fake.inject("status", "/async$", status=301, headers={"Location": "https://elsewhere.example/tap/async"})
    with pytest.raises(ServiceUnavailableError, match=r"moved to https://elsewhere\.example/tap\."):
        service.submit("SELECT 1")


def test_a_page_to_log_in_is_no_job(fake: Any, service: Service, ledger: Ledger) -> None:
    service.limits()
    fake.inject("status", "/async$", status=302, headers={"Location": "https://login.example/?back=/tap/async"})
    with pytest.raises(ServiceUnavailableError, match=r"https://login\.example, which is no job.*in a browser"):
        service.submit("SELECT 1")
    assert ledger.records() == []


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_lost_the_service_may_have_made_a_job(
    fake: Any, service: Service, ledger: Ledger, status: int
) -> None:
    service.limits()
    fake.inject("status", "/async$", method="POST", status=status, body=b"upstream is gone")
    with pytest.raises(ServiceUnavailableError, match=r"upstream is gone.*may have been created.*run_id 'tapwidget-"):
        service.submit("SELECT 1")
    assert len(ledger.records()) == 1


@pytest.mark.parametrize("where", ["creating", "running"])
def test_binary2_refused_is_sent_in_tabledata_and_remembered(
    fake: Any, fake_uws: Any, service: Service, table: Table, where: str
) -> None:
    said = "Cannot parse upload: BINARY2 is not supported"
    fake.error = said
    if where == "creating":
        fake.refuses = lambda r: fake_uws.error_votable(said) if b"BINARY2" in r.body else None
    else:
        original = fake._state

        def state(request: Any, job: Any) -> bytes:
            if b"BINARY2" in job.file:
                job.phase, job.script = "ERROR", []
            return original(request, job)

        fake._state = state
    job = service.submit("SELECT * FROM TAP_UPLOAD.ut1", table)
    assert job.result()["objectId"].tolist() == IDS
    assert b"<TR>" in fake.asked("POST", "/async$")[-1].file
    assert sum("as text (TABLEDATA)" in change for change in job.changes) == 1
    count = len(fake.asked("POST", "/async$"))
    again = service.submit("SELECT * FROM TAP_UPLOAD.ut1", table)
    again.result()
    assert sum("as text (TABLEDATA)" in change for change in again.changes) == 1
    assert len(fake.asked("POST", "/async$")) == count + 1
    assert b"<TR>" in fake.asked("POST", "/async$")[-1].file


def test_an_error_of_the_query_is_not_taken_for_one_of_the_serialization(
    fake: Any, service: Service, table: Table
) -> None:
    fake.script, fake.error = ["ERROR"], "Unknown column nope"
    with pytest.raises(QueryError):
        service.submit("SELECT nope", table).result()
    assert len(fake.asked("POST", "/async$")) == 1


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ('<uploadLimit><hard unit="byte">300</hard></uploadLimit>', "300 bytes"),
        ('<uploadLimit><default unit="row">1</default></uploadLimit>', "at most 1"),
    ],
)
def test_too_large_an_upload_is_refused_here(
    fake: Any, service: Service, ledger: Ledger, limit: str, words: str
) -> None:
    fake.upload_limit = limit
    with pytest.raises(UploadError, match=rf"2 rows.*{words}.*Ways out"):
        service.submit("SELECT 1", {"ra": [1.0, 2.0]})
    assert not fake.jobs
    assert ledger.records() == []


def test_a_413_says_what_to_do(fake: Any, service: Service, table: Table) -> None:
    service.limits()
    fake.inject("status", "/async$", status=413, body=b"Size of upload file exceeds maximum of 33554432 bytes.")
    with pytest.raises(UploadError, match=r"33554432.*fewer"):
        service.submit("SELECT 1", table)


# Found again.


def test_jobs_of_the_ledger_and_of_the_service_are_one_list(fake: Any, service: Service, ledger: Ledger) -> None:
    mine = service.submit("SELECT 1")
    mine.wait(10)
    Service(fake.url, ledger=Ledger(ledger.place.with_name("other")), pace=QUICK).submit("SELECT 2").wait(10)
    records = {r.job_id: r for r in service.jobs()}
    assert set(records) == {"j0001", "j0002"}
    assert (records["j0001"].adql, records["j0002"].adql) == ("SELECT 1", "")
    assert all(r.phase == "COMPLETED" for r in records.values())
    assert records["j0001"].age is not None


def test_a_list_of_jobs_that_needs_a_token_is_no_empty_list(fake: Any, service: Service) -> None:
    fake.inject("status", "/async$", method="GET", status=401, body=b"who are you?")
    with pytest.raises(AuthenticationError, match=r"who are you\?.*TAPWIDGET_TOKEN"):
        service.jobs()


@pytest.mark.parametrize("by", ["url", "job_id"])
def test_a_job_is_found_again_running_or_done(fake: Any, service: Service, ledger: Ledger, by: str) -> None:
    fake.script = []
    job = service.submit("SELECT x")
    again = Service(fake.url, ledger=ledger, pace=QUICK).job(getattr(job, by))
    assert again.adql == "SELECT x"
    fake.move("COMPLETED")
    assert again.result()["objectId"].tolist() == IDS
    done = Service(fake.url, ledger=Ledger(ledger.place / "none"), pace=QUICK).job(getattr(job, by))
    assert (done.phase, done.adql) == ("COMPLETED", "SELECT x")
    assert done.result()["objectId"].tolist() == IDS
    job.wait(10)


def test_a_job_that_is_not_there_or_not_of_this_service_is_told(fake: Any, service: Service) -> None:
    with pytest.raises(JobError, match="does not have the job"):
        service.job("j9999")
    with pytest.raises(JobError, match="not a job of"):
        service.job("https://elsewhere.example/tap/async/1")


def test_deleting_takes_it_off_the_service_and_asks_for_no_list(fake: Any, service: Service) -> None:
    job = service.submit("SELECT 1")
    result = job.result()
    job.delete()
    assert fake.jobs == {}
    assert not fake.asked("GET", "/async$")
    assert job.result() is result


def test_stopping_to_watch_is_not_aborting(fake: Any, service: Service) -> None:
    fake.script = []
    job = service.submit("SELECT 1")
    job.stop_watching()
    fake.move("COMPLETED")
    assert job.wait(10) is JobPhase.COMPLETED
    assert not [r for r in fake.asked("POST", "/phase$") if r.form["PHASE"] == "ABORT"]


def test_jobs_side_by_side_do_not_mix(fake: Any, service: Service) -> None:
    jobs = [service.submit(f"SELECT {n}") for n in range(8)]
    assert [job.wait(20) for job in jobs] == ["COMPLETED"] * 8
    assert [fake.jobs[job.job_id].form["QUERY"] for job in jobs] == [f"SELECT {n}" for n in range(8)]
    del jobs
    gc.collect()


def test_a_match_asks_for_all_rows_that_the_service_gives(fake: Any, service: Service, table: Table) -> None:
    limits = service.limits()
    assert (limits.maxrec_default, limits.maxrec_hard) == (1000, 20000)
    match = IdentifierMatch("dp1.Object", on=("objid", "objectId"))
    assert service.plan(match, table).maxrec == 20000
    assert "maxrec=20000" in match.python(service, table)
    service.submit(match, table)
    assert fake.asked("POST", "/async$")[-1].form["MAXREC"] == "20000"
    service.submit("SELECT 1").wait(10)
    assert "MAXREC" not in fake.asked("POST", "/async$")[-1].form


def test_a_query_that_is_wrong_is_sent_once(fake: Any, service: Service, table: Table) -> None:
    fake.error = "Could not parse your query: Expected FROM at char 9"
    fake.script = ["ERROR"]
    job = service.submit("SELECT * FRM TAP_UPLOAD.ut1", table)
    assert job.wait(10) is JobPhase.ERROR
    assert len(fake.asked("POST", "/async$")) == 1


def test_a_deleted_job_is_gone_from_the_ledger(fake: Any, service: Service, ledger: Ledger) -> None:
    job = service.submit("SELECT 1")
    job.wait(10)
    assert len(ledger.records()) == 1
    job.delete()
    assert ledger.records() == []
