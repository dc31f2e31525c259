"""Which columns a results table shows, and in which order."""

from __future__ import annotations

from typing import Any

import ipywidgets

from tapwidget.views import basic
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.tick_list import Item, TickList


class ColumnChooser(ipywidgets.VBox):
    """A tick for each column found by name, unit, UCD or description, and buttons for all that were found."""

    def __init__(self, table: ResultsTable, **kwargs: object) -> None:
        self._table = table
        self._only = basic.Button(description="Show only these", tooltip="hide every column that was not found")
        self._first = basic.Button(description="These first", tooltip="put the columns found before all others")
        self._all = basic.Button(description="Show all", tooltip="every column, in the table's own order")
        self.ticks = TickList(
            placeholder="find columns by name, unit, UCD or description", buttons=(self._only, self._first, self._all)
        )
        super().__init__([self.ticks], **kwargs)
        self._only.on_click(lambda _: self._show(self.ticks.found))
        self._first.on_click(lambda _: self._show((*self.ticks.found, *self._table.columns, *self._names)))
        self._all.on_click(lambda _: self._show(()))
        self.ticks.observe(self._ticked, "chosen")
        self.ticks.observe(lambda _: self._offer(), "found")
        table.observe(lambda _: self._take(), "table")
        table.observe(lambda _: self._tick(), "columns")
        self._take()

    @property
    def _names(self) -> tuple[str, ...]:
        """All columns, unless only some are shown: then there is nothing to add."""
        return () if self._table.columns or self._table.table is None else tuple(self._table.table.colnames)

    def _take(self) -> None:
        self.ticks.items = tuple(
            Item(heading["name"], heading["unit"], heading["ucd"], heading["description"])
            for heading in self._table.headings
        )
        self._tick()
        self._offer()

    def _tick(self) -> None:
        self.ticks.chosen = self._table.columns or self._names

    def _offer(self) -> None:
        for button in (self._only, self._first):
            button.disabled = not self.ticks.found

    def _ticked(self, change: Any) -> None:
        if change["new"]:
            self._show(change["new"])
        else:
            self._tick()  # a table without columns shows nothing to bring them back by

    def _show(self, names: tuple[str, ...]) -> None:
        names = tuple(dict.fromkeys(names))
        self._table.columns = () if self._table.table is None or names == tuple(self._table.table.colnames) else names
