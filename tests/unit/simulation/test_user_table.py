"""The user's CSV is written as SkyServer writes it, and is an independent look at the same sky."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table

from tapwidget.simulation import user_table
from tapwidget.simulation.field import CENTRE, separation


@pytest.fixture(scope="module")
def sdss(user_csv):
    return Table.read(user_csv, format="ascii.csv", comment="#", fill_values=[("null", "0"), ("", "0")])


@pytest.fixture(scope="module")
def pairs(sdss, arrow_tables):
    objects = arrow_tables["dp1.Object"]
    ours = SkyCoord(sdss["ra"], sdss["dec"], unit="deg")
    theirs = SkyCoord(objects["coord_ra"].to_numpy(), objects["coord_dec"].to_numpy(), unit="deg")
    return search_around_sky(ours, theirs, 1 * u.arcsec)[:3]


def test_layout_is_skyservers(user_csv):
    raw = user_csv.read_bytes()
    first, header, row, *_ = raw.split(b"\n")
    assert user_csv.name == "sdss.csv"
    assert first == b"#Table1"
    assert header.startswith(b"objid,run,rerun,camcol,field,obj,type,ra,dec,u,g,r,i,z,err_u")
    assert row.count(b",") == header.count(b",") == 18
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert not raw.endswith(b"\n\n")


def test_size_and_place(sdss):
    assert 9_000 < len(sdss) < 16_000
    assert separation(np.asarray(sdss["ra"]), np.asarray(sdss["dec"]), *CENTRE).max() < user_table.RADIUS + 1e-3


def test_nulls_and_sentinels_are_there_in_every_band(user_csv, sdss):
    assert b",null," in user_csv.read_bytes()
    for band in "ugriz":
        assert sdss[band].mask.sum() > 5
        assert (sdss[band] == -9999).sum() > 5
    assert -1000 in sdss["err_r"]


def test_objids_are_sdss_identifiers(sdss):
    objid = np.asarray(sdss["objid"])
    assert objid.dtype == np.int64
    assert len(np.unique(objid)) == len(objid)
    assert (objid >> 59 == 2).all()
    assert (objid >> 48 & 0x7FF == sdss["rerun"]).all()
    assert (objid >> 32 & 0xFFFF == sdss["run"]).all()
    assert (objid >> 29 & 0x7 == sdss["camcol"]).all()
    assert (objid >> 16 & 0xFFF == sdss["field"]).all()
    assert (objid & 0xFFFF == sdss["obj"]).all()
    assert (objid.astype(float).astype(np.int64) != objid).any()


def test_coordinates_have_the_digits_of_skyserver(user_csv):
    ra = [line.split(",")[7] for line in user_csv.read_text().splitlines()[2:200]]
    assert max(len(text.replace(".", "")) for text in ra) == 15
    assert any(len(text.partition(".")[2]) == 13 for text in ra)


def test_most_but_not_all_rows_have_a_counterpart(sdss, pairs):
    ours, theirs, _ = pairs
    assert 0.85 < len(np.unique(ours)) / len(sdss) < 0.98
    assert len(ours) > len(np.unique(ours)), "some rows have two"
    assert len(ours) > len(np.unique(theirs))


def test_counterparts_are_no_copies(pairs):
    separation_arcsec = pairs[2].to_value(u.arcsec)
    assert 0.05 < np.median(separation_arcsec) < 0.2
    assert (separation_arcsec > 0).all()


def test_magnitudes_agree_within_their_errors(sdss, arrow_tables, pairs):
    ours, theirs, _ = pairs
    r = np.ma.filled(sdss["r"].astype(float), np.nan)[ours]
    deep = arrow_tables["dp1.Object"]["r_cModelMag"].to_numpy(zero_copy_only=False)[theirs]
    error = np.ma.filled(sdss["err_r"].astype(float), np.nan)[ours]
    good = (r > 17) & (r < 21.5)
    difference = (r - deep)[good]
    assert abs(np.nanmedian(difference)) < 0.03
    assert 0.005 < np.nanmedian(np.abs(difference)) < 0.15
    assert np.nanmedian(error[r > 22]) > 3 * np.nanmedian(error[(r > 17) & (r < 19)])


def test_an_existing_file_is_kept(tmp_path):
    (tmp_path / "sdss.csv").write_text("mine")
    assert user_table.csv(tmp_path).read_text() == "mine"


def test_the_folder_is_made(tmp_path, user_csv):
    made = user_table.csv(tmp_path / "a" / "b")
    assert made.read_bytes() == user_csv.read_bytes()
    assert list(made.parent.iterdir()) == [made]
