"""PlainTable: a table in pages made of plain ipywidgets, for where anywidget's front end is missing."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import ipywidgets
import numpy as np
import traitlets

from tapwidget.tables.page import Pages
from tapwidget.views import basic
from tapwidget.views.still_table import table_html
from tapwidget.views.style import stylesheet
from tapwidget.views.table_traits import RowsTrait, TableTrait, notes

PAGE = 20  # rows
NOT_DRAWN = (
    "This page cannot draw the interactive table: the part of anywidget that runs in the browser was not there when "
    "the page was opened. Save the notebook and reload the page; until then these plain pages stand in for the table."
)


class PlainTable(ipywidgets.VBox):
    """A table to page through; without sorting, filters or selecting by mouse.

    Traits
    ------
    table, selected_rows
        As in `ResultsTable`; selected rows are marked.
    page : int
        The page shown; the first is 0.
    reason : str
        A line above the table, such as why this one stands here.
    """

    table = TableTrait()
    selected_rows = RowsTrait()
    page = traitlets.Int(0, min=0)
    reason = traitlets.Unicode("")

    def __init__(self, table: Any = None, selected_rows: Iterable[int] = (), **kwargs: Any) -> None:
        self._pages: Pages | None = None
        self._html = basic.HTML()
        self._caption = basic.Label()
        self._buttons = {
            step: basic.Button(description=text, layout={"width": "auto"})
            for step, text in (("first", "First"), ("back", "Back"), ("on", "Next"), ("last", "Last"))
        }
        for step, button in self._buttons.items():
            button.on_click(lambda _button, step=step: self._turn(step))
        row = basic.HBox([*self._buttons.values(), self._caption])
        super().__init__(children=[stylesheet(), self._html, row], **kwargs)
        self.add_class("tw-plain")
        self.table = table
        self.selected_rows = selected_rows
        self._draw()

    @traitlets.observe("table")
    def _table_changed(self, _change: Any) -> None:
        self._pages = None if self.table is None else Pages(self.table)
        self.selected_rows = ()
        self.page = 0
        self._draw()

    @traitlets.observe("page", "reason", "selected_rows")
    def _changed(self, _change: Any) -> None:
        self._draw()

    @property
    def _last_page(self) -> int:
        return 0 if self._pages is None else max(0, (len(self._pages) - 1) // PAGE)

    def _turn(self, step: str) -> None:
        to = {"first": 0, "back": self.page - 1, "on": self.page + 1, "last": self._last_page}[step]
        self.page = min(max(to, 0), self._last_page)

    def _draw(self) -> None:
        lines = [self.reason, *(note["text"] for note in notes(self.table))]
        above = "".join(f"<div>{escape(line)}</div>" for line in lines if line)
        if self._pages is None:
            self._html.value = above + "<div>No table yet. The rows of a match appear here.</div>"
        else:
            self._html.value = above + self._page_html(self._pages)
        self._caption.value = self._words()
        for step, button in self._buttons.items():
            button.disabled = self.page == (0 if step in {"first", "back"} else self._last_page)

    def _words(self) -> str:
        if self._pages is None:
            return ""
        rows = len(self._pages)
        selected = f", {len(self.selected_rows):,} selected" if self.selected_rows else ""
        here = f"; {self.page * PAGE + 1:,} to {min((self.page + 1) * PAGE, rows):,} shown" if rows > PAGE else ""
        return f"{rows:,} row{'' if rows == 1 else 's'}{selected}{here}"

    def _page_html(self, pages: Pages) -> str:
        first = min(self.page, self._last_page) * PAGE
        rows = np.arange(first, min(first + PAGE, len(pages)), dtype=np.int64)
        return table_html(pages.headings, pages.window(rows, pages.names), {row - first for row in self.selected_rows})
