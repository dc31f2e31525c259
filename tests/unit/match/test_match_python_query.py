"""The cell for a query written by hand: the text to the last character, and the upload that the app sends with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pyvo
from astropy.table import MaskedColumn, Table
from hypothesis import example, given
from hypothesis import strategies as st

import tapwidget
from tapwidget.actions.run import own_query, whole_upload
from tapwidget.client.outgoing import of_adql
from tapwidget.match.python_parts import query_code
from tapwidget.match.python_query import OwnQuery, query_cell, short_query_cell
from tapwidget.match.spec import IdentifierMatch, SkyMatch

QUERY = 'SELECT ut1.tw_row, o.id\nFROM TAP_UPLOAD.ut1 JOIN s.o ON ut1.n = o.n\nWHERE o.s = \'é"""\\n\''


@given(
    st.text()
    | st.lists(st.sampled_from(['"""', '"', "'", "\\", "\n", "\r\n", "\t", "é", "a ", "\u2028", "{x}"])).map("".join)
)
@example("")
@example('SELECT "a"\nFROM "b"')
@example("SELECT 'é'\nFROM t\nWHERE a = '\\'")
@example('\n"""')
@example("%%time\n!ls\nx?")
def test_the_text_is_what_it_was(adql: str) -> None:
    names: dict[str, Any] = {}
    exec(f"query = {query_code(adql)}\nafter = 1", names)
    assert names["query"] == adql
    assert names["after"] == 1


def test_a_usual_query_is_shown_in_its_own_lines() -> None:
    assert query_code("SELECT a\nFROM é") == '"""\\\nSELECT a\nFROM é"""'
    assert query_code("SELECT a FROM b") == '"SELECT a FROM b"'


def table() -> Table:
    return Table(
        {
            "size": np.arange(6, dtype="u2"),
            "ra": MaskedColumn([359.9, 0, 1, 2, 3, 4], mask=[0, 0, 1, 0, 0, 0]),
            "dec": [1.0, 2, 3, 4, np.nan, 6],
            "good": [True, False] * 3,
            "name": ["a", "bé", "c", "d", "e", "f"],
            "l b": MaskedColumn([1, 2, 3, 4, 5, 6], mask=[1, 0, 0, 0, 0, 0]),
        }
    )


class Recorder:
    """A service that keeps what it gets, for pyvo's calls and for tapwidget's."""

    def __init__(self) -> None:
        self.query, self.uploads = "", {}

    def submit_job(self, query: str, *, uploads: dict[str, Table] | None = None) -> Recorder:
        self.query, self.uploads = query, uploads or {}
        return self

    def submit(self, query: str, *, uploads: dict[str, Table] | None = None) -> Recorder:
        return self.submit_job(query, uploads=uploads)

    phase = "COMPLETED"

    def run(self) -> None: ...
    def raise_if_error(self) -> None: ...
    def delete(self) -> None: ...
    def fetch_result(self) -> Recorder:
        return self

    def to_table(self) -> str:
        return "the answer"

    result = to_table


def sent(code: str, monkeypatch: pytest.MonkeyPatch, **names: Any) -> Recorder:
    """Run a cell; what its service got."""
    service = Recorder()
    monkeypatch.setattr(pyvo.dal, "TAPService", lambda _url: service)
    monkeypatch.setitem(vars(tapwidget), "connect", lambda _name: service)
    exec(compile(code, "cell", "exec"), names)
    assert names["result"] == "the answer"
    return service


def galactic() -> Table:
    made = table()
    made.rename_columns(["ra", "dec"], ["l", "b"])
    return made


MATCHES = {
    "as they are": (table, SkyMatch("s.t")),
    "converted": (galactic, SkyMatch("s.t", ra="l", dec="b")),
    "by name": (table, IdentifierMatch("s.t", on=("name", "n"))),
}


@pytest.mark.parametrize("case", MATCHES)
def test_the_upload_is_that_of_the_app(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, match = MATCHES[case]
    mine = make()
    own = own_query(QUERY, match, mine)
    theirs = whole_upload(match, mine)
    got = sent(query_cell(own, "http://a/tap", table=mine), monkeypatch, table=mine.copy())
    assert got.query == QUERY
    (upload,) = got.uploads.values()
    assert upload.colnames == theirs.colnames
    for name in theirs.colnames:
        assert upload[name].dtype == theirs[name].dtype, name
        assert repr(upload[name].tolist()) == repr(theirs[name].tolist()), name

    # tapwidget makes types and names fit by itself: those columns are the user's own.
    got = sent(short_query_cell(own, "demo", table=mine), monkeypatch, table=mine.copy())
    assert got.query == QUERY
    (upload,) = got.uploads.values()
    names = {own.upload.names.get(name, name): name for name in upload.colnames}
    assert set(names) == set(theirs.colnames)
    for name, ours in names.items():
        for one, other in zip(upload[ours].tolist(), theirs[name].tolist(), strict=True):
            assert one == other or repr(one) == repr(other), name
    assert upload["tw_row"].dtype == theirs["tw_row"].dtype


def test_nothing_is_made_that_the_query_cannot_see(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = table()[[0, 1, 3, 5]]
    own = own_query("SELECT ut1.size_ FROM TAP_UPLOAD.ut1", SkyMatch("s.t"), mine)
    code = short_query_cell(own, "demo", table=mine)
    assert 'submit(query, uploads={"ut1": table})' in code
    assert "numpy" not in code
    assert sent(code, monkeypatch, table=mine).uploads["ut1"] is mine
    assert "tw_row" in short_query_cell(
        own_query("SELECT * FROM TAP_UPLOAD.ut1", SkyMatch("s.t"), mine), "demo", table=mine
    )


def test_without_a_table_nothing_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    own = OwnQuery("SELECT TOP 1 * FROM t")
    for code in (query_cell(own, "https://me:secret@a/tap?token=secret"), short_query_cell(own, "gaia")):
        assert "secret" not in code
        assert "upload" not in code
        assert sent(code, monkeypatch).query == own.adql
    assert 'lsst.rsp.get_tap_service("tap")' in query_cell(own, "https://data.lsst.cloud/api/tap")


def test_of_names_that_differ_in_case_only_the_query_means_that_of_the_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = Table({"RA": [1.0, 2.0], "DEC": [1.0, 2.0], "ra": [10.0, 20.0], "dec": [-1.0, -2.0]})
    own = own_query("SELECT ut1.ra FROM TAP_UPLOAD.ut1", SkyMatch("s.t", ra="ra", dec="dec"), mine)
    (upload,) = sent(short_query_cell(own, "demo", table=mine), monkeypatch, table=mine).uploads.values()
    sends = of_adql(own.adql, None, {"ut1": upload}).uploads["ut1"]
    assert sends["ra"].tolist() == own.upload.table["ra"].tolist() == [10.0, 20.0]
