"""The pairs of a result as points: where the target is as seen from your position, in arcsec along RA and Dec."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.match.chance import Chance
from tapwidget.match.offsets import Shift, offsets, shift_of
from tapwidget.plots import separation
from tapwidget.plots.separation import Separations, rounded

MARGIN = 1.06  # how far beyond the radius the picture reaches
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Offsets:
    """Of each row of a result the offset from your position to the target's; NaN for a row that is no pair.

    Attributes
    ----------
    dra, ddec : float64
        Arcsec along ICRS right ascension, as true arc (with cos Dec in it), and along declination.
    radius : float or None
        That of the match, arcsec; None where it had no single one.
    separations : plots.separation.Separations
        The same pairs by their distance alone, with what of them chance explains.
    """

    dra: Floats
    ddec: Floats
    radius: float | None
    separations: Separations

    def __len__(self) -> int:
        return len(self.dra)

    @cached_property
    def there(self) -> NDArray[np.intp]:
        """The rows that are pairs."""
        return np.flatnonzero(np.isfinite(self.dra))

    @cached_property
    def shift(self) -> Shift:
        """The median offset."""
        return shift_of(self.dra, self.ddec)

    @property
    def reach(self) -> float:
        """Arcsec from the middle to the nearest edge of a picture that shows all pairs."""
        return MARGIN * max(self.radius or 0.0, float(self.separations.values[-1]), 1e-3)

    @property
    def per_square_arcsec(self) -> float | None:
        """Pairs expected by chance on a square arcsec of the picture, on average within the radius; None if unknown."""
        found, far = self.separations, self.separations.radius
        curve = found.curve(far)
        return None if curve is None else float(curve.false[0]) / (math.pi * far**2)

    def sentences(self) -> list[str]:
        """How many pairs there are, where their median is, and how many are by chance."""
        pairs, shift = len(self.there), self.shift
        lacking = len(self) - pairs
        said = f"{pairs:,} pair{'' if pairs == 1 else 's'}"
        said += f"; {lacking:,} row{'' if lacking == 1 else 's'} without a counterpart" if lacking else ""
        median = f"Median in RA and Dec, target's less yours: {shift}"
        median += f", MAD {shift.mad_dra:.2g} and {shift.mad_ddec:.2g} arcsec"
        level = self.per_square_arcsec
        if level is None:
            chance = "How many are there by chance is not known"
        else:
            chance = separation.sentence(self.separations)
            chance = f"{chance[0].upper()}{chance[1:]}: {rounded(level)} on each arcsec² of this plot"
        return [f"{one}." for one in (said, median, chance)]


def of_result(
    result: Any,
    measured: Chance | None = None,
    find: Callable[[Any, Chance | None], Separations | None] = separation.of_result,
) -> Offsets | None:
    """The offsets in an astropy Table that a SkyMatch returned; `measured` as for `separation.of_result`.

    `find` is that function, or one that remembers. None where the table has no pairs, or not both of separation and
    position angle.
    """
    found = find(result, measured)
    told = result.meta.get("tapwidget")
    told = told if isinstance(told, dict) else {}
    angle = str(told.get("position_angle") or "position_angle")
    if found is None or angle not in result.colnames:
        return None
    dra, ddec = offsets(found.by_row, result[angle])
    if np.isnan(dra).all():
        return None
    has_radius = isinstance(told.get("radius_arcsec"), int | float) and told["radius_arcsec"] > 0
    return Offsets(dra, ddec, found.radius if has_radius else None, found)


def circle(radius: float) -> tuple[Floats, Floats]:
    """The outline of a circle around 0, 0."""
    angle = np.linspace(0, 2 * np.pi, 181)
    return radius * np.cos(angle), radius * np.sin(angle)
