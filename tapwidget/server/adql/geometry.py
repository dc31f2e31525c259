"""What is asked of regions: DISTANCE, CONTAINS, INTERSECTS, AREA, coordinates.

Source: ADQL 2.1, section 4.2 (geometrical functions).
"""

from __future__ import annotations

import math
from dataclasses import replace

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql import polygons
from tapwidget.server.adql.regions import GEOMETRY, Argument, as_region, degrees, numbers, part, region, selected
from tapwidget.server.adql.values import Circle, Kind, Nearness, Point, Polygon, Region, Value, combined
from tapwidget.server.faults import AdqlError

NUMBERS = frozenset({"DISTANCE", "CONTAINS", "INTERSECTS", "AREA", "COORD1", "COORD2", "COORDSYS"})
FULL_SKY = 4 * math.pi * math.degrees(1) ** 2


def number(name: str, arguments: list[Argument]) -> Value:
    """A geometrical function whose answer is a number (or a text, COORDSYS)."""
    arguments = [as_region(argument) for argument in arguments]
    if name == "DISTANCE":
        return distance(arguments)
    if name in {"CONTAINS", "INTERSECTS"}:
        return contained(name, arguments)
    if len(arguments) != 1 or isinstance(arguments[0], Value):
        raise AdqlError(f"{name} takes one geometry")
    shape = arguments[0]
    if name == "AREA":
        return area(shape)
    if name == "COORDSYS":
        return Value("'ICRS'", Kind.TEXT, literal="ICRS")
    if not isinstance(shape, Point):
        raise AdqlError(f"{name} takes a POINT")
    return shape.ra if name == "COORD1" else shape.dec


def area(shape: Region) -> Value:
    """Square degrees."""
    if isinstance(shape, Point):
        return Value("0e0", Kind.REAL, literal=0.0)
    if isinstance(shape, Circle):
        # 2 pi (1 - cos r) without the loss of digits that 1 - cos has for a small radius
        sql = f"({FULL_SKY!r}e0 * pow(sin(radians({shape.radius.sql}) / 2), 2))"
    else:
        sql = f"tw_area({shape.shape})"
    field = Column("", "double", unit="deg2", ucd="phys.angArea")
    return replace(combined(sql, Kind.REAL, *shape.parts), field=field)


def distance(arguments: list[Argument]) -> Value:
    """DISTANCE(point, point) or DISTANCE(ra1, dec1, ra2, dec2), in degrees."""
    if len(arguments) == 4:
        ra1, dec1, ra2, dec2 = numbers("DISTANCE", arguments)
        a, b = Point(ra1, dec1), Point(ra2, dec2)
    elif len(arguments) == 2 and isinstance(arguments[0], Point) and isinstance(arguments[1], Point):
        a, b = arguments[0], arguments[1]
    else:
        raise AdqlError("DISTANCE takes two POINTs, or four numbers: ra1, dec1, ra2, dec2")
    sql = f"tw_distance({a.ra.sql}, {a.dec.sql}, {b.ra.sql}, {b.dec.sql})"
    value = combined(sql, Kind.REAL, *a.parts, *b.parts, may_be_nan=False)
    return replace(value, distance=(a, b), field=Column("", "double", unit="deg", ucd="pos.angDistance"))


def contained(name: str, arguments: list[Argument]) -> Value:
    """CONTAINS or INTERSECTS: 1 where it is so, 0 where not, NULL where a position is missing."""
    shapes = [argument for argument in arguments if not isinstance(argument, Value)]
    if len(arguments) != 2 or len(shapes) != 2:
        raise AdqlError(f"{name} takes two geometries, such as POINT(ra, dec), CIRCLE(ra, dec, radius)")
    near = relation(name, *shapes)
    value = combined(f"CAST({near.sql} AS INTEGER)", Kind.INTEGER, *near.parts, may_be_nan=False)
    return replace(value, contained=near)


def relation(name: str, first: Region, second: Region) -> Nearness:
    """How two regions lie, as nearness of their middles and what has to be true besides."""
    if name == "INTERSECTS" and isinstance(second, Point):
        first, second = second, first
    if isinstance(second, Point):
        if isinstance(first, Point):
            return Nearness(first, second, Value("0e0", Kind.REAL, literal=0.0))
        form = type(first).__name__.upper()
        raise AdqlError(f"{name} asks whether its first geometry lies in its second; no {form} lies in a POINT")
    if isinstance(first, Point):
        if isinstance(second, Circle):
            return Nearness(first, second.centre, second.radius)
        return Nearness(first, second.centre, second.radius, also=inside(first, second))
    touches = name == "INTERSECTS"
    if isinstance(first, Circle) and isinstance(second, Circle):
        sign = "+" if touches else "-"
        return Nearness(first.centre, second.centre, joined(first.radius, sign, second.radius))
    if isinstance(first, Polygon) and isinstance(second, Polygon):
        also = f"tw_polygon{'s_touch' if touches else '_inside'}({first.shape}, {second.shape})"
        return bounded(first, second, also, touches=touches)
    if isinstance(first, Polygon):
        assert isinstance(second, Circle)
        if touches:
            return relation(name, second, first)
        also = f"tw_inside_circle({first.shape}, {vector(second.centre)}, {second.radius.sql})"
    else:
        assert isinstance(second, Polygon)
        how = "touches" if touches else "inside"
        also = f"tw_circle_{how}({second.shape}, {vector(first.centre)}, {first.radius.sql})"
    return bounded(first, second, also, touches=touches)


def bounded(first: Circle | Polygon, second: Circle | Polygon, also: str, *, touches: bool) -> Nearness:
    """The nearness of the middles that follows: of what lies in a region smaller than half the sky, the middle does."""
    radius = joined(first.radius, "+", second.radius) if touches else second.radius
    if isinstance(radius.literal, int | float):
        radius = degrees(radius.literal if radius.literal < 89 else 180.0)
    else:
        radius = replace(radius, sql=f"CASE WHEN {radius.sql} < 89e0 THEN {radius.sql} ELSE 180e0 END")
    given = tuple(dict.fromkeys((*first.parts, *second.parts)))
    return Nearness(first.centre, second.centre, radius, also=also, read=given)


def joined(a: Value, sign: str, b: Value) -> Value:
    if sign == "-":
        a, b = b, a
    x, y = a.literal, b.literal
    literal = None
    if isinstance(x, int | float) and isinstance(y, int | float):
        literal = float(x + y if sign == "+" else x - y)
    return replace(part(f"({a.sql} {sign} {b.sql})", a, b), literal=literal)


def inside(point: Point, polygon: Polygon) -> str:
    if polygon.corners:
        return polygons.constant_inside(polygon.corners, polygon.facing, point.ra.sql, point.dec.sql)
    return f"tw_inside({polygon.shape}, {vector(point)})"


def vector(point: Point) -> str:
    return f"tw_vector({point.ra.sql}, {point.dec.sql})"


__all__ = ["GEOMETRY", "NUMBERS", "Argument", "number", "region", "selected"]
