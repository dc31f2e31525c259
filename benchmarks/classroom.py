"""A class at work: many callers at once, each with 10,000 rows to match, as jobs; and how fast the service is ready.

    python benchmarks/classroom.py [callers] [rows each] [catalogue rows]

The peer is one caller alone, in the same run.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import requests
from answers import service
from measuring import machine, peak_mb, processor_of
from skies import field, measured_again

from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.votable_document import read_document, write_document

QUERY = (
    "SELECT u.id AS mine, o.* FROM s.objects AS o JOIN TAP_UPLOAD.mine AS u"
    " ON DISTANCE(POINT(o.ra, o.dec), POINT(u.ra, u.dec)) < 0.000277777777777778"
)


def one_caller(url: str, upload: bytes) -> tuple[float, int]:
    """Seconds from the request to the rows, and how many these are."""
    begin = time.perf_counter()
    with requests.Session() as session:
        form = {"LANG": "ADQL", "QUERY": QUERY, "UPLOAD": "mine,param:mine", "PHASE": "RUN"}
        made = session.post(f"{url}/async", data=form, files={"mine": upload}, timeout=60, allow_redirects=False)
        job = made.headers["Location"]
        while (phase := session.get(f"{job}/phase", timeout=60).text) in {"PENDING", "QUEUED", "EXECUTING"}:
            session.get(job, params={"WAIT": "10", "PHASE": phase}, timeout=60)
        assert phase == "COMPLETED", phase
        result = session.get(f"{job}/results/result", timeout=60)
        result.raise_for_status()
        seconds = time.perf_counter() - begin
        session.delete(job, timeout=60, allow_redirects=False)
        return seconds, read_document(result.content).nrows


def main(callers: int, rows: int, many: int) -> None:
    theirs = field(many, "uniform")
    columns = [Column("id", "long"), Column("ra", "double"), Column("dec", "double")]
    uploads = []
    for caller in range(callers):
        mine = measured_again(theirs, rows, "uniform", caller + 2)
        uploads.append(b"".join(write_document(columns, [np.arange(rows), *mine], query_status="")))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "s.objects.parquet"
        pq.write_table(pa.table({"id": np.arange(many), "ra": theirs[0], "dec": theirs[1]}), path)
        os.environ["TAPWIDGET_CACHE_DIR"] = name
        for state in ("first start", "second start"):
            begin = time.perf_counter()
            with service(str(path)) as (url, pid):
                seconds = time.perf_counter() - begin
                print(f"{state}: ready after {seconds:.2f} s (processor {processor_of(pid):.2f} s); {machine()}")
                if state == "first start":
                    continue
                alone, _ = min(one_caller(url, uploads[0]) for _ in range(5))
                used = processor_of(pid)
                with ThreadPoolExecutor(callers) as pool:
                    begin = time.perf_counter()
                    answers = list(pool.map(lambda upload: one_caller(url, upload), uploads))
                    total = time.perf_counter() - begin
                used = processor_of(pid) - used
                longest = max(seconds for seconds, _ in answers)
                print(f"alone {alone:.2f} s; {callers} at once: all within {total:.2f} s, the longest {longest:.2f} s, "
                      f"ratio to one after the other {total / (alone * callers):.2f}")  # fmt: skip
                print(f"rows {min(n for _, n in answers)} to {max(n for _, n in answers)}; peak {peak_mb(pid):.0f} MB; "
                      f"processor of the service {used:.2f} s")  # fmt: skip
    print(machine())


if __name__ == "__main__":
    numbers = [int(float(word)) for word in sys.argv[1:]]
    main(*[*numbers, *[30, 10_000, 1_000_000][len(numbers) :]])
