"""Rows of a VOTable as TABLEDATA: columns to <TR><TD> and back.

An empty cell is a null, also of text: TABLEDATA has no empty string (VOTable 1.4, section 5.1). Arrays and masks are
those of `binary2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import ColumnError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.binary2 import numbers, plain, rows_of, texts_of, whole_cells
from tapwidget.tables.field_types import FieldType, field_type
from tapwidget.tables.tabledata_reader import decode_rows

__all__ = ["decode_rows", "encode_rows", "escape"]

Mask = NDArray[np.bool_] | None

# What XML 1.0 cannot carry at all, even as a character reference (XML 1.0, section 2.2).
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REFERENCES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)
SPECIAL = re.compile('[&<>"\r\t\n]')
# Spellings of VOTable 1.4, section 6, where Python's differ.
NOT_FINITE = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}


def encode_rows(
    columns: Sequence[Column], arrays: Sequence[NDArray[Any]], masks: Sequence[Mask] | None = None
) -> bytes:
    """The rows as <TR> elements in UTF-8, to stand within <TABLEDATA>.

    Numbers are written so that they come back the same. Raises `ColumnError` where a column holds what its datatype, or
    XML, cannot say.
    """
    types = [field_type(column) for column in columns]
    masks = [None] * len(types) if masks is None else masks
    rows_of(types, arrays, masks)
    cells = [_cells(k, *plain(v, m)) for k, v, m in zip(types, arrays, masks, strict=True)]
    row = "<TR>" + "<TD>%s</TD>" * len(types) + "</TR>\n"
    return "".join(map(row.__mod__, zip(*cells, strict=True))).encode()


def escape(text: str) -> str:
    """Text for between tags, or for an attribute in double quotes; what XML cannot carry becomes U+FFFD."""
    return NOT_XML.sub("\ufffd", text.translate(REFERENCES))


def _cells(kind: FieldType, values: NDArray[Any], mask: Mask) -> list[str]:
    if kind.is_text:
        return _texts(kind, values, mask)
    if kind.variable:
        return _lists(kind, values, mask)
    if values.shape[1:] != kind.shape:
        raise ColumnError(f"Column {kind.name!r} has cells of shape {values.shape[1:]}, declared are {kind.shape}.")
    missing = whole_cells(kind, values, mask)
    words = _words(kind, numbers(kind, values, mask))
    if kind.shape:
        each = len(words) // len(values) if len(values) else 0
        words = [" ".join(words[row * each : (row + 1) * each]) for row in range(len(values))]
    for row in np.flatnonzero(missing):
        words[row] = ""
    return words


def _words(kind: FieldType, values: NDArray[Any]) -> list[str]:
    """Each number as text that reads back the same."""
    flat = values.ravel()
    if kind.datatype == "boolean":
        return list(map(chr, flat.tolist()))
    if kind.datatype == "bit":
        return ["1" if bit else "0" for bit in flat.tolist()]
    if flat.dtype.kind in "iu":
        return list(map(str, flat.tolist()))
    if flat.dtype.kind == "c":
        parts = _words(kind, flat.view(flat.real.dtype))
        return [f"{real} {imaginary}" for real, imaginary in zip(parts[::2], parts[1::2], strict=True)]
    # the shortest text that is this float32, or this float64
    words = flat.astype("U").tolist() if flat.dtype.itemsize == 4 else list(map(repr, flat.tolist()))
    for index in np.flatnonzero(~np.isfinite(flat)):
        words[index] = NOT_FINITE[words[index]]
    return words


def _texts(kind: FieldType, values: NDArray[Any], mask: Mask) -> list[str]:
    texts, _ = texts_of(kind, values, mask)
    most = kind.limit if kind.length is None else kind.length
    joined = "".join(texts)
    wrong: list[tuple[Callable[[str], object], str]] = []
    if NOT_XML.search(joined):
        wrong.append((NOT_XML.search, "which XML cannot say; use BINARY2"))
    if kind.datatype == "char" and not joined.isascii():
        wrong.append((lambda text: not text.isascii(), "which is not ASCII; declare it as 'unicodeChar'"))
    if most is not None and max(map(len, texts), default=0) > most:
        wrong.append((lambda text: len(text) > most, f"longer than its arraysize {most}; declare it as '*'"))
    for test, why in wrong:
        row, text = next((row, text) for row, text in enumerate(texts) if test(text))
        raise ColumnError(f"Column {kind.name!r} holds {text[:40]!r} at row {row}, {why}.")
    return [text.translate(REFERENCES) for text in texts] if SPECIAL.search(joined) else texts


def _lists(kind: FieldType, values: NDArray[Any], mask: Mask) -> list[str]:
    """Cells with a varying number of numbers."""
    words = []
    for row, cell in enumerate(values):
        gone = cell is None or (mask is not None and bool(mask[row]))
        words.append("" if gone else " ".join(_words(kind, numbers(kind, np.asarray(cell), None))))
    return words
