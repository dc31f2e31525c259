"""Three million rows through a service that takes 32 MiB at once."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from tapwidget.client.chunks import ChunkedJob
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.spec import SkyMatch

ROWS = 3_000_000
OBJECTS = 20_000
LIMIT = 32 * 2**20
SECONDS = 240
MAIN = """
import sys
from pathlib import Path
from tapwidget.server.run import main
from tapwidget.server.settings import Settings
sys.exit(main(names={"s.t": Path(sys.argv[1])}, with_parent=True, settings=Settings(upload_bytes=int(sys.argv[2]))))
"""


@contextlib.contextmanager
def served(path: Path) -> Iterator[str]:
    command = [sys.executable, "-c", MAIN, str(path), str(LIMIT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.stdin.close()
        assert process.wait(SECONDS) == 0


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """All over the sky, both poles and RA 0 among it."""
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, OBJECTS), np.degrees(np.arcsin(rng.uniform(-1, 1, OBJECTS)))
    ra[:4], dec[:4] = [0.0, 359.9999999, 17.0, 290.0], [0.0, 10.0, 90.0, -90.0]
    return {"id": np.arange(OBJECTS) + 2**60, "ra": ra, "dec": dec}


def test_three_million_rows(objects: dict[str, Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    mine = Table({"ra": rng.uniform(0, 360, ROWS), "dec": rng.uniform(-60, 60, ROWS)})
    mine["mag"] = rng.uniform(15, 25, ROWS)
    mine["n"] = np.arange(ROWS)
    # Each object is somewhere in the table, 0.36 arcsec beside its place.
    place = rng.permutation(ROWS)[:OBJECTS]
    mine["ra"][place], mine["dec"][place] = objects["ra"], objects["dec"] - np.copysign(1e-4, objects["dec"])
    pq.write_table(pa.table(objects), tmp_path / "t.parquet")
    match = SkyMatch("s.t", radius=0.5 * u.arcsec, columns=["id"], where=["ut1.mag > 0"], find="nearest")
    with served(tmp_path / "t.parquet") as url:
        service = Service(url, ledger=Ledger(tmp_path / "jobs"))
        job = service.submit(match, mine)
        assert isinstance(job, ChunkedJob)
        result = job.result(SECONDS)
        (record,) = service.jobs(ask=False)
    assert (job.phase, job.overflow) == (JobPhase.COMPLETED, False)
    assert job.parts == len(record.parts) >= 4  # the service takes no more than its limit in any of them
    assert sum(part.rows for part in record.parts) == ROWS == record.rows
    order = np.argsort(place)
    found = np.isin(result["ut1_n"], place)
    assert result["ut1_n"][found].tolist() == place[order].tolist()
    assert np.mean(result["id"][found] == objects["id"][order]) > 0.999  # a few have a stranger that is nearer
    assert len(result) - OBJECTS < 50
