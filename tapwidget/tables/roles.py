"""Which columns of a table are the position, the identifier and the magnitudes.

UCD first, then unit, then name, then range. Source of the UCDs: UCD1+ controlled vocabulary 1.5 (IVOA), and the UCD1
words that VizieR's older files still carry (POS_EQ_RA_MAIN, ID_MAIN).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from astropy.table import Column, Table

from tapwidget.errors import ColumnError
from tapwidget.tables.identifiers import identifier
from tapwidget.tables.photometry import doubtful_values, magnitude_columns
from tapwidget.tables.position_columns import Candidate, candidates, form_and_frame
from tapwidget.tables.position_doubts import position_doubts


@dataclass(frozen=True)
class Position:
    """The columns of a position and how to read them.

    `columns` are longitude and latitude; for the form "split" all the parts in the order RAh, RAm, RAs, DE-, DEd, DEm,
    DEs, as far as the table has them. `form` is one of degrees, hours (of right ascension; the latitude in degrees),
    radians, sexagesimal, split. `frame` is one of icrs, fk5, fk4, galactic, ecliptic. `why` says what it was recognised
    by.
    """

    columns: tuple[str, ...]
    form: str = "degrees"
    frame: str = "icrs"
    why: str = ""


@dataclass(frozen=True)
class Roles:
    """What was recognised. `others` are further positions to choose from, `why` has a reason for each column named."""

    position: Position | None = None
    others: tuple[Position, ...] = ()
    id: str | None = None
    magnitudes: tuple[str, ...] = ()
    why: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def recognise(table: Table) -> Roles:
    """The roles of the columns of `table`. Never raises for what a table holds; doubts are in `warnings`."""
    # Times and coordinates of astropy have no role: `as_table` makes plain columns of them.
    plain = [name for name, column in table.columns.items() if isinstance(column, Column)]
    table = table if len(plain) == len(table.columns) else table[plain]
    found = candidates(table)
    positions = tuple(_position(candidate) for candidate in found)
    position = positions[0] if positions else None
    taken = set(position.columns) if position else set()
    chosen, id_reason = identifier(table, exclude=set().union(*(p.columns for p in positions)) if positions else set())
    magnitudes, reasons = magnitude_columns(table, exclude=taken)
    why = dict(reasons)
    if chosen is not None:
        why[chosen] = id_reason
    warnings: list[str] = []
    if position is None:
        warnings.append(
            "No column was recognised as a position. For a match by position name the columns of right ascension and "
            "declination; a match by identifier needs none."
        )
    else:
        why.update(dict.fromkeys(position.columns, position.why))
        if position.form == "degrees":
            warnings += position_doubts(table, *position.columns)
    warnings += doubtful_values(table, magnitudes)
    return Roles(position, positions[1:], chosen, magnitudes, why, tuple(warnings))


def position_of(table: Table, ra: str, dec: str) -> Position:
    """The position in two columns that the user names: form and frame from their units, values and names.

    Raises
    ------
    ColumnError
        A column is not there (says which ones are close), or holds neither numbers nor sexagesimal text.
    """
    for name in (ra, dec):
        if name not in table.colnames:
            raise ColumnError(f"The table has no column `{name}`.{close(name, table.colnames)}")
    form, frame, why = form_and_frame(table, ra, dec)
    return Position((ra, dec), form, frame, why or "named by you")


def close(name: str, names: list[str]) -> str:
    """A sentence with the names nearest to a wrong one."""
    from difflib import get_close_matches

    by_lower: dict[str, Any] = {n.lower(): n for n in names}
    found = [by_lower[n] for n in get_close_matches(name.lower(), list(by_lower), n=3)]
    if found:
        return " Did you mean " + " or ".join(f"`{n}`" for n in found) + "?"
    shown = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return f" It has {shown}." if names else " It has no columns."


def _position(candidate: Candidate) -> Position:
    return Position(candidate.columns, candidate.form, candidate.frame, candidate.why)


def is_missing(column: Any) -> np.ndarray:
    """Where a column has no value: masked, NaN."""
    missing: np.ndarray = np.array(np.ma.getmaskarray(column), dtype=bool)
    if missing.ndim > 1:
        missing = np.asarray(missing.reshape(len(missing), -1).all(axis=1))
    elif column.dtype.kind == "f":
        missing |= np.isnan(np.ma.getdata(column))
    return missing
