"""Columns of a service's answer as they go into a result: picked, masked where there is nothing, described."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.table import Column, MaskedColumn
from astropy.units import Unit

from tapwidget.match.adql import OutputColumn
from tapwidget.match.pairs import Indices


def taken(column: Any, pairs: Indices) -> Any:
    """The values of a column at these pairs, masked where the pair is -1."""
    if not np.any(pairs < 0):
        return column[pairs]
    there = pairs >= 0
    data = np.zeros((len(pairs), *column.shape[1:]), dtype=column.dtype)
    data[there] = np.ma.getdata(column)[pairs[there]]
    mask = np.ones(data.shape, dtype=bool)
    mask[there] = np.ma.getmaskarray(column)[pairs[there]]
    made = MaskedColumn(data, mask=mask, unit=column.unit, description=column.description, meta=column.meta)
    made.format = column.format
    return made


def described(values: Any, output: OutputColumn) -> Any:
    """The column with the unit, description and UCD of TAP_SCHEMA, where the answer itself has none."""
    column = values.copy(copy_data=False) if isinstance(values, Column | MaskedColumn) else Column(values)
    known = output.column
    if known is None:
        return column
    if column.unit is None and known.unit:
        column.unit = Unit(known.unit, parse_strict="silent")
    if not column.description and known.description:
        column.description = known.description
    if known.ucd:
        column.meta.setdefault("ucd", known.ucd)
    return column
