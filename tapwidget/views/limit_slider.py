"""A slider with two handles beside two boxes for limits: at an end of the slider there is no limit on that side."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, isnan, log10
from typing import Any

import ipywidgets
import numpy as np

from tapwidget.match.adql_text import Number
from tapwidget.views import basic
from tapwidget.views.slider_echo import is_rounding

STEPS = 100  # of a slider over the values of a column, at least
NARROWEST = 1e-12  # of what its numbers are: steps need digits, too
TINIEST = 1e-300
LARGEST = 1e15  # a float holds every whole number below, and what a step adds to it


@dataclass(frozen=True)
class Span:
    """From where to where a slider goes, and in which steps, in the unit of its column; the ends are whole steps."""

    low: float
    high: float
    step: float

    def holding(self, low: Number | None, high: Number | None) -> Span:
        """This one, or a wider one that has these limits between its ends; None is no limit."""
        given = [limit for limit in (low, high) if limit is not None]
        below = [self.step * (floor(limit / self.step) - 1) for limit in given if limit <= self.low]
        above = [self.step * (ceil(limit / self.step) + 1) for limit in given if limit >= self.high]
        return Span(self.rounded(min([self.low, *below])), self.rounded(max([self.high, *above])), self.step)

    def rounded(self, value: float) -> float:
        """The value with as many decimals as the step has."""
        return round(value, max(0, ceil(-log10(self.step))))


MAGNITUDES = Span(10.0, 30.0, 0.1)  # mag
COLOURS = Span(-1.0, 3.0, 0.05)  # mag


def span_of(column: Any) -> Span | None:
    """The span of a column's values; None without two of them, or where a float cannot hold them (identifiers)."""
    values = np.ma.asarray(column)
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        return None
    there = values.compressed()
    there = there[np.isfinite(there)]
    low, high = (float(there.min()), float(there.max())) if len(there) else (0.0, 0.0)
    largest = max(-low, high)
    if high - low <= max(NARROWEST * largest, TINIEST) or largest > LARGEST:
        return None
    step = 10.0 ** floor(log10((high - low) / STEPS))
    if values.dtype.kind in "iu":
        step = max(step, 1.0)
    span = Span(step * floor(low / step), step * ceil(high / step), step)
    return Span(span.rounded(span.low), span.rounded(span.high), step)


class LimitSlider(ipywidgets.VBox):
    """The slider of two boxes, which it fills when it is moved; hidden where no span is known.

    Parameters
    ----------
    low, high : ipywidgets.Text
        The boxes.
    tooltip : str
    """

    def __init__(self, low: ipywidgets.Text, high: ipywidgets.Text, tooltip: str) -> None:
        self._boxes = (low, high)
        self._tooltip = f"{tooltip}; an end of the slider means no limit"
        self._of: Span | None = None  # which span it was told
        self._span: Span | None = None  # that one, or as wide as the limits need it
        self._are_crossed = False  # whether the boxes hold limits that keep nothing
        self._following = False  # while the slider is set to what was typed, or the other way round
        self.slider: ipywidgets.FloatRangeSlider | None = None
        super().__init__(layout=ipywidgets.Layout(display="none"))

    def show(self, span: Span | None, low: Number | None, high: Number | None) -> None:
        """Go to these limits; None is no limit. The span becomes as wide as they need."""
        if self._following:
            return
        self.layout.display = "none" if span is None else None
        low, high = drawable(low), drawable(high)
        self._are_crossed = low is not None and high is not None and low > high
        if self._are_crossed:
            if self.slider is not None and span == self._of:
                return  # it keeps the last range that was one
            low = high = None
        self._of = span
        span = span and span.holding(low, high)
        if span is None:
            self._span = None
            return
        ends = (span.low if low is None else low, span.high if high is None else high)
        value = (max(ends[0], span.low), min(ends[1], span.high))
        self._following = True
        try:
            if self.slider is None or span != self._span:
                self._put_slider(span, value)
            else:
                self.slider.value = value
        finally:
            self._following = False

    def _put_slider(self, span: Span, value: tuple[float, float]) -> None:
        # Always another slider: one that is given new ends and a new value hears of them one by one, and the page
        # answers with a value that fits what it has heard so far, which nobody has chosen.
        before, self._span = self.slider, span
        self.slider = basic.FloatRangeSlider(
            value=value, min=span.low, max=span.high, step=span.step, readout=False, tooltip=self._tooltip,
            layout={"width": "180px"},
        )  # fmt: skip
        self.slider.observe(self._slid, "value")
        self.children = (self.slider,)
        if before is not None:
            before.unobserve(self._slid, "value")
            before.close()

    def _slid(self, change: dict[str, tuple[float, float]]) -> None:
        span = self._span
        if self._following or span is None:
            return
        before, now, ends = change["old"], change["new"], (span.low, span.high)
        moved = [not is_rounding(old, new, span.step) for old, new in zip(before, now, strict=True)]
        # Beside crossed limits the other handle shows another limit than its box.
        written = [is_moved or (self._are_crossed and any(moved)) for is_moved in moved]
        self._following = True
        try:
            for place, box in enumerate(self._boxes):
                if written[place]:
                    value = span.rounded(now[place]) if moved[place] else before[place]
                    box.value = "" if value == ends[place] else f"{value:.15g}"
            self._are_crossed = self._are_crossed and not any(moved)
        finally:
            self._following = False


def drawable(limit: Number | None) -> float | None:
    """The limit as far out as a slider can show it; None where there is none."""
    if limit is None or (isinstance(limit, float) and isnan(limit)):
        return None
    return float(min(max(limit, -LARGEST), LARGEST))
