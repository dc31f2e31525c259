"""Conditions of nearness, rewritten so that nobody compares every row with every row.

`DISTANCE(a, b) < r` and `CONTAINS(a, CIRCLE(b, r)) = 1` between two tables become an equality of cells and the exact
condition. The table whose rows are repeated, one for each cell, is "expanded"; which of the two that may be follows
from the kind of join: the side whose rows an outer join keeps must not be repeated.
"""

from __future__ import annotations

from collections.abc import Collection
from math import asin, cos, degrees, radians, sin

from tapwidget.server.adql.cells import MOST_TURNED, SLACK, expanded, real, unit_vector
from tapwidget.server.adql.scope import Source
from tapwidget.server.adql.values import Nearness, Point, Value
from tapwidget.server.faults import AdqlError

SMALL_HEIGHT = 8.0 / 3600
"""Height of cells for small radii, in degrees: an object or a few a cell, also in a deep survey."""

BEYOND = 1e-9
"""What is added to the square of a chord that only tells which pairs to look at more closely."""

MOST_COMPARISONS = 4_000_000_000


def rewritten(near: Nearness, sources: Collection[Source], expandable: Collection[Source]) -> str:
    """The SQL of a condition; marks a source as expanded where that makes it an equi-join.

    Parameters
    ----------
    sources : the tables of this SELECT
    expandable : those of them whose rows may be repeated
    """
    local = {source.alias: source for source in sources}
    a, b = near.a.sources, near.b.sources
    if not a or not b:
        return cone(near)
    if len(a) > 1 or len(b) > 1 or a == b:
        return near.sql
    first, second = local.get(next(iter(a))), local.get(next(iter(b)))
    choice = chosen(near, first, second, [s for s in expandable if not s.expansion])
    if choice is None:
        refuse_if_quadratic(first, second)
        return near.sql
    inner, outer = (near.a, near.b) if choice is first else (near.b, near.a)
    other = second if choice is first else first
    radius = reach(near.radius, choice, other)
    if other is not None and is_stored(outer, other, near.radius):
        height: str | float = float(other.relation.cell_height)
        cell, *vector = (f"{other.alias}.{column}" for column in ("tw_cell", "tw_ux", "tw_uy", "tw_uz"))
    else:
        height = cell_height(near.radius, choice, other)
        written = height if isinstance(height, str) else real(height)
        cell, *vector = (
            f"tw_cell({outer.ra.sql}, {outer.dec.sql}, {written})",
            *unit_vector(outer.ra.sql, outer.dec.sql),
        )
        if other is not None:
            # computed once a row, not once a pair
            cell, *vector = (other.add(sql) for sql in (cell, *vector))
    choice.expansion = expanded(
        choice.relation.side_by_side, choice.alias, (inner.ra.sql, inner.dec.sql), radius, height
    )
    return f"({cell} = {choice.alias}.tw_near AND {within(near, vector, choice.alias)})"


def within(near: Nearness, vector: list[str], alias: str) -> str:
    """The condition on a pair in one cell: `vector` is of one of them, `alias` is the expanded table with the other."""
    chord = f"tw_chord({', '.join(vector)}, {alias}.tw_ux, {alias}.tw_uy, {alias}.tw_uz)"
    if near.also:
        return f"{chord} <= {alias}.tw_limit + {BEYOND!r} AND {near.sql}"
    limit = f"{alias}.tw_limit" if near.radius.sources == {alias} else f"4e0 * tw_cap({near.radius.sql})"
    return f"{chord} {'<' if near.strict else '<='} {limit}"


def chosen(near: Nearness, first: Source | None, second: Source | None, free: list[Source]) -> Source | None:
    """Which of the two tables to expand: the one that the radius comes from, else the one without stored cells, else
    the smaller one. A side that is None belongs to a query around this one, and cannot be expanded."""
    options = [source for source in (first, second) if source is not None and source in free]
    ours = {source.alias for source in (first, second) if source is not None}
    if not options or not near.radius.sources <= ours or len(near.radius.sources) > 1:
        return None
    for source in options:
        if source.alias in near.radius.sources:
            return source
    if len(options) == 1:
        return options[0]
    kept = {near.a.sources: near.a, near.b.sources: near.b}
    for source, other in ((options[0], options[1]), (options[1], options[0])):
        point, opposite = kept[frozenset({source.alias})], kept[frozenset({other.alias})]
        if is_stored(opposite, other, near.radius) and not is_stored(point, source, near.radius):
            return source
    return min(options, key=lambda source: source.relation.rows if source.relation.rows is not None else 10**12)


