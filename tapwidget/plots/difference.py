"""Magnitudes of matched rows against one another: yours minus the target's, over yours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tapwidget.plots import bins, columns, histogram, sky
from tapwidget.plots.sentences import number, with_unit
from tapwidget.plots.series import Series

if TYPE_CHECKING:
    from astropy.table import Table
    from matplotlib.figure import Figure

BIN = 0.5  # mag; as in Figure 1
MOST_BINS = 500
LEAST = 5  # rows in a bin that has a median
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Differences:
    """One value a row of a result, NaN where a magnitude is missing.

    Attributes
    ----------
    magnitude, difference : float64
        Yours; yours minus the target's. In mag, or what unit the columns have.
    yours, theirs : str
        What they are called.
    step : float
        Width of the bins that have medians, where these are not too many: see `width`.
    units : str, str
        Of yours, and of the difference; empty where there is none, or it is not known.
    """

    magnitude: Floats
    difference: Floats
    yours: str
    theirs: str
    step: float = BIN
    units: tuple[str, str] = ("", "")

    def __len__(self) -> int:
        return len(self.difference)

    @cached_property
    def there(self) -> NDArray[np.intp]:
        """The rows that have both."""
        return np.flatnonzero(~np.isnan(self.difference))

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top of a plot that shows all but the outermost hundredths."""
        if not len(self.there):
            return (15.0, 24.0, -1.0, 1.0)
        left, right = np.percentile(self.magnitude[self.there], (0.5, 99.5))
        bottom, top = np.percentile(self.difference[self.there], (1, 99))
        margin = max(0.25 * (top - bottom), 0.02)
        left, right = np.floor(left / self.step) * self.step, np.ceil(right / self.step) * self.step
        bottom, top = min(bottom - margin, -0.02), max(top + margin, 0.02)  # no difference is always in sight
        return float(left), float(max(right, left + self.step)), float(bottom), float(top)

    @cached_property
    def are_seen(self) -> NDArray[np.bool_]:
        """Which rows lie inside the extent."""
        left, right, bottom, top = self.extent
        x, y = self.magnitude, self.difference
        inside: NDArray[np.bool_] = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
        return inside

    @cached_property
    def seen(self) -> NDArray[np.intp]:
        """The rows inside the extent."""
        return np.flatnonzero(self.are_seen)

    @property
    def width(self) -> float:
        """Of the bins that have medians, in the unit of yours."""
        left, right, _, _ = self.extent
        return self.step if self._count < MOST_BINS else (right - left) / self._count

    @property
    def _count(self) -> int:
        left, right, _, _ = self.extent
        return min(max(1, round((right - left) / self.step)), MOST_BINS)

    @cached_property
    def medians(self) -> tuple[Floats, Floats]:
        """Middles of the bins that have some rows, and the median difference in each, of all its rows."""
        left, right, _, _ = self.extent
        count = self._count
        edges = histogram.uniform(count, left, right)
        places = histogram.places(self.magnitude[self.there], edges).astype(np.int16)
        order = np.argsort(places, kind="stable")
        ends = np.searchsorted(places[order], np.arange(count + 1))
        sorted_by_bin = self.difference[self.there][order]
        full = np.flatnonzero(np.diff(ends) >= LEAST)
        found = [float(np.median(sorted_by_bin[ends[bin_] : ends[bin_ + 1]])) for bin_ in full]
        return (edges[full] + edges[full + 1]) / 2, np.array(found, dtype=np.float64)

    @property
    def account(self) -> str:
        """How many rows there are, and what became of those that are not in the picture."""
        rows = len(self.difference)
        missing, outside = rows - len(self.there), len(self.there) - len(self.seen)
        said = f"{self._difference}: {rows:,} row{'' if rows == 1 else 's'}"
        parts = [f"{missing:,} without one of the two"] if missing else []
        parts += [f"{outside:,} beyond the axes"] if outside else []
        return f"{said}; {', '.join(parts)}" if parts else f"{said}, all shown"

    @property
    def median_label(self) -> str:
        """What a legend calls the medians."""
        return f"median in bins of {number(float(f'{self.width:.3g}'))}"

    @property
    def x_label(self) -> str:
        """Of the axis of yours."""
        return with_unit(self.yours, self.units[0])

    @property
    def y_label(self) -> str:
        """Of the axis of differences."""
        return with_unit(self._difference, self.units[1])

    @property
    def _difference(self) -> str:
        return f"{self.yours} - {self.theirs}"


def of_result(result: Table, yours: str, theirs: str) -> Differences:
    """The differences of two columns of a match's result. Fluxes in nJy are taken as AB magnitudes.

    Medians are those of bins of 0.5 mag; where `yours` are no magnitudes, of bins after their values.

    Raises
    ------
    ColumnError
        If the result lacks one of the columns, or it holds no numbers.
    """
    mine, other = (Series(name, columns.values(result, name)).magnitudes for name in (yours, theirs))
    difference = mine - other
    mine_called, theirs_called = (columns.label(result, name) for name in (yours, theirs))
    of_mine, of_theirs = (columns.unit(result, name) for name in (yours, theirs))
    step = BIN
    if of_mine != "mag" and len(rising := histogram.ordered(mine)):
        first, second, *_ = bins.of_values(rising)
        step = second - first
    magnitude = np.where(np.isnan(difference), np.nan, mine)
    units = (of_mine, of_mine if of_mine == of_theirs else "")
    return Differences(magnitude, difference, mine_called, theirs_called, step, units)


def draw(found: Differences, selected: Sequence[int] | NDArray[np.intp] = ()) -> Figure:
    """The density of the differences with matplotlib, their medians, and the rows that are selected; 6 x 4 inches.

    Of many selected rows an even sample is marked.
    """
    from tapwidget.plots.paper import page, plain_text

    figure, axes = page()
    left, right, bottom, top = found.extent
    if len(found.seen):
        axes.hexbin(
            found.magnitude[found.seen], found.difference[found.seen], gridsize=(70, 40), mincnt=1, bins="log",
            cmap="Greys", extent=found.extent,
        )  # fmt: skip
    axes.axhline(0, color="0.5", linewidth=0.8)
    rows = np.asarray(selected, dtype=np.intp)
    if len(rows):
        label = f"selected ({len(rows):,})"
        drawn = rows[found.are_seen[rows]]
        drawn = drawn[sky.sample(len(drawn), sky.DRAWN)]
        axes.plot(found.magnitude[drawn], found.difference[drawn], ".", color="C3", markersize=3, label=label)
    axes.plot(*found.medians, color="C1", linewidth=2, label=found.median_label)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_xlabel(plain_text(found.x_label))
    axes.set_ylabel(plain_text(found.y_label))
    axes.legend(loc="best")
    return figure
