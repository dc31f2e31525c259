"""Matches that go in parts, over real HTTP: row for row what one job gives, whatever is found, refused or aborted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.app import CrossMatch
from tapwidget.client.chunks import ChunkedJob
from tapwidget.client.job import Job
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.errors import JobAbortedError, QueryError, ServiceUnavailableError, UploadError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.radius import RadiusColumn
from tapwidget.match.spec import IdentifierMatch, SkyMatch

SECONDS = 60
THEIRS = 6000
MINE = 4000


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Objects around RA 0, some of them close pairs, some without a magnitude."""
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(-2, 2, THEIRS) % 360, rng.uniform(-1, 1, THEIRS)
    r = [None if n % 11 == 0 else float(m) for n, m in enumerate(rng.uniform(15, 25, THEIRS))]
    columns = {"id": np.arange(THEIRS) + 2**60, "ra": ra, "dec": dec, "r": r, "name": [f"o {n}" for n in range(THEIRS)]}
    path = tmp_path_factory.mktemp("catalogue") / "many.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def mine(catalogue: Path) -> Table:
    """Near the catalogue's objects, in an order of their own; some rows without a position."""
    rng = np.random.default_rng(2)
    theirs = pq.read_table(catalogue)
    chosen = rng.choice(THEIRS, MINE, replace=False)
    table = Table({"mag": rng.uniform(15, 25, MINE).astype("f4"), "n": np.arange(MINE, dtype=np.uint16)})
    table["RA"] = (theirs["ra"].to_numpy()[chosen] + rng.normal(0, 5e-3, MINE)) % 360
    table["DEC"] = MaskedColumn(theirs["dec"].to_numpy()[chosen] + rng.normal(0, 5e-3, MINE), mask=chosen % 50 == 0)
    table["name"] = [f"o {n}" for n in chosen]
    return table


@pytest.fixture(scope="module")
def served(forked: Callable[..., Any], catalogue: Path) -> Callable[..., str]:
    """Starts the built-in service over the catalogue, with limits of its own."""
    return lambda **settings: forked(serve=str(catalogue), name="s.many", settings=settings).says("ready at ")


@pytest.fixture(scope="module")
def large(served: Callable[..., str]) -> str:
    return served()


@pytest.fixture(scope="module")
def small(served: Callable[..., str]) -> str:
    """Takes 24 KiB at once, and says so; takes 600 rows as well, of which a program cannot read."""
    return served(upload_bytes=24 * 1024, upload_rows=600, parameter_bytes=8192)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "jobs")


def submitted(service: Service, match: SkyMatch | IdentifierMatch, table: Table, **more: Any) -> ChunkedJob:
    job = service.submit(match, table, **more)
    assert isinstance(job, ChunkedJob)
    return job


def same(one: Table, other: Table) -> None:
    assert one.colnames == other.colnames
    assert len(one) == len(other)
    for name in one.colnames:
        a, b = one[name], other[name]
        assert (a.dtype, type(a), a.unit, a.description) == (b.dtype, type(b), b.unit, b.description), name
        assert np.array_equal(np.ma.getmaskarray(a), np.ma.getmaskarray(b)), name
        keep = ~np.ma.getmaskarray(a)
        assert np.array_equal(np.ma.getdata(a)[keep], np.ma.getdata(b)[keep]), name


