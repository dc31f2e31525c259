"""Bytes of BINARY2 and BINARY rows to columns.

Where all cells are of fixed width, numpy reads the rows as they lie. Where some vary, one pass over the counts finds
where the cells begin, and what lies between two of them is again of fixed width.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.field_types import FieldType, field_type, is_null
from tapwidget.tables.text_bytes import decode_texts, fits_numpy, short_texts

Mask = NDArray[np.bool_] | None
Read = tuple[NDArray[Any], Mask]

# Letters of a boolean: 1 true, 0 false, 2 null, 3 none of these (VOTable 1.4, section 6).
LETTERS = np.full(256, 3, np.uint8)
LETTERS[list(b"Tt1")] = 1
LETTERS[list(b"Ff0")] = 0
LETTERS[list(b"? \0")] = 2


def decode_rows(
    columns: Sequence[Column],
    data: bytes | bytearray | memoryview,
    *,
    binary2: bool = True,
    nulls: Sequence[str] | None = None,
    notes: list[str] | None = None,
    compact: bool = False,
) -> list[Read]:
    """The columns of all rows in `data`: values in native byte order, and a mask or None where nothing is missing.

    Text comes as object arrays of str, with "" below the mask; a vector column as an array of shape (rows, ...), its
    mask of the same shape; cells of varying length as an object array of arrays. A NaN that is not flagged is a value.

    Parameters
    ----------
    nulls
        Per column, what `<VALUES null="...">` says stands for a missing number; "" where it says nothing.
    notes
        Sentences about what was read in another way than the standard has it are added here.
    compact
        Text in ASCII comes as numpy's own fixed-width str where that does not grow too large.

    Raises
    ------
    FileFormatError
        The bytes end within a row, or are not what the columns say.
    """
    types = [field_type(column) for column in columns]
    nulls = [""] * len(types) if nulls is None else nulls
    for kind in types:
        if kind.variable and (kind.shape or kind.length is not None or kind.datatype == "bit"):
            raise FileFormatError(
                f"Column {kind.name!r} has a varying number of {kind.datatype} arrays in one cell, whose binary form "
                "services disagree about. Ask for TABLEDATA, or leave the column out of the query."
            )
    if not types:
        raise FileFormatError("The VOTable has rows but no FIELD.")
    if not len(data):
        return [(np.empty((0,) if kind.variable else (0, *kind.shape), kind.native), None) for kind in types]
    data = memoryview(data)
    flags = (len(types) + 7) // 8 if binary2 else 0
    parts = _Parts(types, data, flags)
    return [_column(kind, j, parts, nulls[j], notes, compact) for j, kind in enumerate(types)]


class _Parts:
    """Where the cells are: runs of fixed width as structured arrays, the cells that vary by their starts and stops."""

    def __init__(self, types: list[FieldType], data: memoryview, flags: int) -> None:
        self.data = data
        self.flags: NDArray[np.uint8] | None = None  # the null bits, a byte of every row after the other
        self.any = np.empty(0, np.uint8)
        # runs[i] is what lies before the i-th cell of varying length; the last one what lies behind all of them
        runs: list[list[tuple[Any, ...]]] = [[("nulls", "u1", (flags,))] if flags else []]
        self.home: list[int] = []
        sizes: list[int] = []
        for j, kind in enumerate(types):
            self.home.append(len(runs) - 1)
            if kind.variable:
                sizes.append(kind.item.itemsize)
                runs.append([])
            else:
                runs[-1].append((f"c{j}", kind.item, kind.stored))
        size = len(data)
        least = flags + sum(4 if kind.variable else kind.width for kind in types)
        if least > size:
            raise FileFormatError(
                f"The binary rows are at least {least} bytes each, but there are {size} bytes in all: the VOTable is "
                "incomplete, or its FIELDs do not tell what it holds."
            )
        self.dtypes = [np.dtype(run) for run in runs]
        self.starts = np.empty((0, 0), np.int64)
        self.stops = self.starts
        if not sizes:
            width = self.dtypes[0].itemsize
            if width == 0 or size % width:
                raise FileFormatError(
                    f"The binary rows are {width} bytes each, but there are {size} bytes: the VOTable is incomplete, "
                    "or its FIELDs do not tell what it holds."
                )
            self.nrows = size // width
            self.runs = [np.frombuffer(data, self.dtypes[0])]
            return
        gaps = [dtype.itemsize for dtype in self.dtypes]
        found = _short_cells(data, gaps, sizes[0]) if len(sizes) == 1 else None
        if found is None:
            found = np.fromiter(_walk(data, gaps, sizes), np.int64)
        self.starts = found.reshape(-1, len(sizes)) + 4
        self.nrows = len(self.starts)
        buffer = np.frombuffer(data, np.uint8)
        counts = _take(buffer, self.starts - 4, np.dtype(">u4")).astype(np.int64)
        self.stops = self.starts + counts * np.array(sizes)
        befores = [self.starts[:, 0] - 4 - gaps[0], *self.stops.T]
        self.runs = [_take(buffer, at, dtype) for at, dtype in zip(befores, self.dtypes, strict=True)]

    def missing(self, j: int) -> Mask:
        """The null bits of the j-th column, most significant bit first."""
        if "nulls" not in (self.dtypes[0].names or ()):
            return None
        if self.flags is None:
            self.flags = np.ascontiguousarray(self.runs[0]["nulls"].T)
            self.any = np.bitwise_or.reduce(self.flags, axis=1)
        bit = 128 >> (j % 8)
        return self.flags[j // 8] & bit != 0 if self.any[j // 8] & bit else None


def _short_cells(data: memoryview, gaps: list[int], size: int) -> NDArray[np.int64] | None:
    """As `_walk`, for one cell that varies in each row and never has 256 items or more; None if one has.

    Only the last byte of each count is looked at on the way, which takes a third of the time; whether that was right
    is seen at the end.
    """
    end, first, step = len(data), gaps[0], 4 + gaps[0] + gaps[1]
    at = first + 3
    found: list[int] = []
    add = found.append
    while at < end:
        add(at)
        at += step + size * data[at]
    starts = np.array(found, np.int64) - 3
    if at != end + first + 3 or _take(np.frombuffer(data, np.uint8), starts, np.dtype(">u4")).max() > 255:
        return None
    return starts


def _walk(data: memoryview, gaps: list[int], sizes: list[int]) -> Iterator[int]:
    """Where the counts of the cells of varying length are, row after row: each tells where the next one is."""
    read = struct.Struct(">I").unpack_from
    # behind a cell: what is fixed until the next count, that of the next row behind the last cell of one
    behind = [*gaps[1:-1], gaps[-1] + gaps[0]]
    end, at, column = len(data), gaps[0], 0
    try:
        for column, (size, gap) in cycle(enumerate(zip(sizes, behind, strict=True))):  # noqa: B007 - asked for below
            if at >= end:
                break
            yield at
            at += 4 + gap + size * read(data, at)[0]
    except struct.error:
        column = -1
    if column != 0 or at != end + gaps[0]:
        raise FileFormatError(
            f"The binary rows end within a row, after {end} bytes: the VOTable is incomplete, or its FIELDs do not "
            "tell what it holds."
        )


def _take(buffer: NDArray[np.uint8], at: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The items of `dtype` that begin at these bytes."""
    if dtype.itemsize == 0 or at.size == 0:
        return np.empty(at.shape, dtype)
    blocks = np.dtype(f"V{dtype.itemsize}")
    everywhere: NDArray[Any] = np.ndarray((len(buffer) - dtype.itemsize + 1,), blocks, buffer, strides=(1,))
    return everywhere[at].view(dtype)


