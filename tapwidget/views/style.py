"""How our widgets look: one stylesheet in JupyterLab's own colours, so that light and dark themes both work."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import ipywidgets

from tapwidget.actions.background import Background
from tapwidget.views.catch_up import CatchUp
from tapwidget.views.keyboard import Keyboard
from tapwidget.views.names import Names
from tapwidget.views.shared import shared

CSS_FILE = Path(__file__).parent / "static" / "form.css"


def stylesheet(root: ipywidgets.Widget | None = None, background: Background | None = None) -> ipywidgets.Box:
    """An invisible widget that brings the stylesheet, keeps keys from JupyterLab, names controls, and pages up to date.

    Every widget of ours begins with it, so that each can stand alone; it is one and the same in all of them. One that
    changes by what `background` does gives itself as `root`.
    """
    css = CSS_FILE.read_text(encoding="utf-8")
    catch_up = shared(CatchUp)
    if root is not None and background is not None:
        catch_up.keep(root, background)
    parts = (shared(ipywidgets.HTML, value=f"<style>{css}</style>"), shared(Keyboard), shared(Names), catch_up)
    # Hidden as a whole: neither keyboard nor names can be drawn where anywidget's front end is missing.
    return shared(ipywidgets.Box, children=parts, layout={"display": "none"}, _dom_classes=("tw-unseen",))


def text(css_class: str, message: str, *, tag: str = "div", **attributes: str) -> str:
    """HTML that shows `message` as text: whatever is in it, none of it becomes markup."""
    more = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items())
    return f'<{tag} class="{css_class}"{more}>{escape(message)}</{tag}>'


def notes(*messages: str, css_class: str = "tw-note") -> str:
    """One line of text a message, escaped; empty for no message."""
    return "".join(text(css_class, message) for message in messages if message)


def counted(number: int, thing: str) -> str:
    """A number of things.

    >>> counted(1, "row"), counted(13074, "row")
    ('1 row', '13,074 rows')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def folded(summary: str, messages: Sequence[str], *, most: int = 2) -> str:
    """The messages as lines of text; behind one line that opens them when they are more than `most`."""
    if len(messages) <= most:
        return notes(*messages)
    return f'<details class="tw-note"><summary>{escape(summary)}</summary>{notes(*messages)}</details>'
