"""Keyboard: the keys pressed in a widget of ours stay in it."""

from __future__ import annotations

from pathlib import Path

import anywidget


class Keyboard(anywidget.AnyWidget):
    """Invisible; keeps JupyterLab's shortcuts off all that is in the widget which `style.stylesheet` stands in.

    In a notebook an arrow pressed in a list would go to the next cell, Enter on a button would edit this one. Neither
    a class nor a trait of ipywidgets keeps JupyterLab from that. Where anywidget's front end is missing, it does.
    """

    _esm = Path(__file__).parent / "static" / "keyboard.js"
