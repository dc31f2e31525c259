"""Offsets of pairs, their median, and positions moved by it."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table
from hypothesis import example, given
from hypothesis import strategies as st

from tapwidget.errors import MatchError
from tapwidget.match.offsets import Shift, corrected, median_shift, moved, offsets
from tapwidget.match.pairs import position_angle_deg, separation_arcsec
from tapwidget.match.spec import SkyMatch

arcsec = st.floats(-3600, 3600)


@given(st.floats(0, 360), st.floats(-90, 90), arcsec, arcsec)
@example(0.0, 20.0, -5.0, 0.0)
@example(359.9999, -45.0, 5.0, 0.1)
@example(10.0, 89.9999, 3.0, -4.0)
@example(10.0, -90.0, 0.3, 0.4)
@example(10.0, 90.0, 0.0, 100.0)
@example(10.0, 20.0, 1e-6, 0.0)
def test_moved_is_the_inverse_of_offsets(ra, dec, dra, ddec):
    (there_ra,), (there_dec,) = moved([ra], [dec], (dra, ddec))
    assert 0 <= there_ra <= 360
    assert -90 <= there_dec <= 90
    separation = separation_arcsec(ra, dec, there_ra, there_dec)
    assert separation == pytest.approx(np.hypot(dra, ddec), abs=1e-7)
    got = offsets(separation, position_angle_deg(ra, dec, there_ra, there_dec))
    assert np.hypot(got[0] - dra, got[1] - ddec) < 1e-6 if abs(dec) < 89.9 else True


def test_moved_is_astropys_where_astropy_keeps_its_digits():
    rng = np.random.default_rng(2)
    ra, dec = rng.uniform(0, 360, 100), rng.uniform(-80, 80, 100)
    theirs = SkyCoord(ra, dec, unit="deg").directional_offset_by(np.arctan2(3, -4) * u.rad, 5 * u.arcsec)
    ours = SkyCoord(*moved(ra, dec, (3, -4)), unit="deg")
    assert ours.separation(theirs).arcsec.max() < 1e-6


def test_nothing_and_missing_positions_stay():
    ra, dec = moved([10.0, np.nan], [20.0, np.nan], (0.0, 0.0))
    assert ra[0] == pytest.approx(10, abs=1e-13)
    assert np.isnan(moved([10.0, np.nan], [20.0, np.nan], (1.0, 0.0))[0][1])
    assert np.isnan(dec[1])


def a_result():
    """Three pairs to the east and a row without a counterpart."""
    return Table(
        {
            "separation": MaskedColumn([1.0, 2.0, 9.0, 99.0], mask=[0, 0, 0, 1], unit="arcsec"),
            "position_angle": MaskedColumn([90.0, 90.0, 90.0, 180.0], mask=[0, 0, 0, 1], unit="deg"),
        }
    )


def test_the_median_and_its_spread():
    shift = median_shift(a_result())
    assert (shift.dra, shift.ddec) == pytest.approx((2.0, 0.0))
    assert (shift.mad_dra, shift.mad_ddec) == pytest.approx((1.0, 0.0))
    assert shift.number == 3
    assert str(shift) == '+2.00", +0.00" (n=3)'
    assert str(Shift(0.1234, -0.0517, 0, 0, 12016)) == '+0.12", -0.052" (n=12,016)'
    assert str(Shift(-0.00042, 0, 0, 0, 1)) == '-0.00042", +0.00" (n=1)'


def test_corrections_add_up():
    once = corrected(SkyMatch("t", radius=2), Shift(1.0, -0.5, 0, 0, 10))
    assert once.shift == (1.0, -0.5)
    assert corrected(once, Shift(0.25, 0.25, 0, 0, 10)).shift == (1.25, -0.25)


def test_results_without_offsets():
    with pytest.raises(MatchError, match="no column 'separation'"):
        median_shift(Table({"a": [1]}))
    with pytest.raises(MatchError, match="no pairs"):
        median_shift(a_result()[3:])
    renamed = a_result()
    renamed.rename_column("separation", "separation_2")
    assert median_shift(renamed, separation="separation_2").number == 3


def test_nothing_but_unmatched_rows_has_no_offset():
    alone = Table({"ut1_id": [1, 2]}, meta={"tapwidget": {"unmatched": "only", "separation": "separation"}})
    with pytest.raises(MatchError, match="no pairs"):
        median_shift(alone)
