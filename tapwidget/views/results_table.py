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
    columns {names: [name, ...]}                          shown, in this order
Messages to it: window, marks, copied, go.

A callback may run on any thread: ipykernel 7 uses others than the cells do. `_lock` guards this widget's own state and
is never held while `table`, `selected_rows` or `drawn` change, whose observers belong to others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from tapwidget.errors import TableError, TapWidgetError
from tapwidget.tables.page import Heading, Pages, Rows
from tapwidget.views.saved_copy import display_with_copy, first_rows
from tapwidget.views.table_traits import RowsTrait, TableTrait, notes
from tapwidget.views.table_windows import Windows

STATIC = Path(__file__).parent / "static"
FIRST_ROWS = 40  # in the synced trait: what fills a usual cell, and a bit
FIRST_CHARACTERS = 400  # width of the columns sent with them
MESSAGES = ("hello", "bye", "window", "sort", "filter", "clear_filters", "select", "none", "copy", "columns")
MOST_ROWS, MOST_COLUMNS = 400, 200  # of one window, whatever is asked for


class ResultsTable(anywidget.AnyWidget):
    """A table to look at, sort, filter and select rows in.

    Traits
    ------
    table : astropy.table.Table or None
        What is shown. It is not copied; after changing it in place, set a copy.
    selected_rows : sorted row numbers (int), equal to a tuple of them
        Row numbers of `table`, sorted, whatever the order on screen. Takes any sequence of row numbers, or a boolean
        array with one entry a row. Setting `table` empties it.
    only_rows : row numbers, as `selected_rows`
        Of these only those are shown that pass the filters; empty for all rows. Setting `table` empties it.
    columns : tuple of str
        The columns shown, in this order; empty for all, in the table's order. A new table keeps those it has.
    column_widths : dict of str to int
        How wide a column is drawn (CSS pixels), for those whose width was chosen.
    drawn : bool
        True once a browser has drawn the widget; it stays False where anywidget's front end is missing.

    Raises
    ------
    TableError
        For a `table` that is no astropy table, or row numbers or columns that are not in it.
    """

    _esm = STATIC / "results_table.js"
    _css = STATIC / "results_table.css"

    table = TableTrait()
    selected_rows = RowsTrait()
    only_rows = RowsTrait()
    columns = traitlets.Tuple()
    column_widths = traitlets.Dict().tag(sync=True)
    drawn = traitlets.Bool(False)
    _headings = traitlets.Dict().tag(sync=True)
    _page = traitlets.Dict().tag(sync=True)

    def __init__(
        self, table: Any = None, selected_rows: Iterable[int] = (), *, only_rows: Iterable[int] = (),
        columns: Iterable[str] = (), **kwargs: Any,
    ) -> None:  # fmt: skip
        self._lock = threading.RLock()
        self._version = 0  # of the order
        self._table_version = 0  # of the order it was first shown in
        self._published = 0
        self._pages: Pages | None = None
        self._order: Rows = np.arange(0, dtype=np.int64)
        self._among = self.only_rows
        self._orders: dict[int, Rows] = {}  # by version: this one and the one before
        self._selected = np.zeros(0, dtype=bool)
        self._selected_count = self._selected_shown = 0
        self._sort: list[tuple[str, str]] = []
        self._filters: dict[str, str] = {}
        self._filter_errors: dict[str, str] = {}
        self._windows = Windows()
        super().__init__(**kwargs)
        self.on_msg(self._receive)
        # One after the other: a new table empties the selection.
        if table is None:
            self._show_anew()
        self.table = table
        self.columns = tuple(columns)
        self.selected_rows, self.only_rows = selected_rows, only_rows

    # What others ask and set

    @property
    def headings(self) -> list[Heading]:
        """Name, kind, unit, ucd, description and width of each column of `table`, shown or not."""
        return [] if self._pages is None else self._pages.showing(()).headings

    @property
    def rows_shown(self) -> Rows:
        """Row numbers of `table` that are shown: of `only_rows` what passes the filters, in the order on screen."""
        return self._order

    @property
    def arrangement(self) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
        """By what the rows are sorted, (column, "ascending" or "descending"), first what counts most; and filtered."""
        return tuple(self._sort), dict(self._filters)

    def arrange(self, sort: Iterable[tuple[str, str]], filters: Mapping[str, str]) -> None:
        """Sort and filter as the page does, that is as far as it can be done: `arrangement` says what there is then."""
        self._on_clear_filters({})
        self._on_sort({"keys": list(sort)})
        for column, text in filters.items():
            self._on_filter({"column": column, "text": text})

    def find(self, text: str, after: int = -1, *, going: Callable[[], bool] = lambda: True) -> tuple[int, str] | None:
        """Where the text is next, below position `after`: its position in the order shown, and the column's name."""
        pages, order = self._pages, self._order
        if pages is None or not len(order):
            return None
        found = pages.find(text, order, (after + 1) % len(order), going=going)
        return None if found is None else (found[0], pages.names[found[1]])

    def go_to(self, position: int, column: str = "") -> None:
        """Scroll to a position of the order shown, the first is 0, and to a column; keyboard and eye go on from there.

        Raises
        ------
        TableError
            For one that is not shown.
        """
        names = () if self._pages is None else self._pages.names
        if not 0 <= position < len(self._order) or (column and column not in names):
            raise TableError(
                f"Row {position + 1:,}{f', column {column}' if column else ''} is not shown; the table shows "
                f"{len(self._order):,} rows of {len(names)} columns."
            )
        self.send({"type": "go", "position": position, "column": names.index(column) if column else None})

    def first_rows(self) -> dict[str, str]:
        """The first rows and columns shown, as "text/html" and "text/plain"; empty without a table."""
        with self._lock:
            return {} if self._pages is None else first_rows(self._pages, self._order)

    def _ipython_display_(self) -> None:
        display_with_copy(self, self)

    @traitlets.observe("table")
    def _table_changed(self, _change: Any) -> None:
        self.selected_rows = self.only_rows = ()
        names = [] if self.table is None else self.table.colnames
        self.columns = tuple(name for name in self.columns if name in names)
        self._show_anew()

    @traitlets.validate("columns")
    def _names_of_columns(self, proposal: Any) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(proposal["value"]))
        known = names if self.table is None else self.table.colnames
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            raise TableError(f"The table has no column {unknown!r} to show; it has {', '.join(known)}.")
        return names

    @traitlets.observe("columns")
    def _columns_changed(self, _change: Any) -> None:
        with self._lock:
            if self._pages is None or self._pages.table is not self.table:
                return  # the table is about to be shown anew, with these
            self._pages = self._pages.showing(self.columns)
            names = self._pages.names
            # What cannot be seen must not leave out rows.
            self._filters = {name: text for name, text in self._filters.items() if name in names}
            self._filter_errors = {name: text for name, text in self._filter_errors.items() if name in names}
            self._sort = [key for key in self._sort if key[0] in names]
            self._put_headings()
            self._reorder()

    @traitlets.observe("only_rows")
    def _only_changed(self, _change: Any) -> None:
        with self._lock:
            if self._pages is not None and self._pages.table is self.table:  # else it is about to be shown anew
                self._among = self._rows_of_this(self.only_rows)
                self._reorder()

    @traitlets.observe("selected_rows")
    def _selection_changed(self, _change: Any) -> None:
        with self._lock:
            # What it is now: of two threads that select, the first may come here last.
            self._mark(self.selected_rows)
            self._count_selected()
            self._send_marks()

    # What the browser asks for

    def _receive(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        if (kind := content.get("type")) in MESSAGES:
            getattr(self, f"_on_{kind}")(content)

    def _on_hello(self, content: dict[str, Any]) -> None:
        with self._lock:
            self._windows.remember(content["view"], 0, min(FIRST_ROWS, len(self._order)))
            # The selection may have changed since the page was last put into its trait.
            self.send({"type": "marks", "view": content["view"], **self._marks(0, FIRST_ROWS)})
        self.drawn = True

    def _on_bye(self, content: dict[str, Any]) -> None:
        with self._lock:
            self._windows.forget(content["view"])

    def _on_window(self, content: dict[str, Any]) -> None:
        with self._lock:
            if content["version"] != self._version or self._pages is None:
                return  # the browser is about to hear of the new order, and asks again
            first = max(0, int(content["first"]))
            last = min(int(content["last"]), first + MOST_ROWS, len(self._order))
            c0 = max(0, int(content["c0"]))
            c1 = min(int(content["c1"]), c0 + MOST_COLUMNS, len(self._pages.names))
            self._windows.remember(content["view"], first, last)
            about = {name: content[name] for name in ("view", "request")}
            self.send({"type": "window", **about, **self._cells(first, last, c0, c1), **self._marks(first, last)})

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

    def _on_columns(self, content: dict[str, Any]) -> None:
        self.columns = tuple(str(name) for name in content["names"])

    # What the browser gets; all of it under the lock

    def _show_anew(self) -> None:
        """Start over with the present table."""
        with self._lock:
            self._pages = None if self.table is None else Pages(self.table, self.columns)
            self._selected = np.zeros(0 if self._pages is None else len(self._pages), dtype=bool)
            self._mark(self.selected_rows)
            self._sort, self._filters, self._filter_errors, self._orders = [], {}, {}, {}
            self._among = self._rows_of_this(self.only_rows)
            self._windows.all_at(0, FIRST_ROWS)
            self._table_version = self._version + 1
            self._put_headings()
            self._reorder()

    def _put_headings(self) -> None:
        """In a trait of their own: sorting need not send them again. The page names the version it goes with."""
        self._headings = {
            "version": self._version + 1,
            "table": self._table_version,
            "columns": [] if self._pages is None else self._pages.headings,
            "notes": notes(self.table),
        }

    def _mark(self, rows: tuple[int, ...]) -> None:
        if not rows or self._rows_of_this(rows):
            self._selected[:] = False
            self._selected[np.asarray(rows, dtype=np.intp)] = True

    def _rows_of_this(self, rows: tuple[int, ...]) -> tuple[int, ...]:
        # Another thread may have set a longer table whose turn to be shown comes next, with these.
        return rows if rows and rows[-1] < len(self._selected) else ()

    def _reorder(self) -> None:
        if self._pages is None:
            self._order = np.arange(0, dtype=np.int64)
        else:
            self._order = self._pages.order(self._sort, self._filters, self._among)
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
            "only": len(self._among),
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
            "only_selected": bool(self._among) and self._among == self.selected_rows,
        }

    def _send_marks(self) -> None:
        for view, (first, last) in self._windows:
            self.send({"type": "marks", "view": view, **self._marks(first, last)})

    def _count_selected(self) -> None:
        self._selected_count = int(np.count_nonzero(self._selected))
        self._selected_shown = int(np.count_nonzero(self._selected[self._order])) if self._selected_count else 0
