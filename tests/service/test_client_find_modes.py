"""Find modes, radii of rows and rows without a counterpart through the built-in service, against astropy."""

from __future__ import annotations

import contextlib
import gc
import io
import warnings
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import angular_separation
from astropy.table import MaskedColumn, Table

from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.match.offsets import median_shift
from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.match.spec import SkyMatch
from tapwidget.simulation import sky

COLUMNS = ["objectId", "coord_ra", "coord_dec", "refBand"]
ROWS = 150
RNG = np.random.default_rng(4)


@pytest.fixture(scope="module")
def objects() -> Table:
    """Those of a band in declination; `mine` keeps off its edges."""
    names = [*COLUMNS[:3], "refSizeExtendedness"]
    table = pq.read_table(sky.make()["dp1.Object"], columns=names)
    dec = table["coord_dec"].to_numpy()
    table = table.filter(np.abs(dec - np.median(dec)) < 0.05)
    return Table({name: table[name].to_numpy() for name in names})


@pytest.fixture(scope="module")
def mine(objects: Table) -> Table:
    inside = np.flatnonzero(np.abs(objects["coord_dec"] - np.median(objects["coord_dec"])) < 0.04)
    chosen = objects[RNG.permutation(inside)[:ROWS]]
    table = Table({"n": np.arange(ROWS)})
    table["ra"] = MaskedColumn(chosen["coord_ra"] + RNG.normal(0, 2 / 3600, ROWS), mask=np.arange(ROWS) % 20 == 3)
    table["dec"] = chosen["coord_dec"] + RNG.normal(0, 2 / 3600, ROWS)
    table["reach"] = np.where(np.arange(ROWS) % 15 == 1, np.nan, RNG.uniform(-1, 12, ROWS))
    table["reach"].unit = "arcsec"
    return table


