"""The separations of a result as a histogram, with what of them chance explains, and what each radius would keep."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.match import chance as chances
from tapwidget.match.chance import Chance, Curve
from tapwidget.tables.column_facts import is_number

BINS = 50
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Separations:
    """The separations of one result.

    Attributes
    ----------
    values : float64
        Arcsec, of the pairs that are there, rising.
    radius : float
        Arcsec up to which they were looked for.
    chance : Chance or None
        The rate of chance pairs, where it is known.
    find, neighbours
        Which pairs were kept.
    by_row : float64
        The same separations, one a row of the result; NaN where there is no pair.
    """

    values: Floats
    radius: float
    chance: Chance | None = None
    find: str = "all"
    neighbours: int = 1
    by_row: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def edges(self) -> Floats:
        """Of the bins: equal ones from 0 to the radius."""
        return np.linspace(0, self.radius, BINS + 1)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Pairs in each bin; the last one takes its upper edge too."""
        edges = self.edges
        below = np.searchsorted(self.values, edges, side="left")
        below[-1] = np.searchsorted(self.values, edges[-1], side="right")
        return np.diff(below).astype(np.int64)

    def counts_of(self, rows: Any) -> NDArray[np.int64]:
        """How many pairs of these rows of the result (each once) are in each bin."""
        found = self.by_row[np.asarray(rows, dtype=np.intp)]
        return np.histogram(found[np.isfinite(found)], self.edges)[0].astype(np.int64)

    @property
    def by_chance(self) -> Floats:
        """Pairs expected by chance in each bin; none where the rate is not known."""
        found = self.curve(self.edges)
        return np.zeros(0) if found is None else np.maximum(np.diff(found.false), 0.0)

    def curve(self, radii: Any) -> Curve | None:
        """What these radii (arcsec, rising) would give; None where the rate is not known."""
        if self.chance is None:
            return None
        at = np.atleast_1d(np.asarray(radii, dtype=np.float64))
        return chances.curve(self.values, self.chance, at, find=self.find, neighbours=self.neighbours)

    def even_odds(self) -> float | None:
        """The separation beyond which a pair is more likely false than true, arcsec; see `match.chance.even_odds`."""
        if self.chance is None:
            return None
        return chances.even_odds(self.values, self.chance, find=self.find, neighbours=self.neighbours)


def of_result(result: Any, measured: Chance | None = None) -> Separations | None:
    """The separations of a result with the rate that was measured, else the one they tell themselves.

    None where the table has no separations, or where the column of that name does not hold one number a row.
    """
    by_row = _by_row(result)
    values = np.sort(by_row[np.isfinite(by_row)])
    if not len(values):
        return None
    told = _told(result)
    radius = told.get("radius_arcsec")
    radius = float(radius) if isinstance(radius, int | float) and radius > 0 else float(values[-1])
    chance = chances.better(measured, chances.of_result(result))
    return Separations(values, radius or 1.0, chance, **chances.mode_of(result), by_row=by_row)


def _told(result: Any) -> dict[str, Any]:
    told = result.meta.get("tapwidget")
    return told if isinstance(told, dict) else {}


def _by_row(result: Any) -> Floats:
    """A copy of the separations in a result, NaN where there is none; empty where there is no such column."""
    name = chances.separation_in(_told(result))
    # ADQL of one's own may give anything that name.
    if name not in result.colnames or not is_number(result, name):
        return np.zeros(0)
    column = np.ma.asarray(result[name], dtype=np.float64)
    return np.array(np.ma.filled(column, np.nan), dtype=np.float64)


class Remembered:
    """`of_result`, with the last answer kept: several views show the separations of one result, and one sort is enough.

    A result is somebody's own table, who may have changed it since: its separations are compared, which takes far less
    than to sort them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: tuple[Any, Chance | None, Separations | None] | None = None

    def __call__(self, result: Any, measured: Chance | None = None) -> Separations | None:
        with self._lock:
            if self._last is not None and self._last[0]() is result and self._last[1] is measured:
                found = self._last[2]
                if found is not None and np.array_equal(found.by_row, _by_row(result), equal_nan=True):
                    return found
            found = of_result(result, measured)
            # The table itself is not kept: it may be most of what there is in memory.
            self._last = (weakref.ref(result), measured, found)
            return found


def sentence(found: Separations, radius: float | None = None) -> str:
    """How many pairs are chance matches, in words: "about 40 ± 5 of 12,016 pairs are chance matches (0.3 %)"."""
    pairs = int(np.searchsorted(found.values, found.radius if radius is None else radius, side="right"))
    curve = found.curve(found.radius if radius is None else radius)
    if curve is None:
        return f"{pairs:,} pairs"
    chance, false, error = found.chance, float(curve.false[0]), float(curve.error[0])
    assert chance is not None
    percent = 100 * false / pairs if pairs else 0.0
    number = f"{rounded(false)} ± {max(1, round(error)):,}" if false >= 10 else f"{rounded(false)} ± {rounded(error)}"
    about = "at most about" if chance.is_limit else "at least about" if chance.is_least else "about"
    return f"{about} {number} of {pairs:,} pairs {'is' if pairs == 1 else 'are'} chance matches ({rounded(percent)} %)"


def rounded(value: float) -> str:
    """An expected number as one says it: 0.3, 4.2, 41, 1,370."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
