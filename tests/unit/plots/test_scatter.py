"""Two columns over one another: which values, how far the axes reach, the density, the figure."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from tapwidget.errors import ColumnError
from tapwidget.plots.paper import save
from tapwidget.plots.scatter import Quantity, draw, is_magnitude, of_table, picture, usual


def stars(rows: int = 5000) -> Table:
    random = np.random.default_rng(5)
    r, colour = random.uniform(15, 24, rows), random.normal(0.8, 0.3, rows)
    table = Table({"ut1_id": np.arange(rows), "g_cModelMag": r + colour, "r_cModelMag": r, "flag": r > 20})
    table["g_cModelMag"].unit = table["r_cModelMag"].unit = "mag"
    return table


COLOUR, MAGNITUDE = Quantity("g_cModelMag", "r_cModelMag"), Quantity("r_cModelMag")


def test_a_colour_magnitude_diagram() -> None:
    table = stars()
    found = of_table(table, COLOUR, MAGNITUDE)
    np.testing.assert_array_equal(found.x, np.asarray(table["g_cModelMag"]) - np.asarray(table["r_cModelMag"]))
    np.testing.assert_array_equal(found.y, np.asarray(table["r_cModelMag"]))
    assert (found.x_label, found.y_label) == ("g_cModelMag - r_cModelMag [mag]", "r_cModelMag [mag]")
    assert found.account(5000) == ("r_cModelMag over g_cModelMag - r_cModelMag: 5,000 rows, all shown.",)
    assert usual(table) == (COLOUR, MAGNITUDE)
    assert is_magnitude(table, MAGNITUDE)
    assert not is_magnitude(table, COLOUR)
    assert not is_magnitude(table, Quantity("ut1_id"))
    table["r_cModelMagErr"] = np.full(5000, 0.01)
    table["r_cModelMagErr"].unit = "mag"
    assert not is_magnitude(table, Quantity("r_cModelMagErr"))


def test_what_is_missing_is_no_point() -> None:
    table = Table(
        {
            "a": MaskedColumn([1.0, 2.0, 3.0, -9999.0, np.inf], mask=[False, True, False, False, False]),
            "b": [1.0, 1.0, np.nan, 1.0, 1.0],
        }
    )
    found = of_table(table, Quantity("a"), Quantity("b"))
    np.testing.assert_array_equal(found.x, [1, *[np.nan] * 4])
    np.testing.assert_array_equal(found.y, [1, *[np.nan] * 4])
    assert found.account(1) == ("b over a: 5 rows; 4 without one of the values.",)
    assert of_table(table, Quantity("a", "b"), Quantity("b")).x[0] == 0


def test_fluxes_are_magnitudes_as_everywhere() -> None:
    table = Table({"ut1_x": [1.0, 2.0], "g_psfFlux": [3631.0, 36310.0], "r_psfFlux": [3631.0, 3631.0]})
    table["g_psfFlux"].unit = table["r_psfFlux"].unit = "nJy"
    found = of_table(table, Quantity("g_psfFlux", "r_psfFlux"), Quantity("r_psfFlux"))
    assert found.y == pytest.approx([22.5, 22.5], abs=0.01)
    assert found.x == pytest.approx([0, -2.5])
    assert found.y_label == "r_psfFlux as AB mag [mag]"
    assert is_magnitude(table, Quantity("r_psfFlux"))


def test_a_difference_of_two_units_is_said() -> None:
    table = Table({"a": [180.0], "b": [3.0], "c": [1.0]}, units={"a": "deg", "b": "rad"})
    found = of_table(table, Quantity("a", "b"), Quantity("c"))
    assert found.x_label == "a - b"
    assert found.account(1)[1] == "a - b is of numbers as they are: they have [deg] and [rad]."
    assert len(of_table(table, Quantity("a", "a"), Quantity("c")).account(1)) == 1


def test_columns_of_other_kinds_are_not_in_the_way() -> None:
    table = QTable({"t": Time([2460000.5, 2460001.5], format="jd"), "a": [1.0, 2.0] * u.m, "b": [1, 2]})
    assert usual(table) == (Quantity("a"), Quantity("b"))
    assert of_table(table, *usual(table)).x_label == "a [m]"


def test_what_is_usual_without_two_bands() -> None:
    assert usual(Table({"name": ["a"], "ra": [1.0], "dec": [2.0]})) == (Quantity("ra"), Quantity("dec"))
    assert usual(Table({"name": ["a"], "ra": [1.0]})) == (Quantity(""), Quantity(""))
    of_many = Table({f"{band}_cModelMag": [20.0, 21.0] for band in "yiu"})
    assert usual(of_many) == (Quantity("u_cModelMag", "i_cModelMag"), Quantity("i_cModelMag"))


@pytest.mark.parametrize(("x", "message"), [("c", "no column 'c' in the table"), ("name", "are not numbers")])
def test_what_cannot_be_drawn_says_so(x: str, message: str) -> None:
    table = Table({"a": [1.0], "name": ["x"]})
    with pytest.raises(ColumnError, match=message):
        of_table(table, Quantity(x), Quantity("a"))
    with pytest.raises(ColumnError, match=message):
        of_table(table, Quantity("a"), Quantity("a", x))


def test_far_values_do_not_rule_the_axes() -> None:
    table = stars()
    table["r_cModelMag"][7] = 99.5
    found = of_table(table, Quantity("g_cModelMag"), MAGNITUDE)
    assert found.usual_extent[3] < 40 < found.whole_extent[3]
    assert np.flatnonzero(~found.inside(found.usual_extent)).tolist() == [7]
    assert found.inside(found.whole_extent).all()
    assert found.account(4999)[0].endswith("5,000 rows; 1 beyond the axes.")


@given(st.lists(st.tuples(*[st.floats(width=64) | st.just(np.nan)] * 2), max_size=30))
def test_any_values_have_axes(pairs: list[tuple[float, float]]) -> None:
    found = of_table(Table(np.array(pairs, float).reshape(-1, 2), names=["a", "b"]), Quantity("a", "b"), Quantity("b"))
    for left, right, bottom, top in (found.usual_extent, found.whole_extent):
        assert np.isfinite([left, right, bottom, top]).all()
        assert left < right
        assert bottom < top
    if np.abs(found.x[found.there]).max(initial=0) < 1e300 and np.abs(found.y[found.there]).max(initial=0) < 1e300:
        assert found.inside(found.whole_extent).sum() == len(found.there)


@given(st.integers(0, 2**32 - 1))
def test_a_density_counts_every_row_in_sight(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = Table({"a": random.normal(size=500), "b": random.normal(size=500)})
    found = of_table(table, Quantity("a"), Quantity("b"))
    assert found.density(found.whole_extent, 40, 30).sum() == 500
    extent = (-1.0, 1.0, -0.5, 0.5)
    counts = found.density(extent, 2, 4)
    assert counts.shape == (4, 2)
    assert counts.sum() == found.inside(extent).sum()
    lowest_left = (found.x >= -1) & (found.x < 0) & (found.y >= -0.5) & (found.y < -0.25)
    assert counts[0, 0] == lowest_left.sum()


def test_the_picture_of_a_density() -> None:
    image = imread(io.BytesIO(picture(np.array([[0, 1], [10, 100]]))))
    opacity = image[..., 3]
    assert image.shape == (2, 2, 4)
    assert opacity[1, 0] == 0  # the lowest y is the lowest line of the picture, and empty
    assert 0.3 < opacity[1, 1] < opacity[0, 0] < opacity[0, 1] == 1
    assert imread(io.BytesIO(picture(np.zeros((2, 3), int)))).shape == (2, 3, 4)


def test_the_figure() -> None:
    found = of_table(stars(), COLOUR, MAGNITUDE)
    figure = draw(found, found.usual_extent, np.arange(3), y_down=True)
    axes = figure.axes[0]
    low, high = axes.get_ylim()
    assert low > high
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("g_cModelMag - r_cModelMag [mag]", "r_cModelMag [mag]")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["selected (3)"]
    told = axes.get_title(loc="left")
    assert told.startswith("r_cModelMag over g_cModelMag - r_cModelMag: 5,000 rows")
    assert "Darker where more rows are" in told
    assert sum(axes.collections[0].get_array()) > 0  # a density
    assert save(figure, "png").startswith(b"\x89PNG")
    zoomed = draw(found, (-1.0, 3.0, 15.0, 16.0), np.arange(5000)).axes[0]
    seen = int(found.inside((-1.0, 3.0, 15.0, 16.0)).sum())
    assert 100 < seen < 1000
    assert [text.get_text() for text in zoomed.get_legend().get_texts()] == [f"rows ({seen})", "selected (5,000)"]
    assert f"{5000 - seen:,} beyond the axes" in zoomed.get_title(loc="left")
    assert f"Of the selected rows {seen} are marked." in zoomed.get_title(loc="left")
    few = draw(of_table(stars(100), COLOUR, MAGNITUDE), found.whole_extent).axes[0]
    assert [text.get_text() for text in few.get_legend().get_texts()] == ["rows (100)"]
    assert len(few.lines[0].get_xdata()) == 100
    save(draw(of_table(stars(0), COLOUR, MAGNITUDE), found.usual_extent), "svg")
