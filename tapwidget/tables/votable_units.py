"""Units as VOTables write them, and astropy's.

VOTable 1.4 asks for VOUnits, before it was the CDS's notation, and services write what they like: a unit that nobody
knows is kept as it is, and never an error or a warning.
"""

from __future__ import annotations

import warnings
from typing import Any

from astropy import units as u


def unit_of(text: str) -> Any:
    """astropy's unit for a FIELD's; an `UnrecognizedUnit` of the same text where astropy knows none; None for ""."""
    if not text.strip():
        return None
    # not "vounit": it takes any word for a unit
    for notation in ("cds", "generic"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", u.UnitsWarning)
            try:
                unit = u.Unit(text, format=notation, parse_strict="silent")
            except (ValueError, TypeError):
                continue
        if not isinstance(unit, u.UnrecognizedUnit):
            return unit
    return u.UnrecognizedUnit(text)


def unit_text(unit: Any) -> str:
    """A column's unit in VOUnits; as astropy spells it where VOUnits have none."""
    if unit is None:
        return ""
    if isinstance(unit, u.UnrecognizedUnit):
        return str(unit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", u.UnitsWarning)
        try:
            text = str(unit.to_string("vounit"))
        except (ValueError, TypeError):
            return str(unit)
    return text if unit_of(text) == unit else str(unit)
