"""Matches through the built-in service, over real HTTP: against astropy, pair for pair."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import MaskedColumn, Table

import tapwidget
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.client.services import connect
from tapwidget.errors import ColumnError, MatchError, QueryError, TargetError, UploadError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.constraints import MagnitudeDifference, MagnitudeRange
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.simulation import sky, user_table
from tapwidget.tables.files import read_table

COLUMNS = ["objectId", "coord_ra", "coord_dec", "r_cModelMag"]


@pytest.fixture(scope="module")
def objects() -> Table:
    return Table({name: c.to_numpy() for name, c in zip(*_columns("dp1.Object"), strict=True)})


def _columns(name: str) -> tuple[list[str], list[Any]]:
    table = pq.read_table(sky.make()[name])
    return table.column_names, table.columns


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Table:
    return read_table(user_table.csv(tmp_path_factory.mktemp("user")))


@pytest.fixture(scope="module")
def service(tap_url: str, tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(tap_url, ledger=Ledger(tmp_path_factory.mktemp("ledger")))


@pytest.fixture(scope="module")
def truth(mine: Table, objects: Table) -> set[tuple[int, int]]:
    """Pairs (row of mine, objectId) that astropy finds within an arcsecond."""
    ours, theirs, _, _ = search_around_sky(
        SkyCoord(mine["ra"], mine["dec"], unit="deg"),
        SkyCoord(objects["coord_ra"], objects["coord_dec"], unit="deg"),
        1 * u.arcsec,
    )
    return set(zip(ours.tolist(), objects["objectId"][theirs].tolist(), strict=True))


@pytest.fixture(scope="module")
def all_pairs(service: Service, mine: Table) -> Table:
    return service.submit(SkyMatch("dp1.Object", radius=1 * u.arcsec, columns=COLUMNS), mine).result(60)


def rows_of(result: Table, mine: Table) -> np.ndarray:
    """Row of the user's table, from the identifier, which is unique there."""
    order = np.argsort(mine["objid"])
    return order[np.searchsorted(mine["objid"], result["ut1_objid"], sorter=order)]


def test_pairs_are_astropys(all_pairs: Table, mine: Table, truth: set[tuple[int, int]]) -> None:
    pairs = list(zip(rows_of(all_pairs, mine).tolist(), all_pairs["objectId"].tolist(), strict=True))
    assert len(pairs) == len(set(pairs)) > 5000
    assert set(pairs) == truth


def test_the_result_has_both_sides_as_they_were(all_pairs: Table, mine: Table, objects: Table) -> None:
    assert all_pairs.colnames == [f"ut1_{name}" for name in mine.colnames] + [*COLUMNS, "separation", "position_angle"]
    rows = rows_of(all_pairs, mine)
    for name in mine.colnames:
        got, own = all_pairs[f"ut1_{name}"], mine[name][rows]
        assert got.dtype == own.dtype
        assert type(got) is type(own)
        assert np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(own))
        assert np.array_equal(np.ma.filled(got, 0), np.ma.filled(own, 0))
    assert np.abs(all_pairs["objectId"]).min() > 2**53
    assert [str(all_pairs[n].dtype) for n in COLUMNS] == ["int64", "float64", "float64", "float32"]
    assert [str(all_pairs[n].unit) for n in COLUMNS[1:]] == ["deg", "deg", "mag"]
    assert all_pairs["coord_ra"].description
    assert all_pairs["coord_ra"].meta["ucd"] == "pos.eq.ra;meta.main"
    place = {int(i): n for n, i in enumerate(objects["objectId"])}
    at = np.array([place[int(i)] for i in all_pairs["objectId"]])
    magnitudes = objects["r_cModelMag"][at].astype(float)
    assert isinstance(all_pairs["r_cModelMag"], MaskedColumn)
    assert np.array_equal(all_pairs["r_cModelMag"].mask, np.isnan(magnitudes))
    assert np.array_equal(all_pairs["coord_ra"], objects["coord_ra"][at])


