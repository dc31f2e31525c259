"""Units as files spell them."""

from __future__ import annotations

from typing import Any

import astropy.units as u

# Spellings met in real files that no unit standard knows.
SPELLINGS = {
    "degrees": "deg",
    "degree": "deg",
    "Degrees": "deg",
    "hours": "hourangle",
    "radians": "rad",
    "mags": "mag",
    "magnitude": "mag",
    "arcseconds": "arcsec",
    "arcmins": "arcmin",
    "km/sec": "km/s",
    "KM/S": "km/s",
    "DEG": "deg",
    "MAG": "mag",
    "AB mag": "mag(AB)",
}
NONE = {"", "-", "--", "---", "none", "None", "unitless", "dimensionless"}


def as_unit(text: Any) -> Any:
    """The unit of that spelling; None where there is none; an unrecognised unit where nobody knows it.

    Sexagesimal "units" of VizieR (`"h:m:s"`) are forms of text, not units: None.
    """
    if text is None or (
        isinstance(text, (u.UnitBase, u.FunctionUnitBase)) and not isinstance(text, u.UnrecognizedUnit)
    ):
        return text
    spelling = str(text).strip().strip('"')
    if spelling in NONE or ":" in spelling:
        return None
    spelling = SPELLINGS.get(spelling, spelling)
    for form in ("vounit", "generic", "cds", "fits"):
        try:
            return u.Unit(spelling, format=form, parse_strict="raise")
        except (ValueError, TypeError):
            continue
    return u.Unit(spelling, parse_strict="silent")
