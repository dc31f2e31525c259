"""A match in parts in two kernels at once: one sends, the other follows, and goes on when the first has ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.client.chunks import ChunkedJob
from tapwidget.client.follower import Pace
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.client.submission import list_jobs
from tapwidget.errors import JobAbortedError, JobError, JobTimeoutError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.record import to_record
from tapwidget.match.spec import SkyMatch
from tapwidget.tables.exact_copy import write_copy

pytest.importorskip("fcntl")
PACE = Pace(first=0.01, last=0.05, most=10**6, retry_first=0.02, retry_last=0.05, patience=60.0, push_after=0.05)
MATCH = SkyMatch("data.stars", radius=1.5, columns=["id", "r"], find="nearest", unmatched="keep")
SECONDS = 60
ROWS = 300
PARTS = 4
AT_ONCE = 2


@pytest.fixture(scope="module")
def backend(forked: Callable[..., Any], stars: Callable[..., Path]) -> str:
    url: str = forked(serve=str(stars()), settings={"upload_bytes": 3000}).says("ready at ")
    return url


@pytest.fixture
def table() -> Table:
    place = np.random.default_rng(3).permutation(ROWS)
    return Table({"name": [f"n{n}" for n in place], "ra": 10 + 0.001 * place, "dec": np.full(ROWS, -3.0)})


@pytest.fixture
def service(proxy: Any, tmp_path: Path) -> Service:
    return Service(proxy.url, ledger=Ledger(tmp_path / "jobs"), pace=PACE)


@pytest.fixture
def kernel(proxy: Any, forked: Callable[..., Any], table: Table, tmp_path: Path, eventually: Any) -> Any:
    """Another process that has sent the first parts, and gets no answers to them just now."""
    write_copy(table, tmp_path / "mine")
    proxy.fault("hold", "result", times=AT_ONCE)
    order = {"ledger": str(tmp_path / "jobs"), "table": str(tmp_path / "mine"), "specification": to_record(MATCH)}
    process = forked(match=proxy.url, **order)
    eventually(lambda: proxy.count("result") == AT_ONCE)
    return process


@pytest.fixture
def both(service: Service, proxy: Any, table: Table, eventually: Any) -> tuple[ChunkedJob, ChunkedJob]:
    """One that has sent the first parts, and gets no answers to them just now; and one that looks on."""
    proxy.fault("hold", "result", times=AT_ONCE)
    first = service.submit(MATCH, table)
    assert isinstance(first, ChunkedJob)
    eventually(lambda: proxy.count("result") == AT_ONCE)
    second = found(service)
    eventually(lambda: "This process" in second.last_error)
    return first, second


def found(service: Service) -> ChunkedJob:
    (record,) = (each for each in service.jobs(ask=False) if each.parts)
    job = service.job(record.run_id)
    assert isinstance(job, ChunkedJob)
    return job


def made(service: Service, job: ChunkedJob) -> list[str]:
    """The run_ids of all jobs of the match that the service has."""
    return sorted(
        each.run_id for _, each in list_jobs(service._transport, last=100) if each.run_id.startswith(job.job_id)
    )


def whole(result: Table, table: Table) -> None:
    assert result["ut1_name"].tolist() == table["name"].tolist()
    assert len(result) == ROWS
    assert not np.ma.getmaskarray(result["id"]).any()


@pytest.mark.parametrize("end", ["finished", "killed"])
def test_only_one_sends(  # noqa: PLR0917
    service: Service, kernel: Any, proxy: Any, table: Table, eventually: Callable[..., None], end: str
) -> None:
    job = found(service)
    eventually(lambda: f"Process {kernel.pid} on this computer" in job.last_error)
    assert f"(0 of {PARTS} are done)" in job.last_error
    with pytest.raises(JobTimeoutError):
        job.wait(1.0)
    assert len(made(service, job)) == AT_ONCE, "it looks on"
    with pytest.raises(JobError, match=f"Process {kernel.pid}.*abort or delete it there"):
        job.abort()
    with pytest.raises(JobError, match="abort or delete it there"):
        job.delete()
    if end == "killed":
        kernel.kill()
    proxy.heal()
    if end == "finished":
        assert kernel.says("done:") == str(ROWS)
    whole(job.result(SECONDS), table)
    assert job.last_error == ""
    assert job.phase is JobPhase.COMPLETED
    labels = made(service, job)
    assert len(labels) == len(set(labels)) == PARTS, "no part was matched twice"
    eventually(lambda: not list(service._ledger.place.glob("*.lock")))


def test_what_the_first_aborts_the_second_does_not_take_up(
    service: Service, proxy: Any, both: tuple[ChunkedJob, ChunkedJob]
) -> None:
    first, second = both
    first.abort()
    proxy.heal()
    assert second.wait(SECONDS) is JobPhase.ABORTED
    with pytest.raises(JobAbortedError, match="ended it: The match was aborted"):
        second.result(SECONDS)
    assert len(made(service, first)) == AT_ONCE


def test_who_stops_watching_leaves_it_to_the_other(
    service: Service, proxy: Any, both: tuple[ChunkedJob, ChunkedJob], table: Table
) -> None:
    first, second = both
    first.stop_watching()
    proxy.heal()  # whose workers end when their requests do
    whole(second.result(SECONDS), table)
    whole(first.result(SECONDS), table)
    labels = made(service, first)
    assert len(labels) == len(set(labels)) == PARTS
