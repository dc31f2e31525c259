"""Users' files for the service: whatever form their position has, it is there in ICRS degrees, and marked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from tapwidget.server import conversion, pieces
from tapwidget.server.conversion import NO_POSITION, as_parquet
from tapwidget.tables.files import read_table, write_table

SKY = SkyCoord([10.0, 350.5, 83.633], [-5.25, 60.0, 22.0145], unit="deg", frame="icrs")
GALACTIC = SKY.galactic
MAIN = ("pos.eq.ra;meta.main", "pos.eq.dec;meta.main")


def split(sky: SkyCoord) -> Table:
    ra, dec = sky.ra.hms, sky.dec.signed_dms
    columns = {
        "RAh": ra.h.astype(int),
        "RAm": ra.m.astype(int),
        "RAs": ra.s,
        "DE-": ["-" if s < 0 else "+" for s in dec.sign],
    }
    return Table(columns | {"DEd": dec.d.astype(int), "DEm": dec.m.astype(int), "DEs": dec.s})


TEXTS = SKY.ra.to_string("hour", sep=" ", precision=6), SKY.dec.to_string(sep=" ", precision=6)
FORMS = {
    "sexagesimal": Table(TEXTS, names=["RA", "Dec"]),
    "split": split(SKY),
    "hours": Table({"ra_hours": SKY.ra.hour, "dec": SKY.dec.deg}),
    "radians": Table({"ra_rad": SKY.ra.rad, "dec_rad": SKY.dec.rad}),
    "galactic": Table({"glon": GALACTIC.l.deg, "glat": GALACTIC.b.deg}),
    "degrees as text": Table({"ra": ["10.0d", "350.5d", "83.633d"], "dec": ["-5.25d", "60.0d", "22.0145d"]}),
}


def main(table: Table) -> tuple[str, ...]:
    """The columns marked as the main position."""
    return tuple(next(c.name for c in table.columns.values() if c.meta.get("ucd") == ucd) for ucd in MAIN)


@pytest.mark.parametrize("ending", ["ecsv", "parquet", "csv"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gets_degrees(tmp_path: Path, form: str, ending: str) -> None:
    path = tmp_path / f"mine.{ending}"
    write_table(FORMS[form], path)
    before = path.read_bytes()
    (tmp_path / "work").mkdir()
    made = as_parquet(path, tmp_path / "work")
    assert made.parent.name == "work"
    table = read_table(made)
    assert main(table) == ("ra_icrs", "dec_icrs")
    found = SkyCoord(table["ra_icrs"], table["dec_icrs"], unit="deg")
    assert found.separation(SKY).arcsec.max() < 1e-4
    assert table["ra_icrs"].unit == "deg"
    assert table["ra_icrs"].description.startswith("Right ascension, ICRS, computed.")
    assert set(FORMS[form].colnames) < set(table.colnames), "what the file has stays"
    assert path.read_bytes() == before


def test_missing_positions_stay_missing(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("name,RA,Dec\na,12 30 00,-05 30 00\nb,,\nc,00 00 30,+05 00 00\n")
    table = read_table(as_parquet(path, tmp_path))
    assert table["ra_icrs"].tolist() == [187.5, None, 0.125]
    assert table["dec_icrs"].tolist() == [-5.5, None, 5.0]


def test_degrees_by_any_name_are_marked_and_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("RAJ2000,DECJ2000,DRAJ2000,DDECJ2000\n22:21:50.6,-84:54:38.20,335.46063,-84.91061\n")
    table = read_table(as_parquet(path, tmp_path))
    assert main(table) == ("DRAJ2000", "DDECJ2000")
    assert table.colnames == ["RAJ2000", "DECJ2000", "DRAJ2000", "DDECJ2000"]
    assert table["DRAJ2000"].unit == "deg"


def test_names_that_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("RA,Dec,RA_ICRS\n12 30 00,-05 30 00,x\n12 30 01,-05 30 00,x\n")
    assert main(read_table(as_parquet(path, tmp_path))) == ("ra_icrs_2", "dec_icrs")


def test_one_main_position(tmp_path: Path) -> None:
    """Where the file marks text as the main position, the computed one takes its place."""
    path = tmp_path / "mine.ecsv"
    table = FORMS["sexagesimal"].copy()
    for name, ucd in zip(table.colnames, MAIN, strict=True):
        table[name].meta["ucd"] = ucd
    write_table(table, path)
    ucds = [column.meta.get("ucd") for column in read_table(as_parquet(path, tmp_path)).columns.values()]
    assert ucds == ["pos.eq.ra", "pos.eq.dec", *MAIN]


def test_what_only_looks_like_a_position(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id,RA,Dec\n1,12 30 00,+05 30 00\n2,12 30 01,+05 30 00\n3,somewhere,+05 30 00\n")
    made = as_parquet(path, tmp_path)
    table = read_table(made)
    assert table.colnames == ["id", "RA", "Dec"]
    said = pq.read_metadata(made).metadata[b"tapwidget.table"].decode()
    assert NO_POSITION in said
    assert "somewhere" in said


def test_parquet_in_degrees_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    write_table(Table({"ra": SKY.ra.deg, "dec": SKY.dec.deg}), path)
    assert as_parquet(path, tmp_path) == path
    write_table(Table({"n": [1, 2]}), path)
    assert as_parquet(path, tmp_path) == path


def test_pieces_become_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LARGE", 0)
    monkeypatch.setattr(pieces, "PIECE", 600)
    path = tmp_path / "mine.csv"
    many = 300
    sky = SkyCoord(np.linspace(0, 359, many), np.linspace(-89, 89, many), unit="deg")
    columns = {"id": np.arange(many) + 2**53, "RA": sky.ra.to_string("hour", sep=":", precision=6)}
    columns |= {"Dec": sky.dec.to_string(sep=":", precision=6), "name": ["" if i < 200 else "é" for i in range(many)]}
    write_table(Table(columns), path)
    table = read_table(as_parquet(path, tmp_path))
    assert table["id"].tolist() == columns["id"].tolist()
    assert SkyCoord(table["ra_icrs"], table["dec_icrs"], unit="deg").separation(sky).arcsec.max() < 1e-4
    assert table["name"].tolist()[199:201] == [None, "é"]


def test_what_is_no_table_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
    with pytest.raises(conversion.FileFormatError, match=r"mine\.csv"):
        as_parquet(path, tmp_path)
