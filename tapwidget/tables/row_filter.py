"""The small language of the filter boxes above a table's columns.

    15..24   15..   ..24      from, to, both ends included
    >17   >=17   <17   <=17   compared
    =648368125565216675  !=3  equal, not equal; exact for integers, to the digits typed for floats
    17                        the same as =17
    17..18, 20..21            any of these; conditions side by side (">17 <20") must all hold
    !=3, 5   17..21, !=18     none of these numbers; the range without that number
    text                      contains, upper or lower case; =text the whole cell; !text !=text not that
    r, i   =r, i   !=r, i     any of these texts; the whole cell is one of them; is none of them
    "Smith, J"                a text that holds a comma, or begins with one of these signs
    true   false              booleans
    --   missing   !--   present

A row without a value passes only `--`, `missing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt

from tapwidget.errors import ColumnError
from tapwidget.tables.cell_format import ColumnCells

Passed = npt.NDArray[np.bool_]

_MISSING = {"--", "—", "missing", "is missing", "null", "nan"}
_PRESENT = {"!--", "!—", "!missing", "present", "not missing", "is not missing", "not null"}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
# "1..2" is a range of 1 and 2, not "1." and ".2": so a number before ".." has no bare point at its end.
_END = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_END})?\s*\.\.\s*({_NUMBER})?")
_COMPARED = re.compile(rf"(>=|<=|!=|==?|>|<|≥|≤|≠)?\s*({_NUMBER})")
_ALONE = re.compile(rf"(!=|≠)?\s*({_NUMBER})")
_ALTERNATIVE = re.compile(r'\s*(!?)(=*)\s*("(.*?)"(?=\s*(?:,|$))|[^,]*)(?:\s*,)?', re.DOTALL)
_TRUTH = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


def passing(cells: ColumnCells, text: str) -> Passed | None:
    """True for each row that passes, shape (rows,); None for an empty filter, which all pass.

    Raises ColumnError where the text is no filter for a column of this kind.
    """
    text = text.strip()
    if not text:
        return None
    if text.lower() in _MISSING:
        return cells.missing
    if text.lower() in _PRESENT:
        return ~cells.missing
    if cells.kind in {"integer", "float"}:
        passed = _numbers(cells, text)
    elif cells.kind == "boolean":
        passed = _boolean(cells, text)
    else:
        passed = _text(cells, text)
    return passed & ~cells.missing


def _numbers(cells: ColumnCells, text: str) -> Passed:
    """Any of the conditions of a list, but none of its numbers with !=: any of "!=3, !=5" would be every row.

    Where the first one is such a number, bare ones are meant so too.
    """
    alternatives = [alternative.strip() for alternative in text.split(",") if alternative.strip()]
    first = _ALONE.fullmatch(alternatives[0]) if alternatives else None
    wanted, excluded = [], []
    for alternative in alternatives:
        alone = _ALONE.fullmatch(alternative)
        if alone and (alone[1] or (first and first[1])):
            excluded.append(alone[2])
        else:
            wanted.append(alternative)
    passed = np.full(len(cells.values), bool(excluded) and not wanted)
    for alternative in wanted:
        passed |= _all_of(cells, alternative, text)
    for number in excluded:
        passed &= _compare(cells, "!=", number)
    return passed


def _all_of(cells: ColumnCells, alternative: str, text: str) -> Passed:
    passed = np.ones(len(cells.values), dtype=bool)
    rest = alternative
    while rest:
        if (found := _RANGE.match(rest)) and any(found.groups()):
            low, high = found.groups()
            if low is not None:
                passed &= _compare(cells, ">=", low)
            if high is not None:
                passed &= _compare(cells, "<=", high)
        elif found := _COMPARED.match(rest):
            passed &= _compare(cells, found[1] or "=", found[2])
        else:
            raise _unreadable(cells, text, "15..24, >17, =18.2, -- (missing)")
        rest = rest[found.end() :].lstrip(" &")
    return passed


def _compare(cells: ColumnCells, operator: str, number: str) -> Passed:
    operator = {"==": "=", "≥": ">=", "≤": "<=", "≠": "!="}.get(operator, operator)
    try:
        value = Decimal(number)
    except InvalidOperation as error:  # pragma: no cover - the pattern lets only numbers through
        raise _unreadable(cells, number, "a number") from error
    if operator == "!=":
        return ~_compare(cells, "=", number)
    return (
        _compare_integers(cells, operator, value)
        if cells.kind == "integer"
        else _compare_floats(cells, operator, value)
    )


def _compare_integers(cells: ColumnCells, operator: str, value: Decimal) -> Passed:
    """Exact: the number becomes an integer bound, never the column a float."""
    if abs(value.adjusted()) > 40:  # 1e300: beyond every integer, and no need to write it out
        value = Decimal(10**40 if value > 0 else -(10**40)) if value.adjusted() > 0 else Decimal(0)
    below, above = int(value.to_integral_value(ROUND_FLOOR)), int(value.to_integral_value(ROUND_CEILING))
    integers = _objects_as_integers(cells)
    if operator == "=":
        return np.asarray(integers == below) if below == above else np.zeros(len(integers), dtype=bool)
    bounds: dict[str, Callable[[], Any]] = {
        ">": lambda: integers > below,
        ">=": lambda: integers >= above,
        "<": lambda: integers < above,
        "<=": lambda: integers <= below,
    }
    return np.asarray(bounds[operator](), dtype=bool)


def _objects_as_integers(cells: ColumnCells) -> npt.NDArray[Any]:
    if cells.values.dtype.kind != "O":
        return cells.values
    return np.where(cells.missing, 0, cells.values)  # Python's own integers, of any size


def _compare_floats(cells: ColumnCells, operator: str, value: Decimal) -> Passed:
    floats = cells.values
    if operator == "=":
        # "18.52" is what is on screen of 18.5217...; nobody types seventeen digits.
        exponent = value.as_tuple().exponent
        half = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) / 2
        return (floats >= float(value - half)) & (floats <= float(value + half))
    # A bound of a float32 column is meant as a float32: >= 17.1 keeps the rows that show 17.1.
    bound = floats.dtype.type(float(value))
    with np.errstate(invalid="ignore"):
        compared = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[operator](floats, bound)
    return np.asarray(compared, dtype=bool)


def _boolean(cells: ColumnCells, text: str) -> Passed:
    negated = text.startswith("!")
    word = text.lstrip("!= ").lower()
    if word not in _TRUTH:
        raise _unreadable(cells, text, "true, false, -- (missing)")
    return np.asarray(cells.values == (_TRUTH[word] is not negated), dtype=bool)


def _text(cells: ColumnCells, text: str) -> Passed:
    """What the first of a list begins with, ! or =, is meant of all of it."""
    none_of = text.startswith("!")
    all_whole = text.lstrip("!").startswith("=")
    passed = np.zeros(len(cells.values), dtype=bool)
    for negated, whole, wanted in _alternatives(cells, text):
        found = _equal(cells, wanted) if whole or all_whole else _containing(cells, wanted.casefold())
        passed |= ~found if negated and not none_of else found
    return ~passed if none_of else passed


def _alternatives(cells: ColumnCells, text: str) -> list[tuple[bool, bool, str]]:
    """Of each text of a list: whether it is negated, whether the whole cell is meant, and the text itself."""
    # An array is shown with commas; one alone is what is looked for.
    if cells.kind == "vector" or not text.lstrip("!= ").strip(", "):
        signs = text[: len(text) - len(text.lstrip("!="))]
        return [("!" in signs, "=" in signs, _unquoted(text[len(signs) :].strip()))]
    found = []
    while text:
        match = _ALTERNATIVE.match(text)
        if match is None:  # pragma: no cover - every text begins with one, if an empty one
            break
        if match[3].strip().lower() in _MISSING | _PRESENT:
            raise _unreadable(cells, text, '"r, i" (any of), or -- (missing) alone')
        if match[0].strip(" ,"):
            found.append((bool(match[1]), bool(match[2]), _unquoted(match[3].strip())))
        text = text[match.end() :]
    return found


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _equal(cells: ColumnCells, wanted: str) -> Passed:
    if cells.kind == "text" and cells.values.dtype.kind == "U":
        return np.asarray(cells.values == wanted)
    return np.array([cell == wanted for cell in cells.exact(slice(None))], dtype=bool)


def _containing(cells: ColumnCells, wanted: str) -> Passed:
    cell_texts = cells.values.tolist() if cells.values.dtype.kind == "U" else cells.exact(slice(None))
    return np.array([cell is not None and wanted in cell.casefold() for cell in cell_texts], dtype=bool)


def _unreadable(cells: ColumnCells, text: str, examples: str) -> ColumnError:
    return ColumnError(f"{cells.name}: “{text}” is no filter for this column. Try {examples}.")
