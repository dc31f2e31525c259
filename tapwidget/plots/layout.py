"""Where things go in a plot: round tick values, and the corner for a legend."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tapwidget.plots.histogram import Histogram, stairs


def ticks(low: float, high: float, about: int = 8, *, whole: bool = False) -> list[float]:
    """Round values (1, 2 or 5 times a power of ten apart) from low to high; whole numbers only, if so asked.

    >>> ticks(15, 24)
    [15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0, 24.0]
    """
    if not high > low:
        return [low]
    step = round_step((high - low) / about)
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step)))
    return [round(number * step, digits) for number in range(first, last + 1)]


def tick_labels(values: Sequence[float], low: float, high: float) -> tuple[list[str], str]:
    """Labels that tell these values of an axis apart, and what is to be added to each of them, or multiplied with.

    >>> tick_labels([2460000.5, 2460000.6], 2460000.4, 2460000.7)
    (['0.5', '0.6'], '+2.46e6')
    """
    # Of matplotlib, whose way to write them is known.
    from matplotlib.ticker import ScalarFormatter

    formatter = ScalarFormatter(useOffset=True, useMathText=False)
    formatter.create_dummy_axis()
    assert formatter.axis is not None
    formatter.axis.set_view_interval(low, high)
    formatter.axis.set_data_interval(low, high)
    labels = formatter.format_ticks(list(values))
    offset = formatter.get_offset()
    return labels, offset if not offset or offset[0] in "+-\N{MINUS SIGN}" else f"\N{MULTIPLICATION SIGN}{offset}"


def round_step(rough: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda step: abs(math.log(step / rough)))


def log_ticks(high: float) -> list[float]:
    """1, 10, 100 ... up to `high`; with 2 and 5 between where there are fewer than three decades."""
    decades = range(max(1, math.floor(math.log10(max(high, 1.0))) + 1))
    between = (1, 2, 5) if len(decades) < 3 else (1,)
    return [float(factor * 10**decade) for decade in decades for factor in between if factor * 10**decade <= high]


def emptiest_corner(
    histograms: tuple[Histogram, ...],
    shown: tuple[float, float],
    top: float,
    *,
    legend: tuple[float, float],
    floor: float = 0.0,
    logarithmic: bool = False,
) -> str:
    """Which of "top-right", "top-left" a legend covers least, the right one where both are alike.

    Parameters
    ----------
    legend
        Width and height of the legend as fractions of the plot.
    top, floor
        Values at the upper and lower end of the count axis.

    The lower corners never serve: histograms stand on the ground.
    """
    low, high = shown
    width, height = legend
    grid: NDArray[np.float64] = np.linspace(low, high, 201)
    outline = np.zeros_like(grid)
    for histogram in histograms:
        x, y = stairs(histogram.edges, histogram.counts, floor)
        # The outline jumps: take the higher of both sides, which at 200 steps is as good as exact.
        outline = np.maximum(outline, np.interp(grid, x, y, left=floor, right=floor))
    if logarithmic:
        outline = np.log(np.maximum(outline, floor) / floor) / math.log(max(top, 2 * floor) / floor)
    else:
        outline = outline / max(top, 1.0)
    under = np.maximum(outline - (1 - height), 0.0)
    place = (grid - low) / (high - low)
    right, left = under[place >= 1 - width].sum(), under[place <= width].sum()
    return "top-left" if left < right else "top-right"
