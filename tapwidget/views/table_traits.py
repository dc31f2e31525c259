"""Traits of whatever shows an astropy table and a selection of its rows, and the lines that stand above it."""

from __future__ import annotations

from typing import Any

import traitlets

from tapwidget.errors import TableError
from tapwidget.plots.selection import NONE, RowNumbers, row_numbers
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
    """Row numbers of the widget's `table`: sorted, each once (`RowNumbers`); None means none.

    Parameters
    ----------
    of : str
        Which of the widget's traits has these rows.
    """

    default_value = NONE
    allow_none = True

    def __init__(self, of: str = "table", **kwargs: Any) -> None:
        self._of = of
        super().__init__(**kwargs)

    def _validate(self, obj: Any, value: Any) -> RowNumbers:
        rows = getattr(obj, self._of)
        return row_numbers(value, 0 if rows is None else len(rows))


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
