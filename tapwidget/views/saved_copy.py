"""A widget shown after a slim copy of its first rows, which stays in a saved notebook and is seen without the widget.

JupyterLab does not save the state of widgets unless told to. Of one's own notebook that is opened again it draws the
widgets alone, whatever else was saved in the same output, and says "model not found" for those of a kernel that is
gone. So the copy is an output of its own. It brings rules of CSS, which are saved with it: where the page has the
widget, the copy is hidden; where JupyterLab has only its error, that is. What takes the rules away (GitHub, a notebook
that is not trusted) draws no widgets either.
"""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets
from IPython.display import display, update_display

from tapwidget.tables.cell_format import ELLIPSIS, Rows
from tapwidget.tables.page import WIDEST, Pages
from tapwidget.views.still_table import MISSING, Cells, table_html
from tapwidget.views.table_traits import notes

ROWS, COLUMNS = 10, 12  # of the copy
MOST_BYTES = 9_400  # of both forms; where cells are long, there are fewer columns
HINT = "Saved with the notebook. Run its cells again for the whole table."
NO_ROWS = "Saved with the notebook, before there was a table. Run its cells again."
VIEW = "application/vnd.jupyter.widget-view+json"
# Where anywidget is missing, a view holds an error widget. Where the model is missing, JupyterLab writes an error into
# the panel around a view, which only then has the class jupyter-widgets. In each :has() every part is a class: browsers
# test those with "*" or ":not()" anew, in milliseconds, whenever an element comes or goes.
RULES = """
body:has(.tw-live-{id}):not(:has(.tw-live-{id} > .jupyter-widgets-error-widget)) .tw-copy-{id} {{ display: none }}
body:not(:has(.tw-live-{id})) .jp-OutputArea-child:has(.tw-copy-{id}) + * > .lm-Panel.jupyter-widgets {{
    display: none
}}
"""


def display_with_copy(widget: ipywidgets.DOMWidget, table: Any) -> None:
    """Show a widget after a copy of what is in its table; for its `_ipython_display_`.

    The copy is made anew when the table gets another one, as an app does that is shown before it has a result. IPython
    gives no bundle of a widget that does this: `with out: display(widget)` puts it into an `ipywidgets.Output`, where
    `out.append_display_data(widget)` cannot.

    Parameters
    ----------
    table : ResultsTable
        The widget itself, or one within it.
    """
    bundle: Any = widget._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    name, live = f"tw-copy-{widget.model_id}", f"tw-live-{widget.model_id}"
    if live not in widget._dom_classes:  # never shown before
        widget.add_class(live)
        table.observe(lambda _: update_display(_hidden_copy(widget, table), raw=True, display_id=name), "table")
    display(_hidden_copy(widget, table), raw=True, display_id=name)
    # The copy has said it. Nothing beside the view at all would make nbconvert warn.
    display({VIEW: data[VIEW], "text/html": "", "text/plain": ""}, metadata=metadata, raw=True)


def _hidden_copy(widget: ipywidgets.DOMWidget, table: Any) -> dict[str, str]:
    name, copy = widget.model_id, table.first_rows()
    html = f"{copy.get('text/html', '')}<div>{HINT if copy else NO_ROWS}</div>"
    return {
        "text/html": f'<style>{RULES.format(id=name)}</style><div class="tw-copy-{name}">{html}</div>',
        "text/plain": copy.get("text/plain", NO_ROWS),
    }


def first_rows(pages: Pages, order: Rows) -> dict[str, str]:
    """The first rows in this order, as "text/html" and "text/plain"; with what is put around them less than 10 kB.

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


def _how_much(pages: Pages, order: Rows, columns: int) -> str:
    """What of the table this is: "... 10 of 1,000 rows, 12 of 44 columns"."""
    rows = min(ROWS, len(order))
    left_out = "" if len(order) == len(pages) else f" (the table has {len(pages):,})"
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
