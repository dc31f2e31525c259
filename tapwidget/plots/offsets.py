"""The pairs of a result as points: where the target is as seen from your position, in arcsec along RA and Dec."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.match.chance import Chance
from tapwidget.match.offsets import Shift, offsets, shift_of
from tapwidget.plots import separation, sky
from tapwidget.plots.separation import Separations, rounded
from tapwidget.tables.column_facts import is_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    def drawn(self) -> NDArray[np.intp]:
        """The pairs that a picture has points of: an even sample where there are many."""
        return self.there[sky.sample(len(self.there), sky.DRAWN)]

    @property
    def sampled(self) -> str:
        """Said where not all pairs are drawn; else empty."""
        drawn, pairs = len(self.drawn), len(self.there)
        said = f"An even sample is drawn, {drawn:,} of {pairs:,} pairs; median and chance level are of all."
        return said if drawn < pairs else ""

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
    if found is None or angle not in result.colnames or not is_number(result, angle):
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


def draw(found: Offsets, selected: Sequence[int] | NDArray[np.intp] = ()) -> Figure:
    """The offsets with matplotlib, about 6 x 6 inches: the same sample as on a page, and the rows that are selected."""
    from tapwidget.plots.paper import legend_below, note, page

    figure, axes = page(6, 5.5)
    pairs, rows = found.there, np.asarray(selected, dtype=np.intp)
    axes.axhline(0, color="0.8", linewidth=0.8)
    axes.axvline(0, color="0.8", linewidth=0.8)
    if found.radius is not None:
        axes.plot(*circle(found.radius), "k--", linewidth=1, label=f"radius {found.radius:.3g} arcsec")
    look: dict[str, Any] = {"linestyle": "none", "marker": "o", "markeredgewidth": 0}
    label = f"pairs ({len(pairs):,})"
    axes.plot(
        found.dra[found.drawn], found.ddec[found.drawn], color="C0", alpha=0.6, markersize=2.4, label=label, **look
    )
    if len(rows):
        drawn = rows[np.isfinite(found.dra[rows])]
        drawn = drawn[sky.sample(len(drawn), sky.DRAWN)]
        label = f"selected ({len(rows):,})"
        axes.plot(found.dra[drawn], found.ddec[drawn], color="C3", markersize=3.0, label=label, **look)
    axes.plot(
        found.shift.dra, found.shift.ddec, "k+", markersize=20, markeredgewidth=2, label=f"median {found.shift}"
    )  # fmt: skip
    if found.per_square_arcsec is not None:
        axes.plot([], [], " ", label=f"by chance: {rounded(found.per_square_arcsec)} per arcsec²")
    axes.set_aspect("equal")
    axes.set_xlim(found.reach, -found.reach)  # RA to the left
    axes.set_ylim(-found.reach, found.reach)
    axes.set_xlabel("Δα cos δ [arcsec]")
    axes.set_ylabel("Δδ [arcsec]")
    note(axes, found.sampled)
    legend_below(axes)
    return figure
