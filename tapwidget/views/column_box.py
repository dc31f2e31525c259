"""A column of either side to choose: magnitudes first, fluxes next, every other one on request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import ipywidgets
import traitlets

MORE = "more"

Kind = Literal["mag", "nJy", "number", "text"]


@dataclass(frozen=True)
class Choice:
    """A column: whose it is, and whether it holds magnitudes, fluxes in nJy, other numbers or text."""

    side: Literal["upload", "target"]
    name: str
    kind: Kind = "mag"

    @property
    def unit(self) -> str:
        """The unit that a magnitude constraint takes; "" for what is no magnitude."""
        return self.kind if self.kind in {"mag", "nJy"} else ""

    def label(self, upload: str) -> str:
        """Its name as one writes it in a condition, and what is made of it."""
        name = f"{upload}.{self.name}" if self.side == "upload" else self.name
        return f"{name} (nJy, as mag)" if self.kind == "nJy" else name


class ColumnBox(ipywidgets.Dropdown):
    """A list of columns: the usual ones, and behind its last line all of them.

    Attributes
    ----------
    choice : Choice or None
        The column that is chosen.
    """

    choice = traitlets.Any(allow_none=True)

    def __init__(
        self, usual: Iterable[Choice], others: Iterable[Choice] = (), start: Choice | None = None,
        *, upload: str = "ut1", **kwargs: Any,
    ) -> None:  # fmt: skip
        usual, others = list(usual), list(others)
        if start is not None and start not in usual:
            usual.append(start)
        self._all = [(c.label(upload), c) for c in dict.fromkeys([*usual, *others])]
        more = [("any other column ...", MORE)] if others and usual else []
        few = [(c.label(upload), c) for c in usual] + more
        super().__init__(options=few or self._all, **kwargs)
        if start is not None:
            self.value = start
        self.choice = self.value
        self.observe(self._picked, "value")

    def _picked(self, change: dict[str, Any]) -> None:
        if change["new"] == MORE:
            self.unobserve(self._picked, "value")
            self.options = self._all
            self.value = self.choice
            self.observe(self._picked, "value")
        elif change["new"] is not None:
            self.choice = change["new"]
