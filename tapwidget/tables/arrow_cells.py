"""Cells of Arrow arrays, piece by piece, as columns of numpy.

From Arrow's own memory: its way to numpy would import pandas first, which takes half a second. Source: Arrow Columnar
Format 1.0 (bitmaps begin with the lowest bit; offsets of texts and lists).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tapwidget.errors import FileFormatError
from tapwidget.tables.formats.arrow import arrow_column
from tapwidget.tables.instants import iso_texts
from tapwidget.tables.text_bytes import fits_numpy

Mask = NDArray[np.bool_] | None
NUMBERS = {
    "bool": np.bool_, "uint8": np.uint8, "int8": np.int8, "int16": np.int16, "uint16": np.uint16, "int32": np.int32,
    "uint32": np.uint32, "int64": np.int64, "uint64": np.uint64, "float": np.float32, "double": np.float64,
}  # fmt: skip


def is_plain(kind: Any) -> bool:
    return str(kind) in NUMBERS


def is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def bits(buffer: Any, first: int, count: int) -> NDArray[np.bool_]:
    packed = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(packed, count=first + count, bitorder="little")[first:].astype(bool)


def missing(array: Any) -> Mask:
    """Which cells are null; None where none is."""
    if not array.null_count:
        return None
    return np.asarray(~bits(array.buffers()[0], array.offset, len(array)))


def numbers(array: Any) -> NDArray[Any]:
    """The numbers as they lie in memory: where one is null there may be anything."""
    if not len(array):
        return np.empty(0, NUMBERS[str(array.type)])
    buffer = array.buffers()[1]
    if pa.types.is_boolean(array.type):
        return bits(buffer, array.offset, len(array))
    dtype = np.dtype(NUMBERS[str(array.type)])
    return np.frombuffer(buffer, dtype, len(array), array.offset * dtype.itemsize)


def edges(array: Any) -> NDArray[np.int64]:
    """Where the texts or lists of an array begin, and where the last one ends."""
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_list(array.type)
    dtype = np.dtype(np.int64 if wide else np.int32)
    if not len(array):
        return np.zeros(1, np.int64)
    buffer = array.buffers()[1]
    return np.frombuffer(buffer, dtype, len(array) + 1, array.offset * dtype.itemsize).astype(np.int64)


class Numbers:
    """Numbers and truth values. Where one is missing stands NaN, 0 or False."""

    def __init__(self, kind: Any, nrows: int) -> None:
        self.values: NDArray[Any] = np.empty(nrows, NUMBERS[str(kind)])
        self.mask: Mask = None

    def add(self, at: int, array: Any) -> None:
        rows = slice(at, at + len(array))
        self.values[rows] = numbers(array)
        gone = missing(array)
        if gone is not None:
            self.mask = np.zeros(len(self.values), bool) if self.mask is None else self.mask
            self.mask[rows] = gone
            self.values[rows][gone] = np.nan if self.values.dtype.kind == "f" else 0

    def whole(self) -> tuple[NDArray[Any], Mask]:
        return self.values, self.mask


class Texts:
    """Texts. They become numpy's own where that does not grow too large, else str objects."""

    def __init__(self, name: str, nrows: int) -> None:
        self.name = name
        self.nrows = nrows
        self.mask: Mask = None
        self.pieces: list[tuple[int, NDArray[np.int32], bytes]] = []

    def add(self, at: int, array: Any) -> None:
        gone = missing(array)
        if gone is not None:
            self.mask = np.zeros(self.nrows, bool) if self.mask is None else self.mask
            self.mask[at : at + len(array)] = gone
            array = array.fill_null("")
        ends = edges(array)
        data = array.buffers()[2] if len(array) else None
        letters = b"" if data is None else bytes(memoryview(data)[ends[0] : ends[-1]])
        self.pieces.append((at, np.diff(ends).astype(np.int32), letters))

    def whole(self) -> tuple[NDArray[Any], Mask]:
        widest = max((int(sizes.max(initial=0)) for _, sizes, _ in self.pieces), default=0)
        short = fits_numpy(widest, self.nrows) and not any(b"\0" in data for _, _, data in self.pieces)
        if short and all(data.isascii() for _, _, data in self.pieces):
            return self._letters(max(1, widest)), self.mask
        texts = np.empty(self.nrows, object)
        for at, sizes, data in self.pieces:
            stops = np.cumsum(sizes).tolist()
            starts = [0, *stops[:-1]] if stops else []
            try:
                texts[at : at + len(sizes)] = [data[a:b].decode() for a, b in zip(starts, stops, strict=True)]
            except UnicodeDecodeError as error:
                raise FileFormatError(
                    f"Column {self.name!r} of the Parquet file holds text that is not in UTF-8: {error}. Leave it "
                    "out of the query."
                ) from error
        return texts, self.mask

    def _letters(self, width: int) -> NDArray[np.str_]:
        codes = np.zeros((self.nrows, width), np.uint32)
        places = np.arange(width)
        for at, sizes, data in self.pieces:
            # row by row, as the letters lie
            codes[at : at + len(sizes)][places < sizes[:, None]] = np.frombuffer(data, np.uint8)
        return codes.view(f"U{width}").reshape(-1)


