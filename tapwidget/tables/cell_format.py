"""One column of an astropy table as text: what a cell shows, and what it holds exactly.

A float is shown with as many decimals as its kind deserves (positions 7, magnitudes 4, others by their spread) and
copied with all of them; an integer is always whole, so that an identifier above 2^53 survives every front end. A value
that is masked, None, NaN or NaT is missing: None here, whatever stands in the array beneath.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

LONGEST = 100  # characters of one cell on screen; longer text ends in an ellipsis there, never in a copy
ELEMENTS = 6  # of an array in one cell, likewise
SAMPLE = 200  # rows from which the decimals and the width of a column are judged
ELLIPSIS = "…"
MISSING_ELEMENT = "—"  # in an array; a missing cell is None

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ColumnCells:
    """How one column is shown.

    `kind` is "integer", "float", "boolean", "text", "vector" or "other"; `values` has one entry a row; `mask` is True
    where the table itself says that a value is missing, None where it masks nothing.
    """

    name: str
    kind: str
    values: Array
    mask: npt.NDArray[np.bool_] | None
    unit: str
    ucd: str
    description: str
    user_format: str | Callable[[Any], str] | None

    @cached_property
    def missing(self) -> npt.NDArray[np.bool_]:
        """True for each row without a value, shape (rows,)."""
        return _missing(self.values, self.mask)

    def shown(self, rows: Rows | slice) -> list[str | None]:
        """The text of these cells for the screen; None where the value is missing."""
        values, missing = self._cut(rows)
        return [None if gone else self.text(value) for value, gone in zip(values, missing, strict=True)]

    def exact(self, rows: Rows | slice) -> list[str | None]:
        """These cells so that nothing is lost: floats at full precision, arrays and text at full length."""
        values, missing = self._cut(rows)
        return [None if gone else _exact(value) for value, gone in zip(values, missing, strict=True)]

    def text(self, value: Any) -> str:
        """A value that is not missing, as a cell of this column would show it."""
        return _shorten(self._show(value))

    @cached_property
    def width(self) -> int:
        """Characters that the widest cell takes, name and unit apart: exact for integers, else judged from a sample."""
        if self.kind == "integer" and self.values.dtype.kind in "iu" and len(self.values):
            return max(len(str(self.values.min())), len(str(self.values.max())))
        return max((len(text) for text in self.shown(self._sample) if text is not None), default=1)

    def _cut(self, rows: Rows | slice) -> tuple[list[Any] | Array, npt.NDArray[np.bool_]]:
        values = self.values[rows]
        mask = None if self.mask is None else self.mask[rows]
        missing = _missing(values, mask)
        if values.ndim > 1 and mask is not None:
            return [np.ma.masked_array(v, m) for v, m in zip(values, mask, strict=True)], missing
        return values, missing

    @property
    def _sample(self) -> slice:
        step = max(1, len(self.values) // SAMPLE)
        return slice(0, step * SAMPLE, step)

    @cached_property
    def _show(self) -> Callable[[Any], str]:
        if self.user_format:
            return _user_format(self.user_format)
        if self.kind == "float":
            return _general if self.decimals is None else _fixed(self.decimals)
        return _plain

    @cached_property
    def decimals(self) -> int | None:
        """Decimals for a float column; None where one number of decimals suits no two of its values."""
        double = self.values.dtype.itemsize > 4
        sample = self.values[self._sample]
        sample = sample[~_missing(sample, None if self.mask is None else self.mask[self._sample])]
        sizes = np.abs(sample[np.isfinite(sample) & (sample != 0)].astype(np.float64))
        largest = float(sizes.max()) if sizes.size else 1.0
        words = self.ucd.lower().split(";")
        if words[0].startswith(("pos.eq", "pos.galactic", "pos.ecliptic")) or self.unit == "deg":
            return 7 if double else 5
        if "mag" in self.unit or words[0].startswith("phot.mag"):
            return 4
        if words[0] == "time.epoch" or (self.unit in {"d", "day"} and largest > 1e4):
            return 6 if double else 2
        if self.unit == "arcsec":
            return 4
        if not 1e-3 <= largest < 1e9 or largest > 1e7 * float(sizes.min(initial=largest)):
            return None
        most = min(7, max(1, (6 if double else 5) - int(np.floor(np.log10(largest)))))
        return next((d for d in range(1, most) if np.array_equal(np.round(sample, d), sample, equal_nan=True)), most)


def column_cells(table: Any, name: str) -> ColumnCells:
    """One column of an astropy `Table`, mixin columns included."""
    column = table[name]
    values, mask = _values(column)
    info = column.info
    meta = {**(info.meta or {}), **(getattr(column, "meta", None) or {})}
    return ColumnCells(
        name=name,
        kind=_kind(values),
        values=values,
        mask=mask,
        unit="" if info.unit is None else str(info.unit),
        ucd=str(meta.get("ucd") or ""),
        description=str(info.description or ""),
        user_format=info.format or None,
    )


def _values(column: Any) -> tuple[Array, npt.NDArray[np.bool_] | None]:
    mask = getattr(column, "mask", None)
    plain = getattr(column, "unmasked", column)  # astropy's Masked; MaskedColumn has .data instead
    if isinstance(plain, np.ma.MaskedArray):
        plain = plain.data
    elif not isinstance(plain, np.ndarray):  # Time, SkyCoord and other mixins: one text a row
        plain = np.array([str(item) for item in plain], dtype=object)
    values = np.asarray(getattr(plain, "value", plain))
    if mask is None or not np.any(mask) or np.shape(mask) != values.shape:
        return values, None
    return values, np.asarray(mask)


def _kind(values: Array) -> str:
    if values.ndim > 1:
        return "vector"
    kinds = {"b": "boolean", "i": "integer", "u": "integer", "f": "float", "U": "text", "S": "text"}
    if values.dtype.kind != "O":
        return kinds.get(values.dtype.kind, "other")
    sample = [v for v in values[: 5 * SAMPLE] if v is not None and v is not np.ma.masked]
    if all(isinstance(v, str | bytes) for v in sample):
        return "text"
    if all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in sample):
        return "integer"
    return "vector" if all(isinstance(v, np.ndarray | list | tuple) for v in sample) else "other"


def _missing(values: Array, mask: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.bool_]:
    axes = tuple(range(1, values.ndim))
    if values.dtype.kind in "fc":
        missing = np.isnan(values)
    elif values.dtype.kind in "mM":
        missing = np.isnat(values)
    elif values.dtype.kind == "O":
        flags = [is_nothing(v) for v in values.ravel()]
        missing = np.array(flags, dtype=bool).reshape(values.shape)
    else:
        missing = np.zeros(values.shape, dtype=bool)
    if mask is not None:
        missing = missing | mask
    if not axes:
        return missing
    # An array in a cell is missing only when all of it is; one without elements is just empty.
    return np.asarray(missing.all(axis=axes)) if values[0:1].size else np.zeros(len(values), dtype=bool)


def is_nothing(value: Any) -> bool:
    return value is None or value is np.ma.masked or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def _fixed(decimals: int) -> Callable[[Any], str]:
    def show(value: Any) -> str:
        number = float(value)
        if not np.isfinite(number) or abs(number) >= 1e12:
            return _general(value)
        text = f"{number:.{decimals}f}"
        # A tiny number must not look like zero.
        return _general(value) if number and not text.strip("-0.") else text

    return show


def _general(value: Any) -> str:
    return f"{float(value):.6g}"


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, np.ndarray | list | tuple):
        return _array(value, ELEMENTS, lambda v: _general(v) if isinstance(v, float | np.floating) else _plain(v))
    return str(value)


def _exact(value: Any) -> str:
    if isinstance(value, np.ndarray | list | tuple):
        return _array(value, None, _exact)
    if isinstance(value, float | np.floating):
        return str(value)  # the shortest text that reads back as the same number
    return _plain(value)


def _array(value: Any, most: int | None, show: Callable[[Any], str]) -> str:
    flat: Sequence[Any] = list(np.ma.asanyarray(value).ravel()) if isinstance(value, np.ndarray) else value
    parts = [MISSING_ELEMENT if is_nothing(v) else show(v) for v in flat[:most]]
    return "[" + ", ".join([*parts, *([ELLIPSIS] if most is not None and len(flat) > most else [])]) + "]"


def _user_format(form: str | Callable[[Any], str]) -> Callable[[Any], str]:
    """What astropy allows as a column's format: a callable, "{:.3f}", "%.3f" or ".3f"."""

    def show(value: Any) -> str:
        if callable(form):
            return str(form(value))
        try:
            if "{" in form:
                return form.format(value)
            return form % value if "%" in form else format(value, form)
        except (ValueError, TypeError, IndexError, KeyError):
            return _plain(value)  # a format that does not fit its column must not hide the value

    return show


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + ELLIPSIS
