"""Which cells of a column contain a text: what each shows, without regard to case.

Most columns of a long table are numbers, and most texts are no part of any number: what cannot hold the text is left
out, the rest looked through by the array, not cell by cell. Digits of a float that are not on the screen would be
a find that nobody sees; of a long text, they are meant.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from tapwidget.tables.cell_format import ELLIPSIS, MISSING_ELEMENT, ColumnCells, Rows, is_nothing
from tapwidget.tables.digits import may_show

Found = npt.NDArray[np.bool_]

_IN_VECTORS = set(f"0123456789.-+einf[], {ELLIPSIS}{MISSING_ELEMENT}")
# No float shows more digits in a row: beyond 1e12 it has an exponent.
_IN_A_FLOAT = re.compile(r"[+-]?\d{0,13}(?:\.\d{0,13})?(?:e(?:[+-]\d{0,3})?)?|-?i?n?f?", re.ASCII)


def may_contain(cells: ColumnCells, wanted: str) -> bool:
    """False where no cell of the column can contain the text, whatever its values; `wanted` in casefold."""
    if cells.user_format:
        return True
    if cells.kind == "integer" and cells.values.dtype.kind in "iu":
        return re.fullmatch(r"-?\d*", wanted, re.ASCII) is not None
    if cells.kind == "boolean":
        return wanted in "true" or wanted in "false"
    if cells.kind == "float":
        return _IN_A_FLOAT.fullmatch(wanted) is not None
    if cells.kind == "vector" and cells.values.dtype.kind in "iuf":
        return set(wanted) <= _IN_VECTORS
    return True


def containing(cells: ColumnCells, rows: Rows, wanted: str) -> Found:
    """True for each of these rows whose cell contains the text, shape (rows,); `wanted` in casefold."""
    values = cells.values[rows]
    if cells.user_format and cells.kind != "text":
        return _in_texts(cells.shown(rows), wanted)
    if cells.kind == "integer" and values.dtype.kind in "iu":
        # Bytes are a quarter of the text, and an integer's digits are all in them.
        found = np.char.find(values.astype("S21"), wanted.encode()) >= 0
        return found if cells.mask is None else found & ~cells.mask[rows]
    if cells.kind == "boolean":
        found = np.where(values, wanted in "true", wanted in "false")
        return found if cells.mask is None else found & ~cells.mask[rows]
    if cells.kind == "text" and _is_nowhere(values, wanted):
        return np.zeros(len(rows), dtype=bool)
    if cells.kind == "float":
        found = may_show(values, cells.decimals, wanted)
        found[found] = _in_texts(cells.shown(rows[found]), wanted)
        return found
    texts = cells.shown(rows) if cells.kind == "vector" else cells.exact(rows)
    return _in_texts(texts, wanted)


def _in_texts(texts: list[str | None], wanted: str) -> Found:
    return np.array([wanted in (text or "").casefold() for text in texts], dtype=bool)


def _is_nowhere(values: npt.NDArray[np.generic], wanted: str) -> bool:
    """True where the text is in none of these; they are looked through as one long text."""
    texts = values.tolist()
    if values.dtype.kind == "S":
        return wanted not in b"\0".join(texts).decode("utf-8", "backslashreplace").casefold()
    if values.dtype.kind == "O":
        if not all(isinstance(text, str) or is_nothing(text) for text in texts):
            return False
        texts = [text for text in texts if isinstance(text, str)]
    return wanted not in "\0".join(texts).casefold()
