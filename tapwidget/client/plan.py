"""A match made ready for one service, and its raw answer made into the result.

Going out: the user's table becomes a slim upload, the match becomes ADQL. Coming back: the user's own columns, which
never left, are joined on by row number, so their units, masks, types and descriptions are just what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from astropy.table import Column
from astropy.table import Table as AstropyTable
from numpy.typing import NDArray

from tapwidget.client import provenance
from tapwidget.client.answer_columns import described, taken
from tapwidget.errors import ColumnError, MatchError, ResultError
from tapwidget.ivoa import tapschema
from tapwidget.ivoa.tapschema import Table
from tapwidget.match import identifiers
from tapwidget.match.adql import Query, query
from tapwidget.match.dialects import DISTANCE_LITERAL, Dialect
from tapwidget.match.offsets import moved
from tapwidget.match.pairs import position_angle_deg, reduce, separation_arcsec, with_unmatched
from tapwidget.match.radius import PositionErrors, RadiusColumn, combined, largest, own_radii
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch
from tapwidget.tables.motion import carried
from tapwidget.tables.position_doubts import position_doubts
from tapwidget.tables.preflight import Move, Upload, prepare
from tapwidget.tables.roles import Position, position_of, recognise

SEPARATION = "separation"
POSITION_ANGLE = "position_angle"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """What a service will get for a match, and how its answer becomes the result.

    `changes` are sentences: what was converted, renamed or left out on the way. `names` gives, for each column of the
    service's answer that the result shows, its name there; `separation` and `position_angle` are the names of these two
    (empty for a match that is not by position). `radii` holds the radius of each row of the user's table in arcsec,
    where the match has one for each (`match.radius.own_radii`). `position` is how the user's table holds its positions,
    `maxrec` the limit of rows to ask for, None for the service's own. `given` are the columns of the user's
    table before its times and coordinates were made plain, where that was done: what the result shows of it; None for
    those that are in the plain table as they were.
    """

    match: Match
    adql: str
    upload: Upload
    target: Table
    changes: tuple[str, ...]
    query: Query
    names: dict[str, str]
    separation: str = ""
    service: str = ""
    position: Position | None = None
    maxrec: int | None = None
    position_angle: str = ""
    radii: Floats | None = field(default=None, repr=False, compare=False)
    given: dict[str, Any] | None = field(default=None, repr=False, compare=False)

    def finish(self, raw: AstropyTable, table: AstropyTable) -> AstropyTable:
        """The result of the match, from the service's answer and the user's table.

        The user's columns come first, all of them, named by the upload's name, an underscore and their own name; then
        the target's; a sky match adds `separation` (float64, arcsec) and `position_angle` (float64, degrees from north
        through east, 0 to 360, of the target's position as seen from the user's). Sorted by the user's row, then
        separation, then the target's identifier. `meta["overflow"]` tells whether the service cut the answer at its row
        limit.

        With unmatched="keep", rows of the user's table without a counterpart are there too, in their places, all that
        is not theirs masked; with "only", nothing but these rows and the user's columns.

        Raises
        ------
        ResultError
            If the answer does not belong to this table.
        """
        match = self.match
        rows = self._rows(raw, len(table))
        measured = self._measured(raw, rows)
        separation = measured.get(self.separation)
        if separation is not None and self.radii is not None:
            # A pair beyond its own radius is none: NaN.
            separation = np.where(separation < self._pair_radii(raw, rows), separation, np.nan)
        keys = [self._of(raw, name) for name in self.query.key]
        neighbours = match.neighbours if isinstance(match, SkyMatch) else 1
        kept = reduce(rows, keys or np.zeros(len(rows), dtype=np.int8), separation, match.find, neighbours=neighbours)
        own, pairs = with_unmatched(rows[kept], kept, len(table), match.unmatched)
        result = self._own(table, own)
        # The longest first: a table that is itself a result may have both `ra` and `ut1_ra`.
        for name in sorted(result.colnames, key=len, reverse=True):
            result.rename_column(name, f"{match.upload}_{name}")
        if match.unmatched != "only":
            for output in self.query.columns:
                if output.name in self.names:
                    column = described(taken(self._of(raw, output.name), pairs), output)
                    result.add_column(column, name=self.names[output.name])
            for name, values in measured.items():
                result.add_column(taken(values, pairs), name=name)
        result.meta = {
            "overflow": bool(raw.meta.get("overflow", False)),
            "tapwidget": provenance.of_match(self, raw, table, rows[kept]),
        }
        return result

    def _own(self, table: AstropyTable, rows: NDArray[np.int64]) -> AstropyTable:
        """The user's columns in these rows of the table, as the user gave them."""
        if self.given is None:
            return table[rows]
        columns = {name: table[name] if column is None else column for name, column in self.given.items()}
        return AstropyTable({name: column[rows] for name, column in columns.items()}, copy=False)

    def _rows(self, raw: AstropyTable, length: int) -> NDArray[np.int64]:
        """The user's row of each pair."""
        values = self._of(raw, self.query.row)
        numbers = np.asarray(np.ma.getdata(values), dtype=np.int64)
        if np.any(np.ma.getmaskarray(values)) or np.any((numbers < 0) | (numbers >= length)):
            raise ResultError(
                f"The answer of {self.service or 'the service'} names rows that your table of {length} rows does not "
                "have, so it cannot be joined to it. Was the table changed since? Submit the match again.",
                service=self.service,
            )
        return numbers

    def _measured(self, raw: AstropyTable, rows: NDArray[np.int64]) -> dict[str, Column]:
        """Separation and position angle of each pair, by their names in the result; none if not by position."""
        if self.query.position is None or self.upload.position is None:
            return {}
        uploaded = self.upload.table
        # Rows without a position did not travel, so a row's number is not its place in the upload.
        numbers = np.asarray(uploaded[self.upload.row_column])
        place = np.searchsorted(numbers, rows.astype(numbers.dtype))  # of one type, or numpy copies the larger side
        ours = [np.asarray(uploaded[name], dtype=np.float64)[place] for name in self.upload.position]
        theirs = [self._of(raw, name) for name in self.query.position]
        separation, angle = separation_arcsec(*ours, *theirs), position_angle_deg(*ours, *theirs)
        return {
            self.separation: Column(separation, unit="arcsec", description="Separation of the two positions"),
            self.position_angle: Column(
                angle, unit="deg", description="Direction from your position to the target's, north through east"
            ),
        }

    def _pair_radii(self, raw: AstropyTable, rows: NDArray[np.int64]) -> Floats:
        """The radius of each pair in arcsec."""
        assert self.radii is not None
        own = self.radii[rows]
        radius = self.match.row_radius if isinstance(self.match, SkyMatch) else None
        if not isinstance(radius, PositionErrors):
            return np.asarray(own)
        known = {output.name: output for output in self.query.columns}
        errors = [(name, described(self._of(raw, name), known[name])) for name in self.query.errors]
        return np.asarray(np.minimum(combined(radius, own, errors), radius.limit))

    def _of(self, raw: AstropyTable, name: str) -> Any:
        """A column of the answer: by its name, without case if need be, else by its place in the select list."""
        if name in raw.colnames:
            return raw[name]
        alike = [n for n in raw.colnames if n.lower() == name.lower()]
        if len(alike) == 1:
            return raw[alike[0]]
        if len(raw.colnames) == len(self.query.columns):
            return raw[raw.colnames[[c.name for c in self.query.columns].index(name)]]
        raise ResultError(
            f"The answer of {self.service or 'the service'} lacks the column {name!r}; it has "
            f"{', '.join(raw.colnames)}. Please report this with the query.",
            service=self.service,
        )


