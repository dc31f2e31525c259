"""Conditions as objects: each can write itself in ADQL, and say which rows of a result it keeps.

    MagnitudeRange("r", low=17)                         ut1.r > 17
    MagnitudeRange("r_psfFlux", 17, side="target", unit="nJy")   r_psfFlux > 0 AND 31.4 - 2.5 * LOG10(r_psfFlux) > 17
    MagnitudeDifference("r", "r_cModelMag", 0.1)        ABS(ut1.r - r_cModelMag) < 0.1
    ColourRange("g_cModelMag", "r_cModelMag", 0.4, 0.8) g_cModelMag - r_cModelMag > 0.4 AND ... < 0.8
    ColumnRange("refExtendedness", 0, 0.5)              refExtendedness >= 0 AND refExtendedness <= 0.5
    IsMeasured("r_cModelMag")                           r_cModelMag IS NOT NULL AND ABS(r_cModelMag) < 1E300

Magnitudes are compared strictly, as the tutorial does; `ColumnRange` takes its ends in. A missing value (masked or NaN)
is never kept, as NULL is not by the service.

Services differ in NaN. Rubin's and the built-in one have none: it is NULL there. PostgreSQL (below DaCHS and most
services of ESA and CDS) can hold NaN beside NULL, and takes it for larger than any number: a table with NaN in it
gives those rows to `r > 17` too. `IsMeasured` keeps them out everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import MatchError
from tapwidget.match.adql_text import Number, as_number, decimal, quote
from tapwidget.match.fluxes import UNITS, Unit, float64, guards, magnitude_adql, magnitudes, subtracted

Side = Literal["upload", "target"]
Keep = NDArray[np.bool_]


@runtime_checkable
class Constraint(Protocol):
    """What every condition object can do.

    `functions` are those that the service has beside ADQL's own (`Dialect.functions`). `values` are the columns of
    `result_columns`, in that order.
    """

    def adql(self, upload: str = "ut1", *, functions: Collection[str] = ()) -> str: ...

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]: ...

    def keep(self, *values: Any) -> Keep: ...


@dataclass(frozen=True)
class MagnitudeRange:
    """low < magnitude < high, in mag; either end may be open. `side` says whose column it is.

    With unit="nJy" the column is a flux, and its AB magnitude is meant. What makes no sense is a MatchError, here
    and in all conditions.
    """

    column: str
    low: Number | None = None
    high: Number | None = None
    side: Side = "upload"
    unit: Unit = "mag"

    def __post_init__(self) -> None:
        _check_range(self, self.column)
        _check_unit(self.unit)

    def adql(self, upload: str = "ut1", *, functions: Collection[str] = ()) -> str:
        """The condition in ADQL, for an upload of that name."""
        column = _adql_column(self.column, self.side, upload)
        magnitude = magnitude_adql(column, self.unit, functions)
        return " AND ".join([*guards((column, self.unit)), *_ends(magnitude, self, ">", "<")])

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The column of a match's result that `keep` takes."""
        return (_result_column(self.column, self.side, upload),)

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the one column given."""
        (column,) = values
        compared = column if self.unit == "mag" else magnitudes(column, self.unit)
        return _compare(compared, self.low, np.greater) & _compare(compared, self.high, np.less)


@dataclass(frozen=True)
class MagnitudeDifference:
    """|upload's magnitude - target's magnitude| < limit, in mag. A unit "nJy" says that a column is a flux."""

    upload_column: str
    target_column: str
    limit: Number
    upload_unit: Unit = "mag"
    target_unit: Unit = "mag"

    def __post_init__(self) -> None:
        _check_name(self.upload_column)
        _check_name(self.target_column)
        _check_unit(self.upload_unit)
        _check_unit(self.target_unit)
        limit = as_number(self.limit, f"The limit of {self.upload_column} - {self.target_column}")
        if limit <= 0:
            raise MatchError(
                f"The limit of |{self.upload_column} - {self.target_column}| is {decimal(limit)}, which keeps nothing: "
                f"give a number above 0."
            )
        object.__setattr__(self, "limit", limit)

    def adql(self, upload: str = "ut1", *, functions: Collection[str] = ()) -> str:
        """The condition in ADQL, for an upload of that name."""
        ours, theirs = f"{upload}.{quote(self.upload_column)}", quote(self.target_column)
        difference = _difference(ours, self.upload_unit, theirs, self.target_unit, functions)
        guarded = guards((ours, self.upload_unit), (theirs, self.target_unit))
        return " AND ".join([*guarded, f"ABS({difference}) < {decimal(self.limit)}"])

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The two columns of a match's result that `keep` takes: the upload's, then the target's."""
        return (_result_column(self.upload_column, "upload", upload), self.target_column)

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the two columns given."""
        ours, theirs = values
        # As a database does: both to float64 before the difference, so that float32 columns do not round it.
        difference = magnitudes(ours, self.upload_unit) - magnitudes(theirs, self.target_unit)
        return np.less(np.abs(difference), self.limit)


@dataclass(frozen=True)
class ColourRange:
    """low < first - second < high, in mag, two magnitudes of one side; either end may be open.

    With unit="nJy" both columns are fluxes. |first - second| < limit is a range from -limit to limit.
    """

    first: str
    second: str
    low: Number | None = None
    high: Number | None = None
    side: Side = "target"
    unit: Unit = "mag"

    def __post_init__(self) -> None:
        _check_name(self.first)
        _check_name(self.second)
        _check_range(self, f"{self.first} - {self.second}")
        _check_unit(self.unit)

    def adql(self, upload: str = "ut1", *, functions: Collection[str] = ()) -> str:
        """The condition in ADQL, for an upload of that name."""
        first, second = (_adql_column(name, self.side, upload) for name in (self.first, self.second))
        colour = _difference(first, self.unit, second, self.unit, functions)
        return " AND ".join([*guards((first, self.unit), (second, self.unit)), *_ends(colour, self, ">", "<")])

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The two columns of a match's result that `keep` takes."""
        return tuple(_result_column(name, self.side, upload) for name in (self.first, self.second))

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the two columns given."""
        first, second = (magnitudes(column, self.unit) for column in values)
        colour = first - second
        return _compare(colour, self.low, np.greater) & _compare(colour, self.high, np.less)


@dataclass(frozen=True)
class ColumnRange:
    """low <= value <= high, in the column's own unit, for any numeric column; either end may be open."""

    column: str
    low: Number | None = None
    high: Number | None = None
    side: Side = "target"

    def __post_init__(self) -> None:
        _check_range(self, self.column, may_be_one_value=True)

    def adql(self, upload: str = "ut1", *, functions: Collection[str] = ()) -> str:  # noqa: ARG002 - the protocol's
        """The condition in ADQL, for an upload of that name."""
        return " AND ".join(_ends(_adql_column(self.column, self.side, upload), self, ">=", "<="))

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The column of a match's result that `keep` takes."""
        return (_result_column(self.column, self.side, upload),)

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the one column given."""
        (column,) = values
        return _compare(column, self.low, np.greater_equal) & _compare(column, self.high, np.less_equal)


@dataclass(frozen=True)
class IsMeasured:
    """The column has a value: neither NULL nor, in a column of floats, NaN or infinite.

    is_float=False for text and integers, which have no NaN: only NULL is asked for.
    """

    column: str
    side: Side = "target"
    is_float: bool = True

    def __post_init__(self) -> None:
        _check_name(self.column)
        _check_side(self.side)

    def adql(self, upload: str = "ut1", *, functions: Collection[str] = ()) -> str:  # noqa: ARG002 - the protocol's
        """The condition in ADQL, for an upload of that name."""
        column = _adql_column(self.column, self.side, upload)
        # For PostgreSQL NaN is not NULL, and larger than any number; no other test of it is ADQL.
        return f"{column} IS NOT NULL" + (f" AND ABS({column}) < 1E300" if self.is_float else "")

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The column of a match's result that `keep` takes."""
        return (_result_column(self.column, self.side, upload),)

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the one column given."""
        (column,) = values
        data, masked = np.ma.getdata(column), np.ma.getmaskarray(column)
        if data.dtype.kind == "f":
            return np.asarray(np.abs(data.astype(np.float64)) < 1e300) & ~masked
        if data.dtype.kind in "US":  # Rubin's service writes a text that is NULL as an empty one
            return np.asarray(np.char.str_len(data) > 0) & ~masked
        return ~masked


def keep_rows(constraints: Iterable[Constraint], result: Any, upload: str = "ut1") -> Keep:
    """Which rows of a match's result (an astropy Table) all the constraints keep.

    Raises MatchError where the result lacks a column that a constraint needs.
    """
    kept = np.ones(len(result), dtype=bool)
    for constraint in constraints:
        needed = constraint.result_columns(upload)
        missing = [name for name in needed if name not in result.colnames]
        if missing:
            raise MatchError(
                f"The result has no column {missing[0]!r}, so what {constraint.adql(upload)} keeps of it cannot be "
                f"counted. Return that column, then it can."
            )
        kept &= constraint.keep(*(result[name] for name in needed))
    return kept


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.strip():
        raise MatchError(f"A constraint needs the name of a column, not {name!r}.")


def _check_side(side: object) -> None:
    if side not in ("upload", "target"):
        raise MatchError(f"The side of a constraint is 'upload' or 'target', not {side!r}.")


def _check_unit(unit: object) -> None:
    if unit not in UNITS:
        raise MatchError(f"The unit of a magnitude is 'mag', or 'nJy' where the column is a flux, not {unit!r}.")


def _check_range(
    of: MagnitudeRange | ColourRange | ColumnRange, what: object, *, may_be_one_value: bool = False
) -> None:
    """Turn the ends into plain numbers; raise MatchError where the range is no range."""
    _check_name(what)
    _check_side(of.side)
    for end in ("low", "high"):
        value = getattr(of, end)
        if value is not None:
            object.__setattr__(of, end, as_number(value, f"The {end} end of the range of {what}"))
    if of.low is None and of.high is None:
        raise MatchError(f"The range of {what} has neither a low nor a high end: give one of them.")
    if of.low is None or of.high is None:
        return
    if of.low > of.high:
        raise MatchError(
            f"The range of {what} goes from {decimal(of.low)} down to {decimal(of.high)}: exchange low and high."
        )
    if of.low == of.high and not may_be_one_value:
        raise MatchError(f"The range of {what} from {decimal(of.low)} to {decimal(of.high)} keeps nothing.")


def _ends(value: str, of: MagnitudeRange | ColourRange | ColumnRange, above: str, below: str) -> list[str]:
    ends = ((above, of.low), (below, of.high))
    return [f"{value} {sign} {decimal(end)}" for sign, end in ends if end is not None]


def _difference(first: str, first_unit: Unit, second: str, second_unit: Unit, functions: Collection[str]) -> str:
    minuend = magnitude_adql(first, first_unit, functions)
    return f"{minuend} - {subtracted(magnitude_adql(second, second_unit, functions))}"


def _adql_column(column: str, side: Side, upload: str) -> str:
    return f"{upload}.{quote(column)}" if side == "upload" else quote(column)


def _result_column(column: str, side: Side, upload: str) -> str:
    return f"{upload}_{column}" if side == "upload" else column


def _compare(values: Any, end: Number | None, compare: Callable[..., Any]) -> Keep:
    """Compare with one end (open if None); a missing value is False. Integers stay integers: ids are exact."""
    data = np.ma.getdata(values)
    if data.dtype.kind not in "iu":
        data = float64(values)
    kept = ~np.isnan(data) if end is None else compare(data, end)
    return np.asarray(kept & ~np.ma.getmaskarray(values), dtype=bool)
