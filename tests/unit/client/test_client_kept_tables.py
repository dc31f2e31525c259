"""Copies of users' tables: once each, private, bounded, gone with the jobs that needed them."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.client import kept_tables
from tapwidget.client.kept_tables import KeptTables, TableRecord, record_of
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.errors import TableError
from tapwidget.ivoa.uws import JobPhase


def table(seed: int) -> Table:
    return Table({"a": np.arange(1000) + seed})


def old(place: Path) -> None:
    """All copies are as old as if they had been made this morning."""
    for number, path in enumerate(sorted(place.glob("*.npz"), key=lambda p: p.stat().st_mtime_ns)):
        os.utime(path, (1e9 + number, 1e9 + number))


def test_a_copy_is_kept_once_and_by_its_owner_only(tmp_path: Path) -> None:
    kept = KeptTables(tmp_path / "tables")
    record = record_of(table(1))
    for _ in range(2):
        kept.keep(record, table(1))
    (path,) = kept.place.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.place.stat().st_mode) == 0o700
    assert kept.find(record)["a"].tolist() == table(1)["a"].tolist()


def test_what_is_needed_or_young_stays_and_the_rest_goes(tmp_path: Path) -> None:
    kept = KeptTables(tmp_path)
    records = [record_of(table(n)) for n in range(3)]
    for number, record in enumerate(records):
        kept.keep(record, table(number))
    kept.sweep([])
    assert len(list(tmp_path.iterdir())) == 3
    old(tmp_path)
    kept.sweep([records[1].fingerprint])
    assert [p.stem for p in tmp_path.iterdir()] == [records[1].fingerprint]


def test_all_together_are_bounded_and_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptTables(tmp_path)
    records = [record_of(table(n)) for n in range(3)]
    for number, record in enumerate(records):
        kept.keep(record, table(number))
    old(tmp_path)
    monkeypatch.setattr(kept_tables, "MOST", 2.5 * next(tmp_path.iterdir()).stat().st_size)
    kept.sweep([r.fingerprint for r in records])
    assert {p.stem for p in tmp_path.iterdir()} == {r.fingerprint for r in records[1:]}


def test_a_table_too_large_is_not_copied_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_tables, "LARGEST", 100)
    with pytest.raises(TableError, match="Save it to a file and match that"):
        KeptTables(tmp_path).keep(record_of(table(1)), table(1))
    assert not list(tmp_path.iterdir())


def test_a_damaged_copy_is_not_taken_for_the_table(tmp_path: Path) -> None:
    kept, record = KeptTables(tmp_path), record_of(table(1))
    kept.keep(record, table(1))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes().replace(b"\x05\0\0\0", b"\x06\0\0\0"))
    with pytest.raises(TableError, match="not here any more"):
        kept.find(record)
    with pytest.raises(TableError):
        kept.find(TableRecord("../../etc/passwd", 1))


def test_the_copy_of_a_job_past_its_destruction_goes_with_the_next_job(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number, days in enumerate((-1, 1)):
        record = ledger.add(
            JobRecord(
                f"https://x.org/tap/async/{number}",
                str(number),
                JobPhase.COMPLETED,
                "https://x.org/tap",
                destruction=datetime.now(UTC) + timedelta(days=days),
                table=record_of(table(number)),
            )
        )
        ledger.keep(record, table(number))
    assert len(list(ledger.tables.place.iterdir())) == 2
    old(ledger.tables.place)
    third = ledger.add(JobRecord("", "", JobPhase.UNKNOWN, "https://x.org/tap", table=record_of(table(3))))
    ledger.keep(third, table(3))
    assert {p.stem for p in ledger.tables.place.iterdir()} == {
        r.table.fingerprint for r in ledger.records() if r.table is not None and not r.is_expired
    }
    assert len(ledger.records()) == 3
