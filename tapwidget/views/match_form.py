"""What is matched to what, and how: target, kind of match, radius, which pairs to keep, constraints."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background
from tapwidget.state.form import Form
from tapwidget.views import basic
from tapwidget.views.epoch_control import EpochControl
from tapwidget.views.identifier_cleanup import IdentifierCleanUp, users_column
from tapwidget.views.magnitude_constraints import MagnitudeConstraints
from tapwidget.views.offset_note import ShiftNote
from tapwidget.views.pair_choice import PairChoice
from tapwidget.views.radius_choice import RadiusChoice
from tapwidget.views.style import folded, notes
from tapwidget.views.target_picker import TargetPicker


class MatchForm(ipywidgets.VBox):
    """The boxes of one match, linked to a `Form`.

    Attributes
    ----------
    roles : tables.roles.Roles or None
        What the user's columns were recognised as.
    changes : tuple of str
        What has to change in the user's table before it can travel, a sentence each.
    upload : str
        How large the upload is, and how near to the service's limits; empty while that is not known.
    """

    roles = traitlets.Any()
    changes = traitlets.Tuple()
    upload = traitlets.Unicode()

    def __init__(self, form: Form, *, target: str = "", background: Background | None = None, **kwargs: object) -> None:
        self._form = form
        self.target_picker = TargetPicker(target=target, background=background)
        self._by = basic.ToggleButtons(
            options=[("by position", "position"), ("by identifier", "identifier")],
            tooltips=("pairs within a radius on the sky", "pairs whose identifiers are equal"),
            style={"button_width": "110px"},
        )  # fmt: skip
        self.pairs = PairChoice(form)
        self.radius_choice = RadiusChoice()
        self.radius = self.radius_choice.control
        self.shift_note = ShiftNote(form)
        self._mine = basic.Dropdown(description="yours", layout={"width": "260px"})
        self._theirs = basic.Dropdown(description="= target's", layout={"width": "300px"})
        self.clean_up = IdentifierCleanUp()
        columns = basic.HBox([self._mine, self._theirs])
        columns.add_class("tw-wrap")
        self._identifiers = basic.VBox([columns, self.clean_up], layout=ipywidgets.Layout())
        self.epoch = EpochControl()
        self.constraints = MagnitudeConstraints()
        self._changes = basic.HTML()
        self._upload = basic.HTML()
        kind = basic.HBox([self._by, self.pairs])
        kind.add_class("tw-wrap")
        by_position = [self.radius_choice, self.epoch, self.shift_note]
        super().__init__(
            [self.target_picker, kind, *by_position, self._identifiers, self.constraints, self._changes, self._upload],
            **kwargs,
        )
        traitlets.dlink((form, "service"), (self.target_picker, "service"))
        traitlets.link((self.target_picker, "target"), (form, "target"))
        traitlets.link((self.target_picker, "columns"), (form, "columns"))
        traitlets.dlink((self.target_picker, "table"), (form, "target_table"))
        traitlets.link((self._by, "value"), (form, "by"))
        traitlets.link((self.radius_choice, "value"), (form, "radius"))
        traitlets.dlink((self.constraints, "constraints"), (form, "where"))
        traitlets.link((self.clean_up, "rules"), (form, "clean"))
        traitlets.link((self.clean_up, "ignore_case"), (form, "ignore_case"))
        traitlets.dlink((self.epoch, "epoch"), (form, "epoch"))
        self._mine.observe(self._identifier_chosen, "value")
        self._theirs.observe(self._identifier_chosen, "value")
        form.observe(self._offer_columns, ["target_table", "table"])
        form.observe(lambda _: self.epoch.offer(form.table), "table")
        form.observe(self._show_kind, "by")
        self._show_kind(None)

    @traitlets.observe("roles")
    def _roles_changed(self, _change: object) -> None:
        self._offer_columns(None)

    @traitlets.observe("changes")
    def _changes_changed(self, _change: object) -> None:
        summary = f"{len(self.changes)} things change before the upload"
        self._changes.value = folded(summary, [f"Before the upload: {change}" for change in self.changes])

    @traitlets.observe("upload")
    def _upload_changed(self, _change: object) -> None:
        self._upload.value = notes(self.upload)

    def _show_kind(self, _change: object) -> None:
        by_position = self._form.by == "position"
        self.radius_choice.layout.display = None if by_position else "none"
        self.epoch.shown = by_position
        self._identifiers.layout.display = "none" if by_position else None
        if not by_position:
            self._form.find = "all"

    def _offer_columns(self, _change: object) -> None:
        """Fill the lists that depend on the columns of either side."""
        target, table = self._form.target_table, self._form.table
        columns = target.columns if target is not None else ()
        self.constraints.offer(table, getattr(self.roles, "magnitudes", ()), target)
        self._offer(self._mine, tuple(table.colnames) if table is not None else (), getattr(self.roles, "id", None))
        self.radius_choice.target_columns = tuple(
            (c.name, c.unit) for c in columns if c.datatype in {"double", "float"}
        )
        self.radius_choice.upload_columns = number_columns(table)
        texts = [c.name for c in columns if c.is_text or c.datatype in {"long", "int", "short"}]
        ids = [c.name for c in columns if c.ucd.startswith("meta.id")]
        self._offer(self._theirs, tuple(texts), ids[0] if ids else None)

    def _offer(self, box: ipywidgets.Dropdown, names: tuple[str, ...], usual: str | None) -> None:
        wanted = box.value if box.value in names else usual
        options = [("choose ...", ""), *((name, name) for name in names)]
        if tuple(box.options) != tuple(options):
            box.options = options
        box.value = wanted if wanted in names else ""

    def choose_identifiers(self, mine: str, theirs: str) -> tuple[str, ...]:
        """Choose the columns that shall be equal; those that are not offered, which are left as they are."""
        wanted = ((self._mine, mine), (self._theirs, theirs))
        lacking = [name for box, name in wanted if name not in [value for _, value in box.options]]
        for box, name in wanted:
            if name not in lacking:
                box.value = name
        return tuple(lacking)

    def _identifier_chosen(self, _change: Any) -> None:
        self._form.on = (self._mine.value or "", self._theirs.value or "")
        self.clean_up.column = users_column(self._form.table, self._mine.value or "")


def number_columns(table: Any) -> tuple[tuple[str, str], ...]:
    """The user's columns with numbers, and their units."""
    if table is None:
        return ()
    return tuple((name, str(table[name].unit or "")) for name in table.colnames if table[name].dtype.kind in "iuf")
