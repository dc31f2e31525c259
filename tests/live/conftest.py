"""A TAP service of others, and what there is around one place of its sky, for the tests of this folder.

    TAPWIDGET_LIVE_TAP      URL of the service; without it these tests are skipped
    TAPWIDGET_LIVE_TARGET   the table to match with: positions in degrees, an integer identifier; dp1.Object if not set
    TAPWIDGET_LIVE_TOKEN    where the service wants one

What the service holds is fetched by a plain query and read by astropy, so that nothing of ours judges itself.
"""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import astropy.units as u
import numpy as np
import pytest
import requests
from astropy.coordinates import SkyCoord, match_coordinates_sky, search_around_sky
from astropy.table import MaskedColumn, Table

from tapwidget.client.job import Job
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.client.services import connect
from tapwidget.ivoa import tapschema

DEFAULT_TARGET = "dp1.Object"
TARGET = os.environ.get("TAPWIDGET_LIVE_TARGET", "") or DEFAULT_TARGET
TOKEN = os.environ.get("TAPWIDGET_LIVE_TOKEN", "")

ENOUGH_ROWS = 400
FIRST_CONE_DEG = 0.02
LAST_CONE_DEG = 10.0
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Cone:
    """All rows of the target in a small circle, as astropy reads them. `id`, `ra`, `dec`: names of columns."""

    target: tapschema.Table
    rows: Table
    centre: SkyCoord
    radius: u.Quantity
    id: str
    ra: str
    dec: str

    @property
    def sky(self) -> SkyCoord:
        return SkyCoord(self.rows[self.ra], self.rows[self.dec], unit="deg")

    def column(self, name: str, ids: Any) -> np.ma.MaskedArray:
        """Values of a column for these identifiers."""
        order = np.argsort(np.asarray(self.rows[self.id]))
        place = order[np.searchsorted(np.asarray(self.rows[self.id]), np.asarray(ids), sorter=order)]
        assert np.array_equal(np.asarray(self.rows[self.id])[place], np.asarray(ids)), "identifiers that are not there"
        return np.ma.masked_invalid(np.ma.asarray(self.rows[name])[place].astype(np.float64))


@dataclass(frozen=True)
class Pairs:
    """What astropy finds: rows of the user's table, identifiers of the target, separations; by row and separation."""

    rows: np.ndarray
    ids: np.ndarray
    arcsec: np.ndarray
    radius: u.Quantity


@pytest.fixture(scope="session")
def lacking() -> Callable[[str], NoReturn]:
    """Skips the test; in CI, where the service is chosen to have all that is tested, lets it fail."""

    def call(reason: str) -> NoReturn:
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    return call


@pytest.fixture(scope="session")
def tap_url() -> str:
    url = os.environ.get("TAPWIDGET_LIVE_TAP", "")
    if not url:
        pytest.skip("TAPWIDGET_LIVE_TAP is not set: it names the TAP service to test with")
    return url


@pytest.fixture(scope="session")
def target_name() -> str:
    return TARGET


@pytest.fixture(scope="session")
def has_default_tables() -> bool:
    """Whether the service is taken to have all the tables of the tutorials, and not only one that was named."""
    return TARGET == DEFAULT_TARGET


