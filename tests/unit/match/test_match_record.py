"""Matches as plain values and back: nothing is lost, nothing unknown is let in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match.constraints import ColumnRange, MagnitudeDifference, MagnitudeRange
from tapwidget.match.epoch import Epoch
from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.match.record import from_record, to_record
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch

names = st.text("abcdefgh_XYZ é\"'<&", min_size=1, max_size=8).filter(str.strip)
numbers = st.integers(-(2**63), 2**63) | st.floats(-1e6, 1e6)
ranges = st.builds(
    lambda kind, column, low, more, side: kind(column, low, low + abs(more) + 1, side),
    st.sampled_from([MagnitudeRange, ColumnRange]), names, st.integers(-50, 50) | st.floats(-50, 50),
    st.integers(0, 9), st.sampled_from(["upload", "target"]),
)  # fmt: skip
differences = st.builds(MagnitudeDifference, names, names, st.floats(1e-6, 10))
wheres = st.lists(ranges | differences | st.sampled_from(["ut1.r > 17", "ABS(ut1.r - r_cModelMag) < 0.1"]), max_size=4)
common = {"columns": st.lists(names, max_size=4), "where": wheres, "upload": st.sampled_from(["ut1", "mine"])}
matches = st.builds(
    SkyMatch,
    names,
    radius=st.builds(
        lambda value, unit: value * unit, st.floats(1e-4, 100), st.sampled_from([u.arcsec, u.arcmin, u.deg, u.mas])
    ),
    find=st.sampled_from(["all", "nearest", "symmetric"]),
    **common,
) | st.builds(IdentifierMatch, names, on=st.tuples(names, names), **common)


def through_json(match: Match) -> Match:
    return from_record(json.loads(json.dumps(to_record(match))))


@given(matches)
def test_every_match_comes_back_as_it_was(match: Match) -> None:
    again = through_json(match)
    assert again == match
    assert type(again) is type(match)
    if isinstance(match, SkyMatch) and isinstance(again, SkyMatch):
        assert (again.radius, again.radius.unit) == (match.radius, match.radius.unit)
        assert again.radius_deg == match.radius_deg


limits = st.floats(1e-3, 100).map(lambda value: value * u.arcsec)


@given(
    radius=st.builds(RadiusColumn, names, st.sampled_from([None, "mas", "deg"]), st.floats(0.1, 9))
    | st.builds(PositionErrors, st.floats(0.1, 9), names, st.lists(names, max_size=2), limits, unit=st.just("mas")),
    epoch=st.none() | st.builds(Epoch, st.floats(1900, 2050) | names, st.floats(1900, 2050), parallax=names),
    shift=st.tuples(st.floats(-99, 99), st.floats(-99, 99)),
    unmatched=st.sampled_from(["drop", "keep"]),
)
def test_every_way_to_match_comes_back_as_it_was(radius: Any, epoch: Any, shift: Any, unmatched: Any) -> None:
    match = SkyMatch("t", radius, epoch=epoch, shift=shift, unmatched=unmatched, find="nearest")
    again = through_json(match)
    assert isinstance(again, SkyMatch)
    assert again == match
    assert (again.radius, again.radius_deg, again.row_radius) == (match.radius, match.radius_deg, match.row_radius)


def test_rules_that_clean_identifiers_come_back() -> None:
    match = IdentifierMatch("t", on=("a", "b"), clean=["strip", ("drop_prefix", "SDSS ")], ignore_case=True)
    assert through_json(match) == match


def test_numpys_numbers_and_large_ones_are_exact() -> None:
    match = IdentifierMatch("t", on=("a", "b"), where=[ColumnRange("id", np.int64(2**62 + 1), 2**63 - 1)])
    (where,) = through_json(match).where
    assert (where.low, where.high) == (2**62 + 1, 2**63 - 1)


@dataclass(frozen=True)
class Bright:
    """A constraint of the user's own."""

    def adql(self, upload: str = "ut1") -> str:
        return f"{upload}.r < 17"

    def result_columns(self, upload: str = "ut1") -> tuple[str, ...]:
        return (f"{upload}_r",)

    def keep(self, *values: Any) -> Any:
        return values[0] < 17


def test_a_constraint_of_ones_own_is_kept_as_its_adql() -> None:
    assert through_json(SkyMatch("t", where=[Bright()], upload="mine")).where == ("mine.r < 17",)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"version": 2, "kind": "SkyMatch", "target": "t"},
        {"version": 1, "kind": "MagnitudeRange", "column": "r", "low": 1},
        {"version": 1, "kind": "Path", "target": "t"},
        {"version": 1, "target": "t"},
        {"version": 1, "kind": "SkyMatch", "target": "t", "radius": -1},
        {"version": 1, "kind": "SkyMatch", "target": "t", "colour": "red"},
        {"version": 1, "kind": "SkyMatch", "target": "t", "radius": {"kind": "Quantity", "value": 1, "unit": "cubit"}},
        {"version": 1, "kind": "SkyMatch", "target": "t", "where": [{"kind": "Match"}]},
    ],
)  # fmt: skip
def test_what_is_no_match_of_this_version_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(MatchError):
        from_record(record)
