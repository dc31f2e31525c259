"""A few rows of a table that stand still, as HTML."""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import Any

MISSING = "—"

Cells = list[list[str | None]]


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
