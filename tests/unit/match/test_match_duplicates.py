"""Rows in several pairs: counted pair by pair, and as STILTS groups them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match.duplicates import duplicates, of_pairs

pair_sets = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30).map(sorted)


def grown(pairs: list[tuple[int, int]]) -> list[set[int]]:
    """Groups of pairs, the slow and plain way: join whatever shares a side, until nothing does."""
    groups = [{number} for number in range(len(pairs))]
    joined = True
    while joined:
        joined = False
        for one in groups:
            for other in groups:
                if one is not other and any(
                    pairs[a][0] == pairs[b][0] or pairs[a][1] == pairs[b][1] for a in one for b in other
                ):
                    one |= other
                    groups.remove(other)
                    joined = True
                    break
            if joined:
                break
    return groups


@given(pair_sets)
def test_groups_are_those_of_the_definition(pairs: list[tuple[int, int]]) -> None:
    found = of_pairs([a for a, _ in pairs], [b for _, b in pairs])
    expected = grown(pairs)
    assert {frozenset(np.flatnonzero(found.group_id == g).tolist()) for g in set(found.group_id.tolist())} == {
        frozenset(group) for group in expected
    }
    assert found.largest == max(map(len, expected), default=0)
    for group in expected:
        assert all(found.group_size[number] == len(group) for number in group)
    mine, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    assert found.mine_with_several == sum(mine.count(a) > 1 for a in set(mine))
    assert found.theirs_shared == sum(theirs.count(b) > 1 for b in set(theirs))
    assert found.has_several.tolist() == [mine.count(a) > 1 for a in mine]
    assert found.is_shared.tolist() == [theirs.count(b) > 1 for b in theirs]
    assert found.rows.tolist() == sorted(
        [n for n in range(len(pairs)) if found.group_size[n] > 1],
        key=lambda n: (-found.group_size[n], found.group_id[n], n),
    )
    assert sum(size * count for size, count in found.sizes.items()) == len(pairs)


def result() -> Table:
    made = Table(
        {
            "ut1_id": [7, 7, 8, 9, 10],
            "ut1_name": MaskedColumn(["a", "a", "a", "b", "c"], mask=[False, False, True, False, False]),
            "objectId": MaskedColumn(
                [2**60 + 1, 2**60 + 2, 2**60 + 2, 2**60 + 3, 0], mask=[False, False, False, False, True]
            ),
            "separation": MaskedColumn([0.1, 0.2, 0.1, 0.1, 0.0], mask=[False, False, False, False, True]),
        }
    )
    made.meta["tapwidget"] = {"upload": "ut1", "keys": {"mine": ["ut1_id"], "theirs": ["objectId"]}}
    return made


def test_duplicates_of_a_result() -> None:
    found = duplicates(result())
    assert (found.mine_with_several, found.theirs_shared, found.largest) == (1, 1, 3)
    assert found.group_id.tolist() == [1, 1, 1, 2, 0]  # the last row has no counterpart
    assert found.group_size.tolist() == [3, 3, 3, 1, 0]
    assert found.rows.tolist() == [0, 1, 2]
    assert found.sizes == {1: 1, 3: 1}


def test_without_metadata_all_columns_tell_rows_apart() -> None:
    table = result()
    table.meta.clear()
    assert duplicates(table).mine_with_several == 1
    assert duplicates(table, mine=["ut1_name"]).mine_with_several == 1
    assert duplicates(table[::-1]).group_size.tolist() == [0, 1, 3, 3, 3]
    assert duplicates(table, theirs="objectId").theirs_shared == 1
    with pytest.raises(MatchError, match="no column 'nothing'"):
        duplicates(table, mine=["nothing"])
    with pytest.raises(MatchError, match="no columns of mine"):
        duplicates(Table({"a": [1]}))
    assert duplicates(table[:0]).largest == 0


@pytest.mark.skipif(shutil.which("stilts") is None, reason="STILTS is not installed")
def test_group_sizes_are_those_of_stilts(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    mine = Table({"one": np.arange(400), "ra": 0.02 * random.random(400), "dec": 0.02 * random.random(400)})
    theirs = Table({"other": np.arange(500), "ra": 0.02 * random.random(500), "dec": 0.02 * random.random(500)})
    for name, table in (("mine", mine), ("theirs", theirs)):
        table.write(tmp_path / f"{name}.fits")
    subprocess.run(
        ["stilts", "tskymatch2", f"in1={tmp_path}/mine.fits", f"in2={tmp_path}/theirs.fits", "error=1.2", "find=all",
         "ra1=ra", "dec1=dec", "ra2=ra", "dec2=dec", f"out={tmp_path}/pairs.fits"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    pairs = Table.read(tmp_path / "pairs.fits")
    found = of_pairs(pairs["one"], pairs["other"])
    several = ~np.ma.getmaskarray(pairs["GroupSize"])
    assert several.sum() > 50
    # STILTS leaves the size of a group of one empty.
    assert np.array_equal(several, found.group_size > 1)
    assert np.array_equal(found.group_size[several], pairs["GroupSize"][several])
    theirs_ids, ours_ids = pairs["GroupID"][several], found.group_id[several]
    assert len(set(zip(theirs_ids.tolist(), ours_ids.tolist(), strict=True))) == len(set(theirs_ids.tolist()))


def test_nothing_but_unmatched_rows_has_no_duplicates() -> None:
    alone = result()["ut1_id", "ut1_name"]
    alone.meta["tapwidget"] |= {"unmatched": "only", "keys": {"mine": ["ut1_id"], "theirs": []}}
    found = duplicates(alone)
    assert (found.mine_with_several, found.theirs_shared, found.largest) == (0, 0, 0)
    assert found.group_size.tolist() == [0] * len(alone)
