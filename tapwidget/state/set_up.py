"""The state of an app as a small file: what is chosen, and where its runs are to be fetched again. Never a token.

JSON, read strictly: what was written by another version, has anything unknown in it or makes no sense is refused. Only
how results were looked at is not worth that: of it what can be read is taken, and what cannot is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import traitlets
from astropy import units as u

from tapwidget.errors import MatchError, SetUpError
from tapwidget.match.constraints import Constraint
from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.match.record import from_record, value_from_record, value_to_record
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.looks import Looks, record_of
from tapwidget.state.looks import from_record as looks_from_record

VERSION = 1
KIND = "tapwidget set-up"
CHOICES = (
    "target", "columns", "by", "radius", "on", "clean", "ignore_case", "epoch", "find", "neighbours", "unmatched",
    "shift", "where", "ra", "dec",
)  # fmt: skip
"""The traits of a `Form` that are kept; all but the service and the user's table."""


@dataclass(frozen=True)
class SavedTable:
    """The user's table: where it came from, and by what it is told again (`tables.exact_copy.fingerprint`).

    One of `path` (of its file), `variable` (of the notebook) and `result` (the name of a run), or none of them.
    """

    path: str = ""
    variable: str = ""
    result: str = ""
    fingerprint: str = ""
    rows: int = 0


@dataclass(frozen=True)
class SavedRun:
    """One run. `match` is as `match.record` writes it; `job` is what `Service.job` takes: mostly an address."""

    name: str
    visible: bool
    service: str
    job: str
    adql: str
    match: dict[str, Any] | None = None
    table: SavedTable | None = None


@dataclass(frozen=True)
class SetUp:
    """What an app knows, as far as it can be had again.

    Attributes
    ----------
    service : str
        Name ("demo", "rsp", ...) or address; empty where none was chosen.
    choices : dict
        Values of a form's traits, by the names in CHOICES.
    adql, editing : str, bool
        The query that the person wrote last, and whether it is the one that counts.
    current : str
        The name of the run that the table shows.
    looks : Looks
        How the results are looked at.
    """

    service: str = ""
    table: SavedTable | None = None
    choices: dict[str, Any] = field(default_factory=dict)
    adql: str = ""
    editing: bool = False
    runs: tuple[SavedRun, ...] = ()
    current: str = ""
    looks: Looks = field(default_factory=Looks)


def choices_of(form: Form) -> dict[str, Any]:
    """What of a form is kept."""
    return {name: getattr(form, name) for name in CHOICES}


def to_text(set_up: SetUp) -> str:
    """The set-up as JSON.

    Raises
    ------
    SetUpError
        If the form holds what cannot be written.
    """
    try:
        choices = {name: value_to_record(value) for name, value in set_up.choices.items()}
        content = {"kind": KIND, "version": VERSION, **asdict(set_up), "choices": choices}
        content["looks"] = record_of(set_up.looks)
        return json.dumps(content, indent=1, allow_nan=False) + "\n"
    except (MatchError, TypeError, ValueError) as error:
        raise SetUpError(f"The set-up cannot be written: {error}") from error


def from_text(text: str) -> SetUp:
    """The set-up that `to_text` wrote.

    Raises
    ------
    SetUpError
        If it is no set-up, one of another version, or has anything in it that is unknown or makes no sense.
    """
    try:
        content = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise SetUpError(f"It is no JSON ({error}): choose a file that the app saved.") from error
    if not isinstance(content, dict) or content.pop("kind", None) != KIND:
        raise SetUpError("It is no set-up of tapwidget: choose a file that the app saved.")
    version = content.pop("version", None)
    if version != VERSION:
        raise SetUpError(f"It is a set-up of version {version!r}, and this tapwidget reads version {VERSION}.")
    if not isinstance(content.get("runs"), list):
        raise SetUpError("Its runs are no list.")
    content["runs"] = tuple(_run(each) for each in content["runs"])
    content["table"] = _table(content.get("table"))
    content["choices"] = _choices(content.get("choices"))
    content["looks"] = looks_from_record(content.get("looks", {}))  # an older set-up has none
    made: SetUp = _made(SetUp, content)
    return made


def _choices(given: Any) -> dict[str, Any]:
    """The values of the form; checked as the form and the matches that it makes check them."""
    if not isinstance(given, dict) or set(given) != set(CHOICES):
        raise SetUpError("What was chosen in its form is not what this tapwidget has there.")
    try:
        values = {name: value_from_record(value) for name, value in given.items()}
        values["where"] = list(values["where"])
        form = Form(**values)
        if not isinstance(values["radius"], u.Quantity | RadiusColumn | PositionErrors | None):
            raise SetUpError(f"Its radius is {values['radius']!r}, which is none.")
        if not all(isinstance(each, str | Constraint) for each in form.where):
            raise SetUpError("It has a condition that is none.")
        common = {"columns": form.columns, "where": form.where, "unmatched": form.unmatched}
        neighbours = form.neighbours if form.find == "nearest" else 1
        radius = 1.0 if form.radius is None else form.radius
        more = {"find": form.find, "neighbours": neighbours, "shift": form.shift, "epoch": form.epoch}
        SkyMatch("a", radius=radius, ra=form.ra, dec=form.dec, **more, **common)
        IdentifierMatch("a", on=("a", "b"), clean=form.clean, ignore_case=form.ignore_case, **common)
    except (MatchError, traitlets.TraitError, TypeError, ValueError) as error:
        raise SetUpError(f"What was chosen in its form makes no sense: {error}") from error
    return values


def _run(given: Any) -> SavedRun:
    if not isinstance(given, dict):
        raise SetUpError(f"One of its runs is {given!r}, which is none.")
    run: SavedRun = _made(SavedRun, {**given, "table": _table(given.get("table"))})
    if run.match is not None:
        try:
            from_record(run.match)
        except MatchError as error:
            raise SetUpError(f"The match of its run {run.name!r} cannot be read: {error}") from error
    return run


def _table(given: Any) -> SavedTable | None:
    return None if given is None else _made(SavedTable, given)


def _made(cls: Any, given: Any) -> Any:
    """An object of a dataclass from exactly its fields, each of the type that it says."""
    kinds = {"str": str, "bool": bool, "int": int, "dict[str, Any] | None": dict | None}
    if not isinstance(given, Mapping) or set(given) != {each.name for each in fields(cls)}:
        raise SetUpError(f"It has not what a {cls.__name__} has, or more than that: it was changed, or is damaged.")
    for each in fields(cls):
        kind, value = kinds.get(str(each.type)), given[each.name]
        if kind is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise SetUpError(f"Its {each.name} is {value!r}, which cannot be.")
    return cls(**given)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")
