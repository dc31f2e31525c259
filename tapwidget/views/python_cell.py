"""What the app does, as Python to read and to copy: plain pyvo, or a few lines of tapwidget."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from tapwidget.actions.background import Background, Latest
from tapwidget.actions.python import FORMS
from tapwidget.errors import TapWidgetError
from tapwidget.views import basic
from tapwidget.views.copy_button import CopyButton
from tapwidget.views.once_drawn import once_drawn
from tapwidget.views.style import notes, text

HINT = "app.insert_python() in a cell puts this into a cell below it, where `app` is the variable of this app."


class PythonCell(ipywidgets.VBox):
    """A cell of Python, hidden until `button` is pressed.

    Parameters
    ----------
    make : callable
        Given one of FORMS, returns what makes the cell, to be called on a worker. It may raise a TapWidgetError.

    Attributes
    ----------
    button : ipywidgets.Button
        Shows the cell and hides it. The app puts it in its place.
    form : ipywidgets.Dropdown
        In which of FORMS the cell is written.
    """

    def __init__(self, make: Callable[[str], Callable[[], str]], background: Background, **kwargs: object) -> None:
        self._make, self._background, self._asked = make, background, Latest()
        self.button = basic.Button(
            description="Show as Python",
            tooltip="a cell of Python that does the same, to read and to copy",
            disabled=True,
        )
        self.form = basic.Dropdown(
            options=[(words, form) for form, words in FORMS.items()], description="written in",
            tooltip="plain pyvo runs without tapwidget", layout={"width": "220px"},
        )  # fmt: skip
        self._copy: CopyButton | None = None  # made when it is first wanted: not every page can draw it
        self._row = basic.HBox([self.form])
        self._shown = basic.HTML()
        self._hint = basic.HTML()
        super().__init__([self._row, self._shown, self._hint], **kwargs)
        self.button.on_click(lambda _: self.hide() if self._is_asked else self._ask())
        self.form.observe(lambda _: self._is_asked and self._ask(), "value")
        self.hide()

    @property
    def value(self) -> str:
        """What is shown, as HTML; empty while nothing is."""
        return str(self._shown.value)

    def hide(self) -> None:
        """Show nothing, also where a cell is just being made."""
        self._asked.next()
        self._is_asked = False
        self._shown.value = ""
        self.layout.display = "none"
        self.button.description = "Show as Python"

    def _ask(self) -> None:
        number, self._is_asked = self._asked.next(), True
        try:
            work = self._make(self.form.value)
        except TapWidgetError as error:
            self._say(number, str(error))
        else:
            self._background.run(
                work,
                then=lambda code: self._show(number, code),
                failed=lambda error: self._say(number, str(error)),
            )
        self.button.description = "Hide Python"

    def _show(self, number: int, code: str) -> None:
        if not self._asked.is_current(number):
            return
        if self._copy is None:
            self._copy = CopyButton()
            self._row.children = (self.form, once_drawn(self._copy))
        self._copy.value = code
        self._shown.value = text("tw-adql", code, tag="pre", tabindex="0", aria_label="Python")
        self._hint.value = notes(HINT)
        self.layout.display = None

    def _say(self, number: int, problem: str) -> None:
        """Show why there is no cell."""
        if self._asked.is_current(number):
            self._shown.value = notes(problem, css_class="tw-error")
            self._hint.value = ""
            self.layout.display = None
