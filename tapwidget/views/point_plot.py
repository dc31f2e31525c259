"""What the plots of points have in common: the legend below, and the row that tells of the box."""

from __future__ import annotations

import bqplot
import ipywidgets

from tapwidget.views import basic

MARKED = 1000  # points that show what is selected
HINT = "Drag a box to select rows."


def area_of(figure: bqplot.Figure, legend: ipywidgets.HTML, width: int) -> ipywidgets.Box:
    """The picture with its legend below it, so many pixels wide."""
    legend.add_class("tw-legend")
    legend.add_class("tw-below")
    area = basic.VBox([figure, legend], layout={"width": f"{width}px"})
    area.add_class("tw-plot-area")
    area.add_class("tw-sky")
    return area


def selection_row(*more: ipywidgets.Widget) -> tuple[ipywidgets.Box, ipywidgets.Button, ipywidgets.HTML]:
    """A row of the button that selects nothing, `more`, and what is said of the selection; that button, that text."""
    clear = basic.Button(description="Clear", tooltip="Select nothing", layout={"width": "auto"})
    readout = basic.HTML()
    readout.add_class("tw-readout")
    row = basic.HBox([clear, *more, readout])
    row.add_class("tw-wrap")
    return row, clear, readout
