"""What an ADQL expression becomes: SQL text with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.faults import AdqlError

MOST_WORK = 100_000
"""How heavy an expression may be that writes parts of itself more than once."""

LONG_LIST, LONG_NAME = 2_100, 20


class Kind(StrEnum):
    """The families of types that ADQL tells apart; each message says them as they are spelt here."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "timestamp"
    NULL = "NULL"
    OTHER = "array"

    @property
    def is_number(self) -> bool:
        return self in {Kind.INTEGER, Kind.REAL, Kind.NULL}


def kind_of(column: Column) -> Kind:
    """The family a described column belongs to."""
    if column.is_text:
        return Kind.TIME if column.xtype == "timestamp" else Kind.TEXT
    if column.arraysize not in {"", "1"}:
        return Kind.OTHER
    return {
        "boolean": Kind.BOOLEAN,
        "bit": Kind.BOOLEAN,
        "float": Kind.REAL,
        "double": Kind.REAL,
        "unsignedByte": Kind.INTEGER,
        "short": Kind.INTEGER,
        "int": Kind.INTEGER,
        "long": Kind.INTEGER,
    }.get(column.datatype, Kind.OTHER)


@dataclass(frozen=True)
class Value:
    """One expression in the engine's SQL.

    sql : text, in parentheses where it needs them
    kind : the family of its type
    sources : SQL aliases of the tables it reads
    loose : columns (as SQL) read outside any aggregate; what GROUP BY has to cover
    field : the description, where it is a plain column of a table
    may_be_nan : whether NaN has to be reckoned with
    literal : the number or text itself, where it is one
    largest : for a column, its largest number, where that is known
    near : for a condition, that two points are near each other
    distance : for a number, the two points whose distance it is
    contained : for a number, the nearness that CONTAINS gave as 1 or 0
    weight : how many leaves the engine sees, about, where arguments are written out more than once
    is_repeated : whether they are anywhere in it
    """

    sql: str
    kind: Kind
    sources: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    field: Column | None = None
    may_be_nan: bool = False
    is_aggregate: bool = False
    literal: int | float | str | None = None
    largest: float | None = None
    near: Nearness | None = None
    distance: tuple[Point, Point] | None = None
    contained: Nearness | None = None
    weight: int = 1
    is_repeated: bool = False

    @property
    def compared(self) -> str:
        """The SQL to compare, count or average with: NaN is nobody's match, so it counts as NULL there.

        The engine by itself takes NaN for larger than every number and equal to itself.
        """
        if self.kind == Kind.REAL and self.may_be_nan:
            return f"tw_number({self.sql})"
        return self.sql


@dataclass(frozen=True)
class Point:
    """POINT: ICRS right ascension and declination in degrees."""

    ra: Value
    dec: Value

    @property
    def sources(self) -> frozenset[str]:
        return self.ra.sources | self.dec.sources

    @property
    def parts(self) -> tuple[Value, ...]:
        return (self.ra, self.dec)


@dataclass(frozen=True)
class Circle:
    """CIRCLE: centre and radius in degrees."""

    centre: Point
    radius: Value

    @property
    def parts(self) -> tuple[Value, ...]:
        return (*self.centre.parts, self.radius)


@dataclass(frozen=True)
class Polygon:
    """POLYGON or BOX.

    shape : SQL of the struct that `polygons` describes
    centre, radius : a circle around it, degrees
    points : its corners
    given : what it was made of
    corners : unit vectors, where it is constant
    facing : where it is constant, the direction it is seen from
    """

    shape: str
    centre: Point
    radius: Value
    points: tuple[Point, ...]
    given: tuple[Value, ...]
    corners: tuple[tuple[float, float, float], ...] = ()
    facing: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def parts(self) -> tuple[Value, ...]:
        return self.given


@dataclass(frozen=True)
class Nearness:
    """Point `a` is within `radius` degrees of point `b`; at the radius itself too, unless `strict`.

    also : SQL of what has to be true; the circle then only bounds a region of another form, to find candidates by
    read : what `also` is made of
    """

    a: Point
    b: Point
    radius: Value
    strict: bool = False
    also: str = ""
    read: tuple[Value, ...] = ()

    @property
    def sql(self) -> str:
        a, b = self.a, self.b
        sign = "<" if self.strict else "<="
        near = f"(tw_hav({a.ra.sql}, {a.dec.sql}, {b.ra.sql}, {b.dec.sql}) {sign} tw_cap({self.radius.sql}))"
        if not self.also:
            return near
        if not isinstance(self.radius.literal, float):
            return self.also
        # NULL where a position is missing, and the costly condition only where the cheap one holds
        return f"(CASE WHEN {near} THEN {self.also} WHEN NOT {near} THEN false END)"

    @property
    def parts(self) -> tuple[Value, ...]:
        return (*self.a.parts, *self.b.parts, self.radius, *self.read)


Region = Point | Circle | Polygon


def combined(sql: str, kind: Kind, *parts: Value, is_aggregate: bool = False, may_be_nan: bool | None = None) -> Value:
    """An expression made of others.

    Raises
    ------
    AdqlError
        It is too heavy: SQRT(SQRT(...)), where each writes its argument twice, doubles with every level.
    """
    weight, is_repeated = weighed(sql, parts)
    if is_repeated and weight > MOST_WORK:
        raise AdqlError("functions are nested too deeply here; compute the inner ones in a sub-query")
    return Value(
        sql=sql,
        kind=kind,
        sources=frozenset().union(*(part.sources for part in parts)),
        loose=frozenset() if is_aggregate else frozenset().union(*(part.loose for part in parts)),
        may_be_nan=any(part.may_be_nan for part in parts) if may_be_nan is None else may_be_nan,
        is_aggregate=is_aggregate or any(part.is_aggregate for part in parts),
        weight=weight,
        is_repeated=is_repeated,
    )


def weighed(sql: str, parts: tuple[Value, ...]) -> tuple[int, bool]:
    """The weight of an expression, and whether anything is repeated in it.

    A part that is more than a name counts as often as it is written. The engine writes the arguments of our macros out
    too: those of `tw_number` twice, those about positions a few times.
    """
    if len(parts) > LONG_LIST:
        # IN, AND, OR with thousands of parts write each of them once
        return sum(part.weight for part in parts), any(part.is_repeated for part in parts)
    weight, is_repeated = 1, False
    macros, numbers, nullifs = (sql.count(word) for word in ("tw_", "tw_number(", "nullif("))
    for part in parts:
        is_name = part.literal is not None or len(part.sql) <= LONG_NAME
        times = 1 if is_name else sql.count(part.sql)
        weight += times * part.weight
        is_repeated = is_repeated or times > 1 or part.is_repeated
        if not is_name:
            macros -= times * part.sql.count("tw_")
            numbers -= times * part.sql.count("tw_number(")
            nullifs -= times * part.sql.count("nullif(")
    factor = 8 if macros > max(numbers, 0) else 2 if numbers > 0 or nullifs > 0 else 1
    return weight * factor, is_repeated or factor > 1


def quoted(text: str) -> str:
    """A text literal in SQL."""
    return "'" + text.replace("'", "''") + "'"
