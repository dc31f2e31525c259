"""Files as archives, services and people wrote them; their counts were taken with other tools and by eye.

The files are not part of this repository: they lie beside it in `shared/real-tables`, or where
TAPWIDGET_REAL_TABLES says.
"""

from __future__ import annotations

import os
import shutil
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table

from tapwidget.errors import FileFormatError
from tapwidget.tables.files import read_table
from tapwidget.tables.positions import icrs_degrees
from tapwidget.tables.preflight import prepare
from tapwidget.tables.roles import is_missing, recognise
from tapwidget.tables.votable import from_votable, to_votable

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("TAPWIDGET_REAL_TABLES") or REPOSITORY.parent / "shared" / "real-tables")
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real tables are not here: {FOLDER}")


@dataclass(frozen=True)
class Truth:
    """What is true of a file."""

    rows: int
    columns: int
    position: tuple[str, ...] = ()
    form: str = "degrees"
    id: str | None = None
    first_id: object = None
    magnitudes: tuple[str, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)
    first: tuple[float, float] | None = None
    table: int | str | None = None


SPLIT = ("RAh", "RAm", "RAs", "DE-", "DEd", "DEm", "DEs")
GAIA = ("phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag")

TRUTH = {
    "sdss_xid_im.txt": Truth(
        18, 7, ("ra", "dec"), id="objid", first_id=1237653651835781245, first=(2.02344282607, 14.8398204075)
    ),
    "gaia_dr2_archive.vot": Truth(
        100, 96, ("ra", "dec"), id="source_id", first_id=2171228499260003840, magnitudes=GAIA,
        missing={"phot_bp_mean_mag": 8, "phot_rp_mean_mag": 8, "radial_velocity": 100, "teff_val": 88, "a_g_val": 96,
                 "epoch_photometry_url": 100},
    ),
    "gaia_dr3_archive.fits": Truth(
        1000, 152, ("ra", "dec"), id="source_id", first_id=4267180339403392768, magnitudes=(*GAIA, "grvs_mag"),
        missing={"phot_bp_mean_mag": 77, "phot_rp_mean_mag": 74, "radial_velocity": 976, "pseudocolour": 401,
                 "nu_eff_used_in_astrometry": 599, "rv_method_used": 976},
    ),
    "vizier_arp_asu.tsv": Truth(
        338, 12, ("RAJ2000", "DEJ2000"), "sexagesimal", "Arp", 1, missing={"Orient": 1},
        first=(15 * (9 + 24 / 60 + 38 / 3600), 49 + 21.4 / 60),
    ),
    "vizier_arp_asu.tsv#2": Truth(
        592, 13, ("RAJ2000", "DEJ2000"), "sexagesimal", "Arp", 249, ("VT",), table=2,
        missing={"VT": 22, "u_VT": 591, "dim1": 77, "dim2": 117, "MType": 74, "Uchart": 268},
    ),
    "Arp_Catalogue.csv": Truth(  # three of the 588 records are empty
        585, 8, ("RA", "Dec"), "sexagesimal", "Arp", 1, ("Mag",),
        missing={"Arp": 0, "RA": 0, "Mag": 22, "Size": 78, "Type": 71, "Redshift (km/sec)": 487},
        first=(15 * (9 + 24 / 60 + 37 / 3600), 49 + 21 / 60),
    ),
    "cds/table1.dat": Truth(
        15, 18, SPLIT, "split", "SName", "Cl* Collinder 110 DI 2108", ("Bmag", "Vmag", "Icmag", "Rmag", "Ksmag"),
        missing={"Icmag": 4, "Rmag": 8, "Bmag": 0, "Vmag": 0, "Ksmag": 0},
        first=(15 * (6 + 38 / 60 + 52.5 / 3600), 2 + 1 / 60 + 58.4 / 3600),
    ),
    "Young-Objects-Compilation.csv": Truth(
        64, 34, ("RA", "Dec"), id="Designation", first_id="00 04 02.84 -64 10 35.6",
        magnitudes=("Jmag", "Hmag", "Kmag", "W1", "W2", "W3", "W4"),
        missing={"RA": 17, "Dec": 17, "Name": 54, "W4_unc": 58, "pi (mas)": 55, "Group/Age": 64},
    ),
    "ngc188_gaia_results.fits": Truth(
        4876, 11, ("ra", "dec"), id="source_id", first_id=573941431864200576, magnitudes=GAIA,
        missing={"parallax": 30, "pmra": 30, "radial_velocity": 4375, "phot_bp_mean_mag": 51, "phot_rp_mean_mag": 51},
    ),
    "ngc188_2MASS_results.ecsv": Truth(
        5014, 16, ("RAJ2000", "DEJ2000"), id="_2MASS", first_id="00383204+8448300", magnitudes=("Jmag", "Hmag", "Kmag"),
        missing={"e_Jmag": 36, "e_Hmag": 268, "e_Kmag": 670},
    ),
    "irsa_2mass_psc.tbl": Truth(
        24, 33, ("ra", "dec"), id="designation", first_id="00491621+0323475", magnitudes=("j_m", "h_m", "k_m"),
        missing={"h_cmsig": 1, "k_cmsig": 2, "j_h": 1, "h_k": 2, "j_k": 2},
    ),
    "HASH_PNe.csv": Truth(
        3942, 7, ("DRAJ2000", "DDECJ2000"), id="idPNMain", first_id=8, missing={"Name": 60},
        first=(264.42886, -27.81932),
    ),
    "tycho2.kd.fits": Truth(
        123, 23, ("ra", "dec"), magnitudes=("mag_bt", "mag_vt", "mag_hp", "jmag", "hmag", "kmag", "zguess"),
        missing={"zguess": 37, "mag_hp": 0, "jmag": 0},
    ),
    "J_A+A_399_141.fits": Truth(
        913, 27, SPLIT, "split", "Seq", 1, missing={"DG": 741, "[RK68]": 795, "NGC/IC": 835, "HD": 206, "IRAS": 428}
    ),
    "rubin_dm_dc2_example.pq": Truth(100, 15, ("ra", "decl"), id="objectId", first_id=1650753981384753153),
    "ned_near_position.xml": Truth(
        475, 17, ("RA(deg)", "DEC(deg)"), id="Object Name", first_id="COUP 0900",
        missing={"Velocity": 475, "Redshift": 475, "Magnitude and Filter": 230}, first=(83.8232, -5.39018),
    ),
    "MPCORB.excerpt.DAT": Truth(4, 23, id="designation", first_id="00001", magnitudes=("H",)),
    "alma-empty.txt": Truth(0, 63, ("s_ra", "s_dec"), id="obs_publisher_did"),
}  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> dict[str, Table]:
    return {name: read_table(FOLDER / name.partition("#")[0], table=truth.table) for name, truth in TRUTH.items()}


