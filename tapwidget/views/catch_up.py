"""CatchUp: a page that was being loaded, or had lost its connection, gets what changed meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import anywidget
import ipywidgets

from tapwidget.actions.background import Background
from tapwidget.views.shared import is_shared

log = logging.getLogger(__name__)

# Jupyter's server drops messages of a kernel that sends more than a thousand a second for three seconds.
AT_ONCE, PAUSE = 100, 0.15


class CatchUp(anywidget.AnyWidget):
    """Invisible; one in a kernel (see `style.stylesheet`) has every page show our widgets as they are in the kernel.

    A page that is loaded, or connected again, asks the kernel for the state of its widgets. What changes between the
    kernel's answer and the moment when the page has made its models of it is lost, or overwritten by the older state:
    "connecting ..." would stay for ever. So the page tells here when it is done, and everything is sent once more.
    """

    _esm = Path(__file__).parent / "static" / "catch_up.js"

    def __init__(self, **kwargs: object) -> None:
        self._kept: WeakKeyDictionary[ipywidgets.Widget, Background] = WeakKeyDictionary()
        super().__init__(**kwargs)
        self.on_msg(self._received)

    def keep(self, root: ipywidgets.Widget, background: Background) -> None:
        """From now on keep this widget up to date, and all that it shows, which `background` changes."""
        self._kept[root] = background

    def _received(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        if content.get("type") == "restored":
            Background().run(self._send_all, then=lambda _: None, failed=_log)

    def _send_all(self) -> None:
        pause, sent = threading.Event(), set[str]()
        for root, background in list(self._kept.items()):
            for widget in below(root, sent):
                with background.lock:
                    widget.send_state()
                if len(sent) % AT_ONCE == 0:
                    pause.wait(PAUSE)


def _log(error: BaseException) -> None:
    log.error("a page could not be brought up to date", exc_info=error)


def below(root: ipywidgets.Widget, seen: set[str]) -> Iterator[ipywidgets.Widget]:
    """A widget and all that its synced traits lead to: children, layouts, marks of a plot ...

    None that was seen, nor one that never changes.
    """
    waiting = [root]
    while waiting:
        widget = waiting.pop()
        if widget.comm is None or widget.model_id in seen or is_shared(widget):
            continue
        seen.add(widget.model_id)
        yield widget
        for name in widget.keys:
            value = getattr(widget, name)
            found = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            waiting += [one for one in found if isinstance(one, ipywidgets.Widget)]
