"""A match made ready for one service, and its raw answer made into the result.

Going out: the user's table becomes a slim upload, the match becomes ADQL. Coming back: the user's own columns, which
never left, are joined on by row number, so their units, masks, types and descriptions are just what they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from astropy.table import Column, MaskedColumn
from astropy.table import Table as AstropyTable
from astropy.units import Unit
from numpy.typing import NDArray

from tapwidget.client.capabilities import says_simulated
from tapwidget.errors import ColumnError, ResultError
from tapwidget.ivoa.tapschema import Table
from tapwidget.match.adql import OutputColumn, Query, query
from tapwidget.match.dialects import DISTANCE_LITERAL, Dialect
from tapwidget.match.pairs import reduce, separation_arcsec
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch
from tapwidget.tables.position_columns import hours_suspected
from tapwidget.tables.preflight import Upload, prepare
from tapwidget.tables.roles import Position, position_of, recognise

SEPARATION = "separation"


@dataclass(frozen=True)
class Plan:
    """What a service will get for a match, and how its answer becomes the result.

    `changes` are sentences: what was converted, renamed or left out on the way. `names` gives, for each column of the
    service's answer that the result shows, its name there. `position` is how the user's table holds its positions,
    `maxrec` the limit of rows to ask for, None for the service's own.
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

    def finish(self, raw: AstropyTable, table: AstropyTable) -> AstropyTable:
        """The result of the match, from the service's answer and the user's table.

        The user's columns come first, all of them, named by the upload's name, an underscore and their own name; then
        the target's; a sky match adds `separation` (float64, arcsec). Sorted by the user's row, then separation, then
        the target's identifier. `meta["overflow"]` tells whether the service cut the answer at its row limit.

        Raises
        ------
        ResultError
            If the answer does not belong to this table.
        """
        rows = self._rows(raw, len(table))
        separation = self._separations(raw, rows)
        keys = [self._of(raw, name) for name in self.query.key]
        keep = reduce(rows, keys or np.zeros(len(rows), dtype=np.int8), separation, self.match.find)
        result = table[rows[keep]]
        # The longest first: a table that is itself a result may have both `ra` and `ut1_ra`.
        for name in sorted(table.colnames, key=len, reverse=True):
            result.rename_column(name, f"{self.match.upload}_{name}")
        for output in self.query.columns:
            if output.name in self.names:
                result.add_column(_described(self._of(raw, output.name)[keep], output), name=self.names[output.name])
        if separation is not None:
            result.add_column(
                Column(separation[keep], unit="arcsec", description="Separation of the two positions"),
                name=self.separation,
            )
        result.meta = self._provenance(raw, table)
        return result

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

    def _separations(self, raw: AstropyTable, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
        if self.query.position is None or self.upload.position is None:
            return None
        uploaded = self.upload.table
        # Rows without a position did not travel, so a row's number is not its place in the upload.
        place = np.searchsorted(np.asarray(uploaded[self.upload.row_column]), rows)
        ours = [np.asarray(uploaded[name], dtype=np.float64)[place] for name in self.upload.position]
        theirs = [self._of(raw, name) for name in self.query.position]
        return separation_arcsec(*ours, *theirs)

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

    def _provenance(self, raw: AstropyTable, table: AstropyTable) -> dict[str, Any]:
        match = self.match
        how: dict[str, Any] = (
            {"radius_arcsec": match.radius_deg * 3600} if isinstance(match, SkyMatch) else {"on": list(match.on)}
        )
        of_table = table.meta.get("tapwidget")
        return {
            "overflow": bool(raw.meta.get("overflow", False)),
            "tapwidget": {
                "source": str(of_table.get("source", "")) if isinstance(of_table, dict) else "",
                "service": self.service,
                "target": self.target.name,
                "simulated": says_simulated(self.target.description),
                **how,
                "find": match.find,
                "upload": match.upload,
                "adql": self.adql,
                "changes": list(self.changes),
                "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
            },
        }


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
    position = _position(match, table)
    upload = prepare(table, match.upload_columns(table.colnames), position=position, name=match.upload)
    asked = query(
        match,
        target,
        upload_position=upload.position,
        row_column=upload.row_column,
        names=upload.names,
        dialect=dialect,
    )
    names, separation, clashes = _result_names(match, table.colnames, asked)
    doubts = hours_suspected(table, *position.columns) if position and position.form == "degrees" else ()
    changes = tuple(dict.fromkeys((*doubts, *upload.changes, *clashes)))
    return Plan(match, asked.adql, upload, target, changes, asked, names, separation, service, position, maxrec)


def _position(match: Match, table: AstropyTable) -> Position | None:
    if isinstance(match, IdentifierMatch):
        return None
    if match.ra:
        return position_of(table, match.ra, match.dec)
    found = recognise(table).position
    if found is None:
        shown = ", ".join(table.colnames[:12]) + (" ..." if len(table.colnames) > 12 else "")
        raise ColumnError(
            f"No columns of the table look like a position; it has {shown}. Name them: SkyMatch(..., ra=, dec=)."
        )
    return found


def _result_names(match: Match, ours: list[str], asked: Query) -> tuple[dict[str, str], str, tuple[str, ...]]:
    """Names in the result of the target's columns and of the separation, no two alike; and what had to give way."""
    taken = {f"{match.upload}_{name}" for name in ours}
    names, said = {}, []
    for output in asked.columns:
        if output.requested:
            names[output.name] = free = _free(output.name, taken)
            taken.add(free)
            if free != output.name:
                said.append(f"The target's column {output.name} is {free} in the result, as yours has that name.")
    if asked.position is None:
        return names, "", tuple(said)
    separation = _free(SEPARATION, taken)
    if separation != SEPARATION:
        said.append(f"The separation (arcsec) is {separation} in the result, as the target has a column {SEPARATION}.")
    return names, separation, tuple(said)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _described(values: Any, output: OutputColumn) -> Any:
    """The column with the unit, description and UCD of TAP_SCHEMA, where the answer itself has none."""
    column = values.copy(copy_data=False) if isinstance(values, Column | MaskedColumn) else Column(values)
    known = output.column
    if known is None:
        return column
    if column.unit is None and known.unit:
        column.unit = Unit(known.unit, parse_strict="silent")
    if not column.description and known.description:
        column.description = known.description
    if known.ucd:
        column.meta.setdefault("ucd", known.ucd)
    return column
