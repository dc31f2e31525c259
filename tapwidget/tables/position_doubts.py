"""What speaks against degrees where a position was taken for them: said, never acted on."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from tapwidget.tables.column_facts import is_number, unit_is, values_of

FEWEST = 5
NOTICED_ARCSEC = 0.02


def position_doubts(table: Table, ra: str, dec: str) -> list[str]:
    """Warnings on two columns that are read as degrees: hours or radians by their range, or too few digits."""
    if not is_number(table, ra) or not is_number(table, dec):
        return []
    longitudes, latitudes = values_of(table, ra), values_of(table, dec)
    doubts = _few_digits(table, ra, longitudes)
    if not unit_is(table, ra, "deg") and len(longitudes) >= FEWEST and len(latitudes) >= FEWEST:
        doubts += _hours(ra, longitudes, latitudes) or _radians(ra, dec, longitudes, latitudes)
    return doubts


def _hours(ra: str, longitudes: np.ndarray, latitudes: np.ndarray) -> list[str]:
    """Right ascension that spans just the hours of a day."""
    if longitudes.min() < 0 or longitudes.max() > 24 or np.ptp(longitudes) < 12 or np.ptp(latitudes) < 30:
        return []
    return [
        f"`{ra}` lies between {longitudes.min():.3g} and {longitudes.max():.3g} over the sky: hours, not degrees? "
        f'If so, multiply it by 15, or set its unit: table["{ra}"].unit = "hourangle".'
    ]


def _radians(ra: str, dec: str, longitudes: np.ndarray, latitudes: np.ndarray) -> list[str]:
    """A sky of 2 pi by pi: much of it, so that a small field near RA 0 is not doubted."""
    in_range = longitudes.min() >= -np.pi and longitudes.max() <= 2 * np.pi and np.abs(latitudes).max() <= np.pi / 2
    if not in_range or np.ptp(longitudes) < 5 or np.ptp(latitudes) < 2:
        return []
    return [
        f"`{ra}` and `{dec}` lie between {longitudes.min():.3g} and {longitudes.max():.3g}, {latitudes.min():.3g} and "
        f'{latitudes.max():.3g}: radians, not degrees? If so, set their unit: table["{ra}"].unit = "rad".'
    ]


def _few_digits(table: Table, ra: str, longitudes: np.ndarray) -> list[str]:
    """float32 holds 360 degrees to a tenth of an arcsecond."""
    if table[ra].dtype.kind != "f" or table[ra].dtype.itemsize > 4 or not len(longitudes):
        return []
    step = float(np.spacing(np.abs(longitudes).max().astype(table[ra].dtype))) * 3600
    if step / 2 < NOTICED_ARCSEC:
        return []
    return [
        f"`{ra}` is {table[ra].dtype.name}: its values are rounded by up to {step / 2:.2g} arcsec. Take float64 where "
        "there is such a column, or a larger radius."
    ]
