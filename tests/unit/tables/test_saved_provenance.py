"""Where a result came from survives every format, to the letter, and plain astropy can read it too."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import MaskedColumn, Table
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tapwidget.tables.files import as_table, read_table, write_table

SUFFIXES = [".fits", ".vot", ".ecsv", ".parquet"]
OF_THE_FILE = {"source", "format", "changes", "read"}
ADQL = (
    """SELECT ut1.tw_row AS ut1_tw_row, o."it's", 'α Cen' AS "näme"
FROM dp1.Object AS o JOIN TAP_UPLOAD.ut1 AS ut1
ON DISTANCE(POINT('ICRS', o.coord_ra, o.coord_dec), POINT('ICRS', ut1.ra, ut1.dec)) < 0.0002777777777777778
WHERE ut1.r > 17  AND x <> ' & ' -- <b>&amp;</b>"""
    + "\n  AND y = ' /'" * 300
)


def result(**more: Any) -> Table:
    made = Table(
        {
            "ut1_id": np.array([2**63 - 1, -(2**63) + 1, 2**53 + 1]),
            "mag": MaskedColumn([18.25, -1.0, 19.5], mask=[False, True, False], dtype=np.float32, unit=u.mag),
            "odd": MaskedColumn([1.0, 2.0, 3.0], unit=u.Unit("electron/foo", parse_strict="silent")),
            "name": ["a", "b", "c"],
        },
        descriptions={"mag": "r magnitude; 'PSF'"},
    )
    made["mag"].meta["ucd"] = "phot.mag;em.opt.R"
    made.meta["overflow"] = False
    made.meta["tapwidget"] = {
        "source": "sdss.csv",
        "service": "http://localhost/tap",
        "adql": ADQL,
        "changes": ["`size` is size_ in the upload.", "“null” read as missing."],
        "radius_arcsec": 0.1 + 0.2,
        "rows": {"upload": 2**60 + 1, "sent": 0},
        "shift_arcsec": [0.1, -0.2],
        "simulated": True,
        "nothing": None,
        **more,
    }
    return made


def plainly(path: Path) -> dict[str, Any]:
    """The provenance as one finds it without tapwidget."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix == ".vot":
            infos = {info.name: info.value for info in parse(path).resources[0].infos}
            return json.loads(infos["tapwidget"])
        if path.suffix == ".fits":
            assert fits.getheader(path, 1)["TAPWIDGT"] == Table.read(path).meta["TAPWIDGT"]
            return json.loads(Table.read(path).meta["TAPWIDGT"])
        if path.suffix == ".parquet":
            told = Table.read(path).meta["tapwidget"]
            assert json.loads(pq.read_schema(path).metadata[b"tapwidget"]) == told
            return told
        told = Table.read(path, format="ascii.ecsv").meta["tapwidget"]
        return told if isinstance(told, dict) else json.loads(told)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_it_is_saved_and_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    made = result()
    told = made.meta["tapwidget"]
    write_table(made, path)
    assert plainly(path) == told
    if suffix in {".ecsv", ".parquet"}:
        assert Table.read(path).meta["tapwidget"]["adql"] == ADQL
    back = read_table(path).meta["tapwidget"]
    assert {key: value for key, value in back.items() if key not in {*OF_THE_FILE, "before"}} == {
        key: value for key, value in told.items() if key not in OF_THE_FILE
    }
    assert back["source"] == str(path)
    assert back["before"] == {"source": "sdss.csv", "changes": told["changes"]}
    # Once more: what the file says of itself is new, what the match says is not.
    write_table(read_table(path), tmp_path / f"again{suffix}")
    again = read_table(tmp_path / f"again{suffix}").meta["tapwidget"]
    assert again["adql"] == ADQL
    assert again["before"]["before"]["source"] == "sdss.csv"
    assert as_table(read_table(path)).meta["tapwidget"]["adql"] == ADQL


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_columns_are_what_they_were(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    write_table(result(), path)
    back = read_table(path)
    assert back["ut1_id"].tolist() == [2**63 - 1, -(2**63) + 1, 2**53 + 1]
    assert np.ma.getmaskarray(back["mag"]).tolist() == [False, True, False]
    assert (back["mag"].unit, back["mag"].dtype) == (u.mag, np.float32)
    assert str(back["odd"].unit) == "electron/foo"
    assert back["mag"].description == "r magnitude; 'PSF'"
    assert back["mag"].meta["ucd"] == "phot.mag;em.opt.R"
    if suffix == ".parquet":  # and for plain astropy
        plain = Table.read(path)
        assert plain["mag"].unit == u.mag
        assert plain["mag"].description == "r magnitude; 'PSF'"
        assert plain["ut1_id"].tolist() == back["ut1_id"].tolist()


def test_fits_header_is_legal(tmp_path: Path) -> None:
    write_table(result(), tmp_path / "t.fits")
    with fits.open(tmp_path / "t.fits") as hdus:
        hdus.verify("exception")
        cards = (tmp_path / "t.fits").read_bytes()
        assert b"CONTINUE" in cards


def test_a_table_without_any_has_none(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        write_table(Table({"a": [1]}), tmp_path / f"t{suffix}")
        assert set(read_table(tmp_path / f"t{suffix}").meta["tapwidget"]) == OF_THE_FILE
        write_table(result(strange=object())[:0], tmp_path / f"t{suffix}")
        assert "strange" not in plainly(tmp_path / f"t{suffix}")


def test_nonsense_in_its_place_is_said(tmp_path: Path) -> None:
    hdu = fits.table_to_hdu(Table({"a": [1]}))
    hdu.header["TAPWIDGT"] = "{not json"
    hdu.writeto(tmp_path / "t.fits")
    told = read_table(tmp_path / "t.fits").meta["tapwidget"]
    assert set(told) == OF_THE_FILE
    assert "cannot be read" in told["changes"][0]
    (tmp_path / "deep.vot").write_text(
        '<VOTABLE><RESOURCE><INFO name="tapwidget" value="' + "[" * 100_000 + '"/><TABLE><FIELD name="a" '
        'datatype="int"/><DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>'
    )
    assert "cannot be read" in read_table(tmp_path / "deep.vot").meta["tapwidget"]["changes"][0]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.text("'\"& \n\r\t\\/-<>%", max_size=200)
names = st.sampled_from(["radius_arcsec", "rows", "keys", "x_1"])
values = st.recursive(
    texts | st.integers(-(2**70), 2**70) | st.booleans() | st.none() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=40, deadline=None)
@given(adql=texts, more=st.dictionaries(names, values, max_size=3))
@example(adql="'" * 200, more={"y": "''", "x": " " * 150 + "&"})
@example(adql="\x85\u2028\x0b\x1c\x00\ufeff", more={"x": "x\r\ny"})
def test_any_text_is_exact(
    suffix: str, adql: str, more: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("saved") / f"t{suffix}"
    made = Table({"a": [1, 2]})
    made.meta["tapwidget"] = {**more, "adql": adql}
    write_table(made, path)
    assert plainly(path) == {**more, "adql": adql}
    back = read_table(path).meta["tapwidget"]
    assert {key: value for key, value in back.items() if key not in OF_THE_FILE} == {**more, "adql": adql}
