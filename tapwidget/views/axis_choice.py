"""What an axis has: a column, or a column less another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
import traitlets

from tapwidget.views import basic

NOTHING = ("nothing", "")
CLOSE = {"description_width": "auto"}


class AxisChoice(ipywidgets.HBox):
    """Two lists of columns, the second for what is subtracted.

    Attributes
    ----------
    column, minus : str
        Empty where nothing is chosen. What is not offered (any more) stays chosen.

    Parameters
    ----------
    name : str
        Of the axis.
    """

    column = traitlets.Unicode()
    minus = traitlets.Unicode()

    def __init__(self, name: str, **kwargs: Any) -> None:
        self._offered: tuple[str, ...] = ()
        self._filling = False  # while the lists are being filled they say nothing
        self._column = basic.Dropdown(
            description=name, tooltip=f"what the {name} axis has: any column with numbers", layout={"width": "226px"},
            style=CLOSE,
        )  # fmt: skip
        self._minus = basic.Dropdown(
            description="minus", tooltip="subtract this column: a colour, a difference", layout={"width": "226px"},
            style=CLOSE,
        )  # fmt: skip
        super().__init__([self._column, self._minus], **kwargs)
        self.add_class("tw-wrap")
        self._fill()
        self.observe(lambda _: self._fill(), ["column", "minus"])
        self._column.observe(lambda change: self._chosen("column", change["new"]), "value")
        self._minus.observe(lambda change: self._chosen("minus", change["new"]), "value")

    def offer(self, columns: Sequence[str]) -> None:
        """Offer these columns."""
        if tuple(columns) != self._offered:
            self._offered = tuple(columns)
            self._fill()

    def _chosen(self, name: str, value: str | None) -> None:
        if not self._filling and value is not None:
            setattr(self, name, value)

    def _fill(self) -> None:
        self._filling = True
        try:
            for box, chosen, first in ((self._column, self.column, ()), (self._minus, self.minus, (NOTHING,))):
                none = () if chosen or first else (("choose a column", ""),)
                gone = (chosen,) if chosen and chosen not in self._offered else ()
                options = (*first, *none, *((column, column) for column in (*self._offered, *gone)))
                if box.options != options:
                    box.options = options
                if box.value != chosen:
                    box.value = chosen
        finally:
            self._filling = False
