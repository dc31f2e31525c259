"""Plans: what travels, and how an answer becomes the result. No network."""

from __future__ import annotations

from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwidget.client.plan import Plan, make_plan
from tapwidget.errors import ColumnError, MatchError, ResultError
from tapwidget.ivoa import tapschema
from tapwidget.match.duplicates import duplicates
from tapwidget.match.spec import IdentifierMatch, SkyMatch

TARGET = tapschema.Table(
    "dp1.Object",
    "Simulated: objects",
    (
        tapschema.Column("objectId", "long", ucd="meta.id;meta.main", description="Identifier", principal=True),
        tapschema.Column("coord_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        tapschema.Column("coord_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
        tapschema.Column("r_mag", "float", unit="mag", description="Magnitude"),
        tapschema.Column("separation", "double", unit="deg"),
        tapschema.Column("name", "char", "*"),
    ),
)


def user() -> Table:
    table = Table({"id": [2**60 + 1, 2**60 + 2, 2**60 + 3], "ra": [10.0, 20.0, 30.0], "dec": [0.0, 0.0, 0.0]})
    table["mag"] = MaskedColumn([17.0, 18.0, 19.0], mask=[False, True, False], unit="mag", description="mine")
    table["note"] = MaskedColumn(["a", "b", "c"], mask=[True, False, False])
    table["n"] = MaskedColumn([1, 2, 3], mask=[False, False, True], dtype=np.int16)
    return table


def answer(plan: Plan, rows: list[int], ids: list[int], ras: list[float], **more: Any) -> Table:
    """What the service would send: positions beside those of the user's rows."""
    raw = Table({plan.query.row: np.array(rows, dtype=np.int32), "objectId": np.array(ids, dtype=np.int64)})
    raw["coord_ra"], raw["coord_dec"] = np.array(ras, dtype=float), np.zeros(len(rows))
    for name, values in more.items():
        raw[name] = values
    raw.meta["overflow"] = False
    return raw


def plan_of(match: Any, table: Table) -> Plan:
    return make_plan(match, table, TARGET, service="https://x.org/tap")


def test_columns_named_as_those_of_a_result() -> None:
    """The result of one match is the upload of the next: ra and ut1_ra are both there."""
    table = Table({"ut1_ra": [1, 2, 3], "ra": [10.0, 20.0, 30.0], "dec": [0.0, 0.0, 0.0], "ut1_ut1_ra": [7, 8, 9]})
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"], ra="ra", dec="dec"), table)
    result = plan.finish(answer(plan, [0, 2], [5, 6], [10.0, 30.0]), table)
    assert result.colnames[:4] == ["ut1_ut1_ra", "ut1_ra", "ut1_dec", "ut1_ut1_ut1_ra"]
    assert result["ut1_ra"].tolist() == [10.0, 30.0]
    assert result["ut1_ut1_ra"].tolist() == [1, 3]
    assert result["ut1_ut1_ut1_ra"].tolist() == [7, 9]


@pytest.mark.parametrize("named", [{}, {"ra": "ra", "dec": "dec"}])
def test_right_ascension_that_looks_like_hours_is_said(named: dict[str, str]) -> None:
    table = Table({"ra": np.arange(0.0, 24.0, 2), "dec": np.arange(-60.0, 60.0, 10)})
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"], **named), table)
    assert any("hours, not degrees?" in change for change in plan.changes)


def test_only_what_is_needed_travels() -> None:
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"], where=["ut1.mag > 17"]), user())
    assert set(plan.upload.table.colnames) == {"tw_row", "ra", "dec", "mag"}
    assert "ut1.tw_row AS ut1_tw_row" in plan.adql
    assert plan.names == {"objectId": "objectId"}


def test_what_comes_back_is_joined_and_sorted() -> None:
    table = user()
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId", "coord_ra", "coord_dec"]), table)
    # Two candidates of the last row, the nearer one second; two of the first at the same place, the greater id first.
    raw = answer(plan, [2, 2, 0, 0], [5, 4, 9, 8], [30 + 2e-4, 30 + 1e-4, 10.0, 10.0])
    result = plan.finish(raw, table)
    own = ["ut1_id", "ut1_ra", "ut1_dec", "ut1_mag", "ut1_note", "ut1_n"]
    assert result.colnames == [*own, "objectId", "coord_ra", "coord_dec", "separation", "position_angle"]
    assert result["objectId"].tolist() == [8, 9, 4, 5]
    assert result["ut1_id"].tolist() == [2**60 + 1, 2**60 + 1, 2**60 + 3, 2**60 + 3]
    np.testing.assert_allclose(result["separation"], [0, 0, 0.36, 0.72], atol=1e-9)
    assert result["separation"].unit == u.arcsec
    assert result["ut1_mag"].unit == u.mag
    assert result["ut1_mag"].description == "mine"
    assert result["ut1_note"].mask.tolist() == [True, True, False, False]
    assert result["ut1_n"].dtype == np.int16
    assert result["ut1_n"].mask.tolist() == [False, False, True, True]
    assert result["objectId"].description == "Identifier"
    assert result["coord_ra"].unit == u.deg
    assert result.meta["tapwidget"]["simulated"] is True
    assert result.meta["tapwidget"]["radius_arcsec"] == 1.0
    assert result.meta["overflow"] is False


@pytest.mark.parametrize(("find", "ids"), [("all", [1, 2, 2, 1]), ("nearest", [1, 2]), ("symmetric", [1, 2])])
def test_all_nearest_and_symmetric(find: Any, ids: list[int]) -> None:
    table = user()[:2]
    table["ra"] = [10.0, 10.0002]
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"], find=find), table)
    raw = answer(plan, [0, 0, 1, 1], [1, 2, 1, 2], [10.00001, 10.00015, 10.00001, 10.00015])
    assert plan.finish(raw, table)["objectId"].tolist() == ids


def test_columns_added_for_us_are_not_shown() -> None:
    table = user()
    plan = plan_of(SkyMatch("dp1.Object", columns=["r_mag"]), table)
    raw = answer(plan, [1], [7], [20.0], r_mag=np.array([17.5], dtype=np.float32))
    result = plan.finish(raw, table)
    assert result.colnames[-3:] == ["r_mag", "separation", "position_angle"]
    assert result["r_mag"].unit == u.mag


def test_a_service_that_changes_the_case_of_names_is_understood() -> None:
    table = user()
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    raw = answer(plan, [1], [7], [20.0])
    raw.rename_columns(raw.colnames, [name.upper() for name in raw.colnames])
    assert plan.finish(raw, table)["objectId"].tolist() == [7]


def test_a_service_that_renames_columns_is_understood_by_their_order() -> None:
    table = user()
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    raw = answer(plan, [1], [7], [20.0])["ut1_tw_row", "objectId", "coord_ra", "coord_dec"]
    assert [c.name for c in plan.query.columns] == raw.colnames
    raw.rename_columns(raw.colnames, ["col_0", "col_1", "col_2", "col_3"])
    assert plan.finish(raw, table)["objectId"].tolist() == [7]


def test_an_answer_that_lacks_a_column_is_refused() -> None:
    table = user()
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    raw = answer(plan, [1], [7], [20.0])
    raw.remove_columns(["objectId", "coord_ra"])
    with pytest.raises(ResultError, match=r"x\.org/tap lacks the column"):
        plan.finish(raw, table)


@pytest.mark.parametrize("rows", [[3], [-1], [0, 99]])
def test_an_answer_about_rows_that_are_not_there_is_refused(rows: list[int]) -> None:
    table = user()
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    with pytest.raises(ResultError, match="3 rows"):
        plan.finish(answer(plan, rows, list(range(len(rows))), [0.0] * len(rows)), table)


def test_a_missing_row_number_is_refused() -> None:
    table = user()
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    raw = answer(plan, [0, 1], [1, 2], [10.0, 20.0])
    raw[plan.query.row] = MaskedColumn(raw[plan.query.row], mask=[False, True])
    with pytest.raises(ResultError, match="cannot be joined"):
        plan.finish(raw, table)


def test_clashing_names_give_way_and_it_is_said() -> None:
    table = user()
    match = SkyMatch("dp1.Object", columns=["objectId", "separation", "name"])
    plan = plan_of(match, table)
    raw = answer(plan, [1], [7], [20.0], separation=Column([0.5], unit="deg"), name=["x"])
    result = plan.finish(raw, table)
    assert result.colnames[-5:] == ["objectId", "separation", "name", "separation_2", "position_angle"]
    assert result["separation"].unit == u.deg
    assert result["separation_2"].unit == u.arcsec
    assert any("separation_2" in change for change in plan.changes)


def test_an_identifier_match_needs_no_position() -> None:
    table = Table({"designation": ["a", "b"], "ra_guess": ["?", "?"]})
    plan = plan_of(IdentifierMatch("dp1.Object", on=("designation", "name"), columns=["objectId", "name"]), table)
    raw = Table({plan.query.row: np.array([1, 0]), "objectId": [7, 8], "name": ["b", "a"]})
    result = plan.finish(raw, table)
    assert result.colnames == ["ut1_designation", "ut1_ra_guess", "objectId", "name"]
    assert result["objectId"].tolist() == [8, 7]
    assert result.meta["tapwidget"]["on"] == ["designation", "name"]


def test_a_table_without_positions_is_told_the_way_out() -> None:
    with pytest.raises(ColumnError, match=r"it has a, b.*ra=, dec="):
        plan_of(SkyMatch("dp1.Object"), Table({"a": [1], "b": ["x"]}))


def test_which_of_several_positions_was_taken_is_said() -> None:
    """In the result of a match there are those of both sides."""
    table = Table({"ut1_ra": [1.0, 2.0], "ut1_dec": [0.0, 1.0], "coord_ra": [1.0, 2.0], "coord_dec": [0.0, 1.0]})
    table["coord_ra"].meta["ucd"], table["coord_dec"].meta["ucd"] = "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"
    said = "The position is `coord_ra`, `coord_dec`; the table also has `ut1_ra`, `ut1_dec`: name the one meant"
    assert any(said in change for change in plan_of(SkyMatch("dp1.Object"), table).changes)
    named = plan_of(SkyMatch("dp1.Object", ra="ut1_ra", dec="ut1_dec"), table)
    assert not any("The position is" in change for change in named.changes)


def test_a_column_of_ones_own_without_its_table_is_pointed_to() -> None:
    with pytest.raises(MatchError, match=r"no column 'mag'.* For the column of your own table write ut1\.mag\."):
        plan_of(SkyMatch("dp1.Object", where=["mag > 17"]), user())


def test_named_positions_win() -> None:
    table = Table({"ra": [10.0], "dec": [0.0], "x": [11.0], "y": [1.0]})
    plan = plan_of(SkyMatch("dp1.Object", ra="x", dec="y"), table)
    assert plan.upload.table["x"].tolist() == [11.0]
    assert "ut1.x" in plan.adql


def test_the_users_table_is_left_alone() -> None:
    table = user()
    before = table.copy()
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    result = plan.finish(answer(plan, [0], [1], [10.0]), table)
    result["ut1_id"][0] = 0
    assert table.colnames == before.colnames
    assert table["id"].tolist() == before["id"].tolist()
    assert table.meta == before.meta


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 19), st.integers(0, 2**63 - 1), st.floats(-0.9, 0.9)),
        max_size=40,
        unique_by=lambda p: p[:2],
    ),
    st.sets(st.integers(0, 19), max_size=10),
)
def test_whatever_comes_back_lands_at_its_row(pairs: list[tuple[int, int, float]], without: set[int]) -> None:
    """Rows without position do not travel; separations must still be those of the right rows."""
    positions = np.arange(20) * 10.0
    table = Table({"ra": MaskedColumn(positions, mask=[n in without for n in range(20)]), "dec": np.zeros(20)})
    pairs = [pair for pair in pairs if pair[0] not in without]
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    ras = [positions[row] + offset / 3600 for row, _, offset in pairs]
    result = plan.finish(answer(plan, [p[0] for p in pairs], [p[1] for p in pairs], ras), table)
    got = sorted(zip(result["ut1_ra"].tolist(), result["objectId"].tolist(), strict=True))
    assert got == sorted((positions[row], target) for row, target, _ in pairs)
    offsets = {(positions[row], target): abs(offset) for row, target, offset in pairs}
    for ra, target, separation in result["ut1_ra", "objectId", "separation"]:
        assert separation == pytest.approx(offsets[ra, target], abs=1e-6)


def test_identifiers_of_which_several_are_missing_tell_no_rows_apart() -> None:
    table = Table({"ra": [10.0, 20.0, 30.0, 40.0], "dec": np.zeros(4)})
    table["objid"] = MaskedColumn([5, 6, 7, 8], mask=[True, True, False, False])
    plan = plan_of(SkyMatch("dp1.Object", columns=["objectId"]), table)
    made = plan.finish(answer(plan, [0, 1], [7, 8], [10.0, 20.0]), table)
    assert made.meta["tapwidget"]["keys"]["mine"] == []
    assert duplicates(made).mine_with_several == 0


def test_positions_that_are_all_missing_are_named() -> None:
    table = Table({"ra": MaskedColumn([1.0], mask=[True]), "dec": MaskedColumn([1.0], mask=[True]), "id": [1]})
    with pytest.raises(ColumnError, match="no values in ra, dec"):
        plan_of(SkyMatch("dp1.Object"), table)