def _column(  # noqa: PLR0917 - private, called once
    kind: FieldType, j: int, parts: _Parts, null: str, notes: list[str] | None, compact: bool
) -> Read:
    mask = parts.missing(j)
    run = parts.home[j]
    if kind.variable:
        if compact and kind.datatype == "char":
            texts = _short_texts(parts, run)
            if texts is not None:
                if mask is not None:
                    texts[mask] = ""
                return texts, mask
        return _varying(kind, parts.starts[:, run], parts.stops[:, run], parts.data, mask, notes)
    cells = parts.runs[run][f"c{j}"]
    if kind.is_text:
        return _fixed_text(kind, cells, mask, notes)
    mask = None if mask is None else np.broadcast_to(mask.reshape(-1, *[1] * len(kind.shape)), cells.shape).copy()
    return numbers(kind, cells, mask, null)


def numbers(kind: FieldType, cells: NDArray[Any], mask: Mask, null: str) -> Read:
    """Numbers as they lie in the stream, to native ones, with what is missing."""
    if kind.datatype == "bit":
        if not kind.shape:
            # one bit is the first of its byte; some writers set another one
            return cells[:, 0] != 0, None if mask is None else mask
        bits = np.unpackbits(cells, axis=1)[:, : int(np.prod(kind.shape))].reshape(-1, *kind.shape)
        return bits.astype(bool), None if mask is None else np.broadcast_to(mask.reshape(bits.shape), bits.shape)
    if kind.datatype == "boolean":
        letters = LETTERS[cells]
        if mask is not None:
            letters[mask] = 2
        if (letters == 3).any():
            wrong = cells[letters == 3].ravel()[0]
            raise FileFormatError(f"Column {kind.name!r} is declared as boolean, but holds the byte {int(wrong)}.")
        unknown = letters == 2
        return letters == 1, unknown if unknown.any() else None
    values = cells.astype(kind.native)
    if null and (gone := is_null(kind, values, null)).any():
        mask = gone if mask is None else mask | gone
    return values, mask


