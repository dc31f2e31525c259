"""A list to tick in, with a search: for columns by the hundred, of which a person wants a few."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import ipywidgets
import traitlets

from tapwidget.views import basic
from tapwidget.views.style import notes, stylesheet, text

MOST_BOXES = 40  # in sight; the others are searched for, not scrolled through


@dataclass(frozen=True)
class Item:
    """One thing to tick: its name, what is told of it in one line, and whether it is one of the principal ones."""

    name: str
    unit: str = ""
    ucd: str = ""
    description: str = ""
    principal: bool = False

    @property
    def words(self) -> str:
        """All by which it is found."""
        return f"{self.name} {self.unit} {self.ucd} {self.description}".casefold()

    @property
    def tip(self) -> str:
        """All that is known of it, for a line that is clipped."""
        unit = f" [{self.unit}]" if self.unit else ""
        return "\n".join(part for part in (f"{self.name}{unit}", self.description, self.ucd) if part)

    @property
    def told(self) -> str:
        """What stands beside its name, as HTML of one line; whatever is in it is text."""
        unit = f"[{self.unit}]" if self.unit else ""
        line = " · ".join(filter(None, (unit, self.ucd, self.description)))
        return text("tw-note", f"★ {line}".strip() if self.principal else line, title=self.tip)


class TickList(ipywidgets.VBox):
    """A search box and a tick for each item that was found.

    Attributes
    ----------
    items : tuple of Item
        What there is, in the order of the list.
    chosen : tuple of str
        Names of the ticked ones, in the order in which they were ticked.
    found : tuple of str
        Names of those that the search leaves; read only.
    in_sight : bool
        Without it no ticks are made: each would be one more thing for a page to wait for.

    Parameters
    ----------
    placeholder : str
        Of the search box.
    buttons : iterable of Widget
        To stand beside it.
    width : str
        Of a tick with its name, in CSS.
    """

    items = traitlets.Tuple()
    chosen = traitlets.Tuple()
    found = traitlets.Tuple(read_only=True)
    in_sight = traitlets.Bool(True)

    def __init__(
        self,
        *,
        placeholder: str,
        buttons: Iterable[ipywidgets.Widget] = (),
        width: str = "230px",
        **kwargs: object,
    ) -> None:
        self._filling, self._width = False, width
        self._search = basic.Text(placeholder=placeholder, continuous_update=True, layout={"width": "320px"})
        self._boxes: list[ipywidgets.Checkbox] = []  # made as they are needed
        self._said = basic.HTML()
        row, self._ticks = basic.HBox([self._search, *buttons]), basic.VBox()
        row.add_class("tw-wrap")
        self._told = basic.HTML()  # one for all lines: a widget for each would be one more to wait for
        listed = basic.HBox([self._ticks, self._told])
        listed.add_class("tw-ticks")
        super().__init__([stylesheet(), row, listed, self._said], **kwargs)
        self._search.observe(lambda _: self._look(), "value")
        self._look()

    @traitlets.observe("items")
    def _items_changed(self, _change: Any) -> None:
        self._look()

    @traitlets.observe("chosen", "in_sight")
    def _chosen_changed(self, _change: Any) -> None:
        self._draw()

    def _look(self) -> None:
        words = self._search.value.casefold().split()
        found = [item for item in self.items if all(word in item.words for word in words)]
        self._shown = found[:MOST_BOXES]
        self.set_trait("found", tuple(item.name for item in found))
        self._draw()

    def _draw(self) -> None:
        if not self.in_sight:
            return
        chosen = set(self.chosen)
        while len(self._boxes) < len(self._shown):
            box = basic.Checkbox(indent=False, layout={"width": self._width})
            box.observe(self._ticked, "value")
            self._boxes.append(box)
        self._filling = True
        try:
            for box, item in zip(self._boxes, self._shown, strict=False):
                box.description, box.tooltip, box.value = item.name, item.tip, item.name in chosen
        finally:
            self._filling = False
        self._ticks.children = self._boxes[: len(self._shown)]
        self._told.value = "".join(item.told for item in self._shown)
        more = len(self.found) - len(self._shown)
        unseen = [name for name in self.chosen if name not in {item.name for item in self._shown}]
        self._said.value = notes(
            ("★ principal column. " if any(item.principal for item in self._shown) else "")
            + f"{len(self.chosen):,} of {len(self.items):,} chosen"
            + (f", {_listed(unseen)} not in sight." if unseen else ".")
            + (f" {more:,} more were found: type more of a name to see their ticks." if more > 0 else "")
            + (" Nothing matches." if self.items and not self.found else "")
        )

    def _ticked(self, change: Any) -> None:
        if self._filling:
            return
        name = change["owner"].description
        others = tuple(other for other in self.chosen if other != name)
        self.chosen = (*others, name) if change["new"] else others


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:6])
    return (
        f"{shown} and {len(names) - 6:,} more are"
        if len(names) > 6
        else f"{shown} {'is' if len(names) == 1 else 'are'}"
    )
