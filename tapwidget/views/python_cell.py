"""What the form does, as Python to read and to copy: plain pyvo, or a few lines of tapwidget."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from tapwidget.views import basic
from tapwidget.views.copy_button import CopyButton
from tapwidget.views.once_drawn import once_drawn
from tapwidget.views.style import notes, text

FORMS = (("plain pyvo", "pyvo"), ("tapwidget", "tapwidget"))


class PythonCell(ipywidgets.VBox):
    """A cell of Python, hidden while it is empty. `changed` is called when the other form is asked for."""

    def __init__(self, changed: Callable[[], None], **kwargs: object) -> None:
        self.form = basic.Dropdown(
            options=FORMS, description="written in", tooltip="plain pyvo runs without tapwidget",
            layout={"width": "220px"},
        )  # fmt: skip
        self._copy: CopyButton | None = None  # made when it is first wanted: not every page can draw it
        self._row = basic.HBox([self.form])
        self._shown = basic.HTML()
        super().__init__([self._row, self._shown], **kwargs)
        self.form.observe(lambda _: changed(), "value")
        self.clear()

    @property
    def value(self) -> str:
        """What is shown, as HTML; empty while nothing is."""
        return str(self._shown.value)

    def show(self, code: str) -> None:
        """Show this cell."""
        if self._copy is None:
            self._copy = CopyButton()
            self._row.children = (self.form, once_drawn(self._copy))
        self._copy.value = code
        self._shown.value = text("tw-adql", code, tag="pre", tabindex="0", aria_label="Python")
        self.layout.display = None

    def say(self, problem: str) -> None:
        """Show why there is no cell."""
        self._shown.value = notes(problem, css_class="tw-error")
        self.layout.display = None

    def clear(self) -> None:
        """Show nothing."""
        self._shown.value = ""
        self.layout.display = "none"
