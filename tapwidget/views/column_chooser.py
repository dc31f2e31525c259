"""Which columns a results table shows, and in which order: by a search over names, units, UCDs and descriptions."""

from __future__ import annotations

from typing import Any

import ipywidgets

from tapwidget.tables.page import Heading, Pages
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.style import counted, notes, stylesheet

MOST_BOXES = 40  # a table of 1,300 columns is searched, not scrolled through


class ColumnChooser(ipywidgets.VBox):
    """A search box, a tick for each column found, and buttons for all that were found."""

    def __init__(self, table: ResultsTable, **kwargs: object) -> None:
        self._table = table
        self._headings: list[Heading] = []
        self._found: list[str] = []
        self._filling = False
        self._search = ipywidgets.Text(
            placeholder="name, unit, UCD or description", description="find columns", continuous_update=True,
            style={"description_width": "90px"}, layout={"width": "360px"},
        )  # fmt: skip
        self._only = ipywidgets.Button(description="Show only these", tooltip="hide every column that was not found")
        self._first = ipywidgets.Button(description="These first", tooltip="put the columns found before all others")
        self._all = ipywidgets.Button(description="Show all", tooltip="every column, in the table's own order")
        self._boxes = [ipywidgets.Checkbox(indent=False, layout={"width": "230px"}) for _ in range(MOST_BOXES)]
        self._said = ipywidgets.HTML()
        row = ipywidgets.HBox([self._search, self._only, self._first, self._all])
        boxes = ipywidgets.HBox(self._boxes)
        for part in (row, boxes):
            part.add_class("tw-wrap")
        super().__init__([stylesheet(), row, boxes, self._said], **kwargs)
        self._search.observe(lambda _: self._list(), "value")
        self._only.on_click(lambda _: self._show(self._found))
        self._first.on_click(lambda _: self._show([*self._found, *(n for n in self._shown if n not in self._found)]))
        self._all.on_click(lambda _: self._show(()))
        for box in self._boxes:
            box.observe(self._ticked, "value")
        table.observe(lambda _: self._take(), "table")
        table.observe(lambda _: self._list(), "columns")
        self._take()

    @property
    def _shown(self) -> tuple[str, ...]:
        names = () if self._table.table is None else tuple(self._table.table.colnames)
        return self._table.columns or names

    def _take(self) -> None:
        table = self._table.table
        self._headings = [] if table is None else Pages(table).headings
        self._list()

    def _list(self) -> None:
        words = self._search.value.casefold().split()
        self._found = [heading["name"] for heading in self._headings if _matches(heading, words)]
        shown = set(self._shown)
        tips = {heading["name"]: _tip(heading) for heading in self._headings}
        self._filling = True
        try:
            for number, box in enumerate(self._boxes):
                here = number < len(self._found)
                box.layout.display = None if here else "none"
                if here:
                    name = self._found[number]
                    box.description, box.tooltip, box.value = name, tips[name], name in shown
        finally:
            self._filling = False
        for button in (self._only, self._first):
            button.disabled = not self._found
        more = len(self._found) - MOST_BOXES
        self._said.value = notes(
            f"{counted(len(shown), 'column')} of {len(self._headings):,} shown."
            + (f" {more:,} more were found: type more of the name to see their ticks." if more > 0 else "")
            + ("" if self._found or not self._headings else " No column matches.")
        )

    def _ticked(self, change: Any) -> None:
        if self._filling:
            return
        name = change["owner"].description
        if change["new"]:
            self._show([*self._shown, name])
        else:
            left = [other for other in self._shown if other != name]
            self._show(left or self._shown)  # a table without columns shows nothing to bring them back by
            if not left:
                change["owner"].value = True

    def _show(self, names: Any) -> None:
        self._table.columns = tuple(names)


def _matches(heading: Heading, words: list[str]) -> bool:
    text = " ".join(str(heading[key]) for key in ("name", "unit", "ucd", "description")).casefold()
    return all(word in text for word in words)


def _tip(heading: Heading) -> str:
    unit = f" [{heading['unit']}]" if heading["unit"] else ""
    return "\n".join(text for text in (f"{heading['name']}{unit}", heading["description"], heading["ucd"]) if text)
