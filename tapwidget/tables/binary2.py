"""Rows of a VOTable in its BINARY2 and BINARY serializations: columns to bytes and back, a column at a time.

A row of BINARY2 is one null bit per column (most significant bit first, whole bytes), then the cells, big-endian; a
cell of varying length begins with a 4-byte count. Source: VOTable 1.4, sections 6 (BINARY) and 5.4 (BINARY2).

Arrays are numpy's, one per column: a row is an index of the first axis. Text columns are arrays of str ('U', 'S' or
object with None for a null). Masks are bool arrays, True where the value is missing, or None where nothing is; a masked
array brings its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import ColumnError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.binary2_reader import decode_rows
from tapwidget.tables.field_types import FieldType, field_type
from tapwidget.tables.text_bytes import encode_texts, strings_of

__all__ = ["decode_rows", "encode_rows"]

Mask = NDArray[np.bool_] | None
Bytes = NDArray[np.uint8]

# Rows are padded to one width before the padding is dropped. More padding than this is worked on in smaller blocks.
BLOCK_BYTES = 4_000_000
# What a missing letter looks like, besides its null bit (VOTable 1.4, section 6).
TRUE, FALSE, UNKNOWN = b"TF?"


def encode_rows(
    columns: Sequence[Column],
    arrays: Sequence[NDArray[Any]],
    masks: Sequence[Mask] | None = None,
    *,
    binary2: bool = True,
) -> bytes:
    """The rows as BINARY2 (or BINARY, which has no nulls but NaN, '?' and "").

    A masked number travels as NaN or 0 with its null bit set, a masked text as "". A NaN that is not masked stays NaN
    and is not flagged.

    Raises
    ------
    ColumnError
        A column holds what its datatype cannot: text beyond its arraysize or not ASCII in a `char`, an integer out of
        range, a null in a BINARY integer. Nothing is cut or rounded in silence.
    """
    types = [field_type(column) for column in columns]
    masks = [None] * len(types) if masks is None else masks
    nrows = rows_of(types, arrays, masks)
    cells = []
    missing = np.zeros((nrows, len(types)), bool)
    for j, (kind, values, mask) in enumerate(zip(types, arrays, masks, strict=True)):
        packed, missing[:, j] = _pack(kind, *plain(values, mask))
        if not binary2 and kind.is_integer and missing[:, j].any():
            raise ColumnError(f"Column {kind.name!r} has missing integers, which BINARY cannot say; use BINARY2.")
        cells.append(packed)
    layout: list[tuple[Any, ...]] = []
    if binary2:
        layout.append(("nulls", "u1", ((len(types) + 7) // 8,)))
    nulls = np.packbits(missing, axis=1)
    if any(kind.variable for kind in types):
        return b"".join(_blocks(types, cells, layout, nulls, 0, nrows))
    layout += [(f"c{j}", kind.item, kind.stored) for j, kind in enumerate(types)]
    rows = np.zeros(nrows, np.dtype(layout))
    if binary2:
        rows["nulls"] = nulls
    for j, cell in enumerate(cells):
        rows[f"c{j}"] = cell.fixed
    return rows.tobytes()


def rows_of(types: Sequence[FieldType], arrays: Sequence[NDArray[Any]], masks: Sequence[Mask]) -> int:
    """The number of rows, the same in each array and mask; `ColumnError` where they differ."""
    if not types or len(arrays) != len(types) or len(masks) != len(types):
        raise ColumnError(f"{len(types)} columns, {len(arrays)} arrays and {len(masks)} masks do not make a table.")
    nrows = len(arrays[0])
    for kind, values, mask in zip(types, arrays, masks, strict=True):
        if len(values) != nrows or (mask is not None and len(mask) != nrows):
            raise ColumnError(f"Column {kind.name!r} has {len(values)} rows where the first column has {nrows}.")
    return nrows


class _Cells:
    """One column ready to travel: an array of fixed cells, or bytes end to end with where each cell begins and ends."""

    def __init__(self, fixed: NDArray[Any] | None = None, flat: Bytes | None = None, sizes: Any = None) -> None:
        self.fixed = fixed
        self.flat = flat if flat is not None else np.empty(0, np.uint8)
        self.sizes: NDArray[np.int64] = np.empty(0, np.int64) if sizes is None else sizes
        self.edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.sizes)])


def plain(values: NDArray[Any], mask: Mask) -> tuple[NDArray[Any], Mask]:
    """A column as a plain array and its mask: a masked array brings a mask of its own."""
    if isinstance(values, np.ma.MaskedArray):
        hidden = np.ma.getmaskarray(values)
        mask = hidden if mask is None else hidden | spread(mask, hidden.shape)
        values = values.data
    return np.asarray(values), mask


def spread(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask of rows, or of items, as one of items."""
    mask = np.asarray(mask, bool)
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (len(shape) - mask.ndim)), shape)


