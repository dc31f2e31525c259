"""Which column of a table holds its magnitude in one band."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tapwidget.errors import ColumnError

if TYPE_CHECKING:
    from astropy.table import Table

# A result's columns of the upload carry its name in front: ut1_r is the user's, not the target's.
OF_THE_UPLOAD = re.compile(r"^ut\d+_")
# Words in a column's name that say it is about a magnitude, but is none.
NOT_A_MAGNITUDE = {"e", "err", "error", "sigma", "sig", "unc", "flag", "flags", "n", "nobs", "ext", "extinction"}


def words(name: str) -> list[str]:
    """A column's name in lower-case words: r_cModelMag is r, c, model, mag; psfMagErr_r is psf, mag, err, r."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def band_of(name: str, ucd: str = "") -> str:
    """The band that a magnitude's name or UCD tells ("em.opt.R" is r), or an empty string.

    The name counts before the UCD: surveys put em.opt.R on every band that is somehow red.

    >>> band_of("r_cModelMag"), band_of("psfMag_g"), band_of("rmag"), band_of("Gmag"), band_of("e_rmag")
    ('r', 'g', 'r', 'g', '')
    """
    parts = words(name)
    if NOT_A_MAGNITUDE.intersection(parts):
        return ""
    for part in parts:
        band = part.removesuffix("mag")
        if len(band) == 1 and band in "ugrizyvbjhk":
            return band
    found = re.search(r"\bem\.(?:opt|IR)\.([A-Z])\b", ucd)
    return found.group(1).lower() if found else ""


def users_magnitude(table: Table, band: str, column: str | None = None) -> str:
    """The column of the user's table: `column` if given, else the one named as the band, else one recognised."""
    if column is not None:
        return existing(table, column, "your table")
    if band in table.colnames:
        return band
    return _recognised(table, table.colnames, band, "your table", "user_column")


def targets_magnitude(table: Table, band: str, column: str | None = None, name: str = "the result") -> str:
    """The column of a match's result: `column` if given, else `r_cModelMag` (for r), else one that is recognised."""
    if column is not None:
        return existing(table, column, name)
    cmodel = f"{band}_cModelMag"
    if cmodel in table.colnames:
        return cmodel
    own = [column for column in table.colnames if not OF_THE_UPLOAD.match(column)]
    return _recognised(table, own, band, name, "run_column")


def existing(table: Table, column: str, name: str) -> str:
    """`column`, if the table has it.

    Raises
    ------
    ColumnError
        If not; names the closest.
    """
    if column in table.colnames:
        return column
    near = get_close_matches(column, table.colnames, n=3) or table.colnames[:8]
    raise ColumnError(f"There is no column {column!r} in {name}. Did you mean one of: {', '.join(near) or '(none)'}?")


def _recognised(table: Table, among: Iterable[str], band: str, name: str, argument: str) -> str:
    from tapwidget.tables.roles import recognise

    allowed = set(among)
    magnitudes = [column for column in recognise(table).magnitudes if column in allowed]
    of_band = [column for column in magnitudes if band_of(column, _ucd(table, column)) == band.lower()]
    if not of_band:
        there = f"Its magnitudes are: {', '.join(magnitudes)}." if magnitudes else "No column looks like a magnitude."
        raise ColumnError(f"No column of {name} is a magnitude in {band}. {there} Name the column with {argument}=...")
    model = [column for column in of_band if "model" in words(column)]
    return str((model or of_band)[0])


def _ucd(table: Table, column: str) -> str:
    meta = getattr(table[column], "meta", None) or table[column].info.meta or {}
    return str(meta.get("ucd") or "")
