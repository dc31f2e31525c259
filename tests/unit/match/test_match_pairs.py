"""Pairs: separations against astropy, choices against the slow and plain way."""

import math
from collections import Counter

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn
from hypothesis import example, given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match import pairs as pairs_module
from tapwidget.match.pairs import position_angle_deg, reduce, separation_arcsec, with_unmatched

longitude = st.floats(0, 360) | st.sampled_from([0.0, 360.0, 359.9999999, 1e-9])
latitude = st.floats(-90, 90) | st.sampled_from([90.0, -90.0, 89.9999999])


@given(longitude, latitude, longitude, latitude)
@example(359.99999, 0.0, 0.00001, 0.0)
@example(10.0, 90.0, 200.0, 90.0)
@example(10.0, -90.0, 10.0, 90.0)
def test_separation_is_astropys(ra1, dec1, ra2, dec2):
    ours = separation_arcsec([ra1], [dec1], [ra2], [dec2])
    theirs = SkyCoord(ra1, dec1, unit="deg").separation(SkyCoord(ra2, dec2, unit="deg")).arcsec
    assert ours.shape == (1,)
    assert ours[0] == pytest.approx(theirs, rel=1e-12, abs=1e-9)


# Not nearer to the poles: astropy's offset takes an arcsine there, which loses digits; the separation itself does not.
@given(longitude, st.floats(-80, 80), st.floats(0, 360), st.floats(1e-4, 3600))
def test_separation_of_a_known_offset(ra, dec, angle, arcsec):
    there = SkyCoord(ra, dec, unit="deg").directional_offset_by(angle * u.deg, arcsec * u.arcsec)
    assert separation_arcsec(ra, dec, there.ra.deg, there.dec.deg) == pytest.approx(arcsec, rel=1e-7, abs=3e-9)


def test_separation_of_columns_with_missing_values():
    ra = MaskedColumn([1.0, 2.0], mask=[False, True], unit="deg")
    got = separation_arcsec(ra, [0.0, 0.0], np.array([1.0, 2.0]), [1.0, 1.0])
    assert type(got) is np.ndarray
    assert got[0] == pytest.approx(3600)
    assert np.isnan(got[1])


@given(longitude, latitude, longitude, latitude)
@example(10.0, 20.0, 10.0, 20.0)
@example(10.0, 90.0, 200.0, 89.0)
@example(10.0, 20.0, 9.9999999, 20.0001)
@example(10.0, 20.0, 9.9999999999999, 21.0)
def test_position_angle_is_astropys(ra1, dec1, ra2, dec2):
    (ours,) = position_angle_deg([ra1], [dec1], [ra2], [dec2])
    theirs = SkyCoord(ra1, dec1, unit="deg").position_angle(SkyCoord(ra2, dec2, unit="deg")).deg
    assert 0 <= ours < 360
    if separation_arcsec(ra1, dec1, ra2, dec2) > 1e-3:  # nearer than that the last digits decide
        assert abs((ours - theirs + 180) % 360 - 180) < 1e-4


def test_position_angle_goes_from_north_through_east_to_theirs():
    got = position_angle_deg([10.0] * 4, [0.0] * 4, [10.0, 10.1, 10.0, 9.9], [0.1, 0.0, -0.1, 0.0])
    assert got.tolist() == pytest.approx([0, 90, 180, 270])
    assert np.isnan(position_angle_deg([1.0], [np.nan], [1.0], [1.0])[0])


@given(st.lists(st.integers(0, 9)), st.integers(0, 3))
def test_rows_without_a_pair(rows, more):
    rows = np.sort(np.array(rows, dtype=int))
    pairs, length = np.arange(len(rows)) + 100, int(rows.max(initial=0)) + 1 + more
    alone = sorted(set(range(length)) - set(rows.tolist()))
    own, theirs = with_unmatched(rows, pairs, length, "drop")
    assert (own.tolist(), theirs.tolist()) == (rows.tolist(), pairs.tolist())
    own, theirs = with_unmatched(rows, pairs, length, "only")
    assert (own.tolist(), theirs.tolist()) == (alone, [-1] * len(alone))
    own, theirs = with_unmatched(rows, pairs, length, "keep")
    expected = sorted([*zip(rows.tolist(), pairs.tolist(), strict=True), *((row, -1) for row in alone)])
    assert list(zip(own.tolist(), theirs.tolist(), strict=True)) == expected


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "i8", "u8", "U3", "f8"])
def test_keys_of_every_type(dtype):
    keys = np.array([100, 3, 100, 7], dtype=dtype)
    keep = reduce([0, 1, 2, 2], keys, [0.3, 0.2, 0.1, 0.4], "nearest_theirs")
    assert keep.tolist() == [1, 2, 3]
    negative = np.tile(np.array([-100, 100], dtype="i1"), 200)
    assert len(reduce(np.zeros(400, dtype="i1"), negative, np.arange(400.0), "nearest_theirs")) == 2


