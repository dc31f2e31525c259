"""What a histogram says in words: for those who read rather than look, and for what the picture leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tapwidget.plots.bands import in_order
from tapwidget.plots.histogram import Histogram
from tapwidget.plots.series import Series

Interval = tuple[float, float]


def number(value: float) -> str:
    """A magnitude as one writes it: 17, 17.5, 17.125; never 17.500000000000004."""
    return f"{value:.6g}"


def with_unit(name: str, unit: str) -> str:
    """A column as an axis has it: "parallax [mas]"."""
    return f"{name} [{unit}]" if unit else name


def axis_label(series: Sequence[Series]) -> str:
    """What the axis of values shows: "r-band magnitude", or the columns: "parallax [mas]", "r / ut1_r [mag]".

    Of several bands "magnitude in g, r, i".
    """
    bands = {one.band for one in series}
    if len(bands) == 1 and "" not in bands:
        return f"{bands.pop()}-band magnitude"
    if bands and "" not in bands:
        return f"magnitude in {', '.join(in_order(bands))}"
    named = dict.fromkeys((one.name, one.unit) for one in series if one.name)
    if not named:
        return "magnitude"
    unit = common_unit(series)
    if unit:
        return f"{' / '.join(dict.fromkeys(name for name, _ in named))} [{unit}]"
    return " / ".join(with_unit(name, unit) for name, unit in named)


def common_unit(series: Sequence[Series]) -> str:
    """The unit of all of them; empty where they have none or several."""
    units = {one.unit for one in series}
    return units.pop() if len(units) == 1 else ""


def account(series: Series, histogram: Histogram, shown: Interval, unit: str) -> str:
    """How many rows a series has, and what became of those that are not in the picture.

    "ut1, r: 12,070 rows; 412 without a value, 3 outside the bins (7.5 to 27 mag), 20 in bins not shown"
    """
    parts = []
    if histogram.missing:
        parts.append(f"{histogram.missing:,} without a value")
    if histogram.outside:
        ends = f"{number(histogram.edges[0])} to {number(histogram.edges[-1])} {unit}".rstrip()
        parts.append(f"{histogram.outside:,} outside the bins ({ends})")
    hidden = histogram.counts[(histogram.edges[:-1] >= shown[1]) | (histogram.edges[1:] <= shown[0])].sum()
    if hidden:
        parts.append(f"{hidden:,} in bins beyond the axis")
    rows = f"{histogram.rows:,} row{'' if histogram.rows == 1 else 's'}"
    return f"{series.label}: {rows}" + (f"; {', '.join(parts)}" if parts else ", all shown")


def of_interval(series: Sequence[Series], interval: Interval, unit: str) -> str:
    """How many of each series lie in an interval: "17 to 18.5 mag: ut1, r 812 · results 640"."""
    low, high = interval
    counts = " · ".join(f"{one.label} {one.count_within(interval):,}" for one in series)
    return f"{number(low)} to {number(high)} {unit}".rstrip() + f": {counts}"


def of_bin(series: Sequence[Series], edges: Sequence[float], place: int, unit: str) -> str:
    """The counts of one bin: "17 to 17.5 mag: ut1, r 212 · results 140"."""
    counts = " · ".join(f"{one.label} {one.count(edges).counts[place]:,}" for one in series)
    return f"{number(edges[place])} to {number(edges[place + 1])} {unit}".rstrip() + f": {counts}"


def rows_of_counts(histograms: Sequence[Histogram], shown: Interval) -> list[tuple[str, list[str]]]:
    """The bins that are shown, each as "17 to 17.5" and one count a series."""
    if not histograms:
        return []
    edges = histograms[0].edges
    rows = []
    for place, (low, high) in enumerate(pairwise(edges)):
        if high > shown[0] and low < shown[1]:
            counts = [f"{found.counts[place]:,}" for found in histograms]
            rows.append((f"{number(low)} to {number(high)}", counts))
    return rows
