"""From all pairs to the ones asked for, and the separation of a pair. Vectorised; the same answer every time.

Pairs are parallel arrays: the row of the upload, the identity of the target's row, the separation. They are ordered by
separation, then by the target's identity, then by the row of the upload: that order breaks all ties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.coordinates import angular_separation, position_angle
from numpy.typing import ArrayLike, NDArray

from tapwidget.errors import MatchError

Indices = NDArray[np.intp]
ROUNDS = 50


def separation_arcsec(ra1: ArrayLike, dec1: ArrayLike, ra2: ArrayLike, dec2: ArrayLike) -> NDArray[np.float64]:
    """Separation in arcsec of positions in degrees, in one frame; NaN where a coordinate is missing.

    Vincenty's formula, by astropy: exact to float64 for separations from zero to 180 degrees, at poles and at RA 0.
    """
    coordinates = [np.radians(_float64(c)) for c in (ra1, dec1, ra2, dec2)]
    return np.degrees(np.asarray(angular_separation(*coordinates), dtype=np.float64)) * 3600


def position_angle_deg(ra1: ArrayLike, dec1: ArrayLike, ra2: ArrayLike, dec2: ArrayLike) -> NDArray[np.float64]:
    """Direction in degrees, 0 to 360, from north through east, in which the second position is seen from the first.

    NaN where a coordinate is missing. The formula is astropy's, in float64.
    """
    coordinates = [np.radians(_float64(c)) for c in (ra1, dec1, ra2, dec2)]
    # Again modulo 360: a negative angle next to 0 wraps to 360 itself.
    return np.asarray(position_angle(*coordinates).deg, dtype=np.float64) % 360


def reduce(
    rows: ArrayLike,
    target_keys: Any,
    separation: ArrayLike | None = None,
    find: str = "all",
    *,
    neighbours: int = 1,
) -> Indices:
    """Indices of the pairs to keep, ordered by row of the upload, then separation, then target key.

    Parameters
    ----------
    rows : array of int, shape (n,)
        Row of the upload, of each pair.
    target_keys : array of shape (n,), or a sequence of such arrays
        What tells one row of the target from another: its identifier (numbers or text), or RA and Dec.
    separation : array of float, shape (n,)
        In any unit; where it is NaN there is no pair. Not needed for find="all" of a match that is not by position.
    find : "all", "nearest", "nearest_theirs" or "symmetric"
        all: every pair. nearest: for each row of the upload its nearest counterpart, which others may share.
        nearest_theirs: for each row of the target the nearest one of the upload. symmetric: pairs are taken closest
        first, each row of the upload and of the target at most once. (STILTS' find=best is the same where no three
        rows are near each other. In crowded fields it takes the nearest for each row of the longer table and of these
        the nearest for each row of the shorter one; who lost their first choice there stays without a counterpart.)
    neighbours : int
        With "nearest": how many counterparts of each row, at most.

    Raises
    ------
    MatchError
        For another `find`, or one that needs a separation where there is none.
    """
    rows = np.asarray(rows)
    keys = _sortable(target_keys)
    if separation is None:
        if find != "all":
            raise MatchError(f"find={find!r} needs separations; only 'all' pairs can be had without.")
        separation = np.zeros(len(rows))
    separation = _float64(separation)
    best_first = _best_first(rows, keys, separation)
    order = _by_row(rows, best_first)
    if find == "all":
        return order
    if find == "nearest":
        return order[_first_of_each(rows[order], neighbours)]
    if find == "nearest_theirs":
        kept = np.zeros(len(rows), dtype=bool)
        kept[best_first[_first_places(_ranks(keys)[best_first])]] = True
        return order[kept[order]]
    if find == "symmetric":
        kept = _symmetric(rows, keys, best_first)
        return order[kept[order]]
    raise MatchError(f"find is {find!r}; it can be 'all', 'nearest', 'nearest_theirs' or 'symmetric'.")


def with_unmatched(rows: NDArray[np.int64], pairs: Indices, length: int, unmatched: str) -> tuple[Indices, Indices]:
    """For each row of the result, the row of the user's table and the pair; -1 for the pair that a row has not.

    `rows` are sorted; `length` is that of the user's table; `unmatched` as in a match.
    """
    if unmatched == "drop":
        return rows, pairs
    lonely = np.ones(length, dtype=bool)
    lonely[rows] = False
    alone = np.flatnonzero(lonely)
    nothing = np.full(len(alone), -1, dtype=np.intp)
    if unmatched == "only":
        return alone, nothing
    every_row = np.concatenate([rows, alone])
    order = np.argsort(every_row, kind="stable")
    return every_row[order], np.concatenate([pairs, nothing])[order]


def _symmetric(rows: NDArray[Any], keys: NDArray[Any], best_first: Indices) -> NDArray[np.bool_]:
    """Which pairs remain when they are taken closest first and each side is used once.

    A pair that is the best one of both its sides is certainly taken. Taking all of these, dropping the other pairs of
    their sides, and looking again gives what going through the sorted pairs one by one would, in a few rounds.
    """
    kept = np.zeros(len(rows), dtype=bool)
    rows, keys = _ranks(rows), _ranks(keys)
    left = best_first  # the pairs still in play
    for _ in range(ROUNDS):
        if not len(left):
            return kept
        best = np.zeros(len(left), dtype=np.int8)
        for side in (rows, keys):
            first = np.empty(len(rows), dtype=np.intp)
            first[side[left[::-1]]] = np.arange(len(left))[::-1]  # of equal indices the last one written stays
            best += first[side[left]] == np.arange(len(left))
        taken = left[best == 2]
        kept[taken] = True
        used_rows, used_keys = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
        used_rows[rows[taken]] = used_keys[keys[taken]] = True
        left = left[~(used_rows[rows[left]] | used_keys[keys[left]])]
    # A long chain of ever closer neighbours gives up one pair a round: go through what is left of it one by one.
    used_row, used_key = set[int](), set[int]()
    for pair, row, key in zip(left.tolist(), rows[left].tolist(), keys[left].tolist(), strict=True):
        if row not in used_row and key not in used_key:
            kept[pair] = True
            used_row.add(row)
            used_key.add(key)
    return kept


def _best_first(rows: NDArray[Any], keys: NDArray[Any], separation: NDArray[np.float64]) -> Indices:
    """All pairs that have a separation, by it, then key, then row. The others count only where separations tie."""
    order = np.argsort(separation)[: len(separation) - int(np.isnan(separation).sum())]  # NaN comes last
    in_order = separation[order]
    tied = in_order[1:] == in_order[:-1]
    at = np.flatnonzero(np.append(tied, False) | np.append(False, tied))
    pairs = order[at]
    order[at] = pairs[np.lexsort((rows[pairs], keys[pairs], separation[pairs]))]
    return order


def _by_row(rows: NDArray[Any], best_first: Indices) -> Indices:
    """The pairs by row, and best first within a row: one sort of integers that hold both."""
    n = len(best_first)
    packed = _ranks(rows[best_first]) * n + np.arange(n)
    packed.sort()
    return best_first[packed % n] if n else best_first


def _first_of_each(sorted_values: NDArray[Any], number: int = 1) -> NDArray[np.bool_]:
    """True at the first (`number` of them) of each run of equal values."""
    first = np.ones(len(sorted_values), dtype=bool)
    first[number:] = sorted_values[number:] != sorted_values[:-number]
    return first


def _first_places(ranks: Indices) -> Indices:
    """Where each rank stands first."""
    first = np.full(int(ranks.max(initial=-1)) + 1, -1, dtype=np.intp)
    first[ranks[::-1]] = np.arange(len(ranks))[::-1]  # of equal indices the last one written stays
    return first[first >= 0]


def _sortable(keys: Any) -> NDArray[Any]:
    """The target's keys as one array that sorts and compares as they do: an array, or several that together are it."""
    if not (isinstance(keys, tuple | list) and keys and np.ndim(keys[0])):
        return np.asarray(np.ma.getdata(keys))
    first, *others = (np.asarray(np.ma.getdata(array)) for array in keys)
    order = np.argsort(first, kind="stable")
    new = _changes([first], order)
    if np.any(_changes(others, order) & ~new):  # the first key alone does not tell them apart
        order = np.lexsort([*reversed(others), first])
        new = _changes([first, *others], order)
    together = np.empty(len(order), dtype=np.intp)
    together[order] = np.cumsum(new)
    return together