def test_separations_are_astropys_and_the_order_is_that_of_the_table(all_pairs: Table, mine: Table) -> None:
    ours = SkyCoord(all_pairs["ut1_ra"], all_pairs["ut1_dec"], unit="deg")
    expected = ours.separation(SkyCoord(all_pairs["coord_ra"], all_pairs["coord_dec"])).arcsec
    assert all_pairs["separation"].unit == u.arcsec
    assert all_pairs["separation"].dtype == np.float64
    np.testing.assert_allclose(all_pairs["separation"], expected, atol=1e-9)
    order = np.lexsort((all_pairs["objectId"], all_pairs["separation"], rows_of(all_pairs, mine)))
    assert np.array_equal(order, np.arange(len(all_pairs)))


def test_where_it_came_from_is_in_meta(all_pairs: Table, service: Service) -> None:
    assert all_pairs.meta["overflow"] is False
    told = all_pairs.meta["tapwidget"]
    assert (told["target"], told["service"], told["simulated"]) == ("dp1.Object", service.url, True)
    assert told["adql"].startswith("SELECT")
    assert told["source"].endswith("sdss.csv")
    assert told["job"].startswith(f"{service.url}/async/")
    pairs, matched = len(all_pairs), len(set(all_pairs["ut1_objid"].tolist()))
    sent = all_pairs.meta["tapwidget"]["rows"]["sent"]
    assert told["rows"] == {"upload": sent, "sent": sent, "pairs": pairs, "kept": pairs, "matched": matched}
    assert told["keys"] == {"mine": ["ut1_objid"], "theirs": ["objectId"]}
    assert json.loads(json.dumps(told)) == told  # plain values, which any format can keep


@pytest.mark.parametrize("find", ["nearest", "symmetric"])
def test_one_of_each(service: Service, mine: Table, all_pairs: Table, find: str) -> None:
    result = service.submit(SkyMatch("dp1.Object", columns=COLUMNS, find=find), mine).result(60)  # type: ignore[arg-type]
    rows = rows_of(result, mine)
    assert len(set(rows)) == len(rows)
    _, first = np.unique(rows_of(all_pairs, mine), return_index=True)
    nearest = all_pairs[first]
    if find == "nearest":
        assert np.array_equal(result["objectId"], nearest["objectId"])
        assert np.array_equal(result["separation"], nearest["separation"])
    else:
        assert len(set(result["objectId"])) == len(result) < len(nearest)


def test_constraints_keep_what_numpy_keeps(service: Service, mine: Table, all_pairs: Table) -> None:
    match = SkyMatch(
        "dp1.Object",
        columns=COLUMNS,
        where=[MagnitudeRange("r", low=17), MagnitudeDifference("r", "r_cModelMag", 0.1)],
    )
    job = service.submit(match, mine)
    result = job.result(60)
    ours = np.ma.filled(all_pairs["ut1_r"].astype(float), np.nan)
    theirs = np.ma.filled(all_pairs["r_cModelMag"].astype(float), np.nan)
    expected = all_pairs[(ours > 17) & (np.abs(ours - theirs) < 0.1)]
    assert 0 < len(result) == len(expected) < len(all_pairs)
    assert np.array_equal(result["objectId"], expected["objectId"])
    assert job.plan is not None
    assert set(job.plan.upload.table.colnames) == {"tw_row", "ra", "dec", "r"}
    assert "where" not in match.adql(service, mine).lower().partition("on distance")[0]


@pytest.mark.parametrize(
    "match",
    [
        SkyMatch("dp1.Object", columns=COLUMNS, where=["ut1.r > 17"]),
        SkyMatch("dp1.Object", radius=2 * u.arcsec, columns=COLUMNS, find="symmetric"),
        IdentifierMatch("dp1.MPCORB", on=("designation", "mpcDesignation"), columns=["ssObjectId", "mpcDesignation"]),
    ],
    ids=["all", "symmetric", "identifier"],
)
def test_the_python_cell_gives_the_same_rows(
    service: Service, mine: Table, match: Any, run_cell: Callable[[str, Table], Table]
) -> None:
    table = mine if isinstance(match, SkyMatch) else designations()
    ours = service.submit(match, table).result(60)
    theirs = run_cell(match.python(service, table), table)
    assert len(ours) == len(theirs) > 0
    for name in ours.colnames:
        assert np.array_equal(np.ma.filled(ours[name]), np.ma.filled(theirs[name])), name


