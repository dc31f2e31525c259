"""The constraints of a match: rows that can be added, changed and dropped, each saying what it would keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets
from astropy.table import Table

from tapwidget.match.constraints import MagnitudeDifference, MagnitudeRange
from tapwidget.state.identity import Identity
from tapwidget.views.constraint_row import AdqlRow, ConstraintRow, DifferenceRow, RangeRow
from tapwidget.views.style import stylesheet


class MagnitudeConstraints(ipywidgets.VBox):
    """Constraints on magnitudes of either side, and on anything else in ADQL.

    Attributes
    ----------
    upload_columns : tuple of str
        Magnitude columns of the user's table.
    target_columns : tuple of str
        Magnitude columns of the target.
    result : astropy.table.Table or None
        The last result: each row says how many of its rows it would keep, before anything is sent.
    constraints : list
        Constraint objects (`tapwidget.MagnitudeRange`, ...) and ADQL strings. May be set.
    where : list of str
        The same as ADQL conditions, all of which must hold. May be set, too.
    """

    upload_columns = traitlets.Tuple()
    target_columns = traitlets.Tuple()
    result = Identity()
    constraints = traitlets.List()
    where = traitlets.List()

    def __init__(self, *, upload: str = "ut1", **kwargs: object) -> None:
        self._upload = upload
        self._rows: list[ConstraintRow] = []
        self._list = ipywidgets.VBox()
        self._range = button("Magnitude range", "limit a magnitude of yours or of the target", self._add_range)
        self._difference = button("Magnitude difference", "limit | yours - theirs |", self._add_difference)
        self._adql = button("ADQL condition", "any other condition, in ADQL", lambda: self._add(AdqlRow()))
        buttons = ipywidgets.HBox([self._range, self._difference, self._adql])
        buttons.add_class("tw-wrap")
        super().__init__([stylesheet(), self._list, buttons], **kwargs)
        self._collecting = False
        self._columns_changed(None)

    @traitlets.observe("upload_columns", "target_columns")
    def _columns_changed(self, _change: object) -> None:
        self._range.disabled = not (self.upload_columns or self.target_columns)
        self._difference.disabled = not (self.upload_columns and self.target_columns)
        self._range.tooltip = "no magnitude column is known yet" if self._range.disabled else "limit a magnitude"
        self._difference.tooltip = (
            "needs a magnitude on both sides" if self._difference.disabled else "limit | yours - theirs |"
        )

    def _sides(self) -> list[tuple[str, tuple[str, str]]]:
        mine = [(f"{self._upload}.{name}", ("upload", name)) for name in self.upload_columns]
        return mine + [(name, ("target", name)) for name in self.target_columns]

    def _add_range(self) -> None:
        mine, theirs = self._same_band()
        start = ("upload", mine) if mine else ("target", theirs)
        self._add(RangeRow(self._sides(), start))

    def _add_difference(self) -> None:
        self._add(DifferenceRow(list(self.upload_columns), list(self.target_columns), self._same_band()))

    def _same_band(self) -> tuple[str, str]:
        """A magnitude of mine and one of theirs to begin with: the r band where both have it."""
        return pick_band(self.upload_columns), pick_band(self.target_columns)

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
            start = (constraint.side, constraint.column)
            sides = self._sides()
            if start not in [value for _, value in sides]:
                sides.append((constraint.column, start))
            return RangeRow(sides, start, constraint.low, constraint.high)
        if isinstance(constraint, MagnitudeDifference):
            start = (constraint.upload_column, constraint.target_column)
            mine, theirs = (
                list(dict.fromkeys([*names, name]))
                for names, name in zip((self.upload_columns, self.target_columns), start, strict=True)
            )
            return DifferenceRow(mine, theirs, start, constraint.limit)
        return AdqlRow(adql_of(constraint, self._upload))

    @traitlets.observe("result")
    def _preview(self, _change: object = None) -> None:
        for row in self._rows:
            row.say_kept(kept(row.constraint, self.result, self._upload))


def adql_of(constraint: Any, upload: str) -> str:
    return constraint if isinstance(constraint, str) else constraint.adql(upload)


def kept(constraint: Any, result: Table | None, upload: str) -> str:
    """How many rows of the last result a constraint keeps, in words; empty where that cannot be told."""
    if result is None or constraint is None or isinstance(constraint, str):
        return ""
    columns = constraint.result_columns(upload)
    if not all(name in result.colnames for name in columns):
        return "not in the last result"
    return f"keeps {int(constraint.keep(*(result[name] for name in columns)).sum()):,} of the last {len(result):,}"


def pick_band(names: tuple[str, ...], band: str = "r") -> str:
    """The column of that band among magnitudes ("r", "r_cModelMag", "psfMag_r"), else the first; "" of none."""
    named = [name for name in names if name == band or name.startswith(f"{band}_") or name.endswith(f"_{band}")]
    preferred = [name for name in named if "cmodel" in name.lower()] or named or list(names)
    return preferred[0] if preferred else ""


def button(description: str, tooltip: str, action: Callable[[], None]) -> ipywidgets.Button:
    made = ipywidgets.Button(description=description, icon="plus", tooltip=tooltip)
    made.on_click(lambda _: action())
    return made
