"""A button that shows only the selected rows of a results table, and all of them again."""

from __future__ import annotations

from typing import Any

import ipywidgets

from tapwidget.actions.background import Background
from tapwidget.views import basic
from tapwidget.views.results_table import ResultsTable

NONE = "no row is selected"
SHOW = "show only the rows that are selected now; filters and order go on"
UNDO = "show all rows again that pass the filters"


def only_selected(table: ResultsTable, background: Background) -> ipywidgets.ToggleButton:
    """The button of this table. The rows stay those that were selected when it was pressed.

    `background` is of whoever gives the table another result: rows of one are no rows of another.
    """
    button = basic.ToggleButton(description="Show only selected", icon="filter", layout={"width": "auto"})

    def tell(_change: Any) -> None:
        button.value = bool(table.only_rows)
        button.disabled = not table.only_rows and not table.selected_rows
        button.tooltip = UNDO if table.only_rows else SHOW if table.selected_rows else NONE

    def pressed(change: dict[str, bool]) -> None:
        with background.lock:
            if change["new"] != bool(table.only_rows):
                table.only_rows = table.selected_rows if change["new"] else ()
            tell(None)  # by then there may have been nothing to show

    table.observe(tell, ["only_rows", "selected_rows"])
    button.observe(pressed, "value")
    tell(None)
    return button