def make_plan(
    match: Match,
    table: AstropyTable,
    target: Table,
    *,
    dialect: Dialect = DISTANCE_LITERAL,
    service: str = "",
    maxrec: int | None = None,
) -> Plan:
    """Get a match ready: which columns travel, under which names, and the query.

    Raises
    ------
    ColumnError
        If the table has no position to match by, or values that are none.
    MatchError
        If the match does not fit the two tables.
    """
    position, choice = _position(match, table)
    by_row = match.row_radius if isinstance(match, SkyMatch) else None
    radii = own_radii(by_row, table) if by_row else None
    columns = match.upload_columns(table.colnames)
    sent, cleaned = _with_identifiers(match, table, target)
    upload = prepare(sent, columns, position=position, name=match.upload, moves=_moves(match, table, position))
    travelling = np.asarray(upload.table[upload.row_column])
    asked = query(
        match,
        target,
        upload_position=upload.position,
        row_column=upload.row_column,
        names=upload.names,
        dialect=dialect,
        largest=largest(by_row, radii[travelling]) if by_row and radii is not None else 0.0,
        own=table.colnames,
    )
    names, separation, position_angle, clashes = _result_names(match, table.colnames, asked)
    doubts = position_doubts(table, *position.columns) if position and position.form == "degrees" else ()
    about_radii = _about_radii(by_row, radii[travelling]) if by_row and radii is not None else ()
    changes = tuple(dict.fromkeys((*choice, *doubts, *cleaned, *upload.changes, *about_radii, *clashes)))
    return Plan(
        match, asked.adql, upload, target, changes, asked, names, separation, service, position, maxrec,
        position_angle, radii,
    )  # fmt: skip


