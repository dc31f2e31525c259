"""Offsets of pairs in RA and Dec: how far the two catalogues are shifted, and the match again with that put right.

An offset is the separation along the position angle: `dra` = separation x sin(position angle), which for small ones is
the difference in RA times cos Dec, and `ddec` = separation x cos(position angle); from mine to theirs, in arcsec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tapwidget.errors import MatchError
from tapwidget.match.spec import SkyMatch

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """The median offset of `number` pairs, and the median absolute deviation from it in each coordinate.

    All in arcsec, from the user's position to the target's: along ICRS right ascension as true arc (with cos Dec in it)
    and along declination.
    """

    dra: float
    ddec: float
    mad_dra: float
    mad_ddec: float
    number: int

    def __str__(self) -> str:
        return f'{_signed(self.dra)}", {_signed(self.ddec)}" (n={self.number:,})'


def offsets(separation: ArrayLike, position_angle: ArrayLike) -> tuple[Floats, Floats]:
    """`dra` and `ddec` in arcsec, of separations in arcsec and position angles in degrees; NaN where one is missing."""
    distance, angle = (
        np.asarray(np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan))
        for values in (separation, position_angle)
    )
    return distance * np.sin(np.radians(angle)), distance * np.cos(np.radians(angle))


def median_shift(result: Any, *, separation: str = "separation", position_angle: str = "position_angle") -> Shift:
    """The median offset of the pairs in a sky match's result; rows without counterpart do not count.

    Parameters
    ----------
    result : Table
        What a SkyMatch returned.
    separation, position_angle : str
        Their columns (arcsec; degrees from north through east), should they be called otherwise there.

    Returns
    -------
    Shift

    Raises
    ------
    MatchError
        Where the result has no pairs, or is not of a sky match.
    """
    missing = next((name for name in (separation, position_angle) if name not in result.colnames), None)
    if missing is not None:
        told = result.meta.get("tapwidget")
        if isinstance(told, Mapping) and told.get("unmatched") == "only":
            raise MatchError("The result has no pairs, only your rows without a counterpart: they have no offset.")
        raise MatchError(f"The result has no column {missing!r}: only a match by position has offsets.")
    return shift_of(*offsets(result[separation], result[position_angle]))


def shift_of(dra: Floats, ddec: Floats) -> Shift:
    """The median of offsets in arcsec, NaN where there is no pair; MatchError where there is none at all."""
    is_pair = np.isfinite(dra)
    if not is_pair.any():
        raise MatchError("The result has no pairs, so there is no offset to see. Match with a larger radius.")
    dra, ddec = dra[is_pair], ddec[is_pair]
    at_ra, at_dec = float(np.median(dra)), float(np.median(ddec))
    spread = np.median(np.abs(dra - at_ra)), np.median(np.abs(ddec - at_dec))
    return Shift(at_ra, at_dec, float(spread[0]), float(spread[1]), len(dra))


def corrected(match: SkyMatch, shift: Shift) -> SkyMatch:
    """The same match with the upload moved by what is left of the offset."""
    return replace(match, shift=(match.shift[0] + shift.dra, match.shift[1] + shift.ddec))


def moved(ra: ArrayLike, dec: ArrayLike, shift: tuple[float, float]) -> tuple[Floats, Floats]:
    """Positions in degrees, moved along the great circle of `shift`, arcsec: the inverse of `offsets`.

    By vectors, which keep their digits next to a pole; RA from 0 to 360.
    """
    dra, ddec = np.radians(np.asarray(shift) / 3600)
    distance = np.hypot(dra, ddec)
    ra, dec = (np.radians(np.asarray(values, dtype=np.float64)) for values in (ra, dec))
    if distance == 0:
        return np.degrees(ra), np.degrees(dec)
    position = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    east = np.array([-np.sin(ra), np.cos(ra), np.zeros_like(ra)])
    north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    x, y, z = position * np.cos(distance) + (east * dra + north * ddec) * (np.sin(distance) / distance)
    return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))


def _signed(value: float) -> str:
    """Two digits beyond the first that counts, at least two decimals: +0.12, -0.0031."""
    digits = 2 if abs(value) >= 0.1 or abs(value) < 1e-6 else (1 - int(np.floor(np.log10(abs(value)))))
    return f"{value:+.{digits}f}"
