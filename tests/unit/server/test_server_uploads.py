"""Uploaded tables: all types, whole or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tapwidget.ivoa.tapschema import Column
from tapwidget.server import uploads
from tapwidget.server.engine import Engine
from tapwidget.server.faults import RequestError
from tapwidget.server.settings import Settings

HEAD = '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>'
TAIL = "</TABLE></RESOURCE></VOTABLE>"


def load(sky: Any, content: bytes | str, name: str = "u", **limits: int) -> Any:
    path = sky.folder / "bad.vot"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    run = sky.engine.run()
    try:
        return uploads.load(sky.engine, run, name, path, Settings(**limits))
    finally:
        run.finish()


@pytest.mark.parametrize("serialization", ["BINARY2", "TABLEDATA"])
def test_every_type_arrives(sky: Any, write_votable: Callable[..., bytes], serialization: str) -> None:
    columns = {
        "big": np.ma.array([2**63 - 1, -(2**63), 0], mask=[False, False, True]),
        "small": np.ma.array([1, -1, 0], np.int16, mask=[False, False, True]),
        "x": np.array([1.5, np.nan, -0.0]),
        "f": np.ma.array([0.1, 2.0, 3.0], np.float32, mask=[False, True, False]),
        "t": np.array(["a", "", "it's"], dtype=object),
        "b": np.ma.array([True, False, False], mask=[False, False, True]),
    }
    relation = load(sky, write_votable(columns, serialization))
    try:
        rows = sky.engine.connection.execute(f"SELECT * FROM {relation.sql}").fetchall()
    finally:
        sky.engine.connection.execute(f"DROP TABLE {relation.sql}")
    assert [row[0] for row in rows] == [2**63 - 1, -(2**63), None]
    assert [row[1] for row in rows] == [1, -1, None]
    assert rows[0][2] == 1.5
    assert rows[1][2] is None or np.isnan(rows[1][2])
    assert rows[0][3] == float(np.float32(0.1))
    assert rows[1][3] is None or np.isnan(rows[1][3])
    assert rows[0][4] == "a"
    assert rows[2][4] == "it's"
    assert [row[5] for row in rows] == [True, False, None]
    assert relation.rows == 3


def test_missing_matches_nothing(sky: Any) -> None:
    table = {"i": np.arange(4), "r": np.array([18.0, np.nan, 16.0, np.nan])}
    for condition, rows in (
        ("r > 17", [(0,)]),
        ("NOT r > 17", [(2,)]),
        ("r = r", [(0,), (2,)]),
        ("r IS NULL", [(1,), (3,)]),
    ):
        assert sky.ask(f"SELECT i FROM TAP_UPLOAD.u WHERE {condition} ORDER BY i", {"u": table}) == rows


def test_no_rows(sky: Any) -> None:
    table = {"ra": np.array([], float), "dec": np.array([], float), "t": np.array([], "U1")}
    query = (
        "SELECT COUNT(*) FROM s.obj AS o JOIN TAP_UPLOAD.u AS u ON DISTANCE(o.coord_ra, o.coord_dec, u.ra, u.dec) < 1"
    )
    assert sky.ask(query, {"u": table}) == [(0,)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("ra,dec\n1,2\n", "upload u: This is no VOTable"),
        ("<html><body>404</body></html>", "upload u"),
        (HEAD + '<FIELD name="a" datatype="int"/><DATA><TABLEDATA><TR><TD>1</TD></TR>', "incomplete or damaged"),
        (HEAD + '<FIELD name="a" datatype="int"/><DATA><TABLEDATA><TR><TD>x</TD></TR></TABLEDATA></DATA>' + TAIL, "a"),
        (
            HEAD + '<FIELD name="a" datatype="int"/><FIELD name="A" datatype="int"/><DATA><TABLEDATA/></DATA>' + TAIL,
            "two columns",
        ),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + HEAD + TAIL, "upload u"),
        (
            HEAD
            + '<FIELD name="a" datatype="long"/><DATA><BINARY2><STREAM encoding="base64">AAA=</STREAM></BINARY2></DATA>'
            + TAIL,
            "upload u",
        ),
        (
            HEAD.partition("<TABLE>")[0]
            + '<INFO name="QUERY_STATUS" value="ERROR">it broke</INFO></RESOURCE></VOTABLE>',
            "no table but an error: it broke",
        ),
        (
            HEAD
            + '<FIELD name="a" datatype="double" arraysize="*"/>'
            + "<DATA><TABLEDATA><TR><TD>1 2</TD></TR></TABLEDATA></DATA>"
            + TAIL,
            "arrays of varying length",
        ),
    ],
)
def test_what_is_no_table_is_refused(sky: Any, content: str, said: str) -> None:
    with pytest.raises(RequestError) as raised:
        load(sky, content)
    assert said in str(raised.value)


def test_limits(sky: Any, write_votable: Callable[..., bytes]) -> None:
    with pytest.raises(RequestError, match="has 3 rows; this service takes 2") as raised:
        load(sky, write_votable({"a": np.arange(3)}), upload_rows=2)
    assert raised.value.status == 413
    with pytest.raises(RequestError, match="has 2 columns; this service takes 1"):
        load(sky, write_votable({"a": np.arange(3), "b": np.arange(3)}), upload_columns=1)


def test_timestamps(sky: Any) -> None:
    field = '<FIELD name="t" datatype="char" arraysize="*" xtype="timestamp"/><DATA><TABLEDATA>'
    rows = "".join(
        f"<TR><TD>{t}</TD></TR>" for t in ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.25", "2026-01-31", "")
    )
    relation = load(sky, HEAD + field + rows + "</TABLEDATA></DATA>" + TAIL)
    try:
        found = sky.engine.connection.execute(f"SELECT CAST(c1 AS VARCHAR) FROM {relation.sql}").fetchall()
    finally:
        sky.engine.connection.execute(f"DROP TABLE {relation.sql}")
    assert [t for (t,) in found] == ["2026-01-31 12:00:00", "2026-01-31 12:00:00.25", "2026-01-31 00:00:00", None]
    with pytest.raises(RequestError, match="upload u, column t"):
        load(sky, HEAD + field + "<TR><TD>yesterday</TD></TR></TABLEDATA></DATA>" + TAIL)


def test_references() -> None:
    files = {"a": Path("1"), "b": Path("2")}
    assert uploads.references(["ut1,param:a;TAP_UPLOAD.ut2,param:b"], files) == {"ut1": Path("1"), "ut2": Path("2")}
    assert uploads.references(["ut1,param:a", "ut2,param:b"], files) == {"ut1": Path("1"), "ut2": Path("2")}
    assert uploads.references(["ut1,HTTPS://a/b,c"], {}) == {"ut1": "HTTPS://a/b,c"}
    for wrong, said in (
        ("ut1", "must be name,uri"),
        ("ut1,ftp://127.0.0.1/x", "does not fetch"),
        ("ut1,file:///etc/passwd", "does not fetch"),
        ("ut1,param:c", "not in the request"),
        ("ut 1,param:a", "cannot be the name"),
        ("a.b,param:a", "cannot be the name"),
        ("ut1,param:a;UT1,param:b", "twice"),
    ):
        with pytest.raises(RequestError, match=said):
            uploads.references([wrong], files)


def test_one_query_cannot_name_the_upload_of_another(sky: Any) -> None:
    theirs = sky.upload("theirs", {"a": np.arange(3)})
    try:
        mine = sky.upload("mine", {"a": np.arange(3)})
        try:
            sky.translate("SELECT a FROM TAP_UPLOAD.mine", {"mine": mine})
            for name in ("TAP_UPLOAD.theirs", "theirs", theirs.sql, f'"{theirs.sql}"'):
                with pytest.raises(Exception, match=r"there is no table|no table TAP_UPLOAD"):
                    sky.translate(f"SELECT a FROM {name}", {"mine": mine})
        finally:
            sky.engine.connection.execute(f"DROP TABLE {mine.sql}")
    finally:
        sky.engine.connection.execute(f"DROP TABLE {theirs.sql}")


def test_every_upload_has_a_name_of_its_own(tmp_path: Path) -> None:
    engine = Engine(tmp_path, Settings(memory="200MB"))
    try:
        assert len({engine.upload_name() for _ in range(50)}) == 50
    finally:
        engine.close()


def test_rows_of_a_large_upload_are_put_in_order_of_declination_and_none_is_lost() -> None:
    """Missing and impossible declinations, too; a small upload stays as it is, and one without positions."""
    rng = np.random.default_rng(1)
    rows = 1000
    dec = np.ma.array(rng.uniform(-90, 90, rows), mask=np.arange(rows) % 50 == 0)
    dec[3], dec[4], dec[5] = np.nan, np.inf, -np.inf
    columns = (Column("n", "long"), Column("ra", "double"), Column("dec", "double"))
    table = pa.table({"c1": np.arange(rows) + 2**60, "c2": rng.random(rows), "c3": pa.array(dec.data, mask=dec.mask)})
    assert uploads.by_declination(table, columns, 1) is table
    assert uploads.by_declination(table, columns[:2], 4) is table
    ordered = uploads.by_declination(table, columns, 4)
    again = ordered.sort_by("c1")
    for name in table.column_names:
        before, after = (one.column(name).to_numpy() for one in (table, again))
        np.testing.assert_array_equal(before, after)
    assert again.column("c3").null_count == rows // 50
    found = ordered.column("c3").to_numpy()
    there = found[np.isfinite(found)]
    assert (np.diff(there) > -180 / 30_000).all()
    assert uploads.by_declination(table.slice(3, 1), columns, 4).num_rows == 1  # no declination at all
    absurd = table.set_column(2, "c3", [np.linspace(-1, 1, rows) * 1e308])
    assert uploads.by_declination(absurd, columns, 4).sort_by("c1").column("c3").equals(absurd.column("c3"))
