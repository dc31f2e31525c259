"""The lines of a cell that make ICRS degrees, `ra` and `dec`, of the user's position columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapwidget.errors import MatchError
from tapwidget.match.plan import Plan, Position

FRAMES = {"fk5": "fk5", "fk4": "fk4", "galactic": "galactic", "ecliptic": "barycentricmeanecliptic"}
SPLIT = ("RAh", "RAm", "RAs", "DE-", "DEd", "DEm", "DEs")


def position_code(plan: Plan, table: Any) -> str:
    """Code that defines `ra` and `dec`: float64 arrays in ICRS degrees, as long as the table, NaN where missing."""
    position: Position | None = getattr(plan, "position", None)
    if position is None:
        return _numbers(*_columns_alike(plan, table))
    if position.form == "sexagesimal":
        return _sexagesimal(position)
    if position.form == "split":
        return _split(position)
    lines = [_numbers(*position.columns)]
    if position.form == "hours":
        lines.append("ra = 15 * ra  # hours to degrees")
    if position.form == "radians":
        lines.append("ra, dec = np.degrees(ra), np.degrees(dec)")
    return "\n".join([*lines, *_to_icrs(position)])


def _numbers(*columns: str) -> str:
    names = ", ".join(map(repr, columns))
    return f"ra, dec = (np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan) for name in ({names}))"


def _to_icrs(position: Position) -> list[str]:
    if position.frame == "icrs":
        return []
    return [
        f'sky = SkyCoord(ra, dec, unit="deg", frame="{FRAMES[position.frame]}").icrs',
        "ra, dec = sky.ra.deg, sky.dec.deg",
    ]


def _sexagesimal(position: Position) -> str:
    ra, dec = position.columns
    frame = FRAMES.get(position.frame, "icrs")
    unit = '"deg"' if frame in {"galactic", "barycentricmeanecliptic"} else '("hourangle", "deg")'
    return "\n".join(
        [
            f"text = [np.ma.filled(np.ma.asarray(table[name]).astype(str), '') for name in ({ra!r}, {dec!r})]",
            "have = (np.char.strip(text[0]) != '') & (np.char.strip(text[1]) != '')",
            f'sky = SkyCoord(text[0][have], text[1][have], unit={unit}, frame="{frame}").icrs',
            "ra, dec = np.full((2, len(table)), np.nan)",
            "ra[have], dec[have] = sky.ra.deg, sky.dec.deg",
        ]
    )


def _split(position: Position) -> str:
    raise NotImplementedError


def _columns_alike(plan: Plan, table: Any) -> tuple[str, str]:
    """The user's columns whose values are just what travels as the position."""
    upload = plan.upload
    rows = np.asarray(upload.table[upload.row_column])
    found = []
    for travelling in upload.position or ():
        values = np.asarray(upload.table[travelling])
        names = [name for name in getattr(table, "colnames", ()) if _same(table[name], rows, values)]
        names.sort(key=lambda name: name.lower() != travelling.lower())
        found += names[:1] or [name for name, sent in upload.names.items() if sent == travelling]
    if len(found) != 2:
        raise MatchError("The position was converted before the upload in a way that cannot be written as a cell.")
    return found[0], found[1]


def _same(column: Any, rows: Any, values: Any) -> bool:
    data = np.ma.getdata(column)
    return data.ndim == 1 and data.dtype.kind in "fiu" and bool(np.array_equal(np.asarray(data)[rows], values))
