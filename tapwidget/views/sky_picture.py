"""The picture inside SkyPlot: points, the grid of RA and Dec, and the box that selects."""

from __future__ import annotations

from collections.abc import Sequence

import bqplot
import ipywidgets
import numpy as np

from tapwidget.plots import sky
from tapwidget.views import plot_style
from tapwidget.views.histogram_plot import figure_options, set_ticks

WIDTH, HEIGHT = 460, 400  # px; fixed, so that a degree is as long across as up
MARGIN = {"top": 10, "bottom": 44, "left": 64, "right": 14}
ASPECT = (WIDTH - MARGIN["left"] - MARGIN["right"]) / (HEIGHT - MARGIN["top"] - MARGIN["bottom"])

MATCHED = "var(--tw-c0, #1f77b4)"
UNMATCHED = "var(--tw-c1, #d9620a)"
BACKGROUND = "var(--tw-c7, #707070)"
SELECTED = "var(--tw-c3, #d62728)"

Points = tuple[sky.Floats, sky.Floats]


class SkyPicture:
    """Draws what it is given, and holds nothing else.

    Attributes
    ----------
    area : ipywidgets.Box
        To be displayed.
    brush : bqplot.BrushSelector
        Its `selected_x` and `selected_y` are the box that the mouse drew, in the plane's degrees.
    """

    def __init__(self) -> None:
        x, y = bqplot.LinearScale(allow_padding=False), bqplot.LinearScale(allow_padding=False)
        self._x, self._y = x, y
        scales = {"x": x, "y": y}
        self._x_axis = bqplot.Axis(scale=x, grid_lines="none", label="RA [deg]", label_offset="34px")
        self._y_axis = bqplot.Axis(scale=y, side="left", grid_lines="none", label="Dec [deg]", label_offset="50px")
        self._grid = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=scales, stroke_width=1, colors=["var(--jp-border-color2, #cccccc)"]
        )
        self._background = bqplot.Scatter(
            x=[], y=[], scales=scales, default_size=7, colors=[BACKGROUND], opacities=[0.55]
        )
        self._matched = bqplot.Scatter(x=[], y=[], scales=scales, default_size=9, colors=[MATCHED])
        self._unmatched = bqplot.Scatter(
            x=[], y=[], scales=scales, default_size=12, colors=[UNMATCHED], fill=False, stroke=UNMATCHED, stroke_width=1
        )
        self._selected = bqplot.Scatter(x=[], y=[], scales=scales, default_size=11, colors=[SELECTED])
        self.brush = bqplot.interacts.BrushSelector(x_scale=x, y_scale=y)
        self._figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis],
            marks=[self._grid, self._background, self._matched, self._unmatched, self._selected],
            interaction=self.brush, fig_margin=MARGIN, padding_x=0, padding_y=0,
            layout=ipywidgets.Layout(width=f"{WIDTH}px", height=f"{HEIGHT}px"), **figure_options(),
        )  # fmt: skip
        self._legend = ipywidgets.HTML()
        self._legend.add_class("tw-legend")
        self._legend.add_class("tw-below")
        self.area = ipywidgets.VBox([self._figure, self._legend], layout=ipywidgets.Layout(width=f"{WIDTH}px"))
        self.area.add_class("tw-plot-area")

    def frame(self, projection: sky.Projection, extent: sky.Extent) -> sky.Grid:
        """Show this field, with its grid; returns that."""
        left, right, bottom, top = extent
        lines = sky.grid(projection, extent)
        with self._x.hold_sync():
            self._x.min, self._x.max = left, right
        with self._y.hold_sync():
            self._y.min, self._y.max = bottom, top
        with self._grid.hold_sync():
            self._grid.x, self._grid.y = lines.x, lines.y
        set_ticks(self._x_axis, *_columns(lines.ra_ticks))
        set_ticks(self._y_axis, *_columns(lines.dec_ticks))
        return lines

    def points(
        self, matched: Points, unmatched: Points, background: Points, keys: Sequence[tuple[str, str, bool]]
    ) -> None:
        """Show these points. `keys`: the legend's labels, colours, and whether the points are filled."""
        for mark, (x, y) in ((self._matched, matched), (self._unmatched, unmatched), (self._background, background)):
            _place(mark, x, y)
        self._legend.value = plot_style.dots(keys)
        self._legend.layout.display = None if keys else "none"

    def select(self, points: Points) -> None:
        """Mark these points."""
        _place(self._selected, *points)

    def clear_box(self) -> None:
        """Take the box away."""
        with self.brush.hold_sync():
            self.brush.selected_x = None
            self.brush.selected_y = None


def _place(mark: bqplot.Scatter, x: sky.Floats, y: sky.Floats) -> None:
    with mark.hold_sync():
        mark.x, mark.y = x.astype(np.float32), y.astype(np.float32)  # on a field of 460 px that is plenty


def _columns(ticks: Sequence[tuple[float, str]]) -> tuple[list[float], list[str]]:
    # Rounded, for a tick's label is looked up by its value written as text.
    return [round(place, 7) for place, _label in ticks], [label for _place, label in ticks]
