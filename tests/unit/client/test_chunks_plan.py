"""An upload divided: every row once, pieces that are compact and of equal size, halves that say whose they are."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwidget.client.chunks_plan import MOST_PARTS, Division, Part, in_words, measured, parts_needed, why_in_parts
from tapwidget.client.ledger import PartRecord
from tapwidget.errors import MatchError, UploadError
from tapwidget.ivoa.limits import Limits
from tapwidget.tables.preflight import Upload, prepare
from tapwidget.tables.roles import recognise
from tapwidget.tables.votable import to_votable


def upload(ra: object, dec: object) -> Upload:
    table = Table({"ra": np.asarray(ra, dtype=float), "dec": np.asarray(dec, dtype=float)})
    return prepare(table, position=recognise(table).position)


def random_sky(rows: int, seed: int = 1) -> Upload:
    rng = np.random.default_rng(seed)
    return upload(rng.uniform(0, 360, rows), np.degrees(np.arcsin(rng.uniform(-1, 1, rows))))


@given(rows=st.integers(1, 400), number=st.integers(1, 40), seed=st.integers(0, 9), by_sky=st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_row_is_in_one_part_and_parts_are_alike(rows: int, number: int, seed: int, by_sky: bool) -> None:
    table = Table({"name": np.arange(rows)})
    division = Division(random_sky(rows, seed) if by_sky else prepare(table, ["name"]))
    parts = division.parts(number)
    assert len(parts) == min(number, rows)
    assert sorted(np.concatenate([part.rows for part in parts]).tolist()) == list(range(rows))
    sizes = [len(part.rows) for part in parts]
    assert max(sizes) - min(sizes) <= 1 + np.log2(number)
    assert all(np.all(np.diff(part.rows) > 0) for part in parts)
    if sizes[0] > 1:
        halves = division.halves(parts[0])
        assert sorted(np.concatenate([half.rows for half in halves]).tolist()) == parts[0].rows.tolist()


def test_parts_are_compact_also_at_a_pole_and_at_zero_of_right_ascension() -> None:
    rng = np.random.default_rng(2)
    # Four clusters; one lies across RA 0, one around the pole.
    ra = np.concatenate(
        [rng.uniform(-1, 1, 100) % 360, rng.uniform(0, 360, 100), np.full(100, 90.0), np.full(100, 180.0)]
    )
    dec = np.concatenate([rng.uniform(-1, 1, 100), rng.uniform(89, 90, 100), np.repeat([-60.0, 30.0], 100)])
    shuffled = rng.permutation(400)
    parts = Division(upload(ra[shuffled], dec[shuffled])).parts(4)
    assert {frozenset((shuffled[part.rows] // 100).tolist()) for part in parts} == {frozenset({n}) for n in range(4)}


def test_labels_tell_the_part_and_its_halves() -> None:
    division = Division(random_sky(1200))
    parts = division.parts(12)
    assert [parts[0].label, parts[2].label, parts[11].label] == ["01of12", "03of12", "12of12"]
    first, second = division.halves(parts[2])
    assert (first.label, second.label, division.halves(second)[0].label) == ("03of12-a", "03of12-b", "03of12-ba")


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(upload=True), 0),
        (Limits(upload=True, upload_rows=3000), 0),
        (Limits(upload=True, upload_rows=2999), 2),
        (Limits(upload=True, upload_rows=7), 429),
        (Limits(upload=True, upload_bytes=10**6), 0),
        (Limits(upload=True, upload_bytes=300_000), 1),
    ],
)
def test_parts_needed(limits: Limits, expected: int) -> None:
    assert parts_needed(random_sky(3000).table, limits) == expected


def test_parts_fit_by_bytes() -> None:
    sky = random_sky(3000)
    for limit in (5000, 30_000, 70_000):
        number = parts_needed(sky.table, Limits(upload=True, upload_bytes=limit))
        sizes = [len(to_votable(sky.table[part.rows], name="ut1")) for part in Division(sky).parts(number)]
        assert 0.5 * limit < max(sizes) <= limit


def test_far_too_much_is_refused() -> None:
    with pytest.raises(UploadError, match=f"3,000 jobs; tapwidget sends at most {MOST_PARTS}"):
        parts_needed(random_sky(3000).table, Limits(upload=True, upload_rows=1))


@given(rows=st.integers(1, 5000), width=st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_the_estimate_is_near(rows: int, width: int) -> None:
    table = Table({"a": np.arange(rows), "name": np.array([b"x" * (1 + n % width) for n in range(rows)])})
    head, each = measured(table)
    assert head + each * rows == pytest.approx(len(to_votable(table)), rel=0.05, abs=200)


def recorded(parts: list[Part]) -> list[PartRecord]:
    return [PartRecord(part.label, len(part.rows), part.digest, f"https://x.org/{part.label}") for part in parts]


@given(rows=st.integers(8, 400), number=st.integers(1, 8), seed=st.integers(0, 9), by_sky=st.booleans())
@settings(max_examples=40, deadline=None)
def test_another_kernel_has_the_same_parts(rows: int, number: int, seed: int, by_sky: bool) -> None:
    made = random_sky(rows, seed) if by_sky else prepare(Table({"name": np.arange(rows)}), ["name"])
    division = Division(made)
    first, *others = division.parts(min(number, rows // 4))
    parts = [*division.halves(first), *others]
    if parts[1].is_divisible:
        parts[1:2] = division.halves(parts[1])
    found = Division(made).again(recorded(parts))
    assert [(part.label, part.rows.tolist()) for part in found] == [(part.label, part.rows.tolist()) for part in parts]
    assert [part.url for part in found] == [f"https://x.org/{part.label}" for part in parts]
    assert all(part.job is None for part in found)


def test_parts_of_another_table_are_not_taken_for_its_own() -> None:
    known = recorded(Division(random_sky(300)).parts(4))
    with pytest.raises(MatchError, match="divided in another way"):
        Division(random_sky(300, seed=2)).again(known)
    with pytest.raises(MatchError, match="all the parts"):
        Division(random_sky(300)).again(known[:3])


def test_it_is_said_whether_the_limit_is_the_services_own() -> None:
    told = Limits(upload=True, upload_bytes=32 * 2**20)
    assert "more than the service takes" in in_words(3, why_in_parts(3, 10, told))
    assert "sets no limit" in in_words(3, why_in_parts(3, 10, Limits(upload=True)))
    assert "16 MiB" in in_words(3, why_in_parts(3, 10, Limits(upload=True, upload_rows=99)))
    assert "more than the service takes" in in_words(3, why_in_parts(3, 100, Limits(upload=True, upload_rows=99)))
    assert "did not take" in in_words(2, why_in_parts(0, 10, told))
