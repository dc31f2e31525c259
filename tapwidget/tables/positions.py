"""Positions of a table as ICRS degrees, whatever form they are written in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.table import Table

from tapwidget.errors import ColumnError
from tapwidget.tables.formats.outcome import count, listing
from tapwidget.tables.roles import Position, close

# Sign and two or three numbers with their marks; where the seconds lack, the minutes may have a fraction.
PARTS = (
    r"^(?P<sign>[+-]?)\s*(?P<first>\d{1,3})(?P<mark>\s*[hHdD:°]\s*|\s+)(?P<minutes>\d{1,2}(?:\.\d*)?)"
    r"(?:(?:\s*[mM:'′]\s*|\s+)(?P<seconds>\d{1,2}(?:\.\d*)?)?)?\s*(?:[sS\"″mM'′]|'')?$"
)
BLOCK = 2**16
NOTHING = (-9999.0, -999.0, -99.0, 999.0, 9999.0, -999999.0)


def icrs_degrees(table: Table, position: Position) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Right ascension [0, 360) and declination, ICRS, degrees, one for each row, and what was converted.

    Returns
    -------
    ra, dec : float64 arrays, NaN in both where either is missing
    changes : sentences

    Raises
    ------
    ColumnError
        No position; a column is not there; a value is out of range or cannot be read (says which row and value).
    """
    if position is None:
        raise ColumnError(
            "The table has no position. Name the columns of right ascension and declination, or match by identifier."
        )
    for name in position.columns:
        if name not in table.colnames:
            raise ColumnError(f"The table has no column `{name}`.{close(name, table.colnames)}")
    changes: list[str] = []
    if position.form == "split":
        lon, lat = _split(table, position.columns)
        changes.append(f"The position was put together from {listing(list(position.columns), 7)}.")
    else:
        ra_name, dec_name = position.columns
        if position.form == "sexagesimal":
            lon, lat = (
                _sexagesimal(table, ra_name, hours=_in_hours(table, position)),
                _sexagesimal(table, dec_name, hours=False),
            )
            changes.append(f"`{ra_name}` and `{dec_name}` were converted from sexagesimal text to degrees.")
        else:
            lon, lat = _numbers(table, ra_name), _numbers(table, dec_name)
            if position.form == "hours":
                _check(lon, table, ra_name, (0.0, 24.0), "hours")
                lon *= 15.0
                if _unit(table, dec_name) == "rad":
                    np.degrees(lat, out=lat)
                changes.append(f"`{ra_name}` was converted from hours to degrees.")
            elif position.form == "radians":
                _check(lon, table, ra_name, (-2 * np.pi, 2 * np.pi), "radians")
                np.degrees(lon, out=lon)
                np.degrees(lat, out=lat)
                changes.append(f"`{ra_name}` and `{dec_name}` were converted from radians to degrees.")
            else:
                scaled = _scaled(table, ra_name, lon), _scaled(table, dec_name, lat)
                for name, before, after in zip((ra_name, dec_name), (lon, lat), scaled, strict=True):
                    if after is not before:
                        changes.append(f"`{name}` was converted from {table[name].unit} to degrees.")
                lon, lat = scaled
    changes += _sentinels(lon, lat)
    _check(lon, table, position.columns[0], (-180.0, 360.0), "degrees")
    _check(lat, table, position.columns[-1], (-90.0, 90.0), "degrees")
    negative = lon < 0
    if negative.any():
        changes.append(
            f"{count(int(negative.sum()), 'negative right ascension')} became positive by adding 360 degrees."
        )
        lon[negative] += 360.0
    # In place, as both are arrays of our own: a large table's would be many times in memory.
    lon[lon >= 360.0] -= 360.0
    missing = np.isnan(lon) | np.isnan(lat)
    lon[missing] = np.nan
    lat[missing] = np.nan
    if position.frame != "icrs":
        lon, lat = _to_icrs(lon, lat, position.frame)
        changes.append(f"The position was converted from {FRAMES[position.frame]} to ICRS.")
    return lon, lat, tuple(changes)


