"""Answers: every type, exact, in every form; astropy reads them."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from astropy.io.votable import parse_single_table

from tapwidget.server import results
from tapwidget.server.arrow_values import array_of
from tapwidget.server.faults import RequestError
from tapwidget.server.query import Counter
from tapwidget.tables.votable_document import read_document


def written(sky: Any, adql: str, form: str = "votable", most: int = 1000, *, is_ascii: bool = True) -> bytes:
    run = sky.engine.run()
    try:
        translation = sky.translate(adql, most=most)
        schema, batches = run.batches(translation.sql)
        counter = Counter(most)
        pieces = results.chunks(
            results.format_named(form),
            translation.outputs,
            schema,
            counter.counted(batches),
            status_after=counter.status,
            infos={"QUERY": adql},
            is_ascii=is_ascii,
            scratch=sky.folder,
        )
        return b"".join(pieces)
    finally:
        run.finish()


EVERYTHING = "SELECT objectId, coord_ra, mag, n, band, flag, obs_time, {size} FROM s.obj ORDER BY objectId".replace(
    "{size}", '"size"'
)


@pytest.mark.parametrize("form", ["votable", "votable/td"])
def test_astropy_reads_what_is_there(sky: Any, form: str) -> None:
    table = parse_single_table(io.BytesIO(written(sky, EVERYTHING, form))).to_table()
    assert table.colnames == ["objectId", "coord_ra", "mag", "n", "band", "flag", "obs_time", "size"]
    assert table["objectId"].tolist() == [2**53 + i for i in range(12)]
    assert [table[name].dtype.str[1:] for name in ("objectId", "coord_ra", "mag", "n", "flag", "size")] == [
        "i8", "f8", "f4", "i4", "b1", "i2",
    ]  # fmt: skip
    assert np.ma.getmaskarray(table["n"]).tolist() == [False] * 5 + [True] + [False] * 6
    assert np.ma.getmaskarray(table["flag"]).tolist() == [False] * 10 + [True, False]
    assert not np.isfinite(np.ma.filled(table["mag"][3:5], np.nan)).any()
    assert str(table["coord_ra"].unit) == "deg"
    assert table["objectId"].description == "Identifier"
    assert str(table["obs_time"][1]).startswith("2020-09-13T12:26:40.000001")


def test_extremes_are_exact(sky: Any) -> None:
    query = (
        "SELECT -9223372036854775808 AS low, 9223372036854775807 AS high, CAST(0.1 AS REAL) AS f FROM s.obj WHERE n = 0"
    )
    document = read_document(written(sky, query))
    assert [array.tolist() for array in document.arrays[:2]] == [[-(2**63)], [2**63 - 1]]
    assert document.masks[0] is None or not document.masks[0].any()
    assert document.arrays[2].dtype == np.float32
    assert written(sky, query, "csv").decode().split()[1].startswith("-9223372036854775808,9223372036854775807,0.1")


def test_csv(sky: Any) -> None:
    rows = list(csv.reader(io.StringIO(written(sky, EVERYTHING, "csv").decode())))
    assert rows[0] == ["objectId", "coord_ra", "mag", "n", "band", "flag", "obs_time", "size"]
    assert rows[1][0] == "9007199254740992"
    assert float(rows[1][1]) == 0.0
    assert rows[1][2:6] == ["15.5", "7", "r", "true"]
    assert rows[6][3] == ""
    assert len(rows) == 13


def test_names_that_need_quotes_in_csv(sky: Any) -> None:
    text = written(sky, 'SELECT n AS "a,b", n AS "c""d" FROM s.obj WHERE n = 0', "csv").decode()
    assert next(csv.reader(io.StringIO(text))) == ["a,b", 'c"d']


def test_texts_that_are_not_ascii(sky: Any) -> None:
    document = read_document(written(sky, "SELECT 'Ünï' || band AS t FROM s.obj WHERE n = 0", is_ascii=False))
    assert document.columns[0].datatype == "unicodeChar"
    assert [str(t) for t in document.arrays[0]] == ["Ünïr"]


def test_no_rows(sky: Any) -> None:
    document = read_document(written(sky, "SELECT objectId, band, mag FROM s.obj WHERE n > 100"))
    assert document.nrows == 0
    assert [c.name for c in document.columns] == ["objectId", "band", "mag"]
    assert document.query_status == "OK"


def test_only_nulls(sky: Any) -> None:
    document = read_document(written(sky, "SELECT NULL AS a, SUM(n) AS b FROM s.obj WHERE n > 100"))
    assert document.nrows == 1
    assert document.masks[1] is not None
    assert document.masks[1].tolist() == [True]


def test_missing_arrays_leave_the_integers_of_others_exact() -> None:
    kept = [[2**53 + 1, -(2**63)], None, [2**63 - 1, 0]]
    values, mask = array_of(pa.array(kept, pa.list_(pa.int64(), 2)))
    assert mask is not None
    assert mask.tolist() == [False, True, False]
    assert values[~mask].tolist() == [kept[0], kept[2]]


def test_overflow_is_said_behind_the_table(sky: Any) -> None:
    text = written(sky, "SELECT id FROM s.many", "votable/td", most=10).decode()
    assert text.index("OVERFLOW") > text.index("</TABLE>")
    assert text.index('value="OK"') < text.index("<TABLE")
    assert text.count("<TR>") == 10


def test_names_of_formats() -> None:
    assert results.format_named("").serialization == "BINARY2"
    assert results.format_named("application/x-votable+xml; serialization=TABLEDATA").serialization == "TABLEDATA"
    assert results.format_named("CSV").delimiter == ","
    assert results.format_named("application/fits").suffix == results.format_named("FITS").suffix == ".fits"
    assert results.format_named("application/vnd.apache.parquet") is results.format_named("parquet")
    with pytest.raises(RequestError, match="there are: votable, votable/td, csv, tsv, fits, parquet"):
        results.format_named("hdf5")


def test_the_service_does_without_pandas() -> None:
    """Arrow imports it at its first conversion, and the first caller would wait for that."""
    code = (
        "import sys\n"
        "from tapwidget.server.arrow_alone import arrow_alone\n"
        "arrow_alone()\n"
        "import pyarrow as pa\n"
        "from tapwidget.server.arrow_values import array_of\n"
        "from tapwidget.server.delimited import texts_of\n"
        "kinds = pa.timestamp('us'), pa.list_(pa.float32(), 1), pa.null(), pa.string(), pa.int64(), pa.bool_()\n"
        "for kind in kinds:\n"
        "    array = pa.array([None], kind)\n"
        "    array_of(array), texts_of(array)\n"
        "print('pandas' in sys.modules)\n"
        "import pandas\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