class Times:
    """Times, as text (DALI 1.1, section 3.3.3)."""

    def __init__(self, kind: Any, nrows: int) -> None:
        self.unit = kind.unit
        self.texts = np.empty(nrows, object)
        self.mask: Mask = None

    def add(self, at: int, array: Any) -> None:
        rows = slice(at, at + len(array))
        gone = missing(array)
        moments = numbers(array.view(pa.int64())).view(f"datetime64[{self.unit}]")
        if gone is not None:
            self.mask = np.zeros(len(self.texts), bool) if self.mask is None else self.mask
            self.mask[rows] = gone
            moments = np.where(gone, np.datetime64(0, self.unit), moments)
        self.texts[rows] = iso_texts(moments)
        if gone is not None:
            self.texts[rows][gone] = ""

    def whole(self) -> tuple[NDArray[Any], Mask]:
        return self.texts, self.mask


class Lists:
    """Arrays of one size, a row each."""

    def __init__(self, name: str, kind: Any, nrows: int, size: int) -> None:
        self.name = name
        self.values: NDArray[Any] = np.zeros((nrows, size), NUMBERS[str(kind)])
        self.mask: Mask = None

    def add(self, at: int, array: Any) -> None:
        rows = slice(at, at + len(array))
        ends, size = edges(array), self.values.shape[1]
        gone = missing(array)
        there = np.ones(len(array), bool) if gone is None else ~gone
        if (np.diff(ends)[there] != size).any():
            raise FileFormatError(
                f"Column {self.name!r} of the Parquet file is described as arrays of {size}, but holds others. "
                "Ask for a VOTable."
            )
        inside = array.values.slice(int(ends[0]), int(ends[-1] - ends[0]))
        lost = missing(inside)
        # what is missing has no items of its own, but may have some in between
        kept = np.repeat(there, np.diff(ends))
        self.values[rows][there] = numbers(inside)[kept].reshape(-1, size)
        if gone is None and lost is None:
            return
        self.mask = np.zeros(self.values.shape, bool) if self.mask is None else self.mask
        if lost is not None:
            self.mask[rows][there] = lost[kept].reshape(-1, size)
        self.mask[rows][~there] = True
        self.values[rows][self.mask[rows]] = np.nan if self.values.dtype.kind == "f" else 0

    def whole(self) -> tuple[NDArray[Any], Mask]:
        return self.values, self.mask


class Others:
    """What VOTable has no type for: as a table read from such a file has it."""

    def __init__(self, name: str, kind: Any) -> None:
        self.name = name
        self.kind = kind
        self.pieces: list[Any] = []
        self.changes: list[str] = []

    def add(self, at: int, array: Any) -> None:
        del at
        self.pieces.append(array)

    def whole(self) -> tuple[NDArray[Any], Mask]:
        array = pa.concat_arrays(self.pieces) if self.pieces else pa.array([], self.kind)
        column = arrow_column(self.name, array, self.changes)
        if column is None:
            raise FileFormatError(
                f"Column {self.name!r} of the Parquet file holds {self.kind}, which no column of a table can. Leave it "
                "out of the query."
            )
        mask = np.ma.getmask(column)
        return np.ma.getdata(column).view(np.ndarray), None if mask is np.ma.nomask else np.asarray(mask)
