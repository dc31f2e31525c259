"""Two values compared: made of one type, or seen to say that two points are near each other."""

from __future__ import annotations

from dataclasses import replace

from tapwidget.server.adql.values import Kind, Nearness, Value
from tapwidget.server.faults import AdqlError

MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def nearness(sign: str, left: Value, right: Value) -> Nearness | None:
    """The nearness that `left sign right` states, if it is one."""
    if left.contained is not None and sign == "=" and right.literal == 1:
        return left.contained
    if left.distance is not None and sign in {"<", "<="} and right.kind.is_number:
        is_double = right.field is not None and right.field.datatype == "double"
        if not is_double and not isinstance(right.literal, float):
            right = replace(right, sql=f"CAST({right.sql} AS DOUBLE)")
        return Nearness(*left.distance, right, strict=sign == "<")
    return None


def alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Two values made comparable.

    Raises
    ------
    AdqlError
        A number with a text, for instance: the engine would try to read the text as a number, and fail on some row.
    """
    kinds = {left.kind, right.kind}
    if Kind.OTHER in kinds:
        raise AdqlError("an array cannot be compared")
    if len(kinds) == 1 or Kind.NULL in kinds or kinds == {Kind.INTEGER, Kind.REAL}:
        return left, right
    if kinds == {Kind.TIME, Kind.TEXT}:
        return as_type(left, Kind.TIME, "TIMESTAMP"), as_type(right, Kind.TIME, "TIMESTAMP")
    if kinds == {Kind.BOOLEAN, Kind.INTEGER}:
        return as_type(left, Kind.INTEGER, "INTEGER"), as_type(right, Kind.INTEGER, "BIGINT")
    if kinds == {Kind.BOOLEAN, Kind.TEXT}:
        for value in (left, right):
            if value.kind == Kind.TEXT and str(value.literal).lower() not in {"true", "false", "t", "f", "1", "0"}:
                raise AdqlError("a boolean is compared with 1, 0, 'true' or 'false'")
        return as_type(left, Kind.BOOLEAN, "BOOLEAN"), as_type(right, Kind.BOOLEAN, "BOOLEAN")
    raise AdqlError(f"cannot compare {left.kind} with {right.kind}; CAST makes them one type")


def as_type(value: Value, kind: Kind, sql_type: str) -> Value:
    return value if value.kind == kind else replace(value, sql=f"CAST({value.sql} AS {sql_type})", kind=kind)
