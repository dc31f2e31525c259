"""Every fault at every step of the protocol, against the real built-in service, through real sockets.

What has to come of each: the whole result, fetched once; or an error with words and a next step, and a job that can be
found again. Never a part of a result, never a second job, never the token at another host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.client import download, short_query, submission
from tapwidget.client.follower import Pace
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.errors import JobError, ResultError, ServiceUnavailableError
from tapwidget.match.spec import SkyMatch

PACE = Pace(first=0.01, last=0.05, most=10**6, retry_first=0.02, retry_last=0.05, patience=20.0, push_after=0.05)
HASTY = Pace(first=0.01, last=0.05, most=10**6, retry_first=0.01, retry_last=0.02, patience=0.2, push_after=0.05)
SECRET = "gt-nobody-else-sees-this"
MATCH = SkyMatch("data.stars", radius=1.5, columns=["id", "r"])
SECONDS = 60


@pytest.fixture(scope="module")
def catalogue(stars: Callable[..., Path]) -> Path:
    """400 stars, a little way from those of the user."""
    return stars()


@pytest.fixture(scope="module")
def table() -> Table:
    return Table({"name": [f"n{n}" for n in range(300)], "ra": 10 + 0.001 * np.arange(300), "dec": np.full(300, -3.0)})


@pytest.fixture(scope="module")
def backend(forked: Callable[..., Any], catalogue: Path) -> str:
    return forked(serve=str(catalogue)).says("ready at ")


@pytest.fixture(scope="module")
def truth(backend: str, table: Table, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    result = Service(backend, ledger=Ledger(tmp_path_factory.mktemp("truth"))).submit(MATCH, table).result(SECONDS)
    assert len(result) == 300
    return rows(result)


def rows(result: Table) -> list[Any]:
    return [result.colnames, *(tuple(row) for row in result)]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "jobs")


# How long an answer is waited for at each step; None for what the transport has for all others.
PATIENCE = {
    "capabilities": None,
    "tables": (short_query, "SYNC_S"),
    "create": (submission, "CREATE_S"),
    "run": (submission, "RUN_S"),
    "poll": None,
    "result": (download, "READ_S"),
}


@dataclass
class Scene:
    """What a test is given: the proxy, a ledger of its own, the user's table, and what a match of it gives."""

    proxy: Any
    ledger: Ledger
    table: Table
    truth: list[Any]

    def service(self, pace: Pace = PACE) -> Service:
        """The service behind the proxy, as a new kernel has it."""
        return Service(self.proxy.url, token=SECRET, ledger=Ledger(self.ledger.place), pace=pace)


@pytest.fixture
def scene(proxy: Any, ledger: Ledger, table: Table, truth: list[Any]) -> Scene:
    return Scene(proxy, ledger, table, truth)


@pytest.fixture
def mortal(faulty_proxy: Any, forked: Callable[..., Any], catalogue: Path) -> Iterator[Any]:
    """A proxy before a service of its own; the fault "kill" kills that. `other` starts another in its place."""
    process = forked(serve=str(catalogue))
    proxy = faulty_proxy.FaultyProxy(process.says("ready at "))

    def other() -> None:
        url = forked(serve=str(catalogue)).says("ready at ")
        proxy.backend = url.partition("://")[2].partition("/")[0]

    proxy.on_kill, proxy.other = process.kill, other
    yield proxy
    proxy.close()


WHOLE = "the whole result"
# What is told, and whether there may be a job all the same, which the list of jobs then has.
TOLD = {
    "reset": "connection broke",
    "drop": "connection broke",
    "cut": "connection broke|sent an answer",
    "stall": "no answer came in time",
    "shortened": "makes no sense|could not be read|sent an answer",
    "status_500": "the disk is full.*Try again",
    "status_502": r"502.*upstream is gone.*Try again",
    "lost_502": r"502.*upstream is gone.*Try again",
    "status_503": "maintenance until noon.*again",
    "html": "web page.*Please log in.*in a browser",
    "redirect": "web page.*Please log in|moved to http://localhost",
}
# The exceptions to the rule. The rule: before there is a job, a fault is told; from then on it is ridden out.
OUTCOMES: dict[tuple[str, str], str] = {
    ("create", "drop"): WHOLE,
    ("create", "cut"): WHOLE,
    ("create", "stall"): WHOLE,
    ("create", "shortened"): WHOLE,
    ("create", "lost_502"): WHOLE,
}
CASES = [
    (step, fault, OUTCOMES.get((step, fault), WHOLE if step in {"run", "poll", "result"} else TOLD[fault]))
    for step in ("capabilities", "tables", "create", "run", "poll", "result")
    for fault in TOLD
]