@pytest.fixture(scope="module")
def service(tap_url: str, tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(tap_url, ledger=Ledger(tmp_path_factory.mktemp("ledger")))


@pytest.fixture(scope="module")
def apart(mine: Table, objects: Table) -> np.ndarray:
    """Separations in arcsec of every row of mine (NaN without a position) from every object: brute force."""
    ra, dec = (np.radians(np.asarray(objects[name])) for name in ("coord_ra", "coord_dec"))
    every = np.full((ROWS, len(objects)), np.nan, dtype=np.float32)
    for row in np.flatnonzero(~mine["ra"].mask):
        there = np.flatnonzero(np.abs(objects["coord_dec"] - mine["dec"][row]) < 20 / 3600)
        place = np.radians(mine["ra"][row]), np.radians(mine["dec"][row])
        every[row, there] = np.degrees(angular_separation(*place, ra[there], dec[there])) * 3600
    return every


def pairs(result: Table) -> list[tuple[int, int]]:
    found = ~np.ma.getmaskarray(result["objectId"])
    return sorted(zip(result["ut1_n"][found].tolist(), result["objectId"][found].tolist(), strict=True))


def near(apart: np.ndarray, objects: Table, radius: Any) -> list[tuple[int, int]]:
    rows, others = np.nonzero(apart < radius)
    return sorted(zip(rows.tolist(), objects["objectId"][others].tolist(), strict=True))


def test_three_nearest_and_the_nearest_of_theirs(
    service: Service, mine: Table, objects: Table, apart: np.ndarray
) -> None:
    three = service.submit(SkyMatch("dp1.Object", 8, COLUMNS, find="nearest", neighbours=3), mine).result(60)
    closest = np.sort(apart, axis=1)[:, 2:3]
    assert pairs(three) == near(np.where(apart <= closest, apart, np.nan), objects, 8)
    theirs = service.submit(SkyMatch("dp1.Object", 8, COLUMNS, find="nearest_theirs"), mine).result(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NaN alone in a column
        assert pairs(theirs) == near(np.where(apart == np.nanmin(apart, axis=0), apart, np.nan), objects, 8)
    assert len(set(theirs["objectId"].tolist())) == len(theirs)


def test_rows_without_a_counterpart(service: Service, mine: Table, objects: Table, apart: np.ndarray) -> None:
    kept = service.submit(SkyMatch("dp1.Object", 0.7, COLUMNS, unmatched="keep"), mine).result(60)
    lonely = np.flatnonzero(~np.any(apart < 0.7, axis=1))
    assert 20 < len(lonely) < ROWS
    assert pairs(kept) == near(apart, objects, 0.7)
    alone = np.ma.getmaskarray(kept["objectId"])
    assert kept["ut1_n"][alone].tolist() == lonely.tolist()
    assert np.all(np.diff(kept["ut1_n"]) >= 0)
    for name in (*COLUMNS, "separation", "position_angle"):
        assert np.array_equal(np.ma.getmaskarray(kept[name]), alone), name
    assert kept["objectId"].dtype == np.int64
    assert kept["separation"].unit == u.arcsec
    assert kept["coord_ra"].unit == u.deg
    assert not np.ma.getmaskarray(kept["ut1_dec"]).any()
    only = service.submit(SkyMatch("dp1.Object", 0.7, COLUMNS, unmatched="only"), mine).result(60)
    assert only.colnames == [f"ut1_{name}" for name in mine.colnames]
    assert only["ut1_n"].tolist() == lonely.tolist()


def test_a_radius_for_each_row(service: Service, mine: Table, objects: Table, apart: np.ndarray) -> None:
    match = SkyMatch("dp1.Object", RadiusColumn("reach", factor=0.5), COLUMNS)
    job = service.submit(match, mine)
    result = job.result(60)
    radius = 0.5 * np.asarray(mine["reach"])
    assert pairs(result) == near(apart, objects, radius[:, None])
    assert np.all(result["separation"] < 0.5 * result["ut1_reach"])
    assert any("have no usable value of reach" in change for change in job.changes)
    assert result.meta["tapwidget"]["radius"] == "0.5 x reach"


def test_errors_of_both_sides(service: Service, mine: Table, objects: Table, apart: np.ndarray) -> None:
    radius = PositionErrors(2, mine="reach", theirs="refSizeExtendedness", their_unit="arcsec", limit=9)
    match = SkyMatch("dp1.Object", radius, ["objectId"])
    result = service.submit(match, mine).result(60)
    own = np.where(mine["reach"] >= 0, mine["reach"], np.nan)[:, None]
    limits = np.minimum(2 * np.hypot(own, np.asarray(objects["refSizeExtendedness"], dtype=float)[None]), 9)
    assert pairs(result) == near(apart, objects, limits)
    assert "refSizeExtendedness" not in result.colnames


@pytest.mark.parametrize(
    "match",
    [
        SkyMatch("dp1.Object", 3, COLUMNS, find="nearest", neighbours=2, unmatched="keep", shift=(0.3, -0.2)),
        SkyMatch("dp1.Object", RadiusColumn("reach"), COLUMNS, find="nearest_theirs"),
        SkyMatch("dp1.Object", 3, COLUMNS, find="symmetric", unmatched="only"),
    ],
    ids=["neighbours kept and moved", "radius of rows", "only unmatched"],
)
def test_the_python_cell_gives_the_same_rows(service: Service, mine: Table, match: SkyMatch) -> None:
    ours = service.submit(match, mine).result(60)
    variables: dict[str, Any] = {"table": mine}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore", ResourceWarning)  # pyvo leaves its sockets to the garbage collector
        exec(compile(match.python(service, mine), "cell", "exec"), variables)
        theirs = variables.pop("result")
        variables.clear()
        gc.collect()
    assert ours.colnames == theirs.colnames
    assert len(ours) == len(theirs) > 10
    for name in ours.colnames:
        mask = np.ma.getmaskarray(ours[name])
        assert np.array_equal(mask, np.ma.getmaskarray(theirs[name])), name
        np.testing.assert_array_equal(np.ma.getdata(ours[name])[~mask], np.ma.getdata(theirs[name])[~mask], name)


def test_positions_that_are_moved(service: Service, objects: Table) -> None:
    there = objects[:400]
    cosine = np.cos(np.radians(there["coord_dec"]))
    table = Table({"ra": there["coord_ra"] - 0.5 / 3600 / cosine, "dec": there["coord_dec"] + 0.25 / 3600})
    plain = service.submit(SkyMatch("dp1.Object", 1, COLUMNS, find="nearest"), table).result(60)
    shift = median_shift(plain)
    assert (shift.dra, shift.ddec) == pytest.approx((0.5, -0.25), abs=1e-6)
    job = service.submit(SkyMatch("dp1.Object", 0.01, COLUMNS, shift=(0.5, -0.25)), table)
    moved = job.result(60)
    assert set(moved["objectId"].tolist()) == set(there["objectId"].tolist())
    assert moved["separation"].max() < 1e-5
    assert np.array_equal(moved["ut1_ra"], table["ra"])
    assert any("moved by +0.5" in change for change in job.changes)