FRAMES = {
    "fk5": "FK5 (J2000)",
    "fk4": "FK4 (B1950)",
    "galactic": "galactic coordinates",
    "ecliptic": "ecliptic coordinates (J2000)",
}


def _to_icrs(lon: np.ndarray, lat: np.ndarray, frame: str) -> tuple[np.ndarray, np.ndarray]:
    from astropy.coordinates import SkyCoord

    names = {"fk5": "fk5", "fk4": "fk4", "galactic": "galactic", "ecliptic": "barycentricmeanecliptic"}
    if frame not in names:
        raise ColumnError(f"No frame is called {frame!r}: there are icrs, {', '.join(names)}.")
    # Some rows at a time: astropy has a position in memory some twenty times while it converts it.
    for low in range(0, len(lon), BLOCK):
        ra, dec = lon[low : low + BLOCK], lat[low : low + BLOCK]
        good = ~np.isnan(ra)
        if good.any():
            coordinates = SkyCoord(ra[good], dec[good], unit="deg", frame=names[frame]).icrs
            ra[good], dec[good] = coordinates.ra.deg, coordinates.dec.deg
    return lon, lat


def _unit(table: Table, name: str) -> str:
    return str(table[name].unit or "")


def _scaled(table: Table, name: str, values: np.ndarray) -> np.ndarray:
    """To degrees from any other unit of angle that is written (arcmin, rad, mas)."""
    import astropy.units as u

    unit = table[name].unit
    if unit is None or isinstance(unit, u.UnrecognizedUnit) or unit == u.deg:
        return values
    try:
        return values * float(unit.to(u.deg))
    except (u.UnitConversionError, AttributeError) as error:
        raise ColumnError(
            f"`{name}` is in {unit}, which is no angle: it cannot be a position. Name another column."
        ) from error


def _numbers(table: Table, name: str) -> np.ndarray:
    """The column as float64; NaN where masked."""
    column = table[name]
    if column.dtype.kind in "USO":
        texts = _texts(column)
        values = np.full(len(texts), np.nan)
        for row, text in enumerate(texts):
            if text is None:
                continue
            try:
                values[row] = float(text.rstrip("d°eg "))
            except ValueError as error:
                raise ColumnError(
                    f"`{name}` in row {row} (the first is 0) is “{text}”: wanted are decimal degrees."
                ) from error
        return values
    if column.dtype.kind not in "iuf" or column.ndim != 1:
        raise ColumnError(
            f"`{name}` holds {column.dtype.name}, no numbers: it cannot be a position. Name another column."
        )
    values = np.array(np.ma.getdata(column), dtype=np.float64)
    values[np.ma.getmaskarray(column)] = np.nan
    return values


def _texts(column: Any) -> list[str | None]:
    mask = np.ma.getmaskarray(column)
    result: list[str | None] = []
    for value, gone in zip(np.ma.getdata(column).tolist(), mask, strict=True):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        result.append(None if gone or value is None or not text.strip() else text.strip())
    return result


def _in_hours(table: Table, position: Position) -> bool:
    """Sexagesimal right ascension is in hours, unless it says degrees; longitudes of other frames are in degrees."""
    name = position.columns[0]
    first = next((t for t in _texts(table[name]) if t), "")
    if "d" in first.lower() or "°" in first:
        return False
    return position.frame in {"icrs", "fk5", "fk4"} and _unit(table, name) != "deg"


