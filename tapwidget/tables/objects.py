"""Tables that people hold in Python become astropy Tables with plain columns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow as pa
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.time import Time, TimeDelta
from astropy.utils.masked import Masked

from tapwidget.errors import ColumnError, FileFormatError, TableError
from tapwidget.tables.formats.arrow import arrow_column, from_arrow
from tapwidget.tables.formats.outcome import listing


def as_table(obj: Any, *, name: str = "") -> Table:
    """An astropy Table with plain columns, from whatever holds a table; the object itself is not changed.

    Parameters
    ----------
    obj : path, Table, QTable, pandas DataFrame, polars DataFrame, pyarrow Table, dict of columns, list of dicts,
        structured array, or anything with `to_table()` (pyvo results) or the Arrow stream interface.
    name : str
        What to call it in messages.

    Returns
    -------
    astropy.table.Table
        Quantities keep their unit, SkyCoord becomes right ascension and declination (ICRS, deg), Time becomes text in
        ISO 8601, a length of time a number of days; missing values of pandas and Arrow are masked.
        ``meta["tapwidget"]["changes"]`` says what was done.

    Raises
    ------
    TableError
        The object holds no table (FileFormatError for a path).
    ColumnError
        A column holds what no column of a table can.
    """
    from tapwidget.tables.files import read_table
    from tapwidget.tables.sentinels import mask_sentinels

    if isinstance(obj, (str, os.PathLike)) or (hasattr(obj, "read") and not hasattr(obj, "columns")):
        return read_table(obj)
    label = name or type(obj).__name__
    table, changes = _convert(obj, label)
    before = dict(table.meta.get("tapwidget") or {}) if isinstance(table.meta.get("tapwidget"), Mapping) else {}
    table, flattened = plain_table(table)
    changes += flattened
    if not before:
        changes += mask_sentinels(table)[0]
    table.meta["tapwidget"] = {
        **before,
        "source": before.get("source") or label,
        "format": before.get("format") or type(obj).__name__,
        "changes": [*before.get("changes", []), *changes],
        "read": "" if changes else before.get("read", ""),
    }
    return table


def _convert(obj: Any, label: str) -> tuple[Table, list[str]]:
    if isinstance(obj, Table):
        return Table(obj, copy=False), []
    if type(obj).__module__.split(".")[0] == "pandas" and hasattr(obj, "columns"):
        return _from_pandas(obj)
    if isinstance(obj, (pa.Table, pa.RecordBatch)):
        return from_arrow(obj if isinstance(obj, pa.Table) else pa.Table.from_batches([obj]))
    if hasattr(obj, "to_table") and callable(obj.to_table):  # pyvo results, a VOTable's TableElement
        return Table(obj.to_table()), []
    if hasattr(obj, "__arrow_c_stream__"):
        return from_arrow(pa.table(obj))
    if hasattr(obj, "to_arrow") and callable(obj.to_arrow):
        return from_arrow(obj.to_arrow())
    if isinstance(obj, np.ndarray) and obj.dtype.names:
        return Table(obj), []
    if isinstance(obj, Mapping):
        return _from_columns({str(key): value for key, value in obj.items()}, label)
    if isinstance(obj, (list, tuple)) and obj and all(isinstance(row, Mapping) for row in obj):
        names = list(dict.fromkeys(key for row in obj for key in row))
        return _from_columns({str(n): [row.get(n) for row in obj] for n in names}, label)
    raise TableError(
        f"{label} holds no table. Give a file, an astropy Table, a pandas or polars DataFrame, a pyarrow Table, "
        "a dict of columns or a list of dicts."
    )


def _from_columns(columns: dict[str, Any], label: str) -> tuple[Table, list[str]]:
    changes: list[str] = []
    made: list[Any] = []
    lengths = {}
    for name, values in columns.items():
        plain = (
            not hasattr(values, "dtype") and not hasattr(values, "unit") and not isinstance(values, (SkyCoord, Time))
        )
        column = from_list(name, list(values), changes) if plain else values
        lengths[name] = len(column)
        made.append(column)
    if len(set(lengths.values())) > 1:
        (first, rows), (other, more) = next(
            ((a, la), (b, lb)) for a, la in lengths.items() for b, lb in lengths.items() if la != lb
        )
        raise ColumnError(f"The columns of {label} differ in length: `{first}` has {rows} values, `{other}` {more}.")
    return Table(made, names=list(columns)), changes


def from_list(name: str, values: list[Any], changes: list[str]) -> Column | MaskedColumn:
    """A column of Python values: None and NaN among integers or texts are missing, integers stay exact."""
    missing = np.array([_is_nothing(v) for v in values], dtype=bool)
    present = [v for v, gone in zip(values, missing, strict=True) if not gone]
    if not present:
        return (
            MaskedColumn(np.full(len(values), np.nan), mask=missing, name=name)
            if values
            else Column(np.zeros(0), name=name)
        )
    data: np.ndarray
    if all(isinstance(v, (bool, np.bool_)) for v in present):
        data = np.array([not gone and bool(v) for v, gone in zip(values, missing, strict=True)], dtype=bool)
    elif all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in present):
        if all(-(2**63) <= int(v) < 2**63 for v in present):
            data = np.array([0 if gone else int(v) for v, gone in zip(values, missing, strict=True)], dtype=np.int64)
        else:
            changes.append(f"`{name}` holds whole numbers beyond 64 bits: kept exactly, as text.")
            data = np.array(["" if gone else str(int(v)) for v, gone in zip(values, missing, strict=True)])
    elif all(isinstance(v, (int, float, np.integer, np.floating)) for v in present):
        data = np.array([np.nan if gone else float(v) for v, gone in zip(values, missing, strict=True)])
    elif all(isinstance(v, (str, bytes)) for v in present):
        data = np.array(["" if gone else _as_text(v) for v, gone in zip(values, missing, strict=True)], dtype=np.str_)
    else:
        try:
            return _from_array(name, pa.array(values, from_pandas=True), changes)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            kinds = sorted({type(v).__name__ for v in present})
            changes.append(f"`{name}` mixes {', '.join(kinds)}: kept as text.")
            data = np.array(["" if gone else str(v) for v, gone in zip(values, missing, strict=True)], dtype=np.str_)
    return MaskedColumn(data, mask=missing, name=name) if missing.any() else Column(data, name=name)


def _from_array(name: str, array: Any, changes: list[str]) -> Column | MaskedColumn:
    column = arrow_column(name, array, changes)
    if column is None:
        raise ColumnError(f"`{name}` holds structures ({array.type}), which are no column of a table. Leave it out.")
    return column


def _is_nothing(value: Any) -> bool:
    if value is None or value is np.ma.masked or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _as_text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _from_pandas(frame: Any) -> tuple[Table, list[str]]:
    """Each column by itself: nullable types, categories, times, objects; NaN of pandas means missing."""
    import pandas as pd

    changes: list[str] = []
    if not isinstance(frame.index, pd.RangeIndex) and any(n is not None for n in frame.index.names):
        changes.append(f"The index became {listing([str(n) for n in frame.index.names])}.")
        frame = frame.reset_index()
    from tapwidget.tables.formats.layout import unique_names

    names, renamed = unique_names(
        [str(n) if not isinstance(n, tuple) else "_".join(map(str, n)) for n in frame.columns]
    )
    changes += renamed
    columns = []
    for position, name in enumerate(names):
        series = frame.iloc[:, position]
        if series.dtype == object:
            columns.append(from_list(name, series.tolist(), changes))
        else:
            columns.append(_from_array(name, pa.Array.from_pandas(series), changes))
    return Table(columns, names=names, copy=False) if columns else Table(), changes


def plain_table(table: Table) -> tuple[Table, list[str]]:
    """A Table (never a QTable) of plain and masked columns only, and what was changed. Data are shared, not copied."""
    changes: list[str] = []
    columns: list[Any] = []
    taken = set(table.colnames)
    for name in table.colnames:
        column = table[name]
        if isinstance(column, SkyCoord):
            columns += _from_skycoord(name, column, taken, changes)
        elif isinstance(column, TimeDelta):
            columns.append(_with(Column(column.to_value(u.day), name=name, unit="d"), column))
            changes.append(f"`{name}` became a number of days.")
        elif isinstance(column, Time):
            columns.append(_from_time(name, column, changes))
        elif isinstance(column, u.Quantity):
            columns.append(_from_quantity(name, column))
        elif isinstance(column, Masked):
            values = np.asarray(column.unmasked)
            columns.append(_with(MaskedColumn(values, mask=column.mask, name=name), column))
        elif not isinstance(column, (Column, MaskedColumn)):
            if type(column).__name__ == "NdarrayMixin":
                columns.append(Column(np.asarray(column), name=name))
                continue
            changes.append(f"`{name}` left out: {type(column).__name__} is no plain column.")
        elif column.dtype.kind in "mM":
            columns.append(_from_datetime64(name, column, changes))
        elif column.dtype.kind == "O" and column.ndim == 1:
            columns.append(_from_objects(column, changes))
        else:
            columns.append(column)
    if (
        type(table) is Table
        and all(a is b for a, b in zip(columns, table.columns.values(), strict=False))
        and not changes
    ):
        result = table.copy(copy_data=False)
    else:
        result = Table(columns, copy=False, meta=dict(table.meta))
    if isinstance(table, QTable) and not changes:
        changes.append("The QTable became a Table: the units are kept in its columns.")
    return result, changes


def _from_datetime64(name: str, column: Any, changes: list[str]) -> Column | MaskedColumn:
    """Moments as text in ISO 8601, lengths of time in days; in months and years, which have no length, as text."""
    values = np.asarray(np.ma.getdata(column))
    missing = np.isnat(values) | np.ma.getmaskarray(column)
    if values.dtype.kind == "M":
        made = np.where(missing, "", np.datetime_as_string(values))
        changes.append(f"`{name}`: times became text in ISO 8601.")
    elif np.datetime_data(values.dtype)[0] in {"generic", "Y", "M"}:
        made = np.where(missing, "", values.astype(str))
        changes.append(f"`{name}`: lengths of time became text.")
    else:
        made = np.where(missing, 0.0, values / np.timedelta64(1, "D"))
        changes.append(f"`{name}` became a number of days.")
    result = MaskedColumn(made, mask=missing, name=name) if missing.any() else Column(made, name=name)
    if made.dtype.kind == "f":
        result.unit = "d"
    return result


def _from_objects(column: Any, changes: list[str]) -> Column | MaskedColumn:
    """Objects that are all texts, numbers or nothing become a typed column; arrays within cells stay objects."""
    mask = np.ma.getmaskarray(column)
    said = len(changes)
    values = [None if gone else value for value, gone in zip(np.ma.getdata(column).tolist(), mask, strict=True)]
    if any(isinstance(v, (list, tuple, np.ndarray, dict, set)) for v in values):
        return column
    if any(v is not None for v in values) and all(v is None or isinstance(v, str) for v in values):
        made: Column | MaskedColumn = from_list(column.name, [v or None for v in values], changes)
        if not any(v for v in values):
            made = MaskedColumn(np.full(len(values), "", dtype="U1"), mask=np.ones(len(values), bool), name=column.name)
    else:
        made = from_list(column.name, values, changes)
    if len(changes) == said:
        kind = "text" if made.dtype.kind in "US" else made.dtype.name
        changes.append(f"`{column.name}` held Python objects and became {kind}.")
    return _with(made, column)


def _with(made: Any, column: Any) -> Any:
    """Unit, description and metadata of the original."""
    made.unit = made.unit or getattr(column, "unit", None)
    made.description = column.info.description
    made.meta.update(column.info.meta or {})
    return made


def _from_quantity(name: str, column: Any) -> Any:
    mask = np.asarray(getattr(column, "mask", False))
    values = np.asarray(getattr(column, "unmasked", column).value)
    unit = None if column.unit == u.dimensionless_unscaled else column.unit
    if mask.any():
        return _with(MaskedColumn(values, mask=mask, name=name, unit=unit), column)
    return _with(Column(values, name=name, unit=unit), column)


def _from_skycoord(name: str, column: SkyCoord, taken: set[str], changes: list[str]) -> list[Any]:
    coordinates = column.icrs
    names = ("ra", "dec") if not {"ra", "dec"} & taken else (f"{name}_ra", f"{name}_dec")
    taken.update(names)
    changes.append(f"`{name}` became `{names[0]}` and `{names[1]}` in degrees (ICRS, from {column.frame.name}).")
    made = []
    for label, angle, axis in zip(names, (coordinates.ra, coordinates.dec), ("ra", "dec"), strict=True):
        values = np.asarray(getattr(angle, "unmasked", angle).to_value(u.deg))
        mask = np.asarray(getattr(angle, "mask", False))
        made_column = MaskedColumn(values, mask=mask, name=label) if mask.any() else Column(values, name=label)
        made_column.unit = u.deg
        made_column.meta["ucd"] = f"pos.eq.{axis};meta.main"
        made.append(made_column)
    return made


def _from_time(name: str, column: Time, changes: list[str]) -> Any:
    exact = column.copy(format="isot")
    exact.precision = 9
    mask = np.asarray(column.mask)
    values = np.asarray(getattr(exact.value, "unmasked", exact.value)).astype(str)
    changes.append(f"`{name}` became text in ISO 8601, scale {column.scale}.")
    made = MaskedColumn(np.where(mask, "", values), mask=mask, name=name) if mask.any() else Column(values, name=name)
    made.description = column.info.description or f"Time, scale {column.scale}"
    return made


__all__ = ["FileFormatError", "as_table", "from_list", "plain_table"]
