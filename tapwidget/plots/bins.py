"""Which bins a histogram has: Figure 1's for magnitudes, those that the values themselves suggest for all else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tapwidget.plots.histogram import FIGURE1_EDGES, FIGURE1_SHOWN
from tapwidget.plots.layout import round_step
from tapwidget.plots.series import Series

FEWEST, MOST = 10, 100  # bins, about
LARGEST = 1e300  # of larger numbers the differences overflow
OUTERMOST = 0.005  # of the values at either end, which may lie far away


@dataclass(frozen=True)
class Bins:
    """Edges of bins, rising, and the ends of the axis."""

    edges: tuple[float, ...]
    shown: tuple[float, float]


FIGURE1 = Bins(FIGURE1_EDGES, FIGURE1_SHOWN)


def usual(series: Sequence[Series]) -> Bins:
    """The bins for these series: Figure 1's where all are magnitudes (or there is none), else `of_values`."""
    if all(one.unit == "mag" for one in series):
        return FIGURE1
    there = [one.ordered for one in series if len(one.ordered)]
    if not there:
        return Bins((0.0, 1.0), (0.0, 1.0))
    edges = of_values(*there)
    return Bins(edges, (edges[0], edges[-1]))


def of_values(*series: NDArray[np.float64]) -> tuple[float, ...]:
    """Edges of equal bins for series of values that rise; their width is 1, 2 or 5 times a power of ten.

    The width is about that of ``np.histogram_bin_edges(values, "auto")``, the smaller of Sturges' and of Freedman and
    Diaconis' (1981, Z. Wahrscheinlichkeitstheorie 57, 453), of several series the smallest; but there are some 10 to
    100 bins. They cover the values but those few that lie far outside of all others; whole numbers have bins around
    them.
    """
    clipped = [np.clip(rising, -LARGEST, LARGEST) for rising in series]
    extents = [extent(rising) for rising in clipped]
    low, high = min(low for low, _ in extents), max(high for _, high in extents)
    are_whole = all(bool((rising == np.round(rising)).all()) for rising in clipped)
    widths = [_width(rising, *extent) for rising, extent in zip(clipped, extents, strict=True)]
    step = round_step(max(min(widths), (high - low) / MOST, 1 / LARGEST))  # the inverse of less overflows
    if are_whole:
        step = max(step, 1.0)
    # No finer than the numbers themselves are near their ends: identifiers are nearly as long as the digits they have.
    step = max(step, round_step(8 * float(np.spacing(max(abs(low), abs(high))))))
    if are_whole and step == 1:
        return tuple((np.arange(low, high + 2) - 0.5).tolist())
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    # One more at either end, for a quotient may be rounded past a whole number.
    places = np.arange(first - 1, last + 2, dtype=np.float64)
    # Divided where that is possible: 3 / 10 is 0.3, but 3 * 0.1 is not.
    edges = places / round(1 / step) if step < 1 else places * step
    return tuple(edges[1 - (edges[1] > low) : len(edges) - 1 + (edges[-2] < high)].tolist())


def extent(rising: NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest of values that rise; where the outermost lie far away, half the others' length beyond."""
    lowest, highest = float(rising[0]), float(rising[-1])
    low, high = (float(value) for value in np.quantile(rising, (OUTERMOST, 1 - OUTERMOST)))
    return max(lowest, low - (high - low) / 2), min(highest, high + (high - low) / 2)


def _width(rising: NDArray[np.float64], low: float, high: float) -> float:
    if not high > low:
        return 1.0
    quarter, three_quarters = np.quantile(rising, (0.25, 0.75))
    sturges = (high - low) / (math.log2(len(rising)) + 1)
    freedman_diaconis = 2 * float(three_quarters - quarter) / len(rising) ** (1 / 3)
    return min((high - low) / FEWEST, sturges, freedman_diaconis or math.inf)
