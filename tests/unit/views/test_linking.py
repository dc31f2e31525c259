"""Traits that the contract promises can be linked to another widget's, both ways; tables one way."""

from __future__ import annotations

from typing import Any

import pytest
import traitlets
from astropy.table import Table

import tapwidget
from tapwidget.views.plain_table import PlainTable

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")

TABLE = Table({"ra": [1.0, 1.1, 1.2], "dec": [2.0, 2.1, 2.2]})

LINKED = [
    ("RadiusControl", "radius", {}, 2.5, 0.5),
    ("MagnitudeConstraints", "constraints", {}, ["ut1.r > 17"], ["g < 20", "r > 16"]),
    ("MagnitudeConstraints", "where", {}, ["ut1.r > 17"], ["g < 20", "r > 16"]),
    ("AdqlEditor", "adql", {}, "SELECT 1 AS a", "SELECT 2 AS b"),
    ("JobStatus", "phase", {}, "EXECUTING", "COMPLETED"),
    ("JobStatus", "progress", {}, 40.0, 80.0),
    ("MagnitudeChoice", "band", {}, "g", "i"),
    ("MagnitudeChoice", "theirs", {}, "i_cModelMag", ""),
    ("MagnitudeHistogram", "interval", {}, (17.0, 18.5), None),
    ("ResultsTable", "selected_rows", {"table": TABLE}, (0, 2), ()),
    ("SkyPlot", "selected_rows", {"table": TABLE}, (0, 2), ()),
]


@pytest.mark.parametrize(("kind", "name", "given", "first", "second"), LINKED, ids=lambda value: str(value)[:20])
def test_two_of_a_kind_follow_each_other(kind: str, name: str, given: dict[str, Any], first: Any, second: Any) -> None:
    one, other = (getattr(tapwidget, kind)(**given) for _ in range(2))
    traitlets.link((one, name), (other, name))
    setattr(one, name, first)
    assert getattr(other, name) == first
    setattr(other, name, second)
    assert getattr(one, name) == second


def test_where_follows_the_constraints_of_another() -> None:
    one, other = tapwidget.MagnitudeConstraints(), tapwidget.MagnitudeConstraints()
    traitlets.link((one, "constraints"), (other, "constraints"))
    one.constraints = [tapwidget.MagnitudeRange("r", low=17)]
    assert other.where == ["ut1.r > 17"]
    third = tapwidget.MagnitudeConstraints()
    traitlets.link((one, "where"), (third, "where"))
    one.constraints = [tapwidget.MagnitudeDifference("r", "r_cModelMag", 0.1)]
    assert [row.constraint for row in third._rows] == one.where == ["ABS(ut1.r - r_cModelMag) < 0.1"]
    third._rows[0].drop_button.click()
    assert one.where == one.constraints == []


def test_a_selection_goes_through_table_sky_and_plain_pages() -> None:
    table, sky, plain = tapwidget.ResultsTable(TABLE), tapwidget.SkyPlot(TABLE), PlainTable(TABLE)
    traitlets.link((table, "selected_rows"), (sky, "selected_rows"))
    traitlets.link((table, "selected_rows"), (plain, "selected_rows"))
    sky.selected_rows = [2, 0]
    assert table.selected_rows == plain.selected_rows == (0, 2)


def test_a_table_goes_one_way() -> None:
    files, shown = tapwidget.FilePicker(), tapwidget.ResultsTable()
    traitlets.dlink((files, "table"), (shown, "table"))
    files.table = TABLE
    assert shown.table is TABLE
