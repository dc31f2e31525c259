"""The picture inside MagnitudeHistogram: bqplot's marks, axes, brush and pointer, and a legend over them.

bqplot draws; every value, tick, label and corner is decided here, for what it does by itself misleads: ticks at 16.125
labelled 16, a logarithmic scale that breaks outlines where a bin is empty, a legend without line styles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from tapwidget.plots import histogram, layout, sentences
from tapwidget.plots.palette import FILLED_OPACITY
from tapwidget.plots.series import Series
from tapwidget.views import basic, plot_style
from tapwidget.views.brush_relay import BrushRelay

HEIGHT = 340  # px
MARGIN = {"top": 10, "bottom": 44, "left": 64, "right": 14}
Interval = tuple[float, float]
MOST_OVER = 6  # series whose legend lies over the plot; that of more would hide what it explains
LOG_FLOOR = 0.5  # the height of an empty bin on a logarithmic axis


class HistogramPlot:
    """Draws what it is given, and holds nothing else.

    Attributes
    ----------
    area : ipywidgets.Box
        To be displayed.
    brush : bqplot interaction
        Its `selected` is the interval that the mouse drew.

    Parameters
    ----------
    on_brush : callable
        Called with the interval while the mouse draws it, its ends rounded to less than a pixel, and with None when a
        click takes it away.
    on_read : callable
        Called with a bin's number while the mouse goes over that bin and draws no interval; None beside the plot.
    """

    def __init__(self, on_brush: Callable[[Interval | None], None], on_read: Callable[[int | None], None]) -> None:
        self._x = bqplot.LinearScale(allow_padding=False)
        self._y = bqplot.LinearScale(allow_padding=False)
        self._scales = {"x": self._x, "y": self._y}
        self._x_axis = bqplot.Axis(scale=self._x, grid_lines="none", label_offset="34px")
        self._y_axis = bqplot.Axis(scale=self._y, side="left", grid_lines="solid", label="number", label_offset="50px")
        self.brush = bqplot.interacts.BrushIntervalSelector(scale=self._x)
        self._on_brush = on_brush
        self._in_the_page: Interval | None = None  # where the brush is; `selected` says so late, while the mouse moves
        self._is_drawn = False  # by the mouse, rather than set
        self._relayed: Interval | None = None  # the last move, which `selected` will tell again
        self.brush.observe(lambda change: self._brush_says(change["new"]), "selected")
        self._relay = BrushRelay(self.brush, self._moved, self._hovered)
        self._on_read = on_read
        self._edges = np.zeros(0)
        self._held = bqplot.Lines(  # shows the interval while the brush is away
            x=[0, 0], y=[0, 0], scales=self._scales, fill="bottom", opacities=[0],
            colors=["var(--jp-brand-color1, #1976d2)"], fill_opacities=[0.16], visible=False,
        )  # fmt: skip
        # One invisible column a bin, which the mouse can be over. Not bqplot's IndexSelector: it waits for a click.
        self._columns = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=self._scales, fill="inside", colors=["var(--jp-brand-color1, #1976d2)"]
        )
        self._columns.on_hover(lambda _mark, event: on_read(int(event["data"]["index"]) + self._first_column))
        self._first_column = self._drawn = 0
        self._outlines: list[bqplot.Lines] = []
        self._subsets: list[bqplot.Lines] = []
        self._subsets_drawn = 0
        self._figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis], marks=[], interaction=self.brush, fig_margin=MARGIN,
            padding_x=0, padding_y=0, layout=ipywidgets.Layout(width="100%", height=f"{HEIGHT}px"), **figure_options(),
        )  # fmt: skip
        self._legend = basic.HTML(layout=ipywidgets.Layout())
        self._legend.add_class("tw-legend")
        self.area = basic.VBox([self._figure, self._legend], layout={"width": "100%"})
        self.area.add_class("tw-plot-area")
        self.area.add_class(self._relay.plot_class)

    def draw(
        self,
        series: Sequence[Series],
        found: tuple[histogram.Histogram, ...],
        *,
        shown: tuple[float, float],
        logarithmic: bool,
        band_colours: bool,
        x_label: str,
    ) -> None:
        """Draw these counts, one histogram a series."""
        floor = LOG_FLOOR if logarithmic else 0.0
        largest = max(1.0, float(histogram.covering(found, shown)))
        top = largest * (1.5 if logarithmic else 1.06)
        self._draw_axes(shown, top, logarithmic=logarithmic, label=x_label)
        if found:
            self._draw_columns(found[0].edges, shown, self._y.min, self._y.max)
        self._draw_outlines(series, found, floor, logarithmic=logarithmic, band_colours=band_colours)
        longest = max((len(one.label) for one in series), default=0)
        size = (min(0.6, (55 + 6.5 * longest) / 620), min(1.0, (14 + 18 * len(found)) / (HEIGHT - 54)))
        corner = layout.emptiest_corner(found, shown, top, legend=size, floor=floor, logarithmic=logarithmic)
        below = len(series) > MOST_OVER
        (self._legend.add_class if corner == "top-left" and not below else self._legend.remove_class)("tw-left")
        (self._legend.add_class if below else self._legend.remove_class)("tw-below")

    def draw_subsets(
        self,
        series: Sequence[Series],
        looks: Sequence[Series],
        counts: Sequence[np.ndarray],
        edges: np.ndarray,
        *,
        logarithmic: bool,
        band_colours: bool,
    ) -> None:
        """Draw outlines over the series that `draw` drew, one of `counts` a look; and the legend of all."""
        floor = LOG_FLOOR if logarithmic else 0.0
        while len(self._subsets) < len(looks):
            self._subsets.append(bqplot.Lines(x=[0, 0], y=[0, 0], scales=self._scales))
        for one, counted, line in zip(looks, counts, self._subsets, strict=False):
            x, y = histogram.stairs(edges, counted, floor)
            with line.hold_sync():
                line.x, line.y = x, _height(y, logarithmic)
                line.labels = [one.label]
                line.colors = [plot_style.colour(one, band_colours=band_colours)]
                line.line_style, line.stroke_width = one.style, one.width
        self._legend.value = plot_style.legend([*series, *looks], band_colours=band_colours)
        self._legend.layout.display = None if series else "none"
        self._subsets_drawn = len(looks)
        self._set_marks()

    def select(self, interval: Interval | None) -> None:
        """Move the brush there, unless it is there already; None takes it away."""
        if self._reading:
            self._hold(interval)
        if interval == self._in_the_page:
            return
        self._in_the_page, self._is_drawn = interval, False
        before, self.brush.selected = self.brush.selected, None if interval is None else np.asarray(interval)
        if interval == _ends(before):
            self.brush.send_state("selected")  # no news here, but the mouse had moved it in the page

    def is_drawing(self, interval: Interval | None) -> bool:
        """Whether the mouse is drawing this interval just now."""
        return bool(self.brush.brushing) and self._is_drawn and interval == self._in_the_page

    def _moved(self, selected: Sequence[float]) -> None:
        self._relayed = _ends(selected)
        self._follow_mouse(self._relayed)

    def _brush_says(self, selected: Sequence[float] | None) -> None:
        ends = _ends(selected)
        # Neither what was just set here, nor what the relay told: the kernel may have moved the brush since.
        if ends != self._in_the_page and (ends is None or ends != self._relayed):
            self._follow_mouse(ends)

    def _follow_mouse(self, ends: Interval | None) -> None:
        if ends is not None:
            digits = max(0, 3 - math.floor(math.log10(abs(self._x.max - self._x.min))))
            ends = (round(ends[0], digits), round(ends[1], digits))
        self._in_the_page, self._is_drawn = ends, True
        self._on_brush(ends)

    def _hovered(self, at: float | None) -> None:
        value = np.nan if at is None else self._x.min + at * (self._x.max - self._x.min)
        place = int(np.searchsorted(self._edges, value, side="right")) - 1
        self._on_read(place if 0 <= place < len(self._edges) - 1 else None)

    def read(self, reading: bool) -> None:
        """Have the mouse read counts, or select an interval."""
        self._figure.interaction = None if reading else self.brush
        self._hold(self._in_the_page if reading else None)
        self._set_marks()

    def _hold(self, interval: Sequence[float] | None) -> None:
        if interval is not None:
            self._held.x = np.asarray(interval)
        self._held.visible = interval is not None

    @property
    def _reading(self) -> bool:
        return self._figure.interaction is None

    def _draw_axes(self, shown: tuple[float, float], top: float, *, logarithmic: bool, label: str) -> None:
        low, high = shown
        if (self._x.min, self._x.max) != shown:
            with self._x.hold_sync():
                self._x.min, self._x.max = low, high
        set_ticks(self._x_axis, layout.ticks(low, high))
        self._x_axis.label = label
        ticks = layout.log_ticks(top) if logarithmic else layout.ticks(0, top, 6, whole=True)
        heights = [float(_height(tick, logarithmic)) for tick in ticks]
        set_ticks(self._y_axis, heights, [f"{tick:,.0f}" for tick in ticks])
        with self._y.hold_sync():
            self._y.min, self._y.max = float(_height(0.0, logarithmic)), float(_height(top, logarithmic))
        self._held.y = np.full(2, self._y.max)

    def _draw_outlines(
        self,
        series: Sequence[Series],
        found: tuple[histogram.Histogram, ...],
        floor: float,
        *,
        logarithmic: bool,
        band_colours: bool,
    ) -> None:
        while len(self._outlines) < len(found):
            self._outlines.append(bqplot.Lines(x=[0, 0], y=[0, 0], scales=self._scales))
        for one, counted, line in zip(series, found, self._outlines, strict=False):
            x, y = histogram.stairs(counted.edges, counted.counts, floor)
            colour = plot_style.colour(one, band_colours=band_colours)
            filled = one.style == "filled"
            with line.hold_sync():
                line.x, line.y = x, _height(y, logarithmic)
                line.labels = [one.label]
                line.colors, line.fill_colors = [colour], [colour]
                line.fill, line.fill_opacities = ("bottom", [FILLED_OPACITY]) if filled else ("none", [])
                line.opacities = [0.0] if filled else [1.0]
                line.line_style = "solid" if filled else one.style
                line.stroke_width = one.width
        self._drawn = len(found)
        self._set_marks()

    def _draw_columns(self, edges: np.ndarray, shown: tuple[float, float], floor: float, top: float) -> None:
        seen = np.flatnonzero((edges[1:] > shown[0]) & (edges[:-1] < shown[1]))
        self._edges = edges
        low, high = edges[seen], edges[seen + 1]
        self._first_column = int(seen[0]) if len(seen) else 0
        with self._columns.hold_sync():
            self._columns.opacities = [0.0] * len(seen)
            self._columns.x = np.column_stack([low, low, high, high])
            self._columns.y = np.tile([floor, top, top, floor], (len(seen), 1))

    def _set_marks(self) -> None:
        outlines = [*self._outlines[: self._drawn], *self._subsets[: self._subsets_drawn]]
        marks = [self._held, *outlines, *([self._columns] if self._reading else [])]
        if self._figure.marks != marks:
            self._figure.marks = marks


def figure_options() -> dict[str, Any]:
    """What only some releases of bqplot know: 0.13 draws a toolbar over the plot unless told otherwise."""
    return {"display_toolbar": False} if "display_toolbar" in bqplot.Figure.class_traits() else {}


def _ends(selected: Sequence[float] | None) -> Interval | None:
    """The interval that a brush holds; None for none."""
    if selected is None or len(selected) != 2:
        return None
    low, high = sorted(float(end) for end in selected)
    return low, high


def _height(count: Any, logarithmic: bool) -> Any:
    # The logarithm is taken here: bqplot's LogScale breaks outlines where a bin is empty.
    return np.log10(np.maximum(count, LOG_FLOOR)) if logarithmic else count


def set_ticks(axis: bqplot.Axis, values: Sequence[float], labels: Sequence[str] | None = None) -> None:
    """Put ticks at these values and nowhere else, with these labels."""
    labels = labels or [sentences.number(value) for value in values]
    # The labels first, in a message of their own: bqplot draws new values a frame later, with the labels it had before.
    axis.tick_labels = {as_javascript(value): label for value, label in zip(values, labels, strict=True)}
    with axis.hold_sync():
        axis.num_ticks = None if len(values) else 0  # of an empty list bqplot would make its own
        axis.tick_values = np.asarray(values, dtype=np.float64)


def as_javascript(value: float) -> str:
    """A number as JavaScript writes it, which is how bqplot looks up a tick's label: 15 and 0.5, not 15.0."""
    if value == int(value):
        return str(int(value))
    digits, _, exponent = repr(float(value)).partition("e")
    if not exponent:
        return digits
    return f"{digits}e{int(exponent):+d}" if int(exponent) < -6 else f"{Decimal(repr(float(value))):f}"
