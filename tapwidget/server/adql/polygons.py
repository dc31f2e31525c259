"""Polygons on the sphere, in the engine's SQL.

Their sides are great circles, the short way between two corners; they are smaller than half the sky, and which way
round their corners are written does not matter. Non-convex ones are as good as others.

In SQL a polygon is a struct: `v` its corners as unit vectors, `c` a direction that sees all of them (they are in front,
in the half of the sky around it), `n` a direction at right angles to `c`. Seen along `c`, in the gnomonic projection,
great circles are straight lines, so that counting the sides that a line along `n` crosses says what is inside. Nothing
is divided for that: only signs of products are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tapwidget.server.adql.cells import real
from tapwidget.server.adql.tree import balanced

Vector = tuple[float, float, float]

MOST_CORNERS = 1000
BORDER = 1e-10
"""Degrees from a side that still count as on it: the border belongs to a region, and rounding must not lose it."""

NEAR = math.radians(BORDER)
"""The same in the gnomonic plane."""

WIDER = 1e-8
"""Degrees by which the circle around a polygon is widened, so that it holds the border."""

SMALL = 0.06
"""Degrees. Below, the flat formula of a centroid has the smaller error, above, the exact one: 0.02 mas between."""

MACROS = (
    "tw_vector(ra, d) AS [cos(radians(tw_dec(d))) * cos(radians(tw_ra(ra))),"
    " cos(radians(tw_dec(d))) * sin(radians(tw_ra(ra))), sin(radians(tw_dec(d)))]",
    # One coordinate of the gnomonic projection along (c1, c2, c3); NULL for what lies behind.
    "tw_product(ra, d, x, y, z) AS (cos(radians(tw_dec(d))) * cos(radians(tw_ra(ra))) * x"
    " + cos(radians(tw_dec(d))) * sin(radians(tw_ra(ra))) * y + sin(radians(tw_dec(d))) * z)",
    "tw_gnomonic(ra, d, a1, a2, a3, c1, c2, c3) AS (tw_product(ra, d, a1, a2, a3)"
    " / CASE WHEN tw_product(ra, d, c1, c2, c3) > 0 THEN tw_product(ra, d, c1, c2, c3) END)",
    "tw_dot(a, b) AS (a[1] * b[1] + a[2] * b[2] + a[3] * b[3])",
    "tw_cross(a, b) AS [a[2] * b[3] - a[3] * b[2], a[3] * b[1] - a[1] * b[3], a[1] * b[2] - a[2] * b[1]]",
    "tw_apart(a, b) AS sqrt(pow(a[1] - b[1], 2) + pow(a[2] - b[2], 2) + pow(a[3] - b[3], 2))",
    "tw_together(a, b) AS sqrt(pow(a[1] + b[1], 2) + pow(a[2] + b[2], 2) + pow(a[3] + b[3], 2))",
    "tw_angle(a, b) AS degrees(2 * atan2(tw_apart(a, b), tw_together(a, b)))",
    # a . (b x c), from differences: the volume of a small triangle would else be lost in the rounding of large terms
    "tw_volume(a, b, c) AS (a[1] * ((b[2] - a[2]) * (c[3] - a[3]) - (b[3] - a[3]) * (c[2] - a[2]))"
    " + a[2] * ((b[3] - a[3]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[3] - a[3]))"
    " + a[3] * ((b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])))",
    # half of (a - b) x (a + b), which is a x b without that loss
    "tw_pole(a, b) AS [((a[2] - b[2]) * (a[3] + b[3]) - (a[3] - b[3]) * (a[2] + b[2])) / 2,"
    " ((a[3] - b[3]) * (a[1] + b[1]) - (a[1] - b[1]) * (a[3] + b[3])) / 2,"
    " ((a[1] - b[1]) * (a[2] + b[2]) - (a[2] - b[2]) * (a[1] + b[1])) / 2]",
    "tw_scaled(a, f) AS [a[1] * f, a[2] * f, a[3] * f]",
    "tw_normal(a) AS list_transform([a], lambda v: tw_scaled(v, 1e0 / nullif(sqrt(tw_dot(v, v)), 0e0)))[1]",
    "tw_ra_of(a) AS list_transform([a], lambda v:"
    " CASE WHEN v[2] < 0 THEN 360e0 ELSE 0e0 END + degrees(atan2(v[2], v[1])))[1]",
    "tw_dec_of(a) AS list_transform([a], lambda v: degrees(atan2(v[3], sqrt(v[1] * v[1] + v[2] * v[2]))))[1]",
    "tw_sum(vs) AS list_transform([vs], lambda w: [list_sum(list_transform(w, lambda v: v[1])),"
    " list_sum(list_transform(w, lambda v: v[2])), list_sum(list_transform(w, lambda v: v[3]))])[1]",
    "tw_across(c) AS CASE WHEN abs(c[3]) < 0.7e0 * sqrt(tw_dot(c, c)) THEN [c[2], -c[1], 0e0] ELSE [0e0, c[3], -c[2]]"
    " END",
    # NULL where a corner is missing, or where they do not fit into half the sky
    "tw_in_front(vs, c) AS list_sum(list_transform(vs, lambda v: CASE WHEN tw_dot(v, c) > 0 THEN 1 ELSE 0 END))",
    "tw_polygon(vs) AS list_transform(list_transform([vs], lambda w: {'v': w, 'c': tw_normal(tw_sum(w))}), lambda t:"
    " CASE WHEN tw_in_front(t.v, t.c) = len(t.v) THEN {'v': t.v, 'c': t.c, 'n': tw_across(t.c)} END)[1]",
    # The sides of a polygon one by one: what a lambda says of their ends.
    "tw_sides(vs) AS list_zip(vs, list_concat(vs[2:], vs[:1]))",
    "tw_above(s, a, p) AS (tw_dot(a, s.n) * tw_dot(p, s.c) > tw_dot(p, s.n) * tw_dot(a, s.c))",
    "tw_crosses(s, a, b, p) AS (tw_above(s, a, p) <> tw_above(s, b, p)"
    " AND (tw_volume(p, a, b) > 0) = tw_above(s, b, p))",
    "tw_odd(s, p) AS (tw_dot(p, s.c) > 0 AND list_sum(list_transform(tw_sides(s.v),"
    " lambda e: CASE WHEN tw_crosses(s, e[1], e[2], p) THEN 1 ELSE 0 END)) % 2 = 1)",
    # Degrees from a point to a side: to the great circle where that is nearest between the corners, else to a corner.
    "tw_from_arc(p, a, b, m) AS CASE WHEN tw_dot(p, tw_cross(m, a)) > 0 AND tw_dot(p, tw_cross(b, m)) > 0"
    " THEN degrees(asin(least(1e0, abs(tw_dot(p, m)) / sqrt(tw_dot(m, m)))))"
    " ELSE least(tw_angle(p, a), tw_angle(p, b)) END",
    "tw_from_side(p, a, b) AS list_transform([tw_pole(a, b)], lambda m: tw_from_arc(p, a, b, m))[1]",
    "tw_from_sides(s, p) AS list_min(list_transform(tw_sides(s.v), lambda e: tw_from_side(p, e[1], e[2])))",
    "tw_known(s, p, r) AS (s IS NOT NULL AND tw_dot(p, p) IS NOT NULL AND r >= 0)",
    f"tw_holds(s, p) AS (tw_odd(s, p) OR tw_from_sides(s, p) <= {BORDER!r})",
    "tw_inside(s, p) AS list_transform([{'s': s, 'p': p}], lambda t:"
    " CASE WHEN tw_known(t.s, t.p, 0e0) THEN tw_holds(t.s, t.p) END)[1]",
    "tw_circle_touches(s, p, r) AS list_transform([{'s': s, 'p': p}], lambda t:"
    " CASE WHEN tw_known(t.s, t.p, r) THEN tw_odd(t.s, t.p) OR tw_from_sides(t.s, t.p) <= r END)[1]",
    "tw_circle_inside(s, p, r) AS list_transform([{'s': s, 'p': p}], lambda t:"
    f" CASE WHEN tw_known(t.s, t.p, r) THEN tw_holds(t.s, t.p) AND tw_from_sides(t.s, t.p) >= r - {BORDER!r} END)[1]",
    # a polygon is in a circle when it keeps away from the opposite side of the sky
    "tw_inside_circle(s, p, r) AS list_transform([{'s': s, 'p': tw_scaled(p, -1e0)}], lambda t:"
    " CASE WHEN tw_known(t.s, t.p, r) THEN"
    f" NOT tw_odd(t.s, t.p) AND tw_from_sides(t.s, t.p) >= 180e0 - r - {BORDER!r} END)[1]",
    # Two sides cross where the four triangles of their ends all turn the same way.
    "tw_turns(a, b, c, d) AS [tw_volume(a, c, b), tw_volume(c, b, d), tw_volume(b, d, a), tw_volume(d, a, c)]",
    "tw_cut(a, b, c, d) AS list_transform([tw_turns(a, b, c, d)], lambda t:"
    " list_min(t) > 1e-15 OR list_max(t) < -1e-15)[1]",
    "tw_sides_cut(s, t) AS coalesce(list_bool_or(list_transform(tw_sides(s.v), lambda e:"
    " list_bool_or(list_transform(tw_sides(t.v), lambda f: tw_cut(e[1], e[2], f[1], f[2]))))), false)",
    "tw_some(s, t) AS list_bool_or(list_transform(t.v, lambda v: tw_holds(s, v)))",
    "tw_all(s, t) AS list_bool_and(list_transform(t.v, lambda v: tw_holds(s, v)))",
    "tw_polygons_touch(s, t) AS list_transform([{'s': s, 't': t}], lambda x:"
    " CASE WHEN x.s IS NOT NULL AND x.t IS NOT NULL THEN"
    " tw_some(x.s, x.t) OR tw_some(x.t, x.s) OR tw_sides_cut(x.s, x.t) END)[1]",
    "tw_polygon_inside(s, t) AS list_transform([{'s': s, 't': t}], lambda x:"
    " CASE WHEN x.s IS NOT NULL AND x.t IS NOT NULL THEN"
    " tw_all(x.t, x.s) AND NOT tw_sides_cut(x.s, x.t) END)[1]",
    # Square degrees: triangles from the first corner, with sign (L. Euler; Eriksson 1990, Math. Mag. 63, 184).
    "tw_excess(a, b, c) AS 2 * atan2(tw_volume(a, b, c), 1 + tw_dot(a, b) + tw_dot(b, c) + tw_dot(c, a))",
    "tw_area(s) AS list_transform([s], lambda t: abs(list_sum(list_transform(tw_sides(t.v),"
    " lambda e: tw_excess(t.v[1], e[1], e[2])))) * pow(degrees(1e0), 2))[1]",
    # Centroid: the mean of all directions inside. Exact: each side adds its angle times the normal of its plane.
    "tw_exact(s) AS tw_sum(list_transform(tw_sides(s.v), lambda e:"
    " tw_scaled(tw_normal(tw_pole(e[1], e[2])), radians(tw_angle(e[1], e[2])))))",
    "tw_flat(s) AS tw_sum(list_transform(tw_sides(s.v), lambda e:"
    " tw_scaled(tw_sum([s.v[1], e[1], e[2]]), tw_volume(s.v[1], e[1], e[2]))))",
    "tw_facing(a, c) AS list_transform([a], lambda v:"
    " CASE WHEN tw_dot(v, c) < 0 THEN tw_scaled(v, -1e0) ELSE v END)[1]",
    "tw_reach(s) AS list_max(list_transform(s.v, lambda v: tw_angle(v, s.c)))",
    "tw_centroid(s) AS list_transform([s], lambda t: tw_facing("
    f"CASE WHEN tw_reach(t) < {SMALL!r} THEN tw_flat(t) ELSE tw_exact(t) END, t.c))[1]",
    # The radius of a circle around a polygon, degrees, from the distances of its corners to the middle of the circle.
    f"tw_bound(r) AS list_transform([r], lambda x: CASE WHEN x < 89e0 THEN x + {WIDER!r} ELSE 180e0 END)[1]",
    # A box is a rectangle in the gnomonic projection around its centre.
    "tw_arm(x) AS CASE WHEN x >= 0 AND x < 180 THEN tan(radians(x / 2)) END",
    f"tw_box_bound(w, h) AS degrees(atan(sqrt(pow(tw_arm(w), 2) + pow(tw_arm(h), 2)))) + {WIDER!r}",
    "tw_corner(a, d, x, y) AS tw_normal([cos(d) * cos(a) - x * sin(a) - y * sin(d) * cos(a),"
    " cos(d) * sin(a) + x * cos(a) - y * sin(d) * sin(a), sin(d) + y * cos(d)])",
    "tw_corners(a, d, x, y) AS [tw_corner(a, d, x, y), tw_corner(a, d, -x, y), tw_corner(a, d, -x, -y),"
    " tw_corner(a, d, x, -y)]",
    "tw_box(ra, d, w, h) AS list_transform([{'a': radians(tw_ra(ra)), 'd': radians(tw_dec(d)), 'x': tw_arm(w),"
    " 'y': tw_arm(h)}], lambda b: tw_corners(b.a, b.d, b.x, b.y))[1]",
)
"""In an order in which each uses only those before it. `list_transform([x], lambda v: ...)[1]` is "let v be x": a
macro writes an argument out wherever it names it, and without that a few levels of them would be megabytes."""


def vector(ra: float, dec: float) -> Vector:
    a, d = math.radians(ra), math.radians(dec)
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)


def box_corners(ra: float, dec: float, width: float, height: float) -> list[Vector]:
    """The corners of a constant box; see `tw_box`."""
    a, d = math.radians(ra), math.radians(dec)
    x, y = (math.tan(math.radians(size / 2)) for size in (width, height))
    result = []
    for u, v in ((x, y), (-x, y), (-x, -y), (x, -y)):
        raw = (
            math.cos(d) * math.cos(a) - u * math.sin(a) - v * math.sin(d) * math.cos(a),
            math.cos(d) * math.sin(a) + u * math.cos(a) - v * math.sin(d) * math.sin(a),
            math.sin(d) + v * math.cos(d),
        )
        result.append(normal(raw))
    return result


def normal(a: Sequence[float]) -> Vector:
    length = math.hypot(*a) or 1.0
    return a[0] / length, a[1] / length, a[2] / length


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def facing(corners: Sequence[Vector]) -> Vector | None:
    """A direction with all corners in front of it, None where there is none: they do not fit into half the sky."""
    centre = normal([sum(axis) for axis in zip(*corners, strict=True)])
    # Rosenblatt's perceptron: ends where there is an answer
    for _ in range(1000):
        worst = min(corners, key=lambda corner: dot(corner, centre))
        if dot(worst, centre) > 1e-6:
            return centre
        centre = normal([c + w for c, w in zip(centre, worst, strict=True)])
    return None


def across(c: Vector) -> Vector:
    return (c[1], -c[0], 0.0) if abs(c[2]) < 0.7 else (0.0, c[2], -c[1])


def bound(corners: Sequence[Vector], centre: Vector) -> float:
    """Degrees around the centre that the whole polygon is within; 180 where that is hard to say."""
    farthest = max(math.degrees(2 * math.asin(min(1.0, math.dist(corner, centre) / 2))) for corner in corners)
    return farthest + WIDER if farthest < 89 else 180.0


def literal(corners: Sequence[Vector], centre: Vector) -> str:
    """The SQL struct of a constant polygon."""
    listed = ", ".join(map(written, corners))
    return f"{{'v': [{listed}], 'c': {written(centre)}, 'n': {written(across(centre))}}}"


def constant_inside(corners: Sequence[Vector], centre: Vector, ra: str, dec: str) -> str:
    """The SQL that says whether a point is in a constant polygon: `tw_inside`, some ten times faster, in the plane."""
    n = normal(across(centre))
    e = cross(n, centre)
    plane = [(dot(corner, e) / dot(corner, centre), dot(corner, n) / dot(corner, centre)) for corner in corners]
    terms, border = [], []
    for (x1, y1), (x2, y2) in zip(plane, [*plane[1:], plane[0]], strict=True):
        away = f"((q.x - {real(x1)}) * {real(y2 - y1)} - (q.y - {real(y1)}) * {real(x2 - x1)})"
        sign = "<" if y2 > y1 else ">"
        both = f"(q.y < {real(y1)}) <> (q.y < {real(y2)})"
        terms.append(f"(CASE WHEN {both} AND {away} {sign} 0 THEN 1 ELSE 0 END)")
        near = f"abs({away}) <= {NEAR * math.hypot(x2 - x1, y2 - y1)!r}"
        frame = (f"q.{axis} {between(*ends)}" for axis, ends in (("x", (x1, x2)), ("y", (y1, y2))))
        border.append(f"({near} AND {' AND '.join(frame)})")
    x, y = (f"tw_gnomonic({ra}, {dec}, {', '.join(map(real, (*axis, *centre)))})" for axis in (e, n))
    said = f"coalesce({balanced(terms, ' + ')} % 2 = 1 OR {balanced(border, ' OR ')}, false)"
    return f"list_transform([{{'x': {x}, 'y': {y}}}], lambda q: {said} AND q.x IS NOT NULL)[1]"


def between(a: float, b: float) -> str:
    return f"BETWEEN {real(min(a, b) - NEAR)} AND {real(max(a, b) + NEAR)}"


def cross(a: Vector, b: Vector) -> Vector:
    """a x b, without loss of digits where they are near each other."""
    m, p = [x - y for x, y in zip(a, b, strict=True)], [x + y for x, y in zip(a, b, strict=True)]
    return (m[1] * p[2] - m[2] * p[1]) / 2, (m[2] * p[0] - m[0] * p[2]) / 2, (m[0] * p[1] - m[1] * p[0]) / 2


def written(a: Vector) -> str:
    return f"[{', '.join(map(real, a))}]"
