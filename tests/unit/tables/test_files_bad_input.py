"""What people give us that is no good table: each gets a sentence that names the file or column and the way out."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from tapwidget.errors import ColumnError, FileFormatError
from tapwidget.tables.files import read_table
from tapwidget.tables.positions import icrs_degrees
from tapwidget.tables.roles import position_of, recognise


def written(folder: Path, content: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


ERROR_VOTABLE = """<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">Unknown column: rmag</INFO></RESOURCE></VOTABLE>"""

REFUSED = {
    "html": ("<!DOCTYPE html><html><head><title>Log in</title></head></html>", r"mine\.csv is a web page.*“Log in”"),
    "html-fragment": ("<h1>502 Bad Gateway</h1>", r"web page.*502 Bad Gateway"),
    "empty": ("", r"mine\.csv is empty"),
    "blank": ("\n  \n\n", r"mine\.csv is empty"),
    "bom only": (b"\xef\xbb\xbf", r"mine\.csv is empty"),
    "sentence": ("No objects have been found\n", r"holds no table but the sentence “No objects have been found”"),
    "comment only": ("#Table1\n", r"holds no table, only “#Table1”"),
    "lfs": ("version https://git-lfs.github.com/spec/v1\noid sha256:8143\nsize 1523234\n", r"git lfs pull"),
    "binary": (bytes(range(256)) * 8, r"binary file of no kind known here. Tables are read from CSV"),
    "pdf": (b"%PDF-1.7 ...", r"PDF document; save the table itself as CSV"),
    "excel": (b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml",
              r"Excel workbook: save the sheet as CSV"),
    "zip": (b"PK\x03\x04....table.csv", r"zip archive: unpack it"),
    "hdf5": (b"\x89HDF\r\n\x1a\n", r"HDF5.*Table\.read"),
    "json": ('[{"ra": 1, "dec": 2}]', r"JSON.*pandas\.read_json"),
    "xml": ("<?xml version='1.0'?><catalog><star/></catalog>", r"XML file but no VOTable"),
    "service error": (ERROR_VOTABLE, r"a service's error: “Unknown column: rmag”"),
    "ragged, too many": ("ra,dec,name\n1,2,a\n3,4,b,c\n",
                         r"Line 3 of mine\.csv has 4 values where there are 3 columns: “3,4,b,c”"),
    "ragged, too few": ("#Table1\nra,dec,r\n1,2,3\n\n4,5\n",
                        r"Line 5 of mine\.csv has 2 values where there are 3 columns"),
    "ragged after quotes": ('a,b\n"x\ny",1\n2\n', r"Line 4 of mine\.csv has 1 value where"),
    "open quote": ('a,b\n1,"2\n3,4\n5,6\n', r"A quote is opened 3 lines before the end of mine\.csv"),
    "null bytes": (b"ra,dec\n1,2\n" + b"a" * 70000 + b"\x00", r"null bytes in the middle"),
    "prose": ("Dear all,\nhere is the list that I spoke of\nplease look\nit is long and has no columns at all\n",
              r"No columns can be made out in mine\.csv|has \d+ value"),
    "broken gzip": (gzip.compress(np.random.default_rng(1).bytes(999))[:400], r"compressed, and broken or cut off"),
    "fits image": (None, r"FITS file without a table"),
    "broken fits": (b"SIMPLE  =                    T" + b" " * 400,
                    r"mine\.csv looks like fits but cannot be read|without a table"),
    "broken parquet": (b"PAR1" + b"\x00" * 30, r"looks like parquet but cannot be read"),
    "broken ecsv": ("# %ECSV 1.0\n# ---\n# datatype: [\na\n1\n", r"looks like ecsv but cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_table_is_refused_with_a_way_out(kind: str, tmp_path: Path) -> None:
    content, said = REFUSED[kind]
    if content is None:
        buffer = io.BytesIO()
        fits.PrimaryHDU(np.zeros((4, 4))).writeto(buffer)
        content = buffer.getvalue()
    with pytest.raises(FileFormatError, match=said):
        read_table(written(tmp_path, content))


def test_missing_file_names_a_close_one(tmp_path: Path) -> None:
    written(tmp_path, "ra,dec\n1,2\n", "sdss.csv")
    with pytest.raises(FileFormatError, match=r"There is no file .*sds\.csv\. Did you mean sdss\.csv\?"):
        read_table(tmp_path / "sds.csv")
    with pytest.raises(FileFormatError, match="There is no file"):
        read_table("/nowhere/at/all.csv")


def test_directory(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="is a directory: choose a file in it"):
        read_table(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of files are POSIX's")
def test_no_right_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "ra,dec\n1,2\n")

    def forbidden(self: Path) -> bytes:  # root reads everything, so chmod would show nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(FileFormatError, match=r"You may not read .*mine\.csv"):
        read_table(path)


def test_web_address_and_wrong_objects() -> None:
    with pytest.raises(FileFormatError, match="on the web: download it first"):
        read_table("https://example.org/table.csv")
    with pytest.raises(FileFormatError, match="wants a path or an open file, not list"):
        read_table([1, 2])
    with pytest.raises(FileFormatError, match="No format is called 'xls'"):
        read_table(io.BytesIO(b"a,b\n1,2\n"), format="xls")


def test_header_only(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "objid,ra,dec,r\n"))
    assert (len(table), table.colnames) == (0, ["objid", "ra", "dec", "r"])
    assert "mine.csv has a header with 4 columns and no rows." in table.meta["tapwidget"]["changes"]
    roles = recognise(table)
    assert roles.position is not None
    assert roles.id == "objid"


def test_no_positions(tmp_path: Path) -> None:
    roles = recognise(read_table(written(tmp_path, "name,flux\na,1\nb,2\n")))
    assert roles.position is None
    assert "No column was recognised as a position" in roles.warnings[0]


def test_right_ascension_in_hours_is_suspected(tmp_path: Path) -> None:
    rows = "".join(f"{hours},{dec}\n" for hours, dec in zip(range(0, 24, 2), range(-60, 60, 10), strict=True))
    table = read_table(written(tmp_path, "ra,dec\n" + rows))
    warning = recognise(table).warnings[0]
    assert "`ra` lies between 0 and 22" in warning
    assert 'table["ra"].unit = "hourangle"' in warning
    table["ra"].unit = "hourangle"
    assert icrs_degrees(table, position_of(table, "ra", "dec"))[0][1] == 30.0


def test_right_ascension_out_of_range_names_row_and_value(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "ra,dec\n10,20\n400.5,20\n12,95\n"))
    with pytest.raises(ColumnError, match=r"`ra` in row 1 \(the first is 0\) is 400\.5: outside -180 to 360 degrees"):
        icrs_degrees(table, position_of(table, "ra", "dec"))
    other = read_table(written(tmp_path, "ra,dec\n1,2\n3,4\n5,95\n"))
    with pytest.raises(ColumnError, match=r"`dec` in row 2 .* is 95"):
        icrs_degrees(other, position_of(other, "ra", "dec"))
    with pytest.raises(ColumnError, match=r"no column `RAdeg`\. It has ra, dec\."):
        position_of(table, "RAdeg", "dec")


