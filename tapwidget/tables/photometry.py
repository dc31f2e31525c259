"""Which columns are magnitudes, which are errors of magnitudes, and which of their values cannot be true."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from astropy.table import Table

from tapwidget.ivoa import tapschema
from tapwidget.tables.column_facts import is_number, ucd_is, ucd_of, unit_is, values_of
from tapwidget.tables.formats.outcome import count

BANDS = r"(fuv|nuv|bt|vt|hp|bp|rp|ks|ic|rc|[ugrizyUBVRIJHKYZ]|w[1-4]|hip)"
NO_MAGNITUDE = re.compile(
    r"err|sigma|(^|_|\d)sig($|_)|cmsig|msig|unc($|_|ertain)|^e_|_e$|^er_|flag|^q_|^f_|^l_|^n_|^n_?mag|^num|nb_|count|qual|snr|flux|"
    r"ext(inction)?($|_)|reddening|^a[_0]|^ebv|^e\(|colou?r|type|limit|depth|over|fwhm|phase|date|amp|^d[_]|delta|diff|std|rms|"
    r"var($|_)|range|system|name|lower|upper|nobs|_n$|scheme|invvar|ivar|offset|image|magnet|flg|snr",
    re.I,
)
NAMED = re.compile(
    rf"(^|[^a-z])(mag|mags|magnitude)([^a-z]|$)|mag$|mag_|^mag|^{BANDS}mag|mag_?{BANDS}$|"
    r"^(psf|model|cmodel|petro|fiber2?|dered|exp|dev|ap|kron|auto|iso)_?(mag_?)?[ugrizy]$",
    re.I,
)
BARE = re.compile(r"^([ugrizyUBVRIJHK]|W[1-4]|w[1-4]|[jhk]_m|Ks|BT|VT|Hp|FUV|NUV|[ugrizy]_?guess|[ugrizyUBVRIJHK]0)$")
REDSHIFT = re.compile(r"redshift|^z_?err|zwarn|zconf|z_?phot|z_?spec|^zstatus|photoz|specobj|subclass|velocity", re.I)
ERROR_NAME = re.compile(r"err|sigma|unc($|_)|^e_|_e$|cmsig|msigcom", re.I)
SENTINELS = (-9999.0, -99999.0, -999.0, -1000.0, -99.0, -9999.99, -999.99)
MOST_ROWS = 100_000
FAINT = (99.0, 99.99, 99.9, 99.999, 999.0, 9999.0)


def magnitude_columns(table: Table, *, exclude: set[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The magnitudes in the order of the table, and why each is one."""
    bare = [n for n in table.colnames if BARE.match(n) and n not in exclude and is_number(table, n)]
    redshifts = any(REDSHIFT.search(n) for n in table.colnames)
    why: dict[str, str] = {}
    for name in table.colnames:
        if name in exclude or not is_number(table, name):
            continue
        reason = _reason(table, name, bare, redshifts)
        if reason:
            why[name] = reason
    return tuple(why), why


def flux_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table with fluxes in nJy, without their errors."""
    return tuple(
        n for n in table.colnames if is_number(table, n) and unit_is(table, n, "nJy") and not ERROR_NAME.search(n)
    )


def photometry_of(columns: Iterable[tapschema.Column]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which columns of a service's table are magnitudes, and which are fluxes in nJy; neither has the errors of them.

    By UCD phot.mag, unit mag, or, where neither is given, the name (UCD1+ controlled vocabulary 1.5).
    """
    numbers = [
        c for c in columns if c.is_number and not ERROR_NAME.search(c.name) and "stat.error" not in c.ucd.lower()
    ]
    magnitudes = [c.name for c in numbers if _is_magnitude(c)]
    return tuple(magnitudes), tuple(c.name for c in numbers if c.unit.lower() in {"njy", "nanojansky"})


def _is_magnitude(column: tapschema.Column) -> bool:
    ucd = column.ucd.lower()
    if _is_colour(column.name) or ucd.startswith(("phot.color", "phys.absorption")):
        return False
    if ucd_is(ucd, "phot.mag") or (column.unit == "mag" and not NO_MAGNITUDE.search(column.name)):
        return True
    return not column.unit and not ucd and bool(NAMED.search(column.name)) and not NO_MAGNITUDE.search(column.name)


