"""Large files in pieces: the same table as in one reading, in bounded memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table, vstack

from tapwidget.errors import FileFormatError
from tapwidget.server import pieces
from tapwidget.tables.files import read_table, write_table


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and every piece a few rows."""
    monkeypatch.setattr(pieces, "LARGE", 0)
    monkeypatch.setattr(pieces, "PIECE", 500)
    monkeypatch.setattr(pieces, "VALUES", 56)


def same(path: Path, scratch: Path) -> list[Table]:
    """The pieces, which together are what one reading gives."""
    found = list(pieces.tables(path, scratch))
    whole = read_table(path)
    together = vstack(found, metadata_conflicts="silent")
    assert together.colnames == whole.colnames
    for name in whole.colnames:
        one, other = whole[name], together[name]
        assert one.dtype.kind == other.dtype.kind, name
        assert (one.unit, one.description, one.meta.get("ucd")) == (
            other.unit,
            other.description,
            other.meta.get("ucd"),
        )
        missing = np.ma.getmaskarray(one)
        np.testing.assert_array_equal(missing, np.ma.getmaskarray(other))
        np.testing.assert_array_equal(np.ma.getdata(one)[~missing], np.ma.getdata(other)[~missing])
    return found


def sample(rows: int = 100) -> Table:
    table = Table(
        {"id": np.arange(rows) + 2**53 + 1, "ra": np.linspace(0, 359, rows), "dec": np.linspace(-90, 90, rows)}
    )
    table["n"] = MaskedColumn(np.arange(rows, dtype="i2"), mask=np.arange(rows) % 9 == 0)
    table["r"] = MaskedColumn(np.arange(rows, dtype="f4"), mask=np.arange(rows) % 7 == 0, unit="mag")
    table["good"] = np.arange(rows) % 2 == 0
    table["name"] = [f"o{i}" if i % 5 else "" for i in range(rows)]
    table["xyz"] = np.arange(3 * rows, dtype="f8").reshape(rows, 3)
    table["ra"].unit, table["ra"].description = "deg", "Right ascension"
    table["ra"].meta["ucd"] = "pos.eq.ra;meta.main"
    return table


