"""Large answers in every format, as ratios to the same rows as Parquet by pyarrow alone; first bytes; small answers.

    python benchmarks/answers.py [rows] [rounds]

A service as a process over a table of 12 columns, asked over HTTP with /sync.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import requests
from measuring import machine, medians, peak_mb, processor_of

FORMATS = ("votable", "votable/td", "csv", "fits", "parquet")


def sample(rows: int) -> pa.Table:
    """An id, a position, six magnitudes (one with nulls), a count, a flag, a short text."""
    rng = np.random.default_rng(1)
    columns: dict[str, object] = {
        "id": np.arange(rows) + 2**53,
        "ra": rng.random(rows) * 360,
        "dec": rng.random(rows) * 90,
    }
    for band in "ugrizy":
        columns[f"{band}_mag"] = rng.normal(22, 2, rows).astype("f4")
    columns["u_mag"] = pa.array(columns["u_mag"], mask=rng.random(rows) < 0.1)
    columns["visits"] = rng.integers(0, 300, rows).astype("i4")
    columns["n"] = rng.integers(0, 300, rows).astype("i2")
    columns["name"] = pa.array([f"J{i % 9973:06d}" for i in range(rows)])
    return pa.table(columns)


@contextmanager
def service(*arguments: str) -> Iterator[tuple[str, int]]:
    """The URL and process id of a service."""
    command = [sys.executable, "-m", "tapwidget", "serve", "--with-parent", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], process.pid
        process.stdin.close()


def fetch(session: requests.Session, url: str, query: str, form: str) -> tuple[float, int]:
    """Seconds to the first byte, and bytes."""
    begin = time.perf_counter()
    parameters = {"LANG": "ADQL", "QUERY": query, "RESPONSEFORMAT": form}
    with session.post(f"{url}/sync", data=parameters, stream=True, timeout=600) as answer:
        answer.raise_for_status()
        pieces = answer.iter_content(2**20)
        size = len(next(pieces))
        first = time.perf_counter() - begin
        return first, size + sum(map(len, pieces))


def main(rows: int, rounds: int) -> None:
    table = sample(rows)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "s.objects.parquet"
        pq.write_table(table, path)
        os.environ["TAPWIDGET_CACHE_DIR"] = name
        with service(str(path)) as (url, pid), requests.Session() as session:
            query = "SELECT * FROM s.objects"
            contestants = {form: lambda f=form: fetch(session, url, query, f) for form in FORMATS}
            contestants["pyarrow"] = lambda: pq.write_table(table, io.BytesIO())
            times = {name: took.clock for name, took in medians(contestants, rounds).items()}
            print(f"{rows:.0e} x 12 over HTTP; {machine()}")
            for form in FORMATS:
                used = processor_of(pid)
                first, size = fetch(session, url, query, form)
                used = processor_of(pid) - used
                by_parquet = times[form] / times["parquet"]
                print(
                    f"{form:12}{times[form]:8.2f} s {size / 1e6:8.1f} MB  first byte {first * 1e3:7.1f} ms"
                    f"  to our Parquet {by_parquet:5.2f}  to pyarrow's alone {times[form] / times['pyarrow']:5.2f}"
                    f"  processor of the service {used:5.2f} s"
                )
            small = [fetch(session, url, "SELECT TOP 1 id FROM s.objects", "csv")[0] for _ in range(60)]
            many = sorted(requests_to(session, f"{url}/availability", 100))
            print(f"small answer {statistics.median(small) * 1e3:.1f} ms, /availability {many[50] * 1e3:.1f} ms")
            print(f"peak of the service {peak_mb(pid):.0f} MB")


def requests_to(session: requests.Session, url: str, number: int) -> Iterator[float]:
    for _ in range(number):
        begin = time.perf_counter()
        session.get(url, timeout=60).raise_for_status()
        yield time.perf_counter() - begin


if __name__ == "__main__":
    arguments = [int(float(word)) for word in sys.argv[1:]]
    main(*[*arguments, *[1_000_000, 3][len(arguments) :]])
