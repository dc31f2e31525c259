"""Where the rows of a table are on the sky, and of a result which of them have a counterpart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tapwidget.errors import ColumnError, MatchError
from tapwidget.match.chance import separation_in
from tapwidget.match.compare import is_pair
from tapwidget.plots.columns import OF_THE_UPLOAD
from tapwidget.tables.objects import plain_table
from tapwidget.tables.positions import icrs_degrees
from tapwidget.tables.roles import Position, is_missing, position_of, recognise

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Places:
    """Positions, one a row: ICRS, degrees, NaN where there is none.

    Attributes
    ----------
    ra, dec : float64
        Of a result the target's, and the upload's where that is missing.
    own_ra, own_dec : float64
        Of a result the upload's; else NaN.
    position : Position or None
        What `ra` and `dec` were recognised by.
    said : str
        Why there are none; empty where there are.
    """

    ra: Floats
    dec: Floats
    own_ra: Floats
    own_dec: Floats
    position: Position | None = None
    said: str = ""


def of_table(table: Any, ra: str = "", dec: str = "", *, upload: Position | None = None) -> Places:
    """Where the rows of an astropy Table (or None) are.

    Parameters
    ----------
    ra, dec : str
        Columns of the position, then the only one that counts; recognised if empty.
    upload : Position, optional
        The position in the table that was uploaded, of which `table` is a result.
    """
    rows = 0 if table is None else len(table)
    none = np.full(rows, np.nan)
    if not rows:
        return Places(none, none, none, none)
    table, _ = plain_table(table)  # a result may hold coordinates and times as its user gave them
    try:
        if ra and dec:
            position = position_of(table, ra, dec)
            return Places(*icrs_degrees(table, position)[:2], none, none, position)
        roles = recognise(table)
        found = [position for position in (roles.position, *roles.others) if position is not None]
        if not found:
            said = "No columns were recognised as a position."
            return Places(none, none, none, none, said=said)
        theirs = next((position for position in found if not _is_uploads(position)), None)
        own = _same(table, upload) or next((position for position in found if _is_uploads(position)), None)
        first = (none, none) if theirs is None else icrs_degrees(table, theirs)[:2]
    except ColumnError as error:
        return Places(none, none, none, none, said=str(error))
    said, second = "", (none, none)
    try:
        second = second if own is None else icrs_degrees(table, own)[:2]
    except ColumnError as error:  # the target's are shown all the same
        said = str(error) if theirs is None else ""
    lon, lat = (np.where(np.isnan(first[0]), second[axis], first[axis]) for axis in (0, 1))
    return Places(lon, lat, *second, position=theirs or own, said=said)


def _is_uploads(position: Position) -> bool:
    return any(OF_THE_UPLOAD.match(name) for name in position.columns)


def _same(table: Any, upload: Position | None) -> Position | None:
    """The position of the uploaded table in its result."""
    prefix = next((found[0] for name in table.colnames if (found := OF_THE_UPLOAD.match(name))), "")
    if upload is None or not prefix:
        return None
    names = tuple(f"{prefix}{name}" for name in upload.columns)
    return replace(upload, columns=names) if set(names) <= set(table.colnames) else None


def others(ra: Floats, dec: Floats, known: Places) -> Bools:
    """Which of these positions (degrees) are in no row of a result, so not one of the upload's there; not NaN."""
    there = ~np.isnan(ra)
    if np.isnan(known.own_ra).all():
        return there
    # The very numbers: a result holds what was uploaded as it was.
    of_all, of_rows = (pa.array(_bits(*place)) for place in ((ra, dec), (known.own_ra, known.own_dec)))
    return np.asarray(there & ~pc.is_in(of_all, value_set=of_rows).to_numpy(zero_copy_only=False))


def _bits(ra: Floats, dec: Floats) -> NDArray[np.uint64]:
    """A number for each position, the same for equal ones."""
    # Odd, so that no bit is lost; of a million positions two that differ meet once in some 10^7 tables.
    return ra.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + dec.view(np.uint64)


def matched(result: Any) -> Bools | None:
    """Which rows of a result have a counterpart, one bool a row; None where the table does not tell."""
    told = result.meta.get("tapwidget")
    told = told if isinstance(told, Mapping) else {}
    if told.get("unmatched") == "only":
        return np.zeros(len(result), dtype=bool)
    name = separation_in(told)
    if name in result.colnames:
        return np.asarray(~is_missing(result[name]))
    try:
        return is_pair(result, told) if "find" in told else None
    except MatchError:  # no column of theirs
        return None
