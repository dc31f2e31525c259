"""How far apart a pair may be: one angle for all, a column of the upload, or the errors of both positions.

    SkyMatch(..., radius=1 * u.arcsec)
    SkyMatch(..., radius=RadiusColumn("size", unit="arcmin", factor=0.5))
    SkyMatch(..., radius=PositionErrors(5, mine=("raErr", "decErr"), theirs=("coord_raErr", "coord_decErr")))

A service gets one number in every case, the largest radius that can occur: that is what every service takes, and what
Rubin's can partition an upload by. Pairs beyond the radius of their own row are left out here, from the separation in
float64. Every comparison is strict: separation < radius.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy import units as u
from numpy.typing import NDArray

from tapwidget.errors import MatchError
from tapwidget.match.adql_text import as_number, close_names

Radii = NDArray[np.float64]
PER_DEGREE = {u.deg: 1.0, u.arcmin: 60.0, u.arcsec: 3600.0, u.mas: 3.6e6}


@dataclass(frozen=True)
class RadiusColumn:
    """Each row of the upload has its own radius: the value of `column` times `factor`.

    `unit` is the angle that the column is in ("arcsec", "deg", "mas"); None for the unit that the column itself has.
    A row whose radius is missing, zero or negative has no counterpart.

    Raises
    ------
    MatchError
        If the column has no name, the unit is no angle, or the factor is not above 0.
    """

    column: str
    unit: str | None = None
    factor: float = 1.0

    def __post_init__(self) -> None:
        _check_names((self.column,), "A radius")
        object.__setattr__(self, "unit", _unit_name(self.unit))
        object.__setattr__(self, "factor", _positive(self.factor, "The factor of a radius"))

    def __str__(self) -> str:
        return self.column if self.factor == 1 else f"{self.factor:g} x {self.column}"


@dataclass(frozen=True)
class PositionErrors:
    """A pair may be `k` times its combined error apart: the root of the sum of the squares of all error columns named.

    Parameters
    ----------
    k : float
        How many times the combined error.
    mine, theirs : str or sequence of str
        Columns with the errors of the position: of the upload, of the target. One a side, or one for each coordinate;
        either side may have none. Errors in RA are taken as arcs on the sky (they include cos Dec).
    limit : angle
        The largest separation that is looked for at all, a number in arcsec, as no service tells beforehand how large
        the target's errors are.
    unit, their_unit : str, optional
        The angle that the columns of either side are in; None for the unit that each column itself has.

    A pair one of whose errors is missing or negative is none.

    Raises
    ------
    MatchError
        If no column is named, a unit is no angle, or `k` or `limit` are not above 0.
    """

    k: float
    mine: str | tuple[str, ...] = ()
    theirs: str | tuple[str, ...] = ()
    limit: Any = 10.0
    unit: str | None = None
    their_unit: str | None = None

    def __post_init__(self) -> None:
        for side in ("mine", "theirs"):
            names = getattr(self, side)
            names = (names,) if isinstance(names, str) else tuple(names)
            _check_names(names, "A radius from errors")
            object.__setattr__(self, side, tuple(name for name in names if name))
        if not self.mine and not self.theirs:
            raise MatchError("A radius from errors needs the columns of them: mine=, theirs= or both.")
        object.__setattr__(self, "k", _positive(self.k, "k, the number of combined errors,"))
        object.__setattr__(self, "limit", degrees(angle(self.limit)) * 3600)
        object.__setattr__(self, "unit", _unit_name(self.unit))
        object.__setattr__(self, "their_unit", _unit_name(self.their_unit))

    def __str__(self) -> str:
        return f"{self.k:g} x the errors {', '.join((*self.mine, *self.theirs))} (up to {self.limit:g} arcsec)"


RowRadius = RadiusColumn | PositionErrors


def arcsec(values: Any, unit: str | None, name: str) -> Radii:
    """A column of angles in arcsec, NaN where a value is missing; `unit` None takes the column's own.

    Raises
    ------
    MatchError
        Where the column has no unit and none is given, or holds no angles or no numbers.
    """
    scale = in_arcsec(unit or getattr(values, "unit", None), name)
    data = np.ma.asarray(values)
    if data.dtype.kind not in "iuf" or data.ndim != 1:
        raise MatchError(f"The column {name} holds no numbers, so it cannot be a radius or an error. Name another.")
    return np.asarray(np.ma.filled(data.astype(np.float64), np.nan)) * scale


def in_arcsec(unit: Any, name: str) -> float:
    """The size in arcsec of the unit that the column `name` is in; MatchError where it is none of an angle."""
    if unit is None or not str(unit):
        raise MatchError(f"The column {name} has no unit: say which angle its values are in (arcsec, deg, mas ...).")
    known = u.Unit(unit, parse_strict="silent")
    if known.physical_type != "angle":
        raise MatchError(f"The column {name} is in {known}, which is no angle. Name another column, or give its unit.")
    per_degree = PER_DEGREE.get(known)
    return 3600 / per_degree if per_degree else float(known.to(u.arcsec))


def own_radii(radius: RowRadius, table: Any) -> Radii:
    """For each row of the user's table, arcsec: its radius; for errors, k times the combined error of its side.

    NaN where it is missing, or where no separation can be below it.
    """
    if isinstance(radius, RadiusColumn):
        values = arcsec(_column(table, radius.column), radius.unit, radius.column) * radius.factor
        return np.where(np.isfinite(values) & (values > 0), values, np.nan)
    squares = np.zeros(len(table))
    for name in radius.mine:
        squares += _square(arcsec(_column(table, name), radius.unit, name))
    return radius.k * np.sqrt(squares)


def combined(radius: PositionErrors, own: Radii, theirs: Iterable[tuple[str, Any]]) -> Radii:
    """The radius of each pair, arcsec, from that of its row (`own_radii`) and the target's errors, (name, values)."""
    squares = np.square(own / radius.k)
    for name, values in theirs:
        squares = squares + _square(arcsec(values, radius.their_unit, name))
    return radius.k * np.sqrt(squares)