def test_fits(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    write_table(sample(), path)
    assert len(same(path, tmp_path)) > 5


def test_fits_ascii_table_behind_an_image(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    columns = [fits.Column("n", "I6", array=np.arange(60)), fits.Column("x", "E12.4", array=np.linspace(0, 1, 60))]
    table = fits.TableHDU.from_columns(columns)
    fits.HDUList([fits.PrimaryHDU(np.ones((30, 30))), fits.ImageHDU(np.ones(9)), table]).writeto(path)
    assert len(same(path, tmp_path)) > 1


def test_fits_with_arrays_of_varying_length_is_read_whole(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    lists = fits.Column("v", "PJ()", array=np.array([np.arange(i) for i in range(60)], dtype=object))
    fits.BinTableHDU.from_columns([fits.Column("n", "J", array=np.arange(60)), lists]).writeto(path)
    (whole,) = pieces.tables(path, tmp_path)
    assert len(whole) == 60


def test_fits_cut_off_is_said(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    write_table(sample(500), path)
    path.write_bytes(path.read_bytes()[:-9000])
    with pytest.raises(FileFormatError, match="cut off: of its 500 rows"):
        list(pieces.tables(path, tmp_path))


def test_parquet(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(sample(), path)
    assert len(same(path, tmp_path)) == 15
    pq.write_table(pa.table({"n": pa.array([], pa.int32())}), path)
    (empty,) = pieces.tables(path, tmp_path)
    assert len(empty) == 0


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_types_of_text_are_those_of_all_lines(small: None, tmp_path: Path, delimiter: str) -> None:
    """Whatever a piece alone would make of them."""
    path = tmp_path / "a.csv"
    lines = ["id,late_float,late_text,late_zero,empty_first,truth,mixed,none,note"]
    for i in range(300):
        late = i > 250
        lines.append(
            f"{2**53 + i},{i + 0.5 if late else i},{'x' if late else f'1.{i}0'},{'007' if late else i},"
            f"{i if late else ''},{'true' if i % 3 else 'False'},{'null' if i % 4 else i},,"
            + ('"a, b\nsecond, ""line"""' if i % 10 == 0 else "plain")
        )
    path.write_text("\n".join(line.replace(",", delimiter) for line in lines))
    found = same(path, tmp_path)
    assert len(found) > 10
    assert found[0]["late_text"].dtype.kind == "U"
    assert found[0]["late_text"][1] == "1.10"


def test_one_delimiter_too_many_at_the_end_of_each_line(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,ra\n" + "".join(f"{i},{i}.5,\n" for i in range(300)))
    assert len(same(path, tmp_path)) > 5


def test_a_lone_quote_neither_hangs_nor_gathers_the_whole_file(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,size\n" + "".join(f"{i},2.3{'!' if i != 5 else chr(34)}\n" for i in range(3000)))
    with path.open("rb") as file:
        sizes = [len(block) for block in pieces.blocks(file, len("id,size\n"))]
    assert sum(sizes) == path.stat().st_size - len("id,size\n")
    assert max(sizes) <= 6 * pieces.PIECE


def test_a_table_with_its_readme_is_read_by_it(small: None, tmp_path: Path) -> None:
    """Whatever its lines look like."""
    (tmp_path / "ReadMe").write_text(README)
    path = tmp_path / "t.dat"
    path.write_text("".join(f"{i:4d}|{i / 10:5.1f}\n" for i in range(300)))
    (whole,) = pieces.tables(path, tmp_path)
    assert whole.colnames == ["Seq", "Bmag"]


README = """J/X/1    A table    (Nobody, 2020)
================================================================================
File Summary:
--------------------------------------------------------------------------------
 FileName   Lrecl  Records   Explanations
--------------------------------------------------------------------------------
ReadMe         80        .   This file
t.dat          10      300   A table
--------------------------------------------------------------------------------
Byte-by-byte Description of file: t.dat
--------------------------------------------------------------------------------
   Bytes Format Units   Label    Explanations
--------------------------------------------------------------------------------
   1-  4  I4    ---     Seq      Number
   6- 10  F5.1  mag     Bmag     Magnitude
--------------------------------------------------------------------------------
"""


def test_texts_that_are_not_plain_are_read_whole(small: None, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("#Table1\nobjid,ra\n" + "".join(f"{i},{i}\n" for i in range(300)))
    (whole,) = pieces.tables(path, tmp_path)
    assert len(whole) == 300


def test_compressed_files(small: None, tmp_path: Path) -> None:
    plain, path = tmp_path / "b.csv", tmp_path / "a.csv.gz"
    plain.write_text("id,ra\n" + "".join(f"{i},{i}.5\n" for i in range(300)))
    path.write_bytes(gzip.compress(plain.read_bytes()))
    assert len(vstack(list(pieces.tables(path, tmp_path)), metadata_conflicts="silent")) == 300
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileFormatError, match="broken or cut off"):
        list(pieces.tables(path, tmp_path))


MEASURE = """
import sys
from pathlib import Path
import tapwidget.server.pieces, tapwidget.tables.roles, tapwidget.tables.positions
from tapwidget.server.conversion import convert
tapwidget.server.pieces.PIECE = 2**20
def megabytes():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
source, target = map(Path, sys.argv[1:])
before = megabytes()
convert(source, target)
print(megabytes() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux only")
def test_memory_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "large.fits"
    rows = np.zeros(2_000_000, [(name, ">f8") for name in "abcdefgh"] + [("ra", ">f8"), ("dec", ">f8")])
    rows["ra"] = np.linspace(0, 359, len(rows))
    fits.BinTableHDU(rows).writeto(path)
    megabytes = path.stat().st_size // 2**20
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path), str(tmp_path / "x.parquet")],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert int(done.stdout) < megabytes / 1.7
    assert pq.read_metadata(tmp_path / "x.parquet").num_rows == len(rows)
