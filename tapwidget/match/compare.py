"""Two results of matches with the same table of mine: which of my rows, and which pairs, were kept, lost and gained.

Rows are told apart by what the metadata of a result names (`meta["tapwidget"]["keys"]`): identifiers, exact. Without an
identifier a row of mine is all that it has, so that two rows alike in every column count as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import MatchError

Indices = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Change:
    """What became of things (rows of mine, or pairs) from a first result to a second.

    `kept`, `lost` and `gained` count the things. `kept_rows` and `gained_rows` are rows of the second result,
    `lost_rows` of the first, all in their order; one of my rows that has two pairs is two rows of a result.
    """

    kept: int
    lost: int
    gained: int
    kept_rows: Indices
    lost_rows: Indices
    gained_rows: Indices


@dataclass(frozen=True, eq=False)
class Comparison:
    """From a first result to a second.

    Attributes
    ----------
    mine : Change
        Rows of mine that have a counterpart.
    pairs : Change or None
        None where the two results cannot tell whether a counterpart is the same one; `why` says so.
    """

    mine: Change
    pairs: Change | None
    why: str = ""


def compare(first: Any, second: Any) -> Comparison:
    """Compare two results of matches, astropy Tables as they were fetched, or sorted, filtered, saved and read again.

    A row that was kept without a counterpart is no pair, and does not count as found.

    Raises
    ------
    MatchError
        If one is no result of a match, has only rows without counterpart, or they are not of the same table of mine.
    """
    results = (first, second)
    told = [_told(result) for result in results]
    found = [is_pair(result, about) for result, about in zip(results, told, strict=True)]
    one, other = (result[rows] for result, rows in zip(results, found, strict=True))
    ours = _numbered(one, other, *_mine(first, second, told))
    mine = _change(*ours, *found)
    names, why = _theirs(first, second, told)
    if why:
        return Comparison(mine, None, why)
    theirs = _numbered(one, other, names, names)
    most = max(int(numbers.max(initial=0)) for numbers in theirs) + 1
    return Comparison(mine, _change(ours[0] * most + theirs[0], ours[1] * most + theirs[1], *found))


def _told(result: Any) -> Mapping[str, Any]:
    told = result.meta.get("tapwidget")
    if not isinstance(told, Mapping) or "find" not in told:
        raise MatchError("Only results of matches can be compared: this is the answer to a query, or another table.")
    if told.get("unmatched") == "only":
        raise MatchError("One of the results has only rows without a counterpart: there are no pairs to compare.")
    return told


def is_pair(result: Any, told: Mapping[str, Any]) -> Bools:
    """Which rows of a result have a counterpart."""
    if told.get("unmatched", "drop") == "drop":
        return np.ones(len(result), dtype=bool)
    separation = told.get("separation")
    if separation in result.colnames:
        return ~np.ma.getmaskarray(result[separation])
    keys = _keys(result, told, "theirs")
    theirs = keys or [name for name in result.colnames if not name.startswith(_prefix(told))]
    if not theirs:
        raise MatchError("One of the results has no column of theirs: it cannot be told which rows are pairs.")
    return ~np.asarray(np.all([np.ma.getmaskarray(result[name]) for name in theirs], axis=0))


def _prefix(told: Mapping[str, Any]) -> str:
    return f"{told.get('upload', 'ut1')}_"


def _keys(result: Any, told: Mapping[str, Any], side: str) -> list[str]:
    """The columns that tell rows of that side apart, as far as the result still has all of them."""
    names = (told.get("keys") or {}).get(side) or ()
    return list(names) if all(name in result.colnames for name in names) else []


def _mine(first: Any, second: Any, told: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """The columns that tell my rows apart, of either result in the same order."""
    prefixes = [_prefix(about) for about in told]
    keys = [_keys(result, about, "mine") for result, about in zip((first, second), told, strict=True)]
    plain = [[name.removeprefix(prefix) for name in names] for names, prefix in zip(keys, prefixes, strict=True)]
    gone = any(_gone(result[name]).any() for result, own in zip((first, second), keys, strict=True) for name in own)
    if keys[0] and plain[0] == plain[1] and not gone:
        return keys[0], keys[1]
    every = [
        {name.removeprefix(prefix): name for name in result.colnames if name.startswith(prefix)}
        for result, prefix in zip((first, second), prefixes, strict=True)
    ]
    if not every[0] or set(every[0]) != set(every[1]):
        raise MatchError("The two results are not of the same table of yours: its columns differ. Compare others.")
    return list(every[0].values()), [every[1][name] for name in every[0]]


def _theirs(first: Any, second: Any, told: Sequence[Mapping[str, Any]]) -> tuple[list[str], str]:
    """The columns, of one name in both, that tell their rows apart; or why there are none."""
    targets = [about.get("target", "") for about in told]
    if targets[0] != targets[1]:
        return [], f"Pairs are not compared: they are with {targets[0]} here, with {targets[1]} there."
    for result, about in zip((first, second), told, strict=True):
        keys = _keys(result, about, "theirs")
        if keys and all(name in other.colnames for name in keys for other in (first, second)):
            return keys, ""
    return [], f"Pairs are not compared: return the identifier of {targets[0]} in both runs."


def _numbered(first: Any, second: Any, of_first: list[str], of_second: list[str]) -> tuple[Indices, Indices]:
    """A number for each row of both tables, the same for rows alike in these columns. Missing is like missing."""
    numbers = np.zeros(len(first) + len(second), dtype=np.int64)
    for one, other in zip(of_first, of_second, strict=True):
        ranks = _ranks(first[one], second[other])
        numbers = np.unique(numbers * (int(ranks.max(initial=0)) + 1) + ranks, return_inverse=True)[1].reshape(-1)
    return numbers[: len(first)].astype(np.int64), numbers[len(first) :].astype(np.int64)


def _ranks(one: Any, other: Any) -> Indices:
    """The rank of each value among those of both columns, from 1; 0 where it is missing."""
    gone = np.concatenate([_gone(column) for column in (one, other)])
    values = _together(np.ma.getdata(one), np.ma.getdata(other), one.name)
    ranks = np.zeros(len(values), dtype=np.int64)
    ranks[~gone] = np.unique(values[~gone], return_inverse=True)[1].reshape(-1) + 1
    return ranks


def _gone(column: Any) -> Bools:
    data, mask = np.ma.getdata(column), np.ma.getmaskarray(column)
    if data.ndim > 1:
        return np.asarray(np.all(mask.reshape(len(mask), -1), axis=1))
    return np.asarray(mask | np.isnan(data) if data.dtype.kind == "f" else mask)


def _together(one: Any, other: Any, name: str) -> Any:
    """The values of two columns in one array, none of them changed."""
    both = [np.char.decode(data, "utf-8", "replace") if data.dtype.kind == "S" else data for data in (one, other)]
    kinds = {data.dtype.kind for data in both}
    if any(data.ndim > 1 or data.dtype.kind not in "biufU" for data in both):
        return np.concatenate([np.asarray([repr(value) for value in data.tolist()], dtype=np.str_) for data in both])
    if "U" in kinds and len(kinds) > 1:
        if min(len(data) for data in both):
            raise MatchError(
                f"`{name}` holds text in one result and numbers in the other, so rows cannot be told alike."
            )
        return np.concatenate([data.astype(object) for data in both])
    if len(kinds) > 1:  # as numbers of Python, which no common type of numpy would keep exact
        return np.concatenate([data.astype(object) for data in both])
    return np.concatenate(both)


def _change(first: Indices, second: Indices, is_first: Bools, is_second: Bools) -> Change:
    """`first` and `second` number the things of the rows that are pairs."""
    rows, other_rows = np.flatnonzero(is_first), np.flatnonzero(is_second)
    stays, was = np.isin(first, second), np.isin(second, first)
    return Change(
        kept=len(np.unique(second[was])),
        lost=len(np.unique(first[~stays])),
        gained=len(np.unique(second[~was])),
        kept_rows=other_rows[was],
        lost_rows=rows[~stays],
        gained_rows=other_rows[~was],
    )
