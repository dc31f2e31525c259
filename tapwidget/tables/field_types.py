"""What a VOTable FIELD holds and how wide it is: datatype and arraysize as numpy sees them.

Source: VOTable 1.4, sections 2.1 (primitive types), 2.2 (arrays) and 6 (their binary form).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import ColumnError
from tapwidget.ivoa.tapschema import Column

# One item as it travels: big-endian. A boolean travels as a letter, bits eight to a byte.
ITEMS = {
    "boolean": "u1",
    "bit": "u1",
    "unsignedByte": "u1",
    "short": ">i2",
    "int": ">i4",
    "long": ">i8",
    "char": "u1",
    "unicodeChar": ">u2",
    "float": ">f4",
    "double": ">f8",
    "floatComplex": ">c8",
    "doubleComplex": ">c16",
}
INTEGERS = frozenset({"unsignedByte", "short", "int", "long"})
# A FIELD may declare any size; what is made of it must stay within what numpy and memory take.
LARGEST_CELL = 2**24
ARRAYSIZE = re.compile(r"\s*(?:(\d+(?:x\d+)*)(x?\*)?|(\*))\s*\Z")


@dataclass(frozen=True)
class FieldType:
    """A FIELD's type.

    `shape` is numpy's shape of one cell: VOTable's "2x3" (first index fastest) is (3, 2); () for one number or text.
    `length` is the number of characters of a text of fixed length, None where it varies.
    `variable` says that a 4-byte count of items comes before the cell; `shape` is then that of what varies in number.
    """

    name: str
    datatype: str
    item: np.dtype[Any]
    shape: tuple[int, ...] = ()
    length: int | None = None
    limit: int | None = None
    variable: bool = False

    @property
    def is_text(self) -> bool:
        return self.datatype in {"char", "unicodeChar"}

    @property
    def is_integer(self) -> bool:
        return self.datatype in INTEGERS

    @property
    def native(self) -> np.dtype[Any]:
        """The dtype of the array that holds such values here: native byte order, bool, or object for text."""
        if self.is_text:
            return np.dtype(object)
        if self.datatype in {"boolean", "bit"}:
            return np.dtype(bool)
        return self.item.newbyteorder("=")

    @property
    def stored(self) -> tuple[int, ...]:
        """Shape, in items, of a cell of fixed width."""
        if self.datatype == "bit":
            return ((prod(self.shape) + 7) // 8,)
        return (*self.shape, self.length) if self.is_text and self.length is not None else self.shape

    @property
    def width(self) -> int:
        """Bytes of a cell of fixed width; 0 where it varies."""
        return 0 if self.variable else prod(self.stored) * self.item.itemsize


def field_type(column: Column) -> FieldType:
    """The type of a FIELD; `ColumnError` where VOTable knows no such datatype or arraysize."""
    name, datatype, arraysize = column.name, column.datatype, column.arraysize
    if datatype not in ITEMS:
        raise ColumnError(
            f"Column {name!r} has the datatype {datatype!r}, which VOTable does not know; "
            f"it must be one of {', '.join(ITEMS)}."
        )
    item = np.dtype(ITEMS[datatype])
    found = ARRAYSIZE.match(arraysize or "1")
    if found is None:
        raise ColumnError(f"Column {name!r} has the arraysize {arraysize!r}; VOTable writes '12', '*', '12*' or '2x3'.")
    sizes = [int(n) for n in (found[1] or "").split("x") if n]
    if prod(sizes) > LARGEST_CELL:
        raise ColumnError(
            f"Column {name!r} declares cells of {prod(sizes)} items; no more than {LARGEST_CELL} are read."
        )
    variable = bool(found[2] or found[3])
    # "12*" is a bound on what varies, "2x*" has no bound
    limit = sizes.pop() if found[2] == "*" else None
    if datatype in {"char", "unicodeChar"}:
        if variable and not sizes:
            return FieldType(name, datatype, item, (), None, limit, True)
        return FieldType(name, datatype, item, tuple(sizes[:0:-1]), sizes[0], limit, variable)
    if not variable and sizes == [1]:
        sizes = []
    return FieldType(name, datatype, item, tuple(sizes[::-1]), None, limit, variable)


def integer(text: str) -> int:
    """An integer in decimal, or in hexadecimal with 0x (VOTable 1.4, section 6); `ValueError` for anything else."""
    word = text.strip()
    if "_" in word or not word.isascii():  # which Python would take
        raise ValueError(text)
    return int(word, 16) if word.lower().lstrip("+-").startswith("0x") else int(word)


def real(text: str) -> float:
    """A number with a decimal point, or NaN, or Inf; `ValueError` for anything else."""
    word = text.strip()
    if "_" in word or not word.isascii():
        raise ValueError(text)
    return float(word)


def is_null(kind: FieldType, values: NDArray[Any], null: str) -> NDArray[np.bool_]:
    """Which numbers are the one that `<VALUES null="...">` declares to stand for a missing one."""
    if null and kind.native.kind in "iuf":
        try:
            sentinel = integer(null) if kind.is_integer else kind.native.type(real(null))
        except ValueError:  # such as "N/A", which no number is
            return np.zeros(values.shape, bool)
        return np.isnan(values) if sentinel != sentinel else np.asarray(values == sentinel)  # noqa: PLR0124 - NaN
    return np.zeros(values.shape, bool)
