"""Which floats of a column can show a text, told from their digits as numbers: to format millions takes a minute.

An answer is False only where the text is certainly not there. Where a rounding is too close to call, or a number is
written in a way of its own, it is True, and who wants to know formats these few.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Found = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

DIGITS = 6  # that "%.6g" shows
LOWEST = -4  # power of ten that it writes out: 0.0001
CERTAIN = 1e15  # up to here a float64 times a power of ten has its digits before the point right
WRITTEN = re.compile(r"(-?)(\d*)(\.?)(\d*)", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """A text of a sign, digits and a point. `before`, `after`: the digits on either side of the point."""

    negative: bool
    before: str
    has_point: bool
    after: str

    @property
    def digits(self) -> str:
        return self.before + self.after


def may_show(values: npt.NDArray[np.floating], decimals: int | None, wanted: str) -> Found:
    """False where a value cannot show the text, which is in casefold; shape (rows,).

    `decimals` as `cell_format.ColumnCells` has them: so many behind the point, or None for six significant digits.
    """
    numbers = values.astype(np.float64)
    read = WRITTEN.fullmatch(wanted)
    told = None if read is None else Wanted(bool(read[1]), read[2], bool(read[3]), read[4])
    if told is not None and not told.digits:
        return ~np.isnan(numbers)
    return _significant(numbers, told) if decimals is None else _fixed(numbers, decimals, told)


def _fixed(numbers: Floats, decimals: int, wanted: Wanted | None) -> Found:
    size = np.abs(numbers)
    with np.errstate(over="ignore"):
        scaled = size * 10.0**decimals
    ordinary = (size < 1e12) & (scaled < CERTAIN)
    whole, known = _rounded(np.where(ordinary, scaled, 0.0))
    # What would look like zero without being it has an exponent.
    ordinary &= known & ((whole > 0) | (size == 0))
    odd = ~ordinary & ~np.isnan(numbers)
    if wanted is None:
        return odd
    digits = wanted.digits
    length, places = len(digits), len(str(int(whole.max(initial=0)))) + 1
    if wanted.has_point:
        lowest: list[int] = [decimals - len(wanted.after)] if len(wanted.after) <= decimals else []
    else:  # on one side of the point; a sign is on the left
        behind = [] if wanted.negative else list(range(decimals - length + 1))
        lowest = [*behind, *range(decimals, max(decimals + 1, places))]
    found = np.zeros(len(numbers), dtype=bool)
    for place in lowest if length < len(str(int(CERTAIN))) else []:
        found |= _hold(whole, digits, place, decimals, from_the_first=wanted.negative)
    if wanted.negative:
        found &= np.signbit(numbers)
    return odd | (found & ordinary)


def _hold(whole: Whole, digits: str, place: int, decimals: int, *, from_the_first: bool) -> Found:
    """Where the last of these digits can be at `place`, counted from the last decimal, which is 0."""
    shifted = whole // 10**place
    if from_the_first:
        return np.asarray(shifted == int(digits))
    step = 10 ** len(digits)
    found = shifted - shifted // step * step == int(digits)
    first = place + len(digits) - 1
    if digits[0] == "0" and first > decimals:  # nothing stands before the first digit, nor a zero
        found &= whole >= 10**first
    return np.asarray(found)


def _significant(numbers: Floats, wanted: Wanted | None) -> Found:
    size = np.abs(numbers)
    ordinary = (size > 1e-300) & (size < 1e300)
    size = np.where(ordinary, size, 1.0)
    exponent = np.floor(np.log10(size)).astype(np.int64)
    scaled = size * 10.0 ** (DIGITS - 1 - exponent)
    mantissa, known = _rounded(scaled)
    ordinary &= known & (mantissa >= 10 ** (DIGITS - 1)) & (mantissa < 10**DIGITS) & (scaled >= 10 ** (DIGITS - 1))
    odd = ~ordinary & ~np.isnan(numbers)
    with_exponent = ordinary & ((exponent < LOWEST) | (exponent >= DIGITS))
    if wanted is None:
        return odd | with_exponent
    digits = wanted.digits
    core, found = digits.lstrip("0"), np.zeros(len(numbers), dtype=bool)
    for place in range(DIGITS - len(digits) + 1):
        here = _hold(mantissa, digits, place, DIGITS, from_the_first=False)
        if digits[-1] == "0":  # which is not written at the end of decimals
            here &= (mantissa % 10**place > 0) | ((exponent < DIGITS) & (exponent >= DIGITS - 1 - place))
        found |= here
    zeros = len(digits) - len(core)
    if zeros and len(core) <= DIGITS:  # before the first digit, as in 0.05
        begins = mantissa // 10 ** (DIGITS - len(core)) == int(core or 0)
        found |= begins & (exponent <= -zeros) & (exponent >= LOWEST)
    if wanted.negative:
        found &= np.signbit(numbers)
    if not wanted.has_point:
        spelled = np.array([digits in f"{number:02d}" for number in range(400)])
        found |= with_exponent & spelled[np.abs(exponent)] & ((exponent < 0) | (not wanted.negative))
    return odd | (found & ordinary)


def _rounded(scaled: Floats) -> tuple[Whole, Found]:
    """Whole numbers, and where the number that was scaled is certainly rounded to the same."""
    below = np.floor(scaled)
    rest = scaled - below
    return (below + (rest > 0.5)).astype(np.int64), np.abs(rest - 0.5) > 4e-15 * scaled
