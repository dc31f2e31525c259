"""Rows of a VOTable as TABLEDATA: columns to <TR><TD> and back.

Arrow writes the cells of a column in one go, and puts the cells of the rows together. An empty cell is a null, also of
text: TABLEDATA has no empty string (VOTable 1.4, section 5.1). Arrays and masks are those of `binary2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from math import prod
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
Words = Any
"""An Arrow array of text (large_string), a null where a cell is missing."""


def encode_rows(
    columns: Sequence[Column], arrays: Sequence[NDArray[Any]], masks: Sequence[Mask] | None = None
) -> bytes:
    """The rows as <TR> elements in UTF-8, to stand within <TABLEDATA>.

    Numbers are written so that they come back the same. Raises `ColumnError` where a column holds what its datatype, or
    XML, cannot say.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    types = [field_type(column) for column in columns]
    masks = [None] * len(types) if masks is None else masks
    rows_of(types, arrays, masks)
    parts: list[Words] = []
    for before, (kind, values, mask) in zip(
        chain(["<TR><TD>"], repeat("</TD><TD>")), zip(types, arrays, masks, strict=True), strict=False
    ):
        parts += [pa.scalar(before, pa.large_string()), _cells(kind, *plain(values, mask))]
    parts += [pa.scalar(text, pa.large_string()) for text in ("</TD></TR>\n", "")]
    rows = pc.binary_join_element_wise(*parts, null_handling="replace", null_replacement="")
    if not len(rows):
        return b""
    # the texts of an Arrow array lie end to end
    _, edges, data = rows.buffers()
    written: bytes = data.slice(0, int(np.frombuffer(edges, np.int64)[len(rows)])).to_pybytes()
    return written


def escape(text: str) -> str:
    """Text for between tags, or for an attribute in double quotes; what XML cannot carry becomes U+FFFD."""
    return NOT_XML.sub("\ufffd", text.translate(REFERENCES))


def _cells(kind: FieldType, values: NDArray[Any], mask: Mask) -> Words:
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind.is_text:
        return pa.array(_texts(kind, values, mask), pa.large_string())
    if kind.variable:
        missing = np.zeros(len(values), bool) if mask is None else np.array(mask, bool)
        missing |= np.fromiter((cell is None for cell in values), bool, len(values))
        cells = [np.ravel(cell) for cell, gone in zip(values, missing, strict=True) if not gone]
        sizes = np.zeros(len(values), np.int64)
        sizes[~missing] = [cell.size for cell in cells]
        flat = np.concatenate([numbers(kind, cell, None) for cell in cells]) if cells else np.empty(0, kind.native)
        words = _lists(_words(kind, flat), sizes)
    else:
        if values.shape[1:] != kind.shape:
            raise ColumnError(f"Column {kind.name!r} has cells of shape {values.shape[1:]}, declared are {kind.shape}.")
        missing = whole_cells(kind, values, mask)
        words = _words(kind, numbers(kind, values, mask).ravel())
        if kind.shape:
            words = _lists(words, np.full(len(values), prod(kind.shape)))
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.large_string()), words) if missing.any() else words


def _lists(words: Words, sizes: NDArray[np.int64]) -> Words:
    """So many of the words to a cell, with blanks between them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    edges = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    joined = pc.binary_join(pa.LargeListArray.from_arrays(edges, words), pa.scalar(" ", pa.large_string()))
    return joined.cast(pa.large_string())


def _words(kind: FieldType, flat: NDArray[Any]) -> Words:
    """Each number as the shortest text that reads back the same."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind.datatype == "boolean":  # letters already
        return pa.array(np.ascontiguousarray(flat).view("S1")).cast(pa.large_string())
    if kind.datatype == "bit":
        flat = flat.view(np.uint8)
    if flat.dtype.kind == "c":
        return pc.binary_join_element_wise(
            _words(kind, flat.real), _words(kind, flat.imag), pa.scalar(" ", pa.large_string())
        )
    words = pa.array(flat).cast(pa.large_string())
    if flat.dtype.kind != "f" or np.isfinite(flat).all():
        return words
    # spelt as in VOTable 1.4, section 6
    odd = ~np.isfinite(flat)
    names = np.where(np.isnan(flat[odd]), "NaN", np.where(flat[odd] > 0, "+Inf", "-Inf"))
    return pc.replace_with_mask(words, pa.array(odd), pa.array(names.tolist(), pa.large_string()))


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
