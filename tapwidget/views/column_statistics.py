"""A line of statistics for each column that a results table shows, over all of its rows or some."""

from __future__ import annotations

from html import escape

import ipywidgets
import numpy as np

from tapwidget.actions.background import Background, Latest
from tapwidget.tables.cell_format import Rows, column_cells
from tapwidget.tables.statistics import Statistics, statistics
from tapwidget.views import basic
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.style import counted, notes, stylesheet

ROWS = (("all rows", "all"), ("rows that are shown", "shown"), ("selected rows", "selected"))
MOST_COLUMNS = 60
HEADS = ("column", "unit", "values", "missing", "distinct", "lowest", "median", "mean", "highest", "std. deviation")


class ColumnStatistics(ipywidgets.VBox):
    """Counts, lowest, median, mean, highest, and standard deviation; missing values enter none but their own count."""

    def __init__(self, table: ResultsTable, *, background: Background | None = None, **kwargs: object) -> None:
        self._table = table
        self._background = background or Background()
        self._requests = Latest()
        self._rows = basic.Dropdown(options=ROWS, value="shown", description="over", layout={"width": "300px"})
        self._again = basic.Button(description="Count", icon="refresh", tooltip="count again")
        self._said = basic.HTML()
        row = basic.HBox([self._rows, self._again])
        row.add_class("tw-wrap")
        super().__init__([stylesheet(self, self._background), row, self._said], **kwargs)
        self._rows.observe(lambda _: self.count(), "value")
        self._again.on_click(lambda _: self.count())
        table.observe(lambda _: self._forget(), "table")

    def count(self) -> None:
        """Count in the background, and show."""
        table, number = self._table.table, self._requests.next()
        if table is None:
            return
        names = (self._table.columns or tuple(table.colnames))[:MOST_COLUMNS]
        left_out = len(self._table.columns or table.colnames) - len(names)
        rows = self._chosen()
        self._said.value = notes("Counting ...")

        def work() -> list[Statistics]:
            return [statistics(column_cells(table, name), rows) for name in names]

        self._background.run(
            work,
            then=lambda found: self._show(number, found, len(table) if rows is None else len(rows), left_out),
            failed=lambda error: self._show_error(number, error),
        )

    def _chosen(self) -> Rows | None:
        if self._rows.value == "all":
            return None
        if self._rows.value == "shown":
            return self._table.rows_shown
        return np.asarray(self._table.selected_rows, dtype=np.int64)

    def _show(self, number: int, found: list[Statistics], rows: int, left_out: int) -> None:
        if not self._requests.is_current(number):
            return
        said = f"Over {counted(rows, 'row')}." + (
            f" The first {MOST_COLUMNS} columns shown; {left_out:,} more are not counted: hide some."
            if left_out
            else ""
        )
        self._said.value = notes(said) + _html(found)

    def _show_error(self, number: int, error: BaseException) -> None:
        if self._requests.is_current(number):
            self._said.value = notes(str(error), css_class="tw-error")

    def _forget(self) -> None:
        self._requests.next()
        self._said.value = ""


def _html(found: list[Statistics]) -> str:
    """Every text of the table is escaped: it never becomes HTML."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in HEADS)
    lines = []
    for one in found:
        distinct = "" if one.distinct is None else f"{one.distinct:,}"
        cells = (one.unit, f"{one.values:,}", f"{one.missing:,}", distinct, one.lowest, one.median, one.mean)
        row = "".join(f"<td>{escape(text)}</td>" for text in (*cells, one.highest, one.scatter))
        lines.append(f'<tr><th scope="row">{escape(one.name)}</th>{row}</tr>')
    return (
        '<div class="tw-preview" tabindex="0" role="region" aria-label="Statistics of the columns">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
