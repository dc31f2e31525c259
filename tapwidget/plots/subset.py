"""Some rows of a series, drawn as an outline over it: those that are selected, those that a constraint would keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tapwidget.plots import histogram
from tapwidget.plots.palette import OF_SELECTION, STYLES
from tapwidget.plots.series import Series


@dataclass(frozen=True, eq=False)
class Subset:
    """Rows of one series.

    Attributes
    ----------
    label : str
        As in the legend.
    of : int
        Which of the histogram's series, the first is 0.
    rows : array
        Row numbers, each once, or one bool a row.
    style, width, cycle
        As of a Series.
    """

    label: str
    of: int
    rows: NDArray[Any]
    style: str = STYLES[1]
    width: float = 2.0
    cycle: int | None = OF_SELECTION

    def fits(self, series: Sequence[Series]) -> bool:
        """Whether these can be rows of one of the series."""
        if not 0 <= self.of < len(series):
            return False
        rows = len(series[self.of].magnitudes)
        if self.rows.dtype == bool:
            return len(self.rows) == rows
        return not len(self.rows) or int(self.rows.max()) < rows

    @property
    def look(self) -> Series:
        """A series without values, that looks as this is drawn."""
        return Series(self.label, (), self.style, self.width, self.cycle)

    def count(self, places: NDArray[np.intp], bins: int) -> NDArray[np.int64]:
        """Counts in each of so many bins; `places` as from `histogram.places` for all rows of the series."""
        return np.bincount(places[self.rows], minlength=bins + 1)[:bins].astype(np.int64)

    def series(self, whole: Series) -> Series:
        """These rows of `whole` as a series of their own."""
        return replace(self.look, values=whole.magnitudes[self.rows])


class SubsetCounts:
    """Counts of subsets of series between edges. What is known is kept: of several subsets one changes at a time."""

    def __init__(self, series: tuple[Series, ...] = (), edges: ArrayLike = ()) -> None:
        self._series, self._edges = series, edges
        self._places: dict[int, NDArray[np.intp]] = {}  # by series: the bin of each row
        self._known: list[tuple[Subset, NDArray[np.int64]]] = []

    def are_of(self, series: tuple[Series, ...], edges: ArrayLike) -> bool:
        """Whether these are of the same series and edges."""
        return self._series is series and self._edges is edges

    def of(self, subsets: Sequence[Subset]) -> list[NDArray[np.int64]]:
        """The counts of each, one number a bin."""
        self._known = [(subset, self._count(subset)) for subset in subsets]
        return [counts for _, counts in self._known]

    def _count(self, subset: Subset) -> NDArray[np.int64]:
        for known, counts in self._known:
            if known is subset:
                return counts
        if subset.of not in self._places:
            self._places[subset.of] = histogram.places(self._series[subset.of].magnitudes, self._edges)
        return subset.count(self._places[subset.of], len(np.asarray(self._edges)) - 1)