def _reason(table: Table, name: str, bare: list[str], redshifts: bool) -> str:
    ucd = ucd_of(table, name)
    if ucd_is(ucd, "phot.mag"):
        return "" if ERROR_NAME.search(name) or _is_colour(name) else f"UCD {ucd}"
    if ucd and not ucd.startswith(("phot_", "phot.mag", "em.", "phot")):
        # Any other UCD says that it is something else; "phot" alone or UCD1's PHOT_JHN_J leave it open.
        return "" if not ucd_is(ucd, "phys.magabs") else f"UCD {ucd}"
    if "color" in ucd or NO_MAGNITUDE.search(name) or _is_colour(name):
        return ""
    if unit_is(table, name, "mag") or "mag" in str(table[name].unit or ""):
        return (
            "" if not re.search(r"mag|[a-z]_m$", name, re.I) and not BARE.match(name) and len(name) > 4 else "unit mag"
        )
    if table[name].unit is not None and str(table[name].unit):
        return ""
    if name in bare:
        return _bare_reason(table, name, bare, redshifts)
    if NAMED.search(name) and _plausible(table, name):
        return f"name {name}"
    return ""


def _is_colour(name: str) -> bool:
    """bp_rp, g_rp, j_h, H-K, B-V, u_g: one band minus another."""
    return bool(re.match(rf"^{BANDS}(mag)?[-_ ]{BANDS}(mag)?$", name, re.I)) and not re.match(r"^[jhk]_m$", name)


def _bare_reason(table: Table, name: str, bare: list[str], redshifts: bool) -> str:
    """A letter is a magnitude in the company of other bands; a `z` beside redshift's own words is a redshift."""
    optical = [n for n in bare if n in "ugriz" and n != name]
    if name == "z":
        if redshifts or len(optical) < 2 or not _plausible(table, name):
            return ""
        others = [float(np.median(v)) for n in optical if len(v := _sample(table, n))]
        own = _sample(table, name)
        if len(own) and others and abs(float(np.median(own)) - float(np.median(others))) > 6:
            return ""
        return "band z in the set " + "".join(n for n in "ugriz" if n in [*optical, "z"])
    if len(name) == 1 and len(bare) < 2 and name not in "rgV":
        return ""
    return f"band {name}" if _plausible(table, name) else ""


def _plausible(table: Table, name: str) -> bool:
    """Whether most values lie where magnitudes do."""
    values = _sample(table, name)
    values = values[~np.isin(values, SENTINELS) & ~np.isin(values, FAINT)]
    return len(values) == 0 or (-30 < float(np.median(values)) < 45 and float(np.percentile(values, 95)) < 60)


def _sample(table: Table, name: str) -> np.ndarray:
    """Values from all over a column, enough to see where most of them lie."""
    return values_of(table, name, every=max(1, len(table) // MOST_ROWS))


def error_columns(table: Table, magnitudes: tuple[str, ...]) -> tuple[str, ...]:
    """Columns with the errors of magnitudes: r_err, e_Jmag, modelMagErr_r, j_cmsig, psfMagErr_r, err_r."""
    found = []
    bands = {m.lower() for m in magnitudes}
    for name in table.colnames:
        if name in magnitudes or not is_number(table, name):
            continue
        ucd = ucd_of(table, name)
        if ucd_is(ucd, "stat.error") and "phot.mag" in ucd:
            found.append(name)
        elif ERROR_NAME.search(name) and not re.search(r"flux", name, re.I):
            rest = re.sub(r"(error|err|sigma|unc|cmsig|msigcom|^e(?=_)|(?<=_)e$)", "", name, flags=re.I)
            kept = {
                rest.lower(),
                rest.strip("_").lower(),
                rest.replace("__", "_").lower(),
                rest.strip("_").lower() + "_m",
            }
            if kept & bands or re.search(r"mag", rest, re.I) or unit_is(table, name, "mag"):
                found.append(name)
    return tuple(found)


def doubtful_values(table: Table, magnitudes: tuple[str, ...]) -> list[str]:
    """Warnings for values that often mean "missing" but are kept: 99 and the like, and 0 in many rows."""
    warnings = []
    for name in magnitudes:
        # As they lie in the table: a large one's would be in memory once more as float64.
        data, present = np.asarray(np.ma.getdata(table[name])), ~np.ma.getmaskarray(table[name])
        for value in np.unique(data[np.isin(data, FAINT) & present]):
            rows = count(int(((data == value) & present).sum()), "row")
            warnings.append(f"`{name}` is {value:g} in {rows}: often a sign for missing. The values are kept.")
        zeros = int(((data == 0) & present).sum())
        if zeros > max(1, 0.01 * int((np.isfinite(data) & present).sum())):
            warnings.append(f"`{name}` is exactly 0 in {count(zeros, 'row')}: often a sign for missing. They are kept.")
    return warnings