COLUMNS = ["id", "ra", "r", "name"]
MATCHES: dict[str, SkyMatch | IdentifierMatch] = {
    "all": SkyMatch("s.many", radius=1 * u.arcmin, columns=COLUMNS),
    "nearest": SkyMatch("s.many", radius=1 * u.arcmin, columns=COLUMNS, find="nearest"),
    "nearest_theirs": SkyMatch("s.many", radius=1 * u.arcmin, columns=COLUMNS, find="nearest_theirs"),
    "symmetric": SkyMatch("s.many", radius=1 * u.arcmin, columns=COLUMNS, find="symmetric"),
    "neighbours": SkyMatch("s.many", radius=3 * u.arcmin, columns=COLUMNS, find="nearest", neighbours=3),
    "unmatched": SkyMatch("s.many", radius=5 * u.arcsec, columns=COLUMNS, unmatched="keep"),
    "only unmatched": SkyMatch("s.many", radius=5 * u.arcsec, columns=COLUMNS, unmatched="only"),
    "own radius": SkyMatch("s.many", radius=RadiusColumn("mag", unit="arcsec", factor=2), columns=COLUMNS),
    "where": SkyMatch("s.many", radius=1 * u.arcmin, columns=COLUMNS, where=["ut1.mag > 18", "ut1.mag - r < 1"]),
    "identifier": IdentifierMatch("s.many", on=("name", "name"), columns=COLUMNS),
}


@pytest.mark.parametrize("name", MATCHES)
def test_the_result_is_that_of_one_job(large: str, small: str, mine: Table, ledger: Ledger, name: str) -> None:
    one = Service(large, ledger=ledger).submit(MATCHES[name], mine)
    many = submitted(Service(small, ledger=ledger), MATCHES[name], mine)
    assert isinstance(one, Job)
    expected, result = one.result(SECONDS), many.result(SECONDS)
    assert len(expected) > 500
    assert many.parts >= 5
    same(expected, result)
    assert many.overflow is one.overflow is False
    told, told_of_one = (dict(table.meta["tapwidget"]) for table in (result, expected))
    for each in (told, told_of_one):
        for word in ("service", "fetched", "job", "job_times"):
            del each[word]
    assert told.pop("jobs") == list(many.urls)
    assert told == told_of_one


def test_parts_that_the_service_finds_too_large_are_halved(small: str, mine: Table, ledger: Ledger) -> None:
    """It takes 600 rows and says only how many bytes: the first parts are refused."""
    service = Service(small, ledger=ledger)
    job = submitted(service, MATCHES["all"], mine)
    job.result(SECONDS)
    phases = [record.phase for record in ledger.records() if not record.parts]
    assert phases.count(JobPhase.COMPLETED) == job.parts
    assert phases.count(JobPhase.ERROR) >= 1
    assert len(job.urls) == len(phases)


def test_one_part_that_may_be_too_large_is_a_job_like_any_other(small: str, mine: Table, ledger: Ledger) -> None:
    service = Service(small, ledger=ledger)
    job = submitted(service, MATCHES["all"], mine[:550])
    result = job.result(SECONDS)
    assert (job.parts, job.progress.message) == (1, "")
    assert not any("parts" in change for change in job.changes)
    (record,) = service.jobs(ask=False)
    assert (record.url, record.job_id) == (job.url, job.job_id)
    again = Service(small, ledger=ledger).job(job.url)
    same(result, again.result(SECONDS))


def test_a_wrong_condition_is_told_once(small: str, mine: Table, ledger: Ledger) -> None:
    service = Service(small, ledger=ledger)
    job = submitted(service, SkyMatch("s.many", columns=["id"], where=["NOSUCH(r) > 3"]), mine)
    with pytest.raises(QueryError, match="NOSUCH"):
        job.result(SECONDS)
    assert job.phase is JobPhase.ERROR
    assert len(ledger.records()) < 10
    (record,) = service.jobs(ask=False)
    assert (record.phase, "NOSUCH" in record.message) == (JobPhase.ERROR, True)