@pytest.mark.parametrize("form", ["hours", "sexagesimal"])
def test_the_python_cell_converts_positions_as_we_do(
    service: Service, mine: Table, form: str, run_cell: Callable[[str, Table], Table]
) -> None:
    few = mine[:500]
    sky = SkyCoord(few["ra"], few["dec"], unit="deg")
    table = Table({"objid": few["objid"]})
    if form == "hours":
        table["RA"], table["DEC"] = sky.ra.hourangle, sky.dec.deg
        table["RA"].unit, table["DEC"].unit = "hourangle", "deg"
    else:
        table["RA"] = sky.ra.to_string("hourangle", sep=":", precision=5)
        table["DEC"] = sky.dec.to_string("deg", sep=":", precision=4, alwayssign=True)
    match = SkyMatch("dp1.Object", columns=COLUMNS)
    ours = service.submit(match, table).result(60)
    theirs = run_cell(match.python(service, table), table)
    assert len(ours) == len(theirs) > 400
    assert np.array_equal(ours["objectId"], theirs["objectId"])


def designations() -> Table:
    """A user's table of minor planets, some of which exist."""
    names, columns = _columns("dp1.MPCORB")
    known = columns[names.index("mpcDesignation")].to_pylist()[:50]
    return Table({"designation": ["no such one", *[str(k).strip() for k in known]], "mine": np.arange(51)})


def test_an_identifier_match_finds_equal_names(service: Service) -> None:
    table = designations()
    match = IdentifierMatch(
        "dp1.MPCORB", on=("designation", "mpcDesignation"), columns=["mpcDesignation", "ssObjectId"]
    )
    result = service.submit(match, table).result(60)
    assert result.colnames == ["ut1_designation", "ut1_mine", "mpcDesignation", "ssObjectId"]
    assert result["ut1_mine"].tolist() == list(range(1, 51))
    assert result["ut1_designation"].tolist() == [str(name).strip() for name in result["mpcDesignation"]]


def test_rows_without_position_and_awkward_columns_come_back_untouched(service: Service, mine: Table) -> None:
    table = mine["objid", "ra", "dec", "r"][:300]
    table["ra"] = MaskedColumn(table["ra"], mask=np.arange(300) % 7 == 0)
    table["size"] = np.arange(300, dtype=np.uint64) + np.uint64(2**63)
    table["flag"] = np.arange(300) % 2 == 0
    table["name"] = [f"størrelse {n}" for n in range(300)]
    table["half"] = np.arange(300, dtype=np.float16)
    table["r"].unit = u.mag
    match = SkyMatch("dp1.Object", columns=["objectId"], where=["ut1.flag = 1", "ut1.half < 200"])
    job = service.submit(match, table)
    result = job.result(60)
    rows = rows_of(result, table)
    assert len(result) > 20
    assert not np.any(rows % 7 == 0)
    assert np.all(rows % 2 == 0)
    assert rows.max() < 200
    for name in ("size", "flag", "name", "half"):
        assert result[f"ut1_{name}"].dtype == table[name].dtype
        assert np.array_equal(result[f"ut1_{name}"], table[name][rows])
    assert result["ut1_r"].unit == u.mag
    assert any("43 rows without a position" in change for change in job.changes)


def test_names_that_clash_are_told_apart_and_said(service: Service, mine: Table) -> None:
    """An upload called so that its columns collide with the target's."""
    table = Table({"ra": mine["ra"][:50], "dec": mine["dec"][:50], "ra_": np.arange(50)})
    match = SkyMatch("dp1.Object", columns=["coord_ra", "objectId"], upload="coord")
    job = service.submit(match, table)
    result = job.result(60)
    assert result.colnames[:3] == ["coord_ra", "coord_dec", "coord_ra_"]
    assert result.colnames[3:] == ["coord_ra_2", "objectId", "separation", "position_angle"]
    assert any("coord_ra_2" in change for change in job.changes)
    assert np.all(np.abs(result["coord_ra"] - result["coord_ra_2"]) < 0.01)


def test_a_table_changed_while_the_job_runs_is_joined_as_it_was(service: Service, mine: Table) -> None:
    table = mine["objid", "ra", "dec"][:500]
    job = service.submit(SkyMatch("dp1.Object", columns=["objectId", "coord_ra", "coord_dec"]), table)
    table.sort("ra")
    result = job.result(60)
    assert len(result) > 0
    assert np.all(np.abs(result["ut1_dec"] - result["coord_dec"]) < 0.001)


