"""What a plot of the sky shows, on a page or on paper: points of several kinds, a cone, and the grid of RA and Dec."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tapwidget.plots import sky

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Points:
    """Places in the plane (degrees to the west and to the north), and what a legend calls them; empty for no key."""

    x: sky.Floats = field(default_factory=lambda: np.zeros(0))
    y: sky.Floats = field(default_factory=lambda: np.zeros(0))
    label: str = ""


@dataclass(frozen=True, eq=False)
class SkyChart:
    """A field of the sky.

    Attributes
    ----------
    middle : Projection
    extent : left, right, bottom, top in the plane
    matched, unmatched : Points
        Rows of the table.
    background : Points
        Further positions.
    cone : Points or None
        The outline of a circle.
    sampled : str
        Said where not all points are drawn.
    """

    middle: sky.Projection
    extent: sky.Extent
    matched: Points
    unmatched: Points
    background: Points
    cone: Points | None = None
    sampled: str = ""

    @cached_property
    def grid(self) -> sky.Grid:
        """Lines of round RA and Dec."""
        return sky.grid(self.middle, self.extent)

    @property
    def are_others(self) -> bool:
        """Whether the background is to be told from rows of a table."""
        return len(self.matched.x) + len(self.unmatched.x) > 0

    @property
    def centre(self) -> str:
        """Where this is and what the lines are, for a field at whose edges no ticks can tell it; else empty."""
        lines = self.grid
        if lines.ra_ticks and lines.dec_ticks:
            return ""
        return (
            f"Centre at RA, Dec {self.middle.ra:.5g}, {self.middle.dec:.5g} deg; "
            f"lines every {lines.ra_step:g} deg of RA and {lines.dec_step:g} deg of Dec."
        )


def draw(chart: SkyChart, selected: Points | None = None) -> Figure:
    """The chart with matplotlib, about 6 x 6 inches; the points that are selected on top."""
    from tapwidget.plots.paper import legend_below, note, page, plain_text

    figure, axes = page(6, 5.5)
    axes.plot(chart.grid.x, chart.grid.y, color="0.85", linewidth=0.6)
    if chart.cone is not None:
        axes.plot(chart.cone.x, chart.cone.y, "k--", linewidth=1, label=plain_text(chart.cone.label))
    dots = {"linestyle": "none", "marker": "o", "markeredgewidth": 0.0, "markersize": 2.4}
    ring = {**dots, "markersize": 3.0, "markeredgewidth": 0.7, "markerfacecolor": "white"}
    kinds = (
        (chart.matched, dots, "C0"),
        (chart.background, ring if chart.are_others else dots, "black" if chart.are_others else "0.45"),
        (chart.unmatched, ring, "C1"),
        *(() if selected is None else ((selected, {**dots, "markersize": 3.0}, "C3"),)),
    )
    for points, look, colour in kinds:
        # A key stands for all of its kind, of which none may be in the sample or have a position.
        label = plain_text(points.label) or "_no key"
        axes.plot(points.x, points.y, color=colour, **{"markeredgecolor": colour, **look}, label=label)
    left, right, bottom, top = chart.extent
    axes.set_aspect("equal")
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_xticks([place for place, _ in chart.grid.ra_ticks], [label for _, label in chart.grid.ra_ticks])
    axes.set_yticks([place for place, _ in chart.grid.dec_ticks], [label for _, label in chart.grid.dec_ticks])
    axes.set_xlabel("RA [deg]")
    axes.set_ylabel("Dec [deg]")
    note(axes, chart.sampled, chart.centre)
    legend_below(axes)
    return figure
