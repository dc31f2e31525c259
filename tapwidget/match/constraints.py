"""Conditions as objects: each can write itself in ADQL, and say which rows of a result it keeps.

    MagnitudeRange("r", low=17)                         ut1.r > 17
    MagnitudeDifference("r", "r_cModelMag", 0.1)        ABS(ut1.r - r_cModelMag) < 0.1
    ColumnRange("refExtendedness", 0, 0.5)              refExtendedness >= 0 AND refExtendedness <= 0.5

Magnitudes are compared strictly, as the tutorial does; `ColumnRange` takes its ends in. A missing value (masked or NaN)
is never kept, as NULL is not by the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tapwidget.errors import MatchError
from tapwidget.match.adql_text import Number, as_number, decimal, quote

Side = Literal["upload", "target"]
Keep = NDArray[np.bool_]


@runtime_checkable
class Constraint(Protocol):
    """What every condition object can do. `values` are the columns of `result_columns`, in that order."""

    def adql(self, upload: str = "ut1") -> str: ...

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]: ...

    def keep(self, *values: Any) -> Keep: ...


@dataclass(frozen=True)
class MagnitudeRange:
    """low < magnitude < high, in mag; either end may be open. `side` says whose column it is."""

    column: str
    low: Number | None = None
    high: Number | None = None
    side: Side = "upload"

    def __post_init__(self) -> None:
        _check_range(self)
        if self.low is not None and self.low == self.high:
            raise MatchError(f"The range of {self.column} from {self.low} to {self.high} keeps nothing.")

    def adql(self, upload: str = "ut1") -> str:
        """The condition in ADQL, for an upload of that name."""
        return _range_adql(self, upload, ">", "<")

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The column of a match's result that `keep` takes."""
        return (_result_column(self.column, self.side, upload),)

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the one column given."""
        (column,) = values
        return _compare(column, self.low, np.greater) & _compare(column, self.high, np.less)


@dataclass(frozen=True)
class MagnitudeDifference:
    """|upload's magnitude - target's magnitude| < limit, in mag."""

    upload_column: str
    target_column: str
    limit: Number

    def __post_init__(self) -> None:
        _check_name(self.upload_column)
        _check_name(self.target_column)
        limit = as_number(self.limit, f"The limit of {self.upload_column} - {self.target_column}")
        if limit <= 0:
            raise MatchError(
                f"The limit of |{self.upload_column} - {self.target_column}| is {decimal(limit)}, which keeps nothing: "
                f"give a number above 0."
            )
        object.__setattr__(self, "limit", limit)

    def adql(self, upload: str = "ut1") -> str:
        """The condition in ADQL, for an upload of that name."""
        return f"ABS({upload}.{quote(self.upload_column)} - {quote(self.target_column)}) < {decimal(self.limit)}"

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The two columns of a match's result that `keep` takes: the upload's, then the target's."""
        return (_result_column(self.upload_column, "upload", upload), self.target_column)

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the two columns given."""
        ours, theirs = values
        # As a database does: both to float64 before the difference, so that float32 columns do not round it.
        difference = np.abs(_float64(ours) - _float64(theirs))
        return np.less(difference, self.limit)


@dataclass(frozen=True)
class ColumnRange:
    """low <= value <= high, in the column's own unit, for any numeric column; either end may be open."""

    column: str
    low: Number | None = None
    high: Number | None = None
    side: Side = "target"

    def __post_init__(self) -> None:
        _check_range(self)

    def adql(self, upload: str = "ut1") -> str:
        """The condition in ADQL, for an upload of that name."""
        return _range_adql(self, upload, ">=", "<=")

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        """The column of a match's result that `keep` takes."""
        return (_result_column(self.column, self.side, upload),)

    def keep(self, *values: Any) -> Keep:
        """Which rows the condition keeps: a boolean array as long as the one column given."""
        (column,) = values
        return _compare(column, self.low, np.greater_equal) & _compare(column, self.high, np.less_equal)


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


def _check_range(of: MagnitudeRange | ColumnRange) -> None:
    """Turn the ends into plain numbers; raise MatchError where the range is no range."""
    _check_name(of.column)
    if of.side not in ("upload", "target"):
        raise MatchError(f"The side of a range is 'upload' or 'target', not {of.side!r}.")
    for end in ("low", "high"):
        value = getattr(of, end)
        if value is not None:
            object.__setattr__(of, end, as_number(value, f"The {end} end of the range of {of.column}"))
    if of.low is None and of.high is None:
        raise MatchError(f"The range of {of.column} has neither a low nor a high end: give one of them.")
    if of.low is not None and of.high is not None and of.low > of.high:
        raise MatchError(
            f"The range of {of.column} goes from {decimal(of.low)} down to {decimal(of.high)}: exchange low and high."
        )


def _range_adql(of: MagnitudeRange | ColumnRange, upload: str, above: str, below: str) -> str:
    column = f"{upload}.{quote(of.column)}" if of.side == "upload" else quote(of.column)
    ends = ((above, of.low), (below, of.high))
    return " AND ".join(f"{column} {sign} {decimal(end)}" for sign, end in ends if end is not None)


def _result_column(column: str, side: Side, upload: str) -> str:
    return f"{upload}_{column}" if side == "upload" else column


def _compare(values: Any, end: Number | None, compare: Callable[..., Any]) -> Keep:
    """Compare with one end (open if None); a missing value is False. Integers stay integers: ids are exact."""
    data = np.ma.getdata(values)
    if data.dtype.kind not in "iu":
        data = _float64(values)
    kept = ~np.isnan(data) if end is None else compare(data, end)
    return np.asarray(kept & ~np.ma.getmaskarray(values), dtype=bool)


def _float64(values: Any) -> NDArray[np.float64]:
    """The values as float64, NaN where they are masked."""
    return np.asarray(np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan))
