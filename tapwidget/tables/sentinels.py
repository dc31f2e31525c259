"""Numbers that stand for "no magnitude": SDSS writes -9999 for a magnitude, -1000 and -9999 for its error."""

from __future__ import annotations

import numpy as np
from astropy.table import MaskedColumn, Table

from tapwidget.tables.formats.outcome import count
from tapwidget.tables.photometry import SENTINELS, error_columns, magnitude_columns


def mask_sentinels(table: Table) -> list[str]:
    """Mask, in place, the impossible values in columns of magnitudes and their errors; a sentence for each column.

    Only values far outside what a magnitude can be, and exactly one of the known words, are masked. 99 and 0 are kept:
    they are only warned about (`photometry.doubtful_values`).
    """
    said = []
    magnitudes, _ = magnitude_columns(table, exclude=set())
    for name in (*magnitudes, *error_columns(table, magnitudes)):
        column = table[name]
        data = np.asarray(np.ma.getdata(column))
        bad = np.isin(data, SENTINELS) & ~np.ma.getmaskarray(column)
        if not bad.any():
            continue
        words = ", ".join(f"{value:g}" for value in np.unique(data[bad]))
        masked = MaskedColumn(column, mask=np.ma.getmaskarray(column) | bad)
        table.replace_column(name, masked)
        said.append(f"{words} in `{name}` means no value: {count(int(bad.sum()), 'row')} masked.")
    return said
