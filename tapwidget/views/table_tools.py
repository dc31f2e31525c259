"""What one does with a results table beside looking: find, go to a row or the selected ones, count, save."""

from __future__ import annotations

from functools import cached_property

import ipywidgets

from tapwidget.actions.background import Background, Latest
from tapwidget.errors import TapWidgetError
from tapwidget.views import basic
from tapwidget.views.column_chooser import ColumnChooser
from tapwidget.views.column_statistics import ColumnStatistics
from tapwidget.views.only_selected import only_selected
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_saving import TableSaving


class TableTools(ipywidgets.VBox):
    """A row of tools for one `ResultsTable`, and below it the one that is open.

    Attributes
    ----------
    only_selected : ipywidgets.ToggleButton
        Shows only the rows that are selected when it is pressed.
    columns, statistics, saving
        The tools that open: `ColumnChooser`, `ColumnStatistics`, `TableSaving`. Made when they are first wanted.
    """

    def __init__(self, table: ResultsTable, *, background: Background | None = None, **kwargs: object) -> None:
        self._table = table
        self._background = background or Background()
        self._searches = Latest()
        self._found = -1  # position of the last find
        self._telling = False  # while the number of a row is told, not typed
        self._find = basic.Text(
            placeholder="find in the table", continuous_update=False, layout={"width": "190px"}, description="",
        )  # fmt: skip
        self._next = basic.Button(description="Next", icon="search", tooltip="the next cell that contains the text")
        self._row = basic.BoundedIntText(
            1, min=1, max=1, description="go to row", layout={"width": "190px"}, continuous_update=False
        )
        self.only_selected = only_selected(table, self._background)
        tools = (
            ("columns", "Columns", "columns", "find columns, hide them, put them in another order"),
            ("statistics", "Statistics", "bar-chart", "count each column: how many values, smallest, largest, mean"),
            ("saving", "Save", "save", "write the table to a file"),
        )
        self._tools = {
            name: basic.ToggleButton(description=f"{say} ...", icon=icon, tooltip=tip, layout={"width": "auto"})
            for name, say, icon, tip in tools
        }
        self._said = basic.HTML()
        bar = basic.HBox([self._find, self._next, self._row, self.only_selected, *self._tools.values()])
        bar.add_class("tw-wrap")
        self._panel = basic.VBox()
        super().__init__([stylesheet(self, self._background), bar, self._said, self._panel], **kwargs)
        self._find.observe(lambda _: self._search(afresh=True), "value")
        self._next.on_click(lambda _: self._search())
        self._row.observe(self._typed, "value")
        for name, button in self._tools.items():
            button.observe(lambda change, name=name: self._open(name, is_open=change["new"]), "value")
        table.observe(lambda _: self._take(), "table")
        self._take()

    @cached_property
    def columns(self) -> ColumnChooser:
        return ColumnChooser(self._table)

    @cached_property
    def statistics(self) -> ColumnStatistics:
        return ColumnStatistics(self._table, background=self._background)

    @cached_property
    def saving(self) -> TableSaving:
        return TableSaving(self._table, background=self._background)

    def _take(self) -> None:
        self._found = -1
        self._said.value = ""
        rows = 0 if self._table.table is None else len(self._table.table)
        self._row.max = max(1, rows)
        self.layout.display = "none" if self._table.table is None else None

    def _search(self, *, afresh: bool = False) -> None:
        text, number = self._find.value, self._searches.next()
        if not text.strip():
            self._said.value = ""
            return
        after = -1 if afresh else self._found
        self._said.value = notes("Searching ...")
        self._background.run(
            lambda: self._table.find(text, after, going=lambda: self._searches.is_current(number)),
            then=lambda found: self._show_found(number, text, found),
            failed=self._say_error,
        )

    def _show_found(self, number: int, text: str, found: tuple[int, str] | None) -> None:
        if not self._searches.is_current(number):
            return
        if found is None:
            self._found = -1
            self._said.value = notes(f"“{text}” is in no cell of the columns and rows shown.")
            return
        before, (self._found, column) = self._found, found
        round_again = ", from the top again" if self._found <= before else ""
        self._said.value = notes(f"Row {self._found + 1:,} of those shown, column {column}{round_again}.")
        self._show_row(self._found, column)
        self._telling = True
        try:
            self._row.value = self._found + 1  # where one is: typing the number of before leads back
        finally:
            self._telling = False

    def _typed(self, change: dict[str, int]) -> None:
        if not self._telling:
            self._said.value = ""
            self._show_row(change["new"] - 1)

    def _show_row(self, position: int, column: str = "") -> None:
        try:
            self._table.go_to(position, column)
        except TapWidgetError as error:
            self._say_error(error)

    def _open(self, name: str, *, is_open: bool) -> None:
        """One tool at a time."""
        if is_open:
            for other, button in self._tools.items():
                if other != name:
                    button.value = False
            if name == "statistics":
                self.statistics.count()
            self._panel.children = [getattr(self, name)]
        elif not any(button.value for button in self._tools.values()):
            self._panel.children = []

    def _say_error(self, error: BaseException) -> None:
        self._said.value = notes(str(error), css_class="tw-error")
