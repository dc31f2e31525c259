"""Binning: the counts of np.histogram, by one sort and then a search for each edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tapwidget.errors import TapWidgetError

FIGURE1_EDGES: tuple[float, ...] = tuple((np.arange(40) / 2 + 7.5).tolist())  # 7.5 to 27.0 mag
FIGURE1_SHOWN = (15.0, 24.0)


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of one series.

    Attributes
    ----------
    edges : float64, n + 1
    counts : int64, n
        As np.histogram counts: each bin takes its lower edge, the last one both.
    rows, missing, below, above : int
        All rows; those without a value; those under the first and over the last edge.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    rows: int
    missing: int
    below: int
    above: int

    @property
    def outside(self) -> int:
        """How many have a value, but in no bin."""
        return self.below + self.above


def ordered(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values that are there (not NaN), rising: made once, after which any bins are counted in microseconds."""
    return np.sort(values[~np.isnan(values)])


def count(rising_values: NDArray[np.float64], edges: ArrayLike, rows: int) -> Histogram:
    """Count values, `ordered` before, between `edges`. `rows`: how many there were with those that are missing.

    The counts are those of ``np.histogram(values, edges)``.

    Raises
    ------
    TapWidgetError
        If the edges do not rise.
    """
    checked = rising(edges)
    # As np.histogram does with each block of its input, after it has sorted that.
    places = np.searchsorted(rising_values, checked, side="left")
    places[-1] = np.searchsorted(rising_values, checked[-1], side="right")
    there = len(rising_values)
    return Histogram(
        checked, np.diff(places).astype(np.int64), rows, rows - there, int(places[0]), there - int(places[-1])
    )  # fmt: skip


def count_within(rising_values: NDArray[np.float64], interval: tuple[float, float]) -> int:
    """How many values, `ordered` before, lie in the interval, both ends included."""
    low, high = interval
    first = np.searchsorted(rising_values, low, side="left")
    return max(0, int(np.searchsorted(rising_values, high, side="right") - first))


def within(values: NDArray[np.float64], interval: tuple[float, float]) -> NDArray[np.bool_]:
    """Which values lie in the interval, both ends included; NaN never does."""
    low, high = interval
    inside: NDArray[np.bool_] = (values >= low) & (values <= high)
    return inside


def places(values: NDArray[np.float64], edges: ArrayLike) -> NDArray[np.intp]:
    """The bin that `count` counts each value in, the first is 0; the number of bins for a value that is in none."""
    checked = rising(edges)
    bins = len(checked) - 1
    found = np.searchsorted(checked, values, side="right") - 1  # NaN is sorted behind everything
    found[values == checked[-1]] = bins - 1
    found[found < 0] = bins
    return found


def rising(edges: ArrayLike) -> NDArray[np.float64]:
    """The edges as float64.

    Raises
    ------
    TapWidgetError
        Unless they are two or more finite numbers, each larger than the one before.
    """
    try:
        checked: NDArray[np.float64] = np.asarray(edges, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TapWidgetError(f"Bin edges must be numbers: {error}.") from None
    if checked.ndim != 1 or len(checked) < 2 or not np.isfinite(checked).all() or not (np.diff(checked) > 0).all():
        raise TapWidgetError("Bin edges must be two or more finite numbers, each larger than the one before.")
    return checked


def uniform(bins: int, low: float, high: float) -> NDArray[np.float64]:
    """Edges of equal bins; 39 from 7.5 to 27 are exactly those of Figure 1."""
    if bins < 1:
        raise TapWidgetError(f"A histogram needs at least one bin, not {bins}.")
    return rising(np.linspace(low, high, bins + 1))


def stairs(
    edges: NDArray[np.float64], counts: NDArray[Any], floor: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the outline of a histogram, from the floor up and down to it again: x and y, 2 n + 2 each.

    `floor`: where no count can be drawn, as zero on a logarithmic axis, it takes this height.
    """
    x = np.repeat(edges, 2)
    y = np.full(len(x), floor)
    y[1:-1] = np.maximum(np.repeat(counts, 2), floor)
    return x, y


def covering(histograms: tuple[Histogram, ...], shown: tuple[float, float]) -> int:
    """The largest count among the bins that are shown, in part at least."""
    low, high = shown
    largest = 0
    for histogram in histograms:
        seen = (histogram.edges[:-1] < high) & (histogram.edges[1:] > low)
        largest = max(largest, int(histogram.counts[seen].max(initial=0)))
    return largest