def largest(radius: RowRadius, own: Radii) -> float:
    """The largest radius that any pair can have, in arcsec.

    Raises
    ------
    MatchError
        Where no row has a radius.
    """
    if not np.isfinite(own).any():
        columns = radius.column if isinstance(radius, RadiusColumn) else ", ".join(radius.mine)
        raise MatchError(
            f"No row of your table that has a position has a radius: there every value of {columns} is missing, zero "
            "or negative."
        )
    most = float(np.nanmax(own))
    if isinstance(radius, PositionErrors):
        most = radius.limit if radius.theirs else min(most, radius.limit)
    if most > 180 * 3600:
        raise MatchError(
            f"The radius of row {int(np.nanargmax(own))} of your table ({radius}) is {most / 3600:g} deg; no two "
            "positions are more than 180 degrees apart. Is the unit of the column right?"
        )
    return most


def _square(errors: Radii) -> Radii:
    """Squares; NaN for an error that is none."""
    return np.where(errors >= 0, np.square(errors), np.nan)


def _column(table: Any, name: str) -> Any:
    if name not in table.colnames:
        raise MatchError(
            f"Your table has no column {name!r} to take the radius from.{close_names(name, table.colnames)}"
        )
    return table[name]


def angle(radius: Any) -> Any:
    """The radius as a scalar Quantity in an angle's unit; a number is in arcsec."""
    if isinstance(radius, str):
        try:
            radius = u.Quantity(radius)
        except (TypeError, ValueError) as error:
            raise MatchError(
                f"The radius {radius!r} is not an angle. Write it as '1 arcsec' or '0.00027 deg'."
            ) from error
        if radius.unit == u.dimensionless_unscaled:
            radius = radius.value
    if not isinstance(radius, u.Quantity):
        return as_number(radius, "The radius") * u.arcsec
    if radius.unit.physical_type != "angle":
        raise MatchError(f"The radius {radius} is not an angle. Give it in arcsec, arcmin or deg.")
    if not radius.isscalar:
        raise MatchError(f"The radius has {radius.size} values; a match takes one radius for all rows.")
    return as_number(radius.value, "The radius") * radius.unit


def degrees(radius: Any) -> float:
    """In degrees, divided rather than multiplied, so that 36 arcsec are 0.01 deg to the last digit."""
    per_degree = PER_DEGREE.get(radius.unit)
    value = float(radius.value / per_degree) if per_degree else float(radius.to_value(u.deg))
    if value <= 0:
        raise MatchError(f"The radius is {radius}; it must be above 0.")
    if value > 180:
        raise MatchError(f"The radius is {radius}; no two positions are more than 180 degrees apart.")
    return value


def _positive(value: object, what: str) -> float:
    number = float(as_number(value, what))
    if number <= 0:
        raise MatchError(f"{what} is {number:g}; it must be above 0.")
    return number


def _check_names(names: Iterable[object], what: str) -> None:
    wrong = [name for name in names if not isinstance(name, str) or not name.strip()]
    if wrong:
        raise MatchError(f"{what} needs the name of a column, not {wrong[0]!r}.")


def _unit_name(unit: object) -> str | None:
    """The unit as text that is certainly an angle; None and the empty text stay nothing."""
    if unit is None or unit == "":
        return None
    try:
        known = u.Unit(unit)
    except (TypeError, ValueError) as error:
        raise MatchError(f"The unit {unit!r} is not known. Write arcsec, arcmin, deg or mas.") from error
    if known.physical_type != "angle":
        raise MatchError(f"The unit {unit!r} is no angle. Write arcsec, arcmin, deg or mas.")
    return str(known)
