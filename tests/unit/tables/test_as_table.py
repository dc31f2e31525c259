"""Tables that people hold in Python: nothing missing becomes a value, no id loses digits."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, QTable, Table
from astropy.time import Time, TimeDelta
from astropy.utils.masked import Masked

from tapwidget.errors import ColumnError, TableError
from tapwidget.tables.files import as_table, read_table

BIG = 1237670017269367163


def shown(column: Any) -> list[Any]:
    return [
        None if gone else v for v, gone in zip(np.ma.getdata(column).tolist(), np.ma.getmaskarray(column), strict=True)
    ]


def changes_of(table: Table) -> str:
    return " ".join(table.meta["tapwidget"]["changes"])


def test_a_path_and_a_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("ra,dec\n1,2\n")
    read = as_table(path)
    assert read.meta["tapwidget"]["source"] == str(path)
    again = as_table(read)
    assert again is not read
    assert again.meta["tapwidget"]["source"] == str(path)
    assert again.meta["tapwidget"]["read"] == read.meta["tapwidget"]["read"] != ""


def test_the_users_own_table_is_not_changed() -> None:
    own = Table({"ra": [1.0], "dec": [2.0], "rmag": [-9999.0]})
    made = as_table(own)
    assert shown(made["rmag"]) == [None]
    assert "-9999 in `rmag`" in changes_of(made)
    assert own["rmag"].tolist() == [-9999.0]
    assert own.meta == {}


PANDAS = {
    "nullable int": (pd.array([BIG, None, 3], dtype="Int64"), [BIG, None, 3], "i"),
    "nullable bool": (pd.array([True, None, False], dtype="boolean"), [True, None, False], "b"),
    "nullable float": (pd.array([1.5, None, 2.5], dtype="Float64"), [1.5, None, 2.5], "f"),
    "float with NaN": (np.array([1.5, np.nan, 2.5]), [1.5, None, 2.5], "f"),
    "uint8": (np.array([1, 2, 255], np.uint8), [1, 2, 255], "u"),
    "string": (pd.array(["a", None, ""], dtype="string"), ["a", None, ""], "U"),
    "object text with NaN": (np.array(["a", np.nan, None], dtype=object), ["a", None, None], "U"),
    "object int with NaN": (np.array([BIG, np.nan, None], dtype=object), [BIG, None, None], "i"),
    "object beyond int64": (np.array([2**64, 5, None], dtype=object), [str(2**64), "5", None], "U"),
    "object bool": (np.array([True, None, False], dtype=object), [True, None, False], "b"),
    "object mixed": (np.array(["a", 5, None], dtype=object), ["a", "5", None], "U"),
    "category": (pd.Categorical(["x", None, "y"]), ["x", None, "y"], "U"),
    "datetime": (pd.to_datetime(["2020-01-01", None, "2020-01-02 03:04:05.5"], format="mixed"), None, "U"),
    "decimals": (np.array([Decimal("1.5"), None, Decimal("2")], dtype=object), [1.5, None, 2.0], "f"),
    "dates": (np.array([datetime.date(2020, 1, 2), None, datetime.date(2021, 1, 1)], dtype=object),
              ["2020-01-02", None, "2021-01-01"], "U"),
    "nothing": (np.array([None, None, None], dtype=object), [None, None, None], "f"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PANDAS)
def test_columns_of_pandas(kind: str) -> None:
    values, expected, dtype = PANDAS[kind]
    table = as_table(pd.DataFrame({"x": values, "ra": [1.0, 2.0, 3.0]}))
    assert type(table) is Table
    assert table["x"].dtype.kind == dtype
    if expected is None:
        texts = shown(table["x"])
        assert texts[1] is None
        assert str(texts[2]).startswith("2020-01-02T03:04:05.5")
        assert "ISO 8601" in changes_of(table)
    else:
        assert shown(table["x"]) == expected


def test_names_and_index_of_pandas() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"], index=pd.Index([BIG], name="objid"))
    table = as_table(frame)
    assert table.colnames == ["objid", "a", "a_2"]
    assert table["objid"].tolist() == [BIG]
    assert "The index became `objid`" in changes_of(table)


def test_arrow_and_what_speaks_arrow() -> None:
    arrow = pa.table(
        {
            "id": pa.array([BIG, None], pa.int64()),
            "name": pa.array(["a", None], pa.large_string()).dictionary_encode(),
            "flag": pa.array([True, None]),
            "t": pa.array([0, None], pa.timestamp("us", "UTC")),
            "d": pa.array([Decimal(12345678901234567890), None], pa.decimal128(20, 0)),
            "v": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float64(), 2)),
            "s": pa.array([{"a": 1}, None]),
        }
    )

    class Stream:
        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
            return arrow.__arrow_c_stream__(requested_schema)

    class Frame:
        def to_arrow(self) -> Any:
            return arrow

    for obj in (arrow, arrow.to_batches()[0], Stream(), Frame()):
        table = as_table(obj)
        assert shown(table["id"]) == [BIG, None]
        assert shown(table["name"]) == ["a", None]
        assert shown(table["flag"]) == [True, None]
        assert shown(table["t"])[0] == "1970-01-01T00:00:00.000000"
        assert shown(table["d"]) == ["12345678901234567890", None]
        assert table["v"].tolist() == [[1.0, 2.0], [3.0, 4.0]]
        assert "s" not in table.colnames
        assert "`s` left out" in changes_of(table)


def test_qtable_and_mixins() -> None:
    table = QTable()
    table["where"] = SkyCoord([10, 20], [-5, 5], unit="deg", frame="galactic")
    table["mag"] = [18.0, 19.0] * u.mag
    table["masked"] = Masked([1.0, 2.0], mask=[False, True]) * u.km
    table["when"] = Time([2451545.0, 2451546.5], format="jd", scale="tt")
    table["span"] = TimeDelta([1.0, 2.0] * u.hour)
    table["plain"] = [1, 2]
    table["mag"].info.description = "brightness"
    made = as_table(table)
    assert type(made) is Table
    assert made.colnames == ["ra", "dec", "mag", "masked", "when", "span", "plain"]
    assert all(isinstance(c, (Column, MaskedColumn)) for c in made.columns.values())
    expected = SkyCoord([10, 20], [-5, 5], unit="deg", frame="galactic").icrs
    assert made["ra"] == pytest.approx(expected.ra.deg)
    assert made["ra"].unit == u.deg
    assert made["dec"].meta["ucd"] == "pos.eq.dec;meta.main"
    assert (made["mag"].unit, made["mag"].description) == (u.mag, "brightness")
    assert shown(made["masked"]) == [1.0, None]
    assert made["when"][0] == "2000-01-01T12:00:00.000000000"
    assert made["span"].tolist() == pytest.approx([1 / 24, 2 / 24])
    said = changes_of(made)
    assert "`where` became `ra` and `dec` in degrees (ICRS, from galactic)" in said
    assert "`when` became text in ISO 8601, scale tt" in said


def test_a_skycoord_beside_ra_and_dec() -> None:
    table = Table({"ra": [1.0], "dec": [2.0], "sc": SkyCoord([3], [4], unit="deg")})
    assert as_table(table).colnames == ["ra", "dec", "sc_ra", "sc_dec"]


def test_dicts_lists_and_structured_arrays() -> None:
    columns = as_table(
        {"id": [BIG, None], "name": ["a", None], "mag": [1.5, float("nan")], "w": np.array([1, 2], np.int16)}
    )
    assert shown(columns["id"]) == [BIG, None]
    assert shown(columns["name"]) == ["a", None]
    assert shown(columns["mag"]) == [1.5, None]
    assert columns["w"].dtype == np.int16
    rows = as_table([{"id": BIG, "x": 1}, {"id": 2, "y": "b"}])
    assert rows.colnames == ["id", "x", "y"]
    assert shown(rows["x"]) == [1, None]
    assert as_table(np.array([(1, 2.5)], dtype=[("a", "i8"), ("b", "f4")]))["b"].dtype == np.float32
    quantities = as_table({"ra": [1.0, 2.0] * u.deg, "dec": [3.0, 4.0] * u.deg})
    assert quantities["ra"].unit == u.deg


def test_results_of_others_by_to_table() -> None:
    class Results:
        def to_table(self) -> Table:
            return Table({"a": [1]})

    assert as_table(Results())["a"].tolist() == [1]


def test_what_holds_no_table() -> None:
    with pytest.raises(TableError, match="int holds no table"):
        as_table(5)
    with pytest.raises(ColumnError, match="differ in length: `a` has 1 values, `b` 2"):
        as_table({"a": [1], "b": [1, 2]}, name="mine")
    with pytest.raises(ColumnError, match="`s` holds structures"):
        as_table({"s": [{"a": 1}, {"a": 2}]})


@pytest.mark.parametrize("unit", ["s", "h", "D", "ns"])
def test_lengths_of_time_become_days(unit: str) -> None:
    table = as_table(Table({"age": np.array([86400, "NaT", 0], dtype="m8[s]").astype(f"m8[{unit}]")}))
    assert table["age"].tolist() == [1.0, None, 0.0]
    assert str(table["age"].unit) == "d"
    assert "`age` became a number of days." in table.meta["tapwidget"]["changes"]


def test_months_have_no_length_and_become_text() -> None:
    table = as_table(Table({"age": np.array([1, 2], dtype="m8[M]")}))
    assert table["age"].tolist() == ["1 months", "2 months"]
    assert "`age`: lengths of time became text." in table.meta["tapwidget"]["changes"]


def test_what_was_read_can_be_changed(tmp_path):
    table = pa.table({"ra": [1.0, 2.0], "n": [1, 2], "v": pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2))})
    pa.csv.write_csv(table.drop_columns(["v"]), tmp_path / "a.csv")
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    for read in (as_table(table), read_table(tmp_path / "a.csv"), read_table(tmp_path / "a.parquet")):
        for name in read.colnames:
            read[name] += 1
        assert read["ra"].tolist() == [2.0, 3.0]


def test_polars_frames_come_with_every_value():
    frame = polars.DataFrame(
        {
            "id": [648368125565216675, 2**60 + 1, None],
            "ra": [1.0, None, float("nan")],
            "name": ["a", None, "é"],
            "seen": [datetime.datetime(2025, 6, 30), None, None],
            "flag": [True, False, None],
            "big": polars.Series([1, 2, 2**64 - 1], dtype=polars.UInt64),
            "mag": polars.Series([1.5, None, 2.5], dtype=polars.Float32),
            "band": polars.Series(["r", "g", "r"], dtype=polars.Categorical),
            "kind": polars.Series(["star", None, "star"], dtype=polars.Enum(["star", "galaxy"])),
        }
    )
    table = as_table(frame)
    assert table["id"].tolist() == [648368125565216675, 2**60 + 1, None]
    assert table["id"].dtype == np.int64
    assert table["ra"].mask.tolist() == [False, True, False]
    assert table["name"].tolist() == ["a", None, "é"]
    assert table["seen"][0].startswith("2025-06-30T00:00:00")
    assert table["flag"].tolist() == [True, False, None]
    assert table["big"].tolist() == [1, 2, 2**64 - 1]
    assert (table["mag"].dtype, table["mag"].tolist()) == (np.float32, [1.5, None, 2.5])
    assert table["band"].tolist() == ["r", "g", "r"]
    assert table["kind"].tolist() == ["star", None, "star"]
