"""Cells of the sky, in the engine's SQL: what makes a match of positions an equi-join.

The sky is cut into declination zones of height h degrees, and each zone into as many bins of right ascension as fit
with a width of about h. A position is in exactly one cell. A cap (position and radius) touches a few cells: one row is
made for each, and rows are joined where the cells are equal. So every pair comes up once and only once, also at RA 0,
and at the poles, where a cap that touches the pole takes all bins of its zones. Then the distance decides: that between
the points on the unit sphere, through the sphere (the chord), which is exact for small angles and needs no sine.
"""

from __future__ import annotations

from math import pi

SLACK = 1e-8
"""Degrees by which a cap is widened before its cells are taken: rounding must not lose a pair at a cell's border."""

PER_ZONE = 2**32

MOST_TURNED = 1e9
"""Degrees of right ascension, beyond which none is taken for one."""

HALF_DEGREE = pi / 360
"""Half a degree in radians."""

# The engine may take a part that occurs twice out of a CASE and compute it for every row. So no CASE protects a
# function that fails on NaN or infinity: the value itself is made NULL first, and casts are those that cannot fail.
MACROS = (
    "tw_number(x) AS CASE WHEN isnan(x) THEN NULL ELSE x END",
    # A position that can be matched: NaN, infinity, NULL and impossible declinations never match anything.
    "tw_ok(ra, d) AS coalesce(d BETWEEN -90e0 AND 90e0"
    f" AND ra BETWEEN -{MOST_TURNED:.0e} AND {MOST_TURNED:.0e}, false)",
    f"tw_ra(ra) AS CASE WHEN ra BETWEEN -{MOST_TURNED:.0e} AND {MOST_TURNED:.0e} THEN ra END",
    "tw_dec(d) AS CASE WHEN d BETWEEN -90e0 AND 90e0 THEN d END",
    # Haversine of the distance: exact to the last digits for small angles, and monotonic up to 180 degrees.
    "tw_hav(ra1, d1, ra2, d2) AS pow(sin(radians(tw_dec(d1) - tw_dec(d2)) / 2), 2)"
    " + cos(radians(tw_dec(d1))) * cos(radians(tw_dec(d2))) * pow(sin(radians(tw_ra(ra1) - tw_ra(ra2)) / 2), 2)",
    # The same where both positions are good, and the cosine of d2 is known.
    f"tw_pair(ra1, d1, ra2, d2, cos2) AS pow(sin((d1 - d2) * {HALF_DEGREE!r}), 2)"
    f" + cos(radians(d1)) * cos2 * pow(sin((ra1 - ra2) * {HALF_DEGREE!r}), 2)",
    # The point on the unit sphere, and the square of the chord between two of them, which is four times the haversine.
    # This is asked most often of all, in small groups of pairs, where every step counts.
    "tw_x(ra, d) AS cos(radians(tw_dec(d))) * cos(radians(tw_ra(ra)))",
    "tw_y(ra, d) AS cos(radians(tw_dec(d))) * sin(radians(tw_ra(ra)))",
    "tw_z(ra, d) AS sin(radians(tw_dec(d)))",
    "tw_chord(x1, y1, z1, x2, y2, z2) AS (x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2) + (z1 - z2) * (z1 - z2)",
    # The haversine of a radius; NULL where there is no radius, more than all where it is the whole sky.
    "tw_radius(r) AS CASE WHEN r BETWEEN 0 AND 180 THEN r END",
    "tw_cap(r) AS CASE WHEN isnan(r) OR r < 0 THEN NULL WHEN r >= 180 THEN 2e0"
    " ELSE pow(sin(radians(tw_radius(r)) / 2), 2) END",
    # Vincenty's formula: exact at every distance, the antipode too.
    "tw_vincenty(turn, d1, d2) AS degrees(atan2("
    "sqrt(pow(cos(d2) * sin(turn), 2) + pow(cos(d1) * sin(d2) - sin(d1) * cos(d2) * cos(turn), 2)),"
    " sin(d1) * sin(d2) + cos(d1) * cos(d2) * cos(turn)))",
    "tw_distance(ra1, d1, ra2, d2) AS"
    " tw_vincenty(radians(tw_ra(ra2) - tw_ra(ra1)), radians(tw_dec(d1)), radians(tw_dec(d2)))",
    "tw_floor(x) AS TRY_CAST(floor(x) AS BIGINT)",
    "tw_last_zone(h) AS greatest(TRY_CAST(ceil(180e0 / h) AS BIGINT), 1) - 1",
    # Declination +90 exactly belongs to the last zone, not to one beyond it.
    "tw_zone(d, h) AS least(greatest(tw_floor((d + 90e0) / h), 0), tw_last_zone(h))",
    "tw_bins(z, h) AS greatest(1, tw_floor(360e0 * cos(radians((z + 0.5e0) * h - 90e0)) / h))",
    "tw_turn(ra) AS (ra - 360e0 * floor(ra / 360e0)) / 360e0",
    "tw_bin(ra, n) AS least(greatest(tw_floor(tw_turn(ra) * n), 0), n - 1)",
    # All numbers from one to another, and NULL perhaps. Nearly always there are one or two, and the engine is slow at
    # ranges, and where some rows take one branch and some another.
    "tw_run(a, b) AS CASE WHEN b <= a + 1 THEN [a, CASE WHEN b > a THEN b END] ELSE range(a, b + 1) END",
    f"tw_cell(ra, d, h) AS CASE WHEN tw_ok(ra, d) THEN tw_zone(d, h) * {PER_ZONE}"
    " + tw_bin(ra, tw_bins(tw_zone(d, h), h)) END",
    # Half the width of a cap in right ascension; everything where the cap comes near a pole.
    "tw_half(d, r) AS CASE WHEN abs(d) + r >= 89.999e0 THEN 180e0"
    f" ELSE degrees(asin(least(1e0, sin(radians(tw_radius(r))) / cos(radians(tw_dec(d)))))) + {SLACK!r} END",
)


