"""How fast our VOTable codec is, as a ratio to astropy's on the same table in the same run.

    python benchmarks/votable_codec.py [rows] [rounds]

12 columns: an id, a position, seven magnitudes (one with nulls), a count, a short text of varying length. Both codecs
take turns, so that a machine that others use slows both; the medians are compared. CPU seconds, not the clock's.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
from astropy.io.votable.exceptions import VOWarning
from astropy.table import MaskedColumn, Table

from tapwidget.tables.votable import from_votable, to_votable


def sample(rows: int) -> Table:
    rng = np.random.default_rng(20260101)
    table = Table({"objectId": rng.integers(-(2**63), 2**63 - 1, rows)})
    table["coord_ra"] = rng.uniform(0, 360, rows)
    table["coord_dec"] = rng.uniform(-90, 90, rows)
    for band in "ugrizyw":
        table[f"{band}_cModelMag"] = rng.normal(22, 2, rows).astype("f4")
    table["u_cModelMag"] = MaskedColumn(table["u_cModelMag"], mask=rng.random(rows) < 0.1)
    table["visits"] = rng.integers(0, 300, rows).astype("i4")
    table["designation"] = np.array(["J" + "0" * int(size) for size in rng.integers(0, 12, rows)], object)
    return table


def astropy_write(table: Table, form: str) -> bytes:
    out = io.BytesIO()
    table.write(out, format="votable", tabledata_format=form.lower())
    return out.getvalue()


def seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main(rows: int, rounds: int) -> None:
    warnings.simplefilter("ignore", VOWarning)
    table = sample(rows)
    print(f"{rows} rows x {len(table.colnames)} columns, medians of {rounds}, CPU seconds")
    print(f"{'':18}{'ours':>9}{'astropy':>9}{'ratio':>8}{'MB':>8}")
    for form in ("BINARY2", "TABLEDATA"):
        document = to_votable(table, serialization=form)
        pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            f"write {form}": (
                lambda f=form: to_votable(table, serialization=f),
                lambda f=form: astropy_write(table, f),
            ),
            f"read {form}": (
                lambda d=document: from_votable(d),
                lambda d=document: Table.read(io.BytesIO(d), format="votable"),
            ),
        }
        for name, (ours, theirs) in pairs.items():
            times = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
            mine, other = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"{name:18}{mine:9.3f}{other:9.2f}{other / mine:8.1f}{len(document) / 1e6:8.1f}", flush=True)


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*[*arguments, *[100_000, 3][len(arguments) :]])
