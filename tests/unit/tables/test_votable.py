from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, QTable, Table

from tapwidget.errors import ColumnError, FileFormatError, QueryError
from tapwidget.ivoa.tapschema import Column as Field
from tapwidget.tables import text_bytes
from tapwidget.tables.votable import columns_of, from_votable, to_votable
from tapwidget.tables.votable_document import write_document


def field(values: object) -> tuple[str, str]:
    (column,) = columns_of(Table({"c": values}))
    return column.datatype, column.arraysize


@pytest.mark.parametrize(
    ("dtype", "datatype"),
    [
        ("?", "boolean"),
        ("u1", "unsignedByte"),
        ("i2", "short"),
        ("<i4", "int"),
        (">i4", "int"),
        ("i8", "long"),
        ("f4", "float"),
        (">f8", "double"),
        ("c8", "floatComplex"),
        ("c16", "doubleComplex"),
    ],
)
def test_datatypes_and_exact_dtypes(dtype: str, datatype: str) -> None:
    values = np.ones(3, dtype)
    assert field(values) == (datatype, "")
    read = from_votable(to_votable(Table({"c": values})))["c"]
    assert read.dtype == np.dtype(dtype).newbyteorder("=")
    assert (read == values).all()
    assert type(read) is Column
    assert field(np.ones((3, 2, 4), dtype)) == (datatype, "4x2")


def test_text_is_char_where_it_can_be() -> None:
    assert field(["a", "bc"]) == ("char", "*")
    assert field(["a", "é"]) == ("unicodeChar", "*")
    assert field(np.array([b"a", b"bc"])) == ("char", "*")
    assert field(np.array(["a", None, b"b"], object)) == ("char", "*")
    assert field(MaskedColumn(["a", "é"], mask=[False, True])) == ("char", "*")
    assert field(np.empty(0, "U5")) == ("char", "*")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.ones(2, "u2"), "'c'.*uint16.*wider"),
        (np.ones(2, "u8"), "'c'.*uint64"),
        (np.ones(2, "i1"), "'c'.*int8"),
        (np.ones(2, "f2"), "'c'.*float16.*float32"),
        (np.array(["2020-01-01"] * 2, "M8[D]"), "'c'.*datetime64.*ISO"),
        (np.array([1, {}], object), "'c'.*int"),
        (np.array(["a", 2.5], object), "'c'.*float"),
        (np.array([b"a", b"\xe9"]), "'c'.*ASCII"),
        (np.array([["a", "b"]]), "'c'.*several texts"),
        (np.ones((2, 1)), "'c'.*one number"),
        (SkyCoord([1, 2] * u.deg, [3, 4] * u.deg), "'c'.*SkyCoord"),
    ],
)
def test_what_votable_cannot_hold_is_refused(values: object, says: str) -> None:
    with pytest.raises(ColumnError, match=says):
        to_votable(Table({"c": values}))


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(ColumnError, match="no columns"):
        to_votable(Table())


def test_a_quantity_is_no_plain_column() -> None:
    with pytest.raises(ColumnError, match=r"'c'.*Quantity"):
        to_votable(QTable({"c": [1, 2] * u.deg}))


def test_masks_are_only_where_something_is_missing() -> None:
    table = Table({"a": MaskedColumn([1, 2], mask=[False, False]), "b": MaskedColumn(["x", ""], mask=[True, False])})
    read = from_votable(to_votable(table))
    assert type(read["a"]) is Column
    assert type(read["b"]) is MaskedColumn
    assert read["b"].mask.tolist() == [True, False]
    assert read["b"][1] == ""
    assert read["b"].dtype.kind == "U"


def test_nan_is_not_missing() -> None:
    read = from_votable(to_votable(Table({"a": MaskedColumn([np.nan, np.nan, np.inf], mask=[True, False, False])})))[
        "a"
    ]
    assert read.mask.tolist() == [True, False, False]
    assert np.isnan(read.data.data).tolist() == [True, True, False]


def test_what_columns_mean_comes_back() -> None:
    table = Table(
        {
            "ra": Column(
                [1.0], unit=u.deg, description="Where", meta={"ucd": "pos.eq.ra", "utype": "a:b", "xtype": "c"}
            ),
            "flux": Column([1.0], unit=u.erg / u.s / u.cm**2),
            "odd": Column([1.0], unit=u.Unit("furlongs/fortnite", parse_strict="silent")),
            "bare": Column([1.0]),
        }
    )
    read = from_votable(to_votable(table))
    assert read["ra"].meta == {"ucd": "pos.eq.ra", "utype": "a:b", "xtype": "c"}
    assert read["ra"].description == "Where"
    assert read["ra"].unit == u.deg
    assert read["flux"].unit == table["flux"].unit
    assert str(read["odd"].unit) == "furlongs/fortnite"
    assert (read["bare"].unit, read["bare"].description, read["bare"].meta) == (None, None, {})
    # and once more
    assert columns_of(read) == columns_of(table)


