"""IN_UNIT: a column in another unit.

Source: ADQL 2.1, section 4.5; VOUnits 1.0.
"""

from __future__ import annotations

from tapwidget.ivoa.tapschema import Column
from tapwidget.server.adql.cells import real
from tapwidget.server.adql.values import Kind, Value, combined
from tapwidget.server.faults import AdqlError


def in_unit(arguments: list[Value]) -> Value:
    """IN_UNIT(column, 'unit').

    Raises
    ------
    AdqlError
        No unit is known for the value, or one is not to be had from the other by a factor.
    """
    if len(arguments) != 2 or not isinstance(arguments[1].literal, str):
        raise AdqlError("IN_UNIT takes a value and a unit in single quotes, such as IN_UNIT(coord_ra, 'rad')")
    value, target = arguments[0], str(arguments[1].literal)
    if not value.kind.is_number:
        raise AdqlError(f"IN_UNIT takes a number, not {value.kind}")
    if value.field is None or not value.field.unit:
        raise AdqlError(
            "IN_UNIT needs a column with a unit, or DISTANCE or AREA; the unit of an expression is not known"
        )
    factor = conversion(value.field.unit, target)
    converted = combined(f"(CAST({value.sql} AS DOUBLE) * {real(factor)})", Kind.REAL, value)
    field = Column("", "double", unit=target, ucd=value.field.ucd, description=value.field.description)
    return Value(converted.sql, converted.kind, converted.sources, converted.loose, field, converted.may_be_nan)


def conversion(source: str, target: str) -> float:
    """What to multiply with."""
    # Only a query that asks for it pays for loading these.
    from astropy import units

    known = []
    for text in (source, target):
        try:
            known.append(units.Unit(text, format="vounit", parse_strict="raise"))
        except (ValueError, TypeError):
            raise AdqlError(f"{text!r} is no unit of VOUnits that can be converted") from None
    try:
        factor = float(known[0].to(known[1]))
    except units.UnitConversionError:
        raise AdqlError(f"{source!r} cannot be converted to {target!r}") from None
    # a magnitude is no multiple of anything
    if any(isinstance(unit, units.FunctionUnitBase) or unit.is_equivalent(units.mag) for unit in known):
        raise AdqlError(f"{source!r} cannot be converted to {target!r} by a factor")
    return factor
