"""Files of users, of every kind: what they say about their columns is in TAP_SCHEMA, and positions are found."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from astropy.table import MaskedColumn, Table

from tapwidget.tables.files import write_table

MAIN = "import sys; from tapwidget.server.run import main; sys.exit(main(sys.argv[1:], with_parent=True))"
KINDS = ("parquet", "fits", "vot", "ecsv")


def sample() -> Table:
    table = Table({"objectId": [2**53 + 1, -(2**63), 7], "alpha": [10.0, 20.0, 30.0], "delta": [0.0, 1.0, np.nan]})
    table["mag"] = MaskedColumn(np.array([20.5, 21.5, 0], "f4"), mask=[False, False, True])
    table["name"] = ["a", "bb", ""]
    for name, unit, ucd, description in (
        ("objectId", None, "meta.id;meta.main", "Which one"),
        ("alpha", "deg", "pos.eq.ra;meta.main", "Right ascension"),
        ("delta", "deg", "pos.eq.dec;meta.main", "Declination"),
        ("mag", "mag", "phot.mag;em.opt.r", "How bright"),
    ):
        table[name].unit, table[name].description = unit, description
        table[name].meta["ucd"] = ucd
    return table


def started(paths: list[Path], folder: Path) -> Iterator[str]:
    command = [sys.executable, "-c", MAIN, *map(str, paths)]
    environment = {**os.environ, "TMPDIR": str(folder), "TAPWIDGET_CACHE_DIR": str(folder / "cache")}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("own")
    paths = [folder / f"mine.in_{kind}.{kind}" for kind in KINDS]
    for path in paths:
        write_table(sample(), path)
    return paths


@pytest.fixture(scope="module", params=["first start", "second start"])
def url(request: pytest.FixtureRequest, files: list[Path]) -> Iterator[str]:
    """The second service finds what the first one prepared."""
    yield from started(files, files[0].parent)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    answer = requests.get(f"{url}/sync", params={"LANG": "ADQL", "QUERY": query}, timeout=60)
    assert answer.status_code == 200, answer.text
    return [tuple(row) for row in Table.read(io.BytesIO(answer.content), format="votable").as_array().tolist()]


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_file_says_is_in_tap_schema(url: str, kind: str) -> None:
    told = rows(
        url,
        "SELECT column_name, datatype, unit, ucd, description FROM TAP_SCHEMA.columns "
        f"WHERE table_name = 'mine.in_{kind}' ORDER BY column_index",
    )
    words = [tuple(word or "" for word in row) for row in told]
    assert words[:4] == [
        ("objectId", "long", "", "meta.id;meta.main", "Which one"),
        ("alpha", "double", "deg", "pos.eq.ra;meta.main", "Right ascension"),
        ("delta", "double", "deg", "pos.eq.dec;meta.main", "Declination"),
        ("mag", "float", "mag", "phot.mag;em.opt.r", "How bright"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_exact_and_positions_found(url: str, kind: str) -> None:
    found = rows(url, f"SELECT objectId FROM mine.in_{kind} WHERE DISTANCE(alpha, delta, 10, 0) < 0.1")
    assert found == [(2**53 + 1,)]
    assert sorted(rows(url, f"SELECT objectId FROM mine.in_{kind} WHERE mag IS NULL OR name = 'bb'")) == [
        (-(2**63),),
        (7,),
    ]


def test_each_file_is_prepared_once(url: str, files: list[Path]) -> None:
    kept = list((files[0].parent / "cache" / "served").iterdir())
    assert len(kept) == len(KINDS), "for both services together, and nothing half made"


class Watch:
    """A service over files that change, and what it says on standard error."""

    def __init__(self, paths: list[Path], folder: Path) -> None:
        command = [sys.executable, "-c", MAIN, *map(str, paths)]
        environment = {**os.environ, "TMPDIR": str(folder), "TAPWIDGET_CACHE_DIR": str(folder / "cache")}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]
        self.lines: list[str] = []
        self.hearing = threading.Thread(target=self.hear, daemon=True)
        self.hearing.start()

    def hear(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, self.lines
            time.sleep(0.02)

    def says(self, words: str) -> bool:
        return words in requests.get(f"{self.url}/availability", timeout=60).text

    def rows(self, name: str = "mine.t") -> int:
        ((number,),) = rows(self.url, f"SELECT COUNT(*) AS n FROM {name}")
        assert isinstance(number, int)
        return number


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[[list[Path]], Watch]]:
    services: list[Watch] = []

    def start(paths: list[Path]) -> Watch:
        services.append(Watch(paths, tmp_path))
        return services[-1]

    yield start
    for service in services:
        assert service.process.stdin is not None
        service.process.stdin.close()
        assert service.process.wait(60) == 0
        service.hearing.join(60)
        for pipe in (service.process.stdout, service.process.stderr):
            assert pipe is not None
            pipe.close()
    assert not list(tmp_path.glob("tapwidget-serve-*"))


def test_a_file_that_changes_is_read_anew(tmp_path: Path, watch: Callable[[list[Path]], Watch]) -> None:
    path, other = tmp_path / "mine.t.ecsv", tmp_path / "mine.other.csv"
    write_table(sample(), path)
    other.write_text("id,ra,dec\n1,10,0\n")
    service = watch([path, other])
    data = {"LANG": "ADQL", "QUERY": "SELECT * FROM mine.t", "PHASE": "RUN", "RESPONSEFORMAT": "csv"}
    job = requests.post(f"{service.url}/async", data=data, timeout=60).url
    requests.get(job, params={"WAIT": "30"}, timeout=60)
    fresh = sample()[:1]
    fresh["extra"] = [1.5]
    write_table(fresh, path)
    service.until(lambda: service.rows() == 1)
    assert rows(service.url, "SELECT extra FROM mine.t") == [(1.5,)]
    assert ("extra",) in rows(service.url, "SELECT column_name FROM TAP_SCHEMA.columns WHERE table_name = 'mine.t'")
    assert "extra" in requests.get(f"{service.url}/tables", timeout=60).text
    assert service.rows("mine.other") == 1
    assert len(requests.get(f"{job}/results/result", timeout=60).text.splitlines()) == 4, "an old job keeps its answer"
    service.until(lambda: any("have been read anew" in line for line in service.lines))
    assert sum("mine.t.ecsv has changed" in line for line in service.lines) == 1
    service.until(lambda: len(list(tmp_path.glob("tapwidget-serve-*/engine*"))) == 1)
    assert not service.says("vosi:note")


def test_a_query_that_runs_meanwhile_goes_on(tmp_path: Path, watch: Callable[[list[Path]], Watch]) -> None:
    path = tmp_path / "mine.t.ecsv"
    write_table(sample(), path)
    service = watch([path])
    many = ", ".join(f"TAP_SCHEMA.columns AS c{i}" for i in range(8))
    query = f"SELECT COUNT(*) AS n FROM mine.t, {many} WHERE c0.description < c7.description"
    data = {"LANG": "ADQL", "QUERY": query, "PHASE": "RUN"}
    job = requests.post(f"{service.url}/async", data=data, timeout=60).url
    service.until(lambda: requests.get(f"{job}/phase", timeout=60).text == "EXECUTING")
    write_table(sample()[:1], path)
    service.until(lambda: service.rows() == 1)
    assert requests.get(f"{job}/phase", timeout=60).text == "EXECUTING"
    requests.post(f"{job}/phase", data={"PHASE": "ABORT"}, timeout=60)
    assert requests.get(f"{job}/phase", timeout=60).text == "ABORTED"
    assert service.rows() == 1
    assert "Traceback" not in "".join(service.lines)


def test_a_file_that_breaks_is_said_and_served_as_it_was(tmp_path: Path, watch: Callable[[list[Path]], Watch]) -> None:
    path = tmp_path / "mine.t.csv"
    path.write_text("id,ra,dec\n1,10,0\n2,11,0\n")
    service = watch([path])
    path.write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
    service.until(lambda: service.says("cannot be served as it is now"))
    assert service.says("mine.t.csv has changed since this service read it; answers are from what it was")
    assert service.rows() == 2
    answer = requests.get(f"{service.url}/sync", {"LANG": "ADQL", "QUERY": "SELECT * FROM mine.t"}, timeout=60)
    assert "mine.t.csv has changed since this service read it" in answer.text
    path.unlink()
    service.until(lambda: service.says("mine.t.csv is not there any more"))
    assert service.rows() == 2
    path.write_text("id,ra,dec\n1,10,0\n2,11,0\n3,12,0\n")
    service.until(lambda: service.rows() == 3)
    assert not service.says("vosi:note")


def test_parquet_that_astropy_wrote_with_masks_keeps_them(tmp_path: Path) -> None:
    table = Table({"id": [1, 2], "ra": [10.0, 20.0], "dec": [1.0, 2.0]})
    table["r"] = MaskedColumn([17.0, 99.0], mask=[False, True], unit="mag")
    path = tmp_path / "astropy.parquet"
    table.write(path)
    for url in started([path], tmp_path):
        assert rows(url, "SELECT id, r FROM data.astropy ORDER BY id") == [(1, 17.0), (2, None)]
        columns = rows(url, "SELECT column_name, unit FROM TAP_SCHEMA.columns WHERE table_name = 'data.astropy'")
        assert ("r", "mag") in columns
        assert len(columns) == 4