def _pack(kind: FieldType, values: NDArray[Any], mask: Mask) -> tuple[_Cells, NDArray[np.bool_]]:
    if kind.is_text:
        return _pack_text(kind, values, mask)
    row_mask = whole_cells(kind, values, mask)
    if kind.variable:
        return _pack_arrays(kind, values, row_mask)
    if values.shape[1:] != kind.shape:
        raise ColumnError(f"Column {kind.name!r} has cells of shape {values.shape[1:]}, declared are {kind.shape}.")
    cells = numbers(kind, values, mask)
    if kind.datatype == "bit":
        cells = np.packbits(np.asarray(cells, bool).reshape(len(cells), prod(kind.shape)), axis=1)
    return _Cells(cells), row_mask


def whole_cells(kind: FieldType, values: NDArray[Any], mask: Mask) -> NDArray[np.bool_]:
    """Which rows are missing as a whole. BINARY2 has one bit for a cell: a part of one can only be NaN or '?'."""
    if mask is None:
        return np.zeros(len(values), bool)
    mask = np.asarray(mask, bool)
    if mask.ndim == 1:
        return mask
    parts = mask.reshape(len(mask), prod(mask.shape[1:]))
    whole: NDArray[np.bool_] = np.asarray(parts.all(axis=1)) if parts.shape[1] else np.zeros(len(mask), bool)
    if kind.is_integer and (parts.any(axis=1) != whole).any():
        row = int(np.flatnonzero(parts.any(axis=1) != whole)[0])
        raise ColumnError(
            f"Column {kind.name!r} lacks some, not all, of the integers of its cell at row {row}; "
            "VOTable can only say that a whole cell is missing. Make it float, or split the column."
        )
    return whole


def numbers(kind: FieldType, values: NDArray[Any], mask: Mask) -> NDArray[Any]:
    """The numbers (or letters of booleans) of a column in its own type; NaN, 0 or '?' where masked.

    Raises `ColumnError` where a value cannot be said exactly in the datatype.
    """
    if mask is not None:
        mask = spread(mask, values.shape)
    if kind.datatype in {"boolean", "bit"}:
        if values.dtype.kind != "b":
            raise ColumnError(
                f"Column {kind.name!r} is declared as {kind.datatype}, but its values are {values.dtype}."
            )
        if kind.datatype == "bit":
            return values if mask is None else values & ~mask
        letters = np.where(values, np.uint8(TRUE), np.uint8(FALSE))
        return letters if mask is None else np.where(mask, np.uint8(UNKNOWN), letters)
    target = kind.native
    allowed = {"i": "iu", "u": "iu", "f": "iuf", "c": "iufc"}[target.kind]
    if values.dtype.kind not in allowed:
        raise ColumnError(f"Column {kind.name!r} is declared as {kind.datatype}, but its values are {values.dtype}.")
    if mask is not None and mask.any():
        values = values.copy()
        values[mask] = np.nan if values.dtype.kind in "fc" else 0
    with np.errstate(over="ignore"):
        result = values.astype(target, copy=False)
    bad = _inexact(values, result)
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise ColumnError(
            f"Column {kind.name!r} is declared as {kind.datatype}, which cannot hold {values[bad][0]!s} "
            f"(row {row}) exactly."
        )
    return result


def _inexact(values: NDArray[Any], result: NDArray[Any]) -> NDArray[np.bool_]:
    """Which numbers another dtype does not hold, or not for sure."""
    if values.dtype.kind in "iu" and result.dtype.kind in "fc":  # which numpy calls a safe cast, beyond 2**53 too
        limit = 2 ** (np.finfo(result.dtype).nmant + 1)
        return np.asarray((values > limit) | (values < -limit if values.dtype.kind == "i" else False))
    if np.can_cast(values.dtype, result.dtype, "safe"):
        return np.zeros(values.shape, bool)
    if result.dtype.kind in "iu":
        limits = np.iinfo(result.dtype)
        return np.asarray((values < limits.min) | (values > limits.max))
    return np.asarray((result.astype(values.dtype) != values) & ~np.isnan(values))


