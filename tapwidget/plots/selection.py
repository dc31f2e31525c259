"""Row numbers that several views share as their selection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapwidget.errors import TableError


def row_numbers(given: Iterable[Any] | None, rows: int) -> tuple[int, ...]:
    """Sorted row numbers, each once, of row numbers or of one bool a row.

    Raises
    ------
    TableError
        If one of them is not in a table of that many rows.
    """
    if given is None:
        return ()
    numbers = np.asarray(given if isinstance(given, np.ndarray | tuple | list) else list(given))
    if numbers.dtype == bool and numbers.shape == (rows,):
        numbers = np.flatnonzero(numbers)
    if numbers.size == 0:
        return ()
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise TableError("A selection takes row numbers, or True and False for each row of the table.")
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= rows:
        wrong = low if low < 0 else high
        raise TableError(f"Row {wrong} cannot be selected: the table has {rows:,} rows, the first is 0.")
    marks = np.zeros(rows, bool)  # sorts and drops repeats, many times faster than np.unique
    marks[numbers] = True
    return tuple(np.flatnonzero(marks).tolist())
