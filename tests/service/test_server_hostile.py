"""Queries and uploads meant to hurt, many at once, over HTTP: the service bounds them, and answers everybody else."""

from __future__ import annotations

import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

UNIT = Path(__file__).parents[1] / "unit" / "server"
BOMBS: dict[str, str] = runpy.run_path(str(UNIT / "test_adql_hostile.py"))["BOMBS"]
FILES: dict[str, str] = runpy.run_path(str(UNIT / "test_server_hostile_uploads.py"))["FILES"]
REFUSED: list[str] = runpy.run_path(str(UNIT / "test_adql_refused.py"))["CORPUS"]

PRODUCT = "TAP_SCHEMA.columns AS a, TAP_SCHEMA.columns AS b, TAP_SCHEMA.columns AS c"
MAIN = """
import sys
from tapwidget.server.run import main
from tapwidget.server.settings import Settings
settings = Settings(
    sync_duration=0.5, memory="400MB", maxrec_default=1000, spill_bytes=200_000_000, result_bytes=200_000_000
)
sys.exit(main(sys.argv[1:], with_parent=True, settings=settings))
"""
HUGE = "x" * 30_000
TEXTS = {
    "long texts in many rows": f"SELECT '{HUGE}' AS a FROM {PRODUCT}",
    "many long texts in many rows": f"SELECT {', '.join(f'b AS b{i}' for i in range(40))} FROM "
    f"(SELECT id || '{HUGE}' AS b FROM (SELECT CAST(a.column_index AS VARCHAR) AS id FROM {PRODUCT}) AS p) AS q",
    "text joined again and again": f"SELECT {' || '.join(['b'] * 1000)} AS a FROM (SELECT '{HUGE}' AS b "
    f"FROM {PRODUCT}) AS q",
}
"""Each is terabytes in all; what is in memory at once is bounded. MAXREC is 1000, but the engine works in groups."""

CALLERS = 4
MEGABYTES = 1500
"""What the service may grow by: the engine's 400, and what the callers send and are answered at once."""
SECONDS = 60


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str]]:
    path = tmp_path_factory.mktemp("catalogue") / "s.obj.parquet"
    pq.write_table(pa.table({"id": [1, 2, 3], "ra": [10.0, 11.0, 12.0], "dec": [0.0, 1.0, 2.0]}), path)
    command = [sys.executable, "-c", MAIN, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("TAP service ready at "), line
        yield process, line.split()[-1]
        process.stdin.close()
        assert process.wait(SECONDS) == 0


def ask(url: str, query: str, files: dict[str, bytes] | None = None) -> requests.Response:
    data = {"LANG": "ADQL", "QUERY": query, **({"UPLOAD": "u,param:u"} if files else {})}
    return requests.post(f"{url}/sync", data=data, files=files, timeout=SECONDS)


def answers(url: str) -> bool:
    """Whether the service gives its usual answer to a usual question.

    The bombs of other callers have the processors too: while these run, its half second may be over, as it then says.
    """
    given = {"LANG": "ADQL", "FORMAT": "csv", "QUERY": "SELECT COUNT(*) AS n FROM s.obj"}
    end = time.monotonic() + SECONDS / 2
    while True:
        answer = requests.get(f"{url}/sync", given, timeout=SECONDS)
        if "execution duration" not in answer.text or time.monotonic() > end:
            return answer.text.split() == ["n", "3"]


def resident(pid: int, what: str = "VmHWM") -> int:
    """Megabytes of a process at the highest, or now; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    return int(status.read_text().split(f"{what}:")[1].split()[0]) // 1024 if status.exists() else 0


def hurt(url: str, name: str, query: str, files: dict[str, bytes] | None = None) -> str:
    """What went wrong with the service at one hostile request; "" for nothing."""
    began = time.monotonic()
    try:
        answer = ask(url, query, files)
    except requests.exceptions.ChunkedEncodingError:  # its time was over when the first rows were out
        return "" if answers(url) else f"{name}: afterwards the service is not what it was"
    lasted = time.monotonic() - began
    if answer.status_code not in {200, 400, 413, 503}:
        return f"{name}: {answer.status_code} {answer.text[:200]}"
    if "this is its fault" in answer.text or "Traceback" in answer.text:
        return f"{name}: {answer.text[:500]}"
    if len(answer.content) > (300_000_000 if answer.ok else 10_000):
        return f"{name}: {len(answer.content)} bytes"
    if lasted > SECONDS / 2:
        return f"{name}: took {lasted:.0f} s"
    return "" if answers(url) else f"{name}: afterwards the service is not what it was"


@pytest.fixture
def bounded(service: tuple[subprocess.Popen[str], str]) -> Iterator[str]:
    """The service's URL; after the test it still runs and has taken no more memory than it may."""
    process, url = service
    before = resident(process.pid, "VmRSS")
    yield url
    assert process.poll() is None
    assert resident(process.pid) - before < MEGABYTES
    assert answers(url)


def test_bombs_of_several_callers(bounded: str) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        wrong = callers.map(lambda name: hurt(bounded, name, BOMBS[name]), BOMBS)
        assert not list(filter(None, wrong))


def test_long_texts_of_several_callers(bounded: str) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        wrong = callers.map(lambda name: hurt(bounded, name, TEXTS[name]), [*TEXTS, *TEXTS])
        assert not list(filter(None, wrong))


def test_forbidden_queries_of_several_callers(bounded: str) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        given = list(callers.map(lambda query: ask(bounded, query), REFUSED))
    for query, answer in zip(REFUSED, given, strict=True):
        assert answer.status_code == 400, query
        assert 'value="ERROR"' in answer.text


def test_hostile_uploads_of_several_callers(bounded: str) -> None:
    def send(name: str) -> str:
        return hurt(bounded, name, "SELECT COUNT(*) AS n FROM TAP_UPLOAD.u", {"u": FILES[name].encode()})

    with ThreadPoolExecutor(CALLERS) as callers:
        assert not list(filter(None, callers.map(send, FILES)))
