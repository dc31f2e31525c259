"""Radii of rows and of pairs, from columns."""

import json

import astropy.units as u
import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.errors import MatchError
from tapwidget.match.radius import PositionErrors, RadiusColumn, combined, largest, own_radii
from tapwidget.match.record import from_record, to_record
from tapwidget.match.spec import SkyMatch

TABLE = Table(
    {
        "size": MaskedColumn([1.0, -1.0, 0.0, np.nan, 5.0, np.inf, 3.0], mask=[0, 0, 0, 0, 1, 0, 0], unit="arcmin"),
        "plain": np.arange(7),
        "e1": np.array([3.0, 3.0, -1.0, np.nan, 0.0, 0.3, 6.0], dtype="f4"),
        "e2": MaskedColumn([4000.0] * 7, mask=[0, 1, 0, 0, 0, 0, 0], unit="mas"),
        "r": [17.0] * 7 * u.mag,
        "name": ["a"] * 7,
    }
)


def test_a_column_in_its_own_unit():
    radii = own_radii(RadiusColumn("size", factor=0.5), TABLE)
    np.testing.assert_array_equal(radii, [30, *[np.nan] * 5, 90])
    assert largest(RadiusColumn("size", factor=0.5), radii) == 90


@pytest.mark.parametrize(("unit", "scale"), [("arcsec", 1), ("mas", 0.001), ("deg", 3600), ("arcmin", 60)])
def test_a_column_in_a_named_unit(unit, scale):
    radii = own_radii(RadiusColumn("plain", unit=unit), TABLE)
    np.testing.assert_allclose(radii[1:], np.arange(1, 7) * scale)
    assert np.isnan(radii[0])


def test_errors_of_both_sides():
    radius = PositionErrors(2, mine=("e1", "e2"), theirs="err", limit=50, unit=None)
    with pytest.raises(MatchError, match="e1 has no unit"):
        own_radii(radius, TABLE)
    TABLE["e1"].unit = "arcsec"
    own = own_radii(radius, TABLE)
    np.testing.assert_allclose(own[[0, 4]], [10, 8])
    assert np.isnan(own[1:4]).all()
    theirs = MaskedColumn([12.0, 1.0, 1.0, 1.0, 0.0, -1.0, 1.0], mask=[0] * 6 + [1], unit="arcsec")
    pairs = combined(radius, own, [("err", theirs)])
    np.testing.assert_allclose(pairs[[0, 4]], [2 * 13, 8])
    assert np.isnan(pairs[[1, 2, 3, 5, 6]]).all()
    assert largest(radius, own) == 50
    assert largest(PositionErrors(2, mine=("e1", "e2"), limit=50), own) == pytest.approx(2 * np.hypot(6, 4))
    assert largest(PositionErrors(2, mine=("e1", "e2"), limit=5), own) == 5


def test_errors_of_theirs_alone():
    radius = PositionErrors(3, theirs=("a", "b"), their_unit="mas")
    assert own_radii(radius, TABLE).tolist() == [0.0] * 7
    np.testing.assert_allclose(combined(radius, np.zeros(1), [("a", [3.0]), ("b", [4.0])]), 0.015)


@pytest.mark.parametrize(
    ("radius", "says"),
    [
        (RadiusColumn("plain"), "plain has no unit"),
        (RadiusColumn("r"), "in mag, which is no angle"),
        (RadiusColumn("name", unit="deg"), "no numbers"),
        (RadiusColumn("sise"), "no column 'sise'.*Close to it: size"),
        (PositionErrors(1, mine="e9", unit="mas"), "no column 'e9'"),
    ],
)
def test_columns_that_are_no_radii(radius, says):
    with pytest.raises(MatchError, match=says):
        own_radii(radius, TABLE)


def test_no_radius_and_too_large_ones():
    with pytest.raises(MatchError, match=r"No row of your table .* has a radius"):
        largest(RadiusColumn("size"), np.array([np.nan, np.nan]))
    with pytest.raises(MatchError, match=r"row 1 of your table.*200 deg.*Is the unit"):
        largest(RadiusColumn("size"), np.array([1.0, 200 * 3600]))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RadiusColumn(""), "name of a column"),
        (lambda: RadiusColumn("a", unit="mag"), "no angle"),
        (lambda: RadiusColumn("a", unit="florins"), "not known"),
        (lambda: RadiusColumn("a", factor=0), "above 0"),
        (lambda: RadiusColumn("a", factor="x"), "not a number"),
        (lambda: PositionErrors(0, "a"), "above 0"),
        (lambda: PositionErrors(3), "needs the columns"),
        (lambda: PositionErrors(3, mine=("a", "")), "name of a column"),
        (lambda: PositionErrors(3, "a", limit=0), "above 0"),
        (lambda: PositionErrors(3, "a", limit="3 mag"), "not an angle"),
    ],
)
def test_what_makes_no_radius(make, says):
    with pytest.raises(MatchError, match=says):
        make()


@pytest.mark.parametrize(
    "radius",
    [
        RadiusColumn("size", unit="arcmin", factor=2),
        PositionErrors(5, ("e1", "e2"), "err", limit="1 arcmin", their_unit="deg"),
    ],
)
def test_a_match_with_such_a_radius_can_be_kept_and_compared(radius):
    match = SkyMatch("t", radius=radius, find="nearest", neighbours=3, unmatched="keep", shift=(0.1, -0.2))
    again = from_record(json.loads(json.dumps(to_record(match))))
    assert again == match
    assert hash(again) == hash(match)
    assert again.radius == radius
    assert match.radius_deg == 0
    assert match != SkyMatch("t", find="nearest", neighbours=3, unmatched="keep", shift=(0.1, -0.2))
    assert str(RadiusColumn("size", factor=2)) == "2 x size"
    assert "e1, e2, err" in str(PositionErrors(5, ("e1", "e2"), "err"))
