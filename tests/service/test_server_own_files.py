"""Files of users, of every kind: what they say about their columns is in TAP_SCHEMA, and positions are found."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
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


def test_a_changed_file_is_said_in_answers_and_read_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "mine.t.ecsv"
    write_table(sample(), path)
    service = started([path], tmp_path)
    url = next(service)
    write_table(sample()[:1], path)
    answer = requests.get(f"{url}/sync", params={"LANG": "ADQL", "QUERY": "SELECT * FROM mine.t"}, timeout=60)
    assert "mine.t.ecsv has changed since this service read it" in answer.text
    assert rows(url, "SELECT COUNT(*) AS n FROM mine.t") == [(3,)]
    assert next(service, None) is None
    service = started([path], tmp_path)
    assert rows(next(service), "SELECT COUNT(*) AS n FROM mine.t") == [(1,)]
    assert next(service, None) is None


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
