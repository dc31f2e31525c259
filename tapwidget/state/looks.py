"""How the results of an app are looked at, as values of JSON. Each part is checked by itself when it is read back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

WIDEST = 10_000  # CSS pixels of a column
MOST_EDGES = 2001
DIRECTIONS = ("ascending", "descending")


@dataclass(frozen=True)
class Looks:
    """What was chosen in the results; None for what is not known.

    Attributes
    ----------
    band, yours, theirs, also : str, and tuple of str
        As `MagnitudeChoice` has them.
    edges, shown, logarithmic, colours, interval
        As `MagnitudeHistogram` has them; edges and shown only where somebody chose them.
    scatter : tuple of str
        x, x_minus, y, y_minus of `ScatterPlot`; empty where that is closed.
    scatter_down : bool
        Its `y_down`.
    columns, widths : tuple of str, dict of str to int
        The columns that the table shows, in their order, and how wide (CSS pixels) those are whose width was chosen.
    sort : tuple of (str, str)
        Columns, each with "ascending" or "descending"; the first counts most.
    filters : dict of str to str
        By column.
    lost : tuple of str
        Of looks that were read: a sentence for each part that is left out, for it is unknown or unfit.
    """

    band: str | None = None
    yours: str | None = None
    theirs: str | None = None
    also: tuple[str, ...] | None = None
    edges: tuple[float, ...] | None = None
    shown: tuple[float, float] | None = None
    logarithmic: bool | None = None
    colours: str | None = None
    interval: tuple[float, float] | None = None
    scatter: tuple[str, ...] | None = None
    scatter_down: bool | None = None
    columns: tuple[str, ...] | None = None
    widths: dict[str, int] | None = None
    sort: tuple[tuple[str, str], ...] | None = None
    filters: dict[str, str] | None = None
    lost: tuple[str, ...] = ()


def record_of(looks: Looks) -> dict[str, Any]:
    """The looks as JSON has them: what is known."""
    return {name: value for name, value in asdict(looks).items() if name in CHECKS and value is not None}


def from_record(given: Any) -> Looks:
    """The looks that `record_of` wrote; whatever is given, what is not fit to be looks is `lost`, and nothing else."""
    if not isinstance(given, dict):
        return Looks(lost=("How its results were looked at cannot be read.",))
    kept: dict[str, Any] = {}
    lost = []
    for name, value in given.items():
        if name not in CHECKS:
            lost.append(f"Of how its results were looked at, {name!r} is not known to this tapwidget.")
            continue
        try:
            kept[name] = CHECKS[name](value)
        except (AttributeError, TypeError, ValueError, OverflowError):
            lost.append(f"Of how its results were looked at, {name} cannot be {_short(value)}.")
    return Looks(**kept, lost=tuple(lost))


def _short(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:60]} ..."


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _colours(value: Any) -> str:
    if value not in ("figure1", "band"):
        raise ValueError
    return str(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return list(value)


def _edges(value: Any) -> tuple[float, ...]:
    numbers = tuple(map(_number, _list(value)))
    if not 2 <= len(numbers) <= MOST_EDGES or any(a >= b for a, b in pairwise(numbers)):
        raise ValueError
    return numbers


def _interval(value: Any) -> tuple[float, float]:
    low, high = map(_number, _list(value))
    if low > high:
        raise ValueError
    return low, high


def _shown(value: Any) -> tuple[float, float]:
    low, high = _interval(value)
    if low == high:
        raise ValueError
    return low, high


def _names(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _axes(value: Any) -> tuple[str, ...]:
    names = _names(value)
    if len(names) not in (0, 4):
        raise ValueError
    return names


def _widths(value: Any) -> dict[str, int]:
    if not all(type(width) is int and 0 < width <= WIDEST for width in value.values()):
        raise ValueError
    return {_text(name): width for name, width in value.items()}


def _sort(value: Any) -> tuple[tuple[str, str], ...]:
    keys = tuple((_text(name), _text(direction)) for name, direction in map(_list, _list(value)))
    if any(direction not in DIRECTIONS for _, direction in keys):
        raise ValueError
    return keys


def _filters(value: Any) -> dict[str, str]:
    return {_text(name): _text(words) for name, words in value.items()}


CHECKS: dict[str, Callable[[Any], Any]] = {
    "band": _text, "yours": _text, "theirs": _text, "also": _names,
    "edges": _edges, "shown": _shown, "logarithmic": _flag, "colours": _colours, "interval": _interval,
    "scatter": _axes, "scatter_down": _flag,
    "columns": _names, "widths": _widths, "sort": _sort, "filters": _filters,
}  # fmt: skip
"""Each makes its part of what was read, or raises."""
