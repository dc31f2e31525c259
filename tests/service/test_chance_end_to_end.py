"""Chance matches of the simulated table, measured through the built-in service, against which pairs are truly one."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table

from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.match import chance
from tapwidget.match.duplicates import duplicates
from tapwidget.match.pairs import reduce
from tapwidget.match.shifted import shifted_copy
from tapwidget.match.spec import SkyMatch
from tapwidget.simulation import population, sky, survey, user_table
from tapwidget.tables.files import read_table, write_table


@pytest.fixture(scope="module")
def born() -> tuple[dict[str, int], dict[tuple[float, float], int]]:
    """Which star or galaxy each row of the user's table is, by its RA as written, and each object, by its position."""
    taken: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, module, placed in (("user", user_table, "shift"), ("survey", survey, "measured_positions")):
            take, place = module.take, getattr(module, placed)

            def took(sky: Any, rows: Any, *, name: str = name, take: Any = take) -> Any:
                taken.setdefault(name, np.flatnonzero(rows))
                return take(sky, rows)

            def put(*arguments: Any, name: str = name, place: Any = place) -> Any:
                taken[f"{name} at"] = place(*arguments)
                return taken[f"{name} at"]

            patch.setattr(module, "take", took)
            patch.setattr(module, placed, put)
        everything = population.population()
        user_table.measured(everything)
        survey.objects(everything)
    mine = {f"{ra:.15g}": int(n) for ra, n in zip(taken["user at"][0], taken["user"], strict=True)}
    places = zip(*(values.tolist() for values in taken["survey at"]), strict=True)
    return mine, dict(zip(places, taken["survey"].tolist(), strict=True))


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Table:
    return read_table(user_table.csv(tmp_path_factory.mktemp("user")))


def is_false(result: Table, born: Any) -> np.ndarray:
    """Whether a pair is of two different things; rows of the user's table that are nothing are always false."""
    ours, theirs = born
    positions = zip(result["coord_ra"].tolist(), result["coord_dec"].tolist(), strict=True)
    return np.array(
        [ours.get(f"{ra:.15g}", -1) != theirs[place] for ra, place in zip(result["ut1_ra"], positions, strict=True)]
    )


def test_estimates_are_the_truth(tap_url: str, mine: Table, born: Any, tmp_path: Path) -> None:
    service = Service(tap_url, ledger=Ledger(tmp_path / "ledger"))
    match = SkyMatch("dp1.Object", radius=2.0, columns=["objectId", "coord_ra", "coord_dec"])
    job = service.submit(match, mine)
    copy = shifted_copy(match, service, mine)
    result, raw = job.result(60), copy.submit(service).result(60)

    # What the result's own separations tell, without a further query.
    false = is_false(result, born)
    own = chance.of_result(result)
    assert own is not None
    assert own.rows == len(mine)
    nearest = reduce(result["ut1_objid"], result["objectId"], result["separation"], "nearest")
    own_nearest = chance.of_separations(result["separation"][nearest], 2.0, len(mine), find="nearest")
    for found, kept, find in ((own, np.arange(len(result)), "all"), (own_nearest, nearest, "nearest")):
        truth, expected = int(np.count_nonzero(false[kept])), float(found.false(2.0, len(kept), find))
        sigma = math.hypot(expected * found.relative_error, math.sqrt(expected))
        assert truth > 50
        assert abs(expected - truth) < 3.5 * sigma, (find, truth, expected, sigma)

    # The shifted copy met what astropy finds around its positions. The simulated galaxies are in tight groups, which is
    # noticed: by this alone there would be too few, and the separations are gone by.
    objects = pq.read_table(sky.make()["dp1.Object"], columns=["coord_ra", "coord_dec"])
    upload = copy.uploads["ut1"]
    rows, *_ = search_around_sky(
        SkyCoord(upload["ra"], upload["dec"], unit="deg"),
        SkyCoord(objects["coord_ra"].to_numpy(), objects["coord_dec"].to_numpy(), unit="deg"),
        copy.reach * u.arcsec,
    )
    assert len(raw) == len(rows) > 3000
    measured = copy.finish(raw)
    near = copy.distances[copy.copy] <= np.median(copy.distances)
    assert measured.is_least
    assert measured.counted == np.count_nonzero(near[rows])
    in_one = measured.counted / np.count_nonzero(near)
    assert measured.pairs(copy.reach) == pytest.approx(len(mine) * in_one)
    assert measured.pairs(2.0) < 0.6 * np.count_nonzero(false)
    assert chance.better(measured, own) is own

    # And all of it from the file that was saved.
    write_table(result, tmp_path / "t.fits")
    back = read_table(tmp_path / "t.fits")
    assert chance.of_result(back) == own
    assert back.meta["tapwidget"]["job"] == job.url
    assert back.meta["tapwidget"]["adql"] == job.adql
    ours, theirs = result["ut1_objid"].tolist(), result["objectId"].tolist()
    found = duplicates(back)
    assert found.mine_with_several == sum(count > 1 for count in Counter(ours).values()) > 100
    assert found.theirs_shared == sum(count > 1 for count in Counter(theirs).values()) > 100
