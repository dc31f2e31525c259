"""Binning against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tapwidget.errors import TapWidgetError
from tapwidget.plots import histogram
from tapwidget.plots.series import Series
from tapwidget.plots.subset import Subset

MAGNITUDES = st.one_of(
    st.floats(5, 30, width=32), st.sampled_from([7.5, 8.0, 15.0, 26.5, 27.0, np.nan, np.inf, -np.inf])
)
EDGES = st.one_of(
    st.just(np.asarray(histogram.FIGURE1_EDGES)),
    st.builds(
        lambda bins, low, width: np.linspace(low, low + width, bins + 1),
        st.integers(1, 60),
        st.floats(-5, 20),
        st.floats(0.5, 40),
    ),
    st.lists(st.floats(0, 30, width=32), min_size=2, max_size=12, unique=True).map(sorted).map(np.asarray),
)


@given(hnp.arrays(st.sampled_from(["f4", "f8", ">f4"]), st.integers(0, 200), elements=MAGNITUDES), EDGES)
def test_counts_are_numpys(values: np.ndarray, edges: np.ndarray) -> None:
    counted = Series("any", values).count(edges)
    finite = values[np.isfinite(values)].astype("f8")
    expected, _ = np.histogram(finite, edges)
    assert counted.counts.tolist() == expected.tolist()
    assert counted.rows == len(values)
    assert counted.missing == np.count_nonzero(~np.isfinite(values))
    assert counted.below == np.count_nonzero(finite < edges[0])
    assert counted.above == np.count_nonzero(finite > edges[-1])
    assert counted.rows == counted.counts.sum() + counted.missing + counted.outside


def test_a_million_counts_are_numpys() -> None:
    random = np.random.default_rng(5)
    values = np.round(random.normal(21, 3, 1_000_000), 2).astype("f4")  # many on the edges
    values[::10] = np.nan
    counted = Series("many", values).count(histogram.FIGURE1_EDGES)
    assert counted.counts.tolist() == np.histogram(values[~np.isnan(values)], np.arange(40) / 2 + 7.5)[0].tolist()


def test_each_bin_has_its_lower_edge_and_the_last_both() -> None:
    assert Series("x", [1.0, 2.0, 3.0]).count([1, 2, 3]).counts.tolist() == [1, 2]


def test_the_edges_of_figure_1() -> None:
    assert tuple(np.arange(40) / 2 + 7.5) == histogram.FIGURE1_EDGES
    assert tuple(histogram.uniform(39, 7.5, 27.0)) == histogram.FIGURE1_EDGES


@given(hnp.arrays("f8", st.integers(0, 60), elements=MAGNITUDES), st.floats(5, 30), st.floats(5, 30))
def test_an_interval_has_both_its_ends(values: np.ndarray, one: float, other: float) -> None:
    interval = (min(one, other), max(one, other))
    series = Series("any", values)
    rows = histogram.within(series.magnitudes, interval)
    assert rows.tolist() == [bool(interval[0] <= value <= interval[1]) for value in values]
    assert series.count_within(interval) == rows.sum()


@pytest.mark.parametrize("edges", [[], [1], [1, 1], [2, 1], [1, np.nan, 3], [[1, 2], [3, 4]], ["a", "b"], [0, np.inf]])
def test_edges_that_do_not_rise_are_refused(edges: list) -> None:
    with pytest.raises(TapWidgetError, match="edges"):
        histogram.rising(edges)


def test_no_bins_are_refused() -> None:
    with pytest.raises(TapWidgetError, match="at least one bin"):
        histogram.uniform(0, 1, 2)


def test_stairs_go_up_and_down_again() -> None:
    x, y = histogram.stairs(np.array([0.0, 1.0, 3.0]), np.array([4, 0]))
    assert x.tolist() == [0, 0, 1, 1, 3, 3]
    assert y.tolist() == [0, 4, 4, 0, 0, 0]
    assert histogram.stairs(np.array([0.0, 1.0, 3.0]), np.array([4, 0]), floor=0.5)[1].tolist() == [
        0.5,
        4,
        4,
        0.5,
        0.5,
        0.5,
    ]


def test_the_largest_count_is_sought_only_among_bins_shown() -> None:
    counted = Series("x", [1.5] * 9 + [2.5] * 4 + [3.5] * 7).count([1, 2, 3, 4])
    assert histogram.covering((counted,), (1, 4)) == 9
    assert histogram.covering((counted,), (2, 3)) == 4
    assert histogram.covering((counted,), (2, 3.2)) == 7
    assert histogram.covering((), (2, 3)) == 0


@given(hnp.arrays("f8", st.integers(0, 100), elements=MAGNITUDES), EDGES, st.data())
def test_rows_of_a_series_are_counted_as_if_they_were_all(values: np.ndarray, edges: np.ndarray, data: st.DataObject):
    series = Series("any", values)
    places = histogram.places(series.magnitudes, edges)
    chosen = data.draw(hnp.arrays(bool, len(values)))
    expected = Series("chosen", values[chosen]).count(edges).counts.tolist()
    for rows in (chosen, np.flatnonzero(chosen)):
        subset = Subset("chosen", 0, rows)
        assert subset.fits([series])
        assert subset.count(places, len(edges) - 1).tolist() == expected
        assert subset.series(series).count(edges).counts.tolist() == expected


def test_rows_that_a_series_does_not_have_do_not_fit() -> None:
    series = Series("three", [1.0, 2.0, 3.0])
    assert not Subset("", 0, np.array([True, False])).fits([series])
    assert not Subset("", 0, np.array([3])).fits([series])
    assert not Subset("", 1, np.array([2])).fits([series])
    assert Subset("", 0, np.array([], int)).fits([series])
