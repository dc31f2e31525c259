"""How many of the pairs of a match by position are there by chance: objects that have nothing to do with one another.

A pair by chance is as likely anywhere in the circle around a position: their number within r grows as r^2, while that
of true pairs stops growing where the errors of the positions end. So what is counted beyond the true pairs, or around
positions where nothing true is expected (`shifted`), tells how many to expect within any radius.
Source: the "likelihood of chance alignment" as in Sutherland & Saunders 1992, MNRAS 259, 413, section 2, without
magnitudes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from tapwidget.errors import MatchError

Floats = NDArray[np.float64]

ANNULI = 20  # of equal area, in which the widest separations are looked at
UNLIKELY = 0.003  # how rarely a flat distribution may be taken for one that rises inwards
FLAT = 0.5  # share of the circle's area that must be flat, lest true pairs reach to its edge
ODDS_AT = 2000  # separations at which the odds are looked at, at least
SEPARATION = "separation"


@dataclass(frozen=True)
class Chance:
    """Expected pairs by chance around the positions of an upload.

    Attributes
    ----------
    density : float
        Pairs by chance per square arcsec of the circle around one position.
    error : float
        Its standard error, from the number counted and, for a shifted copy, the scatter between directions.
    rows : int
        Positions in the upload.
    counted : int
        How many pairs it rests on.
    method : str
        "widest separations" (of the result itself) or "shifted copy".
    reach : float
        Arcsec up to which pairs were counted.
    is_limit : bool
        There may be fewer: true pairs could not be told from chance ones.
    is_least : bool
        There may be more: the target is clumped on the scale of the shift, so where the copies were it is thinner.
    clumping : float
        How uneven the target lies: variance of the density from row to row over its square; 0 for an even field.
    notes : tuple of str
        Sentences on what to mind.
    """

    density: float
    error: float
    rows: int
    counted: int
    method: str
    reach: float
    is_limit: bool = False
    is_least: bool = False
    clumping: float = 0.0
    notes: tuple[str, ...] = ()

    def pairs(self, radius: ArrayLike) -> Any:
        """Expected number of all pairs by chance within `radius` (arcsec), for the whole upload."""
        return self.rows * self.density * np.pi * np.square(radius)

    def share(self, radius: ArrayLike) -> Any:
        """The share of positions that have one or more counterparts by chance within `radius` (arcsec)."""
        mean = self.density * np.pi * np.square(radius)
        # Densities that vary from row to row as a gamma distribution: of the same mean, fewer rows have any.
        return -np.expm1(-np.log1p(self.clumping * mean) / self.clumping if self.clumping > 1e-9 else -mean)

    def false(self, radius: ArrayLike, kept: ArrayLike, find: str = "all", neighbours: int = 1) -> Any:
        """Expected number of false ones among the `kept` pairs within `radius` (arcsec), in a result of that `find`.

        Of the nearest only, a row that has its true counterpart has no false one, so far fewer are false. For
        "nearest_theirs" and for several neighbours it is that of all pairs, for "symmetric" that of the nearest: there
        may be fewer.
        """
        kept = np.asarray(kept, dtype=np.float64)
        if find in {"all", "nearest_theirs"} or neighbours > 1:
            return np.minimum(self.pairs(radius), kept)
        share = np.minimum(self.share(radius), 1 - 1e-9)
        return np.minimum(np.maximum(self.rows - kept, 0.0) * share / (1 - share), kept)

    @property
    def relative_error(self) -> float:
        """The standard error over the value; infinite where nothing was counted."""
        return self.error / self.density if self.density > 0 else math.inf


@dataclass(frozen=True, eq=False)
class Curve:
    """What each radius would give, of the pairs that are there: arrays of one length.

    `radii` in arcsec; `pairs` within them, `false` of these expected by chance, `error` of `false` (one sigma).
    """

    radii: Floats
    pairs: NDArray[np.int64]
    false: Floats
    error: Floats

    @property
    def contamination(self) -> Floats:
        """The expected share of false pairs within each radius; 0 where there is none at all."""
        return np.divide(self.false, self.pairs, out=np.zeros(len(self.radii)), where=self.pairs > 0)

    @property
    def completeness(self) -> Floats:
        """The true pairs within each radius over those within the largest; 1 where there are none."""
        true = np.maximum(self.pairs - self.false, 0.0)
        last = true[-1] if len(true) else 0.0
        return np.minimum(true / last, 1.0) if last > 0 else np.ones(len(self.radii))


def curve(separations: ArrayLike, chance: Chance, radii: ArrayLike, *, find: str = "all", neighbours: int = 1) -> Curve:
    """Pairs, and false pairs, within each of the `radii` (arcsec, rising).

    Parameters
    ----------
    separations : array of float
        Of the pairs of a result, arcsec; NaN and masked where there is no pair.
    """
    rising = _rising(separations)
    at = np.asarray(radii, dtype=np.float64)
    pairs = np.searchsorted(rising, at, side="right").astype(np.int64)
    false = np.asarray(chance.false(at, pairs, find, neighbours), dtype=np.float64)
    error = false * chance.relative_error if chance.density > 0 else chance.rows * chance.error * np.pi * at**2
    return Curve(at, pairs, false, np.asarray(error, dtype=np.float64))


def even_odds(separations: ArrayLike, chance: Chance, *, find: str = "all", neighbours: int = 1) -> float | None:
    """The separation (arcsec) beyond which a pair is more likely false than true; None if that is not reached.

    There the pairs within it, less twice those expected by chance, are most.
    """
    rising = _rising(separations)
    if len(rising) < 2 or chance.density <= 0:
        return None
    radii = rising[:: max(1, len(rising) // ODDS_AT)]
    found = curve(rising, chance, np.append(radii, rising[-1]), find=find, neighbours=neighbours)
    best = int(np.argmax(found.pairs - 2 * found.false))
    # Most pairs of all within the largest separation: that was not far enough.
    return None if found.radii[best] > 0.95 * rising[-1] else float(found.radii[best])


def of_separations(
    separations: ArrayLike, radius: float, rows: int, *, find: str = "all", neighbours: int = 1
) -> Chance:
    """The rate of chance pairs from a result's own separations: those beyond the true pairs.

    Beyond the errors of the positions, equal areas hold equal numbers of pairs. From the edge inwards, areas are added
    as long as they do; what is left inside is the true pairs' own.

    Parameters
    ----------
    separations : array of float
        Of the result's pairs, arcsec; NaN and masked where there is no pair.
    radius : float
        The radius of the match, arcsec.
    rows : int
        Positions in the upload, with or without a counterpart.
    find, neighbours
        Which pairs were kept. Of the nearest only, rows that have a counterpart already can have no second one.

    Raises
    ------
    MatchError
        For a radius that is not above 0, or an upload without rows.
    """
    if not radius > 0 or rows < 1:
        raise MatchError("The rate of chance matches needs a radius above 0 arcsec and an upload with positions.")
    values = there(separations)
    edges = radius * np.sqrt(np.arange(ANNULI + 1) / ANNULI)
    counts = np.histogram(values[values <= radius], edges)[0]
    used = _flat(counts)
    counted = int(counts[-used:].sum())
    core = float(edges[-used - 1])
    area = math.pi * (radius**2 - core**2)
    if find in {"all", "nearest_theirs"} or neighbours > 1:
        at_risk = float(rows)
        density = counted / (at_risk * area)
    else:  # who has a counterpart further in is not looking for one any more
        at_risk = max(float(rows - counts[:-used].sum()), float(counted), 1.0)
        density = -math.log1p(-min(counted / at_risk, 1 - 1e-9)) / area
    error = max(density / math.sqrt(counted) if counted else 0.0, 1.15 / (at_risk * area))
    # In a clumped field the density still rises inwards: what the inner half of these areas has more than the outer.
    half = used // 2
    inner, outer = int(counts[-used:][: used - half].sum()), int(counts[-half:].sum()) if half else 0
    rise = inner / (used - half) - outer / half if half else 0.0
    noise = math.sqrt(inner + outer) / max(used, 1) * 2
    if counted and rise > noise:
        error = math.hypot(error, density * rise * used / counted)
    is_limit = used < FLAT * ANNULI
    notes = (
        "True pairs reach to the edge of the radius, so this is an upper limit: match with a larger radius, or measure "
        "with a shifted copy."
    )
    return Chance(
        density, error, rows, counted, "widest separations", radius, is_limit, notes=(notes,) if is_limit else ()
    )


def of_result(result: Any) -> Chance | None:
    """The same from a result's own column and metadata; None where these do not tell (no single radius, no rows)."""
    told = result.meta.get("tapwidget")
    if not isinstance(told, Mapping):
        return None
    name = separation_in(told)
    if name not in result.colnames:
        return None
    radius, rows = told.get("radius_arcsec"), (told.get("rows") or {}).get("sent")
    if not isinstance(radius, float) or not isinstance(rows, int) or radius <= 0 or rows < 1:
        return None
    return of_separations(result[name], radius, rows, **mode_of(result))


