"""What a plot of separations draws: the pairs and those by chance, or what each radius keeps; and the same on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tapwidget.plots import histogram
from tapwidget.plots.palette import FILLED_OPACITY, OF_SELECTION
from tapwidget.plots.separation import Separations
from tapwidget.plots.series import Series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 60  # of the lines of shares
PAIRS = Series("pairs", (), "filled", 0.0, 0)
CHANCE = Series("by chance", (), "dashed", 2.0, 1)
SELECTED = Series("selected", (), "solid", 2.0, OF_SELECTION)
TRUE = Series("true pairs kept", (), "solid", 2.0, 0)
FALSE = Series("false among those kept", (), "dashed", 2.0, 1)
X_LABEL = "separation [arcsec]"
Y_LABELS = {"pairs": "number of pairs", "shares": "share [%]"}
Floats = NDArray[np.float64]
Rows = Sequence[int] | NDArray[np.intp]


class Line(NamedTuple):
    """One line: how it looks, and where it goes (arcsec; pairs or percent)."""

    look: Series
    x: Floats
    y: Floats


def lines(found: Separations | None, shows: str = "pairs") -> list[Line]:
    """ "pairs": the histogram, and the level that chance explains. "shares": the true pairs that each radius keeps, and
    the false among them. What of these is not known is left out.
    """
    if found is None:
        return []
    if shows == "shares":
        radii = np.linspace(0, found.radius, POINTS + 1)[1:]
        curve = found.curve(radii)
        if curve is None:
            return []
        return [Line(TRUE, radii, 100 * curve.completeness), Line(FALSE, radii, 100 * curve.contamination)]
    drawn = [Line(PAIRS, *histogram.stairs(found.edges, found.counts))]
    if found.chance is not None:
        drawn.append(Line(CHANCE, *histogram.stairs(found.edges, found.by_chance)))
    return drawn


def of_selected(found: Separations | None, rows: Rows, shows: str = "pairs") -> list[Line]:
    """The outline of these rows of the result over the histogram; none where there is none."""
    if found is None or shows != "pairs" or not len(rows) or rows[-1] >= len(found.by_row):
        return []
    look = replace(SELECTED, label=f"selected ({len(rows):,})")
    return [Line(look, *histogram.stairs(found.edges, found.counts_of(rows)))]


def top(drawn: Sequence[Line], shows: str = "pairs") -> float:
    """The upper end of the axis."""
    return 105.0 if shows == "shares" else 1.06 * max([1.0, *(float(np.max(line.y)) for line in drawn)])


def draw(found: Separations, radius: float | None = None, *, shows: str = "pairs", selected: Rows = ()) -> Figure:
    """The same with matplotlib, 6 x 4 inches, with a line at `radius` (arcsec)."""
    from tapwidget.plots.figure1 import LINES, colour_of
    from tapwidget.plots.paper import page

    figure, axes = page()
    drawn = lines(found, shows)
    for look, x, y in (*drawn, *of_selected(found, selected, shows)):
        colour = colour_of(look, band_colours=False)
        if look.style == "filled":
            axes.fill_between(x, y, color=colour, alpha=2 * FILLED_OPACITY, linewidth=0, label=look.label)
        else:
            axes.plot(x, y, color=colour, linestyle=LINES[look.style], linewidth=look.width, label=look.label)
    if radius is not None:
        axes.axvline(radius, color="black", linewidth=1, label=f"radius {radius:.3g} arcsec")
    axes.set_xlim(0, found.radius)
    axes.set_ylim(0, top(drawn, shows))
    axes.set_xlabel(X_LABEL)
    axes.set_ylabel(Y_LABELS[shows])
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")
    return figure
