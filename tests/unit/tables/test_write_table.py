"""What is saved comes back: every digit, every mask, units and UCDs where the format has them."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Column, MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwidget.errors import ColumnError, FileFormatError, TableError
from tapwidget.tables.files import read_table, write_table

BIG = 2**63 - 1
SUFFIXES = [".fits", ".vot", ".xml", ".ecsv", ".parquet", ".pq", ".csv"]


def shown(column: Any) -> list[Any]:
    return [
        None if gone else v for v, gone in zip(np.ma.getdata(column).tolist(), np.ma.getmaskarray(column), strict=True)
    ]


@pytest.fixture
def table() -> Table:
    made = Table(
        {
            "objid": np.array([BIG, -BIG, 2**53 + 1]),
            "n": MaskedColumn([1, 2, 3], mask=[False, True, False], dtype=np.int32),
            "ra": [10.123456789012345, 1 / 3, 359.99999999999994],
            "mag": MaskedColumn([18.25, -1.0, 19.5], mask=[False, True, False], dtype=np.float32),
            "name": MaskedColumn(["M 31", "secret", 'a,b "c"'], mask=[False, True, False]),
            "flag": [True, False, True],
        },
        units={"ra": "deg", "mag": "mag"},
        descriptions={"mag": "r magnitude"},
    )
    made["mag"].meta["ucd"] = "phot.mag;em.opt.R"
    made.meta["tapwidget"] = {"source": "x", "changes": ["a"], "read": ""}
    made.meta["strange"] = object()
    made.meta["when"] = datetime.datetime(2020, 1, 1)
    return made


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip(suffix: str, table: Table, tmp_path: Path) -> None:
    path = tmp_path / f"saved{suffix}"
    write_table(table, path)
    back = read_table(path)
    assert back.colnames == table.colnames
    for name in table.colnames:
        assert shown(back[name]) == shown(table[name]), name
    assert back["objid"].dtype == np.int64
    assert isinstance(table.meta["strange"], object)
    if suffix != ".csv":
        assert back["mag"].unit == u.mag
        assert back["mag"].dtype == np.float32
        assert back["mag"].description == "r magnitude"
        assert back["mag"].meta["ucd"] == "phot.mag;em.opt.R"
        assert back["n"].dtype == np.int32
    assert b"secret" not in path.read_bytes() or suffix == ".fits"
    assert list(tmp_path.iterdir()) == [path]


def test_no_hidden_values_in_fits(table: Table, tmp_path: Path) -> None:
    write_table(table, tmp_path / "t.fits")
    assert b"secret" not in (tmp_path / "t.fits").read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tables_without_rows(suffix: str, table: Table, tmp_path: Path) -> None:
    write_table(table[:0], tmp_path / f"t{suffix}")
    back = read_table(tmp_path / f"t{suffix}")
    assert (len(back), back.colnames) == (0, table.colnames)


def test_null_of_fits_integers_is_a_value_that_does_not_occur(tmp_path: Path) -> None:
    low = np.iinfo(np.int16).min
    table = Table({"a": MaskedColumn([low, 32767, 5], mask=[False, False, True], dtype=np.int16), "b": [1, 2, 3]})
    write_table(table, tmp_path / "t.fits")
    assert shown(read_table(tmp_path / "t.fits")["a"]) == [low, 32767, None]


def test_masked_truth_values_in_fits(tmp_path: Path) -> None:
    table = Table({"a": MaskedColumn([True, False, True], mask=[False, False, True])})
    write_table(table, tmp_path / "t.fits")
    assert shown(read_table(tmp_path / "t.fits")["a"]) == [1, 0, None]


def test_letters_beyond_ascii(tmp_path: Path) -> None:
    table = Table({"name": ["L1γ", "x"], "ra": [1.0, 2.0]})
    with pytest.raises(ColumnError, match=r"FITS cannot hold the letters beyond ASCII in `name`\. Save as \.vot"):
        write_table(table, tmp_path / "t.fits")
    assert list(tmp_path.iterdir()) == []
    for suffix in (".vot", ".ecsv", ".parquet", ".csv"):
        write_table(table, tmp_path / f"t{suffix}")
        assert read_table(tmp_path / f"t{suffix}")["name"].tolist() == ["L1γ", "x"]


def test_names_that_differ_in_case_in_fits(tmp_path: Path) -> None:
    write_table(Table({"Dec": [1], "dec": [2]}), tmp_path / "t.fits")
    assert read_table(tmp_path / "t.fits").colnames == ["Dec", "dec_2"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_unsigned_integers(suffix: str, tmp_path: Path) -> None:
    table = Table({f"u{bits}": np.array([0, 2**bits - 1], dtype=f"u{bits // 8}") for bits in (8, 16, 32)})
    table["u64"] = np.array([0, 2**63 - 1], dtype=np.uint64)
    table["i8"] = np.array([-128, 127], dtype=np.int8)
    if suffix == ".fits":
        table.remove_column("i8")
    write_table(table, tmp_path / f"t{suffix}")
    back = read_table(tmp_path / f"t{suffix}")
    for name in table.colnames:
        assert back[name].tolist() == table[name].tolist()


def test_lists_and_vectors(tmp_path: Path) -> None:
    table = Table({"v": np.arange(6.0).reshape(3, 2), "a": [1, 2, 3]})
    for suffix in (".fits", ".vot", ".parquet", ".ecsv"):
        write_table(table, tmp_path / f"t{suffix}")
        assert read_table(tmp_path / f"t{suffix}")["v"].tolist() == table["v"].tolist()
    with pytest.raises(ColumnError, match="CSV cannot hold `v`: several values a row"):
        write_table(table, tmp_path / "t.csv")
    table["lists"] = Column([[1], [1, 2], []], dtype=object)
    with pytest.raises(ColumnError, match="FITS cannot hold `lists`"):
        write_table(table, tmp_path / "t2.fits")


def test_voparquet_metadata_is_read_by_astropy(table: Table, tmp_path: Path) -> None:
    write_table(table, tmp_path / "t.parquet")
    metadata = pq.read_schema(tmp_path / "t.parquet").metadata
    assert metadata[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    from astropy.io.votable import parse

    document = parse(io.BytesIO(metadata[b"IVOA.VOTable-Parquet.content"]))
    field = next(f for f in document.get_first_table().fields if f.name == "mag")
    assert (str(field.unit), field.ucd, field.datatype) == ("mag", "phot.mag;em.opt.R", "float")


def test_wrong_endings_and_places(table: Table, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"ending of t\.xlsx: name it \.fits, \.vot"):
        write_table(table, tmp_path / "t.xlsx")
    with pytest.raises(TableError, match="cannot be written: No such file or directory"):
        write_table(table, tmp_path / "nowhere" / "t.csv")


def test_a_failed_write_leaves_the_old_file(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")

    def broken(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.csv.write_csv", broken)
    with pytest.raises(TableError, match="No space left on device"):
        write_table(table, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_fits_header_is_legal(table: Table, tmp_path: Path) -> None:
    write_table(table, tmp_path / "t.fits")
    with fits.open(tmp_path / "t.fits") as hdus:
        hdus.verify("exception")
        assert hdus[1].header["TUCD4"] == "phot.mag;em.opt.R"


integers = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))
floats = st.one_of(st.none(), st.floats(allow_nan=False))
# Texts as people have them: no numbers, truth values or words for "missing", which no CSV can tell apart.
words = st.text(
    st.characters(codec="utf-8", categories=["L", "P", "S", "Zs"], exclude_characters="\xa0#"), min_size=1, max_size=8
)
texts = st.one_of(st.none(), words.map(lambda text: f"x{text}x"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(integers, floats, texts), min_size=1, max_size=20))
def test_csv_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int | None, float | None, str | None]]
) -> None:
    mask = [[v is None for v in column] for column in zip(*rows, strict=True)]
    table = Table(
        {
            "row": np.arange(len(rows)),
            "id": MaskedColumn([r[0] or 0 for r in rows], mask=mask[0], dtype=np.int64),
            "value": MaskedColumn([r[1] or 0.0 for r in rows], mask=mask[1], dtype=np.float64),
            "text": MaskedColumn([r[2] or "" for r in rows], mask=mask[2], dtype=np.str_),
        }
    )
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_table(table, path)
    back = read_table(path)
    for name, column in zip(("id", "value", "text"), zip(*rows, strict=True), strict=True):
        got = shown(back[name])
        assert got == [0.0 if v == 0 else v for v in column]
    if not all(mask[0]):
        assert back["id"].dtype == np.int64


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(2**80), 2**80), min_size=1, max_size=10), st.sampled_from(["", "null", "nan", "NULL"]))
def test_ids_of_any_size_are_exact(ids: list[int], word: str) -> None:
    content = "id,x\n" + "".join(f"{i},1\n" for i in ids) + f"{word},2\n"
    back = read_table(io.BytesIO(content.encode()))["id"]
    assert [str(v) for v in shown(back)[:-1]] == [str(i) for i in ids]
    assert shown(back)[-1] is None
    assert (back.dtype == np.int64) == all(-(2**63) <= i < 2**63 for i in ids)


def test_names_beyond_ascii_in_fits(tmp_path: Path) -> None:
    table = Table({"größe": [1.0], "a\nb": [2.0]})
    with pytest.raises(ColumnError, match=r"FITS cannot hold the names of `größe`, [^.]+\. Save as \.vot"):
        write_table(table, tmp_path / "t.fits")
    assert list(tmp_path.iterdir()) == []
    write_table(table[["größe"]], tmp_path / "t.vot")
    assert read_table(tmp_path / "t.vot").colnames == ["größe"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize(
    "values", [np.array([1 + 2j, 0j]), np.array([[1], "x"], dtype=object)], ids=["complex", "list and text"]
)
def test_columns_that_arrow_cannot_hold(suffix: str, values: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="cannot hold `odd`"):
        write_table(Table({"a": [1, 2], "odd": values}), tmp_path / f"t{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".vot", ".ecsv", ".parquet", ".csv"])
def test_bytes_beyond_ascii_become_text_and_lose_nothing(suffix: str, tmp_path: Path) -> None:
    """As FITS files have them: UTF-8, or the Latin-1 of older ones."""
    table = Table({"n": [1, 2, 3], "name": np.array(["Köln".encode(), "Köln2".encode("latin-1"), b"abc"])})
    table["some"] = MaskedColumn(np.array(["é".encode(), b"x", "é".encode("latin-1")]), mask=[False, True, False])
    table["name"].description = "where"
    write_table(table, tmp_path / f"t{suffix}")
    back = read_table(tmp_path / f"t{suffix}")
    assert shown(back["name"]) == ["Köln", "Köln2", "abc"]
    assert shown(back["some"]) == ["é", None, "é"]
    assert table["name"].dtype.kind == "S", "the table itself is as it was"
    if suffix != ".csv":
        assert back["name"].description == "where"


def test_bytes_beyond_ascii_stay_bytes_in_fits(tmp_path: Path) -> None:
    names = [b"K\xc3\xb6ln", b"K\xf6ln", b"abc"]
    write_table(Table({"name": np.array(names)}), tmp_path / "t.fits")
    assert np.asarray(read_table(tmp_path / "t.fits")["name"]).tolist() == names
