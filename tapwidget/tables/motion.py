"""Positions carried along their proper motions to another epoch, and which columns a table has for that.

The proper motion in right ascension includes cos Dec, as Gaia, Hipparcos and nearly all catalogues have it: UCD
pos.pm;pos.eq.ra (UCD1+ 1.5), Gaia's data model, DR3, gaia_source.pmra.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import Distance, SkyCoord
from astropy.table import Table
from astropy.time import Time
from numpy.typing import NDArray

from tapwidget.errors import ColumnError
from tapwidget.tables.column_facts import is_number, ucd_of
from tapwidget.tables.formats.outcome import count
from tapwidget.tables.roles import close

Floats = NDArray[np.float64]
PM = (("pmra", "pmdec"), ("pm_ra", "pm_dec"), ("pmra", "pmde"), ("pm_ra_cosdec", "pm_dec"), ("mura", "mudec"))
EPOCHS = ("ref_epoch", "epoch", "refepoch", "ref_ep")


@dataclass(frozen=True)
class Motion:
    """Columns by which positions can be carried. `epoch` is "" where no column says when the positions hold."""

    pm: tuple[str, str]
    epoch: str = ""
    parallax: str = ""
    radial_velocity: str = ""


def recognised(table: Table) -> Motion | None:
    """The columns of proper motion, by UCD, then by name, and what goes with them; None without."""
    pm = _pair_by_ucd(table) or _pair_by_name(table)
    if pm is None:
        return None
    return Motion(
        pm,
        epoch=_first(table, ("meta.ref;time.epoch", "time.epoch"), EPOCHS),
        parallax=_first(table, ("pos.parallax", "pos.parallax.trig"), ("parallax", "plx")),
        radial_velocity=_first(table, ("spect.dopplerveloc.opt;em.opt.i", "spect.dopplerveloc"), ("radial_velocity",)),
    )


def carried(
    table: Table,
    ra: Floats,
    dec: Floats,
    *,
    pm: tuple[str, str],
    of_upload: float | str,
    of_target: float,
    parallax: str = "",
    radial_velocity: str = "",
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Positions at the epoch `of_target`, and what was done as sentences. By astropy's `apply_space_motion`.

    Parameters
    ----------
    ra, dec : arrays of float, shape (rows of the table,)
        ICRS degrees; NaN stays NaN.
    pm, parallax, radial_velocity : names of columns
        mas/yr, mas and km/s unless their units say otherwise.
    of_upload : float or str
        Julian year of the positions, or the column that has it (years, MJD or JD).
    of_target : float
        Julian year.

    Raises
    ------
    ColumnError
        A column is not there, or is in a unit that it cannot have.
    """
    motion = [_values(table, name, u.mas / u.yr) for name in pm]
    since = _years(table, of_upload) if isinstance(of_upload, str) else np.full(len(ra), float(of_upload))
    placed = np.isfinite(ra) & np.isfinite(dec)
    moving = placed & np.isfinite(motion[0]) & np.isfinite(motion[1]) & np.isfinite(since)
    distant = _values(table, parallax, u.mas) if parallax else np.full(len(ra), np.nan)
    radial = _values(table, radial_velocity, u.km / u.s) if radial_velocity else np.full(len(ra), np.nan)
    new_ra, new_dec = ra.copy(), dec.copy()
    if moving.any():
        pm_ra, pm_dec = motion[0][moving], motion[1][moving]
        distance, velocity = _distance(distant[moving], radial[moving], pm_ra, pm_dec)
        there = SkyCoord(
            ra[moving] * u.deg, dec[moving] * u.deg, distance=distance, radial_velocity=velocity,
            pm_ra_cosdec=pm_ra * u.mas / u.yr, pm_dec=pm_dec * u.mas / u.yr,
            obstime=Time(since[moving], format="jyear", scale="tcb"),
        ).apply_space_motion(new_obstime=Time(of_target, format="jyear", scale="tcb"))  # fmt: skip
        new_ra[moving], new_dec[moving] = there.ra.deg, there.dec.deg
    return new_ra, new_dec, _said(pm, of_upload, of_target, moving, placed)


