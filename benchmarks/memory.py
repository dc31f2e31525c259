"""What a match with a large upload takes in memory beyond the user's table, from submitting it to its result.

    python benchmarks/memory.py

One job of 1,000,000 rows, and 3,000,000 rows through a service that takes 32 MiB at once, each in a process of its own
over HTTP; with tables of 4 and of 12 columns. Counted is the process's resident memory at its peak, less what it was
before, as a multiple of the bytes of the upload. Few objects are found: the result itself is what was asked for.
Linux (glibc) only: elsewhere the system's own peak cannot be set back.
"""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import Table
from client import MEMORY, users_table
from measuring import machine, peak_mb

from tapwidget import SkyMatch
from tapwidget.client.chunks_plan import estimated_size
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service

ROADS = {"one job": (1_000_000, 2**30), "in parts": (3_000_000, 32 * 2**20)}
OBJECTS = 20_000
SECONDS = 600
SERVICE = """
import sys
from pathlib import Path
from tapwidget.server.run import main
from tapwidget.server.settings import Settings
sys.exit(main(names={"s.t": Path(sys.argv[1])}, with_parent=True, settings=Settings(upload_bytes=int(sys.argv[2]))))
"""


def sky(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, rows), rng.uniform(-60, 60, rows)


def users(rows: int, columns: int) -> Table:
    table = users_table(*sky(rows, 2))
    return table if columns == 12 else table["ra", "dec", "r", "objid"]


def measure(rows: int, limit: int, columns: int) -> None:
    """Prints the megabytes more at the peak, those of the upload, and in how many parts it went."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        pq.write_table(pa.table(dict(zip(("ra", "dec"), sky(OBJECTS, 1), strict=True)) | {"id": range(OBJECTS)}), path)
        command = [sys.executable, "-c", SERVICE, str(path), str(limit)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            service = Service(process.stdout.readline().split()[-1], ledger=Ledger(Path(folder) / "jobs"))
            match = SkyMatch("s.t", radius=0.5, columns=["id"], where=["ut1.r > 0"], find="nearest")
            mine = users(rows, columns)
            service.submit(match, mine[:2000]).result(SECONDS)  # all that is imported late
            gc.collect()
            ctypes.CDLL("libc.so.6").malloc_trim(0)  # what is free already is not to be counted as needed again
            Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
            before = peak_mb(os.getpid())
            job = service.submit(match, mine)
            job.result(SECONDS)
            assert job.plan is not None
            print(peak_mb(os.getpid()) - before, estimated_size(job.plan.upload.table) / 1e6, getattr(job, "parts", 1))
            process.stdin.close()


def main() -> None:
    print(machine(), time.strftime("%Y-%m-%d"))
    for title, (rows, limit) in ROADS.items():
        for columns in (4, 12):
            command = [sys.executable, __file__, *map(str, (rows, limit, columns))]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            more, payload, parts = map(float, told.split())
            mark = "ok" if more / payload <= MEMORY else "MISSED"
            print(
                f"{rows:,} rows x {columns} {title:8} ({parts:.0f} parts): {more:.0f} MB more for an upload of "
                f"{payload:.0f} MB, ratio {more / payload:.2f} (at most {MEMORY}) {mark}",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(*map(int, sys.argv[1:]))
    else:
        main()
