"""Arithmetic of constants, done before the engine sees them."""

from __future__ import annotations

import math
import operator

from tapwidget.server.adql.cells import real
from tapwidget.server.adql.values import Kind, Value

INT64 = 2**63


def fold(sign: str, left: Value, right: Value) -> Value | None:
    """Arithmetic of two constants, done here, so that 1.0/3600 is as good a radius as a literal; None for others."""
    a, b = left.literal, right.literal
    if not isinstance(a, int | float) or not isinstance(b, int | float) or (sign == "/" and b == 0):
        return None
    if isinstance(a, int) and isinstance(b, int):
        number = {"+": a + b, "-": a - b, "*": a * b, "/": abs(a) // abs(b or 1) * (1 if a * b >= 0 else -1)}[sign]
        if not -INT64 < number < INT64:
            return None
        return Value(f"({number})" if number < 0 else str(number), Kind.INTEGER, literal=number)
    function = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[sign]
    try:
        result = float(function(float(a), float(b)))
    except OverflowError:
        return None
    if not math.isfinite(result):
        return None
    return Value(f"({real(result)})", Kind.REAL, literal=result)
