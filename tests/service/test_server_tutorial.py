"""Every query of Rubin's tutorial 102.6, word for word, with pyvo as it comes, against the simulated sky."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvo
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table

from tapwidget.simulation import sky

pytestmark = pytest.mark.usefixtures("left_to_the_collector")
RADIUS = 0.00027
SELECTED = """SELECT ut1.objid AS ut1_objid, ut1.ra AS ut1_ra, ut1.dec AS ut1_dec, objectId, coord_ra, coord_dec,
           u_cModelMag, g_cModelMag, r_cModelMag, i_cModelMag, z_cModelMag, y_cModelMag
"""
SPATIAL = (
    SELECTED
    + """    FROM dp1.Object JOIN TAP_UPLOAD.ut1 AS ut1
    WHERE CONTAINS(POINT('ICRS', coord_ra, coord_dec), CIRCLE('ICRS', ut1.ra, ut1.dec, 0.00027))=1"""
)
DISTANCE = (
    SELECTED
    + """    FROM dp1.Object AS o JOIN TAP_UPLOAD.ut1 AS ut1
    ON DISTANCE(POINT('ICRS', o.coord_ra, o.coord_dec), POINT('ICRS', ut1.ra, ut1.dec)) < 0.00027"""
)
CONSTRAINED = (
    SPATIAL.replace(
        " y_cModelMag\n", " y_cModelMag,\n           ut1.r AS sdss_r, ABS(ut1.r - r_cModelMag) AS r_diffs\n"
    )
    + "\n    AND ut1.r > 17 AND ABS(ut1.r - r_cModelMag) < 0.1"
)
ASTEROIDS = """SELECT TOP 1000 denomination, inclination, eccentricity, semi_major_axis
    FROM gaiadr3.sso_orbits
    WHERE num_observations > 200 AND semi_major_axis > 2.0 AND semi_major_axis < 3.25
    AND (semi_major_axis * (1 - eccentricity)) > 1.666"""
IDENTIFIER = """SELECT ut2.mpc_designation AS ut2_mpcDesignation, mpc.mpcDesignation, mpc.ssObjectId
    FROM dp1.MPCORB AS mpc JOIN TAP_UPLOAD.ut2 AS ut2 ON ut2.mpc_designation = mpc.mpcDesignation"""


@pytest.fixture(scope="module")
def objects() -> Table:
    return Table.read(sky.make()["dp1.Object"], format="parquet")


@pytest.fixture(scope="module")
def ut1(objects: Table) -> Table:
    """10,000 objects moved by about the radius, some without a magnitude."""
    rng = np.random.default_rng(1026)
    rows = rng.choice(len(objects), 10_000, replace=False)
    mag = np.ma.masked_invalid(np.ma.filled(objects["r_cModelMag"][rows].astype(float), np.nan))
    return Table(
        {
            "objid": np.arange(10_000) + 2**60,
            "ra": np.asarray(objects["coord_ra"][rows]) + rng.normal(0, RADIUS / 2, 10_000),
            "dec": np.asarray(objects["coord_dec"][rows]) + rng.normal(0, RADIUS / 2, 10_000),
            "r": np.ma.array(
                mag + rng.normal(0, 0.1, 10_000), mask=np.ma.getmaskarray(mag) | (rng.random(10_000) < 0.02)
            ),
        }
    )


@pytest.fixture(scope="module")
def wanted(objects: Table, ut1: Table) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    mine = SkyCoord(ut1["ra"], ut1["dec"], unit="deg")
    theirs = SkyCoord(np.asarray(objects["coord_ra"]), np.asarray(objects["coord_dec"]), unit="deg")
    i, j, _, _ = search_around_sky(mine, theirs, RADIUS * u.deg)
    return i, j


@pytest.fixture(scope="module")
def service(tap_url: str) -> pyvo.dal.TAPService:
    return pyvo.dal.TAPService(tap_url)


def pairs(table: Table) -> list[tuple[int, int]]:
    return sorted(zip(table["ut1_objid"].tolist(), table["objectId"].tolist(), strict=True))


def test_both_forms_sync_and_async(
    service: pyvo.dal.TAPService, objects: Table, ut1: Table, wanted: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
) -> None:
    i, j = wanted
    truth = sorted(zip(ut1["objid"][i].tolist(), objects["objectId"][j].tolist(), strict=True))
    assert len(truth) > 9000
    assert pairs(service.run_sync(DISTANCE, uploads={"ut1": ut1}).to_table()) == truth
    job = service.submit_job(SPATIAL, uploads={"ut1": ut1})
    job.run()
    job.wait(phases=["COMPLETED", "ERROR"])
    job.raise_if_error()
    table = job.fetch_result().to_table()
    assert pairs(table) == truth
    assert table.colnames[3:6] == ["objectId", "coord_ra", "coord_dec"]
    assert table["objectId"].dtype == np.int64
    assert table["coord_ra"].unit == u.deg
    assert table["r_cModelMag"].dtype == np.float32
    assert table["r_cModelMag"].unit == u.mag
    job.delete()


def test_constraints(
    service: pyvo.dal.TAPService, objects: Table, ut1: Table, wanted: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
) -> None:
    i, j = wanted
    r = ut1["r"][i].filled(np.nan)
    with np.errstate(invalid="ignore"):
        keep = (r > 17) & (np.abs(r - np.ma.filled(objects["r_cModelMag"][j].astype(float), np.nan)) < 0.1)
    table = service.run_sync(CONSTRAINED, uploads={"ut1": ut1}).to_table()
    assert pairs(table) == sorted(
        zip(ut1["objid"][i[keep]].tolist(), objects["objectId"][j[keep]].tolist(), strict=True)
    )
    assert 1000 < len(table) < len(i)
    assert np.max(table["r_diffs"]) < 0.1
    assert np.min(table["sdss_r"]) > 17


def test_asteroids(service: pyvo.dal.TAPService) -> None:
    found = service.run_sync(ASTEROIDS).to_table()
    assert 0 < len(found) <= 1000
    assert np.all(found["semi_major_axis"] * (1 - found["eccentricity"]) > 1.666)
    designations = np.array([str(name).replace("_", " ").upper().encode() for name in found["denomination"]])
    matched = service.run_sync(IDENTIFIER, uploads={"ut2": Table({"mpc_designation": designations})}).to_table()
    catalogue = Table.read(sky.make()["dp1.MPCORB"], format="parquet")
    by_name = dict(zip(map(str, catalogue["mpcDesignation"]), catalogue["ssObjectId"].tolist(), strict=True))
    truth = {name: by_name[name] for name in map(bytes.decode, designations.tolist()) if name in by_name}
    assert truth
    got = zip(map(str, matched["ut2_mpcDesignation"]), matched["ssObjectId"].tolist(), strict=True)
    assert dict(got) == truth


def test_errors_reach_pyvo(service: pyvo.dal.TAPService) -> None:
    for run in (service.run_sync, service.run_async):
        with pytest.raises(pyvo.dal.DALQueryError, match=r"there is no column coord_dek .*did you mean coord_dec"):
            run("SELECT coord_dek FROM dp1.Object")


def test_pyvo_reads_what_the_service_says(service: pyvo.dal.TAPService) -> None:
    assert {"dp1.Object", "dp1.MPCORB", "gaiadr3.sso_orbits", "TAP_SCHEMA.tables"} <= set(service.tables.keys())
    column = {c.name: c for c in service.tables["dp1.Object"].columns}["coord_ra"]
    assert (column.unit, column.ucd, column.datatype.content) == ("deg", "pos.eq.ra;meta.main", "double")
    assert service.maxrec is not None
    assert service.maxrec > 1_000_000
    methods = {method.ivo_id.rpartition("#")[2] for method in service.upload_methods}
    assert methods == {"upload-inline", "upload-http", "upload-https"}
    assert (
        service.get_tap_capability().get_adql().get_feature("ivo://ivoa.net/std/TAPRegExt#features-adqlgeo", "DISTANCE")
    )
    assert "imulated" in str(service.get_tap_capability().description)
    for example in service.examples:
        assert len(example.execute()) > 0


def test_the_join_is_not_quadratic(service: pyvo.dal.TAPService, ut1: Table, tmp_path: Path) -> None:
    """10,000 rows to 100,000 and more: of the order of what the same upload costs without a join, on any machine.

    Each row with each would be a thousand million separations.
    """
    count = "SELECT COUNT(*) FROM {} AS o JOIN TAP_UPLOAD.ut1 AS ut1 ON {}"
    near = "DISTANCE(POINT(o.coord_ra, o.coord_dec), POINT(ut1.ra, ut1.dec)) < 0.00027"
    times: dict[str, list[float]] = {"join": [], "no join": []}
    for _ in range(3):
        for name, query in (
            ("join", count.format("dp1.Object", near)),
            ("no join", "SELECT COUNT(*) FROM TAP_UPLOAD.ut1"),
        ):
            began = time.perf_counter()
            service.run_sync(query, uploads={"ut1": ut1})
            times[name].append(time.perf_counter() - began)
    assert min(times["join"]) < 5 * min(times["no join"])
