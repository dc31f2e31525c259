"""The short cell makes the very match that it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy import units as u
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

import tapwidget
from tapwidget.match.constraints import ColourRange, ColumnRange, IsMeasured, MagnitudeDifference, MagnitudeRange
from tapwidget.match.epoch import Epoch
from tapwidget.match.python_short import match_code, short_cell
from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch

names = st.text("abc_XYZ é\"'\\\n", min_size=1, max_size=8).filter(str.strip)
wheres = st.lists(
    st.sampled_from(
        [
            MagnitudeRange("r", low=17), MagnitudeDifference("r", "r_cModelMag", 0.1, target_unit="nJy"), "ut1.r > 17",
            ColourRange("g", "r", 0.4, side="target"), ColumnRange("n", 0, 2**60), IsMeasured("r_cModelMag"),
        ]
    ),
    max_size=3,
)  # fmt: skip
radii = st.builds(lambda value, unit: value * unit, st.floats(1e-4, 100), st.sampled_from([u.arcsec, u.deg, u.mas]))
made = st.sampled_from([RadiusColumn("size", unit="arcmin", factor=0.5), PositionErrors(5, ("a", "b"), ("c",), 3.0)])
common = {"columns": st.lists(names, max_size=3), "where": wheres, "unmatched": st.sampled_from(["drop", "keep"])}
matches = st.builds(
    SkyMatch, names, radius=radii | made, epoch=st.sampled_from([None, Epoch(2016.0, 2024.9)]),
    shift=st.tuples(st.floats(-1, 1), st.floats(-1, 1)), find=st.sampled_from(["all", "nearest"]), **common,
) | st.builds(
    IdentifierMatch, names, on=st.tuples(names, names), clean=st.sampled_from([(), ("strip", ("replace", "_", " "))]),
    **common,
)  # fmt: skip


@given(matches)
def test_the_expression_makes_the_match(match: Match) -> None:
    again = eval(match_code(match), {"tapwidget": tapwidget})
    assert again == match
    if isinstance(match, SkyMatch):
        assert again.radius == match.radius
        assert again.row_radius == match.row_radius


@pytest.mark.parametrize("source", ["there.csv", "gone.csv"])
def test_a_table_of_a_file_is_read_again(tmp_path: Path, source: str) -> None:
    (tmp_path / "there.csv").write_text("ra,dec\n1,2\n")
    table: Any = Table({"ra": [1.0]}, meta={"tapwidget": {"source": str(tmp_path / source)}})
    cell = short_cell(SkyMatch("dp1.Object"), "demo", table)
    assert ("read_table" in cell) is (source == "there.csv")
    assert "tapwidget.connect('demo')" in cell
    compile(cell, "cell", "exec")