def test_every_part_is_in_the_ledger(small: str, mine: Table, ledger: Ledger) -> None:
    service = Service(small, ledger=ledger)
    job = submitted(service, MATCHES["nearest"], mine, run_id="night 7")
    job.result(SECONDS)
    records = [record for record in ledger.records() if not record.parts]
    assert {record.url for record in records} == set(job.urls)
    assert all(record.run_id.startswith("night 7-0") for record in records)
    done = [record for record in records if record.phase is JobPhase.COMPLETED]
    assert sum(record.rows or 0 for record in done) == int((~np.ma.getmaskarray(mine["DEC"])).sum())
    again = service.job(done[0].url)
    assert 0 < len(again.result(SECONDS)) < len(job.result())
    assert any("one part of a match" in change for change in again.changes)
    (whole,) = (record for record in service.jobs() if record.run_id.startswith("night 7"))
    assert (whole.run_id, whole.phase, whole.rows) == ("night 7", JobPhase.COMPLETED, len(job.plan.upload.table))
    assert [part.url for part in whole.parts] == [record.url for record in sorted(done, key=lambda r: r.run_id)]
    assert all(part.is_done for part in whole.parts)
    job.delete()
    assert service.jobs(ask=False) == ledger.records() == []


def test_a_limit_of_rows_is_overflow(small: str, mine: Table, ledger: Ledger) -> None:
    job = submitted(Service(small, ledger=ledger), MATCHES["all"], mine, maxrec=100)
    assert len(job.result(SECONDS)) == 100
    assert job.overflow is True


def test_an_answer_that_the_service_cuts_is_had_in_more_parts(
    large: str, served: Callable[..., str], mine: Table, ledger: Ledger
) -> None:
    expected = Service(large, ledger=ledger).submit(MATCHES["all"], mine).result(SECONDS)
    url = served(upload_bytes=60_000, maxrec_default=800, maxrec_hard=800)
    job = submitted(Service(url, ledger=ledger), MATCHES["all"], mine)
    result = job.result(SECONDS)
    same(expected, result)
    assert job.overflow is False
    assert job.parts > 4


def test_abort_stops_all(small: str, mine: Table, ledger: Ledger, eventually: Callable[..., None]) -> None:
    service = Service(small, ledger=ledger)
    slow = SkyMatch("s.many", radius=2 * u.deg, columns=COLUMNS)
    job = submitted(service, slow, mine)
    job.abort()
    with pytest.raises(JobAbortedError, match="Submit it again"):
        job.result(SECONDS)
    eventually(lambda: job._work._workers == 0)  # a part may be on its way
    assert service.jobs(ask=False)[0].phase is JobPhase.ABORTED
    records = [record for record in ledger.records() if not record.parts]
    assert 0 < len(records) < 5
    for record in records:
        assert service.job(record.url).wait(SECONDS).is_final


def test_an_interrupt_leaves_jobs_that_can_be_found(small: str, mine: Table, ledger: Ledger) -> None:
    service = Service(small, ledger=ledger)
    job = submitted(service, MATCHES["all"], mine)
    main = threading.main_thread().ident
    assert main is not None
    sent = threading.Event()

    def interrupt(_job: object) -> None:
        if not sent.is_set():
            sent.set()
            signal.pthread_kill(main, signal.SIGINT)

    def wait() -> None:
        job.subscribe(interrupt)
        job.wait(SECONDS)
        interrupt(job)  # where all was over before

    with pytest.raises(KeyboardInterrupt):
        wait()
    job.stop_watching()
    other = Service(small, ledger=ledger)
    records = [record for record in ledger.records() if not record.parts]
    assert records
    assert all(record.run_id.startswith(job.job_id) for record in records)
    assert other.job(records[-1].url).wait(SECONDS).is_final
    assert [record.run_id for record in other.jobs(ask=False)] == [job.job_id]
    assert len(job.result(SECONDS)) > 0, "the same object goes on where it was"


def test_adql_of_ones_own_cannot_go_in_parts(small: str, mine: Table, ledger: Ledger) -> None:
    with pytest.raises(UploadError, match=r"takes at most.*Ways out"):
        Service(small, ledger=ledger).submit("SELECT COUNT(*) AS n FROM TAP_UPLOAD.ut1", mine)


def test_the_app_says_how_many_parts(small: str, mine: Table, until: Callable[..., None]) -> None:
    app = CrossMatch(service=small, table=mine, target="s.many")
    until(app, lambda: not app.run_button.disabled, "a query")
    assert "goes in 5 parts" in " ".join(app.match_form.changes)
    seen: list[str] = []
    app.status._elapsed.observe(lambda change: seen.append(change["new"]), "value")
    app.match_form.radius.radius = 60.0
    app.run()
    until(app, lambda: app.result is not None, "the result")
    assert app.status.phase == "COMPLETED"
    assert any("parts done" in line for line in seen)


