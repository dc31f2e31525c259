"""A table in pages: sorted, filtered, cut into windows of text for a front end that holds only what it shows.

Pure: no widget, no thread. Row numbers are those of the table; a position is a place in the sorted and filtered order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from tapwidget.errors import ColumnError, TableError
from tapwidget.tables.cell_format import ColumnCells, Rows, column_cells
from tapwidget.tables.finding import containing, may_contain
from tapwidget.tables.row_filter import passing

Heading = dict[str, Any]  # goes over the wire as it is
SortKey = tuple[str, str]  # column name, "ascending" or "descending"

NARROWEST, WIDEST = 6, 34  # characters of a column
MOST_COPIED = 2_000_000  # cells of one copy to the clipboard
FOUND_IN_ONE_GO = 5_000  # rows looked through before the next ones are turned into text


class Pages:
    """An astropy `Table` for paging. The table is not copied and must not change meanwhile.

    Parameters
    ----------
    table : astropy.table.Table
        Any columns, mixins and arrays included.
    names : iterable of str, optional
        The columns that are shown, in this order; all of them if none are given. Sorting and filtering takes any.
    """

    def __init__(self, table: Any, names: Iterable[str] = ()) -> None:
        self.table = table
        self.names: tuple[str, ...] = tuple(names) or tuple(table.colnames)
        self._cells: dict[str, ColumnCells] = {}
        self._last_sort: tuple[tuple[SortKey, ...], Rows] | None = None

    def __len__(self) -> int:
        return len(self.table)

    def cells(self, name: str) -> ColumnCells:
        """How the column is shown. Raises ColumnError for a name that is not in the table."""
        if name not in self._cells:
            if name not in self.table.colnames:
                raise ColumnError(f"the table has no column {name!r}")
            self._cells[name] = column_cells(self.table, name)
        return self._cells[name]

    def showing(self, names: Iterable[str]) -> Pages:
        """The same table with these columns; what is known of their cells and of the order is kept."""
        other = Pages(self.table, names)
        other._cells, other._last_sort = self._cells, self._last_sort
        return other

    @cached_property
    def headings(self) -> list[Heading]:
        """One for each column shown: name, kind, unit, ucd, description, width in characters."""
        return [_heading(self.cells(name)) for name in self.names]

    def order(
        self, sort: Sequence[SortKey] = (), filters: Mapping[str, str] | None = None, among: Sequence[int] = ()
    ) -> Rows:
        """Row numbers that pass all filters, in this order; int64. `among`: only of these rows; empty for all.

        Equal rows keep the table's order; rows without a value come last, ascending and descending. Raises ColumnError
        for a filter that cannot be read or a column that cannot be sorted.
        """
        passed: npt.NDArray[np.bool_] | None = None
        if len(among):
            passed = np.zeros(len(self), dtype=bool)
            passed[np.asarray(among, dtype=np.intp)] = True
        for name, text in (filters or {}).items():
            one = passing(self.cells(name), text)
            if one is not None:
                passed = one if passed is None else passed & one
        rows = self._sorted(tuple(sort))
        return rows if passed is None else rows[passed[rows]]

    def _sorted(self, sort: tuple[SortKey, ...]) -> Rows:
        # All rows, and kept: a filter changes more often than a sort, and sorting is what costs.
        if self._last_sort is None or self._last_sort[0] != sort:
            rows: Rows = np.arange(len(self), dtype=np.int64)
            for name, direction in reversed(sort):  # each sort is stable: the first key goes last
                rows = rows[_sorted_positions(self.cells(name), rows, descending=direction == "descending")]
            self._last_sort = (sort, rows)
        return self._last_sort[1]

    def window(self, rows: Rows, names: Iterable[str]) -> list[list[str | None]]:
        """The cells of these rows, one list for each column; None is a missing value."""
        return [self.cells(name).shown(rows) for name in names]

    def find(
        self, text: str, rows: Rows, start: int = 0, *, going: Callable[[], bool] = lambda: True
    ) -> tuple[int, int] | None:
        """Where the text is next: (position in `rows`, place among `names`), from position `start` on and round.

        A cell counts when what it shows contains the text, without regard to case; numbers as well. All cells of a long
        table take a while: the search ends without a find once `going()` is false.
        """
        wanted = text.strip().casefold()
        able = [(place, name) for place, name in enumerate(self.names) if may_contain(self.cells(name), wanted)]
        if not wanted or not able:
            return None
        for first in range(0, len(rows), FOUND_IN_ONE_GO):
            if not going():
                break
            at = (start + first + np.arange(min(FOUND_IN_ONE_GO, len(rows) - first))) % len(rows)
            these = rows[at]
            hits = [
                (int(np.argmax(hit)), place)
                for place, name in able
                if (hit := containing(self.cells(name), these, wanted)).any()
            ]
            if hits:
                step, column = min(hits)
                return int(at[step]), column
        return None

    def tab_separated(self, rows: Rows, names: Sequence[str] | None = None, *, header: bool = True) -> str:
        """These rows as text for a clipboard: exact values, missing ones empty. Raises TableError when too many."""
        names = self.names if names is None else names
        if len(rows) * len(names) > MOST_COPIED:
            raise TableError(
                f"{len(rows):,} rows of {len(names)} columns are too many for the clipboard. Select fewer, or save "
                "the table to a file."
            )
        columns = [[_one_line(text or "") for text in self.cells(name).exact(rows)] for name in names]
        lines = ["\t".join(row) for row in zip(*columns, strict=True)]
        return "\n".join([*(["\t".join(map(_one_line, names))] if header else []), *lines])


def _heading(cells: ColumnCells) -> Heading:
    # The name is bold, and needs room for the sort arrow, too.
    width = max(cells.width, ceil(1.15 * len(cells.name)) + 2, len(cells.unit) + 1)
    return {
        "name": cells.name,
        "kind": cells.kind,
        "unit": cells.unit,
        "ucd": cells.ucd,
        "description": cells.description,
        "width": min(max(width, NARROWEST), WIDEST),
        "sortable": cells.kind != "vector",
    }


def _sorted_positions(cells: ColumnCells, rows: Rows, *, descending: bool) -> Rows:
    if cells.kind == "vector":
        raise ColumnError(f"{cells.name} holds an array in each cell: there is no order to sort by")
    missing = cells.missing[rows]
    there = np.flatnonzero(~missing)
    values = cells.values[rows[there]]
    if values.dtype.kind == "O" and cells.kind == "other":
        values = np.array([str(value) for value in values], dtype=object)
    elif values.dtype.kind == "O" and cells.kind == "text":
        values = np.array([v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values], dtype=object)
    if descending:
        # Reversed, sorted, reversed again: equal rows keep their order, as no negation does for integers and text.
        order = (len(values) - 1 - np.argsort(values[::-1], kind="stable"))[::-1]
    else:
        order = np.argsort(values, kind="stable")
    return np.concatenate([there[order], np.flatnonzero(missing)]).astype(np.int64)


def _one_line(text: str) -> str:
    return text.replace("\t", " ").replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