@pytest.fixture(scope="session")
def another_session(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The same service for somebody whose disk knows of no jobs, as after a new start elsewhere."""
    return Service(service.url, token=TOKEN, ledger=Ledger(tmp_path_factory.mktemp("other")))


@pytest.fixture(scope="session")
def service(tap_url: str) -> Service:
    return connect(tap_url, token=TOKEN or None)


@pytest.fixture(scope="session")
def is_dachs(service: Service) -> bool:
    with requests.get(f"{service.url}/availability", timeout=60) as response:
        return response.headers.get("Server", "").startswith("DaCHS")


@pytest.fixture(scope="session")
def submit(service: Service) -> Iterator[Callable[..., Job]]:
    """`service.submit`; the service keeps no job longer than the tests run."""
    jobs: list[Job] = []

    def call(*given: Any, **named: Any) -> Job:
        jobs.append(service.submit(*given, **named))
        return jobs[-1]

    yield call
    for job in jobs:
        job.delete()


@pytest.fixture(scope="session")
def ask(service: Service) -> Callable[[str], Table]:
    """The answer to a plain query, by pyvo and astropy alone."""

    def call(adql: str) -> Table:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what astropy finds wrong with a service's VOTable is not ours to mend
            answer = service.pyvo.run_sync(adql, maxrec=MOST_ROWS).to_table()
            gc.collect()  # pyvo leaves its sockets to it
        return answer

    return call


@pytest.fixture(scope="session")
def cone(service: Service, ask: Callable[[str], Table]) -> Cone:
    """A few hundred rows of the target: around its first row, in a circle as wide as it takes."""
    target = service.table(TARGET)
    assert target.position, f"{TARGET} has no position columns"
    ra, dec = target.position
    identifier = tapschema.ucd_column(target.columns, "meta.id")
    assert identifier, f"{TARGET} has no column with an integer identifier (UCD meta.id)"
    wanted = [identifier.name, ra, dec, *(c.name for c in magnitude_columns(target))]
    first = ask(f"SELECT TOP 1 {ra}, {dec} FROM {target.name} WHERE {ra} IS NOT NULL AND {dec} IS NOT NULL")
    ra0, dec0 = (float(first.columns[n][0]) for n in (0, 1))
    radius = FIRST_CONE_DEG
    while True:
        inside = f"CONTAINS(POINT('ICRS', {ra}, {dec}), CIRCLE('ICRS', {ra0!r}, {dec0!r}, {radius})) = 1"
        count = int(ask(f"SELECT COUNT(*) AS n FROM {target.name} WHERE {inside}").columns[0][0])
        if count >= ENOUGH_ROWS or radius > LAST_CONE_DEG:
            break
        radius *= 2
    rows = ask(f"SELECT {', '.join(wanted)} FROM {target.name} WHERE {inside}")
    rows.rename_columns(rows.colnames, wanted)  # some services change the case of names
    assert len(rows) == count < MOST_ROWS
    return Cone(target, rows, SkyCoord(ra0, dec0, unit="deg"), radius * u.deg, identifier.name, ra, dec)


@pytest.fixture(scope="session")
def magnitude(cone: Cone, lacking: Callable[[str], NoReturn]) -> str:
    """The target's magnitude that is missing somewhere and known elsewhere; of several the best known."""
    names = [c.name for c in magnitude_columns(cone.target)]
    missing = {name: float(np.mean(np.ma.getmaskarray(cone.column(name, cone.rows[cone.id])))) for name in names}
    some = {name: part for name, part in missing.items() if 0 < part < 0.9}
    if not some:
        lacking(f"{TARGET} has no magnitude that is missing in some rows and known in others")
    return min(some, key=some.__getitem__)


@pytest.fixture(scope="session")
def mine(cone: Cone, magnitude: str) -> Table:
    """A user's table: rows of the inner cone, a third of them twice, all moved a little; some lack a position."""
    rng = np.random.default_rng(62)
    inner = np.flatnonzero(cone.sky.separation(cone.centre) < cone.radius / 2)
    picked = rng.permutation(np.concatenate([inner, inner[::3]]))
    n = len(picked)
    moved = cone.sky[picked].directional_offset_by(rng.uniform(0, 360, n) * u.deg, rng.uniform(0, 0.4, n) * u.arcsec)
    table = Table(meta={"name": "mine"})
    table["objid"] = np.int64(2**62) + 3 * np.arange(n, dtype=np.int64)
    table["ra"] = MaskedColumn(moved.ra.deg, mask=np.arange(n) % 41 == 7, unit="deg")
    table["dec"] = MaskedColumn(moved.dec.deg, unit="deg", mask=np.zeros(n, dtype=bool))
    known = cone.column(magnitude, cone.rows[cone.id][picked])
    table["r"] = MaskedColumn(known + rng.normal(0, 0.1, n), unit="mag", description="My own photometry")
    table["size"] = rng.uniform(0.5, 3.0, n).astype(np.float32)  # a reserved word of ADQL
    table["is good"] = rng.random(n) < 0.7
    table["note"] = [f"størrelse {k}" for k in range(n)]
    return table


@pytest.fixture(scope="session")
def truth(cone: Cone, mine: Table) -> Pairs:
    """astropy's pairs, within so wide a radius that most rows have several counterparts."""
    _, second, _ = match_coordinates_sky(cone.sky, cone.sky, nthneighbor=3)
    radius = np.clip(np.median(second), 1 * u.arcsec, cone.radius / 4).to(u.arcsec).round(2)
    placed = np.flatnonzero(~np.ma.getmaskarray(mine["ra"]))
    ours, theirs, apart, _ = search_around_sky(
        SkyCoord(np.asarray(mine["ra"])[placed], np.asarray(mine["dec"])[placed], unit="deg"), cone.sky, radius
    )
    rows, ids, arcsec = placed[ours], np.asarray(cone.rows[cone.id])[theirs], apart.arcsec
    order = np.lexsort((ids, arcsec, rows))
    return Pairs(rows[order], ids[order], arcsec[order], radius)


def magnitude_columns(target: tapschema.Table) -> list[tapschema.Column]:
    named = [c for c in target.columns if c.is_number and c.unit == "mag" and "error" not in c.ucd]
    return [c for c in named if c.ucd.startswith("phot.mag") or not c.ucd][:6]
