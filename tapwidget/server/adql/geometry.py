"""POINT, CIRCLE, DISTANCE, CONTAINS and their kin.

Positions are ICRS degrees. A coordinate system may be written as first argument, as ADQL 2.0 wants it, or left out, as
ADQL 2.1 recommends; one other than ICRS is refused, since nothing here converts.

Source: ADQL 2.1, section 4.1 (geometrical functions).
"""

from __future__ import annotations

import math
from dataclasses import replace

from tapwidget.server.adql.values import Circle, Kind, Nearness, Point, Region, Value, combined
from tapwidget.server.faults import AdqlError

GEOMETRY = frozenset({"POINT", "CIRCLE"})
NUMBERS = frozenset({"DISTANCE", "CONTAINS", "INTERSECTS", "AREA", "COORD1", "COORD2", "COORDSYS"})
NOT_YET = frozenset({"POLYGON", "BOX", "REGION", "CENTROID", "IN_UNIT"})
FULL_SKY = 4 * math.pi * math.degrees(1) ** 2

Argument = Value | Region


def region(name: str, arguments: list[Argument]) -> Region:
    """POINT(...) or CIRCLE(...)."""
    arguments = without_system(name, arguments)
    if name == "POINT":
        ra, dec = numbers(name, arguments, 2)
        return Point(ra, dec)
    if len(arguments) == 2 and isinstance(arguments[0], Point):
        centre = arguments[0]
        (radius,) = numbers(name, arguments[1:], 1)
    else:
        ra, dec, radius = numbers(name, arguments, 3)
        centre = Point(ra, dec)
    if isinstance(radius.literal, int | float) and radius.literal < 0:
        raise AdqlError("the radius of a CIRCLE cannot be negative")
    return Circle(centre, radius)


def number(name: str, arguments: list[Argument]) -> Value:
    """A geometrical function whose answer is a number (or a text, COORDSYS)."""
    if name == "DISTANCE":
        return distance(arguments)
    if name in {"CONTAINS", "INTERSECTS"}:
        return contained(name, arguments)
    if len(arguments) != 1 or isinstance(arguments[0], Value):
        raise AdqlError(f"{name} takes one geometry")
    shape = arguments[0]
    if name == "AREA":
        if isinstance(shape, Point):
            return Value("0e0", Kind.REAL, literal=0.0)
        # 2 pi (1 - cos r) without the loss of digits that 1 - cos has for a small radius
        return combined(f"({FULL_SKY!r}e0 * pow(sin(radians({shape.radius.sql}) / 2), 2))", Kind.REAL, *shape.parts)
    if name == "COORDSYS":
        return Value("'ICRS'", Kind.TEXT, literal="ICRS")
    if not isinstance(shape, Point):
        raise AdqlError(f"{name} takes a POINT")
    return shape.ra if name == "COORD1" else shape.dec


def distance(arguments: list[Argument]) -> Value:
    """DISTANCE(point, point) or DISTANCE(ra1, dec1, ra2, dec2), in degrees."""
    if len(arguments) == 4:
        ra1, dec1, ra2, dec2 = numbers("DISTANCE", arguments, 4)
        a, b = Point(ra1, dec1), Point(ra2, dec2)
    elif len(arguments) == 2 and isinstance(arguments[0], Point) and isinstance(arguments[1], Point):
        a, b = arguments[0], arguments[1]
    else:
        raise AdqlError("DISTANCE takes two POINTs, or four numbers: ra1, dec1, ra2, dec2")
    sql = f"tw_distance({a.ra.sql}, {a.dec.sql}, {b.ra.sql}, {b.dec.sql})"
    return replace(combined(sql, Kind.REAL, *a.parts, *b.parts, may_be_nan=False), distance=(a, b))


def contained(name: str, arguments: list[Argument]) -> Value:
    """CONTAINS or INTERSECTS: 1 where it is so, 0 where not, NULL where a position is missing."""
    shapes = [argument for argument in arguments if not isinstance(argument, Value)]
    if len(arguments) != 2 or len(shapes) != 2:
        raise AdqlError(f"{name} takes two geometries, such as POINT(ra, dec), CIRCLE(ra, dec, radius)")
    first, second = shapes
    if name == "INTERSECTS" and isinstance(second, Point):
        first, second = second, first
    near = nearness(name, first, second)
    return replace(
        combined(f"CAST({near.sql} AS INTEGER)", Kind.INTEGER, *near.parts, may_be_nan=False), contained=near
    )


def nearness(name: str, first: Region, second: Region) -> Nearness:
    if isinstance(first, Point) and isinstance(second, Circle):
        return Nearness(first, second.centre, second.radius)
    if isinstance(first, Point) and isinstance(second, Point):
        return Nearness(first, second, Value("0e0", Kind.REAL, literal=0.0))
    if isinstance(first, Circle) and isinstance(second, Circle):
        sign = "+" if name == "INTERSECTS" else "-"
        sql = f"({second.radius.sql} {sign} {first.radius.sql})"
        return Nearness(first.centre, second.centre, combined(sql, Kind.REAL, first.radius, second.radius))
    raise AdqlError(f"{name} asks whether its first geometry lies in its second; no CIRCLE lies in a POINT")


def without_system(name: str, arguments: list[Argument]) -> list[Argument]:
    """The arguments after the coordinate system, which must be ICRS or empty."""
    if not arguments or not isinstance(arguments[0], Value) or arguments[0].kind not in {Kind.TEXT, Kind.NULL}:
        return arguments
    system = arguments[0].literal
    if arguments[0].kind == Kind.TEXT and not isinstance(system, str):
        raise AdqlError(f"the coordinate system of {name} must be a text such as 'ICRS'")
    if isinstance(system, str) and system.strip() and system.split()[0].upper() not in {"ICRS", "UNKNOWNFRAME"}:
        raise AdqlError(f"{name} in {system}: positions are ICRS here, and nothing is converted between systems")
    return arguments[1:]


def numbers(name: str, arguments: list[Argument], how_many: int) -> list[Value]:
    """The arguments as float64 numbers."""
    if len(arguments) != how_many:
        forms = {"POINT": "ra, dec", "CIRCLE": "ra, dec, radius (degrees), or a POINT and a radius"}
        raise AdqlError(f"{name} takes {forms.get(name, f'{how_many} numbers')}; it got {len(arguments)} arguments")
    result = []
    for argument in arguments:
        if not isinstance(argument, Value) or not argument.kind.is_number:
            said = argument.kind if isinstance(argument, Value) else "a geometry"
            raise AdqlError(f"{name} takes numbers in degrees, not {said}")
        is_double = argument.field is not None and argument.field.datatype == "double"
        is_real = isinstance(argument.literal, float)
        result.append(argument if is_double or is_real else replace(argument, sql=f"CAST({argument.sql} AS DOUBLE)"))
    return result
