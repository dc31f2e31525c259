"""Degrees that may be hours or radians, or are too coarse, are doubted; good ones are not."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Table

from tapwidget.tables.position_doubts import position_doubts
from tapwidget.tables.positions import icrs_degrees
from tapwidget.tables.roles import recognise

RA, DEC = np.linspace(0, 359, 40), np.degrees(np.arcsin(np.linspace(-0.99, 0.99, 40)))


@pytest.mark.parametrize(
    ("ra", "dec", "doubt"),
    [
        (RA, DEC, ""),
        (RA / 15, DEC, "hours, not degrees?"),
        (np.radians(RA), np.radians(DEC), "radians, not degrees?"),
        (np.radians(RA) - np.pi, np.radians(DEC), "radians, not degrees?"),
        (RA / 15, DEC / 10, ""),
        (RA / 60, DEC / 100, ""),
        (RA[:4] / 15, DEC[:4], ""),
        (RA.astype("f4"), DEC.astype("f4"), "rounded by up to 0.055 arcsec"),
        (RA.astype("f4") / 100, DEC.astype("f4"), ""),
        ((RA * 10).astype(int) / 10, DEC, ""),
    ],
)
def test_what_is_doubted(ra: np.ndarray, dec: np.ndarray, doubt: str) -> None:
    table = Table({"ra": ra, "dec": dec})
    said = position_doubts(table, "ra", "dec")
    assert len(said) == bool(doubt)
    assert doubt in "".join(said)
    assert recognise(table).warnings == tuple(said)


def test_a_unit_leaves_no_doubt() -> None:
    assert position_doubts(Table({"ra": RA / 15 * u.deg, "dec": DEC * u.deg}), "ra", "dec") == []


@pytest.mark.parametrize("unit", [u.arcsec, u.arcmin, u.mas])
def test_other_units_of_angle_are_converted_and_it_is_said(unit: u.Unit) -> None:
    table = Table({"ra": (RA * u.deg).to(unit), "dec": (DEC * u.deg).to(unit)})
    lon, lat, changes = icrs_degrees(table, recognise(table).position)
    np.testing.assert_allclose([lon, lat], [RA, DEC], rtol=1e-12)
    assert changes == (f"`ra` was converted from {unit} to degrees.", f"`dec` was converted from {unit} to degrees.")
