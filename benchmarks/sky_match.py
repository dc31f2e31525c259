"""Matches within 1 arcsec through ADQL, as ratios to astropy's search_around_sky and scipy's k-d tree.

    python benchmarks/sky_match.py [upload rows] [catalogue rows] [rounds] [field ...]

The catalogue was loaded beforehand, as a service does once, and so was the upload (how long that took is told, it sorts
by declination); the peers get arrays in memory. A radius that is a column of the upload is compared with the fixed one,
a cone of 0.1 degrees with its 10 ms.
"""

from __future__ import annotations

import sys
import time
from functools import partial

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord, search_around_sky
from measuring import machine, medians, peak_mb, report, seconds
from scipy.spatial import cKDTree
from skies import CENTRE, Positions, field, measured_again, service

RADIUS = 1.0 / 3600
MATCH = (
    "SELECT u.id, o.id FROM s.objects AS o JOIN TAP_UPLOAD.mine AS u"
    " ON DISTANCE(POINT(o.ra, o.dec), POINT(u.ra, u.dec)) < "
)
CONE = f"SELECT id, ra, dec FROM s.objects WHERE CONTAINS(POINT(ra, dec), CIRCLE({CENTRE[0]}, {CENTRE[1]}, 0.1)) = 1"


def vectors(positions: Positions) -> np.ndarray:
    ra, dec = (np.radians(values) for values in positions)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def with_tree(mine: Positions, theirs: Positions) -> int:
    chord = 2 * np.sin(np.radians(RADIUS) / 2)
    pairs = cKDTree(vectors(mine)).sparse_distance_matrix(cKDTree(vectors(theirs)), chord, output_type="ndarray")
    return len(pairs)


def with_astropy(mine: Positions, theirs: Positions) -> int:
    a, b = (SkyCoord(*positions, unit="deg") for positions in (mine, theirs))
    return len(search_around_sky(a, b, RADIUS * u.deg)[0])


def main(few: int, many: int, rounds: int, kinds: list[str]) -> None:
    for kind in kinds:
        theirs = field(many, kind)
        mine = measured_again(theirs, few, kind)
        begin = time.perf_counter()
        with service({"id": np.arange(many), "ra": theirs[0], "dec": theirs[1]}) as sky:
            title = f"{few:.0e} x {many:.0e} {kind}"
            print(f"{title}: loaded in {time.perf_counter() - begin:.1f} s; {machine()}", flush=True)
            columns = {"id": np.arange(few), "ra": mine[0], "dec": mine[1], "r": np.full(few, RADIUS)}
            taken = seconds(partial(sky.upload, "mine", columns)).clock
            print(f"  upload taken in {taken * 1e3:.0f} ms")
            contestants = {
                "ours": lambda: sky.ask(f"{MATCH} {RADIUS:.17f}"),
                "search_around_sky": lambda a=mine, b=theirs: with_astropy(a, b),
                "cKDTree": lambda a=mine, b=theirs: with_tree(a, b),
                "radius as a column": lambda: sky.ask(f"{MATCH} u.r"),
            }
            # also brings the catalogue from the disk into memory, where those of the peers are
            few_enough = {name: work for name, work in contestants.items() if many <= 10**6 or name == "ours"}
            print(f"  pairs: { {name: work() for name, work in few_enough.items()} }")
            times = medians(contestants, rounds)
            report(title, "ours", {"search_around_sky": 0.10, "cKDTree": 0.3}, times)
            report(f"{title}, radius a column", "radius as a column", {"ours": 3.0}, times)
            cone = medians({"cone": lambda: sky.ask(CONE)}, 9)["cone"]
            print(
                f"{title}, 0.1 deg cone: {cone.clock * 1e3:.1f} ms, processor {cone.processor * 1e3:.1f} ms,"
                f" {sky.ask(CONE)} rows; peak {peak_mb():.0f} MB"
            )
    print(machine())


if __name__ == "__main__":
    numbers = [int(float(word)) for word in sys.argv[1:4]]
    main(*[*numbers, *[100_000, 1_000_000, 3][len(numbers) :]], sys.argv[4:] or ["uniform", "crowded", "clustered"])
