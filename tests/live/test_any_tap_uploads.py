"""Tables that travel to a TAP service of others and back: every value as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.client.service import Service
from tapwidget.tables.votable import from_votable, to_votable

pytestmark = pytest.mark.usefixtures("tap_url")

SMALLEST, LARGEST = -(2**63), 2**63 - 1
BINARY2 = "application/x-votable+xml;serialization=BINARY2"


@pytest.fixture(scope="module")
def table() -> Table:
    gap = [False, True, False, False, True]
    table = Table({"k": np.arange(5, dtype=np.int32)})
    table["big"] = np.array([SMALLEST, LARGEST, 0, 2**53 + 1, -(2**53) - 1])
    table["big_gap"] = MaskedColumn([LARGEST, 1, 2**53 + 1, -LARGEST, 2], mask=gap)
    table["small"] = np.array([-(2**15) + 1, 2**15 - 1, 0, 1, -1], dtype=np.int16)
    table["small_gap"] = MaskedColumn(np.array([1, 2, 3, 4, 5], dtype=np.int32), mask=gap)
    table["x"] = np.array([np.nan, 1 / 3, -1.7976931348623157e308, 0.1, 2**53 + 2.0])
    table["x_gap"] = MaskedColumn([0.1, 0.2, 0.3, 0.4, 0.5], mask=gap)
    table["y"] = np.array([np.nan, 1 / 3, -3.4e38, 0.1, 16777216], dtype=np.float32)
    table["ascii"] = ["plain", " padded ", "it's", '<&>"', "x" * 300]
    table["text"] = ["日本語", "ångström", "α<&>β", "plain", "naïve; é"]
    table["text_gap"] = MaskedColumn(["a", "b", "c", "d", "e"], mask=gap)
    table["flag"] = [True, False, True, True, False]
    table["flag_gap"] = MaskedColumn([True, False, False, True, False], mask=gap)
    return table


def send(service: Service, query: str, table: Table) -> bytes:
    """The answer, in BINARY2, to a query with an upload in BINARY2 that travels as it is."""
    # In one request (TAP 1.1, section 2.7.6: inline upload).
    asked = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": query, "UPLOAD": "t1,param:t1", "RESPONSEFORMAT": BINARY2}
    files = {"t1": ("t1.vot", to_votable(table), "application/x-votable+xml")}
    with service.pyvo._session.post(f"{service.url}/sync", asked, files=files, timeout=120) as answer:
        answer.raise_for_status()
        return answer.content


def is_missing(column: Any) -> np.ndarray:
    """Masked or NaN: a database may keep NaN, or take it for a missing value."""
    values = np.ma.getdata(column)
    return np.ma.getmaskarray(column) | (np.isnan(values) if values.dtype.kind == "f" else False)


def test_every_value_comes_back_as_it_was(service: Service, table: Table) -> None:
    content = send(service, "SELECT * FROM TAP_UPLOAD.t1", table)
    back = from_votable(content)
    assert b"<BINARY2" in content
    assert [name.lower() for name in back.colnames] == table.colnames
    back = back[np.argsort(back.columns[0])]
    # Some services let the smallest integer stand for a missing one in their answers, as VOTable allows.
    says_missing = f'null="{SMALLEST}"'.encode() in content
    for name, got in zip(table.colnames, back.columns.values(), strict=True):
        sent, missing = table[name], is_missing(table[name])
        lost = is_missing(got)
        if says_missing and name == "big":
            lost &= np.ma.getdata(sent) != SMALLEST
        assert np.array_equal(lost, missing), name
        assert got.dtype.kind == sent.dtype.kind, name
        assert np.ma.getdata(got)[~missing].tolist() == np.ma.getdata(sent)[~missing].tolist(), name


def test_the_ends_of_the_integers_arrive_as_they_are(service: Service, table: Table) -> None:
    """Asked of the service itself, whatever it writes into its answers."""
    query = f"SELECT k FROM TAP_UPLOAD.t1 WHERE big = {SMALLEST + 1} - 1 OR big = {LARGEST} OR big = {2**53 + 1}"
    assert sorted(from_votable(send(service, query, table)).columns[0].tolist()) == [0, 1, 3]


def test_missing_values_arrive_as_missing(service: Service, table: Table) -> None:
    for name in ("big_gap", "small_gap", "x_gap", "text_gap", "flag_gap"):
        query = f"SELECT k FROM TAP_UPLOAD.t1 WHERE {name} IS NULL"
        rows = from_votable(send(service, query, table)).columns[0].tolist()
        assert sorted(rows) == [1, 4], name


def test_a_table_of_any_kind_can_be_uploaded(submit: Callable[..., Any], table: Table) -> None:
    """As people do it: columns that no service would take are made acceptable, and that is said."""
    awkward = table["k", "big", "text", "flag"]
    awkward["size"] = np.arange(5, dtype=np.uint8)
    awkward["is it?"] = np.arange(5, dtype=np.float16)
    job = submit("SELECT * FROM TAP_UPLOAD.t1 WHERE flag = 1", uploads={"t1": awkward})
    result = job.result(300)
    result = result[np.argsort(result.columns[0])]
    sent = awkward[awkward["flag"]]
    assert len(result.colnames) == len(awkward.colnames)
    assert np.ma.getdata(result.columns[1]).tolist() == sent["big"].tolist()
    assert result.columns[2].tolist() == sent["text"].tolist()
    for name, got in zip(["flag", "size", "is it?"], list(result.columns.values())[3:], strict=True):
        assert got.tolist() == sent[name].tolist()
        assert any(name in change for change in job.changes)