def is_stored(point: Point, source: Source, radius: Value) -> bool:
    """Whether the table has the cells of this very position as a column, and of a height that suits the radius."""
    largest_radius = radius.literal if isinstance(radius.literal, int | float) else radius.largest
    if source.relation.cell_of is None or largest_radius is None:
        return False
    ra, dec = (f"{source.alias}.{column}" for column in source.relation.cell_of)
    return (point.ra.sql, point.dec.sql) == (ra, dec) and largest_radius <= 2 * source.relation.cell_height


def reach(radius: Value, choice: Source, other: Source | None) -> str | float:
    """The radius as the expanded table can know it: its own, a constant, or the largest one of the other table."""
    if isinstance(radius.literal, int | float):
        return float(radius.literal)
    if not radius.sources or radius.sources == {choice.alias} or other is None:
        return radius.sql
    return largest(radius, other)


def cell_height(radius: Value, choice: Source, other: Source | None) -> str | float:
    """Height of cells that suits a radius: twice the (largest) radius, but not less than holds an object or a few."""
    if isinstance(radius.literal, int | float):
        return min(max(2 * float(radius.literal), SMALL_HEIGHT), 180.0)
    if not radius.sources:
        return f"greatest(2 * {radius.sql}, {SMALL_HEIGHT!r})"
    owner = choice if radius.sources == {choice.alias} or other is None else other
    return f"greatest(2 * {largest(radius, owner)}, {SMALL_HEIGHT!r})"


def largest(radius: Value, source: Source) -> str:
    return f"(SELECT max(tw_number({radius.sql})) FROM {source.relation.sql} AS {source.alias})"


def cone(near: Nearness) -> str:
    """A condition on one table. The band of declination lets the engine skip most of a table sorted by cells, and the
    band of right ascension most of what is left, before any sine is computed."""
    point, centre = (near.a, near.b) if near.a.sources else (near.b, near.a)
    ra, dec, radius = centre.ra.literal, centre.dec.literal, near.radius.literal
    if not isinstance(dec, int | float) or not isinstance(radius, int | float) or not point.sources:
        return near.sql
    low, high = max(dec - radius - SLACK, -90.0), min(dec + radius + SLACK, 90.0)
    band = f"{point.dec.sql} BETWEEN {real(low)} AND {real(high)}"
    if not isinstance(ra, int | float) or abs(ra) > MOST_TURNED or abs(dec) > 90:
        return f"({band} AND {near.sql})"
    side = meridians(point.ra.sql, float(ra) % 360, half_width(dec, radius))
    if near.also:
        return f"({band} AND {side} AND {near.sql})"
    pair = f"tw_pair({point.ra.sql}, {point.dec.sql}, {real(ra)}, {real(dec)}, {real(cos(radians(dec)))})"
    return f"({band} AND {side} AND {pair} {'<' if near.strict else '<='} tw_cap({near.radius.sql}))"


def half_width(dec: float, radius: float) -> float:
    """How far a cap reaches in right ascension, degrees; 180 where it comes near a pole."""
    if not abs(dec) + radius < 89.999:
        return 180.0
    return degrees(asin(min(1.0, sin(radians(max(radius, 0.0))) / cos(radians(dec))))) + SLACK


def meridians(ra: str, centre: float, half: float) -> str:
    """The band of right ascension. What is not from 0 to 360 is another name of a place there, and stays."""
    low, high = centre - half, centre + half
    turned = f"{ra} BETWEEN {real(-MOST_TURNED)} AND 0e0 OR {ra} BETWEEN 360e0 AND {real(MOST_TURNED)}"
    if half >= 180:
        return f"{ra} BETWEEN {real(-MOST_TURNED)} AND {real(MOST_TURNED)}"
    if low < 0 or high >= 360:
        return f"({ra} BETWEEN {real(low % 360)} AND 360e0 OR {ra} BETWEEN 0e0 AND {real(high % 360)} OR {turned})"
    return f"({ra} BETWEEN {real(low)} AND {real(high)} OR {turned})"


def refuse_if_quadratic(first: Source | None, second: Source | None) -> None:
    rows = [source.relation.rows for source in (first, second) if source is not None and source.relation.rows]
    if len(rows) == 2 and rows[0] * rows[1] > MOST_COMPARISONS:
        raise AdqlError(
            f"this nearness would compare {rows[0]} x {rows[1]} rows one by one; write it as "
            "a JOIN b ON DISTANCE(POINT(a.ra, a.dec), POINT(b.ra, b.dec)) < radius, with an inner or left join"
        )
