"""A match as plain JSON values, and back: what has to be kept to finish a match in another kernel.

Strict: what cannot be written is refused, and so is a record of another version or with anything unknown in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy import units as u

from tapwidget.errors import MatchError
from tapwidget.match import constraints, spec
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch

VERSION = 1
KIND = "kind"
QUANTITY = "Quantity"


def to_record(match: Match) -> dict[str, Any]:
    """The match as a dict that `json` can write.

    A constraint of the user's own class becomes the ADQL that it stands for.

    Raises
    ------
    MatchError
        If it holds something that cannot be written.
    """
    return {"version": VERSION, **_written(match, match.upload)}


def from_record(record: Mapping[str, Any]) -> Match:
    """The match that `to_record` wrote.

    Raises
    ------
    MatchError
        If the record is of another version, or is no match.
    """
    if not isinstance(record, Mapping) or record.get("version") != VERSION:
        raise MatchError("The match was written by another version of tapwidget and cannot be made again from that.")
    match = _read({name: value for name, value in record.items() if name != "version"})
    if not isinstance(match, SkyMatch | IdentifierMatch):
        raise MatchError(f"The record holds a {type(match).__name__} and no match.")
    return match


def value_to_record(value: Any, upload: str = "ut1") -> Any:
    """A part of a match (a radius, an epoch, constraints, ...) as what `json` can write.

    Raises
    ------
    MatchError
        If it cannot be written.
    """
    return _written(value, upload)


def value_from_record(record: Any) -> Any:
    """The part that `value_to_record` wrote; lists are tuples then.

    Raises
    ------
    MatchError
        If it is nothing that a match has.
    """
    return _read(record)


def _classes() -> dict[str, type]:
    """What may be in a record: the dataclasses of a match and of its conditions."""
    found = (value for module in (spec, constraints) for value in vars(module).values())
    return {c.__name__: c for c in found if isinstance(c, type) and dataclasses.is_dataclass(c)}


def _written(value: Any, upload: str) -> Any:
    if isinstance(value, u.Quantity):
        return {KIND: QUANTITY, "value": value.value.tolist(), "unit": value.unit.to_string()}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in {bool, int, float, str}:
        return value
    if isinstance(value, tuple | list):
        return [_written(each, upload) for each in value]
    name = type(value).__name__
    if _classes().get(name) is type(value) and dataclasses.is_dataclass(value):
        fields = (field.name for field in dataclasses.fields(value) if field.init)
        return {KIND: name, **{field: _written(getattr(value, field), upload) for field in fields}}
    if isinstance(value, constraints.Constraint):
        return value.adql(upload)
    raise MatchError(f"The match holds {value!r}, which cannot be written down to be found again.")


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read(each) for each in value)
    if not isinstance(value, Mapping):
        return value
    content = dict(value)
    name = content.pop(KIND, None)
    try:
        if name == QUANTITY:
            return u.Quantity(content["value"], content["unit"])
        return _classes()[name](**{field: _read(each) for field, each in content.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise MatchError(f"What was kept of the match makes no sense here ({error!r}).") from error
