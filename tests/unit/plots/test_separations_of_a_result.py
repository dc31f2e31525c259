"""The separations of a result as it is now, and of what only has a column of that name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.match.chance import Chance
from tapwidget.plots import offsets, separation


def result(rows: int = 100) -> Table:
    random = np.random.default_rng(7)
    made = Table({"separation": np.sqrt(random.random(rows)), "position_angle": random.uniform(0, 360, rows)})
    made.meta["tapwidget"] = {"find": "all", "radius_arcsec": 1.0, "rows": {"sent": rows}}
    return made


def halve(table: Table) -> None:
    table["separation"] *= 0.5


def drop(table: Table) -> None:
    table.remove_rows(range(40))


def mask(table: Table) -> None:
    table["separation"] = MaskedColumn(table["separation"], mask=np.arange(len(table)) < 10)


@pytest.mark.parametrize("change", [halve, drop, mask])
def test_a_result_that_was_changed_is_looked_at_again(change: Any) -> None:
    find, table = separation.Remembered(), result()
    before = find(table)
    kept = before.by_row.copy()
    change(table)
    after = find(table)
    expected = separation.of_result(table)
    np.testing.assert_array_equal(after.values, expected.values)
    np.testing.assert_array_equal(after.by_row, expected.by_row)
    assert len(offsets.of_result(table, None, find)) == len(table)
    np.testing.assert_array_equal(before.by_row, kept)  # what is drawn stays as it was drawn


def test_a_result_that_was_not_changed_is_not_sorted_again() -> None:
    find, table = separation.Remembered(), result()
    mask(table)
    assert find(table) is find(table)
    assert find(table.copy()) is not find(table)


@pytest.mark.parametrize(
    "column",
    [["wide", "close"], [[0.1, 0.2], [0.3, 0.4]], np.array([None, 0.1]), [True, False], [0.1j, 0.2]],
    ids=["text", "arrays", "objects", "bool", "complex"],
)
def test_a_column_without_one_number_a_row_has_no_separations(column: Any) -> None:
    table = Table({"separation": column})
    assert separation.of_result(table) is None
    assert separation.Remembered()(table) is None
    table = Table({"separation": [0.1, 0.2], "position_angle": column})
    assert offsets.of_result(table) is None


def test_whole_numbers_are_separations_too() -> None:
    assert separation.of_result(Table({"separation": [2, 1]})).values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("density", "said"), [(0.318, "(100 %)"), (0.0318, "(10 %)"), (0.00132, "(0.41 %)")])
def test_a_share_is_said_as_people_write_it(density: float, said: str) -> None:
    found = separation.of_result(result(), Chance(density, 0.001, 100, 400, "shifted copy", 6.0))
    assert separation.sentence(found).endswith(f" of 100 pairs are chance matches {said}")
