"""Matches through a TAP service of others: pair for pair what astropy finds in the service's own rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.client.service import Service
from tapwidget.errors import MatchError, TargetError
from tapwidget.match.constraints import ColumnRange, MagnitudeDifference, MagnitudeRange
from tapwidget.match.spec import IdentifierMatch, SkyMatch

pytestmark = pytest.mark.usefixtures("tap_url")

MINUTES = 300.0


@pytest.fixture(scope="module")
def columns(cone: Any, magnitude: str) -> list[str]:
    return [cone.id, cone.ra, cone.dec, magnitude]


@pytest.fixture(scope="module")
def all_pairs(submit: Callable[..., Any], cone: Any, mine: Table, truth: Any, columns: list[str]) -> Table:
    return submit(SkyMatch(cone.target.name, radius=truth.radius, columns=columns), mine).result(MINUTES)


def rows_of(result: Table) -> np.ndarray:
    """Row of the user's table, from its identifiers."""
    return (np.asarray(result["ut1_objid"]) - 2**62) // 3


def pairs_of(result: Table, cone: Any) -> list[tuple[int, int]]:
    return list(zip(rows_of(result).tolist(), result[cone.id].tolist(), strict=True))


def test_it_says_what_it_takes(service: Service) -> None:
    limits = service.limits()
    assert limits.upload, "a service that takes no uploads can match nothing"
    assert limits.output_formats
    for limit in (limits.upload_rows, limits.upload_bytes, limits.maxrec_default, limits.maxrec_hard):
        assert limit is None or limit > 0


def test_its_tables_and_their_columns(service: Service, target_name: str, cone: Any) -> None:
    names = [table.name.lower() for table in service.tables()]
    assert len(names) == len(set(names))
    assert target_name.lower() in names
    table = service.table(target_name.swapcase())
    assert table.name.lower() == target_name.lower()
    identifier, ra, dec = (table.column(name) for name in (cone.id, cone.ra, cone.dec))
    assert identifier.datatype in {"long", "int"}
    assert (ra.unit, dec.unit) == ("deg", "deg")
    assert all(column.datatype for column in table.columns)
    assert [c.column_index for c in table.columns] == sorted(c.column_index for c in table.columns)


def test_a_table_is_found_by_its_columns(service: Service, target_name: str, cone: Any) -> None:
    column = service.table(target_name).column(cone.ra)
    for words in (column.name.upper(), column.ucd, f"{target_name} {column.name}"):
        answer = service.find_tables(words)
        found = {each.table.name.lower(): [c.name for c in each.columns] for each in answer.tables}
        assert answer.overflow or column.name in found[target_name.lower()], words
    for nothing in ("no'such%column", "100%_of\\it", '"none"--'):
        assert service.find_tables(nothing).tables == ()


def test_what_it_does_not_have_is_said_with_what_is_close(service: Service, cone: Any, mine: Table) -> None:
    wrong = cone.target.name[:-1]
    with pytest.raises(TargetError, match=cone.target.name):
        service.table(wrong)
    with pytest.raises(MatchError, match=cone.id):
        service.submit(SkyMatch(cone.target.name, columns=[cone.id + "x"]), mine)


def test_pairs_are_astropys(all_pairs: Table, cone: Any, truth: Any) -> None:
    expected = list(zip(truth.rows.tolist(), truth.ids.tolist(), strict=True))
    assert len(set(truth.rows)) < len(expected), "the test wants several counterparts"
    assert pairs_of(all_pairs, cone) == expected
    np.testing.assert_allclose(all_pairs["separation"], truth.arcsec, atol=1e-6)
    assert all_pairs["separation"].unit == u.arcsec
    assert all_pairs.meta["overflow"] is False


def test_identifiers_are_exact(all_pairs: Table, cone: Any, has_default_tables: bool) -> None:
    assert all_pairs[cone.id].dtype == np.int64
    assert set(all_pairs[cone.id].tolist()) <= set(cone.rows[cone.id].tolist())
    if has_default_tables:
        assert all_pairs[cone.id].min() > 2**53


def test_both_sides_are_as_they_were(all_pairs: Table, mine: Table, cone: Any, columns: list[str]) -> None:
    assert all_pairs.colnames == [f"ut1_{name}" for name in mine.colnames] + [*columns, "separation", "position_angle"]
    rows = rows_of(all_pairs)
    for name in mine.colnames:
        got, own = all_pairs[f"ut1_{name}"], mine[name][rows]
        assert (got.dtype, got.unit, got.description) == (own.dtype, own.unit, own.description)
        assert np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(own))
        assert np.ma.allequal(got, own, fill_value=True)
    for name in columns:
        known = cone.target.column(name)
        assert all_pairs[name].unit == (u.Unit(known.unit) if known.unit else None)
        assert all_pairs[name].description == known.description
        assert all_pairs[name].dtype == cone.rows[name].dtype


def test_missing_magnitudes_are_masked(all_pairs: Table, cone: Any, magnitude: str) -> None:
    got, expected = all_pairs[magnitude], cone.column(magnitude, all_pairs[cone.id])
    assert isinstance(got, MaskedColumn)
    assert 0 < np.sum(got.mask) < len(got)
    assert np.array_equal(got.mask, expected.mask)
    assert np.array_equal(np.asarray(got)[~got.mask], expected.data[~got.mask])


