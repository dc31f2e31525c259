"""Magnitudes out of whatever holds them, and which columns make Figure 1."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table
from astropy.utils.masked import Masked

from tapwidget.errors import ColumnError, TapWidgetError
from tapwidget.plots.bands import band_of
from tapwidget.plots.columns import bands, numbers, targets_magnitude, users_magnitude
from tapwidget.plots.series import Series, beside, figure1_series, plain

NAN = np.nan


@pytest.mark.parametrize(
    "values",
    [
        [17.5, NAN, 20.0],
        np.array([17.5, -9999.0, 20.0]),
        np.array([17.5, -9999.0, 20.0], dtype=">f4"),
        np.array([17.5, np.inf, 20.0]),
        np.array([17.5, -np.inf, 20.0]),
        np.ma.array([17.5, 18.0, 20.0], mask=[False, True, False]),
        MaskedColumn([17.5, 18.0, 20.0], mask=[False, True, False], unit="mag"),
        [17.5, NAN, 20.0] * u.mag,
        Masked([17.5, 18.0, 20.0] * u.mag, mask=[False, True, False]),
        pd.Series([17.5, None, 20.0]),
        pd.Series([17.5, None, 20.0], dtype="Float64"),
    ],
    ids=lambda values: type(values).__name__,
)
def test_what_is_missing_becomes_nan(values: object) -> None:
    found = plain(values)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [17.5, NAN, 20.0])


def test_other_numbers_are_kept_whatever_they_mean() -> None:
    assert plain([99.0, 0.0, -9998.0, 30]).tolist() == [99.0, 0.0, -9998.0, 30.0]


def test_the_values_given_are_not_changed() -> None:
    values = np.array([17.5, -9999.0])
    plain(values)
    assert values.tolist() == [17.5, -9999.0]


@pytest.mark.parametrize("values", [["bright", "faint"], np.zeros((2, 2)), [object()]])
def test_what_is_no_list_of_numbers_is_refused_by_name(values: object) -> None:
    with pytest.raises(ColumnError, match="my series"):
        _ = Series("my series", values).magnitudes


def test_a_column_that_is_not_there_names_close_ones() -> None:
    table = Table({"r_cModelMag": [1.0], "objectId": [1]})
    with pytest.raises(ColumnError, match="r_cModelMag"):
        _ = Series("x", (table, "r_cmodelmag")).magnitudes


def test_a_style_that_is_none_is_refused() -> None:
    with pytest.raises(TapWidgetError, match="filled"):
        Series("x", [1.0], "wavy")


@pytest.mark.parametrize(
    ("name", "ucd", "band"),
    [
        ("r", "", "r"), ("r_cModelMag", "", "r"), ("psfMag_g", "", "g"), ("rmag", "", "r"), ("Gmag", "", "G"),
        ("modelMag_z", "", "z"), ("e_rmag", "", ""), ("psfMagErr_r", "", ""), ("r_cModelMagErr", "", ""),
        ("phot_g_mean_mag", "", "G"), ("brightness", "phot.mag;em.opt.R", "R"), ("mag", "phot.mag;em.opt", ""),
        ("i_psfMag", "phot.mag;em.opt.R", "i"), ("BPmag", "", "BP"), ("phot_rp_mean_mag", "", "RP"), ("Jmag", "", "J"),
        ("j_m", "", "J"), ("Ksmag", "", "Ks"), ("k_m", "", "Ks"), ("Vmag", "", "V"), ("FUVmag", "", "FUV"),
        ("w1mpro", "", "W1"), ("m", "phot.mag;em.IR.K", "Ks"), ("m", "phot.mag;em.IR.3-4um", "W1"),
        ("mpcH", "phys.magAbs", ""), ("r_psfFlux", "", "r"), ("r_psfFluxErr", "", ""),
    ],
)  # fmt: skip
def test_the_band_of_a_name_or_ucd(name: str, ucd: str, band: str) -> None:
    assert band_of(name, ucd) == band


def test_the_users_column_is_the_one_named_as_the_band() -> None:
    table = Table({"psfMag_r": [1.0], "r": [2.0], "g": [3.0]})
    assert users_magnitude(table, "r") == "r"
    assert users_magnitude(table, "r", "psfMag_r") == "psfMag_r"


def test_else_the_users_column_is_a_magnitude_of_that_band() -> None:
    table = Table({"id": [1, 2], "psfMag_g": [20.0, 21.0], "psfMag_r": [19.0, 20.0], "psfMagErr_r": [0.1, 0.1]})
    assert users_magnitude(table, "r") == "psfMag_r"


def test_a_table_without_that_band_is_told_so() -> None:
    with pytest.raises(ColumnError, match=r"your table is a magnitude in y.*psfMag_g.*user_column"):
        users_magnitude(Table({"psfMag_g": [20.0, 21.0]}), "y")


def test_the_results_column_is_the_targets_not_the_users() -> None:
    table = Table({"ut1_r": [19.0, 20.0], "r_psfMag": [19.1, 20.1]})
    assert targets_magnitude(table, "r") == "r_psfMag"
    table["r_cModelMag"] = [19.2, 20.2]
    assert targets_magnitude(table, "r") == "r_cModelMag"
    with pytest.raises(ColumnError, match=r"results_2 is a magnitude in r.*run_column"):
        targets_magnitude(Table({"ut1_r": [19.0, 20.0]}), "r", name="results_2")


def test_upper_and_lower_case_are_two_bands_where_there_are_two() -> None:
    table = Table({"Rmag": [19.0, 20.0], "rmag": [19.1, 20.1], "Gmag": [19.0, 20.0]})
    assert (users_magnitude(table, "r"), users_magnitude(table, "R")) == ("rmag", "Rmag")
    assert users_magnitude(table, "g") == "Gmag"  # for want of another


def test_the_bands_that_are_there_in_the_order_of_wavelength() -> None:
    near_infrared = {"Kmag": [14.0, 15.0], "Jmag": [15.0, 16.0], "Hmag": [14.5, 15.5], "e_Jmag": [0.1, 0.1]}
    gaia = {"phot_rp_mean_mag": [17.0, 18.0], "phot_bp_mean_mag": [18.0, 19.0], "phot_g_mean_mag": [17.5, 18.5]}
    assert bands(Table({"name": ["a", "b"], **near_infrared, **gaia})) == ("BP", "G", "RP", "J", "H", "Ks")
    assert bands(Table({"name": ["a", "b"], "x": [1, 2]})) == ()
    assert bands(Table({"u": [20.0, 21.0]})) == ("u",)
    result = Table({"ut1_Jmag": [15.0, 16.0], "r_cModelMag": [20.0, 21.0], "i_psfFlux": [1000.0, 10.0]})
    result["i_psfFlux"].unit = "nJy"
    assert bands(result, is_result=True) == ("r", "i")
    assert bands(result) == ("r", "i", "J")
    assert numbers(Table({"a": ["x"], "b": [1], "c": [[1.0, 2.0]], "d": [1.5]})) == ("b", "d")


def test_fluxes_in_njy_are_counted_as_ab_magnitudes() -> None:
    user = Table({"r": [20.0]})
    run = Table({"r_psfFlux": np.ma.array([3630.780547701, -1.0, 0.0, 5.0], mask=[0, 0, 0, 1])})
    run["r_psfFlux"].unit = "nJy"
    series = figure1_series(user, run)[1]
    assert series.label == "results, r_psfFlux as AB mag"
    np.testing.assert_allclose(series.magnitudes, [22.5, NAN, NAN, NAN])
    run["r_cModelMag"] = [22.4, 1.0, 2.0, 3.0]
    assert figure1_series(user, run)[1].label == "results, r_cModelMag"


def test_the_series_of_figure_1() -> None:
    user, run = Table({"r": [20.0]}), Table({"r_cModelMag": [20.1]})
    job = SimpleNamespace(result=lambda: run)
    shelf = SimpleNamespace(result=run)
    series = figure1_series(user, run, job, shelf, run, run)
    assert [one.label for one in series] == [
        "ut1, r", "results, r_cModelMag", "results_2, r_cModelMag", "results_3, r_cModelMag", "results_4, r_cModelMag",
        "results_5, r_cModelMag",
    ]  # fmt: skip
    assert [one.style for one in series] == ["filled", "solid", "dashed", "dotted", "dash_dotted", "solid"]
    assert [one.cycle for one in series] == [None, 0, 1, 2, 3, 4]
    assert [one.width for one in series[:3]] == [0, 1, 2]
    assert all(one.magnitudes[0] in (20.0, 20.1) for one in series)


def test_labels_are_one_for_each() -> None:
    user, run = Table({"r": [20.0]}), Table({"r_cModelMag": [20.1]})
    assert [one.label for one in figure1_series(user, run, labels=["mine", "theirs"])] == ["mine", "theirs"]
    with pytest.raises(TapWidgetError, match="1 labels were given for 2 series"):
        figure1_series(user, run, labels=["mine"])


def test_other_kinds_of_tables_are_taken_too() -> None:
    (series,) = figure1_series(pd.DataFrame({"r": [20.0, 21.0]}))
    assert series.magnitudes.tolist() == [20.0, 21.0]


def test_several_bands_of_the_same_runs() -> None:
    user = Table({"g": [20.5], "r": [20.0], "psfMag_r": [21.0]})
    run, run_2 = (Table({f"{band}_cModelMag": [20.1] for band in "grizJ"}) for _ in range(2))
    series = figure1_series(user, run, run_2, band="rg", user_column="psfMag_r")
    assert [(one.label, one.style, one.band) for one in series] == [
        ("ut1, psfMag_r", "filled", "r"), ("results, r_cModelMag", "solid", "r"),
        ("results_2, r_cModelMag", "dashed", "r"), ("results, g_cModelMag", "solid", "g"),
        ("results_2, g_cModelMag", "dashed", "g"),
    ]  # fmt: skip
    assert [one.cycle for one in series] == [None, 0, 1, 2, 4]  # 3 outlines what is selected
    assert [one.band for one in figure1_series(None, run, band=["z", "J", "z"])] == ["z", "J"]
    with pytest.raises(ColumnError, match="results is a magnitude in y"):
        figure1_series(user, run, band="gy")
    with pytest.raises(TapWidgetError, match="Name a band"):
        figure1_series(user, run, band=[])


def test_lines_are_told_apart_when_the_colours_are_all_taken() -> None:
    drawn: list[Series] = []
    for _ in range(20):
        drawn.append(beside(drawn, Series("x", [1.0])))
    assert len({(one.cycle, one.style) for one in drawn}) == 20
    drawn = [beside((), Series("x", [1.0], band="g"))]
    drawn.append(beside(drawn, Series("y", [1.0], "dotted", 2.0, band="g")))
    drawn.append(beside(drawn, Series("z", [1.0], band="g")))
    assert [(one.style, one.width) for one in drawn] == [("solid", 1.0), ("dotted", 2.0), ("dashed", 2.0)]