@pytest.mark.parametrize("name", TRUTH)
def test_rows_columns_and_missing_values(name: str, opened: dict[str, Table]) -> None:
    table, truth = opened[name], TRUTH[name]
    assert (len(table), len(table.columns)) == (truth.rows, truth.columns)
    assert {column: int(is_missing(table[column]).sum()) for column in truth.missing} == truth.missing


@pytest.mark.parametrize("name", TRUTH)
def test_roles(name: str, opened: dict[str, Table]) -> None:
    table, truth = opened[name], TRUTH[name]
    roles = recognise(table)
    assert roles.id == truth.id
    assert roles.magnitudes == truth.magnitudes
    if truth.position:
        assert roles.position is not None
        assert (roles.position.columns, roles.position.form) == (truth.position, truth.form)
    else:
        assert roles.position is None
        assert any("No column was recognised as a position" in warning for warning in roles.warnings)
    if truth.first_id is not None:
        assert table[truth.id][0] == truth.first_id


@pytest.mark.parametrize("name", TRUTH)
def test_positions_and_upload_travel(name: str, opened: dict[str, Table]) -> None:
    table, truth = opened[name], TRUTH[name]
    if not truth.rows:
        return
    position = recognise(table).position
    upload = prepare(table, table.colnames, position=position)
    back = from_votable(to_votable(upload.table))
    assert len(back) == upload.rows == truth.rows - truth.missing.get(truth.position[0] if truth.position else "", 0)
    if truth.id in upload.names:
        ids = back[upload.names[truth.id]]
        assert ids[0] == (truth.first_id if len(back) == truth.rows else table[truth.id][back[upload.row_column][0]])
    if position is None:
        return
    ra, dec, _ = icrs_degrees(table, position)
    assert np.isnan(ra).sum() == truth.rows - upload.rows
    if truth.first:
        assert (ra[0], dec[0]) == pytest.approx(truth.first, abs=1e-9)


@pytest.mark.parametrize("name", TRUTH)
def test_the_plain_astropy_expression_gives_the_same_table(name: str, opened: dict[str, Table]) -> None:
    table = opened[name]
    expression = table.meta["tapwidget"]["read"]
    if not expression:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy's, on units
        plain = eval(expression, {"Table": Table})
    assert plain.colnames == table.colnames
    for column in table.colnames:
        assert np.array_equal(is_missing(plain[column]), is_missing(table[column])), column
        shown = ~is_missing(table[column])
        kinds = {plain[column].dtype.kind, table[column].dtype.kind}
        assert len(kinds) == 1 or kinds == {"S", "U"}, column  # astropy leaves the texts of FITS as bytes
        assert np.array_equal(plain[column][shown].astype(table[column].dtype), table[column][shown]), column


def test_expressions_are_there_for_the_plain_files(opened: dict[str, Table]) -> None:
    told = {name for name, table in opened.items() if table.meta["tapwidget"]["read"]}
    assert {"sdss_xid_im.txt", "gaia_dr3_archive.fits", "HASH_PNe.csv", "rubin_dm_dc2_example.pq"} <= told


def test_sdss_ids_keep_their_last_digits(opened: dict[str, Table]) -> None:
    ids = opened["sdss_xid_im.txt"]["objid"]
    assert ids.dtype == np.int64
    assert len(set(ids.tolist())) == 18
    assert ids[:2].tolist() == [1237653651835781245, 1237653651835781244]


