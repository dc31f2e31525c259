"""The picture inside ScatterPlot: points, or where there are many of them their density; and the box that selects."""

from __future__ import annotations

from typing import NamedTuple

import bqplot
import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tapwidget.plots import layout, scatter, sky
from tapwidget.plots.scatter import Scatter
from tapwidget.plots.sky import Extent, Floats
from tapwidget.views import basic, plot_style
from tapwidget.views.histogram_plot import MARGIN, figure_options, set_ticks
from tapwidget.views.point_plot import area_of
from tapwidget.views.sky_picture import MATCHED, SELECTED, dots, place

WIDTH, HEIGHT = 460, 380  # px
CELL = 2  # px across and up, of a density
BLANK = (  # a transparent pixel: an image has to have something
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


class Axis(NamedTuple):
    """An axis with its ticks; places on it are shares of its length, which single precision tells apart."""

    low: float
    high: float
    label: str
    ticks: tuple[float, ...]
    tick_labels: tuple[str, ...]

    def places(self, values: Floats) -> Floats:
        """Where these values are: from 0 to 1."""
        with np.errstate(over="ignore"):
            return (values - self.low) / (self.high - self.low)

    def value(self, place: float) -> float:
        """What is there."""
        return self.low + place * (self.high - self.low)


class Chart(NamedTuple):
    """What is to be drawn.

    Attributes
    ----------
    found : Scatter
    extent : (left, right, bottom, top)
    x, y : Axis
    is_seen, seen : bool a row, int
        Whether it lies within the extent, and how many do.
    density : bytes or None
        The picture of all of these, a PNG, where they are more than can be told apart as points.
    further : (left, right, bottom, top) or None
        The next larger extent: the usual one, then that of all values; None where all is in sight.
    """

    found: Scatter
    extent: Extent
    x: Axis
    y: Axis
    is_seen: NDArray[np.bool_]
    seen: int
    density: bytes | None
    further: Extent | None


def chart(found: Scatter, extent: Extent | None) -> Chart:
    """What is to be drawn of these within an extent, the usual one where there is none."""
    left, right, bottom, top = extent = extent or found.usual_extent
    is_seen = found.inside(extent)
    seen = int(np.count_nonzero(is_seen))
    density = None
    if seen > sky.DRAWN:
        across = (WIDTH - MARGIN["left"] - MARGIN["right"]) // CELL
        up = (HEIGHT - MARGIN["top"] - MARGIN["bottom"]) // CELL
        density = scatter.picture(found.density(extent, across, up))
    x, y = _axis(left, right, found.x_label), _axis(bottom, top, found.y_label)
    larger = (found.usual_extent, found.whole_extent)
    further = next((one for one in larger if one != extent and _holds(one, extent)), None)
    return Chart(found, extent, x, y, is_seen, seen, density, further)


def _axis(low: float, high: float, label: str) -> Axis:
    values = layout.ticks(low, high, 6)
    labels, offset = layout.tick_labels(values, low, high)
    # Rounded, for a tick's label is looked up by its place written as text.
    places = tuple(round((value - low) / (high - low), 7) for value in values)
    return Axis(low, high, f"{label} ({offset})" if offset else label, places, tuple(labels))


def _holds(outer: Extent, inner: Extent) -> bool:
    return outer[0] <= inner[0] and outer[1] >= inner[1] and outer[2] <= inner[2] and outer[3] >= inner[3]


class ScatterPicture:
    """Draws what it is given, and holds nothing else.

    Attributes
    ----------
    area : ipywidgets.Box
        To be displayed.
    brush : bqplot.BrushSelector
        Its `selected_x` and `selected_y` are the box that the mouse drew, in shares of the axes.
    """

    def __init__(self) -> None:
        self._x, self._y = (bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False) for _ in range(2))
        scales = {"x": self._x, "y": self._y}
        self._x_axis = bqplot.Axis(scale=self._x, grid_lines="none", label_offset="34px")
        self._y_axis = bqplot.Axis(scale=self._y, side="left", grid_lines="none", label_offset="50px")
        self._density = bqplot.Image(
            image=basic.Image(value=BLANK, format="png"), scales=scales, x=(0.0, 1.0), y=(0.0, 1.0), visible=False
        )
        self._points = dots(scales, MATCHED, 2.6, opacity=0.6)
        self._selected = dots(scales, SELECTED, 3.6)
        self.brush = bqplot.interacts.BrushSelector(x_scale=self._x, y_scale=self._y)
        figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis], marks=[self._density, self._points, self._selected],
            interaction=self.brush, fig_margin=MARGIN, padding_x=0, padding_y=0,
            layout=ipywidgets.Layout(width=f"{WIDTH}px", height=f"{HEIGHT}px"), **figure_options(),
        )  # fmt: skip
        self._legend = basic.HTML()
        self.area = area_of(figure, self._legend, WIDTH)

    def draw(self, drawn: Chart, *, y_down: bool) -> None:
        """Show this; y grows downwards if so asked."""
        found = drawn.found
        self.turn(y_down=y_down)
        for mark, axis in ((self._x_axis, drawn.x), (self._y_axis, drawn.y)):
            set_ticks(mark, axis.ticks, axis.tick_labels)
            mark.label = axis.label
        single = np.flatnonzero(drawn.is_seen) if drawn.density is None else np.zeros(0, np.intp)
        place(self._points, drawn.x.places(found.x[single]), drawn.y.places(found.y[single]))
        self._put_image(drawn.density or BLANK)
        self._density.visible = drawn.density is not None

    def turn(self, *, y_down: bool) -> None:
        """Have y grow downwards, or upwards."""
        self._y.reverse = y_down

    def hide(self) -> None:
        """Show nothing."""
        self._put_image(BLANK)
        self._density.visible = self._points.visible = self._selected.visible = False
        self._legend.value = ""

    def _put_image(self, png: bytes) -> None:
        before = self._density.image
        if before.value != png:
            # Another widget each time: bqplot does not look when the value of one changes.
            self._density.image = basic.Image(value=png, format="png")
            before.close()

    def select(self, x: Floats, y: Floats, keys: list[tuple[str, str]]) -> None:
        """Mark points at these shares of the axes, and explain all there are: label and colour of each kind."""
        place(self._selected, x, y)
        self._legend.value = plot_style.dots([(label, colour, True) for label, colour in keys])