def test_null_and_minus_9999_magnitudes(tmp_path: Path) -> None:
    content = "#Table1\nobjid,ra,dec,u,g,r,i,z,err_r\n" + "".join(
        f"{1237670017269367163 + i},{30 + i},5,20.1,{'null' if i == 1 else 19.5},{-9999 if i == 2 else 18.5},18,17.9,"
        f"{-1000 if i == 2 else 0.1}\n"
        for i in range(4)
    )
    table = read_table(written(tmp_path, content))
    assert table["g"].mask.tolist() == [False, True, False, False]
    assert table["g"].dtype == np.float64
    assert table["r"].mask.tolist() == [False, False, True, False]
    assert table["err_r"].mask.tolist() == [False, False, True, False]
    assert table["objid"].tolist() == [1237670017269367163 + i for i in range(4)]
    changes = " ".join(table.meta["tapwidget"]["changes"])
    assert "“null” was read as missing in `g`" in changes
    assert "-9999 in `r`; -1000 in `err_r`: no measurement has that value, 2 values masked" in changes
    assert recognise(table).magnitudes == ("u", "g", "r", "i", "z")
    plain = eval(table.meta["tapwidget"]["read"], {"Table": Table})
    assert plain.dtype == table.dtype
    for name in table.colnames:
        assert np.ma.getmaskarray(plain[name]).tolist() == np.ma.getmaskarray(table[name]).tolist()
        assert plain[name].tolist() == table[name].tolist()


