"""A few rows of a table that stand still: as HTML, and the slim copy of the first ones that stays in a saved notebook.

JupyterLab does not save the state of widgets unless told to. What is saved is what a cell has shown, in several forms:
the reference to a widget, which a page with a live kernel draws, and these, for all that cannot draw it: nbviewer,
GitHub, nbconvert, a notebook that is not trusted.
"""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import Any

from tapwidget.tables.cell_format import ELLIPSIS, Rows
from tapwidget.tables.page import WIDEST, Pages
from tapwidget.views.table_traits import notes

ROWS, COLUMNS = 10, 12  # of the copy
MOST_BYTES = 10_000  # of both forms; where cells are long, there are fewer columns
MISSING = "—"

Cells = list[list[str | None]]


def first_rows(pages: Pages, order: Rows) -> dict[str, str]:
    """The first rows in this order, as "text/html" and "text/plain"; less than 10 kB.

    Parameters
    ----------
    pages : Pages
        The table with the columns that are shown.
    order : array of int64, shape (rows,)
        The row numbers that are shown.
    """
    for columns in range(min(COLUMNS, len(pages.names)), 0, -1):
        copy = _copy(pages, order, columns)
        if columns == 1 or sum(len(text.encode()) for text in copy.values()) <= MOST_BYTES:
            return copy
    return {}


def _copy(pages: Pages, order: Rows, columns: int) -> dict[str, str]:
    first = pages.showing(pages.names[:columns])
    heads = [{**h, "name": _cut(h["name"]), "unit": _cut(h["unit"]), "description": ""} for h in first.headings]
    shown = zip(first.window(order[:ROWS], first.names), heads, strict=True)
    cells = [_narrow(texts, heading["kind"]) for texts, heading in shown]
    lines = [note["text"] for note in notes(pages.table)]
    part = _how_much(pages, order, columns)
    html = "".join(f"<div>{escape(line)}</div>" for line in lines) + table_html(heads, cells) + f"<div>{part}</div>"
    return {"text/html": html, "text/plain": "\n".join([*lines, *_text_lines(heads, cells), part])}


def with_copy(bundle: Any, copy: dict[str, str]) -> Any:
    """What a widget's `_repr_mimebundle_` gives, with this copy beside the widget; a tuple has metadata, too."""
    if isinstance(bundle, tuple):
        return ({**bundle[0], **copy}, *bundle[1:])
    return bundle and {**bundle, **copy}


def table_html(headings: list[dict[str, Any]], cells: Cells, marked: Collection[int] = ()) -> str:
    """HTML of these columns of cells; every text from the table goes through `escape`.

    Parameters
    ----------
    headings : list of dict
        Of `Pages`, one a column.
    cells : list of list of (str or None)
        One list a column.
    marked : collection of int
        Which rows are marked, counted from the first of `cells`.
    """
    right = [heading["kind"] in {"integer", "float"} for heading in headings]
    style = [f"padding:0 8px;text-align:{'right' if numeric else 'left'}" for numeric in right]
    heads = "".join(
        f'<th scope="col" style="{css}"{_title(heading["description"])}>{escape(heading["name"])}'
        f"<br><small>{escape(heading['unit'])}&nbsp;</small></th>"
        for css, heading in zip(style, headings, strict=True)
    )
    body = []
    for number, row in enumerate(zip(*cells, strict=True)):
        mark = ' style="background:rgba(33,150,243,0.24)"' if number in marked else ""
        texts = [f'<td style="{css}">{_cell(text)}</td>' for css, text in zip(style, row, strict=True)]
        body.append(f"<tr{mark}>{''.join(texts)}</tr>")
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;white-space:nowrap;line-height:1.6">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _title(description: str) -> str:
    return f' title="{escape(description)}"' if description else ""


def _cell(text: str | None) -> str:
    return f'<span style="opacity:0.5">{MISSING}</span>' if text is None else escape(text)


def _how_much(pages: Pages, order: Rows, columns: int) -> str:
    """What of the table this is: "... 10 of 1,000 rows, 12 of 44 columns"."""
    rows = min(ROWS, len(order))
    left_out = "" if len(order) == len(pages) else f" ({len(pages):,} without the filters)"
    return f"{ELLIPSIS} {_part(rows, len(order), 'row')}{left_out}, {_part(columns, len(pages.names), 'column')}"


def _part(some: int, of: int, what: str) -> str:
    return f"{'' if some == of else f'{some:,} of '}{of:,} {what}{'' if of == 1 else 's'}"


def _text_lines(headings: list[dict[str, Any]], cells: Cells) -> list[str]:
    columns = []
    for heading, column in zip(headings, cells, strict=True):
        texts = [heading["name"], heading["unit"], *(MISSING if text is None else text for text in column)]
        texts = [" ".join(text.split()) for text in texts]  # a cell may hold line breaks
        width = max(map(len, texts))
        align = str.rjust if heading["kind"] in {"integer", "float"} else str.ljust
        columns.append([align(text, width) for text in texts])
    return ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]


def _narrow(texts: list[str | None], kind: str) -> list[str | None]:
    # Numbers stay whole, identifiers above all.
    return texts if kind in {"integer", "float"} else [text and _cut(text) for text in texts]


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + ELLIPSIS