def _sexagesimal(table: Table, name: str, *, hours: bool) -> np.ndarray:
    """Degrees of texts such as 12 34 56.7, 12:34:56.7, 12h34m56.7s, -01 23.4; NaN where empty."""
    texts = pa.array(_texts(table[name]), pa.string())
    plain = pc.replace_substring_regex(texts, "[−–]", "-")
    parts = pc.extract_regex(plain, PARTS)
    unread = np.asarray(pc.and_(pc.is_valid(texts), pc.is_null(parts)).to_numpy(zero_copy_only=False))
    if unread.any():
        row = int(np.argmax(unread))
        raise ColumnError(
            f"`{name}` in row {row} (the first is 0) is “{texts[row].as_py()}”: wanted is text like "
            f"{'12 34 56.7' if hours else '-01 23 45'}, as in the other rows."
        )

    def number(part: str) -> np.ndarray:
        field = pc.struct_field(parts, part)
        field = pc.if_else(pc.equal(field, ""), "0", field)
        return np.array(pc.fill_null(field.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False))

    minutes, seconds = number("minutes"), number("seconds")
    for part, values in (("minutes", minutes), ("seconds", seconds)):
        if (values > 60).any():
            row = int(np.argmax(values > 60))
            raise ColumnError(f"`{name}` in row {row} (the first is 0) is “{texts[row].as_py()}”: {part} go up to 60.")
    degrees = number("first") + minutes / 60.0 + seconds / 3600.0
    if hours:
        _check(degrees, table, name, (0.0, 24.0), "hours")
        degrees = degrees * 15.0
    negative = np.asarray(
        pc.fill_null(pc.equal(pc.struct_field(parts, "sign"), "-"), False).to_numpy(zero_copy_only=False)
    )
    return np.where(negative, -degrees, degrees)


def _split(table: Table, columns: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """RAh, RAm, RAs and DE-, DEd, DEm, DEs. Missing seconds count as 0 where minutes are there."""
    ra: list[np.ndarray] = []
    dec: list[np.ndarray] = []
    sign = np.ones(len(table))
    for name in columns:
        key = name.strip().lower()
        if key.endswith(("-", "sign", "sgn")):
            minus = [text is not None and text[0] in "-−–" for text in _texts(table[name])]
            sign[np.array(minus, dtype=bool)] = -1.0
        elif key.startswith("ra"):
            ra.append(_numbers(table, name))
        else:
            values = _numbers(table, name)
            if not dec and not any(c.strip().lower().endswith(("-", "sign", "sgn")) for c in columns):
                sign = np.where(np.signbit(values), -1.0, 1.0)
                values = np.abs(values)
            dec.append(values)
    _check(ra[0], table, columns[0], (0.0, 24.0), "hours")
    parts = []
    for axis in (ra, dec):
        total = axis[0] + axis[1] / 60.0
        if len(axis) > 2:
            total = total + np.where(np.isnan(axis[2]) & ~np.isnan(total), 0.0, axis[2]) / 3600.0
        parts.append(total)
    return parts[0] * 15.0, parts[1] * sign


def _sentinels(lon: np.ndarray, lat: np.ndarray) -> list[str]:
    """Rows whose two coordinates are the same impossible number have no position: NaN in place, and said."""
    bad = np.isin(lat, NOTHING) & np.isin(lon, NOTHING)
    if not bad.any():
        return []
    value = lat[bad][0]
    lon[bad] = np.nan
    lat[bad] = np.nan
    return [f"{count(int(bad.sum()), 'row')} with {value:g} for a position: taken as missing."]


def _check(values: np.ndarray, table: Table, name: str, limits: tuple[float, float], unit: str) -> None:
    low, high = limits
    with np.errstate(invalid="ignore"):
        wrong = (values < low) | (values > high)
        wrong |= np.isinf(values)
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    others = int(wrong.sum()) - 1
    finite = values[np.isfinite(values)]
    hint = ""
    if unit == "degrees" and len(finite) and np.abs(finite).max() > 1000:
        hint = " Large numbers may be arcseconds or a sign for missing: convert or mask them"
    elif unit == "degrees":
        hint = " Is this the right column, and is it in decimal degrees"
    elif unit == "hours":
        hint = " It was taken for hours of right ascension: if it is degrees, set its unit to deg"
    elif unit == "radians":
        hint = " It was taken for radians: if it is degrees, set its unit to deg"
    more = f" ({count(others, 'more row')} like it)" if others else ""
    raise ColumnError(
        f"`{name}` in row {row} (the first is 0) is {table[name][row]}{more}: outside {low:g} to {high:g} {unit}."
        f"{hint}{'?' if unit == 'degrees' and 'Is this' in hint else '.'}"
    )
