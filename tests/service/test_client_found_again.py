"""A match found again by another kernel gives the result that the first one would have had, or says why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table

from tapwidget.client import kept_tables
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.errors import ServiceUnavailableError
from tapwidget.match.constraints import MagnitudeRange
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.simulation import user_table
from tapwidget.tables.files import read_table

COLUMNS = ["objectId", "coord_ra", "coord_dec", "r_cModelMag"]
MATCH = SkyMatch("dp1.Object", 2 * u.arcsec, COLUMNS, [MagnitudeRange("r", high=20)], find="nearest")


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="module")
def held(csv: Path) -> Table:
    """A table in memory, with columns of all kinds that never travel."""
    table = read_table(csv)[:800]
    table.meta.clear()
    table["note"] = MaskedColumn([f"nº {n}" for n in range(800)], mask=np.arange(800) % 7 == 0, description="mine")
    table["big"] = np.arange(800, dtype=">i8") + 2**60
    table["ok"] = np.arange(800) % 2 == 0
    table["flux"] = MaskedColumn(np.linspace(1, 2, 800, dtype="f4"), unit="nJy")
    return table


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "jobs")


def same(one: Table, other: Table) -> None:
    """Nothing tells the two apart but the time at which they were fetched."""
    assert one.colnames == other.colnames
    assert len(one) == len(other) > 100
    for name in one.colnames:
        mine, theirs = one[name], other[name]
        assert (type(mine), mine.dtype.str, mine.unit) == (type(theirs), theirs.dtype.str, theirs.unit)
        assert (mine.description, mine.meta) == (theirs.description, theirs.meta)
        assert np.array_equal(np.ma.getmaskarray(mine), np.ma.getmaskarray(theirs))
        assert mine.filled().tolist() == theirs.filled().tolist() if hasattr(mine, "mask") else (mine == theirs).all()
    told = [{**t.meta, "tapwidget": {**t.meta["tapwidget"], "fetched": ""}} for t in (one, other)]
    assert told[0] == told[1]


def test_a_table_in_memory_is_there_again(tap_url: str, ledger: Ledger, held: Table) -> None:
    job = Service(tap_url, ledger=ledger).submit(MATCH, held)
    first = job.result(60)
    again = Service(tap_url, ledger=Ledger(ledger.place)).job(job.url)
    same(first, again.result(60))
    assert again.plan is not None
    assert again.changes == job.changes


def test_a_match_by_identifier_is_finished_too(tap_url: str, ledger: Ledger) -> None:
    ids = Service(tap_url, ledger=ledger).submit("SELECT TOP 300 mpcDesignation FROM dp1.MPCORB").result(60)
    mine = Table({"mine": ids["mpcDesignation"], "n": np.arange(300)})
    job = Service(tap_url, ledger=ledger).submit(IdentifierMatch("dp1.MPCORB", on=("mine", "mpcDesignation")), mine)
    same(job.result(60), Service(tap_url, ledger=ledger).job(job.job_id).result(60))


def test_a_table_too_large_to_copy_is_read_from_its_file(
    tap_url: str, ledger: Ledger, csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_tables, "LARGEST", 1000)
    path = tmp_path / "mine.csv"
    path.write_bytes(csv.read_bytes())
    job = Service(tap_url, ledger=ledger).submit(MATCH, path)
    first = job.result(60)
    assert not list(ledger.place.rglob("*.npz"))
    same(first, Service(tap_url, ledger=ledger).job(job.url).result(60))

    # One more digit in the file, and its rows are no longer those that were matched.
    path.write_text(path.read_text().replace("37.", "38.", 1))
    raw(Service(tap_url, ledger=ledger).job(job.url), "has changed since")
    path.unlink()
    raw(Service(tap_url, ledger=ledger).job(job.url), "is not here any more")


def test_a_table_that_no_later_kernel_will_have_is_said_to_be_one(
    tap_url: str, ledger: Ledger, held: Table, csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_tables, "LARGEST", 1000)
    job = Service(tap_url, ledger=ledger).submit(MATCH, held)
    assert "After a restart of the kernel this match cannot be finished" in job.changes[-1]
    of_file = Service(tap_url, ledger=ledger).submit(MATCH, csv)
    assert not [change for change in of_file.changes if "restart" in change]
    assert len(job.result(60)) < len(of_file.result(60))


def raw(job: Any, why: str) -> None:
    """The service's own answer came, and it is said why."""
    result = job.result(60)
    assert "ut1_tw_row" in result.colnames
    assert "ut1_objid" not in result.colnames
    assert why in job.changes[-1]
    assert result.meta["tapwidget"]["changes"] == list(job.changes)


def test_another_query_or_upload_is_not_joined(tap_url: str, ledger: Ledger, held: Table) -> None:
    job = Service(tap_url, ledger=ledger).submit(MATCH, held)
    job.wait(60)
    (record,) = ledger.records()
    ledger.write(replace(record, adql=record.adql + " "))
    raw(Service(tap_url, ledger=ledger).job(job.url), "the query for this match is another one")
    ledger.write(replace(record, uploads=(replace(record.uploads[0], sha256="00"),)))
    raw(Service(tap_url, ledger=ledger).job(job.url), "the upload for this match is another one")
    ledger.write(replace(record, match={"version": 99}))
    raw(Service(tap_url, ledger=ledger).job(job.url), "another version of tapwidget")
    assert record.table is not None
    ledger.tables.remove(record.table)
    ledger.write(record)
    raw(Service(tap_url, ledger=ledger).job(job.url), "is not here any more")


def test_without_ledger_there_is_the_services_answer_and_nothing_to_say(
    tap_url: str, ledger: Ledger, held: Table, tmp_path: Path
) -> None:
    job = Service(tap_url, ledger=ledger).submit(MATCH, held)
    job.wait(60)
    found = Service(tap_url, ledger=Ledger(tmp_path / "other")).job(job.url)
    assert "ut1_tw_row" in found.result(60).colnames
    assert found.changes == ()


def test_a_service_away_just_then_costs_nothing(tap_url: str, ledger: Ledger, held: Table) -> None:
    job = Service(tap_url, ledger=ledger).submit(MATCH, held)
    first = job.result(60)
    service = Service(tap_url, ledger=ledger)
    again = service.job(job.url)
    at, service._transport.url = service._transport.url, "http://127.0.0.1:9/tap"
    with pytest.raises(ServiceUnavailableError, match=r"127\.0\.0\.1:9"):
        again.result(60)
    service._transport.url = at
    same(first, again.result(60))


def test_a_deleted_job_takes_the_copy_with_it(tap_url: str, ledger: Ledger, held: Table) -> None:
    service = Service(tap_url, ledger=ledger)
    jobs = [service.submit(MATCH, held), service.submit(replace(MATCH, find="all"), held)]
    assert len(list(ledger.place.rglob("*.npz"))) == 1
    for left, job in zip((1, 0), jobs, strict=True):
        job.wait(60)
        Service(tap_url, ledger=ledger).job(job.url).delete()
        assert len(list(ledger.place.rglob("*.npz"))) == left