def _distance(parallax: Floats, radial: Floats, pm_ra: Floats, pm_dec: Floats) -> tuple[Any, Any]:
    """Distances and radial velocities that erfa takes without a word: none measured means far away and at rest.

    Its function eraPmsafe puts a star no farther than where its motion would be that of light, nor beyond 2 Mpc.
    """
    with np.errstate(invalid="ignore"):
        measured = parallax > 0  # a measured parallax may be negative: then it tells no distance
    least = np.maximum(5.1e-4, 330.0 * np.radians(np.hypot(pm_ra, pm_dec) / 3600.0))  # mas; its own factor is 326
    parallax = np.maximum(np.where(measured, parallax, 0.0), least)
    velocity = np.where(measured, np.nan_to_num(radial), 0.0)
    return Distance(parallax=parallax * u.mas), velocity * u.km / u.s


def _said(pm: tuple[str, str], of_upload: float | str, of_target: float, moving: Any, placed: Any) -> tuple[str, ...]:
    when = f"`{of_upload}`" if isinstance(of_upload, str) else f"{of_upload:g}"
    said = [
        f"{count(int(moving.sum()), 'position')} carried from epoch {when} to {of_target:g} by `{pm[0]}` and `{pm[1]}`."
    ]
    left = int((placed & ~moving).sum())
    if left:
        said.append(f"{count(left, 'row')} without proper motion or epoch: the position stays as it is.")
    return tuple(said)


def _values(table: Table, name: str, unit: Any) -> Floats:
    """The column as float64 in that unit (which it is taken to be in, where it says none), NaN where missing."""
    if name not in table.colnames:
        raise ColumnError(f"The table has no column `{name}`.{close(name, table.colnames)}")
    if not is_number(table, name):
        raise ColumnError(f"`{name}` holds {table[name].dtype.name}, no numbers: it cannot be a motion.")
    column = table[name]
    values = np.array(np.ma.getdata(column), dtype=np.float64)
    values[np.ma.getmaskarray(column)] = np.nan
    own = column.unit
    if own is None or own == unit:
        return values
    try:
        return np.asarray(values * own.to(unit), dtype=np.float64)
    except (u.UnitConversionError, AttributeError, ValueError) as error:
        hint = (
            " Motions in seconds of time are to be multiplied by 15 cos Dec first."
            if "s" in str(own).split("/")
            else ""
        )
        raise ColumnError(f"`{name}` is in {own}, and not in {unit} or a unit like it.{hint}") from error


def _years(table: Table, name: str) -> Floats:
    """Julian years of a column of epochs: years, or days as MJD or JD."""
    if name in table.colnames and isinstance(table[name], Time):
        return np.asarray(np.ma.filled(np.ma.asarray(table[name].jyear), np.nan), dtype=np.float64)
    unit = table[name].unit if name in table.colnames else None
    values = _values(table, name, unit)
    present = values[np.isfinite(values)]
    low, high = (float(present.min()), float(present.max())) if len(present) else (2000.0, 2000.0)
    if low >= 1700 and high <= 2300:
        return values
    for form, first, last in (("mjd", -56000, 161000), ("jd", 2341972, 2561117)):
        if first <= low and high <= last and (unit is None or unit == u.day):
            good = np.isfinite(values)
            years = np.full(len(values), np.nan)
            years[good] = Time(values[good], format=form, scale="tcb").jyear
            return years
    raise ColumnError(f"`{name}` goes from {low:g} to {high:g}: these are neither years nor days (MJD or JD).")


def _pair_by_ucd(table: Table) -> tuple[str, str] | None:
    found = [
        next((n for n in table.colnames if is_number(table, n) and _is_pm(ucd_of(table, n), axis)), "")
        for axis in ("ra", "dec")
    ]
    return (found[0], found[1]) if all(found) else None


def _is_pm(ucd: str, axis: str) -> bool:
    return ucd.split(";")[:2] == ["pos.pm", f"pos.eq.{axis}"]


def _pair_by_name(table: Table) -> tuple[str, str] | None:
    by_lower = {n.lower(): n for n in reversed(table.colnames) if is_number(table, n)}
    return next(((by_lower[a], by_lower[d]) for a, d in PM if a in by_lower and d in by_lower), None)


def _first(table: Table, ucds: tuple[str, ...], names: tuple[str, ...]) -> str:
    for name in table.colnames:
        if is_number(table, name) and ucd_of(table, name) in ucds:
            return str(name)
    by_lower: dict[str, str] = {n.lower(): n for n in reversed(table.colnames) if is_number(table, n)}
    return next((by_lower[name] for name in names if name in by_lower), "")
