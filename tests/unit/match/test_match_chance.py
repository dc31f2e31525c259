"""Expected chance matches, against skies in which it is known which pairs are true."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from tapwidget.client.plan import make_plan
from tapwidget.errors import MatchError, ResultError
from tapwidget.ivoa import tapschema
from tapwidget.match import chance
from tapwidget.match.dialects import DISTANCE_LITERAL, RUBIN
from tapwidget.match.pairs import reduce, separation_arcsec
from tapwidget.match.shifted import measure, shifted_copy
from tapwidget.match.spec import IdentifierMatch, SkyMatch

TARGET = tapschema.Table(
    "s.t",
    columns=(
        tapschema.Column("id", "long", ucd="meta.id;meta.main"),
        tapschema.Column("ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        tapschema.Column("dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
    ),
)


def unit_vectors(ra: Any, dec: Any) -> np.ndarray:
    lon, lat = np.radians(np.asarray(ra)), np.radians(np.asarray(dec))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


class Sky:
    """A service over the positions of one table, and the truth about a user's table of the same field."""

    url = "http://localhost/tap"

    def __init__(self, ra: np.ndarray, dec: np.ndarray) -> None:
        self.ra, self.dec, self.tree = ra, dec, cKDTree(unit_vectors(ra, dec))
        self.overflow = False
        self.dialect = DISTANCE_LITERAL

    def pairs(self, ra: Any, dec: Any, radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, rows of the target, separations within `radius` (arcsec)."""
        found = self.tree.query_ball_point(unit_vectors(ra, dec), 2 * math.sin(math.radians(radius / 3600) / 2))
        rows = np.repeat(np.arange(len(found)), [len(each) for each in found])
        objects = np.array([number for each in found for number in each], dtype=int)
        return rows, objects, separation_arcsec(ra[rows], dec[rows], self.ra[objects], self.dec[objects])

    def plan(self, match: Any, table: Any) -> Any:
        self.match = match
        return make_plan(match, table, TARGET, dialect=self.dialect, service=self.url)

    def submit(self, adql: str, table: Any = None, *, uploads: Any, maxrec: int | None = None) -> Any:
        upload = uploads["ut1"]
        rows, objects, _ = self.pairs(upload["ra"], upload["dec"], self.match.radius_deg * 3600)
        # As some services do, the names in capitals.
        columns = {"UT1_TW_ROW": np.asarray(upload["tw_row"])[rows], "RA": self.ra[objects], "DEC": self.dec[objects]}
        answer = Table(columns, meta={"overflow": self.overflow})
        return type("Job", (), {"result": lambda _self: answer})()


def simulate(kind: str, seed: int, *, objects: int = 60_000, rows: int = 8_000) -> tuple[Sky, Table, np.ndarray]:
    """A target of one degree across, a user's table of it, and the true counterpart of each row (-1: none)."""
    random = np.random.default_rng(seed)
    centres = random.uniform(-0.35, 0.35, (40, 2))

    def field(count: int) -> np.ndarray:
        radius, angle = 0.5 * np.sqrt(random.random(count)), 2 * np.pi * random.random(count)
        xy = np.stack([radius * np.cos(angle), radius * np.sin(angle)])
        if kind == "clustered":  # two fifths of all are in groups of some arcminutes
            near = centres[random.integers(0, len(centres), count)].T + random.normal(0, 2 / 60, (2, count))
            xy = np.where(random.random(count) < 0.4, near, xy)
        return xy

    there = field(objects)
    chosen = random.choice(objects, int(0.8 * rows), replace=False)
    seen = there[:, chosen] + random.normal(0, 0.15 / 3600, (2, len(chosen)))
    mine = np.concatenate([seen, field(rows - len(chosen))], axis=1)
    true = np.concatenate([chosen, np.full(rows - len(chosen), -1)])

    def on_the_sky(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (0.1 + xy[0] / np.cos(np.radians(30 + xy[1]))) % 360, 30 + xy[1]  # RA 0 runs through it

    ra, dec = on_the_sky(mine)
    return Sky(*on_the_sky(there)), Table({"ra": ra, "dec": dec}, units={"ra": "deg", "dec": "deg"}), true


@pytest.mark.parametrize("radius", [1.0, 3.0])
@pytest.mark.parametrize("kind", ["uniform", "clustered"])
def test_estimates_are_the_truth_within_their_errors(kind: str, radius: float) -> None:
    deviations: dict[tuple[str, str], list[float]] = {}
    for seed in range(4):
        sky, table, true = simulate(kind, seed)
        rows, objects, separation = sky.pairs(table["ra"], table["dec"], radius)
        is_false = true[rows] != objects
        moved = measure(SkyMatch("s.t", radius=radius), sky, table, seed=seed)
        assert (moved.method, moved.rows, moved.reach) == ("shifted copy", len(table), 2 * radius)
        for find in ("all", "nearest", "symmetric"):
            kept = reduce(rows, objects, separation, find)
            own = chance.of_separations(separation[kept], radius, len(table), find=find)
            assert not own.is_limit
            for found in (own, moved):
                expected = float(found.false(radius, len(kept), find))
                truth = int(is_false[kept].sum())
                assert expected == pytest.approx(truth, rel=0.45)
                # What happens scatters about what is expected, too.
                sigma = math.hypot(expected * found.relative_error, math.sqrt(expected))
                deviations.setdefault((found.method, find), []).append((expected - truth) / sigma)
    for which, found_ones in deviations.items():
        assert abs(np.mean(found_ones)) < 2, which
        assert max(map(abs, found_ones)) < 4.5, which


def test_nearest_has_far_fewer_than_all() -> None:
    found = chance.Chance(density=0.05, error=0.001, rows=1000, counted=500, method="shifted copy", reach=3)
    assert found.pairs(1.0) == pytest.approx(50 * math.pi)
    assert found.share(1.0) == pytest.approx(1 - math.exp(-0.05 * math.pi))
    assert found.false(1.0, 900, "all") == pytest.approx(50 * math.pi)
    share = float(found.share(1.0))
    assert found.false(1.0, 900, "nearest") == pytest.approx(100 * share / (1 - share))
    assert found.false(1.0, 900, "nearest", 2) == found.false(1.0, 900, "all")
    assert found.false(1.0, 1000, "nearest") == 0
    assert found.false(100.0, 10, "all") == 10  # never more than there are
    assert found.false(1.0, 0, "all") == 0
    uneven = chance.Chance(density=0.5, error=0.01, rows=1000, counted=500, method="x", reach=3, clumping=2.0)
    assert uneven.share(1.0) < chance.Chance(0.5, 0.01, 1000, 500, "x", 3).share(1.0)


def test_true_pairs_to_the_edge_make_it_a_limit() -> None:
    random = np.random.default_rng(1)
    true = np.abs(random.normal(0, 0.6, 5000)) * np.sqrt(random.random(5000)) * 2
    found = chance.of_separations(true[true < 1], 1.0, 6000)
    assert found.is_limit
    assert "upper limit" in found.notes[0]


@pytest.mark.parametrize("separations", [[], [np.nan, np.nan], [0.2], [0.1] * 50])
def test_few_pairs(separations: list[float]) -> None:
    found = chance.of_separations(separations, 1.0, 100)
    assert 0 <= found.pairs(1.0) <= len(separations)
    assert found.error > 0
    assert chance.even_odds(separations, found) is None
    curve = chance.curve(separations, found, [0.05, 0.5, 1.0])
    assert curve.pairs[-1] == np.count_nonzero(~np.isnan(separations))
    assert np.isfinite([*curve.contamination, *curve.completeness, *curve.error]).all()


def test_where_odds_are_even() -> None:
    random = np.random.default_rng(2)
    true = 0.2 * np.sqrt(-2 * np.log(random.random(10_000)))  # Rayleigh, sigma 0.2
    false = 5 * np.sqrt(random.random(2_500))
    separations = np.concatenate([true, false])
    found = chance.of_separations(separations, 5.0, 12_000)
    assert found.pairs(5.0) == pytest.approx(2500, rel=0.05)
    # 10,000 r / s^2 exp(-r^2 / 2 s^2) = 2,500 * 2 r / 25
    expected = 0.2 * math.sqrt(2 * math.log(10_000 * 25 / (0.04 * 5_000)))
    assert chance.even_odds(separations, found) == pytest.approx(expected, rel=0.1)
    curve = chance.curve(separations, found, [0.3, 1.0, 5.0])
    assert curve.completeness[1] == pytest.approx(1, abs=0.02)
    assert curve.completeness[0] == pytest.approx(1 - math.exp(-0.09 / 0.08), abs=0.02)
    assert curve.contamination[2] == pytest.approx(0.2, abs=0.02)


@given(
    st.lists(st.floats(0, 10) | st.just(math.nan), max_size=60),
    st.floats(0.01, 10),
    st.sampled_from(["all", "nearest", "nearest_theirs", "symmetric"]),
)
def test_whatever_the_separations_the_numbers_make_sense(separations: list[float], radius: float, find: str) -> None:
    rows = max(len(separations), 1)
    found = chance.of_separations(separations, radius, rows, find=find)
    assert found.density >= 0
    assert math.isfinite(found.error)
    curve = chance.curve(separations, found, np.linspace(radius / 5, radius, 5), find=find)
    assert (np.diff(curve.pairs) >= 0).all()
    assert ((curve.false >= 0) & (curve.false <= curve.pairs)).all()
    assert ((curve.completeness >= 0) & (curve.completeness <= 1)).all()
    assert ((curve.contamination >= 0) & (curve.contamination <= 1)).all()
    odds = chance.even_odds(separations, found, find=find)
    assert odds is None or 0 <= odds <= 10


def test_of_a_result_with_its_metadata() -> None:
    result = Table({"separation": MaskedColumn([0.1, 0.2, 0.9, 5.0], mask=[False, False, False, True])})
    assert chance.of_result(result) is None
    result.meta["tapwidget"] = {"radius_arcsec": 1.0, "rows": {"sent": 10}, "find": "nearest"}
    assert chance.of_result(result).rows == 10
    result.meta["tapwidget"]["radius_arcsec"] = None
    assert chance.of_result(result) is None
    result.remove_column("separation")
    assert chance.of_result(result) is None


def test_the_copies_are_moved_and_in_all_directions() -> None:
    random = np.random.default_rng(3)
    table = Table({"ra": random.uniform(0, 360, 400), "dec": 90 - 0.1 * random.random(400)})
    sky = Sky(np.array([0.0]), np.array([90.0]))
    copy = shifted_copy(SkyMatch("s.t", radius=1.0), sky, table, seed=5)
    upload = copy.uploads["ut1"]
    assert 19_000 < len(upload) <= 20_000 or len(copy.distances) == 32
    assert np.array_equal(upload["tw_row"], np.arange(len(upload)))
    assert copy.distances.min() == 6
    assert copy.distances.max() == pytest.approx(60)
    # Each copy has every row once, all moved by the same distance: even at the pole.
    for number, distance in enumerate(copy.distances):
        rows = copy.copy == number
        assert rows.sum() == len(table)
        moved = separation_arcsec(upload["ra"][rows], upload["dec"][rows], table["ra"], table["dec"])
        np.testing.assert_allclose(moved, distance, rtol=1e-6)
    x, y, _ = (unit_vectors(upload["ra"], upload["dec"]).mean(0) - unit_vectors(table["ra"], table["dec"]).mean(0)).T
    assert math.hypot(x, y) < 1e-9  # opposite directions cancel
    again = shifted_copy(SkyMatch("s.t", radius=1.0), sky, table, seed=5).uploads["ut1"]
    assert np.array_equal(again["ra"], upload["ra"])


def test_of_many_rows_a_part_is_drawn_and_scaled() -> None:
    sky, table, _ = simulate("uniform", 9, objects=20_000, rows=20_000)
    found = measure(SkyMatch("s.t", radius=2.0), sky, table, rows=4_000)
    expected = 20_000 * 20_000 / (math.pi * 1800**2) * math.pi * 4
    assert found.pairs(2.0) == pytest.approx(expected, rel=5 * found.relative_error)
    assert 0.03 < found.relative_error < 0.2


def test_a_small_field_is_said_to_be_one() -> None:
    random = np.random.default_rng(4)
    table = Table({"ra": 10 + random.random(200) / 60, "dec": random.random(200) / 60})
    sky = Sky(np.asarray(table["ra"]), np.asarray(table["dec"]))
    found = measure(SkyMatch("s.t", radius=1.0), sky, table)
    assert "may have left it" in found.notes[-1]
    assert found.relative_error > 0.2


def test_what_cannot_be_measured() -> None:
    sky, table, _ = simulate("uniform", 1, objects=100, rows=100)
    with pytest.raises(MatchError, match="by position with one radius"):
        measure(IdentifierMatch("s.t", on=("ra", "id")), sky, table)
    with pytest.raises(MatchError, match="move it further"):
        shifted_copy(SkyMatch("s.t", radius=10.0), sky, table, distance=20)
    with pytest.raises(MatchError, match="radius above 0"):
        chance.of_separations([0.1], 0.0, 5)
    sky.overflow = True
    with pytest.raises(ResultError, match="row limit"):
        measure(SkyMatch("s.t", radius=10.0), sky, table)


def test_a_service_that_joins_only_so_far_is_asked_for_no_more_than_the_match() -> None:
    sky, table, _ = simulate("uniform", 1, objects=1000, rows=500)
    sky.dialect = RUBIN  # within 60 arcsec
    assert shifted_copy(SkyMatch("s.t", radius=20.0), sky, table).reach == pytest.approx(40)
    assert shifted_copy(SkyMatch("s.t", radius=40.0), sky, table).reach == pytest.approx(40)
    with pytest.raises(MatchError, match="up to 60 arcsec"):
        shifted_copy(SkyMatch("s.t", radius=61.0), sky, table)
