"""The lines of a cell that make ICRS degrees, `ra` and `dec`, of the user's position columns."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tapwidget.errors import MatchError
from tapwidget.match.plan import Plan, Position

FRAMES = {"fk5": "fk5", "fk4": "fk4", "galactic": "galactic", "ecliptic": "barycentricmeanecliptic"}
SPLIT = re.compile(r"(?P<axis>ra|dec|de)[ _]?(?P<part>[hmsd]|-|sign|sgn)$", re.IGNORECASE)
NUMBERS = "np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan)"


def python_text(text: str) -> str:
    """The text as a Python literal, in double quotes where nothing in it needs care."""
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else repr(text)


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
    return f"ra, dec = ({NUMBERS} for name in {_names(*columns)})"


def _names(*columns: str) -> str:
    return f"({', '.join(map(python_text, columns))})"


def _to_icrs(position: Position) -> list[str]:
    if position.frame == "icrs":
        return []
    return [
        f'sky = SkyCoord(ra, dec, unit="deg", frame="{FRAMES[position.frame]}").icrs',
        "ra, dec = sky.ra.deg, sky.dec.deg",
    ]


def _sexagesimal(position: Position) -> str:
    frame = FRAMES.get(position.frame, "icrs")
    unit = '("hourangle", "deg")' if frame in {"icrs", "fk5", "fk4"} else '"deg"'
    return "\n".join(
        [
            f'text = [np.ma.filled(table[name].astype(str), "") for name in {_names(*position.columns)}]',
            'have = (np.char.strip(text[0]) != "") & (np.char.strip(text[1]) != "")',
            f'sky = SkyCoord(text[0][have], text[1][have], unit={unit}, frame="{frame}").icrs',
            "ra, dec = np.full((2, len(table)), np.nan)",
            "ra[have], dec[have] = sky.ra.deg, sky.dec.deg",
        ]
    )


def _split(position: Position) -> str:
    """Hours, minutes, seconds and a sign, degrees, minutes, seconds in columns of their own, as CDS has them."""
    parts = {_part(name): name for name in position.columns}
    sign = parts.pop("de-", "")
    numbers = {part: f"part[{python_text(name)}]" for part, name in parts.items()}
    sums = {
        axis: " + ".join(
            numbers[axis + p] + by for p, by in (*first, ("m", " / 60"), ("s", " / 3600")) if axis + p in numbers
        )
        for axis, first in (("ra", [("h", "")]), ("de", []))
    }
    degrees = numbers["ded"]
    south = (
        f'np.char.strip(np.ma.filled(table[{python_text(sign)}].astype(str), "")) == "-"'
        if sign
        else f"np.signbit({degrees})"
    )
    return "\n".join(
        [
            f"part = {{name: {NUMBERS} for name in {_names(*parts.values())}}}",
            f"ra = 15 * ({sums['ra']})",
            f"dec = np.where({south}, -1, 1) * (abs({degrees}) + {sums['de']})",
            *_to_icrs(position),
        ]
    )


def _part(name: str) -> str:
    """ "RAh" to "rah", "DE-" to "de-", "Dec_sign" to "de-"."""
    match = SPLIT.search(name.strip())
    if match is None:
        raise MatchError(f"It is not clear which part of a position the column {name!r} holds.")
    axis = "ra" if match["axis"].lower() == "ra" else "de"
    return axis + {"sign": "-", "sgn": "-"}.get(match["part"].lower(), match["part"].lower())


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
