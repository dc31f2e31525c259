"""Row numbers that several views share as their selection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tapwidget.errors import TableError


class RowNumbers(tuple[int, ...]):
    """Sorted row numbers, each once.

    A tuple, for a selection compares and does not change; and an array, for numpy takes tens of milliseconds to read a
    million numbers out of a tuple, and every view that shows a selection would do so again.

    >>> rows = RowNumbers(np.array([3, 7]))
    >>> rows == (3, 7), np.asarray(rows)
    (True, array([3, 7]))
    """

    _numbers: NDArray[np.int64]

    def __new__(cls, numbers: Any) -> RowNumbers:
        given = np.array(numbers, dtype=np.int64)
        made = super().__new__(cls, given.tolist())
        given.flags.writeable = False
        made._numbers = given
        return made

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._numbers, dtype=dtype, copy=copy)


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
    if isinstance(given, RowNumbers) and (not given or given[-1] < rows):
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
