"""The constraints of a match: rows that can be added, changed and dropped, each saying what it would keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets
from astropy.table import Table

from tapwidget.ivoa import tapschema
from tapwidget.match.adql_text import Number
from tapwidget.match.constraints import (
    ColourRange,
    ColumnRange,
    Constraint,
    IsMeasured,
    MagnitudeDifference,
    MagnitudeRange,
    keep_rows,
)
from tapwidget.state.identity import Identity
from tapwidget.tables.photometry import flux_columns, photometry_of
from tapwidget.views import basic
from tapwidget.views.column_box import Choice, ColumnBox, Kind
from tapwidget.views.constraint_row import AdqlRow, ColourRow, ConstraintRow, DifferenceRow, MeasuredRow, RangeRow
from tapwidget.views.limit_slider import Span, span_of
from tapwidget.views.style import notes, stylesheet


class MagnitudeConstraints(ipywidgets.VBox):
    """Constraints on magnitudes of either side, and on anything else.

    Attributes
    ----------
    upload_columns, target_columns : tuple of str
        Magnitude columns of the user's table, and of the target.
    upload_fluxes, target_fluxes : tuple of str
        Columns with fluxes in nJy, which are taken as AB magnitudes.
    upload_numbers, target_numbers, upload_texts, target_texts : tuple of str
        All other columns with numbers, and with text.
    result : astropy.table.Table or None
        The last result: each row says how many of its rows it would keep, before anything is sent.
    constraints : list
        Constraint objects (`tapwidget.MagnitudeRange`, ...) and ADQL strings. May be set.
    where : list of str
        The same as ADQL conditions, all of which must hold. May be set, too.
    """

    upload_columns = traitlets.Tuple()
    target_columns = traitlets.Tuple()
    upload_fluxes = traitlets.Tuple()
    target_fluxes = traitlets.Tuple()
    upload_numbers = traitlets.Tuple()
    target_numbers = traitlets.Tuple()
    upload_texts = traitlets.Tuple()
    target_texts = traitlets.Tuple()
    result = Identity()
    constraints = traitlets.List()
    where = traitlets.List()

    def __init__(self, *, upload: str = "ut1", **kwargs: object) -> None:
        self._upload = upload
        self._table: Table | None = None
        self._target: tapschema.Table | None = None
        self._rows: list[ConstraintRow] = []
        self._list = basic.VBox()
        self._together = basic.HTML()
        self._range = button("Magnitude range", RANGE, self._add_range)
        self._difference = button("Magnitude difference", DIFFERENCE, self._add_difference)
        self._colour = button("Colour range", COLOUR, self._add_colour)
        self._measured = button("Is measured", MEASURED, self._add_measured)
        self._adql = button("ADQL condition", "any other condition, in ADQL", lambda: self._add(AdqlRow()))
        buttons = basic.HBox([self._range, self._difference, self._colour, self._measured, self._adql])
        buttons.add_class("tw-wrap")
        self._collecting = False
        super().__init__([stylesheet(), self._list, self._together, buttons], **kwargs)
        self._columns_changed(None)

    def offer(self, table: Table | None, magnitudes: tuple[str, ...], target: tapschema.Table | None) -> None:
        """Offer the columns of the user's table, of which `magnitudes` are some, and those of the target."""
        self._table, self._target = table, target
        names = [] if table is None else list(table.colnames)
        kinds = {} if table is None else {n: table[n].dtype.kind for n in names if table[n].ndim == 1}
        columns = () if target is None else target.columns
        theirs, their_fluxes = photometry_of(columns)
        with self.hold_trait_notifications():
            self.upload_columns = tuple(n for n in magnitudes if n in names)
            self.upload_fluxes = () if table is None else flux_columns(table)
            known = {*self.upload_columns, *self.upload_fluxes}
            self.upload_numbers = tuple(n for n, kind in kinds.items() if kind in "iuf" and n not in known)
            self.upload_texts = tuple(n for n, kind in kinds.items() if kind in "USO")
            self.target_columns, self.target_fluxes = theirs, their_fluxes
            known = {*theirs, *their_fluxes}
            self.target_numbers = tuple(c.name for c in columns if c.is_number and c.name not in known)
            self.target_texts = tuple(c.name for c in columns if c.is_text)
        self._look_again()

    @traitlets.observe(
        "upload_columns", "target_columns", "upload_fluxes", "target_fluxes",
        "upload_numbers", "target_numbers", "upload_texts", "target_texts",
    )  # fmt: skip
    def _columns_changed(self, _change: object) -> None:
        magnitudes = self._choices("mag", "nJy")
        self._offer_button(self._range, bool(magnitudes), RANGE, "no magnitude column is known yet")
        sides = {choice.side for choice in magnitudes}
        self._offer_button(self._difference, len(sides) == 2, DIFFERENCE, "needs a magnitude on both sides")
        several = any(sum(c.side == side for c in magnitudes) > 1 for side in sides)
        self._offer_button(self._colour, several, COLOUR, "needs two magnitudes on one side")
        every = self._choices("mag", "nJy", "number", "text")
        self._offer_button(self._measured, bool(every), MEASURED, "no column is known yet")

    def _offer_button(self, of: ipywidgets.Button, possible: bool, does: str, why_not: str) -> None:
        of.disabled = not possible
        of.tooltip = does if possible else why_not

    def _choices(self, *kinds: Kind) -> list[Choice]:
        """Columns of these kinds: mine, then the target's; magnitudes first."""
        words = {"mag": "columns", "nJy": "fluxes", "number": "numbers", "text": "texts"}
        return [
            Choice(side, name, kind)
            for side in ("upload", "target")
            for kind in kinds
            for name in getattr(self, f"{side}_{words[kind]}")
        ]

    def _box(self, start: Choice | None, tooltip: str, *others: Kind, width: str = "190px") -> ColumnBox:
        return ColumnBox(
            self._choices("mag", "nJy"), self._choices(*others), start or next(iter(self._choices("mag", "nJy")), None),
            upload=self._upload, tooltip=tooltip, layout={"width": width},
        )  # fmt: skip

    def _range_row(self, start: Choice | None, low: Number | None = None, high: Number | None = None) -> RangeRow:
        box = self._box(start, "column that is limited", "number")
        return RangeRow(box, low, high, span_of=self._span_of, unit_of=self._unit_of)

    def _column(self, choice: Choice) -> Any:
        """A column with values: that of the last result, else that of the user's table; None where there is none."""
        mine = choice.side == "upload"
        places = ((self.result, f"{self._upload}_{choice.name}" if mine else choice.name), (self._table, choice.name))
        for table, name in places if mine else places[:1]:
            if table is not None and name in table.colnames:
                return table[name]
        return None

    def _span_of(self, choice: Choice) -> Span | None:
        """How far the values of a column go, where any are known."""
        column = self._column(choice)
        return None if column is None else span_of(column)

    def _unit_of(self, choice: Choice) -> str:
        """The unit that the target says its column has, or the unit of the values."""
        if choice.side == "target" and self._target is not None:
            return next((column.unit for column in self._target.columns if column.name == choice.name), "")
        unit = getattr(self._column(choice), "unit", None)
        return "" if unit is None else str(unit)

    def _measured_box(self, start: Choice | None) -> ColumnBox:
        return self._box(start, "column that must have a value", "number", "text")

    def _pair(self, first: Choice | None, second: Choice | None) -> tuple[ColumnBox, ColumnBox]:
        return self._box(first, "first magnitude", width="170px"), self._box(second, "second magnitude", width="170px")

    def _add_range(self) -> None:
        mine, theirs = self._same_band()
        self._add(self._range_row(mine or theirs))

    def _add_difference(self) -> None:
        self._add(DifferenceRow(*self._pair(*self._same_band())))

    def _add_colour(self) -> None:
        """Begin with g - r of the target, or with what comes next to it."""
        side: Any = "target" if len(self.target_columns) + len(self.target_fluxes) > 1 else "upload"
        of_side = [c for c in self._choices("mag", "nJy") if c.side == side]
        kind = of_side[0].kind
        names = tuple(c.name for c in of_side if c.kind == kind)
        first, second = pick_band(names, "g"), pick_band(names, "r")
        if first == second:
            first, second = (names[0], names[1]) if len(names) > 1 else (names[0], names[0])
        self._add(ColourRow(*self._pair(Choice(side, first, kind), Choice(side, second, kind))))

    def _add_measured(self) -> None:
        mine, theirs = self._same_band()
        self._add(MeasuredRow(self._measured_box(theirs or mine)))

    def _same_band(self) -> tuple[Choice | None, Choice | None]:
        """A magnitude of mine and one of theirs to begin with: the r band where both have it."""
        found: list[Choice | None] = []
        for side in ("upload", "target"):
            choices = [c for c in self._choices("mag", "nJy") if c.side == side]
            of_kind = [c for c in choices if c.kind == "mag"] or choices
            name = pick_band(tuple(c.name for c in of_kind))
            found.append(next((c for c in of_kind if c.name == name), None))
        return found[0], found[1]

    def _add(self, row: ConstraintRow) -> None:
        row.observe(lambda _: self._collect(), "constraint")
        row.drop_button.on_click(lambda _: self._drop(row))
        self._rows.append(row)
        self._list.children = tuple(self._rows)
        self._collect()

    def _drop(self, row: ConstraintRow) -> None:
        self._rows.remove(row)
        self._list.children = tuple(self._rows)
        self._collect()

    def _collect(self) -> None:
        if self._collecting:
            return
        constraints = [row.constraint for row in self._rows if row.constraint is not None]
        self._collecting = True
        try:
            with self.hold_trait_notifications():
                self.constraints = constraints
                self.where = [adql_of(constraint, self._upload) for constraint in constraints]
        finally:
            self._collecting = False
        self._preview()

    @traitlets.validate("constraints", "where")
    def _only_these(self, proposal: dict[str, Any]) -> Any:
        """Rows that are not complete are no constraints: setting those that there are takes such rows away."""
        if not self._collecting and proposal["value"] == getattr(self, proposal["trait"].name):
            self._rows = [row for row in self._rows if row.constraint is not None]
            self._list.children = tuple(self._rows)
        return proposal["value"]

    @traitlets.observe("constraints")
    def _constraints_set(self, _change: object) -> None:
        """Constraints set from Python become rows: of boxes where there is a row for that kind, else of ADQL."""
        if self._collecting:
            return
        given = list(self.constraints)
        self._rows = []
        self._collecting = True  # until all rows are there
        try:
            for constraint in given:
                self._add(self._row_of(constraint))
        finally:
            self._collecting = False
        self._list.children = tuple(self._rows)
        self._collect()

    @traitlets.observe("where")
    def _where_set(self, _change: object) -> None:
        """Conditions set from outside, as by a link, become rows of ADQL."""
        if not self._collecting:
            self.constraints = list(self.where)

    def _row_of(self, constraint: Any) -> ConstraintRow:
        if isinstance(constraint, MagnitudeRange):
            start = Choice(constraint.side, constraint.column, constraint.unit)
            return self._range_row(start, constraint.low, constraint.high)
        if isinstance(constraint, ColumnRange):
            start = Choice(constraint.side, constraint.column, "number")
            return self._range_row(start, constraint.low, constraint.high)
        if isinstance(constraint, MagnitudeDifference):
            mine = Choice("upload", constraint.upload_column, constraint.upload_unit)
            theirs = Choice("target", constraint.target_column, constraint.target_unit)
            return DifferenceRow(*self._pair(mine, theirs), constraint.limit)
        if isinstance(constraint, ColourRange):
            first, second = (
                Choice(constraint.side, name, constraint.unit) for name in (constraint.first, constraint.second)
            )
            return ColourRow(*self._pair(first, second), constraint.low, constraint.high)
        if isinstance(constraint, IsMeasured):
            every = self._choices("mag", "nJy", "number", "text")
            known = [c for c in every if (c.side, c.name) == (constraint.side, constraint.column)]
            start = Choice(constraint.side, constraint.column, "number" if constraint.is_float else "text")
            right = [c for c in known if (c.kind != "text") == constraint.is_float]
            return MeasuredRow(self._measured_box(right[0] if right else start))
        return AdqlRow(adql_of(constraint, self._upload))

    @traitlets.observe("result")
    def _another_result(self, _change: object) -> None:
        self._look_again()
        self._preview()

    def _look_again(self) -> None:
        for row in self._rows:
            if isinstance(row, RangeRow):
                row.look_again()

    def _preview(self) -> None:
        for row in self._rows:
            row.say_kept(kept(row.constraint, self.result, self._upload))
        self._together.value = notes(kept_together([row.constraint for row in self._rows], self.result, self._upload))


