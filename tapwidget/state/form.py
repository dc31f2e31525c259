"""What the person has chosen so far, and the match that it makes."""

from __future__ import annotations

import traitlets
from astropy import units as u

from tapwidget.errors import MatchError
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.state.identity import Identity


class Form(traitlets.HasTraits):
    """The form of one app: traits only, no network, no widget.

    `where` holds constraints and ADQL conditions. `radius` is an angle (Quantity) as it was typed: 0.00027 deg stays
    0.00027 deg; or what makes a radius for each row (`match.radius`).
    """

    service = Identity(help="client.Service, or None while there is none")
    table = Identity(help="the user's astropy Table, or None")
    roles = traitlets.Any(help="tables.roles.Roles of that table, or None while it was not looked at")
    ra = traitlets.Unicode(help="the upload's column of right ascension, when the user corrected it; else empty")
    dec = traitlets.Unicode(help="the upload's column of declination, when the user corrected it; else empty")
    target = traitlets.Unicode(help="qualified name of the catalogue's table")
    target_table = Identity(help="ivoa.tapschema.Table of the target, once the service told it")
    columns = traitlets.Tuple(help="columns of the target to return; empty for the principal ones")
    by = traitlets.Enum(("position", "identifier"), default_value="position")
    radius = traitlets.Any(1.0 * u.arcsec, help="Quantity, RadiusColumn or PositionErrors; None while it is not chosen")
    on = traitlets.Tuple(traitlets.Unicode(), traitlets.Unicode(), default_value=("", ""))
    clean = traitlets.Tuple(help="clean-up rules of a match by identifier, as IdentifierMatch takes them")
    ignore_case = traitlets.Bool(False, help="whether upper and lower case are the same in identifiers")
    epoch = traitlets.Any(help="match.epoch.Epoch to carry the positions to, or None")
    find = traitlets.Enum(("all", "nearest", "nearest_theirs", "symmetric"), default_value="all")
    neighbours = traitlets.Int(1, help="how many of the nearest, for find='nearest'")
    unmatched = traitlets.Enum(("drop", "keep", "only"), default_value="drop")
    shift = traitlets.Tuple(
        traitlets.Float(), traitlets.Float(), default_value=(0.0, 0.0),
        help="arcsec along RA and Dec to move the positions by; another table or target begins without",
    )  # fmt: skip
    where = traitlets.List(help="constraints and ADQL conditions, all of which must hold")

    @property
    def problem(self) -> str:
        """What is still missing before a match can run, as a sentence; empty when nothing is."""
        if self.service is None:
            return "Choose a service first."
        if self.table is None:
            return "Choose your table first."
        if not self.target:
            return "Choose the target table first."
        has_position = self.roles is None or self.roles.position is not None or bool(self.ra and self.dec)
        if self.by == "position" and not has_position:
            return "Choose the position columns of your table (no position was recognised), or match by identifier."
        if self.by == "position" and self.radius is None:
            return "Choose the column that the radius is taken from."
        if self.by == "identifier" and not all(self.on):
            return "Choose the two identifier columns that shall be equal."
        return ""

    def match(self) -> SkyMatch | IdentifierMatch:
        """The specification that the form makes now.

        Raises
        ------
        MatchError
            While something is missing or makes no sense.
        """
        if self.problem:
            raise MatchError(self.problem)
        common = {"columns": tuple(self.columns), "where": tuple(self.where), "find": self.find}
        common["unmatched"] = self.unmatched
        if self.by == "identifier":
            cleaned = {"clean": tuple(self.clean), "ignore_case": self.ignore_case}
            return IdentifierMatch(self.target, on=tuple(self.on), **cleaned, **common)
        return SkyMatch(
            self.target,
            radius=self.radius,
            ra=self.ra,
            dec=self.dec,
            neighbours=self.neighbours if self.find == "nearest" else 1,
            shift=self.shift,
            epoch=self.epoch,
            **common,
        )

    @traitlets.observe("table", "target")
    def _sides_changed(self, _change: object) -> None:
        self.shift = (0.0, 0.0)
