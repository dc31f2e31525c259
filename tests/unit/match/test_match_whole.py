"""Whole sky matches on small skies at hard places: every pair looked at one by one gives the same result."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tapwidget.client.plan import make_plan
from tapwidget.errors import MatchError
from tapwidget.ivoa import tapschema
from tapwidget.match.dialects import RUBIN
from tapwidget.match.pairs import separation_arcsec
from tapwidget.match.radius import PositionErrors, RadiusColumn
from tapwidget.match.spec import SkyMatch
from tapwidget.tables.overflow import how_it_was_cut

TARGET = tapschema.Table(
    "s.t",
    columns=(
        tapschema.Column("id", "long", ucd="meta.id;meta.main"),
        tapschema.Column("ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        tapschema.Column("dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
        tapschema.Column("err", "double", unit="arcsec"),
        tapschema.Column("name", "char", "*"),
        tapschema.Column("flag", "boolean"),
        tapschema.Column("number", "short"),
        tapschema.Column("bare", "double"),
    ),
)
CENTRES = [(0.0, 0.0), (359.9999, 30.0), (123.4, 89.9999), (10.0, -90.0), (200.0, -45.0)]


def sky(places: list[tuple[float, float]]) -> Table:
    number = np.arange(len(places))
    table = Table({"id": 2**60 + number, "ra": np.zeros(len(places)), "dec": np.zeros(len(places))})
    if places:
        table["ra"], table["dec"] = np.array(places, dtype=float).T
    table["err"] = 0.3 * number
    table["name"] = np.array([f"n{i}" for i in number], dtype="U4")
    table["flag"], table["number"], table["bare"] = number % 2 == 0, number.astype("i2"), 1.0
    return table


@st.composite
def skies(draw: st.DrawFn) -> tuple[Table, Table, float]:
    """Mine, theirs and a radius: steps of half a radius around one centre, so that duplicates and ties occur."""
    ra0, dec0 = draw(st.sampled_from(CENTRES))
    radius = draw(st.sampled_from([0.01, 1.0, 3600.0, 36000.0]))
    step = radius / 3600 * draw(st.sampled_from([0.45, 0.8]))

    def places(least: int) -> list[tuple[float, float]]:
        steps = draw(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=least, max_size=8))
        return [
            ((ra0 + x * step / max(np.cos(np.radians(dec0)), 1e-3)) % 360, float(np.clip(dec0 + y * step, -90, 90)))
            for x, y in steps
        ]

    mine = sky(places(1))
    missing = draw(st.lists(st.booleans(), min_size=len(mine), max_size=len(mine)))
    mine["ra"] = MaskedColumn(mine["ra"], mask=[gone and not all(missing) for gone in missing])
    return mine, sky(places(0)), radius


def chosen(apart: np.ndarray, keep: np.ndarray, find: str, neighbours: int) -> list[tuple[int, int]]:
    """The definition, pair by pair, with the separations that the result has: ties by id, then by row."""
    rows, keys, kept = Counter[int](), Counter[int](), []
    for row, key in sorted(zip(*np.nonzero(keep), strict=True), key=lambda p: (apart[p], p[1], p[0])):
        if find == "nearest" and rows[row] == neighbours:
            continue
        if find in {"nearest_theirs", "symmetric"} and keys[key]:
            continue
        if find == "symmetric" and rows[row]:
            continue
        rows[row] += 1
        keys[key] += 1
        kept.append((int(row), int(key)))
    return sorted(kept, key=lambda p: (p[0], apart[p], p[1]))


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    both=skies(),
    find=st.sampled_from(["all", "nearest", "nearest_theirs", "symmetric"]),
    unmatched=st.sampled_from(["drop", "keep", "only"]),
    neighbours=st.integers(1, 3),
    kind=st.sampled_from(["angle", "column", "errors"]),
)
def test_every_pair_one_by_one(matched, *, both, find, unmatched, neighbours, kind):
    mine, theirs, radius = both
    neighbours = neighbours if find == "nearest" else 1
    mine["err"] = np.where(np.arange(len(mine)) % 3 == 2, np.nan, radius * (0.53 + 0.21 * np.arange(len(mine))))
    placed = ~np.ma.getmaskarray(mine["ra"])
    assume(kind == "angle" or np.isfinite(mine["err"][placed]).any())  # else there is no match, and it is said
    how = {
        "angle": radius,
        "column": RadiusColumn("err", unit="arcsec"),
        "errors": PositionErrors(1.5, "err", "err", unit="arcsec", limit=radius),
    }[kind]
    match = SkyMatch("s.t", radius=how, columns=["id"], find=find, unmatched=unmatched, neighbours=neighbours)
    result = matched(match, mine, theirs, TARGET)
    ours = [np.asarray(values)[:, None] for values in (mine["ra"].filled(np.nan), mine["dec"])]
    apart = separation_arcsec(*ours, np.asarray(theirs["ra"])[None], np.asarray(theirs["dec"])[None])
    limits = {
        "angle": np.full(apart.shape, radius),
        "column": np.broadcast_to(np.asarray(mine["err"])[:, None], apart.shape),
        "errors": np.minimum(1.5 * np.hypot(np.asarray(mine["err"])[:, None], np.asarray(theirs["err"])), radius),
    }[kind]
    expected = chosen(apart, apart < limits, find, neighbours)
    alone = sorted(set(range(len(mine))) - {row for row, _ in expected})
    if unmatched == "only":
        assert result["ut1_number"].tolist() == alone
        return
    has = ~np.ma.getmaskarray(result["separation"])
    got = list(zip(result["ut1_number"][has].tolist(), (result["id"][has] - 2**60).tolist(), strict=True))
    assert got == expected
    assert result["ut1_number"][~has].tolist() == (alone if unmatched == "keep" else [])
    assert result["ut1_number"].tolist() == sorted(result["ut1_number"].tolist())
    np.testing.assert_allclose(result["separation"][has], [apart[p] for p in expected], atol=1e-9)


@pytest.mark.parametrize("number", [0, 1, 5])
def test_without_any_pair_every_type_is_masked(number, matched):
    mine, theirs = sky([(10.0, 10.0)]), sky([(50.0, 50.0)] * number)
    kept = matched(SkyMatch("s.t", unmatched="keep"), mine, theirs, TARGET)
    assert len(kept) == 1
    for name in (*theirs.colnames, "separation", "position_angle"):
        assert kept[name].mask.all(), name
        if name in theirs.colnames:
            assert kept[name].dtype == theirs[name].dtype, name
    assert str(kept["ra"].unit) == "deg"
    assert len(matched(SkyMatch("s.t", unmatched="drop"), mine, theirs, TARGET)) == 0
    assert matched(SkyMatch("s.t", unmatched="only"), mine, theirs, TARGET)["ut1_id"].tolist() == [2**60]


def test_an_identifier_that_two_objects_share_does_not_make_them_one(matched):
    mine, theirs = sky([(10.0, 10.0), (20.0, 20.0)]), sky([(10.0, 10.0), (20.0, 20.0)])
    theirs["id"] = 7
    assert len(matched(SkyMatch("s.t", find="symmetric"), mine, theirs, TARGET)) == 2
    theirs["id"] = MaskedColumn(theirs["id"], mask=True)
    assert len(matched(SkyMatch("s.t", find="nearest_theirs"), mine, theirs, TARGET)) == 2


def test_the_largest_radius_goes_to_the_service():
    mine = sky([(10.0, 10.0), (20.0, 20.0), (30.0, 30.0)])
    mine["reach"] = [1.0, np.nan, 59.0]
    mine["ra"] = MaskedColumn(mine["ra"], mask=[0, 0, 0])
    plan = make_plan(SkyMatch("s.t", RadiusColumn("reach", unit="arcsec")), mine, TARGET, dialect=RUBIN)
    assert float(plan.adql.split("< ")[1]) * 3600 == pytest.approx(59, rel=2e-9)
    assert float(plan.adql.split("< ")[1]) * 3600 > 59
    assert "1 of your rows have no usable value of reach" in " ".join(plan.changes)
    mine["reach"][2] = 61
    with pytest.raises(MatchError, match=r"largest radius, 61 arcsec of reach.*up to 60 arcsec"):
        make_plan(SkyMatch("s.t", RadiusColumn("reach", unit="arcsec")), mine, TARGET, dialect=RUBIN)
    mine["ra"].mask[2] = True  # a row that does not travel does not count
    plan = make_plan(SkyMatch("s.t", RadiusColumn("reach", unit="arcsec")), mine, TARGET, dialect=RUBIN)
    assert float(plan.adql.split("< ")[1]) * 3600 == pytest.approx(1, rel=2e-9)


def test_errors_of_the_target_must_be_angles():
    mine = sky([(10.0, 10.0)])
    with pytest.raises(MatchError, match=r"bare of s\.t has no unit"):
        make_plan(SkyMatch("s.t", PositionErrors(1, "err", "bare", unit="mas")), mine, TARGET)
    plan = make_plan(SkyMatch("s.t", PositionErrors(1, "err", "bare", unit="mas", their_unit="mas")), mine, TARGET)
    assert "o.bare" in plan.adql
    assert any("10 arcsec apart or more are not looked for" in change for change in plan.changes)
    with pytest.raises(MatchError, match="no column 'nothing'"):
        make_plan(SkyMatch("s.t", PositionErrors(1, "err", "nothing", unit="mas")), mine, TARGET)


def test_a_cut_answer_makes_the_unmatched_doubtful():
    mine = sky([(10.0, 10.0), (20.0, 20.0)])
    plan = make_plan(SkyMatch("s.t", columns=["id"], unmatched="keep"), mine, TARGET)
    raw = Table({plan.query.row: [0], "id": [1], "ra": [10.0], "dec": [10.0]}, meta={"overflow": True})
    result = plan.finish(raw, mine)
    assert result.meta["overflow"] is True
    doubt = "Rows shown as unmatched may have a counterpart beyond the cut."
    assert doubt in result.meta["tapwidget"]["changes"]
    assert doubt in how_it_was_cut(result)
    only = make_plan(SkyMatch("s.t", columns=["id"], unmatched="only"), mine, TARGET).finish(raw, mine)
    assert len(only) == 1
    assert "The rows listed here as unmatched may have a counterpart beyond the cut." in how_it_was_cut(only)
