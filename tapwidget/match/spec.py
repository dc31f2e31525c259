"""What is asked: which target, matched how, returning what, under which conditions. Frozen values, checked when made.

Nothing here knows a network: `adql` and `python` hand themselves to the service that is given, which plans the match.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from tapwidget.errors import MatchError
from tapwidget.ivoa.adql_words import RESERVED, is_regular
from tapwidget.match import conditions, identifiers
from tapwidget.match.adql_text import as_number, close_names
from tapwidget.match.constraints import Constraint
from tapwidget.match.epoch import Epoch
from tapwidget.match.plan import Planner
from tapwidget.match.radius import PositionErrors, RadiusColumn, RowRadius, angle, degrees

if TYPE_CHECKING:
    from tapwidget.match.chance import Chance

Find = Literal["all", "nearest", "nearest_theirs", "symmetric"]
"""all: every pair; nearest: the nearest counterpart of each of mine (or several, `neighbours`); nearest_theirs: the
nearest of mine for each of theirs; symmetric: each of mine and each of theirs at most once, the closest pairs first.
In STILTS they are all, best1, best2 and, nearly, best (see `pairs.reduce`)."""

Unmatched = Literal["drop", "keep", "only"]
"""What happens to rows of the user's table without a counterpart: left out; kept, with the target's columns masked;
or nothing but they."""


@dataclass(frozen=True)
class SkyMatch:
    """A match by position: pairs of an uploaded row and a row of `target` closer than `radius`.

    Parameters
    ----------
    target : str
        The table to match with, as one writes it in ADQL: "dp1.Object".
    radius : Quantity, float, str, RadiusColumn or PositionErrors
        The largest separation accepted, above 0 and up to 180 degrees: an angle with any unit, "1 arcsec", or a number
        in arcsec, kept as a Quantity, and `radius_deg` is the same in degrees. Or a radius for each row, or for each
        pair, from columns (`tapwidget.match.radius`): then it is `row_radius` too, and `radius_deg` is 0.
    columns : sequence of str
        Columns of the target to return; empty for its principal ones (all, where none is marked so); "*" for all.
    where : sequence of str or constraint
        Conditions, joined by AND: ADQL in which `ut1.<column>` is the upload's column and a bare name always the
        target's, or objects of `tapwidget.match.constraints`.
    find : "all", "nearest", "nearest_theirs" or "symmetric"
        Which pairs the result keeps.
    neighbours : int
        With find="nearest": how many of the nearest counterparts of each row, at most.
    unmatched : "drop", "keep" or "only"
        What happens to rows without a counterpart: left out; kept, with the target's columns and the separation masked;
        or only they are the result.
    shift : pair of float
        Arcsec added to every position of the upload before it travels, along RA (true arc: times cos Dec) and Dec.
    epoch : Epoch, optional
        Carry the user's positions along their proper motions to the target's epoch before they travel.
    upload : str
        The name of the uploaded table in the query.
    ra, dec : str
        The user's position columns, in the frame and form that their units, UCDs and names tell (ICRS degrees where
        they tell nothing); recognised from the table if empty. They travel as ICRS degrees.
    target_ra, target_dec : str
        The target's position columns, ICRS degrees; its main ones if empty.

    Raises
    ------
    MatchError
        For anything that makes no sense, whatever the service.
    """

    target: str
    radius: Any = field(default=1.0, compare=False)
    columns: Sequence[str] = ()
    where: Sequence[str | Constraint] = ()
    find: Find = "all"
    upload: str = "ut1"
    ra: str = ""
    dec: str = ""
    target_ra: str = ""
    target_dec: str = ""
    neighbours: int = 1
    unmatched: Unmatched = "drop"
    shift: tuple[float, float] = (0.0, 0.0)
    epoch: Epoch | None = None
    radius_deg: float = field(init=False, repr=False, default=0.0)
    row_radius: RowRadius | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        if isinstance(self.radius, RadiusColumn | PositionErrors):
            object.__setattr__(self, "row_radius", self.radius)
        else:
            radius = angle(self.radius)
            object.__setattr__(self, "radius", radius)
            object.__setattr__(self, "radius_deg", degrees(radius))
        _settle(self)
        object.__setattr__(self, "neighbours", _neighbours(self.neighbours, self.find))
        object.__setattr__(self, "shift", _shift(self.shift))
        if not isinstance(self.epoch, Epoch | None):
            raise MatchError(f"epoch is {self.epoch!r}; give Epoch(of_upload=2016.0, of_target=...), or None.")
        for one, other in (("ra", "dec"), ("target_ra", "target_dec")):
            if bool(getattr(self, one)) != bool(getattr(self, other)):
                raise MatchError(f"{one} and {other} go together: give both, or neither to have them recognised.")

    def upload_columns(self, names: Iterable[str]) -> tuple[str, ...]:
        """Which of the user's columns `names` the conditions use, in their order; MatchError for an unknown one."""
        return _used(self, names, ())

    def adql(self, service: Planner, table: Any) -> str:
        """The query as that service will get it."""
        return service.plan(self, table).adql

    def python(self, service: Planner, table: Any) -> str:
        """A cell of plain pyvo and astropy that does the same match."""
        from tapwidget.match.python import cell

        return cell(self, service.plan(self, table), service.url, table=table)

    def chance(self, service: Any, table: Any, **options: Any) -> Chance:
        """How many of the pairs to expect by chance: matches copies of the table that are moved aside, and counts.

        A small job of its own, for which this waits. `options` are those of `tapwidget.match.shifted.shifted_copy`;
        errors those of `service.submit` and `job.result`.
        """
        from tapwidget.match.shifted import measure

        return measure(self, service, table, **options)


