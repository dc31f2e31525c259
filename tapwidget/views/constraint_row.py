"""One constraint of a match, as a row of boxes: a range, a difference, a colour, is measured, or plain ADQL."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import ipywidgets
import traitlets

from tapwidget.errors import MatchError
from tapwidget.match.adql_text import Number, decimal
from tapwidget.match.constraints import ColourRange, ColumnRange, IsMeasured, MagnitudeDifference, MagnitudeRange
from tapwidget.match.fluxes import Unit
from tapwidget.views import basic
from tapwidget.views.column_box import Choice, ColumnBox
from tapwidget.views.limit_slider import COLOURS, MAGNITUDES, LimitSlider, Span, drawable
from tapwidget.views.slider_echo import is_rounding
from tapwidget.views.style import notes

DIFFERENCES = (0.0, 2.0)  # the slider's ends, mag


class ConstraintRow(ipywidgets.VBox):
    """The common part of all rows: what they say, how many rows they keep, and a way to drop them.

    Attributes
    ----------
    constraint : constraint object, str, or None
        None while the row is not complete.
    """

    constraint = traitlets.Any()

    def __init__(self, *boxes: ipywidgets.Widget, **kwargs: object) -> None:
        self.drop_button = basic.Button(icon="times", tooltip="drop this constraint", layout={"width": "34px"})
        self._kept = basic.HTML()
        self._problem = basic.HTML()
        row = basic.HBox([*boxes, self.drop_button, self._kept])  # the text last: it moves nothing as it changes
        row.add_class("tw-wrap")
        super().__init__([row, self._problem], **kwargs)
        self.add_class(f"tw-row-{id(self)}")  # by which the keyboard knows what is a row, and which

    def say_kept(self, message: str) -> None:
        """Tell what the constraint would keep of the last result."""
        self._kept.value = notes(message)

    def _set(self, build: Any) -> None:
        try:
            constraint = build()
        except (MatchError, ValueError, ArithmeticError) as error:
            self._problem.value = notes(str(error), css_class="tw-error")
            self.constraint = None
        else:
            self._problem.value = ""
            self.constraint = constraint


class RangeRow(ConstraintRow):
    """A column between two values; either may be left empty. `column` says which, in its box.

    `span_of` tells from where to where the values of a column go that is no magnitude, if that is known, and `unit_of`
    their unit.
    """

    def __init__(
        self, column: ColumnBox, low: Number | None = None, high: Number | None = None,
        *, span_of: Callable[[Choice], Span | None] = lambda _: None, unit_of: Callable[[Choice], str] = lambda _: "",
    ) -> None:  # fmt: skip
        self.column = column
        self._span_of, self._unit_of = span_of, unit_of
        self._clearing = False
        self._low = number_box("from", low)
        self._high = number_box("to", high)
        self._unit = label("mag")
        self._slider = LimitSlider(self._low, self._high, "range")
        super().__init__(column, label("between"), self._low, label("and"), self._high, self._unit, self._slider)
        self._span: Span | None = None
        column.observe(self._another_column, "choice")
        for box in (self._low, self._high):
            box.observe(lambda _: self._typed(), "value")
        self.look_again()

    def _another_column(self, change: dict[str, Any]) -> None:
        """Limits outlive the choice of another magnitude; those of anything else are of that column alone."""
        if not all(choice is not None and choice.unit for choice in (change["old"], change["new"])):
            self._clearing = True  # both boxes before a condition is made of them
            try:
                self._low.value = self._high.value = ""
            finally:
                self._clearing = False
        self.look_again()

    def look_again(self) -> None:
        """Find the unit of the column and how far its values go: another column, or another result."""
        choice: Choice | None = self.column.choice
        self._unit.value = "" if choice is None else "mag" if choice.unit else self._unit_of(choice)
        for box, name in ((self._low, "from"), (self._high, "to")):
            box.tooltip = limit_title(name, self._unit.value)
        span = None if choice is None else MAGNITUDES if choice.unit else self._span_of(choice)
        if span != self._span:
            self._span = span
            self._slider.show(span, None, None)  # in case the boxes hold no numbers
        self._typed()

    def _typed(self) -> None:
        if self._clearing:
            return

        def build() -> Any:
            low, high = number(self._low.value), number(self._high.value)
            choice: Choice | None = self.column.choice
            self._slider.show(self._span, low, high)
            if choice is None or (low is None and high is None):
                return None
            if not choice.unit:
                return ColumnRange(choice.name, low, high, choice.side)
            return MagnitudeRange(choice.name, low=low, high=high, side=choice.side, unit=_unit(choice))

        self._set(build)


class DifferenceRow(ConstraintRow):
    """| first - second | less than a limit, mag: of either side, or both of one."""

    def __init__(self, first: ColumnBox, second: ColumnBox, limit: Number = 0.1) -> None:
        self.first, self.second = first, second
        self._limit = number_box("limit", limit)
        self._slider = basic.FloatSlider(
            value=drawable(limit), min=DIFFERENCES[0], max=_most(limit), step=0.01, readout=False,
            tooltip="largest difference, mag", layout={"width": "180px"},
        )  # fmt: skip
        super().__init__(label("|"), first, label("-"), second, label("| <"), self._limit, label("mag"), self._slider)
        self._following = False  # while the slider is set to what was typed, or the other way round
        for box in (first, second):
            box.observe(lambda _: self._typed(), "choice")
        self._limit.observe(lambda _: self._typed(), "value")
        self._slider.observe(self._slid, "value")
        self._typed()

    def _typed(self) -> None:
        def build() -> Any:
            limit = number(self._limit.value)
            one, other = self.first.choice, self.second.choice
            if limit is None or one is None or other is None:
                return None
            constraint = difference(one, other, limit)
            self._move(drawable(limit))
            return constraint

        self._set(build)

    def _move(self, limit: float | None) -> None:
        if self._following or limit is None:
            return
        self._following = True
        try:
            # Neither lies outside the ends that the page knows at the moment: it would answer with another value.
            self._slider.max = max(self._slider.max, _most(limit))
            self._slider.value = limit
            self._slider.max = _most(limit)
        finally:
            self._following = False

    def _slid(self, change: dict[str, float]) -> None:
        if self._following or is_rounding(change["old"], change["new"], self._slider.step):
            return
        self._following = True
        try:
            self._limit.value = f"{change['new']:g}"
        finally:
            self._following = False


def _most(limit: Number) -> float:
    return max(DIFFERENCES[1], float(ceil(drawable(limit) or 0.0)))


def difference(one: Choice, other: Choice, limit: Number) -> MagnitudeDifference | ColourRange:
    """| one - other | < limit: across the sides, or as the colour that it is on one side."""
    if one.side == other.side:
        if limit <= 0:
            raise MatchError(f"The limit of |{one.name} - {other.name}| is {limit:g}, which keeps nothing.")
        return colour(one, other, -limit, limit)
    mine, theirs = (one, other) if one.side == "upload" else (other, one)
    return MagnitudeDifference(mine.name, theirs.name, limit, _unit(mine), _unit(theirs))


def colour(one: Choice, other: Choice, low: Number | None, high: Number | None) -> ColourRange:
    """low < one - other < high, of one side."""
    if one.side != other.side:
        raise MatchError("A colour is of two magnitudes of one side; for one of each side take a difference.")
    if one.name == other.name:
        raise MatchError(f"The two magnitudes are the same, {one.name}: choose another one.")
    if _unit(one) != _unit(other):
        raise MatchError(f"{one.name} and {other.name} are a magnitude and a flux: write that condition in ADQL.")
    return ColourRange(one.name, other.name, low, high, one.side, _unit(one))


def _unit(choice: Choice) -> Unit:
    return "nJy" if choice.kind == "nJy" else "mag"


class ColourRow(ConstraintRow):
    """first - second between two values, mag; either may be left empty."""

    def __init__(
        self, first: ColumnBox, second: ColumnBox, low: Number | None = None, high: Number | None = None
    ) -> None:
        self.first, self.second = first, second
        self._low = number_box("from", low)
        self._high = number_box("to", high)
        self._slider = LimitSlider(self._low, self._high, "range in mag")
        super().__init__(
            first, label("-"), second, label("between"), self._low, label("and"), self._high, label("mag"), self._slider
        )
        for box in (first, second):
            box.observe(lambda _: self._typed(), "choice")
        for text in (self._low, self._high):
            text.observe(lambda _: self._typed(), "value")
        self._typed()

    def _typed(self) -> None:
        def build() -> Any:
            low, high = number(self._low.value), number(self._high.value)
            one, other = self.first.choice, self.second.choice
            self._slider.show(COLOURS, low, high)
            if (low is None and high is None) or one is None or other is None:
                return None
            return colour(one, other, low, high)

        self._set(build)


class MeasuredRow(ConstraintRow):
    """A column has a value."""

    def __init__(self, column: ColumnBox) -> None:
        self.column = column
        super().__init__(column, label("is measured (neither NULL nor NaN)"))
        column.observe(lambda _: self._chosen(), "choice")
        self._chosen()

    def _chosen(self) -> None:
        choice: Choice | None = self.column.choice
        self.constraint = choice and IsMeasured(choice.name, choice.side, is_float=choice.kind != "text")


class AdqlRow(ConstraintRow):
    """A condition in the person's own ADQL."""

    def __init__(self, adql: str = "") -> None:
        self._text = basic.Text(
            value=adql, placeholder="a condition, such as refExtendedness < 0.5", continuous_update=False,
            tooltip="one ADQL condition; your columns are ut1.name", layout={"width": "420px"},
        )  # fmt: skip
        super().__init__(label("ADQL"), self._text)
        self._text.observe(lambda _: self._typed(), "value")
        self._typed()

    def _typed(self) -> None:
        self.constraint = self._text.value.strip() or None


def number_box(name: str, value: Number | None) -> ipywidgets.Text:
    return basic.Text(
        value="" if value is None else decimal(value), tooltip=limit_title(name, "mag"),
        continuous_update=False, layout={"width": "70px"},
    )  # fmt: skip


def limit_title(name: str, unit: str) -> str:
    return f"{name}{unit and f', {unit}'}; empty for no limit"


def label(text: str) -> ipywidgets.Label:
    return basic.Label(text)


def number(text: str) -> Number | None:
    """A number as typed, whole ones to the last digit; None for nothing typed."""
    if not text.strip():
        return None
    try:
        return int(text) if text.strip().lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise MatchError(f"{text!r} is not a number. Write it like 17 or 17.5, or leave the box empty.") from None