def plain(rows, keys, separation, find, neighbours=1):
    """The definition, pair by pair."""
    pairs = [i for i in range(len(rows)) if not np.isnan(separation[i])]
    used_rows, used_keys, kept = Counter(), Counter(), []
    for i in sorted(pairs, key=lambda i: (separation[i], keys[i], rows[i])):
        if find == "nearest" and used_rows[rows[i]] == neighbours:
            continue
        if find in {"nearest_theirs", "symmetric"} and used_keys[keys[i]]:
            continue
        if find == "symmetric" and used_rows[rows[i]]:
            continue
        used_rows[rows[i]] += 1
        used_keys[keys[i]] += 1
        kept.append(i)
    return sorted(kept, key=lambda i: (rows[i], separation[i], keys[i]))


unique_pairs = st.dictionaries(
    st.tuples(st.integers(0, 8), st.integers(0, 8)),
    st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.7, 1.0, math.nan]),
    max_size=40,
)


@pytest.mark.parametrize("rounds", [pairs_module.ROUNDS, 1, 0])
@given(
    pairs=unique_pairs,
    find=st.sampled_from(["all", "nearest", "nearest_theirs", "symmetric"]),
    neighbours=st.integers(1, 4),
    several_keys=st.booleans(),
    random=st.randoms(),
)
def test_reduce_is_the_plain_way(*, rounds, pairs, find, neighbours, several_keys, random):
    """However much of it is left to be gone through one by one."""
    items = list(pairs.items())
    random.shuffle(items)
    rows = np.array([row for (row, _), _ in items], dtype=int)
    keys = np.array([2**60 + key for (_, key), _ in items], dtype=np.int64)
    separation = np.array([sep for _, sep in items])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs_module, "ROUNDS", rounds)
        given_keys = (keys // 3, keys % 3) if several_keys else keys
        kept = reduce(rows, given_keys, separation, find, neighbours=neighbours).tolist()
    assert kept == plain(rows.tolist(), keys.tolist(), separation.tolist(), find, neighbours)


def test_ties_are_broken_by_the_target():
    rows, separation = np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 1.0, 1.0])
    assert reduce(rows, np.array([7, 5, 5, 9]), separation, "nearest").tolist() == [1, 2]
    assert reduce(rows, np.array([7, 5, 5, 9]), separation, "symmetric").tolist() == [1, 3]
    assert reduce(rows, np.array(["b", "a", "a", "c"]), separation, "symmetric").tolist() == [1, 3]


def test_several_columns_can_be_the_key():
    rows, ra, dec = np.array([0, 1, 2]), np.array([1.0, 1.0, 1.0]), np.array([5.0, 5.0, 6.0])
    assert reduce(rows, (ra, dec), np.array([0.2, 0.1, 0.3]), "symmetric").tolist() == [1, 2]
    assert reduce(rows, [ra, dec], np.array([0.2, 0.1, 0.3]), "all").tolist() == [0, 1, 2]


@pytest.mark.parametrize("find", ["all", "nearest", "nearest_theirs", "symmetric"])
def test_no_pairs(find):
    empty = np.array([], dtype=int)
    assert reduce(empty, empty, np.array([]), find).tolist() == []
    assert reduce(empty, (empty, empty), np.array([]), find).tolist() == []


def test_without_separation_only_all_pairs():
    assert reduce([3, 1, 1], np.array(["b", "c", "a"])).tolist() == [2, 1, 0]
    with pytest.raises(MatchError, match="needs separations"):
        reduce([1], [1], None, "nearest")
    with pytest.raises(MatchError, match="'best'"):
        reduce([1], [1], [1.0], "best")


@pytest.mark.parametrize("length", [4, 400])
def test_a_chain_of_ever_closer_neighbours(length):
    """Each pair is worse than the next one, so a round gives up one pair: the long chain is finished one by one."""
    n = np.arange(length)
    rows, keys, separation = np.repeat(n, 2)[1:], np.repeat(n, 2)[:-1], np.arange(2 * length - 1, 0, -1.0)
    assert reduce(rows, keys, separation, "symmetric").tolist() == plain(
        rows.tolist(), keys.tolist(), separation.tolist(), "symmetric"
    )


def test_order_does_not_depend_on_how_the_service_sends_them():
    rng = np.random.default_rng(3)
    rows, keys = rng.integers(0, 500, 3000), rng.integers(0, 500, 3000)
    pairs = np.unique(np.stack([rows, keys], axis=1), axis=0)
    separation = rng.integers(0, 20, len(pairs)) / 20
    shuffled = rng.permutation(len(pairs))
    for find in ("all", "nearest", "nearest_theirs", "symmetric"):
        one = pairs[reduce(pairs[:, 0], pairs[:, 1], separation, find)]
        other = pairs[shuffled][reduce(pairs[shuffled, 0], pairs[shuffled, 1], separation[shuffled], find)]
        assert np.array_equal(one, other)
