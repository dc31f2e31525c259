"""The picture inside SkyPlot: points, the grid of RA and Dec, and the box that selects."""

from __future__ import annotations

from collections.abc import Sequence

import bqplot
import ipywidgets
import numpy as np

from tapwidget.plots import sky
from tapwidget.plots.series import Series
from tapwidget.plots.sky_chart import Points, SkyChart
from tapwidget.views import basic, plot_style
from tapwidget.views.histogram_plot import figure_options, set_ticks
from tapwidget.views.point_plot import area_of

WIDTH, HEIGHT = 460, 400  # px; fixed, so that a degree is as long across as up
MARGIN = {"top": 10, "bottom": 44, "left": 64, "right": 14}
ASPECT = (WIDTH - MARGIN["left"] - MARGIN["right"]) / (HEIGHT - MARGIN["top"] - MARGIN["bottom"])

MATCHED = "var(--tw-c0, #1f77b4)"
UNMATCHED = "var(--tw-c1, #d9620a)"
BACKGROUND = "var(--tw-c7, #707070)"
OTHERS = "var(--tw-ink, #222)"  # of the background beside rows: told from these by shape and lightness, not by hue
SELECTED = "var(--tw-c3, #d62728)"
PAGE = "var(--jp-layout-color0, white)"

Key = tuple[str, str, bool]  # of a legend: label, colour, whether the point is filled


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
        self._cone = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=scales, stroke_width=1, colors=["var(--tw-ink, #222)"], line_style="dashed",
            visible=False,
        )  # fmt: skip
        self._background = dots(scales, BACKGROUND, 3.0)
        self._matched = dots(scales, MATCHED, 3.0)
        self._others, self._others_holes = dots(scales, OTHERS, 4.6), dots(scales, PAGE, 2.4)
        self._unmatched, self._holes = dots(scales, UNMATCHED, 4.6), dots(scales, PAGE, 2.4)
        self._selected = dots(scales, SELECTED, 3.6)
        self.brush = bqplot.interacts.BrushSelector(x_scale=x, y_scale=y)
        self._figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis],
            marks=[
                self._grid, self._cone, self._background, self._matched, self._others, self._others_holes,
                self._unmatched, self._holes, self._selected,
            ],
            interaction=self.brush, fig_margin=MARGIN, padding_x=0, padding_y=0,
            layout=ipywidgets.Layout(width=f"{WIDTH}px", height=f"{HEIGHT}px"), **figure_options(),
        )  # fmt: skip
        self._keys: list[Key] = []
        self._selected_key: list[Key] = []
        self._lines_legend = ""
        self._legend = basic.HTML(layout=ipywidgets.Layout())
        self.area = area_of(self._figure, self._legend, WIDTH)

    def draw(self, chart: SkyChart) -> None:
        """Show this."""
        left, right, bottom, top = chart.extent
        with self._x.hold_sync():
            self._x.min, self._x.max = left, right
        with self._y.hold_sync():
            self._y.min, self._y.max = bottom, top
        with self._grid.hold_sync():
            self._grid.x, self._grid.y = chart.grid.x, chart.grid.y
        set_ticks(self._x_axis, *_columns(chart.grid.ra_ticks))
        set_ticks(self._y_axis, *_columns(chart.grid.dec_ticks))
        others, alone = (chart.background, Points()) if chart.are_others else (Points(), chart.background)
        for mark, points in (
            (self._background, alone), (self._matched, chart.matched), (self._others, others),
            (self._others_holes, others), (self._unmatched, chart.unmatched), (self._holes, chart.unmatched),
        ):  # fmt: skip
            place(mark, points.x, points.y)
        keys = [
            (chart.matched.label, MATCHED, True), (chart.unmatched.label, UNMATCHED, False),
            (others.label, OTHERS, False), (alone.label, BACKGROUND, True),
        ]  # fmt: skip
        self._keys = [key for key in keys if key[0]]
        self._draw_cone(chart.cone)
        self._show_legend()

    def _draw_cone(self, cone: Points | None) -> None:
        with self._cone.hold_sync():
            self._cone.visible = cone is not None
            if cone is not None:
                self._cone.x, self._cone.y = cone.x, cone.y
        lines = [Series(cone.label, (), "dashed", 1.0, None)] if cone is not None else []
        self._lines_legend = plot_style.legend(lines, band_colours=False)

    def select(self, points: Points) -> None:
        """Mark these points."""
        place(self._selected, points.x, points.y)
        self._selected_key = [(points.label, SELECTED, True)] if points.label else []
        self._show_legend()

    def _show_legend(self) -> None:
        self._legend.value = plot_style.dots([*self._keys, *self._selected_key]) + self._lines_legend
        self._legend.layout.display = None if self._legend.value else "none"


def dots(scales: dict[str, bqplot.Scale], colour: str, width: float, *, opacity: float = 1.0) -> bqplot.Lines:
    """Points, drawn as a line that is all gaps and whose round ends show: one element of the page for all of them.

    bqplot's Scatter makes three elements a point, and 3,000 points keep the page busy for two seconds.
    """
    return bqplot.Lines(
        x=[0, 0], y=[0, 0], scales=scales, colors=[colour], stroke_width=width, opacities=[opacity], visible=False
    )


def place(mark: bqplot.Lines, x: sky.Floats, y: sky.Floats) -> None:
    """Put points there, which were made by `dots`; none at all hides them."""
    with mark.hold_sync():
        mark.visible = len(x) > 0
        if mark.visible:
            mark.x, mark.y = _with_gaps(x), _with_gaps(y)


def _with_gaps(values: sky.Floats) -> np.ndarray:
    """NaN between the values; single precision, which on a field of 460 px is plenty."""
    apart = np.full(2 * len(values) - 1, np.nan, np.float32)
    apart[::2] = values
    return apart


def _columns(ticks: Sequence[tuple[float, str]]) -> tuple[list[float], list[str]]:
    # Rounded, for a tick's label is looked up by its value written as text.
    return [round(place, 7) for place, _label in ticks], [label for _place, label in ticks]
