"""BrushRelay: the interval that the mouse draws with a bqplot brush, as soon as it can be known, and the pointer."""

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
    hovered : callable
        Called with where the mouse is over the plot while nothing is brushed, as a share of its width from the left;
        None once it is elsewhere. The plot is the brush in a widget of class `plot_class`.
    """

    _esm = Path(__file__).parent / "static" / "brush_relay.js"
    brush = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, brush: Any, moved: Callable[[Sequence[float]], None], hovered: Callable[[float | None], None]
    ) -> None:
        self._moved, self._hovered = moved, hovered
        super().__init__(brush=brush.model_id)
        self.on_msg(self._received)

    def _received(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        if "selected" in content:
            self._moved(content["selected"])
        else:
            self._hovered(content["at"])

    @property
    def plot_class(self) -> str:
        """The CSS class by which the page knows the plot."""
        return f"tw-area-{self.brush}"
