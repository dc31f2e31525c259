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
from tapwidget.views.style import stylesheet
from tapwidget.views.table_traits import RowsTrait, TableTrait, notes

PAGE = 20  # rows


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
            self._html.value = above + self._table_html(self._pages)
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

    def _table_html(self, pages: Pages) -> str:
        """Every text from the table goes through `escape`: ipywidgets' HTML would run what it holds."""
        first = min(self.page, self._last_page) * PAGE
        rows = np.arange(first, min(first + PAGE, len(pages)), dtype=np.int64)
        right = [heading["kind"] in {"integer", "float"} for heading in pages.headings]
        style = [f"padding:0 8px;text-align:{'right' if numeric else 'left'}" for numeric in right]
        heads = "".join(
            f'<th scope="col" style="{css}" title="{escape(heading["description"])}">{escape(heading["name"])}'
            f"<br><small>{escape(heading['unit'])}&nbsp;</small></th>"
            for css, heading in zip(style, pages.headings, strict=True)
        )
        selected = set(self.selected_rows)
        body = []
        for row, cells in zip(rows.tolist(), zip(*pages.window(rows, pages.names), strict=True), strict=True):
            marked = ' style="background:rgba(33,150,243,0.24)"' if row in selected else ""
            texts = [f'<td style="{css}">{_cell(text)}</td>' for css, text in zip(style, cells, strict=True)]
            body.append(f"<tr{marked}>{''.join(texts)}</tr>")
        return (
            '<div style="overflow-x:auto"><table style="border-collapse:collapse;white-space:nowrap;line-height:1.6">'
            f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
        )


def _cell(text: str | None) -> str:
    return '<span style="opacity:0.5">—</span>' if text is None else escape(text)