def _with_identifiers(match: Match, table: AstropyTable, target: Table) -> tuple[AstropyTable, tuple[str, ...]]:
    """The table with its identifiers as they are compared; the very table where they are right as they are."""
    if not isinstance(match, IdentifierMatch):
        return table, ()
    ours, theirs = match.on
    column = target.column(theirs) or tapschema.Column(theirs, "")
    made, said = identifiers.travelling(table[ours], ours, column, match.clean, ignore_case=match.ignore_case)
    if made is table[ours]:
        return table, ()
    sent = table.copy(copy_data=False)
    sent.replace_column(ours, made)
    return sent, said


def _moves(match: Match, table: AstropyTable, position: Position | None) -> Iterator[Move]:
    """What happens to the user's positions before they travel: proper motion first, then the shift."""
    if not isinstance(match, SkyMatch):
        return
    epoch, shift = match.epoch, match.shift
    if epoch is not None:
        if position is not None and position.frame != "icrs":
            raise MatchError(
                f"Proper motions carry positions in ICRS only, and these are in {position.frame.upper()}: "
                "convert both first, or match without `epoch`."
            )
        motion = asdict(epoch)
        yield lambda ra, dec: carried(table, ra, dec, **motion)
    if any(shift):
        said = f'Your positions are moved by {shift[0]:+.6g}" along RA and {shift[1]:+.6g}" along Dec.'
        yield lambda ra, dec: (*moved(ra, dec, shift), (said,))


def _about_radii(radius: RadiusColumn | PositionErrors, radii: Floats) -> Iterator[str]:
    without = int(np.isnan(radii).sum())
    if without:
        what = f"value of {radius.column}" if isinstance(radius, RadiusColumn) else "position error"
        yield f"{without} of your rows have no usable {what} (missing, zero or negative): they have no counterpart."
    if isinstance(radius, PositionErrors):
        yield f"Pairs {radius.limit:g} arcsec apart or more are not looked for, whatever their errors."


def _position(match: Match, table: AstropyTable) -> tuple[Position | None, tuple[str, ...]]:
    """The user's position columns; and, where there are others that nobody chose against, a sentence on that."""
    if isinstance(match, IdentifierMatch):
        return None, ()
    if match.ra:
        return position_of(table, match.ra, match.dec), ()
    roles = recognise(table)
    found = roles.position
    if found is None:
        shown = ", ".join(table.colnames[:12]) + (" ..." if len(table.colnames) > 12 else "")
        empty = [name for name in table.colnames if len(table) and np.ma.getmaskarray(table[name]).all()]
        without = f" There are no values in {', '.join(empty[:12])}." if empty else ""
        raise ColumnError(
            f"No columns of the table look like a position; it has {shown}.{without} Name them: SkyMatch(..., ra=, "
            "dec=)."
        )
    if not roles.others:
        return found, ()
    others = "; ".join(_listed(other) for other in roles.others)
    return found, (f"The position is {_listed(found)}; the table also has {others}: name the one meant (ra=, dec=).",)


def _listed(position: Position) -> str:
    return ", ".join(f"`{name}`" for name in position.columns)


def _result_names(match: Match, ours: list[str], asked: Query) -> tuple[dict[str, str], str, str, tuple[str, ...]]:
    """Names in the result of the target's columns, of separation and position angle, no two alike; what gave way."""
    taken = {f"{match.upload}_{name}" for name in ours}
    names, said = {}, []
    for output in asked.columns:
        if output.requested:
            names[output.name] = free = _free(output.name, taken)
            taken.add(free)
            if free != output.name:
                said.append(f"The target's column {output.name} is {free} in the result, as yours has that name.")
    if asked.position is None:
        return names, "", "", tuple(said)
    free_names = []
    for name, what in ((SEPARATION, "separation (arcsec)"), (POSITION_ANGLE, "position angle (deg)")):
        free_names.append(free := _free(name, taken))
        taken.add(free)
        if free != name:
            said.append(f"The {what} is {free} in the result, as the target has a column {name}.")
    return names, free_names[0], free_names[1], tuple(said)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
