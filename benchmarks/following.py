"""How soon the end of a job is seen, and how often its service is asked; beside pyvo's `wait` on the very same jobs.

    python benchmarks/following.py [jobs] [longest job in seconds]

Jobs of a make-believe service end at times drawn at random; once with WAIT honoured, once with it ignored. Seen is when
a widget's `phase` says COMPLETED. The make-believe service is the tests' (tests/service/fake_uws.py).
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from measuring import machine
from pyvo.dal import AsyncTAPJob

from tapwidget.actions.background import Background
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.views.job_status import JobStatus

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "service"))
from fake_uws import FakeUws, Request

MOST_A_MINUTE = 30


class Timed(FakeUws):
    """The same, with the time of each request for a job."""

    def __init__(self, honours_wait: bool) -> None:
        super().__init__()
        self.honours_wait, self.script = honours_wait, []
        self.times: list[tuple[float, str, bool]] = []
        self.ended: dict[str, float] = {}

    def _respond(self, request: Request) -> tuple[Any, ...]:
        job_id = request.path.removeprefix("/tap/async").strip("/").partition("/")[0]
        self.times.append((time.monotonic(), job_id, "tapwidget" in request.headers.get("User-Agent", "")))
        return super()._respond(request)

    def end(self, job_id: str) -> None:
        self.ended[job_id] = time.monotonic()
        self.move("COMPLETED", self.jobs[job_id])

    def busiest_minute(self, ours: bool) -> int:
        """The most requests for one job within any 60 seconds."""
        most = 0
        for job_id in self.jobs:
            times = sorted(t for t, of, is_ours in self.times if of == job_id and is_ours == ours)
            most = max(most, *(sum(begin <= t < begin + 60 for t in times) for begin in times))
        return most


def follow(fake: Timed, seconds: float, folder: Path, seen: dict[str, list[float]]) -> None:
    """One job, followed by both until it is over."""
    background = Background()
    job = Service(fake.url, ledger=Ledger(folder)).submit("SELECT 1")
    status = JobStatus(job, background=background)
    done = threading.Event()

    def look(change: dict[str, Any]) -> None:
        if change["new"] == "COMPLETED":
            seen["tapwidget"].append(time.monotonic() - fake.ended[job.job_id])
            done.set()

    status.observe(look, "phase")

    def peer() -> None:
        AsyncTAPJob(job.url, delete=False).wait()
        seen["pyvo"].append(time.monotonic() - fake.ended[job.job_id])

    other = threading.Thread(target=peer)
    other.start()
    time.sleep(seconds)
    fake.end(job.job_id)
    assert done.wait(120)
    other.join(300)


def measure(honours_wait: bool, durations: list[float]) -> None:
    fake = Timed(honours_wait)
    seen: dict[str, list[float]] = {"tapwidget": [], "pyvo": []}
    with tempfile.TemporaryDirectory() as folder:
        threads = [threading.Thread(target=follow, args=(fake, s, Path(folder), seen)) for s in durations]
        for thread in threads:
            thread.start()
            time.sleep(0.1)
        for thread in threads:
            thread.join()
    target = 0.2 if honours_wait else 2.0
    for name, late in seen.items():
        median = statistics.median(late)
        mark = "" if name == "pyvo" else f" (at most {target:g} s) {'ok' if median <= target else 'MISSED'}"
        requests = fake.busiest_minute(name == "tapwidget")
        limit = (
            "" if name == "pyvo" else f" (at most {MOST_A_MINUTE}) {'ok' if requests <= MOST_A_MINUTE else 'MISSED'}"
        )
        print(
            f"{'WAIT' if honours_wait else 'no WAIT':8} {name:10} seen after {median:5.2f} s{mark},"
            f" at worst {max(late):5.2f} s; {requests} requests in the busiest minute{limit}",
            flush=True,
        )
    fake.close()


def main(jobs: int, longest: float) -> None:
    print(machine())
    draw = random.Random(1)
    durations = [draw.uniform(0.5, longest) for _ in range(jobs)]
    for honours_wait in (True, False):
        measure(honours_wait, durations)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 20, float(given[1]) if given[1:] else 75.0)