def test_hash_names_keep_their_letters(opened: dict[str, Table]) -> None:
    table = opened["HASH_PNe.csv"]
    assert "GLIPN J1530−5557" in table["Name"].tolist()  # a Unicode minus, as in the file
    assert table["PNG"][0] == "000.0+02.0"
    assert len(set(table["idPNMain"].tolist())) == 3936


def test_young_objects_greek_letters_and_null(opened: dict[str, Table]) -> None:
    table = opened["Young-Objects-Compilation.csv"]
    assert table["Spectral Type"][0] == "L1γ"
    assert table["W4_unc"].dtype.kind == "f"
    changes = " ".join(table.meta["tapwidget"]["changes"])
    assert "“null” was read as missing" in changes
    assert "titles over groups of columns" in changes


def test_units_of_ned_and_gaia_are_understood(opened: dict[str, Table]) -> None:
    assert opened["ned_near_position.xml"]["RA(deg)"].unit == u.deg
    assert opened["gaia_dr2_archive.vot"]["pmra"].unit == u.mas / u.yr


def test_sentinels_of_tycho_are_warned_about(opened: dict[str, Table]) -> None:
    warnings = " ".join(recognise(opened["tycho2.kd.fits"]).warnings)
    assert "`jmag` is 99 in 36 rows" in warnings
    assert "`mag_hp` is exactly 0 in 122 rows" in warnings


def test_blanks_of_a_fits_ascii_table_are_said(opened: dict[str, Table]) -> None:
    changes = opened["J_A+A_399_141.fits"].meta["tapwidget"]["changes"]
    assert "741 blank values of `DG` read as missing, not as 0." in changes


def test_other_tables_of_a_file_are_said_and_can_be_asked_for(opened: dict[str, Table]) -> None:
    said = " ".join(opened["vizier_arp_asu.tsv"].meta["tapwidget"]["changes"])
    assert "VII/192/arpord" in said
    assert "table=2" in said
    by_name = read_table(FOLDER / "vizier_arp_asu.tsv", table="VII/192/arplist")
    assert len(by_name) == 592
    with pytest.raises(FileFormatError, match="choose one by name"):
        read_table(FOLDER / "vizier_arp_asu.tsv", table=3)
    assert len(read_table(FOLDER / "tycho2.kd.fits", table=3)) == 8
    with pytest.raises(FileFormatError, match="HDUs 1, 2, 3"):
        read_table(FOLDER / "tycho2.kd.fits", table=9)


@pytest.mark.parametrize("suffix", [".html", ".csv", ".vot", ".xml", ".fits", ".txt"])
def test_a_web_page_is_refused_under_any_name(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"answer{suffix}"
    shutil.copy(FOLDER / "ukidss_error.html", path)
    with pytest.raises(FileFormatError, match="is a web page, not a table") as error:
        read_table(path)
    assert f"answer{suffix}" in str(error.value)
    assert "The SELECT permission was denied on the object 'gpsSource'" in str(error.value)


@pytest.mark.parametrize(
    "name", ["sdss_xid_im.txt", "gaia_dr3_archive.fits", "rubin_dm_dc2_example.pq", "ned_near_position.xml"]
)
def test_the_name_of_a_file_does_not_matter(name: str, tmp_path: Path, opened: dict[str, Table]) -> None:
    path = tmp_path / "table.csv"
    shutil.copy(FOLDER / name, path)
    assert read_table(path).colnames == opened[name].colnames


def test_a_cds_table_without_its_readme_is_no_surprise(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "cds" / "table1.dat", tmp_path)
    with pytest.raises(FileFormatError, match=r"Line 4 of table1\.dat .*a CDS table needs its ReadMe"):
        read_table(tmp_path / "table1.dat")
    with pytest.raises(FileFormatError, match=r"ReadMe describes tables but holds none: open table1\.dat"):
        read_table(FOLDER / "cds" / "ReadMe")


@pytest.mark.parametrize(
    ("first", "second", "radius", "pairs"),
    [
        ("ngc188_gaia_results.fits", "ngc188_2MASS_results.ecsv", 0.5, 3843),
        ("ngc188_gaia_results.fits", "ngc188_2MASS_results.ecsv", 1.0, 4164),
        ("ngc188_gaia_results.fits", "ngc188_2MASS_results.ecsv", 5.0, 4397),
        ("Arp_Catalogue.csv", "vizier_arp_asu.tsv", 120.0, 515),
        ("Arp_Catalogue.csv", "vizier_arp_asu.tsv", 180.0, 551),
        ("Arp_Catalogue.csv", "vizier_arp_asu.tsv#2", 60.0, 866),
    ],
)
def test_pairs_over_the_same_sky(first: str, second: str, radius: float, pairs: int, opened: dict[str, Table]) -> None:
    coordinates = []
    for name in (first, second):
        position = recognise(opened[name]).position
        assert position is not None
        ra, dec, _ = icrs_degrees(opened[name], position)
        coordinates.append(SkyCoord(ra, dec, unit="deg"))
    found, *_ = search_around_sky(*coordinates, radius * u.arcsec)
    assert len(found) == pairs
