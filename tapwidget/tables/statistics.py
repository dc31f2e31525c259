"""What one column holds, in a line: how many values, how many missing, from where to where, what is in the middle."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tapwidget.tables.cell_format import ColumnCells, Rows


@dataclass(frozen=True)
class Statistics:
    """One column over some rows. Masked, NULL and NaN values count as missing and enter nothing else.

    `lowest`, `median`, `mean` and `highest` are texts in the column's own format and unit; `scatter` is the standard
    deviation of the sample. They are empty where the kind of column has none: text has a lowest and a highest, in
    alphabetical order, arrays have nothing. `distinct` is None for arrays.
    """

    name: str
    unit: str
    values: int
    missing: int
    lowest: str = ""
    median: str = ""
    mean: str = ""
    highest: str = ""
    scatter: str = ""
    distinct: int | None = None


def statistics(cells: ColumnCells, rows: Rows | None = None) -> Statistics:
    """The statistics of a column, over these rows (int64, shape (n,)) or all."""
    values = cells.values if rows is None else cells.values[rows]
    there = ~(cells.missing if rows is None else cells.missing[rows])
    kept = values[there]
    facts = Statistics(cells.name, cells.unit, values=len(kept), missing=len(values) - len(kept))
    if cells.kind in {"vector", "other"} or not len(kept):
        return facts
    if cells.kind == "text":
        texts = np.unique(np.array([cells.text(value) for value in kept.tolist()], dtype=np.str_))
        return replace(facts, lowest=str(texts[0]), highest=str(texts[-1]), distinct=len(texts))
    if cells.kind == "boolean":
        true = int(np.count_nonzero(kept))
        return replace(facts, mean=f"{true:,} true, {len(kept) - true:,} false", distinct=len(np.unique(kept)))
    distinct = len(np.unique(kept))
    lowest, highest = kept.min(), kept.max()
    if cells.kind == "integer":
        # The mean of identifiers says nothing, and in float64 it would not be one of them; the middle one is.
        middle = np.sort(kept)[(len(kept) - 1) // 2]
        return replace(facts, lowest=str(lowest), median=str(middle), highest=str(highest), distinct=distinct)
    floats = kept.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):  # infinities have no scatter, and say so
        mean, scatter = floats.mean(), floats.std(ddof=1) if len(floats) > 1 else np.nan
    return replace(
        facts,
        lowest=cells.text(lowest),
        median=cells.text(np.median(floats)),
        mean=cells.text(mean),
        highest=cells.text(highest),
        scatter="" if np.isnan(scatter) else f"{scatter:.4g}",
        distinct=distinct,
    )
