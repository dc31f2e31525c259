"""CatchUp: a page that was being loaded, or had lost its connection, gets what changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets

from tapwidget.actions.background import Background


class CatchUp(anywidget.AnyWidget):
    """Invisible; one beside the widgets of an app keeps all of them as they are in the kernel.

    A page that is loaded, or connected again, asks the kernel for the state of its widgets. What changes between the
    kernel's answer and the moment when the page has made its models of it is lost, or overwritten by the older state:
    "connecting ..." would stay for ever. So the page tells here when it is done, and everything is sent once more.

    Parameters
    ----------
    root : ipywidgets.Widget
        It and all that it shows are kept up to date.
    """

    _esm = Path(__file__).parent / "static" / "catch_up.js"

    def __init__(self, root: ipywidgets.Widget, *, background: Background, **kwargs: object) -> None:
        self._root = root
        self._background = background
        super().__init__(layout={"display": "none"}, **kwargs)
        self.on_msg(self._received)

    def _received(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        if content.get("type") == "restored":
            self._background.post(("catch up", id(self)), self._send_all)

    def _send_all(self) -> None:
        for widget in below(self._root):
            widget.send_state()


def below(root: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    """A widget and all that its synced traits lead to, each once: children, layouts, styles, marks of a plot ..."""
    waiting, seen = [root], {root.model_id}
    while waiting:
        widget = waiting.pop()
        yield widget
        for name in widget.keys:
            value = getattr(widget, name)
            found = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            for one in found:
                if isinstance(one, ipywidgets.Widget) and one.model_id not in seen:
                    seen.add(one.model_id)
                    waiting.append(one)