def adql_of(constraint: Any, upload: str) -> str:
    return constraint if isinstance(constraint, str) else constraint.adql(upload)


def kept(constraint: Any, result: Table | None, upload: str) -> str:
    """How many rows of the last result a constraint keeps, in words; empty where that cannot be told."""
    if result is None or constraint is None or isinstance(constraint, str):
        return ""
    lacking = [name for name in constraint.result_columns(upload) if name not in result.colnames]
    if lacking:
        return f"not counted: the last result has no {lacking[0]}"
    return f"keeps {int(keep_rows([constraint], result, upload).sum()):,} of the last {len(result):,}"


def kept_together(constraints: list[Any], result: Table | None, upload: str) -> str:
    """How many rows of the last result all constraints keep that can be counted; empty for fewer than two."""
    given = [constraint for constraint in constraints if constraint is not None]
    if result is None or len(given) < 2:
        return ""
    counted = [c for c in given if isinstance(c, Constraint) and not kept(c, result, upload).startswith("not")]
    if not counted:
        return ""
    number = int(keep_rows(counted, result, upload).sum())
    left_out = (
        "" if len(counted) == len(given) else f" (without {len(given) - len(counted)} that cannot be counted here)"
    )
    return f"all together: {number:,} of the last {len(result):,} rows{left_out}"


def pick_band(names: tuple[str, ...], band: str = "r") -> str:
    """The column of that band among magnitudes ("r", "r_cModelMag", "psfMag_r"), else the first; "" of none."""
    named = [name for name in names if name == band or name.startswith(f"{band}_") or name.endswith(f"_{band}")]
    preferred = [name for name in named if "cmodel" in name.lower()] or named or list(names)
    return preferred[0] if preferred else ""


RANGE = "limit a magnitude, or any other number, of yours or of the target"
DIFFERENCE = "limit | yours - theirs |"
COLOUR = "limit one magnitude minus another one of the same side"
MEASURED = "keep only rows that have a value in a column"


def button(description: str, tooltip: str, action: Callable[[], None]) -> ipywidgets.Button:
    made = basic.Button(description=description, icon="plus", tooltip=tooltip)
    made.on_click(lambda _: action())
    return made
