"""Two results compared: counted by sets of identifiers, whatever their order, masks and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match.compare import compare

BASE = 2**53  # from here on float64 cannot tell neighbours apart
NOBODY = None
rows = st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5))), unique=True, max_size=14)


def result(pairs: list[tuple[int, int | None]], *, keyed: bool = True, **told: Any) -> Table:
    """A result as a match with unmatched="keep" gives it; None is a row without counterpart."""
    gone = [theirs is None for _, theirs in pairs]
    names = {"mine": ["ut1_id"] if keyed else [], "theirs": ["objectId"]}
    about = {"find": "all", "unmatched": "keep", "upload": "ut1", "target": "dp1.Object", "separation": "separation"}
    mine = np.array([BASE + one for one, _ in pairs], dtype=np.int64)
    theirs = np.array([BASE + (other or 0) for _, other in pairs], dtype=np.int64)
    table = Table({"ut1_id": mine, "objectId": MaskedColumn(theirs, mask=gone)})
    table["separation"] = MaskedColumn(np.zeros(len(pairs)), mask=gone)
    table.meta["tapwidget"] = {**about, "keys": names, **told}
    return table


@given(rows, rows, st.booleans())
def test_counts_and_rows_are_those_of_sets(one: list[Any], other: list[Any], keyed: bool) -> None:
    found = compare(result(one, keyed=keyed), result(other, keyed=keyed))
    pairs = [{pair for pair in side if pair[1] is not None} for side in (one, other)]
    mine = [{a for a, _ in side} for side in pairs]
    for change, (before, after), thing in ((found.mine, mine, lambda p: p[0]), (found.pairs, pairs, lambda p: p)):
        assert change is not None
        assert (change.kept, change.lost, change.gained) == (
            len(before & after), len(before - after), len(after - before)
        )  # fmt: skip
        real = [[n for n, pair in enumerate(side) if pair[1] is not None] for side in (one, other)]
        assert change.lost_rows.tolist() == [n for n in real[0] if thing(one[n]) not in after]
        assert change.kept_rows.tolist() == [n for n in real[1] if thing(other[n]) in before]
        assert change.gained_rows.tolist() == [n for n in real[1] if thing(other[n]) not in before]


def test_another_counterpart_is_a_lost_and_a_gained_pair_of_a_row_that_is_kept() -> None:
    found = compare(result([(1, 1), (2, 2)]), result([(1, 3), (2, 2)]))
    assert (found.mine.kept, found.mine.lost, found.mine.gained) == (2, 0, 0)
    assert found.pairs is not None
    assert (found.pairs.kept, found.pairs.lost, found.pairs.gained) == (1, 1, 1)


def test_identifiers_of_other_types_are_compared_exactly() -> None:
    one, other = result([(0, 0), (1, 1)]), result([(1, 1), (2, 2)])
    other["ut1_id"] = other["ut1_id"].astype(np.uint64)  # numpy would make float64 of both
    found = compare(one, other)
    assert (found.mine.kept, found.mine.lost, found.mine.gained) == (1, 1, 1)
    one["ut1_id"] = [b"a", b"b"]
    other["ut1_id"] = ["b", "c"]
    found = compare(one, other)
    assert (found.mine.kept, found.mine.lost, found.mine.gained) == (1, 1, 1)
    one["ut1_id"] = [1, 2]
    with pytest.raises(MatchError, match="text in one result and numbers in the other"):
        compare(one, other)


def test_without_an_identifier_a_row_is_all_that_it_has() -> None:
    one, other = result([(1, 1), (2, 2)], keyed=False), result([(2, 2)], keyed=False)
    one["ut1_r"] = MaskedColumn([17.0, 18.0], mask=[False, True])
    other["ut1_r"] = np.ma.array([99.0], mask=[True])
    found = compare(one, other)
    assert (found.mine.kept, found.mine.lost, found.mine.gained) == (1, 1, 0)


def test_results_of_another_upload_name_are_compared() -> None:
    other = result([(1, 1)], upload="ut2", keys={"mine": ["ut2_id"], "theirs": ["objectId"]})
    other.rename_column("ut1_id", "ut2_id")
    assert compare(result([(1, 1)]), other).mine.kept == 1


def test_pairs_with_other_tables_are_not_compared_and_why_is_said() -> None:
    found = compare(result([(1, 1)]), result([(1, 1)], target="dp1.Source"))
    assert (found.mine.kept, found.pairs) == (1, None)
    assert "dp1.Source" in found.why
    without = result([(1, 1)], keys={"mine": ["ut1_id"], "theirs": []})
    without.remove_column("objectId")
    found = compare(result([(1, 1)]), without)
    assert found.pairs is None
    assert "identifier of dp1.Object" in found.why


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(MatchError, match="answer to a query"):
        compare(result([(1, 1)]), Table({"n": [1]}))
    with pytest.raises(MatchError, match="without a counterpart"):
        compare(result([(1, 1)]), result([(1, None)], unmatched="only"))
    other = result([(1, 1)], keys={"mine": ["ut1_name"], "theirs": ["objectId"]})
    other.rename_column("ut1_id", "ut1_name")
    with pytest.raises(MatchError, match="not of the same table"):
        compare(result([(1, 1)]), other)
