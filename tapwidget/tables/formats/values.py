"""Columns of text become columns of integers, floats, truth values or text, and no digit is lost on the way.

Every delimited text file comes through here, small or large, so that the size of a file never changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.table import Column, MaskedColumn

from tapwidget.tables.formats.outcome import listing

# Missing in any column. An object called "nan" would match every other missing one, hence text is not spared.
MISSING = ("", "null", "NULL", "Null", "nan", "NaN", "NAN", "\\N")
# Missing where the rest of the column are numbers; in a column of text they may be a sign or a note.
MISSING_NUMBER = ("-", "--", "---", "----", "N/A", "n/a", "#N/A", "NA", "None", "none", "...", "..", ".", "?", "-nan")
TRUTH = {"True": True, "true": True, "TRUE": True, "False": False, "false": False, "FALSE": False}

INTEGER = r"^[+-]?[0-9]+$"
DOUBTED = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)\s*[?:]$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eEdD][+-]?[0-9]+)?$"
DECIMAL_COMMA = r"^[+-]?[0-9]+(,[0-9]+)?([eE][+-]?[0-9]+)?$"
BEYOND_DOUBLE = 2.0**53
MINUS = "\N{MINUS SIGN}"


@dataclass
class Notes:
    """What happened to which columns. `special` says that plain astropy would read the file otherwise."""

    missing: dict[str, list[str]] = field(default_factory=dict)
    padded: list[str] = field(default_factory=list)
    beyond_int64: list[str] = field(default_factory=list)
    leading_zeros: list[str] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)
    decimal_comma: list[str] = field(default_factory=list)
    fortran: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)
    minus: list[str] = field(default_factory=list)
    rounded: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    @property
    def special(self) -> bool:
        """Whether astropy's own reader would give other types for this file."""
        return bool(
            self.beyond_int64
            or self.leading_zeros
            or self.truth
            or self.decimal_comma
            or self.fortran
            or self.doubted
            or self.minus
            or self.empty
        )

    def sentences(self) -> list[str]:
        said = [
            f"“{word}” was read as missing in {listing(columns)}."
            for word, columns in self.missing.items()
            if word and columns
        ]
        for columns, sentence in (
            (self.padded, "Blanks around the values of {} were taken off."),
            (self.beyond_int64, "{} holds whole numbers beyond 64 bits: kept exactly, as text."),
            (self.leading_zeros, "{} holds numbers that begin with zeros: kept exactly, as text."),
            (self.truth, "True and False in {} were read as truth values."),
            (self.decimal_comma, "Decimal commas in {} were read as decimal points."),
            (self.fortran, "Exponents written with D in {} were read as powers of ten."),
            (self.doubted, "Marks of doubt (14.9? or 14.9:) in {} were left out, so that the rest are numbers."),
            (self.minus, "The typographic minus sign in {} was read as a minus."),
            (self.empty, "{} holds no value at all: read as missing numbers."),
            (
                self.rounded,
                "{} holds whole numbers written like 1.23E+18: a spreadsheet has rounded them, and the exact ones are "
                "not in this file. If they are identifiers, get the file again from where it came.",
            ),
        ):
            if columns:
                said.append(sentence.format(listing(columns)))
        return said


