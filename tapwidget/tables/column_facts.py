"""What a column says of itself: UCD, unit, kind, values."""

from __future__ import annotations

from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Table

# UCD1 of older VizieR files to UCD1+.
UCD1 = {
    "pos_eq_ra_main": "pos.eq.ra;meta.main",
    "pos_eq_dec_main": "pos.eq.dec;meta.main",
    "pos_eq_ra": "pos.eq.ra",
    "pos_eq_dec": "pos.eq.dec",
    "pos_eq_ra_other": "pos.eq.ra",
    "pos_eq_dec_other": "pos.eq.dec",
    "pos_gal_lon": "pos.galactic.lon",
    "pos_gal_lat": "pos.galactic.lat",
    "pos_ec_lon": "pos.ecliptic.lon",
    "pos_ec_lat": "pos.ecliptic.lat",
    "id_main": "meta.id;meta.main",
    "id_number": "meta.id",
    "error": "stat.error",
}


def ucd_of(table: Table, name: str) -> str:
    """The UCD1+ of a column, in lower case; "" if it has none."""
    column = table[name]
    meta: dict[str, Any] = getattr(column, "meta", None) or getattr(column.info, "meta", None) or {}
    text = str(meta.get("ucd") or "").strip().lower()
    return UCD1.get(text, text)


def ucd_is(ucd: str, atom: str) -> bool:
    """Whether the first word of the UCD is `atom`; a leading stat.mean or stat.median does not count."""
    words = [w for w in ucd.split(";") if w not in {"stat.mean", "stat.median", "stat.weightavg"}]
    return bool(words) and (words[0] == atom or words[0].startswith(atom + "."))


def unit_is(table: Table, name: str, unit: str) -> bool:
    """Whether the column's unit is that one, however spelt."""
    own = table[name].unit
    if own is None:
        return False
    if isinstance(own, u.UnrecognizedUnit):
        return str(own).lower().rstrip("s") in {
            unit,
            {"deg": "degree", "rad": "radian", "hourangle": "hour"}.get(unit, unit),
        }
    return bool(str(own) == unit or own == u.Unit(unit))


def is_number(table: Table, name: str) -> bool:
    """Whether the column holds one real number a row."""
    column = table[name]
    dtype = getattr(column, "dtype", None)  # a Time or a SkyCoord has none
    return dtype is not None and dtype.kind in "iuf" and column.ndim == 1


def is_text(table: Table, name: str) -> bool:
    column = table[name]
    dtype = getattr(column, "dtype", None)
    return dtype is not None and dtype.kind in "USO" and column.ndim == 1


def values_of(table: Table, name: str, most: int = 0, *, every: int = 1) -> np.ndarray:
    """The values that are there, as float64 for numbers, as str for text; the first `most` of them if given.

    With `every`, those of each so-manieth row only.

    For reading only: where all are there, they are the column's own.
    """
    data = np.asarray(np.ma.getdata(table[name]))[::every]
    present = ~np.ma.getmaskarray(table[name])[::every]
    if data.dtype.kind == "f":
        present &= np.isfinite(data)
    kept = data if present.all() else data[present]
    if most:
        kept = kept[:most]
    if kept.dtype.kind in "iuf":
        result: np.ndarray = kept.astype(np.float64, copy=False)
        return result
    texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in kept.tolist() if v is not None]
    return np.array([t for t in texts if t.strip()], dtype=np.str_)
