"""Something behind one line that opens it, by mouse and by keyboard."""

from __future__ import annotations

import ipywidgets
import traitlets

from tapwidget.views import basic


class Disclosure(ipywidgets.VBox):
    """A line with a caret, and what it opens. (ipywidgets' Accordion cannot be reached with the Tab key.)

    Attributes
    ----------
    title : str
        The line.
    is_open : bool
        Whether the rest is in sight.
    """

    title = traitlets.Unicode()
    is_open = traitlets.Bool(False)

    def __init__(self, title: str, *children: ipywidgets.Widget, **kwargs: object) -> None:
        self._line = basic.ToggleButton(tooltip="open or close", layout={"width": "auto"})
        self._line.add_class("tw-disclosure")
        self._body = basic.VBox(children, layout=ipywidgets.Layout())
        self._body.add_class("tw-disclosed")
        super().__init__([self._line, self._body], **kwargs)
        traitlets.link((self, "is_open"), (self._line, "value"))
        self.title = title
        self._show()

    def put(self, *children: ipywidgets.Widget) -> None:
        """Have these behind the line from now on."""
        self._body.children = children

    @traitlets.observe("title", "is_open")
    def _show(self, _change: object = None) -> None:
        self._line.description = self.title
        self._line.icon = "caret-down" if self.is_open else "caret-right"
        self._body.layout.display = None if self.is_open else "none"
