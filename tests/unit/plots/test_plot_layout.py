"""Round ticks, the legend's corner, and sentences about what is drawn."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.plots import layout, sentences
from tapwidget.plots.palette import BANDS, BANDS_ON_DARK, CYCLE_ON_DARK, CYCLE_ON_LIGHT
from tapwidget.plots.series import Series


def test_ticks_of_figure_1() -> None:
    assert layout.ticks(15, 24) == list(range(15, 25))


@given(st.floats(-1000, 1000), st.floats(1e-3, 1e5))
def test_ticks_are_few_inside_and_evenly_apart(low: float, width: float) -> None:
    ticks = layout.ticks(low, low + width)
    assert 3 <= len(ticks) <= 16
    slack = 1e-6 * width
    assert low - slack <= ticks[0]
    assert ticks[-1] <= low + width + slack
    apart = np.diff(ticks)
    assert np.allclose(apart, apart[0])
    mantissa = float(f"{apart[0]:.0e}".split("e")[0])
    assert mantissa in (1, 2, 5)


@given(st.integers(1, 10_000_000))
def test_ticks_of_counts_are_whole(largest: int) -> None:
    ticks = layout.ticks(0, largest * 1.06, 6, whole=True)
    assert all(tick == int(tick) for tick in ticks)
    assert len(set(ticks)) == len(ticks) >= 2


def test_ticks_of_a_logarithmic_axis() -> None:
    assert layout.log_ticks(60) == [1, 2, 5, 10, 20, 50]
    assert layout.log_ticks(5000) == [1, 10, 100, 1000]
    assert layout.log_ticks(1.5) == [1]


@pytest.mark.parametrize(("value", "corner"), [(16.2, "top-right"), (23.2, "top-left"), (19.5, "top-right")])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_the_legend_goes_where_it_covers_least(value: float, corner: str, logarithmic: bool) -> None:
    counted = Series("x", np.full(100, value)).count(np.arange(15, 24.5, 0.5))
    options = {"floor": 0.5, "logarithmic": True} if logarithmic else {}
    assert layout.emptiest_corner((counted,), (15, 24), 106, legend=(0.3, 0.2), **options) == corner


def test_what_is_not_drawn_is_said() -> None:
    values = [np.nan] * 412 + [6.0] * 3 + [12.0] * 20 + [18.0] * 11_635
    series = Series("ut1, r", values)
    counted = series.count(np.arange(40) / 2 + 7.5)
    assert sentences.account(series, counted, (15, 24), "mag") == (
        "ut1, r: 12,070 rows; 412 without a value, 3 outside the bins (7.5 to 27 mag), 20 in bins beyond the axis"
    )
    one = Series("x", [18.0])
    assert sentences.account(one, one.count([17, 19]), (15, 24), "mag") == "x: 1 row, all shown"


def test_counts_in_words() -> None:
    series = [Series("a", [17.0, 17.2, 18.0]), Series("b", [17.5])]
    assert sentences.of_interval(series, (17, 17.5), "mag") == "17 to 17.5 mag: a 2 · b 1"
    assert sentences.of_bin(series, [17, 17.5, 18], 1, "") == "17.5 to 18: a 1 · b 1"
    counted = [one.count([16, 17, 18, 19]) for one in series]
    assert sentences.rows_of_counts(counted, (16.5, 18)) == [("16 to 17", ["0", "0"]), ("17 to 18", ["2", "1"])]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [*CYCLE_ON_DARK, *BANDS_ON_DARK.values()])
def test_colours_can_be_told_from_a_dark_page(colour: str) -> None:
    assert contrast(colour, "#111111") >= 3  # JupyterLab's --jp-layout-color0 in the dark theme


@pytest.mark.parametrize("colour", CYCLE_ON_LIGHT)
def test_colours_can_be_told_from_a_light_page(colour: str) -> None:
    assert contrast(colour, "#ffffff") >= 3


def test_band_colours_are_rubins() -> None:
    assert BANDS == {"u": "#1600EA", "g": "#31DE1F", "r": "#B52626", "i": "#370201", "z": "#BA52FF", "y": "#61A2B3"}


def lab(colour: str) -> np.ndarray:
    """CIELAB under D65."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(matrix) @ linear / [0.9505, 1.0, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colours", [BANDS, BANDS_ON_DARK], ids=["on white", "on dark"])
def test_bands_can_be_told_from_one_another(colours: dict[str, str]) -> None:
    for one, other in combinations(colours, 2):
        difference = np.linalg.norm(lab(colours[one]) - lab(colours[other]))
        assert difference > 25, f"{one} and {other} differ by {difference:.0f}"
