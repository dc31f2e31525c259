"""Regions against plain spherical geometry: winding numbers and dense sampling in numpy, nothing of the service."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapwidget.server.faults import AdqlError

Corners = list[tuple[float, float]]

POLYGONS: dict[str, Corners] = {
    "triangle": [(10, 10), (20, 10), (15, 20)],
    "clockwise": [(10, 10), (15, 20), (20, 10)],
    "arrow": [(10, 10), (40, 10), (22, 18), (40, 40), (10, 30)],
    "over RA 0": [(355, -5), (5, -6), (8, 4), (358, 7)],
    "north pole": [(0, 80), (90, 75), (180, 85), (270, 70)],
    "south pole": [(20, -60), (140, -70), (260, -50)],
    "small": [(37.86, 6.98), (37.861, 6.98), (37.861, 6.981), (37.8603, 6.9805), (37.86, 6.981)],
    "large": [(100, -50), (180, -60), (230, 0), (170, 55), (110, 30)],
}
BOXES = {"equator": (0.0, 0.0, 10.0, 4.0), "high": (120.0, 70.0, 8.0, 12.0), "small": (37.86, 6.98, 0.001, 0.002)}


def vectors(ra: Any, dec: Any) -> np.ndarray:
    a, d = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], -1)


def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Degrees between vectors."""
    return np.degrees(2 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)))


