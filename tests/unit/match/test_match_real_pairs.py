"""Pairs of real catalogues: NGC 188, next to the pole, in Gaia DR2 and 2MASS.

The counts were taken with astropy and STILTS (`tskymatch2`), those of unmatched rows follow from them. The files lie
beside the repository, or where TAPWIDGET_REAL_TABLES says.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from tapwidget.ivoa import tapschema
from tapwidget.match.offsets import corrected, median_shift
from tapwidget.match.spec import SkyMatch
from tapwidget.tables.files import read_table

FOLDER = Path(os.environ.get("TAPWIDGET_REAL_TABLES") or Path(__file__).resolve().parents[4] / "shared" / "real-tables")
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real tables are not here: {FOLDER}")

TWO_MASS = tapschema.Table(
    "twomass.psc",
    columns=(
        tapschema.Column("id", "char", "*", ucd="meta.id;meta.main"),
        tapschema.Column("ra", "double", unit="deg", ucd="pos.eq.ra;meta.main"),
        tapschema.Column("dec", "double", unit="deg", ucd="pos.eq.dec;meta.main"),
    ),
)


@pytest.fixture(scope="module")
def ngc188():
    gaia = read_table(FOLDER / "ngc188_gaia_results.fits")
    two_mass = read_table(FOLDER / "ngc188_2MASS_results.ecsv")["_2MASS", "RAJ2000", "DEJ2000"]
    two_mass.rename_columns(two_mass.colnames, ["id", "ra", "dec"])
    return gaia, two_mass


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({"radius": 0.5}, 3843),
        ({}, 4164),
        ({"radius": 5}, 4397),
        ({"find": "nearest"}, 4163),
        ({"find": "nearest", "neighbours": 2}, 4164),
        ({"find": "nearest_theirs"}, 4126),
        ({"find": "symmetric"}, 4125),
        ({"unmatched": "only"}, 4876 - 4163),
        ({"unmatched": "keep"}, 4876 + 1),
        ({"unmatched": "keep", "find": "symmetric"}, 4876),
    ],
)
def test_ngc_188(given, rows, ngc188, matched):
    gaia, two_mass = ngc188
    result = matched(SkyMatch("twomass.psc", **{"radius": 1, **given}), gaia, two_mass, TWO_MASS)
    assert len(result) == rows


def test_the_offset_between_the_catalogues_goes_when_it_is_put_right(ngc188, matched):
    gaia, two_mass = ngc188
    match = SkyMatch("twomass.psc", radius=1, find="symmetric")
    result = matched(match, gaia, two_mass, TWO_MASS)
    at = np.searchsorted(np.sort(two_mass["id"]), result["id"])
    there = two_mass[np.argsort(two_mass["id"])[at]]
    dra, ddec = SkyCoord(result["ut1_ra"], result["ut1_dec"], unit="deg").spherical_offsets_to(
        SkyCoord(there["ra"], there["dec"], unit="deg")
    )
    shift = median_shift(result)
    assert shift.number == 4125
    assert shift.dra == pytest.approx(np.median(dra.arcsec), abs=1e-6)
    assert shift.ddec == pytest.approx(np.median(ddec.arcsec), abs=1e-6)
    assert shift.mad_dra == pytest.approx(np.median(np.abs(dra.arcsec - np.median(dra.arcsec))), abs=1e-6)
    again = median_shift(matched(corrected(match, shift), gaia, two_mass, TWO_MASS))
    assert np.hypot(again.dra, again.ddec) < 0.1 * np.hypot(shift.dra, shift.ddec)
