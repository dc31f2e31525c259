"""Outlines over the current result: the rows selected, and those that the form's constraints would keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapwidget.errors import TapWidgetError
from tapwidget.match.constraints import Constraint, keep_rows
from tapwidget.plots.subset import Subset


def selected(rows: Iterable[int], of: int, among: Any = None) -> Subset | None:
    """The rows selected in a table; `among` are its rows' places in the result, None where it shows the result."""
    numbers = np.asarray(rows, dtype=np.intp)
    if not len(numbers):
        return None
    return Subset(f"selected ({len(numbers):,})", of, in_result(numbers, among))


def in_result(rows: Any, among: Any) -> np.ndarray:
    """The rows of the result, rising, that rows of a table are; `among` as for `selected`."""
    numbers = np.asarray(rows, dtype=np.intp)
    return numbers if among is None else np.unique(np.asarray(among)[numbers])


def would_be_kept(where: Iterable[Any], result: Any, of: int) -> Subset | None:
    """What the constraints would keep of a result; None where that cannot be told, or is all of it.

    Conditions in ADQL, and those on columns that the result lacks, cannot be counted here: then it is "at most".
    """
    kept, counted, given = np.ones(len(result), bool), 0, 0
    for constraint in where:
        given += 1
        if not isinstance(constraint, Constraint):
            continue
        try:
            kept &= keep_rows([constraint], result)
        except TapWidgetError:  # the form says why, beside the constraint itself
            continue
        counted += 1
    if not counted or kept.all():
        return None
    most = "" if counted == given else "at most "
    label = f"would keep {most}{int(kept.sum()):,} of {len(result):,}"
    return Subset(label, of, kept, "dotted", 1.5, None)
