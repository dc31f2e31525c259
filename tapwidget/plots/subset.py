"""Some rows of a series, drawn as an outline over it: those that are selected, those that a constraint would keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.plots.palette import STYLES
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
    cycle: int | None = 3

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