@dataclass(frozen=True)
class IdentifierMatch:
    """A match by equal identifiers: `on` is (column of the user's table, column of the target).

    `clean` are rules that make your identifiers like the target's before they travel (`tapwidget.match.identifiers`):
    ["strip", ("replace", "_", " "), "upper"]; your own column stays as it is. With `ignore_case` upper and lower case
    are the same. Identifiers travel in the type of the target's column: whole numbers stay exact.

    The other parameters are those of `SkyMatch`; `find` can only be "all", as there is no separation to choose by.

    Raises
    ------
    MatchError
        For anything that makes no sense, whatever the service.
    """

    target: str
    on: tuple[str, str]
    columns: Sequence[str] = ()
    where: Sequence[str | Constraint] = ()
    find: Find = "all"
    upload: str = "ut1"
    unmatched: Unmatched = "drop"
    clean: Sequence[str | tuple[str, ...]] = ()
    ignore_case: bool = False

    def __post_init__(self) -> None:
        _settle(self)
        object.__setattr__(self, "clean", identifiers.settled(self.clean))
        on = self.on
        if isinstance(on, str) or len(on) != 2 or not all(isinstance(name, str) and name.strip() for name in on):
            raise MatchError(f"`on` is {on!r}; give two names: your table's column, then the column of {self.target}.")
        object.__setattr__(self, "on", tuple(on))
        if self.find != "all":
            raise MatchError(f"find={self.find!r} needs positions; a match by identifier finds 'all'.")

    def upload_columns(self, names: Iterable[str]) -> tuple[str, ...]:
        """Which of the user's columns `names` `on` and the conditions use; MatchError for an unknown one."""
        return _used(self, names, (self.on[0],))

    def adql(self, service: Planner, table: Any) -> str:
        """The query as that service will get it."""
        return service.plan(self, table).adql

    def python(self, service: Planner, table: Any) -> str:
        """A cell of plain pyvo and astropy that does the same match."""
        from tapwidget.match.python import cell

        return cell(self, service.plan(self, table), service.url, table=table)


Match = SkyMatch | IdentifierMatch


