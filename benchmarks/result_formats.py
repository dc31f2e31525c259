"""Is a result better fetched as Parquet than as BINARY2? Bytes, and seconds from the request to an astropy Table.

    python benchmarks/result_formats.py [rows] [rounds]

The same rows of a service on this machine in both formats, by turns; each is fetched and read as the client would. The
line behind it is what a slower network adds: the bytes, at 100 Mbit/s.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import requests
from answers import sample, service
from astropy.table import Table
from measuring import machine, medians

from tapwidget.tables.formats.binary import read_parquet
from tapwidget.tables.votable import from_votable

FORMATS = {"BINARY2": "votable", "Parquet": "parquet"}
NETWORK = 100e6 / 8


def read(content: bytes, name: str) -> Table:
    return read_parquet(content, "result").table if name == "Parquet" else from_votable(content)


def main(rows: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.objects.parquet"
        pq.write_table(sample(rows), path)
        with service(str(path)) as (url, _), requests.Session() as session:

            def fetched(name: str) -> bytes:
                form = {"LANG": "ADQL", "QUERY": "SELECT * FROM s.objects", "RESPONSEFORMAT": FORMATS[name]}
                answer = session.post(f"{url}/sync", data={**form, "MAXREC": str(rows)}, timeout=600)
                answer.raise_for_status()
                return answer.content

            content = {name: fetched(name) for name in FORMATS}
            whole = medians({n: lambda n=n: read(fetched(n), n) for n in FORMATS}, rounds)  # type: ignore[misc]
            parsing = medians({n: lambda n=n: read(content[n], n) for n in FORMATS}, rounds)  # type: ignore[misc]
    print(machine())
    for name in FORMATS:
        size = len(content[name])
        print(
            f"{name:8} {size / 1e6:7.1f} MB  request to table {whole[name].clock:6.3f} s"
            f" (client's processor {whole[name].processor:.3f} s)  reading alone {parsing[name].clock:6.3f} s"
            f"  at 100 Mbit/s + {size / NETWORK:.1f} s"
        )
    one, other = (read(content[name], name) for name in FORMATS)
    one.sort("id")  # no order was asked for
    other.sort("id")
    for name in one.colnames:
        mine, theirs = one[name], other[name]
        same = np.array_equal(np.ma.getmaskarray(mine), np.ma.getmaskarray(theirs))
        print(f"  {name:8} {mine.dtype!s:8} {theirs.dtype!s:8} {'masks equal' if same else 'MASKS DIFFER'}")


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], "1000000", "5")[:2]))
