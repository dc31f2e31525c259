"""Regions of the sky: POINT, CIRCLE, BOX, POLYGON, REGION, CENTROID; and columns that hold one.

Positions are ICRS degrees. A coordinate system may be written as first argument, as ADQL 2.0 wants it, or left out, as
ADQL 2.1 recommends; one other than ICRS is refused, since nothing here converts.

Source: ADQL 2.1, section 4.2; DALI 1.1, section 3.3 (values with an xtype).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql import polygons
from tapwidget.server.adql.cells import real
from tapwidget.server.adql.values import Circle, Kind, Point, Polygon, Region, Value, combined
from tapwidget.server.faults import AdqlError

FORMS = {
    "POINT": "ra, dec",
    "CIRCLE": "ra, dec, radius (degrees), or a POINT and a radius",
    "BOX": "ra, dec, width, height (degrees), or a POINT, width, height",
    "POLYGON": "three or more corners: ra1, dec1, ra2, dec2, ..., or POINTs",
}
GEOMETRY = frozenset({*FORMS, "REGION", "CENTROID"})

Argument = Value | Region


def region(name: str, arguments: list[Argument]) -> Region:
    """The region that a function makes.

    Raises
    ------
    AdqlError
        Arguments that make none.
    """
    if name == "REGION":
        return written_out(arguments)
    arguments = [as_region(argument) for argument in arguments]
    if name == "CENTROID":
        return centroid(arguments)
    arguments = without_system(name, arguments)
    values = numbers(name, flat(arguments))
    fewest, most = {"POINT": (2, 2), "CIRCLE": (3, 3), "BOX": (4, 4)}.get(name, (6, 2 * polygons.MOST_CORNERS))
    if not fewest <= len(values) <= most or len(values) % 2 != fewest % 2:
        raise AdqlError(f"{name} takes {FORMS[name]}; it got {len(arguments)} argument{'s' * (len(arguments) != 1)}")
    first = Point(values[0], values[1])
    if name == "POINT":
        return first
    if name == "CIRCLE":
        if is_negative(values[2]):
            raise AdqlError("the radius of a CIRCLE cannot be negative")
        return Circle(first, values[2])
    if name == "BOX":
        return box(first, values[2], values[3])
    points = tuple(Point(ra, dec) for ra, dec in zip(values[::2], values[1::2], strict=True))
    known = [literal_point(point) for point in points]
    if all(position is not None for position in known):
        return constant([polygons.vector(*position) for position in known if position is not None], points, values)
    return of_columns(f"[{', '.join(f'tw_vector({p.ra.sql}, {p.dec.sql})' for p in points)}]", points, values)


def box(centre: Point, width: Value, height: Value) -> Polygon:
    """A BOX: great circles at right angles to the arms of a cross around the centre, as ADQL 2.1 defines it. So width
    and height are degrees on the sky, and not differences of coordinates."""
    given = [*centre.parts, width, height]
    sizes = [size.literal for size in (width, height)]
    for size in sizes:
        if isinstance(size, int | float) and not 0 <= size < 180:
            raise AdqlError("width and height of a BOX are from 0 to less than 180 degrees")
    sql = f"tw_box({', '.join(value.sql for value in given)})"
    points = tuple(
        Point(part(f"tw_ra_of(({sql})[{i}])", *given), part(f"tw_dec_of(({sql})[{i}])", *given)) for i in range(1, 5)
    )
    position = literal_point(centre)
    width_literal, height_literal = sizes
    if position and isinstance(width_literal, int | float) and isinstance(height_literal, int | float):
        return constant(polygons.box_corners(*position, width_literal, height_literal), points, given)
    bound = part(f"tw_box_bound({width.sql}, {height.sql})", width, height)
    return Polygon(f"tw_polygon({sql})", centre, bound, points, tuple(given))


def constant(corners: Sequence[polygons.Vector], points: tuple[Point, ...], given: list[Value]) -> Polygon:
    facing = polygons.facing(corners)
    if facing is None:
        raise AdqlError("a POLYGON must fit into half of the sky")
    x, y, z = facing
    centre = Point(
        degrees(math.degrees(math.atan2(y, x)) % 360), degrees(math.degrees(math.atan2(z, math.hypot(x, y))))
    )
    radius = degrees(polygons.bound(corners, facing))
    return Polygon(polygons.literal(corners, facing), centre, radius, points, tuple(given), tuple(corners), facing)


def of_columns(vectors: str, points: tuple[Point, ...], given: list[Value]) -> Polygon:
    """A polygon that each row has one of its own of. NULL in a row where it does not fit into half of the sky."""
    # the circle around it has its middle in the first corner: larger than need be, but plain columns
    first = points[0]
    away = (f"tw_distance({first.ra.sql}, {first.dec.sql}, {p.ra.sql}, {p.dec.sql})" for p in points[1:])
    bound = part(f"tw_bound(greatest({', '.join(away)}))", *given)
    return Polygon(f"tw_polygon({vectors})", first, bound, points, tuple(given))


def centroid(arguments: list[Argument]) -> Point:
    if len(arguments) != 1 or isinstance(arguments[0], Value):
        raise AdqlError("CENTROID takes one geometry")
    shape = arguments[0]
    if isinstance(shape, Point):
        return shape
    if isinstance(shape, Circle):
        return shape.centre
    sql = f"tw_centroid({shape.shape})"
    return Point(part(f"tw_ra_of({sql})", *shape.parts), part(f"tw_dec_of({sql})", *shape.parts))


def written_out(arguments: list[Argument]) -> Region:
    """REGION('CIRCLE ICRS 10 20 1'): a constant region in the words of STC-S (ADQL 2.0; its simple forms)."""
    text = arguments[0].literal if len(arguments) == 1 and isinstance(arguments[0], Value) else None
    if not isinstance(text, str):
        raise AdqlError("REGION takes a text such as 'CIRCLE ICRS 10 20 1'")
    name, *rest = text.split() or [""]
    name = {"POSITION": "POINT"}.get(name.upper(), name.upper())
    words = [word for word in rest if not is_number(word)]
    numerals = [degrees(float(word)) for word in rest if is_number(word)]
    known = {"ICRS", "GEOCENTER", "BARYCENTER", "TOPOCENTER", "UNKNOWNREFPOS", "SPHERICAL2", "UNKNOWNFRAME"}
    if name not in FORMS or not {word.upper() for word in words} <= known:
        raise AdqlError(
            f"REGION('{text[:80]}') is not supported: POSITION, CIRCLE, BOX and POLYGON in ICRS degrees are"
        )
    return region(name, list(numerals))


def as_region(argument: Argument) -> Argument:
    """A column of points, circles or polygons as the region it holds; everything else as it is."""
    if not isinstance(argument, Value) or argument.field is None or argument.kind != Kind.OTHER:
        return argument
    size = int(argument.field.arraysize) if argument.field.arraysize.isdigit() else 0
    name = argument.field.xtype.upper()
    if (name, size) not in {("POINT", 2), ("CIRCLE", 3)} and not (name == "POLYGON" and size >= 6):
        return argument
    parts = [part(f"({argument.sql})[{i}]", argument) for i in range(1, size + 1)]
    return region(name, list(parts))


def selected(shape: Region) -> Value:
    """A region as a column of an answer: an array of degrees with its xtype; NaN where a number is missing."""
    if isinstance(shape, Point):
        name, values = "point", list(shape.parts)
    elif isinstance(shape, Circle):
        name, values = "circle", list(shape.parts)
    else:
        name, values = "polygon", [value for point in shape.points for value in point.parts]
    items = ", ".join(f"coalesce(CAST({value.sql} AS DOUBLE), CAST('nan' AS DOUBLE))" for value in values)
    field = Column("", "double", str(len(values)), name, unit="deg")
    return replace(combined(f"array_value({items})", Kind.OTHER, *shape.parts), field=field)


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


def flat(arguments: Sequence[Argument]) -> list[Argument]:
    """The arguments with every POINT as its two numbers."""
    result: list[Argument] = []
    for argument in arguments:
        result += argument.parts if isinstance(argument, Point) else [argument]
    return result


def numbers(name: str, arguments: Sequence[Argument]) -> list[Value]:
    """The arguments as float64 numbers."""
    result = []
    for argument in arguments:
        if not isinstance(argument, Value) or not argument.kind.is_number:
            said = argument.kind if isinstance(argument, Value) else "a geometry"
            raise AdqlError(f"{name} takes numbers in degrees, not {said}")
        is_double = argument.field is not None and argument.field.datatype == "double"
        is_real = isinstance(argument.literal, float)
        result.append(argument if is_double or is_real else replace(argument, sql=f"CAST({argument.sql} AS DOUBLE)"))
    return result


def part(sql: str, *parts: Value) -> Value:
    return combined(sql, Kind.REAL, *parts)


def degrees(value: float) -> Value:
    return Value(real(value), Kind.REAL, literal=value)


def literal_point(point: Point) -> tuple[float, float] | None:
    ra, dec = point.ra.literal, point.dec.literal
    if not isinstance(ra, int | float) or not isinstance(dec, int | float):
        return None
    if not -90 <= dec <= 90:
        raise AdqlError(f"there is no declination {dec}")
    return float(ra), float(dec)


def is_negative(value: Value) -> bool:
    return isinstance(value.literal, int | float) and value.literal < 0


def is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False
