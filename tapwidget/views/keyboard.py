"""Keyboard: the keys pressed in a widget of ours stay in it, and so does the focus."""

from __future__ import annotations

from pathlib import Path

import anywidget


class Keyboard(anywidget.AnyWidget):
    """Invisible; keeps JupyterLab's shortcuts off all that is in the widget which `style.stylesheet` stands in.

    In a notebook an arrow pressed in a list would go to the next cell, Enter on a button would edit this one. Neither
    a class nor a trait of ipywidgets keeps JupyterLab from that. Where anywidget's front end is missing, it does.

    ipywidgets makes the views of a box anew when its children change places, so the one that has the focus goes. The
    focus then gets to where a person would look for it: in a list, whose rows each have a class `tw-row-` and something
    of their own, to the same button of the same row, else of the row that took its place.
    """

    _esm = Path(__file__).parent / "static" / "keyboard.js"
