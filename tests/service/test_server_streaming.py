"""Large answers: they begin before the query ends, break off loudly, and leave nothing behind."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from astropy.table import Table

from tapwidget.tables.votable_document import read_document

ROWS = 200_000
# Never ends within the time that the service gives it, and has rows from the beginning.
ENDLESS = "SELECT a.id AS a, b.id AS b, c.id AS c FROM s.many AS a, s.many AS b, s.many AS c WHERE a.r + b.r > c.r - 1"
MAIN = """
import sys
from pathlib import Path
from tapwidget.server.run import main
from tapwidget.server.settings import Settings
settings = Settings(sync_duration=float(sys.argv[2]), maxrec_default=10**9, maxrec_hard=10**9)
sys.exit(main(names={"s.many": Path(sys.argv[1])}, with_parent=True, settings=settings))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(1)
    table = {"id": np.arange(ROWS) + 2**53, "r": rng.random(ROWS), "x": rng.random(ROWS), "y": rng.random(ROWS)}
    pq.write_table(pa.table(table), folder / "many.parquet")
    return folder


def served(folder: Path, seconds: float) -> Iterator[str]:
    command = [sys.executable, "-c", MAIN, str(folder / "many.parquet"), str(seconds)]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        yield process.stdout.readline().split()[-1]
        process.stdin.close()
        assert process.wait(30) == 0
        assert "Traceback" not in process.stderr.read()


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    yield from served(folder, 60)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[str]:
    """A service that stops queries after a second."""
    other = tmp_path_factory.mktemp("hasty")
    (other / "many.parquet").symlink_to(folder / "many.parquet")
    yield from served(other, 1.0)


def asked(url: str, query: str, form: str = "votable") -> requests.Response:
    data = {"LANG": "ADQL", "QUERY": query, "RESPONSEFORMAT": form}
    return requests.post(f"{url}/sync", data=data, timeout=60, stream=True)


def no_answers(folder: Path) -> None:
    """Wait until no answer is kept by the service."""
    until = time.monotonic() + 20
    while list(folder.glob("tapwidget-serve-*/jobs/*")):
        assert time.monotonic() < until, "an answer is left behind"


@pytest.mark.parametrize("form", ["votable", "votable/td", "csv", "parquet", "fits"])
def test_every_row_arrives(url: str, folder: Path, form: str) -> None:
    answer = asked(url, "SELECT id, r, x, y FROM s.many", form)
    assert answer.status_code == 200
    data = answer.content
    assert len(data) > 2**20
    if form.startswith("votable"):
        document = read_document(data)
        ids, overflow = document.arrays[0], document.overflow
        assert not overflow
    elif form == "csv":
        ids = np.array([int(line.split(b",")[0]) for line in data.splitlines()[1:]])
    elif form == "parquet":
        ids = pq.read_table(io.BytesIO(data))["id"].to_numpy()
    else:
        ids = np.asarray(Table.read(io.BytesIO(data), format="fits", hdu=1)["id"])
    assert np.array_equal(np.sort(ids), np.arange(ROWS) + 2**53)
    no_answers(folder)


@pytest.mark.parametrize("form", ["votable", "csv", "parquet"])
def test_it_begins_before_the_query_ends_and_stops_with_the_caller(url: str, folder: Path, form: str) -> None:
    with asked(url, ENDLESS, form) as answer:
        assert answer.status_code == 200
        assert answer.headers["transfer-encoding"] == "chunked"
        assert len(next(answer.iter_content(100_000))) > 0
    no_answers(folder)
    assert read_document(asked(url, "SELECT COUNT(*) AS n FROM s.many").content).arrays[0].tolist() == [ROWS]


@pytest.mark.parametrize("form", ["votable", "votable/td", "csv"])
def test_what_breaks_off_does_not_end_like_a_whole_answer(hasty: str, form: str) -> None:
    with asked(hasty, ENDLESS, form) as answer:
        assert answer.status_code == 200
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            for _ in answer.iter_content(2**20):
                pass


def test_a_query_without_rows_so_far_says_that_it_took_too_long(hasty: str) -> None:
    answer = asked(hasty, ENDLESS.replace("SELECT a.id AS a, b.id AS b, c.id AS c", "SELECT COUNT(*)"))
    assert answer.status_code == 400
    assert "stopped after its 1 s" in read_document(answer.content).query_message