def test_99_is_kept_and_warned_about(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "id,ra,dec,rmag\n1,1,1,20\n2,2,2,99\n3,3,3,19\n"))
    assert table["rmag"].tolist() == [20, 99, 19]
    assert "`rmag` is 99 in 1 row" in recognise(table).warnings[0]


def test_minus_9999_elsewhere_is_left_alone(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "id,ra,dec,velocity\n1,1,1,-9999\n2,2,2,5\n"))
    assert table["velocity"].tolist() == [-9999, 5]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("first", ["", "#Table1\n", "# made by me\n# twice\n"])
def test_bom_table1_and_line_ends(newline: str, start: bytes, first: str, tmp_path: Path) -> None:
    content = start + (first + "objid,ra,dec\n9223372036854775807,1.5,-2\n1,2,3\n").replace("\n", newline).encode()
    table = read_table(written(tmp_path, content))
    assert table.colnames == ["objid", "ra", "dec"]
    assert table["objid"].tolist() == [9223372036854775807, 1]


def test_several_tables_of_skyserver(tmp_path: Path) -> None:
    path = written(tmp_path, "#Table1\na,b\n1,2\n#Table2\nc\n7\n8\n")
    assert read_table(path).colnames == ["a", "b"]
    assert "choose another with table=2" in read_table(path).meta["tapwidget"]["changes"][0]
    assert read_table(path, table=2)["c"].tolist() == [7, 8]
    with pytest.raises(FileFormatError, match="holds 2 tables: choose table=1 to 2, not 3"):
        read_table(path, table=3)


def test_true_and_false(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "id,clean,flag\n1,True,T\n2,False,F\n3,,T\n"))
    assert table["clean"].dtype == bool
    assert table["clean"].mask.tolist() == [False, False, True]
    assert table["flag"].dtype.kind == "U"
    assert "True and False in `clean` were read as truth values." in table.meta["tapwidget"]["changes"]


def test_duplicate_empty_and_padded_names(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "ra,ra, Dec,,ra_2\n1,2,3,4,5\n"))
    assert table.colnames == ["ra", "ra_3", "Dec", "col4", "ra_2"]
    changes = " ".join(table.meta["tapwidget"]["changes"])
    assert "`ra` is there twice: column 2 is called `ra_3`" in changes
    assert "Column 4 has no name" in changes
    assert "Blanks around the name of `Dec`" in changes


def test_names_that_differ_in_case_only_stay(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "ra,Dec,dec\n1,2,3\n"))
    assert table.colnames == ["ra", "Dec", "dec"]
    position = recognise(table).position
    assert position is not None
    assert position.columns == ("ra", "dec")


def test_ids_beyond_int64_stay_exact_as_text(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "specobjid,ra,dec\n9223372036854775808,1,2\n17,3,4\n"))
    assert table["specobjid"].tolist() == ["9223372036854775808", "17"]
    assert "`specobjid` holds whole numbers beyond 64 bits" in " ".join(table.meta["tapwidget"]["changes"])
    assert recognise(table).id == "specobjid"


def test_leading_zeros_stay(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "designation,n\n00001,1\n00433,2\n"))
    assert table["designation"].tolist() == ["00001", "00433"]


def test_nan_ids_are_missing_and_the_others_exact(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "objid,name\n1237670017269367163,nan\nnan,Ceres\n1237670017269367164,null\n"))
    assert table["objid"].dtype == np.int64
    assert table["objid"].mask.tolist() == [False, True, False]
    assert table["objid"][2] == 1237670017269367164
    assert table["name"].mask.tolist() == [True, False, True]


def test_ids_that_a_spreadsheet_rounded_are_said(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "objid,ra,dec\n1.23767E+18,1,2\n1.23767E+18,3,4\n"))
    assert "a spreadsheet has rounded them" in " ".join(table.meta["tapwidget"]["changes"])