def _changes(arrays: list[NDArray[Any]], order: Indices) -> NDArray[np.bool_]:
    """Where, in that order, any of the arrays has another value than just before."""
    new = np.zeros(len(order), dtype=bool)
    for array in arrays:
        new[1:] |= array[order[1:]] != array[order[:-1]]
    return new


def _ranks(values: NDArray[Any]) -> Indices:
    """0 for the smallest value, 1 for the next one, ..., the same for equal ones."""
    if len(values) and values.dtype.kind in "iu":
        low, high = int(values.min()), int(values.max())
        if high - low < 4 * len(values):  # rather count them than sort them
            wide = values if values.dtype.itemsize == 8 else values.astype(np.int64)  # no overflow of int8
            places = (wide - wide.dtype.type(low)).astype(np.intp)
            is_there = np.zeros(high - low + 1, dtype=bool)
            is_there[places] = True
            return (np.cumsum(is_there) - 1)[places]
    return np.unique(values, return_inverse=True)[1].reshape(-1)


def _float64(values: Any) -> NDArray[np.float64]:
    """The values as float64, NaN where they are masked; an astropy Column loses its name and unit."""
    if isinstance(values, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(values.astype(np.float64), np.nan), dtype=np.float64)
    return np.asarray(values, dtype=np.float64)
