"""Magnitude differences: what is counted, where the medians are, and the figure."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.errors import ColumnError
from tapwidget.plots.difference import draw, of_result
from tapwidget.plots.paper import save
from tapwidget.views.difference_plot import DifferencePlot


def table(rows: int = 2000) -> Table:
    random = np.random.default_rng(4)
    r = random.uniform(16, 23, rows)
    return Table({"ut1_r": r, "r_cModelMag": r - 0.1 * (r - 16) + random.normal(0, 0.05, rows)})


def test_yours_minus_theirs_and_what_is_missing() -> None:
    result = Table(
        {
            "ut1_r": MaskedColumn([17.0, 18.0, 19.0, -9999.0], mask=[False, True, False, False]),
            "r_cModelMag": np.array([16.5, 17.0, np.nan, 18.0], "f4"),
        }
    )
    found = of_result(result, "ut1_r", "r_cModelMag")
    np.testing.assert_array_equal(found.difference, [0.5, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.magnitude, [17.0, np.nan, np.nan, np.nan])
    assert found.account == "ut1_r - r_cModelMag: 4 rows; 3 without one of the two"
    with pytest.raises(ColumnError, match="g_cModelMag"):
        of_result(result, "ut1_r", "g_cModelMag")


def test_medians_are_numpys_in_each_bin() -> None:
    found = of_result(table(), "ut1_r", "r_cModelMag")
    middles, medians = found.medians
    assert middles.tolist() == np.arange(16.25, 23, 0.5).tolist()
    for middle, median in zip(middles, medians, strict=True):
        inside = (found.magnitude >= middle - 0.25) & (found.magnitude < middle + 0.25)
        assert median == np.median(found.difference[inside])
    assert np.allclose(medians, 0.1 * (middles - 16), atol=0.03)


def test_the_width_of_bins_that_would_be_too_many() -> None:
    values = np.linspace(-9999, 1, 4000)
    found = of_result(Table({"ut1_r": values, "r": values}, units=["mag"] * 2), "ut1_r", "r")
    left, right, *_ = found.extent
    middles, _ = found.medians
    assert found.width == pytest.approx((right - left) / 500) == pytest.approx(np.diff(middles)[0])
    assert found.width > 15
    legend = draw(found).axes[0].get_legend().get_texts()
    assert legend[-1].get_text() == found.median_label == "median in bins of 19.8"
    assert "median in bins of 19.8" in DifferencePlot(differences=found)._legend.value


@given(st.lists(st.tuples(st.floats(10, 30), st.floats(10, 30) | st.just(np.nan)), max_size=40))
def test_any_values_can_be_drawn(pairs: list[tuple[float, float]]) -> None:
    result = Table(np.array(pairs, float).reshape(-1, 2), names=["ut1_r", "r"])
    found = of_result(result, "ut1_r", "r")
    left, right, bottom, top = found.extent
    assert left < right
    assert bottom < 0 < top
    assert len(found.there) == sum(not np.isnan(theirs) for _, theirs in pairs)
    assert set(found.seen) <= set(found.there)
    assert len(found.medians[0]) == len(found.medians[1]) <= len(pairs) // 5


def test_rows_beyond_the_axes_are_said() -> None:
    result = table()
    result["r_cModelMag"][:3] = 40
    found = of_result(result, "ut1_r", "r_cModelMag")
    outside = 2000 - len(found.seen)
    assert 3 <= outside < 100
    assert found.account.endswith(f"; {outside} beyond the axes")


def test_the_figure() -> None:
    found = of_result(table(), "ut1_r", "r_cModelMag")
    figure = draw(found, [1, 5])
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("ut1_r [mag]", "ut1_r - r_cModelMag [mag]")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["selected (2)", "median in bins of 0.5"]
    assert axes.lines[1].get_xdata().tolist() == found.magnitude[[1, 5]].tolist()
    assert save(figure, "png").startswith(b"\x89PNG")
    save(draw(of_result(table()[:0], "ut1_r", "r_cModelMag")), "svg")


def test_of_many_selected_rows_a_sample_is_marked() -> None:
    found = of_result(table(20_000), "ut1_r", "r_cModelMag")
    axes = draw(found, np.arange(20_000)).axes[0]
    assert len(axes.lines[1].get_xdata()) == 3000
    assert axes.lines[1].get_label() == "selected (20,000)"


def test_axes_say_units_where_both_have_the_same():
    table = Table({"ut1_a": [1.0, 2.0], "b": [1.0, 3.0], "c": [1.0, 3.0]})
    table["ut1_a"].unit, table["b"].unit, table["c"].unit = "km", "km", "m"
    same, other = of_result(table, "ut1_a", "b"), of_result(table, "ut1_a", "c")
    assert (same.x_label, same.y_label) == ("ut1_a [km]", "ut1_a - b [km]")
    assert (other.x_label, other.y_label) == ("ut1_a [km]", "ut1_a - c")
    assert same.account.startswith("ut1_a - b: 2 rows")