def _pack_text(kind: FieldType, values: NDArray[Any], mask: Mask) -> tuple[_Cells, NDArray[np.bool_]]:
    texts, missing = texts_of(kind, values, mask)
    flat, sizes = encode_texts(kind.name, texts, unicode=kind.datatype == "unicodeChar")
    width = kind.item.itemsize
    most = kind.limit if kind.length is None else kind.length
    if most is not None and sizes.max(initial=0) > most * width:
        row = int(np.argmax(sizes > most * width))
        raise ColumnError(
            f"Column {kind.name!r} is declared with arraysize {most}, but row {row} holds {sizes[row] // width} "
            f"characters: {texts[row][:40]!r}. Declare it with arraysize '*'."
        )
    if kind.length is None:
        return _Cells(None, flat, sizes), missing
    cells = np.zeros((len(texts), kind.length * width), np.uint8)
    cells[np.arange(cells.shape[1]) < sizes[:, None]] = flat
    return _Cells(cells.view(kind.item)), missing


def texts_of(kind: FieldType, values: NDArray[Any], mask: Mask) -> tuple[list[str], NDArray[np.bool_]]:
    """A text column as str, and which are missing; `ColumnError` for cells of several texts, which few can read."""
    if values.ndim > 1 or kind.shape or (kind.variable and kind.length is not None):
        raise ColumnError(f"Column {kind.name!r} has several texts in one cell. Make a column of each.")
    return strings_of(kind.name, values, mask)


def _pack_arrays(kind: FieldType, values: NDArray[Any], mask: NDArray[np.bool_]) -> tuple[_Cells, NDArray[np.bool_]]:
    """Cells with a varying number of numbers, from an object array of arrays (None for a null)."""
    if kind.shape or kind.datatype == "bit":
        raise ColumnError(f"Column {kind.name!r}: arraysize with several dimensions, or bits, of varying number.")
    missing = mask | np.fromiter((cell is None for cell in values), bool, len(values))
    cells = [np.empty(0, kind.native) if gone else np.asarray(cell) for cell, gone in zip(values, missing, strict=True)]
    sizes = np.fromiter((cell.size for cell in cells), np.int64, len(cells)) * kind.item.itemsize
    if kind.limit is not None and len(sizes) and int(sizes.max()) > kind.limit * kind.item.itemsize:
        raise ColumnError(f"Column {kind.name!r} is declared with arraysize {kind.limit}*, but a cell holds more.")
    full = [cell for cell in cells if cell.size]
    joined = np.concatenate(full) if full else np.empty(0, kind.native)
    flat = numbers(kind, joined, None).astype(kind.item, copy=False)
    return _Cells(None, np.frombuffer(flat.tobytes(), np.uint8), sizes), missing


def _blocks(  # noqa: PLR0917 - private, recursive
    types: list[FieldType], cells: list[_Cells], nulls_layout: list[tuple[Any, ...]], nulls: Bytes, low: int, high: int
) -> list[bytes]:
    """Rows low to high: each padded to the widest, then all bytes that are not padding."""
    widest = [int(cell.sizes[low:high].max(initial=0)) for cell in cells]
    fixed = sum(4 if kind.variable else kind.width for kind in types) + (nulls.shape[1] if nulls_layout else 0)
    if high - low > 1 and (fixed + sum(widest)) * (high - low) > BLOCK_BYTES:
        half = (low + high) // 2
        return _blocks(types, cells, nulls_layout, nulls, low, half) + _blocks(
            types, cells, nulls_layout, nulls, half, high
        )
    layout = list(nulls_layout)
    for j, (kind, width) in enumerate(zip(types, widest, strict=True)):
        if kind.variable:
            layout += [(f"n{j}", ">u4"), (f"c{j}", "u1", (width,))]
        else:
            layout.append((f"c{j}", kind.item, kind.stored))
    dtype = np.dtype(layout)
    rows = np.zeros(high - low, dtype)
    keep = np.ones((high - low, dtype.itemsize), bool)
    padded = rows.view(np.uint8).reshape(keep.shape)
    if nulls_layout:
        rows["nulls"] = nulls[low:high]
    even = True
    for j, (kind, cell, width) in enumerate(zip(types, cells, widest, strict=True)):
        if not kind.variable:
            rows[f"c{j}"] = cell.fixed[low:high]  # type: ignore[index]
            continue
        sizes = cell.sizes[low:high]
        rows[f"n{j}"] = sizes // kind.item.itemsize
        at = dtype.fields[f"c{j}"][1]  # type: ignore[index]
        part = np.arange(width) < sizes[:, None]
        keep[:, at : at + width] = part
        padded[:, at : at + width][part] = cell.flat[cell.edges[low] : cell.edges[high]]
        even = even and bool((sizes == width).all())
    return [rows.tobytes() if even else padded[keep].tobytes()]