def _note(kind: FieldType, odd: int, notes: list[str] | None) -> None:
    if odd and notes is not None:
        notes.append(
            f"{odd} texts of column {kind.name!r} are not in the encoding VOTable asks for; "
            + ("they were read as Latin-1." if kind.datatype == "char" else "what is no character became U+FFFD.")
        )


def _fixed_text(kind: FieldType, cells: NDArray[Any], mask: Mask, notes: list[str] | None) -> Read:
    """Text of fixed length; the first NUL ends it (VOTable 1.4, section 6)."""
    length = kind.length or 0
    codes = np.ascontiguousarray(cells).reshape(len(cells) * int(np.prod(kind.shape)), length)
    ends = codes == 0
    sizes = np.where(ends.any(axis=1), ends.argmax(axis=1), length) if length else np.zeros(len(codes), np.int64)
    starts = np.arange(len(codes), dtype=np.int64) * length
    width = kind.item.itemsize
    texts, odd = decode_texts(
        codes.tobytes(), starts * width, (starts + sizes) * width, unicode=kind.datatype == "unicodeChar"
    )
    _note(kind, odd, notes)
    texts = texts.reshape(len(cells), *kind.shape)
    if mask is not None:
        texts[mask] = ""
        mask = np.broadcast_to(mask.reshape(-1, *[1] * len(kind.shape)), texts.shape).copy()
    return texts, mask


def _short_texts(parts: _Parts, run: int) -> NDArray[np.str_] | None:
    """A column of `char` cells as numpy's own text; None if that would be too large, or cannot hold it."""
    starts, sizes = parts.starts[:, run], parts.stops[:, run] - parts.starts[:, run]
    width = int(sizes.max())
    if not fits_numpy(width, len(sizes)):
        return None
    buffer = np.frombuffer(parts.data, np.uint8)
    # The last rows are nearer to the end than the widest text is long.
    inner = int(np.searchsorted(starts, len(buffer) - width, "right"))
    codes = np.zeros((len(sizes), width), np.uint8)
    if width and inner:
        codes[:inner] = _take(buffer, starts[:inner], np.dtype(f"S{width}")).view(np.uint8).reshape(inner, width)
    for row in range(inner, len(sizes)):
        codes[row, : sizes[row]] = buffer[starts[row] : starts[row] + sizes[row]]
    return short_texts(codes, sizes)


def _varying(  # noqa: PLR0917 - private, called once
    kind: FieldType,
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    data: memoryview,
    mask: Mask,
    notes: list[str] | None,
) -> Read:
    if kind.is_text:
        values, odd = decode_texts(data, starts, stops, unicode=kind.datatype == "unicodeChar")
        _note(kind, odd, notes)
        if mask is not None:
            values[mask] = ""
        return values, mask
    result = np.empty(len(starts), object)
    for row, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        cells = np.frombuffer(data, kind.item, (stop - start) // kind.item.itemsize, start)
        result[row], _ = numbers(kind, cells, None, "")
    return result, mask
