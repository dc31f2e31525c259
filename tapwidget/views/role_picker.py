"""What the columns of the user's table were recognised as, and a way to correct it."""

from __future__ import annotations

import ipywidgets
import traitlets
from astropy.table import Table

from tapwidget.errors import ColumnError
from tapwidget.tables.roles import Position, Roles, position_of
from tapwidget.views import basic
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.style import notes


class RolePicker(ipywidgets.VBox):
    """Show and correct the position columns of a table.

    Attributes
    ----------
    ra, dec : str
        Columns the person chose; both empty while the recognised position stands.
    """

    ra = traitlets.Unicode()
    dec = traitlets.Unicode()

    def __init__(self, **kwargs: object) -> None:
        self._said = basic.HTML()
        self._ra = basic.Dropdown(description="RA", layout={"width": "260px"})
        self._dec = basic.Dropdown(description="Dec", layout={"width": "260px"})
        self._others = basic.Dropdown(description="found too", layout=ipywidgets.Layout(width="530px"))
        body = basic.HBox([self._others, self._ra, self._dec])
        body.add_class("tw-wrap")
        self._more = Disclosure("Other position columns", body)
        super().__init__([self._said, self._more], **kwargs)
        self._roles: Roles | None = None
        self._table: Table | None = None
        self.layout.display = "none"
        self._ra.observe(self._chosen, "value")
        self._dec.observe(self._chosen, "value")
        self._others.observe(self._other_chosen, "value")

    def offer(self, table: Table | None, roles: Roles | None) -> None:
        """Show the roles of this table, and its columns to choose from; hide for None."""
        self._roles, self._table = roles, table
        self.layout.display = "none" if table is None else None
        self._more.is_open = roles is not None and roles.position is None
        with self.hold_trait_notifications():
            self.ra = self.dec = ""
        options = [("as recognised", ""), *((name, name) for name in (table.colnames if table is not None else ()))]
        for box in (self._ra, self._dec):
            box.unobserve(self._chosen, "value")
            box.options = options
            box.value = ""
            box.observe(self._chosen, "value")
        # A position in parts (RAh, RAm, ...) is no pair of columns: it can be recognised, not chosen.
        pairs = [p for p in (roles.others if roles is not None else ()) if len(p.columns) == 2]
        self._others.options = [("another position of the table ...", ()), *((in_words(p), p.columns) for p in pairs)]
        self._others.layout.display = None if pairs else "none"
        self._say()

    def choose(self, ra: str, dec: str) -> bool:
        """Choose the position columns of the table that is offered; False, and nothing done, if it lacks one."""
        names = [value for _, value in self._ra.options]
        if ra not in names or dec not in names:
            return False
        self._ra.value, self._dec.value = ra, dec
        return True

    def named_roles(self) -> dict[str, str]:
        """Column name to the role it plays now."""
        if self._roles is None:
            return {}
        roles = dict.fromkeys(self._roles.magnitudes, "magnitude")
        if self._roles.id:
            roles[self._roles.id] = "identifier"
        if self.ra and self.dec:
            roles |= {self.ra: "RA", self.dec: "Dec"}
        elif self._roles.position:
            columns = self._roles.position.columns
            names = ("RA", "Dec") if len(columns) == 2 else ("position",) * len(columns)
            roles |= dict(zip(columns, names, strict=True))
        return roles

    def _other_chosen(self, change: dict[str, tuple[str, ...]]) -> None:
        if change["new"]:
            self._ra.value, self._dec.value = change["new"]

    def _chosen(self, _change: object) -> None:
        with self.hold_trait_notifications():
            both = bool(self._ra.value and self._dec.value)
            self.ra = self._ra.value if both else ""
            self.dec = self._dec.value if both else ""
        self._say()

    def _say(self) -> None:
        roles = self._roles
        if roles is None:
            self._said.value = ""
            return
        if self.ra and self.dec:
            position = self._choice()
        elif roles.position:
            position = f"position {in_words(roles.position)}"
        else:
            position = "no position was recognised: choose the columns below, or match by identifier"
        reason = f" ({roles.why[roles.id]})" if roles.id and roles.why.get(roles.id) else ""
        magnitudes = ", ".join(roles.magnitudes) or "none recognised"
        self._said.value = notes(
            f"{position} · identifier {roles.id or 'none recognised'}{reason} · magnitudes {magnitudes}"
        )

    def _choice(self) -> str:
        """The columns that the person chose, and how they are read."""
        chosen = f"position {self.ra}, {self.dec} (your choice"
        try:
            found = position_of(self._table, self.ra, self.dec)
        except ColumnError as error:
            return f"{chosen}). {error}"
        return f"{chosen}: {found.form}, {found.frame.upper()}; {found.why})"


def in_words(position: Position) -> str:
    """The columns, how they are read, and what they were recognised by."""
    return f"{', '.join(position.columns)} ({position.form}, {position.frame.upper()}; {position.why})"
