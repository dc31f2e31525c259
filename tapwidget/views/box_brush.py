"""A box drawn with the mouse over points, and the rows of those in it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import bqplot
import numpy as np
from numpy.typing import NDArray

from tapwidget.plots.selection import NONE, RowNumbers
from tapwidget.plots.sky import Extent

LIVE = 20_000  # points up to which the rows follow the box while it is drawn; above, when it is done


class BoxBrush:
    """Says which rows a box holds, each time that the mouse has drawn another one.

    Parameters
    ----------
    brush : bqplot.interacts.BrushSelector
        What the mouse draws with.
    chosen : callable
        Called with the rows in the box; with none when a click beside the box has taken it away. No lock is held.
    """

    def __init__(self, brush: bqplot.interacts.BrushSelector, chosen: Callable[[RowNumbers], None]) -> None:
        self._lock = threading.RLock()
        self._brush, self._chosen = brush, chosen
        self._x = self._y = np.zeros(0)
        self._box: Extent | tuple[()] = ()  # the last one that was looked at
        self._rows = NONE
        self._telling = 0  # how many are just being told which rows it holds
        brush.observe(self._moved, ["selected_x", "selected_y", "brushing"])

    @property
    def box(self) -> Extent | None:
        """Left, right, bottom, top of the box; None where there is none."""
        with self._lock:
            return self._box or None

    def over(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """From now on the points are these, one a row; NaN for a row that has none."""
        with self._lock:
            self._x, self._y = x, y

    def follow(self, rows: RowNumbers) -> None:
        """Take the box away if other rows than its own were selected elsewhere, and it is not being drawn just now.

        Until all know which rows it holds, another thread may still mark those that it held before.
        """
        with self._lock:
            if self._box and rows != self._rows and not self._brush.brushing and not self._telling:
                self.clear()

    def clear(self) -> None:
        """Take the box away; the selection stays as it is."""
        with self._lock:
            self._box = ()
            with self._brush.hold_sync():
                self._brush.selected_x = self._brush.selected_y = None

    def _moved(self, _change: object) -> None:
        with self._lock:
            ends = [self._brush.selected_x, self._brush.selected_y]
            if any(end is None or len(end) != 2 for end in ends):
                box: Extent | tuple[()] = ()
            else:  # of an axis that grows downwards the upper end comes first
                (left, right), (bottom, top) = (sorted(map(float, pair)) for pair in ends)
                box = (left, right, bottom, top)
            if box == self._box or (box and self._brush.brushing and len(self._x) > LIVE):
                return
            self._box = box
            self._rows = RowNumbers(np.flatnonzero(self._inside(box))) if box else NONE
            rows = self._rows
            self._telling += 1
        try:
            self._chosen(rows)
        finally:
            with self._lock:
                self._telling -= 1

    def _inside(self, box: Extent) -> NDArray[np.bool_]:
        left, right, bottom, top = box
        return (self._x >= left) & (self._x <= right) & (self._y >= bottom) & (self._y <= top)
