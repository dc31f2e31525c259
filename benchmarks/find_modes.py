"""Whole sky matches, as ratios to STILTS `tskymatch2` on the same files; and the choice among a million pairs.

    python benchmarks/find_modes.py [my rows] [their rows] [rounds]

Ours: the upload over HTTP, the built-in service (which has loaded the catalogue beforehand), the answer, the choice,
the join with the user's columns, in memory. STILTS: both tables from FITS files, the start of its JVM, a FITS file out.
Processor times leave out the service and STILTS, which are other processes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from astropy.table import Table
from measuring import machine, medians, report
from skies import field, measured_again

import tapwidget
from tapwidget.match.pairs import reduce

MODES = {"all": "all", "nearest": "best1", "nearest_theirs": "best2", "symmetric": "best"}


def stilts(folder: Path, find: str) -> int:
    words = ["in1=mine.fits", "in2=theirs.fits", "ra1=ra", "dec1=dec", "ra2=ra", "dec2=dec", "error=1", f"find={find}"]
    subprocess.run(
        ["stilts", "tskymatch2", *words, "out=out.fits"], cwd=folder, check=True, capture_output=True, timeout=600
    )
    return len(Table.read(folder / "out.fits"))


def whole_matches(few: int, many: int, rounds: int) -> None:
    with TemporaryDirectory(prefix="tapwidget-benchmark-") as name:
        folder = Path(name)
        theirs = field(many, "uniform")
        ra, dec = measured_again(theirs, few, "uniform")
        mine = Table({"row": np.arange(few), "ra": ra, "dec": dec, "r": np.full(few, 20.0)})
        mine.write(folder / "mine.fits")
        Table({"id": np.arange(many), "ra": theirs[0], "dec": theirs[1]}).write(folder / "theirs.fits")
        server = subprocess.Popen(
            [sys.executable, "-m", "tapwidget", "serve", "--with-parent", str(folder / "theirs.fits")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            service = tapwidget.connect(server.stdout.readline().split()[-1])
            target = next(table.name for table in service.tables() if "theirs" in table.name)

            def ours(find: str) -> int:
                match = tapwidget.SkyMatch(target, columns=["id", "ra", "dec"], find=find)
                return len(service.submit(match, mine).result(600))

            for find, called in MODES.items():
                print(f"  {find}: {ours(find)} rows, STILTS {called} {stilts(folder, called)}")
                times = medians({"ours": lambda f=find: ours(f), "STILTS": lambda c=called: stilts(folder, c)}, rounds)
                report(f"{few:.0e} x {many:.0e}, {find}", "ours", {"STILTS": 1.0}, times)
        finally:
            server.stdin.close()
            server.wait(30)


def a_million_pairs(rounds: int) -> None:
    rng = np.random.default_rng(1)
    n = 1_000_000
    rows, objects, separation = rng.integers(0, 300_000, n), rng.integers(0, 400_000, n), rng.uniform(0, 1, n)
    keys = (objects + 2**60, objects / 3000.0, objects % 91 * 0.5)
    work = {find: lambda f=find: reduce(rows, keys, separation, f) for find in MODES}
    work["lexsort"] = lambda: np.lexsort((keys[0], separation, rows))
    times = medians(work, rounds)
    for find in MODES:
        report(f"1e6 pairs, {find}", find, {"lexsort": 3.0}, times)


if __name__ == "__main__":
    given = [int(float(word)) for word in sys.argv[1:4]]
    few, many, rounds = [*given, *[100_000, 1_000_000, 3][len(given) :]]
    a_million_pairs(rounds)
    whole_matches(few, many, rounds)
    print(machine())
