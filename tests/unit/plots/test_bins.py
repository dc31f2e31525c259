"""The bins that values suggest, and what the axis calls them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tapwidget
from tapwidget.plots import bins, columns, histogram
from tapwidget.plots.sentences import axis_label, common_unit
from tapwidget.plots.series import Series, of_run, of_user

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


def edges_of(values: np.ndarray) -> np.ndarray:
    return np.array(bins.of_values(np.sort(np.asarray(values, dtype=np.float64))))


@given(
    st.one_of(
        arrays.arrays(np.float64, st.integers(1, 50), elements=FINITE),
        arrays.arrays(np.float64, st.integers(1, 50), elements=st.floats(-bins.LARGEST, bins.LARGEST)),
        arrays.arrays(np.float64, st.integers(1, 50), elements=st.integers(-(10**18), 10**18).map(float)),
    )
)
@example(np.array([2.2e-309, 0.0]))
@example(np.array([5e-324, 0.0, 1e-323]))
def test_any_values_have_bins_that_rise_and_hold_most_of_them(values: np.ndarray) -> None:
    edges = histogram.rising(edges_of(values))
    assert len(edges) - 1 <= 200
    counted = Series("x", values, unit="").count(edges)
    assert counted.outside <= max(0.02 * len(values), 2)


def test_bins_are_round_numbers_apart_and_none_is_missing() -> None:
    random = np.random.default_rng(1)
    redshifts = random.gamma(2, 0.4, 10_000)
    edges = edges_of(redshifts)
    assert edges[:4].tolist() == [0, 0.05, 0.1, 0.15]
    assert edges[-1] >= redshifts.max() - 2
    assert 40 <= len(edges) <= 120
    few = edges_of(redshifts[:40])
    assert 5 <= len(few) <= 20


def test_of_several_series_each_is_resolved() -> None:
    random = np.random.default_rng(1)
    redshifts, magnitudes = random.gamma(2, 0.4, 3000), random.normal(20, 1.5, 3000)
    edges = np.array(bins.of_values(np.sort(redshifts), np.sort(magnitudes)))
    assert 0.1 <= edges[1] - edges[0] <= 0.5
    assert (edges[0], edges[-1]) <= (redshifts.min(), magnitudes.max() + 1)


def test_a_value_far_away_does_not_press_all_others_into_one_bin() -> None:
    values = np.append(np.random.default_rng(1).random(1000), 1e6)
    assert edges_of(values)[-1] < 3
    counted = Series("x", values, unit="").count(edges_of(values))
    assert counted.above == 1  # and the account below the plot says so


def test_whole_numbers_have_bins_around_them() -> None:
    assert edges_of([3, 1, 1, 0]).tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert edges_of([7, 7]).tolist() == [6.5, 7.5]
    wide = edges_of(np.arange(100_000))
    assert (np.diff(wide) >= 500).all()
    assert (wide % 500 == 0).all()


def test_the_largest_numbers_of_all_harm_nothing() -> None:
    histogram.rising(edges_of([-1.7e308, 1.0, 1.7e308]))


def test_identifiers_can_be_counted() -> None:
    edges = histogram.rising(edges_of(np.arange(1000) + 648368125565216675))
    assert Series("id", np.arange(1000) + 648368125565216675, unit="").count(edges).counts.sum() == 1000


def table(unit: str) -> Table:
    made = Table({"z": [0.1, 0.2, 0.4], "r": [18.0, 19.0, 20.0]})
    made["z"].unit = unit or None
    return made


@pytest.mark.parametrize(
    ("series", "label", "unit", "is_figure_1"),
    [
        ([], "magnitude", "", True),
        ([Series("x", [20.0])], "magnitude", "mag", True),
        ([of_user(table(""), "r", "r"), of_run(table(""), "r", "results", 0, "r")], "r-band magnitude", "mag", True),
        ([of_user(table(""), "r", "r"), of_run(table(""), "r", "results", 0)], "r [mag]", "mag", True),
        ([of_user(table("km/s"), "z")], "z [km / s]", "km / s", False),
        ([of_user(table("km/s"), "z", "r")], "z [km / s]", "km / s", False),  # whatever the band
        ([of_user(table("km/s"), "z"), of_run(table(""), "r", "results", 0, "r")], "z [km / s] / r [mag]", "", False),
        ([of_user(table("pc"), "z", "r"), of_run(table("pc"), "z", "results", 0)], "z [pc]", "pc", False),
    ],
)
def test_axis_and_bins(series: list[Series], label: str, unit: str, is_figure_1: bool) -> None:
    assert (axis_label(series), common_unit(series)) == (label, unit)
    assert (bins.usual(series) is bins.FIGURE1) == is_figure_1


@pytest.mark.parametrize(
    ("name", "values", "unit"),
    [
        ("r", [18.0, 19.0], "mag"),
        ("ut1_z", [18.0, 19.0], "mag"),
        ("z", [0.3, 1.2], ""),
        ("z_phot", [0.3, 1.2], ""),
        ("g_r", [0.3, 1.2], ""),
        ("Vmag", [1.2, 3.1], "mag"),  # bright stars
        ("r", [np.nan, np.nan], "mag"),
        ("dist", [18.0, 19.0], ""),
        ("r", ["red", "blue"], ""),
    ],
)
def test_what_is_called_after_a_band_need_not_be_a_magnitude(name: str, values: list, unit: str) -> None:
    assert columns.unit(Table({name: values}), name) == unit


def test_units_that_are_said() -> None:
    made = Table({"r": [18.0, 19.0] * u.ABmag, "d": [0.1, 0.2] * u.mmag, "f": [3631.0, 363.1] * u.nJy})
    assert [columns.unit(made, name) for name in made.colnames] == ["mag", "mmag", "mag"]


def test_columns_without_values_have_bins_too() -> None:
    assert bins.usual([Series("x", [np.nan], unit="")]).edges == (0.0, 1.0)


def test_figure_1_of_a_column_that_is_no_magnitude() -> None:
    axes = tapwidget.figure1(table("km/s"), user_column="z").axes[0]
    assert axes.get_xlabel() == "z [km / s]"
    assert sum(patch.get_height() for patch in axes.patches) == 3
    assert axes.get_xlim()[1] < 1
