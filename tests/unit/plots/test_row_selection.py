"""Row numbers that views share: as a tuple of them for Python, an array for numpy."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import TableError
from tapwidget.plots.selection import RowNumbers, row_numbers


def test_row_numbers_in_all_their_forms() -> None:
    assert row_numbers([3, 1, 1], 5) == (1, 3)
    assert row_numbers(np.array([False, True, False]), 3) == (1,)
    assert row_numbers(range(2), 5) == (0, 1)
    assert row_numbers(None, 5) == row_numbers([], 0) == ()
    assert all(type(row) is int for row in row_numbers(np.array([2, 0]), 3))


@given(st.lists(st.integers(0, 300)), st.sampled_from(["u2", "i2", "u8", "i8"]))
def test_they_are_sorted_and_each_is_there_once(rows: list[int], kind: str) -> None:
    found = row_numbers(np.array(rows, dtype=kind), 301)
    assert found == tuple(sorted(set(rows)))
    assert np.asarray(found).tolist() == list(found)


def test_numpy_takes_the_array_and_cannot_change_it() -> None:
    given_rows = np.array([4, 7])
    rows = row_numbers(given_rows, 10)
    given_rows[0] = 5
    assert rows == (4, 7)
    array = np.asarray(rows)
    assert array is np.asarray(rows)  # as it is, rather than read out of the tuple
    assert not array.flags.writeable
    assert np.asarray(rows, dtype=np.intp).tolist() == np.array(rows, dtype=float).tolist() == [4, 7]
    np.array(rows)[0] = 1
    assert np.asarray(rows).tolist() == [4, 7]


def test_what_a_tuple_can() -> None:
    rows = RowNumbers([1, 4])
    assert (0,) + rows + (9,) == (0, 1, 4, 9)  # noqa: RUF005 - this is what is tested
    assert [number in rows for number in (1, np.int64(4), 2, "1", (1, 4), (1, 2, 3), None)] == [
        True,
        True,
        *[False] * 5,
    ]


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda rows: pickle.loads(pickle.dumps(rows))])
def test_a_copy_is_the_same(copied: object) -> None:
    rows = copied(RowNumbers([1, 4]))
    assert rows == (1, 4)
    assert np.asarray(rows).tolist() == [1, 4]


def test_those_of_another_view_are_taken_as_they_are_unless_the_table_is_shorter() -> None:
    rows = row_numbers([1, 4], 5)
    assert row_numbers(rows, 5) is rows
    with pytest.raises(TableError, match="Row 4 cannot be selected: the table has 4 rows"):
        row_numbers(rows, 4)


@pytest.mark.parametrize("rows", [[5], [-1], [0.5], ["a"], [[1, 2]], [True, False]])
def test_rows_that_are_not_there_are_refused(rows: list) -> None:
    with pytest.raises(TableError):
        row_numbers(rows, 5)