@pytest.mark.parametrize(
    "unit",
    [
        *(u.erg / u.s / u.cm**2, u.ABmag, u.mas / u.yr, u.deg**2, u.Angstrom, u.hourangle, u.percent, u.electron / u.s),
        *(u.mag / u.arcsec**2, u.dex(u.cm / u.s**2), u.nJy, u.Unit("1e-17 erg / (s cm2)"), u.solMass, u.adu),
        u.dimensionless_unscaled,
    ],
)
def test_units_come_back(unit: u.UnitBase) -> None:
    read = from_votable(to_votable(Table({"c": Column([1.0], unit=unit)})))["c"].unit
    assert (read or u.dimensionless_unscaled) == unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("mas.yr-1", u.mas / u.yr),
        ("mas.yr**-1", u.mas / u.yr),
        ("10-17erg/s/cm2", u.Unit("1e-17 erg / (s cm2)")),
        ("electron/s/pix", u.electron / u.s / u.pix),
        ("[cm/s2]", u.dex(u.cm / u.s**2)),
        ("sec", u.s),
        ("year", u.yr),
        ("", None),
    ],
)
def test_units_of_services(text: str, unit: object) -> None:
    document = b"".join(write_document([Field("c", "double", unit=text)], [np.ones(1)]))
    assert from_votable(document)["c"].unit == unit


@pytest.mark.parametrize("text", ["'h:m:s'", "milliarcsec", "log(cm.s**-2)", "a b c?", "*", "5 apples"])
def test_units_that_nobody_knows_are_kept(text: str) -> None:
    document = b"".join(write_document([Field("c", "double", unit=text)], [np.ones(1)]))
    table = from_votable(document)
    assert str(table["c"].unit) == text
    assert columns_of(table)[0].unit == text


def test_an_answer_says_how_it_went(tmp_path: Path) -> None:
    columns = [Field("n", "long"), Field("n", "long")]
    text = b"".join(
        write_document(
            columns,
            [np.arange(2)] * 2,
            query_status="OVERFLOW",
            infos={"server": "x"},
            table_name="t",
            description="d",
        )
    )
    path = tmp_path / "result.vot"
    path.write_bytes(text)
    with path.open("rb") as file:
        tables = [from_votable(source) for source in (text, path, str(path), file, io.BytesIO(text))]
    for table in tables:
        assert table.colnames == ["n", "n_2"]
        assert table.meta["overflow"] is True
        assert table.meta["query_status"] == "OVERFLOW"
        assert table.meta["infos"] == {"server": "x"}
        assert "n_2" in table.meta["changes"][0]
        assert (table.meta["name"], table.meta["description"]) == ("t", "d")
    assert from_votable(to_votable(Table({"a": [1]}))).meta["overflow"] is False


def test_an_error_is_raised_in_the_services_own_words() -> None:
    text = b"".join(write_document([], [], query_status="ERROR", query_message="column 'psFlux' unknown"))
    with pytest.raises(QueryError, match="psFlux") as caught:
        from_votable(text)
    assert caught.value.said == "column 'psFlux' unknown"


def test_half_a_document_is_none() -> None:
    with pytest.raises(FileFormatError, match="incomplete"):
        from_votable(to_votable(Table({"a": [1]}))[:-40])


def test_one_long_text_does_not_make_all_rows_as_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table({"t": np.array(["x" * 50, "y", "z"], object)})
    assert from_votable(to_votable(table))["t"].dtype == np.dtype("U50")
    monkeypatch.setattr(text_bytes, "MOST_TEXT", 500)
    read = from_votable(to_votable(table))["t"]
    assert read.dtype == object
    assert list(read) == list(table["t"])


def test_masked_objects() -> None:
    table = Table({"t": MaskedColumn(np.array(["a", None, "c"], object), mask=[True, False, False])})
    read = from_votable(to_votable(table))["t"]
    assert read.mask.tolist() == [True, True, False]
    assert read[2] == "c"


@pytest.mark.parametrize("serialization", ["BINARY2", "TABLEDATA"])
def test_no_rows(serialization: str) -> None:
    table = Table({"a": np.empty(0, "i8"), "t": np.empty(0, "U3"), "v": np.empty((0, 3))})
    read = from_votable(to_votable(table, serialization=serialization))
    assert len(read) == 0
    assert [(read[name].dtype.kind, read[name].shape) for name in read.colnames] == [
        ("i", (0,)),
        ("U", (0,)),
        ("f", (0, 3)),
    ]


def test_the_table_is_not_changed_by_travelling() -> None:
    values = np.array([1.0, 2.0])
    column = MaskedColumn(values.copy(), mask=[True, False])
    table = Table({"a": column}, copy=False)
    to_votable(table)
    assert table["a"].data.data.tolist() == [1.0, 2.0]


def test_columns_can_be_written_to() -> None:
    read = from_votable(to_votable(Table({"a": [1, 2], "b": [True, False], "c": MaskedColumn([1.0, 2], mask=[0, 1])})))
    read["a"][0] = 7
    read["b"][0] = False
    read["c"][1] = 3
    assert list(read["c"]) == [1.0, 3.0]
    assert list(read["a"]) == [7, 2]
