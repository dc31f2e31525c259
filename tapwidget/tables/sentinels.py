"""Numbers that stand for "no magnitude": SDSS writes -9999 for a magnitude, -1000 and -9999 for its error."""

from __future__ import annotations

import numpy as np
from astropy.table import MaskedColumn, Table

from tapwidget.tables.formats.outcome import count, listing
from tapwidget.tables.photometry import SENTINELS, error_columns, magnitude_columns


def mask_sentinels(table: Table) -> tuple[list[str], dict[str, np.ndarray]]:
    """Mask, in place, the impossible values in columns of magnitudes and their errors; a sentence that says so, and the
    rows by column.

    Only values far outside what a magnitude can be, and exactly one of the known words, are masked. 99 and 0 are kept:
    they are only warned about (`photometry.doubtful_values`).
    """
    found: dict[str, list[str]] = {}
    masked: dict[str, np.ndarray] = {}
    values = 0
    magnitudes, _ = magnitude_columns(table, exclude=set())
    for name in (*magnitudes, *error_columns(table, magnitudes)):
        column = table[name]
        data = np.asarray(np.ma.getdata(column))
        bad = np.isin(data, SENTINELS) & ~np.ma.getmaskarray(column)
        if not bad.any():
            continue
        for value in np.unique(data[bad]):
            found.setdefault(f"{value:g}", []).append(name)
        values += int(bad.sum())
        masked[name] = bad
        table.replace_column(name, MaskedColumn(column, mask=np.ma.getmaskarray(column) | bad))
    if not found:
        return [], {}
    words = "; ".join(f"{word} in {listing(names)}" for word, names in found.items())
    return [f"{words}: no measurement has that value, {count(values, 'value')} masked as missing."], masked
