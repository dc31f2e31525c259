"""The equal-area projection against astropy's, its grid, and samples."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from hypothesis import assume, given
from hypothesis import strategies as st

from tapwidget.plots import sky

RA, DEC = st.floats(0, 359.999), st.floats(-90, 90)


def zea(ra: float, dec: float) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---ZEA", "DEC--ZEA"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.cdelt = [-1, 1]
    wcs.wcs.crpix = [0, 0]
    return wcs


@pytest.mark.parametrize("centre", [(37.86, 6.98), (0.0, 0.0), (359.9, -60.0), (120.0, 89.999), (10.0, -89.5)])
def test_the_plane_is_that_of_fits_zea(centre: tuple[float, float]) -> None:
    random = np.random.default_rng(1)
    ra, dec = random.uniform(0, 360, 500), np.degrees(np.arcsin(random.uniform(-1, 1, 500)))
    x, y = sky.Projection(*centre).plane(ra, dec)
    expected = zea(*centre).wcs_world2pix(ra, dec, 0)
    np.testing.assert_allclose([x, y], np.array(expected) + 1, atol=1e-9)


@given(RA, DEC, RA, DEC)
def test_the_way_back(ra0: float, dec0: float, ra: float, dec: float) -> None:
    projection = sky.Projection(ra0, dec0)
    x, y = projection.plane(np.array([ra]), np.array([dec]))
    assume(np.hypot(x, y)[0] < 114)  # the antipode is a whole circle
    d_ra, lat = projection.sphere(x, y)
    lon = np.radians(d_ra + ra0)
    there = [np.cos(np.radians(lat)) * np.cos(lon), np.cos(np.radians(lat)) * np.sin(lon), np.sin(np.radians(lat))]
    a, d = np.radians([ra, dec])
    np.testing.assert_allclose(np.ravel(there), [np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], atol=1e-6)


@pytest.mark.parametrize("dec", [-90.0, 90.0, 0.0, 30.0])
def test_what_is_opposite_is_on_the_rim(dec: float) -> None:
    x, y = sky.Projection(10.0, dec).plane(np.array([190.0]), np.array([-dec]))
    assert np.hypot(x, y)[0] == pytest.approx(np.degrees(2))


def test_right_ascension_grows_to_the_left_and_declination_up() -> None:
    x, y = sky.Projection(0.0, 0.0).plane(np.array([0.5, 359.5]), np.array([0.0, 1.0]))
    assert x[0] == pytest.approx(-0.5, rel=1e-4)
    assert x[1] == pytest.approx(0.5, rel=1e-3)
    assert y[1] == pytest.approx(1.0, rel=1e-3)


def test_the_centre_knows_of_ra_0_and_the_poles() -> None:
    across = sky.about(np.array([359.0, 1.0, np.nan]), np.array([5.0, 5.0, 5.0]))
    assert across.ra % 360 == pytest.approx(0, abs=1e-9)
    assert across.dec == pytest.approx(5.0, abs=1e-3)
    assert sky.about(np.arange(0.0, 360.0, 30.0), np.full(12, 89.0)).dec == pytest.approx(90.0)
    assert sky.about(np.array([np.nan]), np.array([np.nan])) == sky.Projection(0.0, 0.0)


def test_missing_positions_stay_missing() -> None:
    x, y = sky.Projection(10.0, 10.0).plane(np.array([np.nan, 10.0]), np.array([10.0, 10.0]))
    assert np.isnan([x[0], y[0]]).all()
    assert [x[1], y[1]] == pytest.approx([0, 0], abs=1e-12)


def test_the_field_holds_all_points_with_room() -> None:
    left, right, bottom, top = sky.field(np.array([-1.0, 3.0, np.nan]), np.array([0.0, 1.0, 0.0]), aspect=1.5)
    assert left < -1
    assert right > 3
    assert bottom < 0
    assert top > 1
    assert (right - left) / (top - bottom) == pytest.approx(1.5)
    one = sky.field(np.array([2.0]), np.array([3.0]))
    assert one[1] - one[0] >= sky.SMALLEST


def test_the_grid_is_labelled_where_it_meets_the_edges() -> None:
    projection = sky.Projection(0.1, 6.98)
    grid = sky.grid(projection, (-0.6, 0.6, -0.5, 0.5))
    assert [label for _, label in grid.ra_ticks] == ["359.6", "359.8", "0.0", "0.2", "0.4", "0.6"]
    assert [label for _, label in grid.dec_ticks] == ["6.6", "6.8", "7.0", "7.2", "7.4"]
    for place, label in grid.ra_ticks:
        d_ra, _ = projection.sphere(np.array([place]), np.array([-0.5]))
        assert (d_ra[0] + 0.1 - float(label) + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)
    for place, label in grid.dec_ticks:
        assert projection.sphere(np.array([-0.6]), np.array([place]))[1][0] == pytest.approx(float(label), abs=1e-4)
    assert not np.isnan([grid.x[-1], grid.y[-1]]).any()  # bqplot hangs a label on the last point


@pytest.mark.parametrize("dec", [-90.0, 90.0, 89.5])
def test_at_a_pole_the_grid_goes_all_round(dec: float) -> None:
    grid = sky.grid(sky.Projection(30.0, dec), (-1.0, 1.0, -1.0, 1.0))
    assert grid.ra_step == 45.0
    assert np.isfinite(grid.x).sum() > 8 * 60


def test_the_whole_sky_has_a_grid() -> None:
    grid = sky.grid(sky.Projection(0.0, 0.0), (-130.0, 130.0, -130.0, 130.0))
    assert (grid.ra_step, grid.dec_step) == (45.0, 30.0)
    assert grid.ra_ticks == grid.dec_ticks == ()


@given(st.integers(0, 400), st.integers(0, 20), st.integers(10, 100))
def test_a_sample_keeps_some_of_every_kind(many: int, few: int, limit: int) -> None:
    kinds = np.array([0] * many + [1] * few)
    rows = sky.thin(kinds, limit)
    assert (np.diff(rows) > 0).all()
    assert set(np.unique(kinds[rows])) == set(np.unique(kinds))
    assert len(rows) <= limit * 1.2
    if many + few <= limit:
        assert len(rows) == many + few
    assert rows.tolist() == sky.thin(kinds, limit).tolist()


@pytest.mark.parametrize(
    ("ra", "dec", "radius"), [(37.86, 6.98, 0.5), (0.0, 0.0, 20.0), (0.0, 89.0, 2.0), (5, -90, 0.01)]
)
def test_a_cone_holds_all_positions_and_is_hardly_larger(ra: float, dec: float, radius: float) -> None:
    random = np.random.default_rng(5)
    angle = random.uniform(0, 2 * np.pi, 5000) * u.rad
    # More of them on one side: the mean is not the middle.
    angle = np.concatenate([angle, np.full(3000, 1.0) * u.rad])
    centre = SkyCoord(ra, dec, unit="deg")
    places = centre.directional_offset_by(angle, radius * np.sqrt(random.random(len(angle))) * u.deg)
    cone = sky.cone_around(places.ra.deg, places.dec.deg)
    apart = SkyCoord(cone.ra, cone.dec, unit="deg").separation(places).deg
    assert apart.max() == pytest.approx(cone.radius, rel=1e-9)
    assert cone.radius < 1.03 * radius
    middle = sky.about(places.ra.deg, places.dec.deg)
    x, y = cone.outline(middle)
    d_ra, edge = middle.sphere(x, y)
    edge = SkyCoord(middle.ra + d_ra, edge, unit="deg")
    np.testing.assert_allclose(edge.separation(SkyCoord(cone.ra, cone.dec, unit="deg")).deg, cone.radius, rtol=1e-6)


def test_where_there_is_no_cone() -> None:
    random = np.random.default_rng(0)
    all_sky = random.uniform(0, 360, 400), np.degrees(np.arcsin(random.uniform(-1, 1, 400)))
    for ra, dec in (all_sky, (np.zeros(0), np.zeros(0)), (np.array([3.0, 3.0, np.nan]), np.array([4.0, 4.0, 1.0]))):
        assert sky.cone_around(ra, dec) is None


@pytest.mark.parametrize(
    ("radius", "said"), [(1.5, "1.5 deg"), (0.5012, "30.1 arcmin"), (12 / 3600, "12 arcsec"), (1e-5, "0.036 arcsec")]
)
def test_a_radius_has_a_unit_that_suits_it(radius: float, said: str) -> None:
    assert str(sky.Cone(0.0, 0.0, radius)) == said


def test_a_cone_around_many_positions_and_one_far_from_them_is_no_larger_than_it_must_be() -> None:
    random = np.random.default_rng(1)
    ra, dec = np.append(random.uniform(10, 10.1, 5000), 10.0), np.append(random.uniform(0, 0.1, 5000), 10.0)
    assert 4.95 < sky.cone_around(ra, dec).radius < 5.2