def pairs_of(fake: Any, fake_uws: Any) -> bytes:
    """An answer in which the first uploaded row has a counterpart."""
    columns = {"ut1_tw_row": "int", "objectId": "long", "coord_ra": "double", "coord_dec": "double"}
    return bytes(fake_uws.votable(columns, [(0, 7, 10.0, 1.0)]))


def test_a_refusal_of_the_upload_is_learned_from(fake: Any, fake_uws: Any, ledger: Ledger) -> None:
    """HTTP 413 of a service that tells no limit: the match goes in halves."""
    fake.result = pairs_of(fake, fake_uws)
    fake.inject("status", "/async$", method="POST", status=413, body=b"Payload too large")
    table = Table({"ra": [10.0, 20.0, 30.0], "dec": [1.0, 2.0, 3.0]})
    service = Service(fake.url, ledger=ledger)
    job = submitted(service, SkyMatch("dp1.Object", columns=["objectId"]), table)
    assert len(job.result(SECONDS)) == 2, "the same counterpart in each half's answer"
    assert sorted(each.form["RUNID"].removeprefix(job.job_id) for each in fake.jobs.values()) == ["-01of02", "-02of02"]
    assert len([record for record in ledger.records() if not record.parts]) == 2, "what was refused is no job"
    assert any("did not take the upload" in change for change in job.changes)


@pytest.mark.parametrize("upto", [8, 1])
def test_a_connection_that_breaks_below_a_large_upload(
    small: str, mine: Table, ledger: Ledger, faulty_proxy: Any, upto: int
) -> None:
    """As of a server that closes in place of HTTP 413: halves are tried as long as they are large, and no longer."""
    proxy = faulty_proxy.FaultyProxy(small)
    try:
        rule = proxy.fault("unread", "create", times=10**6, above=upto * 1024)
        service = Service(proxy.url, ledger=ledger)
        match, table = SkyMatch("s.many", radius=1 * u.arcmin, columns=["id"]), mine[:500]
        if upto == 1:
            with pytest.raises(ServiceUnavailableError, match=r"connection broke.*may have been created"):
                service.submit(match, table)
            assert 1 < rule.happened < 5
            return
        job = submitted(service, match, table)
        expected = Service(small, ledger=Ledger(ledger.place / "other")).submit(match, table).result(SECONDS)
        same(expected, job.result(SECONDS))
        assert job.parts > 1
        assert rule.happened >= 1
    finally:
        proxy.close()


def test_a_table_of_one_row_that_is_refused_says_so(fake: Any, ledger: Ledger) -> None:
    fake.inject("status", "/async$", method="POST", status=413, body=b"Payload too large", times=9)
    with pytest.raises(UploadError, match=r"413.*Payload too large"):
        Service(fake.url, ledger=ledger).submit(
            SkyMatch("dp1.Object", columns=["objectId"]), Table({"ra": [10.0], "dec": [1.0]})
        )
    assert not fake.jobs


def test_a_part_whose_answer_is_cut_short_is_fetched_again(fake: Any, fake_uws: Any, ledger: Ledger) -> None:
    fake.result = pairs_of(fake, fake_uws)
    fake.upload_limit = '<uploadLimit><hard unit="row">2</hard></uploadLimit>'
    fake.inject("truncate", "/results/result$", times=3)
    table = Table({"ra": [10.0, 20.0, 30.0, 40.0], "dec": [1.0, 2.0, 3.0, 4.0]})
    job = submitted(Service(fake.url, ledger=ledger), SkyMatch("dp1.Object", columns=["objectId"]), table)
    assert len(job.result(SECONDS)) >= 2
    assert job.phase is JobPhase.COMPLETED
