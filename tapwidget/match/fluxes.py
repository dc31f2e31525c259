"""A column as magnitudes: as it is, or a flux in nJy as AB magnitudes; in ADQL and here, with the same outcome.

    m = 31.4 - 2.5 log10(flux / nJy)

A flux of zero or less has no magnitude, and neither has a missing one. In ADQL a condition on a flux therefore begins
with `flux > 0`, which the databases evaluate before the logarithm, as it costs less.

Source of 31.4: AB magnitudes are -2.5 log10(f) - 48.6 with f in erg/s/cm2/Hz (Oke & Gunn 1983), and 1 nJy is 1e-32 of
these. Rubin's services have a function for it, by which a person there knows it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Unit = Literal["mag", "nJy"]
UNITS = ("mag", "nJy")
RUBIN_FUNCTION = "scisql_nanojanskyToAbMag"


def magnitude_adql(column: str, unit: Unit, functions: Collection[str] = ()) -> str:
    """The magnitude of a column (quoted, qualified): `functions` are those that the service has beside ADQL's own."""
    if unit == "mag":
        return column
    known = {name.lower(): name for name in functions}
    if RUBIN_FUNCTION.lower() in known:
        return f"{known[RUBIN_FUNCTION.lower()]}({column})"
    return f"31.4 - 2.5 * LOG10({column})"


def subtracted(adql: str) -> str:
    """What stands behind a minus: in parentheses if it is a sum."""
    return f"({adql})" if " - " in adql else adql


def guards(*columns: tuple[str, Unit]) -> list[str]:
    """The conditions under which columns (as in ADQL, with their units) have a magnitude at all."""
    return list(dict.fromkeys(f"{column} > 0" for column, unit in columns if unit == "nJy"))


def magnitudes(values: Any, unit: Unit) -> NDArray[np.float64]:
    """Magnitudes of a column of values as float64, NaN where there is none. As a database does it: float64 first."""
    numbers = float64(values)
    if unit == "mag":
        return numbers
    with np.errstate(invalid="ignore"):
        positive = numbers > 0
    return 31.4 - 2.5 * np.log10(np.where(positive, numbers, np.nan))


def float64(values: Any) -> NDArray[np.float64]:
    """The values as float64, NaN where they are masked."""
    return np.asarray(np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan))