def test_a_query_for_missing_values_gives_masked_ones(submit: Callable[..., Any], cone: Any, magnitude: str) -> None:
    adql = f"SELECT TOP 20 {cone.id}, {magnitude} FROM {cone.target.name} WHERE {magnitude} IS NULL"
    result = submit(adql).result(MINUTES)
    assert len(result) == 20
    assert np.all(result.columns[1].mask)


@pytest.mark.parametrize("find", ["nearest", "symmetric"])
def test_one_of_each(submit: Callable[..., Any], cone: Any, mine: Table, truth: Any, find: Any) -> None:
    match = SkyMatch(cone.target.name, radius=truth.radius, columns=[cone.id], find=find)
    result = submit(match, mine).result(MINUTES)
    expected, used_rows, used_ids = [], set(), set()
    for i in np.argsort(truth.arcsec, kind="stable"):
        row, target = int(truth.rows[i]), int(truth.ids[i])
        if row not in used_rows and (find == "nearest" or target not in used_ids):
            expected.append((row, target))
            used_rows.add(row)
            used_ids.add(target)
    assert pairs_of(result, cone) == sorted(expected)
    assert len(expected) < len(truth.rows)


def test_conditions_keep_what_numpy_keeps(
    *, submit: Callable[..., Any], cone: Any, mine: Table, truth: Any, magnitude: str
) -> None:
    theirs = cone.column(magnitude, truth.ids)
    ours = np.ma.masked_invalid(np.ma.asarray(mine["r"])[truth.rows])
    faint = round(float(np.ma.median(theirs)) + 2, 2)
    keep = (ours > 16.5) & (theirs <= faint) & (np.ma.abs(ours - theirs) < 0.15)
    keep &= (np.asarray(mine["size"])[truth.rows] > 1.0) & np.asarray(mine["is good"])[truth.rows]
    where = [
        MagnitudeRange("r", low=16.5),
        ColumnRange(magnitude, high=faint),
        MagnitudeDifference("r", magnitude, 0.15),
        'ut1.size > 1.0 AND ut1."is good" = 1',
    ]
    match = SkyMatch(cone.target.name, radius=truth.radius, columns=[cone.id], where=where)
    result = submit(match, mine).result(MINUTES)
    kept = np.flatnonzero(np.ma.filled(keep, False))
    assert 10 < len(kept) < len(truth.rows) / 2
    assert pairs_of(result, cone) == list(zip(truth.rows[kept].tolist(), truth.ids[kept].tolist(), strict=True))


def test_neighbouring_identifiers_are_not_taken_for_equal(submit: Callable[..., Any], cone: Any) -> None:
    """As float64, integers of 60 bits would be equal to their neighbours."""
    ids = np.sort(np.asarray(cone.rows[cone.id], dtype=np.int64))[:50]
    table = Table({"mine": np.concatenate([ids, ids + 1]), "row": np.arange(100)})
    match = IdentifierMatch(cone.target.name, on=("mine", cone.id), columns=[cone.id, cone.ra])
    result = submit(match, table).result(MINUTES)
    assert np.array_equal(result["ut1_mine"], result[cone.id])
    assert result["ut1_row"].tolist()[:50] == list(range(50))


def test_names_of_minor_planets_are_matched(
    service: Service, submit: Callable[..., Any], ask: Callable[[str], Table], has_default_tables: bool
) -> None:
    if not has_default_tables:
        pytest.skip("another target was named, so the service need not have dp1.MPCORB")
    target = service.table("dp1.MPCORB")
    name, number = (target.column(each).name for each in ("mpcDesignation", "ssObjectId"))
    known = ask(f"SELECT TOP 60 {name}, {number} FROM {target.name} ORDER BY {name}")
    numbers = {str(n).strip(): int(i) for n, i in zip(*known.columns.values(), strict=True)}
    table = Table({"designation": ["no such one", *numbers], "mine": np.arange(len(numbers) + 1)})
    match = IdentifierMatch(target.name, on=("designation", name), columns=[name, number])
    result = submit(match, table).result(MINUTES)
    assert result.colnames == ["ut1_designation", "ut1_mine", name, number]
    assert result["ut1_mine"].tolist() == list(range(1, len(numbers) + 1))
    assert [str(n).strip() for n in result[name]] == result["ut1_designation"].tolist()
    assert result[number].tolist() == [numbers[n] for n in result["ut1_designation"]]


@pytest.mark.parametrize("find", ["all", "symmetric"])
def test_the_python_cell_gives_the_same_rows(
    *, service: Service, submit: Callable[..., Any], cone: Any, mine: Table, find: Any, run_cell: Callable[..., Table]
) -> None:
    match = SkyMatch(cone.target.name, radius=20 * u.arcsec, columns=[cone.id, cone.ra], find=find)
    ours = submit(match, mine).result(MINUTES)
    theirs = run_cell(match.python(service, mine), mine)
    assert theirs.colnames == ours.colnames
    assert len(theirs) == len(ours) > 50
    for name in ours.colnames:
        assert np.ma.allequal(np.ma.asarray(ours[name]), np.ma.asarray(theirs[name]), fill_value=True), name