@pytest.mark.parametrize(("step", "fault", "outcome"), CASES, ids=[f"{step}-{fault}" for step, fault, _ in CASES])
def test_a_fault_once(scene: Scene, step: str, fault: str, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, table, truth = scene.proxy, scene.table, scene.truth
    service = scene.service()
    if fault == "stall":
        # Nobody waits for minutes in a test; and what else goes on may take its time on a busy machine.
        if step != "capabilities":
            service.limits()
        where = PATIENCE[step] or (service._transport, "read_s")
        monkeypatch.setattr(*where, 0.5)
    rule = proxy.fault(fault, step)
    if outcome == WHOLE:
        job = service.submit(MATCH, table)
        assert rows(job.result(SECONDS)) == truth
        assert job.last_error == ""
        (record,) = service.jobs(ask=False)
        assert (record.url, record.phase) == (job.url, "COMPLETED")
        assert proxy.count("create") == 1
    else:
        with pytest.raises(ServiceUnavailableError, match=f"(?s){outcome}") as caught:
            service.submit(MATCH, table)
        assert SECRET not in str(caught.value)
        monkeypatch.undo()
        # Nothing is lost by it: what may have been made is listed, and the next attempt goes well.
        known = service.jobs(ask=False)
        assert len(known) == ("may have been created" in str(caught.value))
        if step == "create":
            assert rows(service.submit(MATCH, table).result(SECONDS)) == truth
        else:
            assert service.plan(MATCH, table).adql.startswith("SELECT")
    assert rule.happened == 1
    assert all(seen.headers.get("Authorization") == f"Bearer {SECRET}" for seen in proxy.seen)
    assert not [headers for headers in proxy.others if "Authorization" in headers]
    assert (fault == "redirect" and step in {"capabilities", "poll", "result"}) <= bool(proxy.others)


LASTING = {
    ("run", "status_500"): (ServiceUnavailableError, ""),
    ("poll", "reset"): (ServiceUnavailableError, r"connection broke.*This has lasted.*service\.job\("),
    ("poll", "status_503"): (ServiceUnavailableError, r"maintenance until noon.*service\.job\("),
    ("poll", "shortened"): (ServiceUnavailableError, r"something else than the state.*service\.job\("),
    ("poll", "html"): (ServiceUnavailableError, r"Please log in.*service\.job\("),
    ("poll", "redirect"): (ServiceUnavailableError, r"sent us to http://localhost.*login.*service\.job\("),
    ("result", "reset"): (ServiceUnavailableError, "connection broke.*Try again"),
    ("result", "status_500"): (ServiceUnavailableError, "the disk is full.*Try again"),
    ("result", "cut"): (ResultError, r"did not arrive whole.*still there.*job\.result\(\)"),
    ("result", "shortened"): (ResultError, r"did not arrive whole.*still there.*job\.result\(\)"),
    ("result", "html"): (ServiceUnavailableError, "Please log in.*browser"),
    ("result", "redirect"): (ServiceUnavailableError, "Please log in.*browser"),
}


@pytest.mark.parametrize(("step", "fault"), LASTING, ids=["-".join(case) for case in LASTING])
def test_a_fault_that_stays_loses_no_job(scene: Scene, step: str, fault: str, eventually: Callable[..., None]) -> None:
    kind, words = LASTING[step, fault]
    service = scene.service(HASTY)
    rule = scene.proxy.fault(fault, step, times=10**6)
    job = service.submit(MATCH, scene.table)
    if words:
        with pytest.raises(kind, match=f"(?s){words}"):
            job.result(SECONDS)
    else:
        # Set running again and again, and never told that it failed: it has not.
        eventually(lambda: rule.happened >= 2)
    (record,) = service.jobs(ask=False)
    assert record.url == job.url
    scene.proxy.heal()
    assert rows(job.result(SECONDS)) == scene.truth
    assert rows(scene.service().job(record.url).result(SECONDS)) == scene.truth
    assert scene.proxy.count("create") == 1


# The service is killed.


@pytest.mark.parametrize("step", ["capabilities", "create", "run", "poll", "result"])
def test_a_service_that_is_killed(mortal: Any, scene: Scene, step: str) -> None:
    scene.proxy = mortal
    service = scene.service(HASTY)
    rule = mortal.fault("kill", step)
    with pytest.raises(ServiceUnavailableError, match=r"(?s)connection broke.*[Tt]ry again|service\.j"):
        service.submit(MATCH, scene.table).result(SECONDS)
    assert rule.happened == 1
    known = service.jobs(ask=False)
    assert len(known) == (step != "capabilities")
    assert all(record.url for record in known) == (step != "create")
    if step == "poll":
        # Another service in its place: it does not have the job, and says so.
        mortal.other()
        with pytest.raises(JobError, match=r"does not have the job.*Submit it again"):
            service.job(known[0].url)
        assert len(service.jobs()) == 1


# The kernel is killed.

KILLED = {
    ("capabilities", "hold"): None,
    ("tables", "hold"): None,
    ("create", "hold"): "never confirmed",
    ("create", "hold_after"): WHOLE,
    ("run", "hold"): WHOLE,
    ("run", "hold_after"): WHOLE,
    ("poll", "hold"): WHOLE,
    ("poll", "hold_after"): WHOLE,
    ("result", "hold"): WHOLE,
    ("result", "hold_after"): WHOLE,
}


@pytest.mark.parametrize(("step", "when"), KILLED, ids=["-".join(case) for case in KILLED])
def test_a_kernel_that_is_killed(scene: Scene, killed_kernel: Callable[..., None], step: str, when: str) -> None:
    proxy = scene.proxy
    killed_kernel(MATCH, scene.table, scene.ledger, step=step, when=when)
    fetched = proxy.count("result")

    # Another kernel, which has the ledger and nothing else.
    service = scene.service()
    known = [record for record in service.jobs() if record.key]
    outcome = KILLED[step, when]
    if outcome is None:
        assert known == []
        return
    (record,) = known
    assert record.adql.startswith("SELECT")
    if outcome is not WHOLE:
        assert (record.url, record.phase) == ("", "UNKNOWN")
        return
    job = service.job(record.url)
    assert rows(job.result(SECONDS)) == scene.truth
    assert job.result() is job.result()
    assert proxy.count("create") == 1
    assert proxy.count("result") == fetched + 1
    (record,) = service.jobs(ask=False)
    assert (record.url, record.phase) == (job.url, "COMPLETED")


def test_every_step_was_a_step(scene: Scene, faulty_proxy: Any) -> None:
    """The proxy knows the protocol: each of its steps is taken on the way to a result, and none is left out."""
    scene.service().submit(MATCH, scene.table).result(SECONDS)
    assert {seen.step for seen in scene.proxy.seen} - {""} == set(faulty_proxy.STEPS)
