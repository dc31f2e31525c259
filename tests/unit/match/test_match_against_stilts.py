"""The same matches by STILTS (`tskymatch2`, `tmatch2`), row by row, on the same positions.

One sky holds what is hard: both poles, RA 0, a crowded field, duplicates, rows without a position.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.ivoa import tapschema
from tapwidget.match.pairs import reduce
from tapwidget.match.radius import RadiusColumn
from tapwidget.match.spec import SkyMatch

pytestmark = pytest.mark.skipif(not shutil.which("stilts"), reason="needs Debian's package stilts")

TARGET = tapschema.Table(
    "s.theirs",
    columns=(
        tapschema.Column("id", "long", ucd="meta.id;meta.main"),
        tapschema.Column("ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        tapschema.Column("dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
    ),
)
FINDS = {"all": "all", "nearest": "best1", "nearest_theirs": "best2"}


def a_sky(seed: int, scatter: float, number: int = 160) -> tuple[Table, Table]:
    """Mine and theirs: fields of ten times `scatter` (arcsec) around each hard place, more crowded in the last one."""
    rng = np.random.default_rng(seed)
    centres = [(10.0, 90.0), (10.0, -90.0), (0.0, 20.0), (200.0, -45.0), (120.0, 60.0)]
    sides = []
    for _ in range(2):
        ra, dec = [], []
        for place, (ra0, dec0) in enumerate(centres):
            reach = scatter / 3600 * (10 if place < 4 else 2)
            x, y = rng.uniform(-reach, reach, (2, number))
            if abs(dec0) == 90:  # around a pole every right ascension occurs
                dec.append(np.sign(dec0) * (90 - np.hypot(x, y)))
                ra.append(np.degrees(np.arctan2(y, x)) % 360)
            else:
                dec.append(dec0 + y)
                ra.append((ra0 + x / np.cos(np.radians(dec0))) % 360)
        sides.append((np.concatenate(ra), np.concatenate(dec)))
    (ra, dec), (their_ra, their_dec) = sides
    ra[7::50] = np.nan
    dec[11::50] = np.nan
    their_dec[3::50] = np.nan
    mine = Table({"row": np.arange(len(ra)), "ra": ra, "dec": dec})
    mine["reach"] = rng.uniform(0, 2 * scatter, len(ra))
    mine["reach"][5::40] = np.nan
    theirs = Table({"id": np.arange(len(their_ra)), "ra": their_ra, "dec": their_dec})
    return mine, theirs


@pytest.fixture(scope="module")
def skies(tmp_path_factory: pytest.TempPathFactory) -> dict[float, tuple[Table, Table, Path]]:
    made = {}
    for seed, scatter in enumerate((0.01, 1.0, 36000.0 / 30)):
        folder = tmp_path_factory.mktemp("sky")
        mine, theirs = a_sky(seed, scatter)
        mine.write(folder / "mine.fits")
        theirs.write(folder / "theirs.fits")
        made[scatter] = (mine, theirs, folder)
    return made


def stilts(folder: Path, **parameters: str) -> Table:
    """What a match by STILTS returns."""
    given = {"matcher": "sky", "values1": "ra dec", "values2": "ra dec", "fixcols": "all", "progress": "none"}
    given |= {"in1": "mine.fits", "in2": "theirs.fits", "out": "out.fits"} | parameters
    words = [f"{name}={value}" for name, value in given.items()]
    done = subprocess.run(
        ["stilts", "tmatch2", *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return Table.read(folder / "out.fits")


def pairs_of(result: Table, row: str, other: str, separation: str) -> list[tuple[int, int, float]]:
    """(my row, their id, separation), -1 and 0 where there is no counterpart; sorted."""
    has = ~np.ma.getmaskarray(result[separation]) & np.isfinite(np.ma.filled(result[separation], np.nan))
    ids = np.where(has, np.ma.getdata(result[other]), -1)
    apart = np.where(has, np.ma.getdata(result[separation]), 0.0)
    return sorted(zip(np.asarray(result[row]).tolist(), ids.tolist(), apart.tolist(), strict=True))


def check(ours: Table, theirs: Table) -> None:
    mine, stilts_pairs = pairs_of(ours, "ut1_row", "id", "separation"), pairs_of(theirs, "row_1", "id_2", "Separation")
    assert [pair[:2] for pair in mine] == [pair[:2] for pair in stilts_pairs]
    np.testing.assert_allclose([pair[2] for pair in mine], [pair[2] for pair in stilts_pairs], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("find", "scatter"), [("all", 0.01), ("all", 1.0), ("all", 1200.0), ("nearest", 1.0), ("nearest_theirs", 1.0)]
)
def test_find_modes(find, scatter, skies, matched):
    mine, theirs, folder = skies[scatter]
    ours = matched(SkyMatch("s.theirs", radius=scatter, find=find), mine, theirs, TARGET)
    assert len(ours) > 300
    check(ours, stilts(folder, find=FINDS[find], params=repr(scatter)))


def test_symmetric(skies, matched):
    """In crowded fields STILTS' `best` takes the nearest for each row of the longer table, and of these the nearest for
    each row of the shorter one, so that a row whose first choice is taken has no second one. Ours goes through all
    pairs, closest first, which does not depend on the lengths and finds more."""
    mine, theirs, folder = skies[1.0]
    best = stilts(folder, find="best", params="1")
    ours = matched(SkyMatch("s.theirs", radius=1, find="symmetric"), mine, theirs, TARGET)
    assert len(ours) > 1.1 * len(best)
    pairs = matched(SkyMatch("s.theirs", radius=1), mine, theirs, TARGET)
    row, key, separation = (np.asarray(pairs[name]) for name in ("ut1_row", "id", "separation"))
    assert np.isfinite(theirs["dec"]).sum() > np.isfinite(mine["ra"] + mine["dec"]).sum()
    first = reduce(row, key, separation, "nearest_theirs")
    second = first[reduce(row[first], key[first], separation[first], "nearest")]
    check(pairs[np.sort(second)], best)
    mutual = set(reduce(row, key, separation, "nearest").tolist()) & set(first.tolist())
    taken = {pair[:2] for pair in pairs_of(ours, "ut1_row", "id", "separation")}
    assert {(row[i], key[i]) for i in mutual} <= taken


def test_rows_without_a_counterpart(skies, matched):
    mine, theirs, folder = skies[1.0]
    ours = matched(SkyMatch("s.theirs", radius=1, unmatched="only"), mine, theirs, TARGET)
    alone = stilts(folder, find="all", join="1not2", params="1")
    assert 100 < len(ours) < len(mine)
    assert ours["ut1_row"].tolist() == sorted(alone["row_1"].tolist())
    kept = matched(SkyMatch("s.theirs", radius=1, unmatched="keep", find="nearest"), mine, theirs, TARGET)
    assert len(kept) == len(mine)
    check(kept, stilts(folder, find="best1", join="all1", params="1"))


def test_a_radius_for_each_row(skies, matched):
    """STILTS adds the errors of both sides up: with none on the target's, the user's is the radius. Not at the poles,
    where its `skyerr` misses pairs that its `sky` with the same cut finds."""
    mine, theirs, folder = skies[1.0]
    match = SkyMatch("s.theirs", radius=RadiusColumn("reach", unit="arcsec", factor=1.5))
    ours = matched(match, mine, theirs, TARGET)
    cut = stilts(folder, find="all", params="3", ocmd="select 'Separation < 1.5 * reach_1'")
    check(ours, cut)
    errors = {"matcher": "skyerr", "values1": "ra dec 1.5*reach", "values2": "ra dec 0.0", "params": "2"}
    by_errors = stilts(folder, find="all", icmd1="select 'abs(dec) < 85'", **errors)
    away = ours[np.abs(mine["dec"][ours["ut1_row"]]) < 85]
    # Its Separation is in units of the errors here.
    assert [pair[:2] for pair in pairs_of(away, "ut1_row", "id", "separation")] == [
        pair[:2] for pair in pairs_of(by_errors, "row_1", "id_2", "Separation")
    ]
