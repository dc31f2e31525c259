"""Is a result better fetched as Parquet than as BINARY2? From the query to an astropy Table, as the client does it.

    python benchmarks/result_formats.py [rows] [rounds]

The same rows x 12 of a service on this machine in both formats, by turns: the whole road (a job with its answer),
reading alone, and a small answer. For the whole road also what the service's process works, and, in a process of its
own for each format, the most memory it had beyond what it had before, as a ratio to the table that it got. What a
slower network adds is told by the bytes, at 100 Mbit/s.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import requests
from answers import sample, service
from astropy.table import Table
from measuring import machine, medians, peak_mb, processor_of

from tapwidget.client import service as service_module
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.tables.parquet_document import from_parquet
from tapwidget.tables.votable import from_votable

FORMATS = {"BINARY2": ("votable", from_votable), "Parquet": ("parquet", from_parquet)}
NETWORK = 100e6 / 8
QUERY = "SELECT TOP {rows} * FROM s.objects"


def by_job(url: str, name: str, rows: int, ledger: Path) -> Table:
    """The result of a job that asks for that format."""
    service_module.tells_in_parquet = lambda *_: name == "Parquet"
    job = Service(url, ledger=Ledger(ledger)).submit(QUERY.format(rows=rows), maxrec=rows)
    result = job.result()
    job.delete()
    return result


def main(rows: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TAPWIDGET_CACHE_DIR"] = os.environ["TAPWIDGET_DATA_DIR"] = name
        pq.write_table(sample(rows), folder / "s.objects.parquet")
        with service(str(folder / "s.objects.parquet")) as (url, pid), requests.Session() as session:
            content = {}
            for form, (wanted, _) in FORMATS.items():
                asked = {"LANG": "ADQL", "QUERY": QUERY.format(rows=rows), "RESPONSEFORMAT": wanted}
                answer = session.post(f"{url}/sync", data={**asked, "MAXREC": str(rows)}, timeout=600)
                answer.raise_for_status()
                content[form] = answer.content
            works: dict[str, list[float]] = {form: [] for form in FORMATS}

            def whole(form: str) -> Table:
                before = processor_of(pid)
                result = by_job(url, form, rows, folder / "jobs")
                works[form].append(processor_of(pid) - before)
                return result

            print(machine(), time.strftime("%Y-%m-%d"))
            roads = medians({form: lambda f=form: whole(f) for form in FORMATS}, rounds)  # type: ignore[misc]
            reading = medians({f: lambda f=f: FORMATS[f][1](content[f]) for f in FORMATS}, rounds)  # type: ignore[misc]
            small = medians(
                {f: lambda f=f: by_job(url, f, 1000, folder / "jobs") for f in FORMATS},  # type: ignore[misc]
                5 * rounds,
            )
            memory = {form: memory_of(url, form, rows) for form in FORMATS}
    for form, data in content.items():
        extra, table = memory[form]
        road, alone = roads[form], reading[form]
        print(f"{form}: {len(data) / 1e6:.1f} MB, at 100 Mbit/s {len(data) / NETWORK:.1f} s")
        print(f"  query to table {road.clock:6.3f} s, processor of the client {road.processor:.3f} s", end="")
        print(f", of the service {statistics.median(works[form]):.3f} s; 1000 rows {small[form].clock * 1e3:.0f} ms")
        print(f"  reading alone  {alone.clock:6.3f} s, processor {alone.processor:.3f} s", end="")
        print(f"; memory {extra:.0f} MB, {extra / table:.2f} of the table")
    one, other = (read(content[form]) for form, (_, read) in FORMATS.items())
    for each in (one, other):
        each.sort("id")  # no order was asked for
    same = one.dtype == other.dtype and all(
        np.ma.allequal(one[n], other[n], fill_value=False) or bool(np.ma.getmaskarray(one[n]).any())
        for n in one.colnames
    )
    print("one table" if same else "THE TABLES DIFFER")


def memory_of(url: str, form: str, rows: int) -> tuple[float, float]:
    """Of a process of its own: MB that it had at most beyond what it had before, and MB of the table."""
    command = [sys.executable, __file__, "--memory", url, form, str(rows)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(told[0]), float(told[1])


def measure_memory(url: str, form: str, rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        by_job(url, form, 10, Path(folder))  # all that is imported late
        before = peak_mb(os.getpid())
        result = by_job(url, form, rows, Path(folder))
    print(peak_mb(os.getpid()) - before, sum(column.nbytes for column in result.columns.values()) / 1e6)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        measure_memory(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        sys.exit()
    main(*(int(argument) for argument in (*sys.argv[1:], "1000000", "5")[:2]))
