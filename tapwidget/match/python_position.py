"""The lines of a cell that make ICRS degrees, `ra` and `dec`, of the user's position columns."""

from __future__ import annotations

import re
from typing import Any

from tapwidget.errors import MatchError
from tapwidget.match.plan import Position, Positioned
from tapwidget.match.spec import SkyMatch

FRAMES = {"fk5": "fk5", "fk4": "fk4", "galactic": "galactic", "ecliptic": "barycentricmeanecliptic"}
SPLIT = re.compile(r"(?P<axis>ra|dec|de)[ _]?(?P<part>[hmsd]|-|sign|sgn)$", re.IGNORECASE)
NUMBERS = "np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan)"


def python_text(text: str) -> str:
    """The text as a Python literal, in double quotes where nothing in it needs care."""
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else repr(text)


def position_code(plan: Positioned, table: Any) -> str:
    """Code that defines `ra` and `dec`: float64 arrays in ICRS degrees, as long as the table, NaN where missing.

    Raises MatchError where the position was converted and the plan does not say from what.
    """
    sent_as = {sent: name for name, sent in plan.upload.names.items()}
    travelling = plan.upload.position or ()
    if all(name in sent_as for name in travelling):  # the user's own columns travel: ICRS degrees as they are
        return _numbers(*(sent_as[name] for name in travelling))
    position = plan.position
    if position is None:
        raise MatchError(
            "The position was converted before the upload, in a way that is not known: no cell can repeat it."
        )
    if position.form == "sexagesimal":
        return _sexagesimal(position, table)
    if position.form == "split":
        return _split(position)
    lines = [_numbers(*position.columns)]
    if position.form == "hours":
        lines.append("ra = 15 * ra  # hours to degrees")
    elif position.form == "radians":
        lines.append("ra, dec = np.degrees(ra), np.degrees(dec)")
    else:
        units = [_unit(table, name) for name in position.columns]
        lines += [
            f"{axis} = {axis} * {scale!r}  # {unit} to degrees"
            for axis, (unit, scale) in zip(("ra", "dec"), units, strict=True)
            if scale != 1
        ]
    lines.append("ra, dec = ra % 360, np.where(abs(dec) > 90, np.nan, dec)  # beyond 90: a sign for missing")
    return "\n".join([*lines, *_to_icrs(position)])


def shift_code(match: SkyMatch) -> str:
    """Code that moves `ra` and `dec` as `offsets.moved` does; nothing for a match without shift."""
    if not any(match.shift):
        return ""
    dra, ddec = match.shift
    return f"""\
# Your positions are moved by {dra:+.6g} arcsec along RA (true arc) and {ddec:+.6g} arcsec along Dec.
dra, ddec = np.radians(np.asarray([{dra!r}, {ddec!r}]) / 3600)
distance = np.hypot(dra, ddec)
ra, dec = np.radians(ra), np.radians(dec)
position = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
east = np.array([-np.sin(ra), np.cos(ra), np.zeros_like(ra)])
north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
x, y, z = position * np.cos(distance) + (east * dra + north * ddec) * (np.sin(distance) / distance)
ra, dec = np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))"""


def _unit(table: Any, name: str) -> tuple[str, float]:
    """The unit of a column of angles, and its size in degrees; degrees if it says none."""
    unit = getattr(table[name], "unit", None) if table is not None else None
    if unit is None or getattr(unit, "physical_type", "") != "angle":
        return "deg", 1.0
    return str(unit), float(unit.to("deg"))


def numbers(of: str, name: str) -> str:
    """Code for a column as float64, NaN where it is masked."""
    return f"np.ma.filled(np.ma.asarray({of}[{python_text(name)}], dtype=float), np.nan)"


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


def _sexagesimal(position: Position, table: Any) -> str:
    frame = FRAMES.get(position.frame, "icrs")
    in_hours = frame in {"icrs", "fk5", "fk4"} and str(getattr(table[position.columns[0]], "unit", "")) != "deg"
    unit = '("hourangle", "deg")' if in_hours else '"deg"'
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
    # Where only the seconds are missing they are taken as 0.
    numbers.update({part: f"np.nan_to_num({code})" for part, code in numbers.items() if part[-1] == "s"})
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