def winding(corners: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether points are inside: the directions to the corners, seen from a point, turn once around it.

    Only the half of the sky with the polygon counts: from the point opposite, the corners turn around it too.
    """
    total = np.zeros(len(points))
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        u, v = (end - (points @ end)[:, None] * points for end in (a, b))
        total += np.arctan2(np.sum(points * np.cross(u, v), axis=1), np.sum(u * v, axis=1))
    return (np.abs(total) > np.pi) & (points @ corners.mean(axis=0) > 0)


def border(corners: np.ndarray, steps: int = 4000) -> np.ndarray:
    """Points along the sides, by spherical interpolation."""
    t = np.linspace(0, 1, steps)[:, None]
    sides = []
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        angle = np.arccos(np.clip(a @ b, -1, 1))
        sides.append((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle))
    return np.concatenate(sides)


def box_by_tangents(box: tuple[float, float, float, float], points: np.ndarray) -> np.ndarray:
    """The definition of ADQL 2.1: between two pairs of great circles, which cut the arms at right angles."""
    ra, dec, width, height = box
    centre = vectors(ra, dec)
    east = np.array([-np.sin(np.radians(ra)), np.cos(np.radians(ra)), 0])
    north = np.cross(centre, east)
    x, y, z = points @ centre, points @ east, points @ north
    return (x > 0) & (abs(y) <= x * np.tan(np.radians(width / 2))) & (abs(z) <= x * np.tan(np.radians(height / 2)))


def around(corners: np.ndarray, rows: int = 400, seed: int = 1) -> dict[str, Any]:
    """Points in and around a region, and all over the sky; none so near the border that rounding would decide."""
    rng = np.random.default_rng(seed)
    centre = corners.mean(axis=0)
    size = np.linalg.norm(corners - centre, axis=1).max()
    found = np.concatenate([centre + rng.normal(0, size / 1.5, (rows, 3)), rng.normal(0, 1, (rows // 4, 3))])
    found /= np.linalg.norm(found, axis=1)[:, None]
    ra, dec = np.degrees(np.arctan2(found[:, 1], found[:, 0])), np.degrees(np.arcsin(found[:, 2]))
    return {"i": np.arange(len(ra)), "ra": ra % 360, "dec": dec}


def listed(corners: Corners) -> str:
    return ", ".join(f"{ra}, {dec}" for ra, dec in corners)


@pytest.mark.parametrize("name", POLYGONS)
def test_points_in_polygons(sky: Any, name: str) -> None:
    corners = vectors(*zip(*POLYGONS[name], strict=True))
    table = around(corners)
    wanted = np.flatnonzero(winding(corners, vectors(table["ra"], table["dec"]))).tolist()
    assert 20 < len(wanted) < 480
    one = {"k": np.array([1]), **{f"c{i}": np.array([v]) for i, v in enumerate(np.ravel(POLYGONS[name]).astype(float))}}
    columns = ", ".join(f"p.c{i}" for i in range(2 * len(corners)))
    points = ", ".join(f"POINT('ICRS', {ra}, {dec})" for ra, dec in POLYGONS[name])
    for source, polygon in (
        ("u", f"POLYGON('ICRS', {listed(POLYGONS[name])})"),
        ("u", f"POLYGON({points})"),
        ("u", f"REGION('Polygon ICRS {' '.join(map(str, np.ravel(POLYGONS[name])))}')"),
        ("p JOIN TAP_UPLOAD.u", f"POLYGON({columns})"),
    ):
        for function in ("CONTAINS", "INTERSECTS"):
            query = (
                f"SELECT u.i FROM TAP_UPLOAD.{source} WHERE {function}(POINT(u.ra, u.dec), {polygon}) = 1 ORDER BY 1"
            )
            assert [i for (i,) in sky.ask(query, {"u": table, "p": one})] == wanted, query


@pytest.mark.parametrize("name", BOXES)
def test_points_in_boxes(sky: Any, name: str) -> None:
    ra, dec, width, height = BOXES[name]
    side = 2 * np.radians(max(width, height))
    table = around(vectors(ra, dec) + side * np.array([[0.5, 0, 0], [-0.5, 0, 0], [0, 0.5, 0.5], [0, -0.5, -0.5]]) / 2)
    wanted = np.flatnonzero(box_by_tangents(BOXES[name], vectors(table["ra"], table["dec"]))).tolist()
    assert len(wanted) > 10
    one = {key: np.array([value]) for key, value in zip("abwh", BOXES[name], strict=True)}
    for source, box in (
        ("u", f"BOX('ICRS', {ra}, {dec}, {width}, {height})"),
        ("u", f"BOX(POINT({ra}, {dec}), {width}, {height})"),
        ("b JOIN TAP_UPLOAD.u", "BOX(b.a, b.b, b.w, b.h)"),
    ):
        query = f"SELECT u.i FROM TAP_UPLOAD.{source} WHERE CONTAINS(POINT(u.ra, u.dec), {box}) = 1 ORDER BY 1"
        assert [i for (i,) in sky.ask(query, {"u": table, "b": one})] == wanted, query


@pytest.mark.parametrize("name", [*POLYGONS])
def test_circles_and_polygons(sky: Any, name: str) -> None:
    """A circle touches a polygon when the nearest point of it is within the radius; contains it by the farthest one."""
    corners = vectors(*zip(*POLYGONS[name], strict=True))
    table = around(corners, 120, seed=2)
    points, edge = vectors(table["ra"], table["dec"]), border(corners)
    inside = winding(corners, points)
    nearest = np.array([apart(p, edge).min() for p in points])
    farthest = np.array([apart(p, edge).max() for p in points])
    rng = np.random.default_rng(3)
    table["r"] = np.where(rng.random(len(points)) < 0.6, nearest, farthest) * rng.choice([0.9, 1.1], len(points))
    polygon, circle = f"POLYGON({listed(POLYGONS[name])})", "CIRCLE(ra, dec, r)"
    for call, wanted in (
        (f"INTERSECTS({circle}, {polygon})", inside | (nearest <= table["r"])),
        (f"INTERSECTS({polygon}, {circle})", inside | (nearest <= table["r"])),
        (f"CONTAINS({circle}, {polygon})", inside & (nearest >= table["r"])),
        (f"CONTAINS({polygon}, {circle})", ~winding(corners, -points) & (farthest <= table["r"])),
    ):
        assert 0 < wanted.sum() < len(points), call
        rows = sky.ask(f"SELECT {call} AS a FROM TAP_UPLOAD.u ORDER BY i", {"u": table})
        assert [bool(a) for (a,) in rows] == wanted.tolist(), call


def test_polygons_and_polygons(sky: Any) -> None:
    """Small triangles around an arrow: they touch when one has a border point of the other inside, or all of it."""
    arrow = vectors(*zip(*POLYGONS["arrow"], strict=True))
    rng = np.random.default_rng(4)
    middle = np.stack([rng.uniform(5, 45, 150), rng.uniform(5, 45, 150)], -1)
    triangles = middle[:, None] + rng.uniform(-4, 4, (150, 3, 2))
    touch, inside = [], []
    for triangle in triangles:
        corners = vectors(triangle[:, 0], triangle[:, 1])
        edges = winding(arrow, border(corners, 500)), winding(corners, border(arrow, 3000))
        touch.append(edges[0].any() or edges[1].any())
        inside.append(edges[0].all() and not edges[1].any())
    names = [f"{c}{k}" for k in range(3) for c in "xy"]
    table = {"i": np.arange(150), **dict(zip(names, triangles.reshape(150, 6).T, strict=True))}
    triangle_of, arrow_of = f"POLYGON({', '.join(names)})", f"POLYGON({listed(POLYGONS['arrow'])})"
    for call, wanted in (
        (f"INTERSECTS({triangle_of}, {arrow_of})", touch),
        (f"INTERSECTS({arrow_of}, {triangle_of})", touch),
        (f"CONTAINS({triangle_of}, {arrow_of})", inside),
    ):
        assert 10 < sum(wanted) < 140
        rows = sky.ask(f"SELECT {call} AS a FROM TAP_UPLOAD.u ORDER BY i", {"u": table})
        assert [bool(a) for (a,) in rows] == wanted, call


ONE = "FROM s.obj WHERE objectId = 9007199254740992"
TRIANGLE = "POLYGON(10, 10, 20, 10, 15, 20)"


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (f"CONTAINS(POINT(10, 10), {TRIANGLE})", 1),  # a corner and the border belong to it
        ("CONTAINS(POINT(0, 0.5), POLYGON(0, 0, 0, 1, 1, 0))", 1),
        ("CONTAINS(POINT(0, 90), POLYGON(0, 80, 120, 80, 240, 80))", 1),
        ("CONTAINS(POINT(0, -90), POLYGON(0, 80, 120, 80, 240, 80))", 0),
        (f"CONTAINS(POINT(coord_ra, NULL), {TRIANGLE})", None),
        (f"CONTAINS({TRIANGLE}, {TRIANGLE})", 1),
        (f"INTERSECTS({TRIANGLE}, {TRIANGLE})", 1),
        ("INTERSECTS(BOX(0, 0, 10, 1), BOX(0, 0, 1, 10))", 1),  # a cross: no corner inside the other
        ("CONTAINS(BOX(0, 0, 10, 1), BOX(0, 0, 1, 10))", 0),
        ("CONTAINS(BOX(0, 0, 1, 1), BOX(0, 0, 10, 10))", 1),
        ("CONTAINS(CIRCLE(0, 0, 1), BOX(0, 0, 2.1, 2.1))", 1),
        ("CONTAINS(BOX(0, 0, 2.1, 2.1), CIRCLE(0, 0, 1))", 0),
        ("CONTAINS(BOX(0, 0, 2, 2), CIRCLE(180, 0, 179))", 0),
        ("CONTAINS(BOX(90, 0, 2, 2), CIRCLE(180, 0, 179))", 1),
        ("CONTAINS(CIRCLE(0, 0, 1), CIRCLE(0, 1, 3))", 1),
        ("INTERSECTS(CIRCLE(0, 0, 1), CIRCLE(0, 3, 1))", 0),
        ("INTERSECTS(CIRCLE(0, 0, 1.6), CIRCLE(0, 3, 1.5))", 1),
        ("CONTAINS(POINT(1, 1), REGION('CIRCLE ICRS GEOCENTER 1 1 0.1'))", 1),
        ("CONTAINS(POINT(1, 1), REGION('box 1 1 0.1 0.1'))", 1),
        ("COORDSYS(BOX(1, 2, 3, 4))", "ICRS"),
        ("COORD1(CENTROID(CIRCLE(10, 20, 3)))", 10.0),
    ],
)
def test_single_answers(sky: Any, call: str, answer: Any) -> None:
    assert sky.ask(f"SELECT {call} AS a {ONE}") == [(answer,)]


def test_areas_and_centroids_are_those_of_many_points(sky: Any) -> None:
    rng = np.random.default_rng(5)
    points = rng.normal(0, 1, (300_000, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    for name in ("arrow", "large", "north pole", "clockwise"):
        inside = points[winding(vectors(*zip(*POLYGONS[name], strict=True)), points)]
        polygon = f"POLYGON({listed(POLYGONS[name])})"
        ((area, ra, dec),) = sky.ask(
            f"SELECT AREA({polygon}), COORD1(CENTROID({polygon})) AS a, COORD2(CENTROID({polygon})) AS d {ONE}"
        )
        sky_area = 4 * np.pi * np.degrees(1) ** 2
        assert area == pytest.approx(len(inside) / len(points) * sky_area, rel=5 / np.sqrt(len(inside)))
        middle = inside.mean(axis=0) / np.linalg.norm(inside.mean(axis=0))
        assert apart(vectors(ra, dec), middle) < 100 / np.sqrt(len(inside)), name


@pytest.mark.parametrize("size", [1e-5, 1e-3, 0.05, 0.07, 1.0, 60.0])
def test_boxes_have_the_right_area_and_middle_at_every_size(sky: Any, size: float) -> None:
    box = f"BOX(120, 50, {size:.17f}, {size:.17f})"
    query = f"SELECT AREA({box}) AS a, DISTANCE(CENTROID({box}), POINT(120, 50)) AS d {ONE}"
    ((area, away),) = sky.ask(query)
    half = np.tan(np.radians(size / 2)) ** 2
    assert area == pytest.approx(np.degrees(1) ** 2 * 4 * np.arcsin(half / (1 + half)), rel=1e-9)
    assert away < 2e-8


def test_regions_can_be_selected(sky: Any) -> None:
    query = f"SELECT POINT(coord_ra, 1) AS p, CIRCLE(1, 2, 3) AS c, POLYGON(1, 2, 3, 4, 5, 7) AS q {ONE}"
    assert sky.ask(query) == [([0.0, 1.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0, 5.0, 7.0])]
    fields = [output.field for output in sky.translate(query).outputs]
    assert [(f.datatype, f.arraysize, f.xtype, f.unit) for f in fields] == [
        ("double", "2", "point", "deg"),
        ("double", "3", "circle", "deg"),
        ("double", "6", "polygon", "deg"),
    ]
    ((box,),) = sky.ask(f"SELECT BOX(0, 0, 2, 2) AS b {ONE}")
    assert box == pytest.approx([1, 0.99984771, 359, 0.99984771, 359, -0.99984771, 1, -0.99984771])
    missing = sky.ask("SELECT POINT(coord_ra, coord_dec) AS p FROM s.obj WHERE coord_ra IS NULL AND n = 7")
    assert np.isnan(missing[0][0]).tolist() == [True, False]
    asked = "SELECT COUNT(*) FROM (SELECT POINT(coord_ra, coord_dec) AS p FROM s.obj) AS q"
    assert sky.ask(f"{asked} WHERE CONTAINS(p, CIRCLE(10, 5, 1)) = 1") == [(2,)]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("POLYGON(1, 2, 3, 4)", "three or more corners"),
        ("POLYGON(1, 2, 3, 4, 5)", "three or more corners"),
        ("POLYGON(0, 0, 120, 0, 240, 0)", "must fit into half of the sky"),
        ("BOX(1, 2, 3)", "BOX takes ra, dec, width, height"),
        ("BOX(1, 2, 180, 3)", "less than 180 degrees"),
        ("CIRCLE(1, 2)", "CIRCLE takes ra, dec, radius"),
        ("BOX('GALACTIC', 1, 2, 3, 4)", "BOX in GALACTIC"),
        ("POLYGON(0, 0, 120, 95, 240, 0)", "no declination 95"),
        ("REGION('UNION ICRS (CIRCLE 1 2 3)')", "is not supported"),
        ("REGION(band)", "takes a text"),
        ("CENTROID(1)", "takes one geometry"),
        ("CONTAINS(BOX(1, 2, 3, 4), POINT(1, 2))", "no POLYGON lies in a POINT"),
        ("AREA(n)", "takes one geometry"),
        ("COORD1(BOX(1, 2, 3, 4))", "takes a POINT"),
    ],
)
def test_what_is_no_region_is_said(sky: Any, call: str, said: str) -> None:
    with pytest.raises(AdqlError, match=said):
        sky.translate(f"SELECT {call} AS a FROM s.obj")


def test_a_join_on_polygons_is_a_hash_join(sky: Any) -> None:
    """Footprints of 200 exposures against 3000 objects: found by cells, not one by one."""
    rng = np.random.default_rng(6)
    boxes = {"k": np.arange(200), "ra": 37.8 + rng.random(200) * 0.05, "dec": 6.9 + rng.random(200) * 0.05}
    query = (
        "SELECT b.k, m.id FROM TAP_UPLOAD.b AS b JOIN s.many AS m "
        "ON CONTAINS(POINT(m.ra, m.dec), BOX(b.ra, b.dec, 0.004, 0.002)) = 1"
    )
    rows = sky.ask("SELECT id, ra, dec FROM s.many")
    ids, ra, dec = (np.array(column) for column in zip(*rows, strict=True))
    wanted = {
        (k, int(i))
        for k, a, d in zip(boxes["k"].tolist(), boxes["ra"], boxes["dec"], strict=True)
        for i in ids[box_by_tangents((a, d, 0.004, 0.002), vectors(ra, dec))]
    }
    found = sky.ask(query, {"b": boxes})
    assert len(found) == len(set(found)) == len(wanted) > 100
    assert set(found) == wanted
    relation = sky.upload("b", boxes)
    try:
        sql = sky.translate(query, {"b": relation}).sql
        plan = sky.engine.connection.execute(f"EXPLAIN {sql}").fetchall()[0][1].lower().replace("_", " ")
    finally:
        sky.engine.connection.execute(f"DROP TABLE {relation.sql}")
    assert "hash join" in plan
    assert "nested loop" not in plan
