"""Matches of positions: every pair that astropy finds, once, and no other, wherever on the sky."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, angular_separation, search_around_sky
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FORMS = {
    "tutorial": "FROM TAP_UPLOAD.a AS a JOIN TAP_UPLOAD.b AS b "
    "WHERE CONTAINS(POINT('ICRS', a.ra, a.dec), CIRCLE('ICRS', b.ra, b.dec, {r})) = 1",
    "one first": "FROM TAP_UPLOAD.a AS a, TAP_UPLOAD.b AS b "
    "WHERE 1 = CONTAINS(POINT(b.ra, b.dec), CIRCLE(a.ra, a.dec, {r}))",
    "distance": "FROM TAP_UPLOAD.a AS a JOIN TAP_UPLOAD.b AS b "
    "ON DISTANCE(POINT('ICRS', a.ra, a.dec), POINT('ICRS', b.ra, b.dec)) <= {r}",
    "four numbers": "FROM TAP_UPLOAD.b AS b JOIN TAP_UPLOAD.a AS a ON {r} >= DISTANCE(a.ra, a.dec, b.ra, b.dec)",
    "radius in a column": "FROM TAP_UPLOAD.a AS a JOIN TAP_UPLOAD.b AS b ON DISTANCE(a.ra, a.dec, b.ra, b.dec) <= b.r",
    "radius of the other": "FROM TAP_UPLOAD.a AS a JOIN TAP_UPLOAD.b AS b "
    "ON CONTAINS(POINT(a.ra, a.dec), CIRCLE(POINT(b.ra, b.dec), a.r)) = 1",
    "exists": "FROM TAP_UPLOAD.a AS a, TAP_UPLOAD.b AS b WHERE a.i >= 0 AND DISTANCE(a.ra, a.dec, b.ra, b.dec) <= {r} "
    "AND EXISTS (SELECT 1 FROM TAP_UPLOAD.b AS c WHERE DISTANCE(a.ra, a.dec, c.ra, c.dec) <= {r})",
}
PLACES = {
    "RA 0": (0.0, 0.0),
    "RA 0 at dec 60": (360.0, 60.0),
    "north pole": (123.0, 90.0),
    "south pole": (0.0, -90.0),
    "near the pole": (200.0, 89.99),
    "anywhere": (37.86, 6.98),
}
RADII = [0.01 / 3600, 0.97 / 3600, 1 / 60, 1.0, 10.0, 95.0]


def around(rng: np.random.Generator, place: tuple[float, float], radius: float, rows: int) -> dict[str, Any]:
    """Positions scattered around a place on the scale of the radius; the first ones exactly on it and opposite."""
    centre = SkyCoord(*place, unit="deg")
    angles, offsets = rng.random(rows) * 360, rng.exponential(radius, rows).clip(0, 179)
    offsets[0] = 0.0
    found = centre.directional_offset_by(angles * u.deg, offsets * u.deg)
    ra, dec = np.array(found.ra.deg), np.array(found.dec.deg)
    ra[0], dec[0] = place
    ra[1::3] += 360 * rng.integers(-1, 2, len(ra[1::3]))
    missing = min(3, rows - 1)
    ra[rows - missing :] = [np.nan, np.inf, 5.0][:missing]
    dec[rows - missing :] = [0.0, 0.0, 90.5][:missing]
    return {"i": np.arange(rows), "ra": ra, "dec": dec, "r": np.full(rows, radius)}


def pairs_by_astropy(
    a: dict[str, Any], b: dict[str, Any], radius: float
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The pairs within the radius, and those so near it that rounding decides."""
    ra_a, dec_a, ra_b, dec_b = (np.radians(v) for v in (a["ra"], a["dec"], b["ra"], b["dec"]))
    with np.errstate(invalid="ignore"):
        away = np.degrees(angular_separation(ra_a[:, None], dec_a[:, None], ra_b[None], dec_b[None]))
        away[~((np.abs(a["dec"]) <= 90) & np.isfinite(a["ra"]))] = np.nan
        away[:, ~((np.abs(b["dec"]) <= 90) & np.isfinite(b["ra"]))] = np.nan
        near = set(zip(*(index.tolist() for index in np.nonzero(away <= radius)), strict=True))
        edge = set(
            zip(*(index.tolist() for index in np.nonzero(np.abs(away - radius) < 1e-11 + 1e-11 * radius)), strict=True)
        )
    return near, edge


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_pairs_are_those_of_astropy(sky: Any, form: str, place: str) -> None:
    for radius in RADII if form == "distance" else RADII[1::2]:
        rng = np.random.default_rng([len(form), len(place), int(radius * 1e6)])
        a, b = (around(rng, PLACES[place], radius, 60) for _ in "ab")
        query = f"SELECT a.i, b.i {FORMS[form].format(r=f'{radius:.17f}')}"
        found = sky.ask(query, {"a": a, "b": b})
        wanted, edge = pairs_by_astropy(a, b, radius)
        assert len(found) == len(set(found)), f"a pair came twice at radius {radius}"
        assert set(found) - edge == wanted - edge, radius
        assert wanted, "a test that finds no pairs tests nothing"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ra=st.floats(-720, 720),
    dec=st.one_of(st.floats(-90, 90), st.sampled_from([90.0, -90.0, 89.9999999, 0.0])),
    radius=st.floats(1e-7, 179.0),
    seed=st.integers(0, 2**32),
)
def test_pairs_anywhere(sky: Any, ra: float, dec: float, radius: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (around(rng, (ra, dec), radius, 20) for _ in "ab")
    found = sky.ask(f"SELECT a.i, b.i {FORMS['distance'].format(r=f'{radius:.20f}')}", {"a": a, "b": b})
    wanted, edge = pairs_by_astropy(a, b, radius)
    assert len(found) == len(set(found))
    assert set(found) - edge == wanted - edge


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_an_upload_in_pieces_gives_the_same_pairs(sky: Any, pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is in two pieces or in none: not the first, not the last, not those without a position."""
    monkeypatch.setattr("tapwidget.server.engine.UPLOAD_PIECE", 50)
    monkeypatch.setattr(sky.engine, "threads", pieces)
    rng = np.random.default_rng(5)
    a, b = (around(rng, PLACES["anywhere"], 0.01, rows) for rows in (400, 361))
    relations = {"a": sky.upload("a", a)}
    assert relations["a"].side_by_side.count("SELECT") == pieces
    sky.engine.connection.execute(f"DROP TABLE {relations['a'].sql}")
    for form in ("distance", "radius in a column", "exists"):
        rows = sky.ask(f"SELECT a.i, b.i {FORMS[form].format(r='0.01')}", {"a": a, "b": b})
        sure, doubtful = pairs_by_astropy(a, b, 0.01)
        assert len(rows) == len(set(rows)), form
        assert sure <= set(rows) <= sure | doubtful, form


@pytest.mark.parametrize("radius", [0.5 / 3600, 2.0 / 3600, 10.0 / 3600, 1.0 / 60])
def test_stored_cells_give_the_same_pairs(sky: Any, radius: float) -> None:
    rows = sky.ask("SELECT id, ra, dec FROM s.many")
    many = {name: np.array([row[i] for row in rows]) for i, name in enumerate(("id", "ra", "dec"))}
    rng = np.random.default_rng(3)
    some = rng.choice(3000, 800, replace=False)
    mine = {"i": np.arange(800), "ra": many["ra"][some] + rng.normal(0, radius, 800), "dec": many["dec"][some]}
    i, j, _, _ = search_around_sky(
        SkyCoord(mine["ra"], mine["dec"], unit="deg"), SkyCoord(many["ra"], many["dec"], unit="deg"), radius * u.deg
    )
    near = f"DISTANCE(m.ra, m.dec, u.ra, u.dec) < {radius:.15f}"
    query = f"SELECT u.i, m.id FROM s.many AS m JOIN TAP_UPLOAD.u AS u ON {near}"
    assert sorted(sky.ask(query, {"u": mine})) == sorted(zip(i.tolist(), many["id"][j].tolist(), strict=True))


@pytest.mark.parametrize("most", [2.0 / 3600, 0.5])
def test_a_radius_in_the_upload_takes_stored_cells_where_they_suit(sky: Any, most: float) -> None:
    """They do where the largest radius is small; what is no radius finds nothing, and is not taken for the largest."""
    rows = sky.ask("SELECT id, ra, dec FROM s.many")
    many = {name: np.array([row[i] for row in rows]) for i, name in enumerate(("id", "ra", "dec"))}
    rng = np.random.default_rng(4)
    some = rng.choice(3000, 60, replace=False)
    radii = np.ma.array(rng.random(60) * most, mask=np.arange(60) == 7)
    radii[3], radii[4], radii.data[7] = np.nan, -1.0, 99.0
    mine = {"i": np.arange(60), "ra": many["ra"][some] + 1e-4, "dec": many["dec"][some], "r": radii}
    query = "SELECT u.i, m.id FROM s.many AS m JOIN TAP_UPLOAD.u AS u ON DISTANCE(m.ra, m.dec, u.ra, u.dec) <= u.r"
    relation = sky.upload("u", mine)
    assert ("s1.tw_cell = " in sky.translate(query, {"u": relation}).sql) is (most < 0.1)
    sky.engine.connection.execute(f"DROP TABLE {relation.sql}")
    away = SkyCoord(mine["ra"][:, None], mine["dec"][:, None], unit="deg").separation(
        SkyCoord(many["ra"], many["dec"], unit="deg")
    )
    i, j = np.nonzero(away.deg <= radii.filled(np.nan)[:, None])
    assert sorted(sky.ask(query, {"u": mine})) == sorted(zip(i.tolist(), many["id"][j].tolist(), strict=True))


def test_left_join_keeps_what_has_no_partner(sky: Any) -> None:
    mine = {
        "i": np.array([1, 2, 3, 4]),
        "ra": np.array([10.0, 200.0, np.nan, 0.0]),
        "dec": np.array([5.0, 0.0, 0.0, 90.0]),
    }
    query = (
        "SELECT u.i, o.objectId FROM TAP_UPLOAD.u AS u LEFT JOIN s.obj AS o "
        "ON DISTANCE(o.coord_ra, o.coord_dec, u.ra, u.dec) < 0.001 ORDER BY u.i, o.objectId"
    )
    base = 2**53
    assert sky.ask(query, {"u": mine}) == [(1, base + 2), (1, base + 3), (2, None), (3, None), (4, base + 6)]
    mirrored = query.replace("TAP_UPLOAD.u AS u LEFT JOIN s.obj AS o", "s.obj AS o RIGHT OUTER JOIN TAP_UPLOAD.u AS u")
    assert sky.ask(mirrored, {"u": mine}) == sky.ask(query, {"u": mine})


@pytest.mark.parametrize("radius", ["200", "1e308"])
def test_within_more_than_half_a_turn_is_everything(sky: Any, radius: str) -> None:
    query = f"SELECT u.i FROM TAP_UPLOAD.u AS u JOIN s.many AS m ON DISTANCE(m.ra, m.dec, u.ra, u.dec) < {radius}"
    mine = {"i": np.arange(2), "ra": np.array([10.0, 11.0]), "dec": np.array([5.0, 5.0])}
    assert sorted(sky.ask(query, {"u": mine})) == [(0,)] * 3000 + [(1,)] * 3000


def test_left_join_with_the_radius_in_the_kept_table(sky: Any) -> None:
    mine = {
        "i": np.array([1, 2]),
        "ra": np.array([10.0, 10.0]),
        "dec": np.array([5.0, 5.0]),
        "r": np.array([1e-6, 1.0]),
    }
    query = (
        "SELECT u.i, COUNT(o.objectId) FROM TAP_UPLOAD.u AS u LEFT JOIN s.obj AS o "
        "ON CONTAINS(POINT(o.coord_ra, o.coord_dec), CIRCLE(u.ra, u.dec, u.r)) = 1 GROUP BY u.i ORDER BY u.i"
    )
    assert sky.ask(query, {"u": mine}) == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("CONTAINS(POINT('ICRS', coord_ra, coord_dec), CIRCLE('ICRS', 0, 0, 0.001)) = 1", 2),
        ("CONTAINS(POINT(coord_ra, coord_dec), CIRCLE(POINT(0, 0), 0.001)) = 1", 2),
        ("INTERSECTS(CIRCLE(0, 0, 0.001), POINT(coord_ra, coord_dec)) = 1", 2),
        ("DISTANCE(POINT(coord_ra, coord_dec), POINT(250, 90)) < 0.001", 1),
        ("DISTANCE(coord_ra, coord_dec, 33, -90) < 0.001", 1),
        ("DISTANCE(coord_ra, coord_dec, 10, 5) <= 0", 1),
        ("DISTANCE(coord_ra, coord_dec, 250, 91) < 5", 0),
        ("DISTANCE(coord_ra, coord_dec, 2000000010, 5) < 1", 0),
        ("DISTANCE(coord_ra, coord_dec, 250, 89.5) < 2", 1),
        ("DISTANCE(coord_ra, coord_dec, 10, 5) < 0", 0),
        ("DISTANCE(coord_ra, coord_dec, 10, 5) <= -1", 0),
        ("DISTANCE(coord_ra, coord_dec, 10, 5) >= 0", 8),
        ("DISTANCE(coord_ra, coord_dec, 10, 5) <= 180", 8),
        ("CONTAINS(POINT(coord_ra, coord_dec), CIRCLE(10, 5, 1.0/3600)) = 1", 2),
        ("CONTAINS(POINT(coord_ra, coord_dec), CIRCLE(10, 5, 1)) = 0", 6),
        ("CONTAINS(POINT(coord_ra, coord_dec), CIRCLE(10, 5, 1)) <> 1", 6),
        ("NOT CONTAINS(POINT(coord_ra, coord_dec), CIRCLE(10, 5, 1)) = 1", 6),
    ],
)
def test_constant_cone(sky: Any, condition: str, rows: int) -> None:
    assert len(sky.ask(f"SELECT objectId FROM s.obj WHERE {condition}")) == rows


def test_distance_is_that_of_astropy(sky: Any) -> None:
    rng = np.random.default_rng(5)
    ra, dec = rng.random((2, 500)) * 360, np.degrees(np.arcsin(rng.random((2, 500)) * 2 - 1))
    ra[1, :100], dec[1, :100] = ra[0, :100] + 1e-5, dec[0, :100]
    ra[1, 100:110], dec[1, 100:110] = ra[0, 100:110] + 180, -dec[0, 100:110]
    rows = sky.ask(
        "SELECT DISTANCE(POINT(a, b), POINT(c, d)) AS away FROM TAP_UPLOAD.u ORDER BY i",
        {"u": {"i": np.arange(500), "a": ra[0], "b": dec[0], "c": ra[1], "d": dec[1]}},
    )
    wanted = np.degrees(angular_separation(*np.radians([ra[0], dec[0], ra[1], dec[1]])))
    np.testing.assert_allclose([row[0] for row in rows], wanted, rtol=1e-12, atol=1e-13)


def test_area_and_coordinates(sky: Any) -> None:
    (row,) = sky.ask(
        "SELECT AREA(CIRCLE(1, 2, 90)), AREA(POINT(1, 2)), COORD1(POINT(1, 2)), COORD2(POINT(1, 2)), "
        "AREA(CIRCLE(0, 0, 1.0/3600)) FROM s.obj WHERE objectId = 9007199254740992"
    )
    assert row[:4] == (pytest.approx(20626.4806), 0.0, 1.0, 2.0)
    assert row[4] == pytest.approx(np.pi / 3600**2, rel=1e-9)


def test_no_form_of_nearness_is_quadratic(sky: Any) -> None:
    """The plan of each form joins by hash; a nested loop or a cross product would be seen in it."""
    table = {
        "i": np.arange(2000),
        "ra": np.linspace(0, 1, 2000),
        "dec": np.linspace(0, 1, 2000),
        "r": np.full(2000, 1e-4),
    }
    relations = {name: sky.upload(name, table) for name in "ab"}
    try:
        for name, form in FORMS.items():
            sql = sky.translate(f"SELECT a.i, b.i {form.format(r='0.0001')} AND a.r - b.r < 1", relations).sql
            text = sky.engine.connection.execute(f"EXPLAIN {sql}").fetchall()[0][1]
            plan = text.lower().replace("_", " ")
            assert "hash join" in plan, f"{name}: {text}"
            assert not re.search("nested loop|blockwise|piecewise|iejoin|ie join", plan), f"{name}: {text}"
    finally:
        for relation in relations.values():
            sky.engine.connection.execute(f"DROP TABLE {relation.sql}")


@pytest.mark.parametrize(
    "centre", [(0.0, 0.0), (359.9999, 0.0), (10.0, 5.0), (37.86, 89.99), (370.0, 5.0), (-350.0, 5.0)]
)
@pytest.mark.parametrize("radius", [0.001, 1.0, 100.0, 180.0])
def test_cones_whatever_the_right_ascension_is_called(sky: Any, centre: tuple[float, float], radius: float) -> None:
    """A table may say -350, 10 and 370 degrees for the same meridian; the band of a cone loses none of them."""
    rng = np.random.default_rng(3)
    ra = np.concatenate([rng.choice([-720.0, -360.0, 0.0, 360.0], 300) + rng.random(300) * 0.003 + turn for turn in (
        -0.001, 9.999, 37.86)])  # fmt: skip
    dec = np.concatenate([rng.random(900) * 0.003 + rng.choice([-0.001, 4.999, 89.98], 900)])
    rows = sky.ask(
        f"SELECT i FROM TAP_UPLOAD.t WHERE DISTANCE(POINT(ra, dec), POINT({centre[0]}, {centre[1]})) <= {radius}",
        {"t": {"i": np.arange(900), "ra": ra, "dec": dec}},
    )
    separation = SkyCoord(*centre, unit="deg").separation(SkyCoord(ra, dec, unit="deg")).deg
    assert sorted(i for (i,) in rows) == np.flatnonzero(separation <= radius).tolist()