def typed(name: str, text: Any, notes: Notes, *, decimal_comma: bool = False) -> Column | MaskedColumn:
    """The column `text` (a pyarrow array of strings) with the type that holds all of its values exactly."""
    text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    trimmed = pc.utf8_trim_whitespace(text)
    if pc.sum(pc.binary_length(text)).as_py() != pc.sum(pc.binary_length(trimmed)).as_py():
        notes.padded.append(name)
    missing = pc.is_in(trimmed, value_set=pa.array(MISSING))
    number_missing = pc.or_(missing, pc.is_in(trimmed, value_set=pa.array(MISSING_NUMBER)))
    values = trimmed.filter(pc.invert(number_missing))
    if len(values):
        numbers = _numbers(name, values, notes, decimal_comma)
        if numbers is None and pc.any(pc.match_substring(values, MINUS)).as_py():
            numbers = _numbers(name, pc.replace_substring(values, MINUS, "-"), notes, decimal_comma)
            if numbers is not None:
                notes.minus.append(name)
        if numbers is not None:
            return _spread(name, numbers, number_missing, trimmed, notes)
    elif pc.all(missing).as_py() is not False:
        if len(text):
            notes.empty.append(name)
            _note_words(name, trimmed, missing, notes)
        return MaskedColumn(np.full(len(text), np.nan), mask=np.ones(len(text), dtype=bool), name=name)
    values = trimmed.filter(pc.invert(missing))
    words = pc.unique(values.slice(0, 1000)).to_pylist()
    if all(word in TRUTH for word in words) and all(word in TRUTH for word in pc.unique(values).to_pylist()):
        notes.truth.append(name)
        truth = np.array([TRUTH[word] for word in values.to_pylist()], dtype=bool)
        return _spread(name, truth, missing, trimmed, notes)
    return _spread(name, np.array(values.to_pylist(), dtype=np.str_), missing, trimmed, notes)


def _numbers(name: str, values: Any, notes: Notes, decimal_comma: bool) -> np.ndarray | None:
    """int64 or float64 of all values; None where they must stay text."""
    first = values[0].as_py()
    if pc.match_substring_regex(pa.array([first]), INTEGER)[0].as_py() and _all(values, INTEGER):
        return _integers(name, values, notes)
    try:
        floats = values.cast(pa.float64())
    except pa.ArrowInvalid:
        if decimal_comma and _all(values, DECIMAL_COMMA):
            notes.decimal_comma.append(name)
            values = pc.replace_substring(values, ",", ".")
        elif not _all(values, NUMBER):
            doubted = pc.match_substring_regex(values, DOUBTED)
            if pc.sum(doubted).as_py() > 0.05 * len(values) or not _all(values.filter(pc.invert(doubted)), NUMBER):
                return None
            if not pc.any(doubted).as_py():
                return None
            notes.doubted.append(name)
            values = pc.replace_substring_regex(values, r"\s*[?:]$", "")
        elif pc.any(pc.match_substring_regex(values, "[dD]")).as_py():
            notes.fortran.append(name)
            values = pc.replace_substring_regex(values, "[dD]", "e")
        floats = pc.replace_substring_regex(values, r"^\+", "").cast(pa.float64())
    result: np.ndarray = floats.to_numpy(zero_copy_only=False)
    whole = np.isfinite(result) & (np.abs(result) > BEYOND_DOUBLE)
    if whole.any() and whole.all() and pc.all(pc.match_substring_regex(values, "[eE]")).as_py():
        notes.rounded.append(name)
    return result


def _integers(name: str, values: Any, notes: Notes) -> np.ndarray | None:
    if pc.any(pc.match_substring_regex(values, r"^[+-]?0[0-9]")).as_py():
        notes.leading_zeros.append(name)
        return None
    values = pc.replace_substring_regex(values, r"^\+", "")
    try:
        integers: np.ndarray = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        notes.beyond_int64.append(name)
        return None
    if pc.any(pc.equal(values, "-0")).as_py() and np.abs(integers).max() < BEYOND_DOUBLE:
        return np.array(values.cast(pa.float64()).to_numpy(zero_copy_only=False))  # an integer has no minus zero
    return integers


def _all(values: Any, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())


def _spread(name: str, values: np.ndarray, missing: Any, trimmed: Any, notes: Notes) -> Column | MaskedColumn:
    """The values in their rows; a masked column only where something is missing."""
    mask = missing.to_numpy(zero_copy_only=False)
    if not mask.any():
        # Arrow's own memory is read-only; people change their columns.
        return Column(values if values.flags.writeable else values.copy(), name=name)
    _note_words(name, trimmed, missing, notes)
    data = np.zeros(len(mask), dtype=values.dtype)
    if data.dtype.kind == "f":
        data[:] = np.nan
    data[~mask] = values
    return MaskedColumn(data, mask=mask, name=name)


def _note_words(name: str, trimmed: Any, missing: Any, notes: Notes) -> None:
    for word in pc.unique(trimmed.filter(missing)).to_pylist():
        notes.missing.setdefault(word, []).append(name)
