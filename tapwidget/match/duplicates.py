"""Rows that take part in more than one pair: how many of mine have several counterparts, how many of theirs are shared.

A group is all the pairs that hang together through a row of either side, as STILTS has it in GroupID and GroupSize
(SUN/256, appendix on multi-object matches): two of mine that share one of theirs are a group of two pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tapwidget.errors import MatchError

Indices = NDArray[np.int64]
NOT_THEIRS = ("separation", "position_angle")


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What takes part in several pairs. Arrays have one entry a pair (a row of the result).

    Attributes
    ----------
    mine_with_several : int
        How many of my rows have more than one counterpart.
    theirs_shared : int
        How many of theirs are the counterpart of more than one of mine.
    group_id : int64
        Number of the group, from 1 in the order of the result; 0 where there is no pair (a row kept without one).
    group_size : int64
        How many pairs the group has; 0 where there is no pair.
    has_several, is_shared : bool
        Whether this pair's row of mine has others, and whether this pair's row of theirs does.
    """

    mine_with_several: int
    theirs_shared: int
    group_id: Indices
    group_size: Indices
    has_several: NDArray[np.bool_]
    is_shared: NDArray[np.bool_]

    @property
    def rows(self) -> Indices:
        """The pairs that are not alone in their group, those of one group together, the largest groups first."""
        several = np.flatnonzero(self.group_size > 1)
        order = np.lexsort((several, self.group_id[several], -self.group_size[several]))
        return several[order]

    @property
    def largest(self) -> int:
        """The number of pairs in the largest group; 0 without pairs."""
        return int(self.group_size.max(initial=0))

    @property
    def sizes(self) -> dict[int, int]:
        """How many groups there are of each size."""
        per_group = np.bincount(self.group_id)[1:]
        sizes, counts = np.unique(per_group[per_group > 0], return_counts=True)
        return dict(zip(sizes.tolist(), counts.tolist(), strict=True))


def of_pairs(mine: ArrayLike, theirs: ArrayLike, is_pair: ArrayLike | None = None) -> Duplicates:
    """Duplicates among pairs, given what tells the rows of either side apart.

    Parameters
    ----------
    mine, theirs : arrays of one length
        Row numbers or identifiers of the two sides of each pair.
    is_pair : array of bool, optional
        False for rows that have no counterpart.
    """
    one = np.unique(np.asarray(mine), return_inverse=True)[1].reshape(-1)
    other = np.unique(np.asarray(theirs), return_inverse=True)[1].reshape(-1)
    there = np.ones(len(one), dtype=bool) if is_pair is None else np.asarray(is_pair, dtype=bool)
    group_id, group_size = np.zeros(len(one), dtype=np.int64), np.zeros(len(one), dtype=np.int64)
    has_several, is_shared = np.zeros(len(one), dtype=bool), np.zeros(len(one), dtype=bool)
    one, other = one[there], other[there]
    if not len(one):
        return Duplicates(0, 0, group_id, group_size, has_several, is_shared)
    of_mine, of_theirs = np.bincount(one), np.bincount(other)
    nodes = len(of_mine) + len(of_theirs)
    links = coo_array((np.ones(len(one), dtype=np.int8), (one, len(of_mine) + other)), shape=(nodes, nodes))
    label = connected_components(links, directed=False)[1][one]
    _, first, inverse, counts = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    group_id[there], group_size[there] = rank[inverse.reshape(-1)], counts[inverse.reshape(-1)]
    has_several[there], is_shared[there] = of_mine[one] > 1, of_theirs[other] > 1
    return Duplicates(
        int(np.count_nonzero(of_mine > 1)),
        int(np.count_nonzero(of_theirs > 1)),
        group_id,
        group_size,
        has_several,
        is_shared,
    )


def duplicates(result: Any, *, mine: Sequence[str] = (), theirs: Sequence[str] = ()) -> Duplicates:
    """Duplicates of a result, as it was fetched, or sorted, filtered, saved and read again.

    Parameters
    ----------
    result : astropy.table.Table
        Of a match.
    mine, theirs : sequence of str
        Columns that tell the rows of either side apart. By default those that the metadata names; without these, all
        the columns of that side together, so that two rows that are alike in all they have count as one.

    Returns
    -------
    Duplicates
        Its arrays have one entry a row of `result`.

    Raises
    ------
    MatchError
        If the table is no result of a match, or has no such column.
    """
    told = result.meta.get("tapwidget")
    told = told if isinstance(told, Mapping) else {}
    if told.get("unmatched") == "only":
        row = np.arange(len(result))
        return of_pairs(row, row, np.zeros(len(result), dtype=bool))
    own = f"{told.get('upload', 'ut1')}_"
    nobodys = {*NOT_THEIRS, told.get("separation"), told.get("position_angle")}
    sides = {
        "mine": [name for name in result.colnames if name.startswith(own)],
        "theirs": [name for name in result.colnames if not name.startswith(own) and name not in nobodys],
    }
    chosen = []
    for side, given in (("mine", mine), ("theirs", theirs)):
        keys = (told.get("keys") or {}).get(side) or ()
        names = [given] if isinstance(given, str) else list(given)
        names = names or (list(keys) if all(name in result.colnames for name in keys) else []) or sides[side]
        unknown = [name for name in names if name not in result.colnames]
        if unknown or not names:
            raise MatchError(
                f"The result has no column {', '.join(map(repr, unknown))}."
                if unknown
                else f"The table has no columns of {side}, so it is no result of a match. Name them: {side}=[...]."
            )
        chosen.append(names)
    is_pair = ~np.all([np.ma.getmaskarray(result[name]) for name in chosen[1]], axis=0)
    return of_pairs(_together(result, chosen[0]), _together(result, chosen[1]), is_pair)


def _together(result: Any, names: Sequence[str]) -> Indices:
    """A number for each row, the same for rows that are alike in all these columns. Missing is like missing."""
    together = np.zeros(len(result), dtype=np.int64)
    for name in names:
        values, gone = np.ma.getdata(result[name]), np.ma.getmaskarray(result[name])
        if values.ndim > 1:
            values = np.ascontiguousarray(values.reshape(len(values), -1))
            values = values.view(np.dtype((np.void, values.dtype.itemsize * values.shape[1]))).reshape(-1)
            gone = np.any(gone.reshape(len(gone), -1), axis=1)
        if values.dtype.kind == "O":
            values = np.asarray([str(value) for value in values], dtype=np.str_)
        ranks = np.unique(np.asarray(values), return_inverse=True)[1].reshape(-1) + 1
        ranks = np.where(gone, 0, ranks)
        together = together * (int(ranks.max(initial=0)) + 1) + ranks
        together = np.unique(together, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return together