def expanded(relation: str, alias: str, position: tuple[str, str], radius: str | float, height: str | float) -> str:
    """A table with one row for each cell that the cap around its position touches, in column `tw_near`.

    `tw_ux`, `tw_uy`, `tw_uz` are its point on the unit sphere, `tw_limit` is the square of the chord of the radius.

    Parameters
    ----------
    relation, alias : the table in SQL, and the alias that the other arguments name it by
    position, radius, height : SQL, or a number, all in degrees; rows without position or radius are left out
    """
    ra, dec = position
    # A number stands in the SQL as it is: the engine has less to plan then, which is a tenth of the time of a match.
    given = [f"{sql} AS {name}" for sql, name in ((radius, "tw_r"), (height, "tw_h")) if isinstance(sql, str)]
    r = f"{alias}.tw_r" if isinstance(radius, str) else real(radius)
    h = f"{alias}.tw_h" if isinstance(height, str) else real(height)
    if given:
        relation = f"(SELECT {alias}.*, {', '.join(given)} FROM {relation} AS {alias})"
    ux, uy, uz = unit_vector(ra, dec)
    bands = (
        f"SELECT {alias}.*, tw_zone(greatest({dec} - {r} - {SLACK!r}, -90e0), {h}) AS tw_south,"
        f" tw_zone(least({dec} + {r} + {SLACK!r}, 90e0), {h}) AS tw_north,"
        f" tw_turn({ra}) AS tw_t, tw_half({dec}, {r}) / 360e0 AS tw_side,"
        f" {ux} AS tw_ux, {uy} AS tw_uy, {uz} AS tw_uz, 4e0 * tw_cap({r}) AS tw_limit"
        f" FROM {relation} AS {alias} WHERE tw_ok({ra}, {dec}) AND tw_number({r}) >= 0"
    )
    zones = f"SELECT {alias}.*, unnest(tw_run({alias}.tw_south, {alias}.tw_north)) AS tw_zone FROM ({bands}) AS {alias}"
    ends = (
        f"SELECT {alias}.*, tw_bins({alias}.tw_zone, {h}) AS tw_n,"
        f" tw_floor(({alias}.tw_t - {alias}.tw_side) * tw_n) AS tw_first,"
        f" tw_floor(({alias}.tw_t + {alias}.tw_side) * tw_n) AS tw_last"
        f" FROM ({zones}) AS {alias} WHERE {alias}.tw_zone IS NOT NULL"
    )
    first, last = f"{alias}.tw_first", f"{alias}.tw_last"
    caps = (
        f"SELECT {alias}.*, unnest(CASE WHEN {last} - {first} + 1 >= {alias}.tw_n THEN range(0, {alias}.tw_n)"
        f" ELSE tw_run({first}, {last}) END) AS tw_bin FROM ({ends}) AS {alias}"
    )
    # a remainder in SQL keeps the sign, hence the second one
    ring = f"(({alias}.tw_bin % {alias}.tw_n) + {alias}.tw_n) % {alias}.tw_n"
    return (
        f"(SELECT {alias}.*, {alias}.tw_zone * {PER_ZONE} + {ring} AS tw_near FROM ({caps}) AS {alias}"
        f" WHERE {alias}.tw_bin IS NOT NULL) AS {alias}"
    )


def unit_vector(ra: str, dec: str) -> tuple[str, str, str]:
    """The point on the unit sphere, in SQL, of a position in degrees."""
    return f"tw_x({ra}, {dec})", f"tw_y({ra}, {dec})", f"tw_z({ra}, {dec})"


def real(number: float) -> str:
    """A number as float64 in SQL: without an exponent the engine would take it for a decimal, and be slow."""
    text = repr(float(number))
    return text if "e" in text else text + "e0"
