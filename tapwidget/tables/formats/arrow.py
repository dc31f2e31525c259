"""Arrow tables to astropy: integers exact, nulls masked, nothing through float on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.table import Column, MaskedColumn, Table

from tapwidget.tables.formats.outcome import listing

Types = pa.types


def from_arrow(arrow: Any) -> tuple[Table, list[str]]:
    """The astropy Table of a pyarrow Table, and what was changed, in sentences.

    Timestamps and dates become ISO 8601 text, decimals without fraction int64 (or text beyond it), other decimals
    float64, categories their values. Columns of structures cannot be columns of a table here and are left out.
    """
    columns: list[Any] = []
    changes: list[str] = []
    left_out: list[str] = []
    for name, chunked in zip(arrow.column_names, arrow.columns, strict=True):
        array = chunked.combine_chunks() if isinstance(chunked, pa.ChunkedArray) else chunked
        if isinstance(array, pa.ChunkedArray):  # pyarrow gives one back where it has no chunk
            array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], chunked.type)
        column = arrow_column(str(name), array, changes)
        if column is None:
            left_out.append(str(name))
        else:
            columns.append(column)
    if left_out:
        changes.append(f"{listing(left_out)} left out: structures and maps are no columns of a table.")
    return Table(columns, copy=False), changes


def arrow_column(name: str, array: Any, changes: list[str]) -> Column | MaskedColumn | None:
    """One pyarrow array as a column; None where no column can hold it."""
    kind = array.type
    if Types.is_dictionary(kind):
        view = getattr(Types, "is_string_view", None)
        if view is not None and view(kind.value_type):  # of polars; Arrow does not decode these
            array = array.cast(pa.dictionary(kind.index_type, pa.large_string()))
        array = array.dictionary_decode()
        kind = array.type
    if Types.is_null(kind):
        return MaskedColumn(np.full(len(array), np.nan), mask=np.ones(len(array), bool), name=name)
    if Types.is_timestamp(kind) or Types.is_date(kind):
        changes.append(f"`{name}`: times became text in ISO 8601{' (UTC)' if getattr(kind, 'tz', None) else ''}.")
        return _text(name, array, _iso(array))
    if Types.is_time(kind) or Types.is_duration(kind):
        changes.append(f"`{name}`: became text.")
        return _text(name, array, [None if v is None else str(v) for v in array.to_pylist()])
    if Types.is_decimal(kind):
        return _decimal(name, array, changes)
    if Types.is_fixed_size_list(kind) and array.null_count == 0 and _plain(kind.value_type):
        flat = np.array(array.flatten().to_numpy(zero_copy_only=False))  # a copy: Arrow's own memory is read-only
        return Column(flat.reshape(len(array), kind.list_size), name=name)
    if Types.is_list(kind) or Types.is_large_list(kind) or Types.is_fixed_size_list(kind):
        lists = np.empty(len(array), dtype=object)
        lists[:] = array.to_pylist()
        return MaskedColumn(lists, mask=array.is_null().to_numpy(zero_copy_only=False), name=name)
    if Types.is_binary(kind) or Types.is_large_binary(kind) or Types.is_fixed_size_binary(kind):
        return _spread(name, array, np.array([v or b"" for v in array.to_pylist()], dtype=np.bytes_))
    if _is_text(kind):
        return _text(name, array, array.to_pylist())
    if not _plain(kind):
        return None
    if array.null_count:
        array_filled = pc.fill_null(array, False if Types.is_boolean(kind) else 0)
        values = np.array(array_filled.to_numpy(zero_copy_only=False))
        if values.dtype.kind == "f":
            values[array.is_null().to_numpy(zero_copy_only=False)] = np.nan
        return _spread(name, array, values)
    return Column(np.array(array.to_numpy(zero_copy_only=False)), name=name)


def _plain(kind: Any) -> bool:
    return bool(Types.is_integer(kind) or Types.is_floating(kind) or Types.is_boolean(kind))


def _is_text(kind: Any) -> bool:
    view = getattr(Types, "is_string_view", None)
    return bool(Types.is_string(kind) or Types.is_large_string(kind) or (view is not None and view(kind)))


def _iso(array: Any) -> list[str | None]:
    if Types.is_date(array.type):
        return [None if v is None else v.isoformat() for v in array.to_pylist()]
    unit = array.type.unit
    stamps = array.cast(pa.timestamp(unit)).to_numpy(zero_copy_only=False)
    return [
        None if missing else text for missing, text in zip(np.isnat(stamps), np.datetime_as_string(stamps), strict=True)
    ]


def _decimal(name: str, array: Any, changes: list[str]) -> Column | MaskedColumn:
    if array.type.scale > 0:
        changes.append(f"`{name}`: decimals became float64.")
        return _spread(
            name, array, np.array([float(v) if v is not None else np.nan for v in array.to_pylist()], dtype=float)
        )
    values = [0 if v is None else int(v) for v in array.to_pylist()]
    if all(-(2**63) <= v < 2**63 for v in values):
        return _spread(name, array, np.array(values, dtype=np.int64))
    changes.append(f"`{name}` holds whole numbers beyond 64 bits: kept exactly, as text.")
    return _text(name, array, [None if v is None else str(v) for v in array.to_pylist()])


def _text(name: str, array: Any, values: list[str | None]) -> Column | MaskedColumn:
    return _spread(name, array, np.array([v or "" for v in values], dtype=np.str_))


def _spread(name: str, array: Any, values: np.ndarray) -> Column | MaskedColumn:
    if not array.null_count:
        return Column(values, name=name)
    return MaskedColumn(values, mask=array.is_null().to_numpy(zero_copy_only=False), name=name)
