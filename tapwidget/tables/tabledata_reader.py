"""<TR><TD> of a VOTable to columns.

The texts of the cells are gathered by a parser of XML, a block of rows at a time, and each column of a block is then
converted at once: by Python's own float() and int() where all cells are plain, else cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.field_types import FieldType, field_type, integer, is_null, real

Mask = NDArray[np.bool_] | None
Read = tuple[NDArray[Any], Mask]

# Rows whose cells are held as text at one time.
BLOCK_ROWS = 20_000
# An empty cell may stand for a large array: a small document must not fill the memory.
MOST_BLANK_ITEMS = 50_000_000
BOOLEANS = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False, "?": None, "": None}


def decode_rows(columns: Sequence[Column], xml: bytes, *, nulls: Sequence[str] | None = None) -> list[Read]:
    """The columns of rows given as <TR> elements in UTF-8. Answers and errors are those of `binary2.decode_rows`."""
    cells = Cells(columns, nulls)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    try:
        parser.Parse(b"<TABLEDATA>", False)
        cells.listen(parser, "", lambda: None)
        parser.Parse(xml, False)
        parser.Parse(b"</TABLEDATA>", True)
    except expat.ExpatError as error:
        raise FileFormatError(f"The rows are no well-formed XML: {error}.") from error
    return cells.columns()


class Cells:
    """Gathers the cells of one TABLEDATA and makes columns of them."""

    def __init__(self, columns: Sequence[Column], nulls: Sequence[str] | None = None) -> None:
        self.types = [field_type(column) for column in columns]
        self.nulls = [""] * len(self.types) if nulls is None else list(nulls)
        self.nrows = 0
        self.texts: list[str] = []
        self.blank_items = 0
        self.blocks: list[list[Read]] = []

    def listen(self, parser: expat.XMLParserType, prefix: str, done: Callable[[], None]) -> None:
        """Take the parser's events, from within <TABLEDATA> until its end; then call `done`.

        `prefix` is that of its tag ("vot:" or "").
        """
        texts, width, tr, td = self.texts, len(self.types), f"{prefix}TR", f"{prefix}TD"
        block = BLOCK_ROWS * width
        row_start = 0
        text = ""
        depth = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal text, depth, row_start
            if tag == td and depth == 1:
                text = ""
                if attributes.get("encoding"):
                    raise FileFormatError(f"A cell is encoded as {attributes['encoding']!r}, which is not supported.")
            elif tag == tr and depth == 0:
                row_start = len(texts)
            else:
                raise FileFormatError(f"Row {self.nrows} of the VOTable holds <{tag}> where no such element belongs.")
            depth += 1

        def data(more: str) -> None:
            nonlocal text
            text += more

        def end(_tag: str) -> None:
            nonlocal depth
            depth -= 1
            if depth == 1:
                texts.append(text)
                return
            if depth < 0:
                done()
                return
            if len(texts) - row_start != width:
                raise FileFormatError(
                    f"Row {self.nrows} of the VOTable has {len(texts) - row_start} cells for {width} FIELDs."
                )
            self.nrows += 1
            if len(texts) >= block:
                self._convert()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = data

    def columns(self) -> list[Read]:
        """All rows so far."""
        if self.texts or not self.blocks:
            self._convert()
        return [_joined([block[j] for block in self.blocks]) for j in range(len(self.types))]

    def _convert(self) -> None:
        width = len(self.types)
        for j, kind in enumerate(self.types):
            if kind.shape and not kind.variable:
                self.blank_items += prod(kind.shape) * sum(not text.strip() for text in self.texts[j::width])
        if self.blank_items > MOST_BLANK_ITEMS:
            raise FileFormatError(
                f"The VOTable has empty cells that stand for more than {MOST_BLANK_ITEMS} missing numbers; "
                "leave its array columns out of the query."
            )
        first = self.nrows - (len(self.texts) // width if width else 0)
        self.blocks.append(
            [_column(kind, self.texts[j::width], self.nulls[j], first) for j, kind in enumerate(self.types)]
        )
        self.texts.clear()


def _joined(parts: list[Read]) -> Read:
    values = np.concatenate([part[0] for part in parts]) if len(parts) > 1 else parts[0][0]
    if all(mask is None for _, mask in parts):
        return values, None
    masks = [np.zeros(part.shape, bool) if mask is None else mask for part, mask in parts]
    return values, np.concatenate(masks)


def _column(kind: FieldType, texts: list[str], null: str, first: int) -> Read:
    if kind.is_text:
        return _text_column(kind, texts, null)
    if kind.variable or kind.shape:
        return _array_column(kind, texts, null, first)
    if kind.datatype in {"boolean", "bit"} or kind.native.kind == "c":
        return _one_by_one(kind, texts, null, first)
    missing = np.fromiter((not text for text in texts), bool, len(texts))
    read: Callable[[str], Any] = int if kind.is_integer else float
    filled = [text or "0" for text in texts] if missing.any() else texts
    try:
        values = np.fromiter(map(read, filled), kind.native if kind.is_integer else np.float64, len(texts))
    except (ValueError, OverflowError):
        return _one_by_one(kind, texts, null, first)
    joined = "".join(texts)
    if "_" in joined or not joined.isascii() or not _fits(kind, values):
        return _one_by_one(kind, texts, null, first)
    values = values.astype(kind.native, copy=False)
    missing |= is_null(kind, values, null)
    if not missing.any():
        return values, None
    values[missing] = 0 if kind.is_integer else np.nan
    return values, missing


def _fits(kind: FieldType, values: NDArray[Any]) -> bool:
    """Whether no finite number is beyond a float32."""
    if kind.datatype != "float":
        return True
    with np.errstate(over="ignore"):
        return bool((np.isinf(values) == np.isinf(values.astype(np.float32))).all())


def _integer_or_none(text: str) -> int | None:
    """An integer; None for the NaN that some write where an integer is missing."""
    return None if text.strip().lower() == "nan" else integer(text)


def _boolean(text: str) -> bool | None:
    word = text.strip().lower()
    if word not in BOOLEANS:
        raise ValueError(text)
    return BOOLEANS[word]


def _bit(text: str) -> bool:
    return {"1": True, "0": False}[text.strip()]


def _items(kind: FieldType, text: str) -> list[Any]:
    """The numbers within one cell."""
    words = text.split()
    if kind.datatype == "bit":
        return [_bit(letter) for letter in "".join(words)]
    if kind.native.kind == "c":
        parts = [real(word) for word in words]
        if len(parts) % 2:
            raise ValueError(text)
        return [complex(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    read: Callable[[str], Any] = real
    if kind.datatype == "boolean":
        read = _boolean
    elif kind.is_integer:
        read = _integer_or_none
    return [read(word) for word in words]


def _wrong(kind: FieldType, text: str, row: int) -> FileFormatError:
    return FileFormatError(
        f"Column {kind.name!r} of the VOTable is declared as {kind.datatype}, but row {row} holds {text[:60]!r}."
    )


def _one_by_one(kind: FieldType, texts: list[str], null: str, first: int) -> Read:
    """The slow way: blanks, hexadecimals, booleans, complex numbers; and to find which cell is wrong."""
    values = np.zeros(len(texts), kind.native)
    missing = np.zeros(len(texts), bool)
    for row, text in enumerate(texts):
        word = text.strip()
        if not word or (null and word == null.strip()):
            missing[row] = True
            continue
        try:
            items = _items(kind, word)
            if len(items) != 1:
                raise _wrong(kind, text, first + row)
            if items[0] is None:
                missing[row] = True
                continue
            with np.errstate(over="ignore"):
                values[row] = items[0]
        except (ValueError, OverflowError, KeyError) as error:
            raise _wrong(kind, text, first + row) from error
        if kind.datatype == "float" and np.isinf(values[row]) and not np.isinf(items[0]):
            raise _wrong(kind, text, first + row)
    missing |= is_null(kind, values, null)
    if values.dtype.kind in "fc":
        values[missing] = np.nan
    elif missing.any():
        values[missing] = 0
    return values, missing if missing.any() else None


def _text_column(kind: FieldType, texts: list[str], null: str) -> Read:
    missing = np.fromiter((not text for text in texts), bool, len(texts))
    if null:
        missing |= np.fromiter((text == null for text in texts), bool, len(texts))
    values = np.empty(len(texts), object)
    values[:] = texts
    values[missing] = ""
    if kind.length is not None and (kind.shape or kind.variable):
        each = kind.length
        split = [[text[i : i + each].rstrip() for i in range(0, len(text), each)] for text in values]
        if kind.variable:
            values = np.empty(len(texts), object)
            values[:] = [np.array(parts, object) for parts in split] or []
        else:
            count = int(np.prod(kind.shape))
            flat = np.empty(len(texts) * count, object)
            flat[:] = [part for parts in split for part in (parts + [""] * count)[:count]]
            values = flat.reshape(len(texts), *kind.shape)
            missing = np.broadcast_to(missing.reshape(-1, *[1] * len(kind.shape)), values.shape).copy()
    return values, missing if missing.any() else None


def _array_column(kind: FieldType, texts: list[str], null: str, first: int) -> Read:
    """Cells of several numbers; a number that VALUES declares as null is missing by itself."""
    count = int(np.prod(kind.shape))
    cells: list[NDArray[Any]] = []
    masks: list[NDArray[np.bool_]] = []
    for row, text in enumerate(texts):
        blank = not text.strip()
        try:
            items = _items(kind, text)
            gone = np.fromiter((item is None for item in items), bool, len(items))
            cell = np.array([item or 0 for item in items], kind.native)
        except (ValueError, OverflowError, KeyError) as error:
            raise _wrong(kind, text, first + row) from error
        gone |= is_null(kind, cell, null)
        if blank and not kind.variable:
            fill = np.nan if kind.native.kind in "fc" else 0
            cell, gone = np.full(count, fill, kind.native), np.ones(count, bool)
        if kind.variable:
            gone = np.array([blank])
        if (not kind.variable and cell.size != count) or (kind.variable and cell.size % max(1, count)):
            raise _wrong(kind, text, first + row)
        cells.append(cell.reshape(-1, *kind.shape) if kind.variable and kind.shape else cell)
        masks.append(gone)
    if kind.variable:
        values = np.empty(len(texts), object)
        for row, cell in enumerate(cells):
            values[row] = cell
        missing = np.array([bool(mask[0]) for mask in masks], bool)
    else:
        values = np.array(cells, kind.native).reshape(len(texts), *kind.shape)
        missing = np.array(masks, bool).reshape(values.shape)
    return values, missing if missing.any() else None
