"""Which columns are what: UCD, unit, name, range; and what only looks like a position, an id or a magnitude."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, Table

from tapwidget.errors import ColumnError
from tapwidget.tables.roles import position_of, recognise

RA, DEC = [10.0, 200.5, 359.0], [-80.0, 0.0, 45.0]


def table_of(**columns: object) -> Table:
    return Table({name.replace("__", " "): values for name, values in columns.items()})


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ra", "dec"], ("ra", "dec")),
        (["RA", "DEC"], ("RA", "DEC")),
        (["ra", "decl"], ("ra", "decl")),
        (["RAJ2000", "DEJ2000"], ("RAJ2000", "DEJ2000")),
        (["coord_ra", "coord_dec"], ("coord_ra", "coord_dec")),
        (["ALPHA_J2000", "DELTA_J2000"], ("ALPHA_J2000", "DELTA_J2000")),
        (["right_ascension", "declination"], ("right_ascension", "declination")),
        (["RA_ICRS", "DE_ICRS"], ("RA_ICRS", "DE_ICRS")),
        (["ra_deg", "dec_deg", "ra", "dec"], ("ra", "dec")),
        (["ra_u", "dec_u", "ra", "dec"], ("ra", "dec")),
        (["mean_ra", "mean_dec", "ra", "dec"], ("ra", "dec")),
        (["ra_error", "dec_error", "ra", "dec"], ("ra", "dec")),
        (["pmra", "pmdec", "RAdeg", "DEdeg"], ("RAdeg", "DEdeg")),
        (["e_RAdeg", "e_DEdeg", "RAdeg", "DEdeg"], ("RAdeg", "DEdeg")),
        (["raErr", "decErr", "raMean", "decMean"], ("raMean", "decMean")),
        (["ra", "Dec", "dec"], ("ra", "dec")),
    ],
)
def test_pairs_by_name(names: list[str], expected: tuple[str, str]) -> None:
    table = Table([RA if i % 2 == 0 else DEC for i in range(len(names))], names=names)
    position = recognise(table).position
    assert position is not None
    assert position.columns == expected
    assert position.form == "degrees"
    assert position.frame == "icrs"


@pytest.mark.parametrize(
    "names",
    [["random_index", "dec"], ["pmra", "pmdec"], ["ra_error", "dec_error"], ["ra"], ["brand", "bdecnd"], ["x", "y"]],
)
def test_no_pair(names: list[str]) -> None:
    assert recognise(Table([RA] * len(names), names=names)).position is None


def test_ucd_goes_before_name_and_main_before_others() -> None:
    table = table_of(ra=RA, dec=DEC, lon2=RA, lat2=DEC)
    table["lon2"].meta["ucd"], table["lat2"].meta["ucd"] = "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"
    roles = recognise(table)
    assert roles.position is not None
    assert roles.position.columns == ("lon2", "lat2")
    assert [p.columns for p in roles.others] == [("ra", "dec")]
    assert "pos.eq.ra;meta.main" in roles.why["lon2"]


def test_old_ucds_and_errors_with_a_ucd() -> None:
    table = table_of(e_ra=[0.1] * 3, e_de=[0.1] * 3, alpha=RA, beta=DEC)
    table["e_ra"].meta["ucd"], table["e_de"].meta["ucd"] = "stat.error;pos.eq.ra", "stat.error;pos.eq.dec"
    table["alpha"].meta["ucd"], table["beta"].meta["ucd"] = "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"
    roles = recognise(table)
    assert roles.position is not None
    assert roles.position.columns == ("alpha", "beta")
    assert roles.others == ()


def test_degrees_go_before_text() -> None:
    table = table_of(RAJ2000=["01 02 03"] * 3, DEJ2000=["+01 02 03"] * 3, _RAJ2000=RA, _DEJ2000=DEC)
    roles = recognise(table)
    assert roles.position is not None
    assert roles.position.columns == ("_RAJ2000", "_DEJ2000")
    assert [p.form for p in roles.others] == ["sexagesimal"]


@pytest.mark.parametrize(
    ("names", "unit", "form", "frame"),
    [
        (("ra", "dec"), "hourangle", "hours", "icrs"),
        (("ra", "dec"), "rad", "radians", "icrs"),
        (("ra_hours", "dec_hours"), None, "hours", "icrs"),
        (("ra_rad", "dec_rad"), None, "radians", "icrs"),
        (("l", "b"), "deg", "degrees", "galactic"),
        (("GLON", "GLAT"), "deg", "degrees", "galactic"),
        (("ecl_lon", "ecl_lat"), "deg", "degrees", "ecliptic"),
        (("RAB1950", "DEB1950"), "deg", "degrees", "fk4"),
    ],
)
def test_forms_and_frames(names: tuple[str, str], unit: str | None, form: str, frame: str) -> None:
    table = Table(
        [[0.1, 0.5, 3.0], [0.1, -0.5, 1.0]], names=names, units=[unit, unit if unit != "hourangle" else "deg"]
    )
    position = recognise(table).position
    assert position is not None
    assert (position.columns, position.form, position.frame) == (names, form, frame)
    named = position_of(table, *names)
    assert (named.form, named.frame) == (form, frame)


@pytest.mark.parametrize("names", [("ra_hours", "dec"), ("RA_hr", "Dec"), ("RA (h)", "Dec"), ("ra_hours", "dec_deg")])
def test_hours_in_the_name(names: tuple[str, str]) -> None:
    roles = recognise(Table({"id": [1, 2], names[0]: [2.5, 2.6], names[1]: [6.9, 7.0]}))
    assert roles.position is not None
    assert (roles.position.columns, roles.position.form) == (names, "hours")


def test_a_column_rah_that_is_named_is_hours() -> None:
    assert position_of(Table({"RAh": [2.5], "DEdeg": [7.0]}), "RAh", "DEdeg").form == "hours"


def test_constant_positions_are_the_question_not_the_answer() -> None:
    table = table_of(ra_deg=[5.0] * 3, dec_deg=[6.0] * 3, raMean=RA, decMean=DEC)
    position = recognise(table).position
    assert position is not None
    assert position.columns == ("raMean", "decMean")


def test_position_of_refuses_what_cannot_be_one() -> None:
    table = table_of(ra=RA, dec=DEC, name=["a", "b", "c"])
    with pytest.raises(ColumnError, match=r"no column `raa`.*Did you mean `ra`"):
        position_of(table, "raa", "dec")
    with pytest.raises(ColumnError, match=r"`name` and `dec` are no position: `name` holds .*such as “a”"):
        position_of(table, "name", "dec")


def test_magnitudes_errors_colours_flags_and_fluxes() -> None:
    magnitudes = (
        "psfMag_u", "modelMag_r", "cModelMag_i", "r_cModelMag", "Jmag", "mag_auto", "u_psfMag", "r_psfMag",
        "petroMag_g", "dered_z", "W1", "j_m", "Vmag", "Ksmag", "phot_g_mean_mag", "mag",
    )  # fmt: skip
    others = (
        "modelMagErr_r", "r_cModelMagErr", "e_Jmag", "magerr_auto", "u_psfMagErr", "bp_rp", "g_rp", "B-V",
        "extinction_r", "a_g", "ebv", "flux_r", "r_gaap1p0Flux", "mag_flag", "nmag", "magType", "snr_mag",
        "W1_unc",
        "j_cmsig", "j_msigcom", "j_snr", "phot_g_mean_flux", "r_err",
    )  # fmt: skip
    table = Table([[18.0, 19.0, 20.0]] * 39, names=[*others, *magnitudes])
    assert recognise(table).magnitudes == magnitudes


def test_z_is_a_band_among_bands_and_a_redshift_beside_its_words() -> None:
    mags = {band: [18.0, 19.0, 20.0] for band in "ugri"}
    assert recognise(table_of(**mags, z=[17.5, 18.5, 19.5])).magnitudes == ("u", "g", "r", "i", "z")
    assert recognise(table_of(**mags, z=[0.1, 0.2, 1.5])).magnitudes == ("u", "g", "r", "i")
    assert recognise(table_of(**mags, z=[17.5, 18.5, 19.5], zErr=[1, 2, 3])).magnitudes == ("u", "g", "r", "i")
    assert recognise(table_of(z=[17.5, 18.5, 19.5])).magnitudes == ()


def test_magnitudes_by_unit_and_ucd() -> None:
    table = table_of(brightness=[18.0, 19, 20], gmag=[18.0, 19, 20], dist=[1.0, 2, 3], label=["a", "b", "c"])
    table["brightness"].meta["ucd"] = "phot.mag;em.opt.R"
    table["gmag"].unit = u.mag
    assert recognise(table).magnitudes == ("brightness", "gmag")
    table["brightness"].meta["ucd"] = "stat.error;phot.mag"
    table["gmag"].meta["ucd"] = "phys.absorption"
    assert recognise(table).magnitudes == ()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"objid": [1, 2, 3], "run": [1, 1, 1], "fieldID": [4, 5, 6]}, "objid"),
        ({"specObjID": [1, 2, 3], "objID": [4, 5, 6]}, "objID"),
        ({"solution_id": [7, 7, 7], "designation": ["a", "b", "c"], "source_id": [1, 2, 3]}, "source_id"),
        ({"name": ["a", "b", "c"], "r": [18, 19, 20]}, "name"),
        ({"name": ["a", "", ""], "designation": ["x", "y", "z"]}, "designation"),
        ({"flag": [1, 2, 3], "n_obs": [4, 5, 6]}, None),
        ({"objectId": [2**62, 2**62 + 1, 2**62 + 2], "tract": [1, 1, 1], "parentObjectId": [0, 0, 0]}, "objectId"),
        ({"id": [1.5, 2.5, 3.5]}, None),
        ({"id": [3, 3, 3]}, None),
        ({"cntr_u": [1, 2, 3], "designation": ["a", "b", "c"]}, "designation"),
    ],
)  # fmt: skip
def test_identifiers(columns: dict[str, list[object]], expected: str | None) -> None:
    assert recognise(Table(columns)).id == expected


def test_an_identifier_by_ucd() -> None:
    table = table_of(id=["a", "b", "c"], nr=[3, 1, 2])
    table["nr"].meta["ucd"] = "meta.id;meta.main"
    assert recognise(table).id == "nr"


def test_tables_of_all_sorts_are_recognised_without_raising() -> None:
    empty = recognise(Table())
    assert (empty.position, empty.id, empty.magnitudes) == (None, None, ())
    strange = Table(
        {
            "ra": MaskedColumn([1.0, 2.0], mask=[True, True]),
            "dec": MaskedColumn([1.0, 2.0], mask=[True, True]),
            "vector": np.zeros((2, 3)),
            "objects": Column([None, {"a": 1}], dtype=object),
            "objid": Column([b"a", b"b"]),
            "c": np.array([1j, 2j]),
        }
    )
    roles = recognise(strange)
    assert roles.position is None
    assert roles.id == "objid"


def test_masked_and_sentinel_magnitudes_do_not_confuse_the_range() -> None:
    table = table_of(u=[-9999.0] * 9 + [18.0], g=[20.0] * 10, r=[99.0] * 9 + [18.0])
    assert recognise(table).magnitudes == ("u", "g", "r")