def test_nothing_found_is_a_result(service: Service) -> None:
    table = Table({"ra": [200.0], "dec": [-80.0], "name": ["far"]})
    result = service.submit(SkyMatch("dp1.Object", columns=COLUMNS), table).result(60)
    assert len(result) == 0
    assert result.colnames == ["ut1_ra", "ut1_dec", "ut1_name", *COLUMNS, "separation", "position_angle"]
    assert result["objectId"].dtype == np.int64


def test_a_row_limit_is_overflow(service: Service, mine: Table) -> None:
    job = service.submit(SkyMatch("dp1.Object", columns=COLUMNS), mine, maxrec=10)
    result = job.result(60)
    assert len(result) == 10
    assert job.overflow is True
    assert result.meta["overflow"] is True


def test_the_tutorials_own_query_runs_with_an_upload_by_hand(service: Service, mine: Table, truth: Any) -> None:
    adql = """SELECT ut1.objid, dp1.Object.objectId, dp1.Object.r_cModelMag
        FROM dp1.Object JOIN TAP_UPLOAD.ut1 AS ut1
        ON DISTANCE(POINT('ICRS', dp1.Object.coord_ra, dp1.Object.coord_dec), POINT('ICRS', ut1.ra, ut1.dec)) < 0.00027
        WHERE ut1.r > 17"""
    result = service.submit(adql, mine).result(60)
    ours = set(zip(result["objid"].tolist(), result["objectId"].tolist(), strict=True))
    assert 0 < len(ours) == len(result)
    assert ours < {(int(mine["objid"][row]), target) for row, target in truth}


def test_what_does_not_fit_is_said_before_anything_is_sent(service: Service, mine: Table) -> None:
    with pytest.raises(TargetError, match=r"dp1\.Objekt.*dp1\.Object"):
        service.submit(SkyMatch("dp1.Objekt"), mine)
    with pytest.raises(MatchError, match="objctId"):
        service.submit(SkyMatch("dp1.Object", columns=["objctId"]), mine)
    with pytest.raises(ColumnError, match=r"No columns.*ra="):
        service.submit(SkyMatch("dp1.Object"), {"name": ["a"], "value": [1.5]})
    with pytest.raises((ColumnError, MatchError), match="nope"):
        service.submit(SkyMatch("dp1.Object", ra="nope", dec="dec"), mine)
    with pytest.raises(UploadError):
        service.submit(SkyMatch("dp1.Object"), mine[:0])


def test_the_services_own_words_are_in_the_error(service: Service) -> None:
    job = service.submit("SELECT objctId FROM dp1.Object")
    with pytest.raises(QueryError, match="objctId") as caught:
        job.result(60)
    assert caught.value.said
    assert job.phase is JobPhase.ERROR


def test_a_job_is_found_again_by_another_connection(service: Service, mine: Table, tmp_path: Path) -> None:
    job = service.submit(SkyMatch("dp1.Object", columns=["objectId"]), mine)
    matched = job.result(60)
    other = Service(service.url, ledger=Ledger(tmp_path))
    again = other.job(job.url)
    raw = again.result(60)
    assert again.adql == job.adql
    assert len(raw) == len(matched)
    assert job.url in {record.url for record in other.jobs()}
    assert {r.phase for r in service.jobs() if r.url == job.url} == {JobPhase.COMPLETED}


def test_it_is_known_to_be_simulated(tap_url: str) -> None:
    service = connect(tap_url)
    service.tables()
    assert service.is_simulated


def test_a_query_of_ones_own_says_that_its_answer_is_simulated(service: Service) -> None:
    query = "SELECT TOP 3 objectId FROM dp1.Object"
    job = service.submit(query)
    told = job.result(60).meta["tapwidget"]
    assert (told["service"], told["adql"], told["simulated"]) == (service.url, query, True)
    assert (told["job"], told["rows"]) == (job.url, {"kept": 3})
    assert told["versions"]["tapwidget"] == tapwidget.__version__
    assert told["job_times"]["created"] <= told["job_times"]["ended"]
