"""One constraint of a match, as a row of boxes: a range, a difference of magnitudes, or plain ADQL."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from tapwidget.errors import MatchError
from tapwidget.match.constraints import MagnitudeDifference, MagnitudeRange
from tapwidget.views.style import notes

MAGNITUDES = (10.0, 30.0)  # the slider's ends, mag; at an end there is no limit on that side
DIFFERENCES = (0.0, 2.0)  # mag


class ConstraintRow(ipywidgets.VBox):
    """The common part of all rows: what they say, how many rows they keep, and a way to drop them.

    Attributes
    ----------
    constraint : constraint object, str, or None
        None while the row is not complete.
    """

    constraint = traitlets.Any()

    def __init__(self, *boxes: ipywidgets.Widget, **kwargs: object) -> None:
        self.drop_button = ipywidgets.Button(icon="times", tooltip="drop this constraint", layout={"width": "34px"})
        self._kept = ipywidgets.HTML()
        self._problem = ipywidgets.HTML()
        row = ipywidgets.HBox([*boxes, self._kept, self.drop_button])
        row.add_class("tw-wrap")
        super().__init__([row, self._problem], **kwargs)

    def say_kept(self, message: str) -> None:
        """Tell what the constraint would keep of the last result."""
        self._kept.value = notes(message)

    def _set(self, build: Any) -> None:
        try:
            constraint = build()
        except (MatchError, ValueError) as error:
            self._problem.value = notes(str(error), css_class="tw-error")
            self.constraint = None
        else:
            self._problem.value = ""
            self.constraint = constraint


class RangeRow(ConstraintRow):
    """`column` between two values; either may be left empty. `columns` are (label, (side, name)) pairs."""

    def __init__(
        self,
        columns: list[tuple[str, tuple[str, str]]],
        start: tuple[str, str],
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        self._column = ipywidgets.Dropdown(
            options=columns, value=start, tooltip="column that is limited", layout={"width": "190px"}
        )
        self._low = number_box("from", low)
        self._high = number_box("to", high)
        self._slider = ipywidgets.FloatRangeSlider(
            value=(MAGNITUDES[0] if low is None else low, MAGNITUDES[1] if high is None else high),
            min=MAGNITUDES[0], max=MAGNITUDES[1], step=0.1, readout=False,
            tooltip="range in mag; an end of the slider means no limit", layout={"width": "180px"},
        )  # fmt: skip
        super().__init__(
            self._column, label("between"), self._low, label("and"), self._high, label("mag"), self._slider
        )
        self._following = False  # while the slider is set to what was typed, or the other way round
        for box in (self._column, self._low, self._high):
            box.observe(lambda _: self._typed(), "value")
        self._slider.observe(self._slid, "value")
        self._typed()

    def _typed(self) -> None:
        def build() -> Any:
            side, name = self._column.value
            low, high = number(self._low.value), number(self._high.value)
            if low is None and high is None:
                return None
            constraint = MagnitudeRange(name, low=low, high=high, side=side)
            self._move(low, high)
            return constraint

        self._set(build)

    def _move(self, low: float | None, high: float | None) -> None:
        if self._following:
            return
        first, last = MAGNITUDES
        ends = (first if low is None else low, last if high is None else high)
        self._following = True
        try:
            self._slider.value = tuple(min(max(end, first), last) for end in ends)
        finally:
            self._following = False

    def _slid(self, change: dict[str, tuple[float, float]]) -> None:
        if self._following:
            return
        low, high = (round(value, 2) for value in change["new"])
        self._following = True
        try:
            self._low.value = "" if low <= MAGNITUDES[0] else f"{low:g}"
            self._high.value = "" if high >= MAGNITUDES[1] else f"{high:g}"
        finally:
            self._following = False


class DifferenceRow(ConstraintRow):
    """| mine - theirs | less than a limit, mag."""

    def __init__(self, mine: list[str], theirs: list[str], start: tuple[str, str], limit: float = 0.1) -> None:
        self._mine = ipywidgets.Dropdown(options=mine, value=start[0], tooltip="your column", layout={"width": "120px"})
        self._theirs = ipywidgets.Dropdown(
            options=theirs, value=start[1], tooltip="the target's column", layout={"width": "170px"}
        )
        self._limit = number_box("limit", limit)
        self._slider = ipywidgets.FloatSlider(
            value=limit, min=DIFFERENCES[0], max=DIFFERENCES[1], step=0.01, readout=False,
            tooltip="largest difference, mag", layout={"width": "180px"},
        )  # fmt: skip
        super().__init__(
            label("|"), self._mine, label("-"), self._theirs, label("| <"), self._limit, label("mag"), self._slider
        )
        self._following = False  # while the slider is set to what was typed, or the other way round
        for box in (self._mine, self._theirs, self._limit):
            box.observe(lambda _: self._typed(), "value")
        self._slider.observe(self._slid, "value")
        self._typed()

    def _typed(self) -> None:
        def build() -> Any:
            limit = number(self._limit.value)
            if limit is None:
                return None
            constraint = MagnitudeDifference(self._mine.value, self._theirs.value, limit)
            self._move(limit)
            return constraint

        self._set(build)

    def _move(self, limit: float) -> None:
        if self._following:
            return
        self._following = True
        try:
            self._slider.value = min(max(limit, DIFFERENCES[0]), DIFFERENCES[1])
        finally:
            self._following = False

    def _slid(self, change: dict[str, float]) -> None:
        if self._following:
            return
        self._following = True
        try:
            self._limit.value = f"{change['new']:g}"
        finally:
            self._following = False


class AdqlRow(ConstraintRow):
    """A condition in the person's own ADQL."""

    def __init__(self, adql: str = "") -> None:
        self._text = ipywidgets.Text(
            value=adql, placeholder="a condition, such as refExtendedness < 0.5", continuous_update=False,
            tooltip="one ADQL condition; your columns are ut1.name", layout={"width": "420px"},
        )  # fmt: skip
        super().__init__(label("ADQL"), self._text)
        self._text.observe(lambda _: self._typed(), "value")
        self._typed()

    def _typed(self) -> None:
        self.constraint = self._text.value.strip() or None


def number_box(name: str, value: float | None) -> ipywidgets.Text:
    return ipywidgets.Text(
        value="" if value is None else f"{value:g}", tooltip=f"{name}, mag; empty for no limit",
        continuous_update=False, layout={"width": "70px"},
    )  # fmt: skip


def label(text: str) -> ipywidgets.Label:
    return ipywidgets.Label(text)


def number(text: str) -> float | None:
    """A number as typed; None for nothing typed."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise MatchError(f"{text!r} is not a number. Write it like 17 or 17.5, or leave the box empty.") from None
