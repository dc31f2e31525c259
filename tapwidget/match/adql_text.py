"""How ADQL writes a name and a number."""

from __future__ import annotations

import math
from decimal import Decimal
from difflib import get_close_matches
from numbers import Integral, Real

import numpy as np

from tapwidget.errors import MatchError
from tapwidget.ivoa.adql_words import is_regular

Number = int | float


def quote(name: str) -> str:
    """`name` as an ADQL identifier: in double quotes only where it needs them, its case kept (ADQL 2.1, 2.1.3).

    A name that TAP_SCHEMA already gives in quotes stays as it is.
    """
    if is_quoted(name) or is_regular(name):
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_table(name: str) -> str:
    """A table name, qualified or not, with quotes around those parts that need them: `viz2."J/A+A/1/t"`."""
    if is_quoted(name):
        return name
    return ".".join(quote(part) for part in split_name(name))


def split_name(name: str) -> list[str]:
    """The parts of a qualified name; a dot inside double quotes does not part them."""
    parts, inside = [""], False
    for character in name:
        inside ^= character == '"'
        if character == "." and not inside:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def unquote(name: str) -> str:
    """The name without its double quotes, if it has any."""
    return name[1:-1].replace('""', '"') if is_quoted(name) else name


def is_quoted(name: str) -> bool:
    """Whether the whole of `name` is one delimited identifier."""
    return len(name) > 2 and name[0] == name[-1] == '"' and '"' not in name[1:-1].replace('""', "")


def exact_decimal(value: float) -> str:
    """The shortest plain decimal, never with an exponent, that reads back as the same float64."""
    return np.format_float_positional(np.float64(value), unique=True, trim="-")


def decimal(value: Number) -> str:
    """A number as a person types it: 17 for 17.0, 0.3 for 0.1 + 0.2; integers exact, others to 15 digits."""
    if isinstance(value, int):
        return str(value)
    return exact_decimal(float(f"{value:.15g}"))


def as_number(value: object, what: str) -> Number:
    """`value` as a Python int or float; MatchError, naming `what`, for anything that is no finite number."""
    if isinstance(value, bool | np.bool_):
        raise MatchError(f"{what} is {value!r}, which is not a number.")
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, np.floating | Decimal):
        value = float(str(value))  # numpy's float32 0.1 is meant as 0.1
    if not isinstance(value, Real):
        raise MatchError(f"{what} is {value!r}, which is not a number.")
    if not math.isfinite(value):
        raise MatchError(f"{what} is {value}; it must be a finite number.")
    return float(value)


def close_names(name: str, names: list[str]) -> str:
    """A sentence with those of `names` that look like `name`; empty if there are none."""
    by_lower = {known.lower(): known for known in reversed(names)}
    close = [by_lower[hit] for hit in get_close_matches(name.lower(), list(by_lower), n=3, cutoff=0.6)]
    return f" Close to it: {', '.join(close)}." if close else ""
