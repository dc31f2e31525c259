"""From all pairs to the ones asked for, and the separation of a pair. Vectorised; the same answer every time.

Pairs are parallel arrays: the row of the upload, the identity of the target's row, the separation. They are ordered by
separation, then by the target's identity, then by the row of the upload: that order breaks all ties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.coordinates import angular_separation
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


def reduce(rows: ArrayLike, target_keys: Any, separation: ArrayLike | None = None, find: str = "all") -> Indices:
    """Indices of the pairs to keep, ordered by row of the upload, then separation, then target key.

    Parameters
    ----------
    rows : array of int, shape (n,)
        Row of the upload, of each pair.
    target_keys : array of shape (n,), or a sequence of such arrays
        What tells one row of the target from another: its identifier (numbers or text), or RA and Dec.
    separation : array of float, shape (n,)
        In any unit. Not needed for find="all" of a match that is not by position.
    find : "all", "nearest" or "symmetric"
        all: every pair. nearest: for each row of the upload its nearest counterpart, which others may share. symmetric:
        pairs are taken closest first, each row of the upload and of the target at most once, as STILTS' find=best.

    Raises
    ------
    MatchError
        For another `find`, or one that needs a separation where there is none.
    """
    rows = np.asarray(rows)
    keys = _ranks(target_keys)
    if separation is None:
        if find != "all":
            raise MatchError(f"find={find!r} needs separations; only 'all' pairs can be had without.")
        separation = np.zeros(len(rows))
    separation = _float64(separation)
    order = np.lexsort((keys, separation, rows))
    if find == "all":
        return order
    if find == "nearest":
        return order[_first_of_each(rows[order])]
    if find == "symmetric":
        kept = _symmetric(rows, keys, separation)
        return order[kept[order]]
    raise MatchError(f"find is {find!r}; it can be 'all', 'nearest' or 'symmetric'.")


def _symmetric(rows: NDArray[Any], keys: Indices, separation: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pairs remain when they are taken closest first and each side is used once.

    A pair that is the best one of both its sides is certainly taken. Taking all of these, dropping the other pairs of
    their sides, and looking again gives what going through the sorted pairs one by one would, in a few rounds.
    """
    kept = np.zeros(len(rows), dtype=bool)
    left = np.lexsort((rows, keys, separation))  # pairs still in play, best first
    rows = _ranks(rows)
    for _ in range(ROUNDS):
        if not len(left):
            return kept
        best = np.zeros(len(left), dtype=np.int8)
        for side in (rows, keys):
            best[np.unique(side[left], return_index=True)[1]] += 1
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


def _first_of_each(sorted_values: NDArray[Any]) -> NDArray[np.bool_]:
    """True at the first of each run of equal values."""
    first = np.ones(len(sorted_values), dtype=bool)
    first[1:] = sorted_values[1:] != sorted_values[:-1]
    return first


def _ranks(keys: Any) -> Indices:
    """Small integers that sort and compare as `keys` do: an array, or several that together are the key."""
    arrays = list(keys) if isinstance(keys, tuple | list) and keys and np.ndim(keys[0]) else [keys]
    ranks = np.zeros(len(arrays[0]), dtype=np.intp)
    for array in arrays:
        values, inverse = np.unique(np.ma.getdata(array), return_inverse=True)
        ranks = np.unique(ranks * len(values) + inverse.reshape(-1), return_inverse=True)[1].reshape(-1)
    return ranks


def _float64(values: Any) -> NDArray[np.float64]:
    """The values as float64, NaN where they are masked; an astropy Column loses its name and unit."""
    if isinstance(values, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(values.astype(np.float64), np.nan), dtype=np.float64)
    return np.asarray(values, dtype=np.float64)
