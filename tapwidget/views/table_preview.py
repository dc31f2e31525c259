"""The first rows of a table as plain HTML: nothing in a cell or a name becomes markup."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from astropy.table import Table

from tapwidget.tables.cell_format import column_cells

ROWS = 4
COLUMNS = 14


def preview(table: Table, roles: Mapping[str, str], *, rows: int = ROWS, columns: int = COLUMNS) -> str:
    """HTML of the first rows; columns with a role come first, and what is left out is said.

    Parameters
    ----------
    table : astropy.table.Table
    roles : mapping of str to str
        Column name to what it was recognised as ("RA", "magnitude", ...).
    """
    names = sorted(table.colnames, key=lambda name: name not in roles)[:columns]
    units = [str(table[name].unit or "") for name in names]
    unit_line = [span("tw-unit", unit) if any(units) else "" for unit in units]
    head = "".join(
        f"<th>{span('tw-role', roles.get(name, ''))}{escape(name)}{unit}</th>"
        for name, unit in zip(names, unit_line, strict=True)
    )
    shown = [column_cells(table, name).shown(slice(0, rows)) for name in names]
    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in zip(*shown, strict=True))
    left = len(table.colnames) - len(names)
    more = f'<div class="tw-note">and {left:,} more columns, which stay with their rows</div>' if left else ""
    return f'<div class="tw-preview"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}</div>'


def span(css_class: str, text: str) -> str:
    return f'<span class="{css_class}">{escape(text)}</span>'


def cell(text: str | None) -> str:
    return '<td class="tw-missing">missing</td>' if text is None else f"<td>{escape(text)}</td>"