def separation_in(told: Mapping[str, Any]) -> str:
    """Which column of a result, of which this is told, holds its separations; "" for a match by identifier."""
    return str(told.get("separation") or ("" if "on" in told else SEPARATION))


def better(measured: Chance | None, own: Chance | None) -> Chance | None:
    """Which of two rates to go by: the measured one, unless it is too low for a clumped target and the other is not.

    The nearest neighbours of the true pairs belong to the same clump, and the widest separations know of them.
    """
    if measured is None or own is None:
        return measured or own
    return own if measured.is_least and not own.is_limit and own.density > measured.density else measured


def mode_of(result: Any) -> dict[str, Any]:
    """The `find` and `neighbours` that a result was made with, as its metadata tells."""
    told = result.meta.get("tapwidget")
    told = told if isinstance(told, Mapping) else {}
    return {"find": str(told.get("find", "all")), "neighbours": int(told.get("neighbours", 1))}


def _flat(counts: NDArray[np.int64]) -> int:
    """How many of the outermost areas hold as many pairs as one another; at least one."""
    used, total = 1, int(counts[-1])
    while used < len(counts):
        inner = int(counts[-used - 1])
        # Of all the pairs in these areas together, are so many in the innermost by chance?
        if binom.sf(inner - 1, total + inner, 1 / (used + 1)) < UNLIKELY:
            return used
        used, total = used + 1, total + inner
    return used


def _rising(separations: ArrayLike) -> Floats:
    """The separations that are there, sorted; to sort a million anew would be felt while a radius is drawn."""
    values = there(separations)
    return values if bool((values[1:] >= values[:-1]).all()) else np.sort(values)


def there(separations: ArrayLike) -> Floats:
    """The separations that are there, as plain float64 in arcsec."""
    values = getattr(separations, "value", separations) if hasattr(separations, "to_value") else separations
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    plain = np.asarray(values, dtype=np.float64)
    return plain[np.isfinite(plain)]