def test_integers_with_blanks_stay_integers(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "id,n,ra\n1,9007199254740993,1\n2,,2\n3, ,3\n"))
    assert table["n"].dtype == np.int64
    assert table["n"].mask.tolist() == [False, True, True]
    assert table["n"][0] == 9007199254740993


def test_latin_1_is_read_and_said(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "name,ra\nSgr A*,1\nÅngström,2\n".encode("latin-1")))
    assert table["name"][1] == "Ångström"
    assert "not UTF-8 (line 3): read as Latin-1" in table.meta["tapwidget"]["changes"][0]
    assert read_table(written(tmp_path, "name,ra\nÅ,1\n".encode("utf-16")))["name"][0] == "Å"


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("ra;dec;mag\n10,5;-3,25;18,1\n11,5;-4;19\n", {"ra": [10.5, 11.5], "dec": [-3.25, -4.0], "mag": [18.1, 19.0]}),
        ("ra\tdec\tname\n1\t2\tNGC 1\n3\t4\tM 31\n", {"ra": [1, 3], "name": ["NGC 1", "M 31"]}),
        ("ra   dec  name\n 1.5  2 a\n 3  4.25 b\n", {"ra": [1.5, 3], "dec": [2, 4.25], "name": ["a", "b"]}),
        ("# ra dec r\n1.5 2 18\n3 4 19\n", {"ra": [1.5, 3], "dec": [2, 4], "r": [18, 19]}),
        ("ra|dec\n1|2\n3|4\n", {"ra": [1, 3], "dec": [2, 4]}),
        ("1.5,2.5\n3.5,4.5\n", {"col1": [1.5, 3.5], "col2": [2.5, 4.5]}),
        ("designation\n(1) Ceres\n2000 VC34\n", {"designation": ["(1) Ceres", "2000 VC34"]}),
        ("objid\n1\n2\n", {"objid": [1, 2]}),
        ("a,b,\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ("a,b\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ('name,note\n"Smith, J.","two\nlines"\nx,"a ""b"""\n',
         {"name": ["Smith, J.", "x"], "note": ["two\nlines", 'a "b"']}),
        ("x,y\n1.5D+03,+2\n2d0,+3\n", {"x": [1500.0, 2.0], "y": [2, 3]}),
        ("sign,v\n-,1\n-,2\n", {"sign": ["-", "-"], "v": [1, 2]}),
        ("v,w\n1,--\n2,5\nN/A,6\n", {"v": [1, 2, None], "w": [None, 5, 6]}),
        ("d,w\n-0,1\n5,2\n", {"d": [-0.0, 5.0]}),
        ("sep=;\r\na;b\r\n1;2\r\n", {"a": [1], "b": [2]}),
        ('size,n\n12",3\n5" x 3",4\n', {"size": ['12"', '5" x 3"'], "n": [3, 4]}),
        ("|a|b|\n|1|2|\n", {"a": [1], "b": [2]}),
        ("ra,dec,450,550\n1,2,3,4\n5,6,7,8\n", {"450": [3, 7], "550": [4, 8]}),
    ],
)  # fmt: skip
def test_the_many_ways_to_write_text(content: str, columns: dict[str, list[object]], tmp_path: Path) -> None:
    table = read_table(written(tmp_path, content, "table.txt"))
    for name, values in columns.items():
        assert table[name].tolist() == values
    if "d" in columns:
        assert np.signbit(table["d"][0])


def test_compressed_under_any_name_and_open_files(tmp_path: Path) -> None:
    packed = gzip.compress(b"ra,dec\n1,2\n")
    assert read_table(written(tmp_path, packed, "table.csv")).colnames == ["ra", "dec"]
    assert read_table(io.BytesIO(packed)).colnames == ["ra", "dec"]
    assert read_table(io.StringIO("ra,dec\n1,2\n")).meta["tapwidget"]["source"] == "the file"


def test_a_long_file_with_a_wrong_line_says_which(tmp_path: Path) -> None:
    lines = [f"{i},{i},{i}" for i in range(50_000)]
    lines[40_000] = "1,2"
    with pytest.raises(FileFormatError, match="Line 40002 of mine"):
        read_table(written(tmp_path, "a,b,c\n" + "\n".join(lines)))
