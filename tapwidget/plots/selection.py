"""Row numbers that several views share as their selection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tapwidget.errors import TableError


class RowNumbers(Sequence[int]):
    """Sorted row numbers, each once. Equal to the tuple of them, with its hash, and as unchangeable.

    But no tuple (`tuple(rows)` makes one): to make one of a million numbers, and to compare two of them, takes tens of
    milliseconds, and every view that shows a selection would do so again. numpy takes the array that it is.

    >>> rows = RowNumbers(np.array([3, 7]))
    >>> rows == (3, 7), np.asarray(rows)
    (True, array([3, 7]))
    """

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Any) -> None:
        self._numbers = np.array(numbers, dtype=np.int64)
        self._numbers.flags.writeable = False

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._numbers, dtype=dtype, copy=copy)

    def below(self, count: int) -> NDArray[np.int64]:
        """Those that a table of so many rows has; others are of one that is about to be drawn, or to be dropped."""
        return self._numbers[: np.searchsorted(self._numbers, count)]

    def __reduce__(self) -> tuple[type[RowNumbers], tuple[NDArray[np.int64]]]:
        return RowNumbers, (self._numbers,)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[int, ...]: ...
    def __getitem__(self, place: SupportsIndex | slice) -> int | tuple[int, ...]:
        found = self._numbers[place]
        return tuple(found.tolist()) if isinstance(place, slice) else int(found)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers.tolist())

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int | np.integer) and bool((self._numbers == number).any())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RowNumbers):
            return np.array_equal(self._numbers, other._numbers)
        if isinstance(other, tuple):
            return len(self) == len(other) and tuple(self) == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __add__(self, other: Iterable[int]) -> tuple[int, ...]:
        return (*self, *other)

    def __radd__(self, other: Iterable[int]) -> tuple[int, ...]:
        return (*other, *self)

    def __repr__(self) -> str:
        return repr(tuple(self))


NONE = RowNumbers(())


def row_numbers(given: Iterable[Any] | None, rows: int) -> RowNumbers:
    """Sorted row numbers, each once, of row numbers or of one bool a row.

    Raises
    ------
    TableError
        If one of them is not in a table of that many rows.
    """
    if given is None:
        return NONE
    if isinstance(given, RowNumbers) and (not len(given) or given[-1] < rows):
        return given  # as another view found them
    numbers = np.asarray(given if isinstance(given, np.ndarray | tuple | list) else list(given))
    if numbers.dtype == bool and numbers.shape == (rows,):
        return RowNumbers(np.flatnonzero(numbers))
    if numbers.size == 0:
        return NONE
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise TableError("A selection takes row numbers, or True and False for each row of the table.")
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= rows:
        wrong = low if low < 0 else high
        raise TableError(f"Row {wrong} cannot be selected: the table has {rows:,} rows, the first is 0.")
    if (numbers[1:] > numbers[:-1]).all():
        return RowNumbers(numbers)
    marks = np.zeros(rows, bool)  # sorts and drops repeats, many times faster than np.unique
    marks[numbers] = True
    return RowNumbers(np.flatnonzero(marks))
