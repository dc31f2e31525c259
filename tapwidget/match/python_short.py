"""A match as a short notebook cell of tapwidget: the same objects that a form makes, written out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy import units as u

from tapwidget.match.constraints import Constraint
from tapwidget.match.spec import Match


def short_cell(match: Match, service: str, table: Any) -> str:
    """The code of the cell. `service` is what `tapwidget.connect` takes.

    A table that was read from a file is read again; another one is the variable `table`.
    """
    return "\n".join(
        [
            "import tapwidget",
            "",
            f"service = tapwidget.connect({service!r})",
            short_reading(table),
            f"match = {match_code(match)}",
            "result = service.submit(match, table).result()",
            "",
        ]
    )


def short_reading(table: Any) -> str:
    """The line that reads the file that a table was read from; for another table, what `table` is."""
    told = getattr(table, "meta", {}).get("tapwidget")
    source = str(told.get("source", "")) if isinstance(told, Mapping) else ""
    return f"table = tapwidget.read_table({source!r})" if os.path.isfile(source) else "# `table` is your table."


def match_code(match: Match) -> str:
    """The expression that makes this match."""
    return _object(match, match.upload, "\n    ")


def _object(value: Any, upload: str, between: str = "") -> str:
    """What of a dataclass is not as it comes by itself, as a call."""
    arguments = []
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        if not field.init or _is_default(given, field):
            continue
        name = "" if field.default is dataclasses.MISSING else f"{field.name}="
        arguments.append(f"{name}{_code(given, upload)}")
    joined = f",{between or ' '}".join(arguments)
    end = ",\n" if between else ""
    return f"tapwidget.{type(value).__name__}({between}{joined}{end})"


def _is_default(given: Any, field: Any) -> bool:
    return bool(
        field.default is not dataclasses.MISSING and type(given) is type(field.default) and given == field.default
    )


def _code(value: Any, upload: str) -> str:
    if isinstance(value, u.Quantity):
        return repr(f"{float(value.value)!r} {value.unit.to_string()}")
    if isinstance(value, np.generic):
        value = value.item()
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("tapwidget."):
        return _object(value, upload)
    if isinstance(value, Constraint) and not isinstance(value, type):
        return repr(value.adql(upload))
    if isinstance(value, tuple | list):
        inner = ", ".join(_code(each, upload) for each in value)
        return f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)