def where_adql(match: Match, functions: Collection[str] = ()) -> tuple[str, ...]:
    """The conditions of a match, each as ADQL with the user's own column names, for a service with these functions."""
    return tuple(
        each if isinstance(each, str) else each.adql(match.upload, functions=functions) for each in match.where
    )


def _used(match: Match, names: Iterable[str], always: tuple[str, ...]) -> tuple[str, ...]:
    names = list(names)
    unknown = next((name for name in always if name not in names), None)
    if unknown is not None:
        raise MatchError(f"Your table has no column {unknown!r} to match by.{close_names(unknown, names)}")
    used = {*always}.union(*(conditions.uses(text, match.upload, names) for text in where_adql(match)))
    return tuple(name for name in names if name in used)


def _settle(match: Match) -> None:
    """Give the fields their final types, and check what both kinds of match have in common."""
    if not isinstance(match.target, str) or not match.target.strip():
        raise MatchError("The match has no target: give the name of a table of the service, as in 'dp1.Object'.")
    object.__setattr__(match, "target", match.target.strip())
    object.__setattr__(match, "columns", _names(match.columns))
    object.__setattr__(match, "where", _conditions(match.where))
    if match.find not in get_args(Find):
        raise MatchError(f"find is {match.find!r}; it can be {', '.join(map(repr, get_args(Find)))}.")
    if match.unmatched not in get_args(Unmatched):
        raise MatchError(f"unmatched is {match.unmatched!r}; it can be {', '.join(map(repr, get_args(Unmatched)))}.")
    _check_upload_name(match.upload)


def _neighbours(number: object, find: Find) -> int:
    count = as_number(number, "The number of neighbours")
    if not isinstance(count, int) or count < 1:
        raise MatchError(f"The number of neighbours is {number!r}; give a whole number from 1.")
    if count > 1 and find != "nearest":
        raise MatchError(f"{count} neighbours go with find='nearest', not with find={find!r}.")
    return count


def _shift(shift: object) -> tuple[float, float]:
    if isinstance(shift, str) or not isinstance(shift, Iterable):
        raise MatchError(f"The shift is {shift!r}; give two numbers in arcsec: along RA (times cos Dec) and along Dec.")
    values = tuple(float(as_number(value, "The shift")) for value in shift)
    if len(values) != 2:
        raise MatchError(f"The shift has {len(values)} values; give two: along RA (times cos Dec) and along Dec.")
    return values[0], values[1]


def _names(columns: object) -> tuple[str, ...]:
    columns = (columns,) if isinstance(columns, str) else columns
    if not isinstance(columns, Iterable):
        raise MatchError(f"columns is {columns!r}; give a list of the target's column names.")
    names = tuple(columns)
    wrong = next((name for name in names if not isinstance(name, str) or not name.strip()), None)
    if wrong is not None:
        raise MatchError(f"columns has {wrong!r}, which is not the name of a column.")
    return tuple(dict.fromkeys(name.strip() for name in names))


def _conditions(where: object) -> tuple[str | Constraint, ...]:
    where = (where,) if isinstance(where, str | Constraint) else where
    if not isinstance(where, Iterable):
        raise MatchError(f"where is {where!r}; give a list of ADQL conditions or constraints.")
    settled: list[str | Constraint] = []
    for each in where:
        if isinstance(each, str):
            if each.strip():  # an empty line of a form is no condition
                conditions.check(each.strip())
                settled.append(each.strip())
        elif isinstance(each, Constraint) and not isinstance(each, type):
            settled.append(each)
        else:
            raise MatchError(f"where has {each!r}, which is neither ADQL text nor a constraint such as MagnitudeRange.")
    return tuple(settled)


def _check_upload_name(name: object) -> None:
    if isinstance(name, str) and is_regular(name):
        return
    why = f"{name} is a reserved word of ADQL" if str(name).upper() in RESERVED else "it is no plain name"
    raise MatchError(
        f"The upload cannot be called {name!r}: {why}. Take a letter followed by letters, digits or underscores: 'ut1'."
    )
