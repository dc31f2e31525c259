"""A radius typed, slid or set from Python is one angle everywhere."""

import pytest
import traitlets
from astropy import units as u

from tapwidget.views.radius_control import RadiusControl


def test_it_begins_with_one_arcsec() -> None:
    control = RadiusControl()
    assert control.radius == 1.0
    assert control.quantity == 1 * u.arcsec


def test_a_typed_degree_stays_a_degree() -> None:
    control = RadiusControl()
    control._unit.value = "deg"
    control._number.value = 0.00027
    assert control.quantity.unit == u.deg
    assert control.quantity.value == 0.00027
    assert control.radius == pytest.approx(0.972, rel=1e-14)
    assert "0.972 arcsec" in control._said.value


def test_the_slider_is_in_arcsec() -> None:
    control = RadiusControl()
    control._slider.value = 2.5
    assert control.radius == 2.5
    assert control._number.value == 2.5


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), 181 * 3600.0])
def test_a_radius_that_is_none_is_refused_and_the_last_one_kept(bad: float) -> None:
    control = RadiusControl(2.0)
    control._number.value = bad
    assert "more than 0" in control._said.value
    assert control.radius == 2.0


def test_two_can_be_linked() -> None:
    one, other = RadiusControl(), RadiusControl(3.0)
    traitlets.link((one, "radius"), (other, "radius"))
    other.radius = 0.5
    assert one.radius == 0.5
    assert one._slider.value == pytest.approx(0.5)
    assert one.quantity == 0.5 * u.arcsec


def test_a_step_of_the_slider_that_the_browser_answers_with_changes_nothing() -> None:
    control = RadiusControl()
    control.quantity = 0.3 * u.arcsec
    control._slider.value = 10**-0.52  # the step next to it, 0.302
    assert control.quantity == 0.3 * u.arcsec
    control._slider.value = 10**-0.51
    assert control.radius == 0.309
