"""Where the radius of a match comes from: one angle, a column of mine, or the errors of both positions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import ipywidgets
import traitlets
from astropy import units as u

from tapwidget.errors import MatchError
from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.views import basic
from tapwidget.views.radius_control import UNITS, RadiusControl
from tapwidget.views.style import notes

FROM = (("one angle for all", "angle"), ("a column of mine", "column"), ("position errors", "errors"))
NONE = ("choose ...", "")
ERROR_NAME = re.compile(r"err|sigma|^e_|uncert|std", re.IGNORECASE)
SIDE = (("RA", re.compile(r"ra|lon|maj", re.IGNORECASE)), ("Dec", re.compile(r"de|lat|min", re.IGNORECASE)))


class RadiusChoice(ipywidgets.VBox):
    """A `RadiusControl`, or instead of it columns that a radius is made of.

    Attributes
    ----------
    value : Quantity, RadiusColumn, PositionErrors or None
        The radius as a SkyMatch takes it; None while a column is still to be chosen.
    upload_columns, target_columns : tuple of (str, str)
        Columns with numbers of either side, and their units ("" where they have none).
    """

    value = traitlets.Any(1.0 * u.arcsec)
    upload_columns = traitlets.Tuple()
    target_columns = traitlets.Tuple()

    def __init__(self, **kwargs: object) -> None:
        self.control = RadiusControl()
        self._from = basic.Dropdown(options=FROM, description="radius by", layout={"width": "260px"})
        self._column = columns_box("column", "your column with the radius of each row")
        self._factor = number_box(1.0, "times", "the radius is so many times the column")
        self._unit = unit_box("unit of that column")
        self._by_column = wrapped(self._column, self._factor, self._unit)
        self._k = number_box(3.0, "k times", "the radius is k times the combined error: root of the sum of squares")
        self._mine = [columns_box(f"my {axis} error", "of your position") for axis, _ in SIDE]
        self._theirs = [columns_box(f"their {axis} error", "of the target's position") for axis, _ in SIDE]
        self._my_unit, self._their_unit = unit_box("unit of your errors"), unit_box("unit of the target's errors")
        self._by_errors = basic.VBox(
            [wrapped(self._k), wrapped(*self._mine, self._my_unit), wrapped(*self._theirs, self._their_unit)],
            layout=ipywidgets.Layout(),
        )
        self._said = basic.HTML()
        super().__init__([self._from, self._by_column, self._by_errors, self.control, self._said], **kwargs)
        self._updating = False
        for box in self._boxes:
            box.observe(self._changed, "value")
        self.control.observe(self._changed, "quantity")
        self._show()

    @property
    def _boxes(self) -> tuple[Any, ...]:
        errors = (self._k, *self._mine, *self._theirs, self._my_unit, self._their_unit)
        return (self._from, self._column, self._factor, self._unit, *errors)

    @traitlets.observe("upload_columns", "target_columns")
    def _columns_changed(self, _change: object) -> None:
        self._updating = True
        try:
            offer(self._column, self.upload_columns, "")
            for boxes, columns in ((self._mine, self.upload_columns), (self._theirs, self.target_columns)):
                for box, (_, pattern) in zip(boxes, SIDE, strict=True):
                    offer(box, columns, usual_error(columns, pattern))
        finally:
            self._updating = False
        self._changed(None)

    @traitlets.observe("value")
    def _value_set(self, change: dict[str, Any]) -> None:
        if self._updating or change["new"] is None:
            return
        self._updating = True
        try:
            self._take(change["new"])
        finally:
            self._updating = False
        self._changed(None)

    def _take(self, value: Any) -> None:
        """Fill the boxes with a radius set from Python."""
        if isinstance(value, RadiusColumn):
            self._from.value = "column"
            self._factor.value, self._unit.value = value.factor, value.unit or ""
            choose(self._column, value.column)
        elif isinstance(value, PositionErrors):
            self._from.value = "errors"
            self._k.value, self._my_unit.value, self._their_unit.value = (
                value.k,
                value.unit or "",
                value.their_unit or "",
            )
            for boxes, names in ((self._mine, value.mine), (self._theirs, value.theirs)):
                for box, name in zip(boxes, (*names, "", ""), strict=False):
                    choose(box, name)
            self.control.set_quantity(value.limit * u.arcsec)
        else:
            self._from.value = "angle"
            self.control.set_quantity(u.Quantity(value, u.arcsec) if not hasattr(value, "unit") else value)

    def _changed(self, _change: object) -> None:
        if self._updating:
            return
        self._show()
        self._updating = True
        try:
            self.value = self._made()
            self._said.value = ""
        except MatchError as error:
            self._said.value = notes(str(error), css_class="tw-error")
            self.value = None
        finally:
            self._updating = False

    def _made(self) -> Any:
        if self._from.value == "column":
            if not self._column.value:
                return None
            return RadiusColumn(self._column.value, unit=self._unit.value or None, factor=self._factor.value)
        if self._from.value == "errors":
            mine, theirs = (tuple(box.value for box in boxes if box.value) for boxes in (self._mine, self._theirs))
            if not mine and not theirs:
                return None
            units = {"unit": self._my_unit.value or None, "their_unit": self._their_unit.value or None}
            return PositionErrors(self._k.value, mine, theirs, limit=self.control.quantity, **units)
        return self.control.quantity

    def _show(self) -> None:
        kind = self._from.value
        self._by_column.layout.display = None if kind == "column" else "none"
        self._by_errors.layout.display = None if kind == "errors" else "none"
        self.control.layout.display = "none" if kind == "column" else None
        self.control.label = "at most" if kind == "errors" else "radius"


def columns_box(label: str, tooltip: str) -> ipywidgets.Dropdown:
    width = "80px" if label == "column" else "100px"  # beginning where the boxes above and below begin
    return basic.Dropdown(
        options=[NONE], description=label, tooltip=tooltip, layout={"width": "290px"},
        style={"description_width": width},
    )  # fmt: skip


def number_box(value: float, label: str, tooltip: str) -> ipywidgets.FloatText:
    return basic.FloatText(value=value, description=label, tooltip=tooltip, step=0.5, layout={"width": "170px"})


def unit_box(tooltip: str) -> ipywidgets.Dropdown:
    options = [("its own unit", ""), *((name, name) for name in UNITS)]
    return basic.Dropdown(options=options, tooltip=tooltip, layout={"width": "120px"})


def wrapped(*boxes: ipywidgets.Widget) -> ipywidgets.HBox:
    row = basic.HBox(list(boxes), layout=ipywidgets.Layout())
    row.add_class("tw-wrap")
    return row


def offer(box: ipywidgets.Dropdown, columns: Sequence[tuple[str, str]], usual: str) -> None:
    """Fill a box with columns and their units; what was chosen stays where it can."""
    names = [name for name, _ in columns]
    wanted = box.value if box.value in names else usual
    options = [NONE, *((f"{name} ({unit})" if unit else name, name) for name, unit in columns)]
    if tuple(box.options) != tuple(options):
        box.options = options
    box.value = wanted


def choose(box: ipywidgets.Dropdown, name: str) -> None:
    """Choose a column, also one that is not (yet) among those offered."""
    if name not in [value for _, value in box.options]:
        box.options = [*box.options, (name, name)]
    box.value = name


def usual_error(columns: Sequence[tuple[str, str]], axis: re.Pattern[str]) -> str:
    """The first column that has an angle, is called an error, and names that coordinate; empty if there is none."""
    for name, unit in columns:
        is_angle = bool(unit) and u.Unit(unit, parse_strict="silent").physical_type == "angle"
        if is_angle and ERROR_NAME.search(name) and axis.search(ERROR_NAME.sub("", name)):
            return name
    return ""
