"""A match in parts whose kernel was killed: one entry in the list of jobs, and gone on with in another kernel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.actions.earlier import delete_job
from tapwidget.client.chunks import ChunkedJob
from tapwidget.client.follower import Pace
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.client.service import Service
from tapwidget.client.submission import list_jobs
from tapwidget.errors import JobError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.spec import SkyMatch
from tapwidget.views.earlier_jobs import EarlierJobs

PACE = Pace(first=0.01, last=0.05, most=10**6, retry_first=0.02, retry_last=0.05, patience=20.0, push_after=0.05)
MATCH = SkyMatch("data.stars", radius=1.5, columns=["id", "r"], find="nearest", unmatched="keep")
SECONDS = 60
ROWS = 300
LIMIT = 3000
PARTS = 4


@pytest.fixture(scope="module")
def catalogue(stars: Callable[..., Path]) -> Path:
    """So few stars that some of the user's rows have no counterpart."""
    return stars(each=2)


@pytest.fixture(scope="module")
def backend(forked: Callable[..., Any], catalogue: Path) -> str:
    url: str = forked(serve=str(catalogue), settings={"upload_bytes": LIMIT}).says("ready at ")
    return url


@pytest.fixture(scope="module")
def table() -> Table:
    rng = np.random.default_rng(3)
    place = rng.permutation(ROWS)
    return Table({"name": [f"n{n}" for n in place], "ra": 10 + 0.001 * place, "dec": np.full(ROWS, -3.0)})


@pytest.fixture(scope="module")
def truth(forked: Callable[..., Any], catalogue: Path, table: Table, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a service that takes all at once gives."""
    url = forked(serve=str(catalogue)).says("ready at ")
    return rows(Service(url, ledger=Ledger(tmp_path_factory.mktemp("truth"))).submit(MATCH, table).result(SECONDS))


def rows(result: Table) -> list[Any]:
    assert len(result) == ROWS
    return [result.colnames, *(tuple(map(str, row)) for row in result)]


@pytest.fixture
def killed(
    proxy: Any, killed_kernel: Callable[..., None], table: Table, tmp_path: Path
) -> Callable[[str, str, int], tuple[Service, JobRecord]]:
    """Has a kernel submit the match, and kills it at a step; returns the service of another kernel, and its one job."""

    def kill(step: str, when: str, after: int) -> tuple[Service, JobRecord]:
        ledger = Ledger(tmp_path / "jobs")
        killed_kernel(MATCH, table, ledger, step=step, when=when, after=after)
        service = Service(proxy.url, ledger=ledger, pace=PACE)
        (record,) = (each for each in service.jobs() if each.key)
        return service, record

    return kill


def made(service: Service, run_id: str) -> list[str]:
    """The run_ids of all jobs of a match that the service has."""
    return sorted(job.run_id for _, job in list_jobs(service._transport, last=100) if job.run_id.startswith(run_id))


# Step, what happens there, and how often it went well before.
KILLED = [
    ("create", "hold", 0),
    ("create", "hold", 2),
    ("create", "hold_after", 2),
    ("run", "hold", 1),
    ("poll", "hold", 2),
    ("result", "hold_after", 1),
]


@pytest.mark.parametrize(("step", "when", "after"), KILLED, ids=["-".join(map(str, case)) for case in KILLED])
def test_a_kernel_that_is_killed_midway(killed: Any, truth: Any, step: str, when: str, after: int) -> None:
    service, record = killed(step, when, after)
    assert (len(record.parts), record.rows) == (PARTS, ROWS)
    assert not record.phase.is_final
    assert sum(part.rows for part in record.parts) == ROWS
    before = made(service, record.run_id)
    job = service.job(record.run_id)
    assert isinstance(job, ChunkedJob)
    assert (job.job_id, job.key) == (record.run_id, record.reference)
    assert rows(job.result(SECONDS)) == truth
    assert job.phase is JobPhase.COMPLETED
    after_all = made(service, record.run_id)
    assert len(after_all) == len(set(after_all)) == job.parts == PARTS, "no part was matched twice"
    assert set(before) <= set(after_all)
    # And once more, when all is done: nothing is sent.
    (record,) = (each for each in service.jobs() if each.key)
    assert (record.phase, [part.is_done for part in record.parts]) == (JobPhase.COMPLETED, [True] * PARTS)
    assert rows(service.job(record.reference).result(SECONDS)) == truth
    assert made(service, record.run_id) == after_all


def test_a_part_that_the_service_has_thrown_away_is_sent_again(killed: Any, truth: Any) -> None:
    service, record = killed("result", "hold_after", 1)
    gone = next(part.url for part in record.parts if part.url)
    service._transport.delete(gone, doing="test")
    job = service.job(record.run_id)
    assert rows(job.result(SECONDS)) == truth
    assert gone not in job.urls


def test_without_the_table_it_says_why_and_deletes(killed: Any, tmp_path: Path) -> None:
    service, record = killed("create", "hold", 2)
    for copy in (tmp_path / "jobs" / "tables").iterdir():
        copy.unlink()
    with pytest.raises(JobError, match=r"cannot go on here: the table.*is not here any more.*Submit it again.*/async/"):
        service.job(record.run_id)
    delete_job(service, record)
    assert [each for each in service.jobs() if each.key] == []
    assert made(service, record.run_id) == []


def test_one_line_and_one_click(killed: Any, truth: Any, eventually: Callable[..., None]) -> None:
    service, record = killed("result", "hold", 1)
    view = EarlierJobs(service)
    try:
        view.jobs = (record,)
        view._draw()
        (line,) = view._list.children
        assert f"of {PARTS} parts done" in line._what.value
        assert (line._take.description, line._take.disabled) == ("Go on", False)
        line._take.click()
        run = view.run
        eventually(lambda: run.result is not None or run.error)
        assert run.error == ""
        assert rows(run.result) == truth
        assert line._take.disabled, "it is among the results"
    finally:
        view.close()
