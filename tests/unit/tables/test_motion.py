"""Positions carried along proper motions: astropy is the judge."""

import warnings

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import Distance, SkyCoord
from astropy.table import Column, MaskedColumn, Table
from astropy.time import Time
from erfa import ErfaWarning
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwidget.errors import ColumnError
from tapwidget.tables.motion import Motion, carried, recognised

PM = ("pmra", "pmdec")


def table(**columns):
    return Table(columns)


def move(of, ra, dec, **options):
    return carried(
        of, np.array(ra, float), np.array(dec, float), **{"pm": PM, "of_upload": 2016.0, "of_target": 2024.9} | options
    )


stars = st.tuples(st.floats(0, 359.99), st.floats(-89.9, 89.9), st.floats(-5000, 5000), st.floats(-5000, 5000))


@settings(deadline=None, max_examples=15)
@given(st.lists(stars, min_size=1, max_size=50), st.floats(1900, 2100))
def test_as_astropy_does_it(stars, until):
    ra, dec, pm_ra, pm_dec = np.array(stars).T
    found_ra, found_dec, _ = move(table(pmra=pm_ra, pmdec=pm_dec), ra, dec, of_target=until)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ErfaWarning)  # "distance overridden": it has none
        expected = SkyCoord(
            ra * u.deg, dec * u.deg, pm_ra_cosdec=pm_ra * u.mas / u.yr, pm_dec=pm_dec * u.mas / u.yr,
            obstime=Time(2016.0, format="jyear", scale="tcb"),
        ).apply_space_motion(new_obstime=Time(until, format="jyear", scale="tcb"))  # fmt: skip
    apart = SkyCoord(found_ra * u.deg, found_dec * u.deg).separation(expected)
    assert apart.to_value(u.mas).max() < 0.01


def test_barnards_star_with_its_distance():
    star = table(pmra=[-801.551], pmdec=[10362.394], plx=[546.9759], rv=[-110.5])
    ra, dec, said = move(star, [269.45207696], [4.69336497], parallax="plx", radial_velocity="rv")
    expected = SkyCoord(
        269.45207696 * u.deg, 4.69336497 * u.deg, distance=Distance(parallax=546.9759 * u.mas),
        pm_ra_cosdec=-801.551 * u.mas / u.yr, pm_dec=10362.394 * u.mas / u.yr, radial_velocity=-110.5 * u.km / u.s,
        obstime=Time(2016.0, format="jyear", scale="tcb"),
    ).apply_space_motion(new_obstime=Time(2024.9, format="jyear", scale="tcb"))  # fmt: skip
    assert ra[0] == pytest.approx(expected.ra.deg, abs=1e-12)
    assert dec[0] == pytest.approx(expected.dec.deg, abs=1e-12)
    plain = move(star, [269.45207696], [4.69336497])
    assert 0.02 < abs(plain[1][0] - dec[0]) * 3600 < 0.1  # what perspective makes of it
    assert said == ("1 position carried from epoch 2016 to 2024.9 by `pmra` and `pmdec`.",)


def test_rows_without_motion_stay_and_are_counted():
    motions = table(pmra=MaskedColumn([5.0, 5, np.nan, 5], mask=[0, 1, 0, 0]), pmdec=[5.0, 5, 5, 5])
    ra, dec, said = move(motions, [10.0, 20, 30, np.nan], [0.0, 1, 2, np.nan])
    assert ra[0] != 10
    assert (ra[1], dec[1], ra[2], dec[2]) == (20, 1, 30, 2)
    assert np.isnan(ra[3])
    assert said[1] == "2 rows without proper motion or epoch: the position stays as it is."


def test_units_of_motion():
    by_mas = move(table(pmra=[1000.0], pmdec=[2000.0]), [10], [20])
    arcsec = table(pmra=Column([1.0], unit="arcsec/yr"), pmdec=Column([2.0], unit="arcsec/yr"))
    assert move(arcsec, [10], [20])[:2] == by_mas[:2]
    for unit in ("s/yr", "mag"):
        with pytest.raises(ColumnError, match=r"pmra.*not in mas / yr"):
            move(table(pmra=Column([1.0], unit=unit), pmdec=[1.0]), [10], [20])
    with pytest.raises(ColumnError, match=r"no column `pmra`.*`pmRA`"):
        move(table(pmRA=[1.0], pmdec=[1.0]), [10], [20])
    with pytest.raises(ColumnError, match="no numbers"):
        move(table(pmra=["x"], pmdec=[1.0]), [10], [20])


@pytest.mark.parametrize("epochs", [[2016.0, 2000.0], [57388.5, 51544.5], [2457389.0, 2451545.0]])
def test_epochs_in_years_and_days(epochs):
    motions = table(pmra=[100.0, 100.0], pmdec=[0.0, 0.0], when=epochs)
    ra, _, said = move(motions, [0.0, 0.0], [0.0, 0.0], of_upload="when", of_target=2020.0)
    assert ra * 3.6e6 == pytest.approx([400, 2000], abs=0.3)
    assert "from epoch `when` to 2020" in said[0]


def test_epochs_that_are_none():
    with pytest.raises(ColumnError, match="neither years nor days"):
        move(table(pmra=[1.0], pmdec=[1.0], when=[7.0e9]), [10], [20], of_upload="when")


def test_recognised():
    gaia = table(
        ra=[1.0], pmra=Column([1.0], meta={"ucd": "pos.pm;pos.eq.ra"}), pmra_error=[1.0],
        pmdec=Column([1.0], meta={"ucd": "pos.pm;pos.eq.dec"}), parallax=[1.0], ref_epoch=[2016.0],
        radial_velocity=[1.0],
    )  # fmt: skip
    assert recognised(gaia) == Motion(PM, "ref_epoch", "parallax", "radial_velocity")
    assert recognised(table(pmRA=[1.0], pmDE=[1.0])) == Motion(("pmRA", "pmDE"))
    assert recognised(table(pmRA=["1"], pmDE=["1"])) is None
    assert recognised(table(ra=[1.0])) is None
