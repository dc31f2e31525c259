"""Which column of a table holds its magnitude in one band."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from tapwidget.errors import ColumnError
from tapwidget.match import fluxes
from tapwidget.plots.bands import BANDS, band_of, in_order, words
from tapwidget.tables.column_facts import is_number, values_of
from tapwidget.tables.photometry import flux_columns

if TYPE_CHECKING:
    from astropy.table import Table

BRIGHT = 7.5  # mag; numbers above it, in a column named after a band, are magnitudes
MOST_ROWS = 100_000  # looked at for that
# A result's columns of the upload carry its name in front: ut1_r is the user's, not the target's.
OF_THE_UPLOAD = re.compile(r"^ut\d+_")


def bands(table: Table, *, is_result: bool = False) -> tuple[str, ...]:
    """The bands in which a table has a magnitude or a flux in nJy, from blue to red.

    `is_result`: the columns that a match brought from the upload do not count.
    """
    magnitudes, in_njy = _photometry(table)
    among = own(table) if is_result else table.colnames
    found = {band_of(column, _ucd(table, column)) for column in (*magnitudes, *in_njy) if column in among}
    if not found.difference({""}):  # a single column named as a band is taken where it is asked for
        found = {column for column in among if column in "ugrizy" and is_number(table, column)}
    return in_order(found.difference({""}))


def numbers(table: Table) -> tuple[str, ...]:
    """The columns that can be counted in a histogram: one number a row."""
    return tuple(column for column in table.colnames if is_number(table, column))


def to_draw_over(result: Table) -> tuple[str, ...]:
    """What of a result may be drawn over what is compared: its bands, then its columns of magnitudes and fluxes in nJy.

    A column named as one of the bands is left out: the band tells it.
    """
    return tuple(
        dict.fromkeys((*bands(result, is_result=True), *(name for kind in _photometry(result) for name in kind)))
    )


def drawn_over(result: Table, choice: str, name: str) -> tuple[str, str]:
    """The column of a result that one of `to_draw_over` means, and its band; empty where nothing tells it.

    Raises
    ------
    ColumnError
        If the result, called `name`, has none, or no numbers in it.
    """
    if choice in BANDS:
        return targets_magnitude(result, choice, None, name), choice
    column = existing(result, choice, name)
    if not is_number(result, column):
        raise ColumnError(f"Column {column!r} of {name} is not one of numbers.")
    return column, band_of(column, _ucd(result, column))


def own(table: Table) -> list[str]:
    """The columns of a result that are not the upload's."""
    return [column for column in table.colnames if not OF_THE_UPLOAD.match(column)]


def values(table: Table, column: str) -> Any:
    """What a series takes of that column: the column itself, or AB magnitudes of one that holds fluxes in nJy."""
    if is_flux(table, column):
        return fluxes.magnitudes(table[column], "nJy")
    return (table, column)


def is_magnitude(table: Table, column: str) -> bool:
    """Whether the column has magnitudes, or fluxes that are counted as such; no errors, no differences."""
    return any(column in kind for kind in _photometry(table))


def is_flux(table: Table, column: str) -> bool:
    """Whether the column has fluxes in nJy, which are counted as AB magnitudes."""
    return column in table.colnames and column in flux_columns(table)


def label(table: Table, column: str) -> str:
    """What a legend calls the column."""
    return f"{column} as AB mag" if is_flux(table, column) else column


def unit(table: Table, column: str) -> str:
    """The unit of what a histogram counts: "mag" for fluxes in nJy, and for magnitudes that do not say it."""
    if is_flux(table, column):
        return "mag"
    stated = str(table[column].unit or "")
    if stated:
        return "mag" if stated.startswith("mag(") else stated  # mag(AB)
    if not band_of(column, _ucd(table, column)) or not is_number(table, column):
        return ""
    # A redshift may be called z, and a colour g_r.
    values = values_of(table, column, MOST_ROWS)
    is_magnitude = not len(values) or np.median(values) >= BRIGHT or column in _photometry(table)[0]
    return "mag" if is_magnitude else ""


def users_magnitude(table: Table, band: str, column: str | None = None) -> str:
    """The column of the user's table: `column` if given, else the one named as the band, else one recognised.

    A flux in nJy is taken where there is no magnitude in that band.
    """
    if column is not None:
        return existing(table, column, "your table")
    if band in table.colnames and is_number(table, band):
        return band
    return _recognised(table, table.colnames, band, "your table", "Name the column with user_column=...")


def targets_magnitude(
    table: Table,
    band: str,
    column: str | None = None,
    name: str = "the result",
    *,
    advice: str = "Name the column with run_column=...",
) -> str:
    """The column of a match's result: `column` if given, else `r_cModelMag` (for r), else one that is recognised.

    `advice` says what helps where there is none.
    """
    if column is not None:
        return existing(table, column, name)
    cmodel = f"{band}_cModelMag"
    if cmodel in table.colnames and is_number(table, cmodel):
        return cmodel
    return _recognised(table, own(table), band, name, advice)


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


def _recognised(table: Table, among: Iterable[str], band: str, name: str, advice: str) -> str:
    allowed = set(among)
    magnitudes, in_njy = ([column for column in kind if column in allowed] for kind in _photometry(table))
    for kind in (magnitudes, in_njy):
        told = {column: band_of(column, _ucd(table, column)) for column in kind}
        of_band = [column for column in kind if told[column] == band]
        of_band = of_band or [column for column in kind if told[column].lower() == band.lower()]
        if of_band:
            model = [column for column in of_band if "model" in map(str.lower, words(column))]
            return (model or of_band)[0]
    there = f"Its magnitudes are: {', '.join(magnitudes)}." if magnitudes else "No column looks like a magnitude."
    raise ColumnError(f"No column of {name} is a magnitude in {band}. {there} {advice}")


def _photometry(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from tapwidget.tables.roles import recognise

    return recognise(table).magnitudes, flux_columns(table)


def _ucd(table: Table, column: str) -> str:
    meta = getattr(table[column], "meta", None) or table[column].info.meta or {}
    return str(meta.get("ucd") or "")
