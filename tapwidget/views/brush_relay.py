"""BrushRelay: the interval that the mouse draws with a bqplot brush, in the kernel as soon as it can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class BrushRelay(anywidget.AnyWidget):
    """Has no view; tells where the mouse is without waiting for what came of its last move.

    The brush's own `selected` comes to say the same, later; alone, where anywidget's front end is missing.

    Parameters
    ----------
    brush : bqplot.interacts.BrushIntervalSelector
    moved : callable
        Called with the two ends of the interval.
    """

    _esm = Path(__file__).parent / "static" / "brush_relay.js"
    brush = traitlets.Unicode().tag(sync=True)

    def __init__(self, brush: Any, moved: Callable[[Sequence[float]], None]) -> None:
        self._moved = moved
        super().__init__(brush=brush.model_id)
        self.on_msg(self._received)

    def _received(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        self._moved(content["selected"])
