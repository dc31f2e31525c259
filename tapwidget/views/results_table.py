"""ResultsTable: an astropy table of any length in the browser, exact, sortable, filterable, its selection a trait.

The table stays in the kernel. The browser gets texts (an int64 never becomes a JavaScript number): the first window of
rows in the synced trait `_page`, so that a saved notebook still shows it, all other windows in custom messages that are
never saved. It sends intentions back, in positions of the order it shows; each carries the version of that order. A
click just before a new order arrives means the row that was seen, so the order before is kept; older ones are not.

Messages from the browser, by "type":
    hello   {view}                                        a view is drawn
    bye     {view}                                        and removed
    window  {view, version, request, first, last, c0, c1} these positions, these columns, please
    sort    {keys: [[name, "ascending"|"descending"], ...]}
    filter  {column, text}   clear_filters {}
    select  {version, mode: replace|add|remove|toggle, ranges: [[a, b), ...]}   none {}
    copy    {view, version, cell: [position, column] or null}
Messages to it: window, marks, copied.

A callback may run on any thread: ipykernel 7 uses others than the cells do. `_lock` guards this widget's own state and
is never held while `table`, `selected_rows` or `drawn` change, whose observers belong to others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from tapwidget.errors import TableError, TapWidgetError
from tapwidget.tables.page import Pages, Rows
from tapwidget.views.table_traits import RowsTrait, TableTrait, notes

STATIC = Path(__file__).parent / "static"
FIRST_ROWS = 40  # in the synced trait: what fills a usual cell, and a bit
FIRST_CHARACTERS = 400  # width of the columns sent with them
MOST_ROWS, MOST_COLUMNS = 400, 200  # of one window, whatever is asked for
VIEWS = 16  # remembered at a time; a page that is closed cannot always say goodbye


class ResultsTable(anywidget.AnyWidget):
    """A table to look at, sort, filter and select rows in.

    Traits
    ------
    table : astropy.table.Table or None
        What is shown. It is not copied; after changing it in place, set a copy.
    selected_rows : tuple of int
        Row numbers of `table`, sorted, whatever the order on screen. Takes any sequence of row numbers, or a boolean
        array with one entry a row. Setting `table` empties it.
    drawn : bool
        True once a browser has drawn the widget; it stays False where anywidget's front end is missing.

    Raises
    ------
    TableError
        For a `table` that is no astropy table, or row numbers that are not in it.
    """

    _esm = STATIC / "results_table.js"
    _css = STATIC / "results_table.css"

    table = TableTrait()
    selected_rows = RowsTrait()
    drawn = traitlets.Bool(False)
    _headings = traitlets.Dict().tag(sync=True)
    _page = traitlets.Dict().tag(sync=True)

    def __init__(self, table: Any = None, selected_rows: Iterable[int] = (), **kwargs: Any) -> None:
        self._lock = threading.RLock()
        self._version = 0  # of the order
        self._published = 0
        self._pages: Pages | None = None
        self._order: Rows = np.arange(0, dtype=np.int64)
        self._orders: dict[int, Rows] = {}  # by version: this one and the one before
        self._selected = np.zeros(0, dtype=bool)
        self._selected_count = self._selected_shown = 0
        self._sort: list[tuple[str, str]] = []
        self._filters: dict[str, str] = {}
        self._filter_errors: dict[str, str] = {}
        self._windows: dict[str, tuple[int, int]] = {}
        super().__init__(**kwargs)
        self.on_msg(self._receive)
        # One after the other: a new table empties the selection.
        if table is None:
            self._show_anew()
        self.table = table
        self.selected_rows = selected_rows

    # What others set

    @traitlets.observe("table")
    def _table_changed(self, _change: Any) -> None:
        self.selected_rows = ()
        self._show_anew()

    @traitlets.observe("selected_rows")
    def _selection_changed(self, change: dict[str, Any]) -> None:
        with self._lock:
            self._mark(change["new"])
            self._count_selected()
            self._send_marks()

    # What the browser asks for

    def _receive(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        handlers = {
            "hello": self._on_hello,
            "bye": self._on_bye,
            "window": self._on_window,
            "sort": self._on_sort,
            "filter": self._on_filter,
            "clear_filters": self._on_clear_filters,
            "select": self._on_select,
            "none": self._on_none,
            "copy": self._on_copy,
        }
        handler = handlers.get(content.get("type", ""))
        if handler is not None:
            handler(content)

    def _on_hello(self, content: dict[str, Any]) -> None:
        with self._lock:
            self._remember(content["view"], 0, min(FIRST_ROWS, len(self._order)))
            # The selection may have changed since the page was last put into its trait.
            self.send({"type": "marks", "view": content["view"], **self._marks(0, FIRST_ROWS)})
        self.drawn = True

    def _on_bye(self, content: dict[str, Any]) -> None:
        with self._lock:
            self._windows.pop(content["view"], None)

    def _on_window(self, content: dict[str, Any]) -> None:
        with self._lock:
            if content["version"] != self._version or self._pages is None:
                return  # the browser is about to hear of the new order, and asks again
            first = max(0, int(content["first"]))
            last = min(int(content["last"]), first + MOST_ROWS, len(self._order))
            c0 = max(0, int(content["c0"]))
            c1 = min(int(content["c1"]), c0 + MOST_COLUMNS, len(self._pages.names))
            self._remember(content["view"], first, last)
            self.send(
                {
                    "type": "window",
                    "view": content["view"],
                    "request": content["request"],
                    **self._cells(first, last, c0, c1),
                    **self._marks(first, last),
                }
            )

    def _on_sort(self, content: dict[str, Any]) -> None:
        with self._lock:
            before, self._sort = self._sort, [(str(name), str(direction)) for name, direction in content["keys"]]
            try:
                self._reorder()
            except TapWidgetError:  # the page never offers what cannot be sorted; keep what there was
                self._sort = before
                self._reorder()

    def _on_filter(self, content: dict[str, Any]) -> None:
        column, text = str(content["column"]), str(content["text"])
        with self._lock:
            before = dict(self._filters)
            self._filter_errors.pop(column, None)
            self._filters.pop(column, None)
            if text.strip():
                self._filters[column] = text
            try:
                self._reorder()
            except TapWidgetError as error:
                # The table stays as it was, under the filters that could be read.
                self._filters = before
                self._filter_errors[column] = str(error)
                self._publish()

    def _on_clear_filters(self, _content: dict[str, Any]) -> None:
        with self._lock:
            self._filters, self._filter_errors = {}, {}
            self._reorder()

    def _on_select(self, content: dict[str, Any]) -> None:
        with self._lock:
            order = self._orders.get(content["version"])
            if order is None:
                return
            mode = content["mode"]
            marks = np.zeros_like(self._selected)
            for start, stop in content["ranges"]:
                marks[order[max(0, int(start)) : max(0, int(stop))]] = True
            old = self._selected
            combined = {"replace": marks, "add": old | marks, "remove": old & ~marks, "toggle": old ^ marks}[mode]
            if np.array_equal(combined, old):  # the trait will not change, but the page waits for an answer
                self._send_marks()
                return
            rows = np.flatnonzero(combined)
        self.selected_rows = rows

    def _on_none(self, _content: dict[str, Any]) -> None:
        self.selected_rows = ()

    def _on_copy(self, content: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"type": "copied", "view": content["view"]}
        with self._lock:
            order = self._orders.get(content["version"])
            if self._pages is None or order is None:
                return
            rows = self._order[self._selected[self._order]]  # as on screen, in its order
            try:
                if len(rows):
                    answer |= {"text": self._pages.tab_separated(rows), "rows": len(rows)}
                elif content.get("cell"):
                    position, column = content["cell"]
                    name = self._pages.names[column]
                    answer |= {"text": self._pages.tab_separated(order[[position]], [name], header=False)}
            except TableError as error:
                answer["error"] = str(error)
            self.send(answer)

    # What the browser gets; all of it under the lock

    def _show_anew(self) -> None:
        """Start over with the present table."""
        with self._lock:
            self._pages = None if self.table is None else Pages(self.table)
            self._selected = np.zeros(0 if self._pages is None else len(self._pages), dtype=bool)
            self._mark(self.selected_rows)
            self._sort, self._filters, self._filter_errors, self._orders = [], {}, {}, {}
            self._windows = dict.fromkeys(self._windows, (0, FIRST_ROWS))
            columns = [] if self._pages is None else self._pages.headings
            # Its own trait: sorting need not send it again. The page names the version it goes with.
            self._headings = {"version": self._version + 1, "columns": columns, "notes": notes(self.table)}
            self._reorder()

    def _mark(self, rows: tuple[int, ...]) -> None:
        # Another thread may have set a longer table whose turn to be shown comes next, and marks these then.
        if not rows or rows[-1] < len(self._selected):
            self._selected[:] = False
            self._selected[list(rows)] = True

    def _reorder(self) -> None:
        if self._pages is None:
            self._order = np.arange(0, dtype=np.int64)
        else:
            self._order = self._pages.order(self._sort, self._filters)
        self._version += 1
        self._orders = {v: order for v, order in self._orders.items() if v == self._version - 1}
        self._orders[self._version] = self._order
        self._count_selected()
        self._publish()

    def _publish(self) -> None:
        columns = self._headings["columns"]
        self._published += 1
        widths = np.cumsum([column["width"] for column in columns])
        last = min(FIRST_ROWS, len(self._order))
        self._page = {
            "serial": self._published,  # so that every request is answered, by a change of the trait
            "headings": self._headings["version"],
            "has_table": self._pages is not None,
            "total": 0 if self._pages is None else len(self._pages),
            "sort": [list(key) for key in self._sort],
            "filters": dict(self._filters),
            "filter_errors": dict(self._filter_errors),
            **self._cells(0, last, 0, int(np.searchsorted(widths, FIRST_CHARACTERS)) + 1),
            **self._marks(0, last),
        }

    def _cells(self, first: int, last: int, c0: int, c1: int) -> dict[str, Any]:
        names = () if self._pages is None else self._pages.names[c0:c1]
        cells = [] if self._pages is None else self._pages.window(self._order[first:last], names)
        return {"first": first, "last": last, "c0": c0, "c1": c0 + len(names), "cells": cells}

    def _marks(self, first: int, last: int) -> dict[str, Any]:
        """Which of these positions are selected, as text of 0 and 1, and the counts for the caption."""
        marks = self._selected[self._order[first:last]]
        return {
            "version": self._version,
            "shown": len(self._order),
            "first": first,
            "last": min(last, len(self._order)),
            "marks": "".join("1" if mark else "0" for mark in marks),
            "selected": self._selected_count,
            "selected_shown": self._selected_shown,
        }

    def _send_marks(self) -> None:
        for view, (first, last) in self._windows.items():
            self.send({"type": "marks", "view": view, **self._marks(first, last)})

    def _count_selected(self) -> None:
        self._selected_count = int(np.count_nonzero(self._selected))
        self._selected_shown = int(np.count_nonzero(self._selected[self._order])) if self._selected_count else 0

    def _remember(self, view: str, first: int, last: int) -> None:
        self._windows.pop(view, None)
        self._windows[view] = (first, last)
        while len(self._windows) > VIEWS:
            del self._windows[next(iter(self._windows))]
