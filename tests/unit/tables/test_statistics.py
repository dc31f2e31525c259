"""Statistics of a column: what is missing enters nothing, identifiers stay whole."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tapwidget.tables.cell_format import column_cells
from tapwidget.tables.statistics import statistics

BIG = 648368125565216675


def of(column, rows=None):
    return statistics(column_cells(Table({"x": column}), "x"), rows)


def test_missing_values_enter_nothing():
    found = of(MaskedColumn([15.0, np.nan, 99.0, 17.0, 18.0], mask=[0, 0, 1, 0, 0], unit="mag"))
    assert (found.values, found.missing, found.unit) == (3, 2, "mag")
    assert (found.lowest, found.median, found.highest) == ("15.0000", "17.0000", "18.0000")
    assert float(found.mean) == pytest.approx(50 / 3, abs=1e-4)
    assert float(found.scatter) == pytest.approx(np.std([15, 17, 18], ddof=1), rel=1e-3)


def test_identifiers_stay_whole():
    found = of(np.array([BIG + 2, BIG, BIG + 1, BIG]))
    assert (found.lowest, found.median, found.highest) == (str(BIG), str(BIG), str(BIG + 2))
    assert found.distinct == 3
    assert found.mean == ""


def test_text_and_truth():
    assert of(["b", "a", "b"]).distinct == 2
    assert (of(["b", "a"]).lowest, of(["b", "a"]).highest) == ("a", "b")
    assert of([True, False, True]).mean == "2 true, 1 false"


def test_nothing_there_and_arrays():
    empty = of(MaskedColumn([1.0, 2.0], mask=[True, True]))
    assert (empty.values, empty.missing, empty.lowest, empty.distinct) == (0, 2, "", None)
    assert of(np.zeros((3, 2))).distinct is None
    assert of([5.0]).scatter == ""


def test_of_some_rows():
    assert of(np.array([3.0, 1.0, 2.0]), np.array([0, 2])).lowest == "2.0"


@given(npst.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_counts_are_complete(values):
    found = of(values)
    assert found.values + found.missing == len(values)
    assert found.missing == np.count_nonzero(np.isnan(values))
