"""The trial before the first upload: a service that reads BINARY2 as an empty table, and says nothing, is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

from tapwidget.client import trial
from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.tables.votable import from_votable

MINE = Table({"ra": [1.0, 2.0], "dec": [3.0, 4.0]})
Reader = Callable[[bytes], Table | None]


def reads_all(content: bytes) -> Table:
    return from_votable(content)


def reads_tabledata(content: bytes) -> Table:
    """As Rubin's service did before 3.2.0."""
    table = from_votable(content)
    return table[:0] if b"<BINARY2>" in content else table


def reads_ids_as_floats(content: bytes) -> Table:
    table = from_votable(content)
    if b"<BINARY2>" in content:
        table["tw_row"] = table["tw_row"].astype(float)
    return table


def reads_nothing(content: bytes) -> Table:
    return from_votable(content)[:0]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def unknown(fake: Any, fake_uws: Any) -> Callable[[Reader], Any]:
    """The service that misbehaves, of a kind that nobody knows; it reads uploads in the given way."""
    plain = fake._respond
    fake.server = "Apache"

    def reading(reader: Reader) -> Any:
        def respond(request: Any) -> tuple[Any, ...]:
            if request.path.endswith("/sync") and "UPLOAD" in request.form:
                rows = [(int(row["tw_row"]),) for row in reader(request.file)]
                return 200, fake_uws.votable({"tw_row": "long"}, rows), "application/xml"
            return plain(request)

        fake._respond = respond
        return fake

    return reading


def sent(fake: Any) -> list[bytes]:
    return [next(form for form in (b"BINARY2", b"TABLEDATA") if form in job.file) for job in fake.jobs.values()]


def trials(fake: Any) -> int:
    return len([r for r in fake.asked("POST", "/sync") if "UPLOAD" in r.form])


@pytest.mark.parametrize(
    ("reader", "form", "times"),
    [
        (reads_all, b"BINARY2", 1),
        (reads_tabledata, b"TABLEDATA", 2),
        (reads_ids_as_floats, b"TABLEDATA", 2),
        (reads_nothing, b"BINARY2", 2),
    ],
)
def test_the_form_that_arrives_whole_is_used(
    unknown: Any, tmp_path: Path, reader: Reader, form: bytes, times: int
) -> None:
    fake = unknown(reader)
    service = Service(fake.url, ledger=Ledger(tmp_path / "jobs"))
    for _ in range(2):
        service.submit("SELECT * FROM TAP_UPLOAD.ut1", MINE).result()
    assert sent(fake) == [form, form]
    assert trials(fake) == times, "tried once for all"


def test_what_was_found_is_remembered_for_later_sessions(unknown: Any, tmp_path: Path, cache: Path) -> None:
    fake = unknown(reads_tabledata)
    for _ in range(3):
        Service(fake.url, ledger=Ledger(tmp_path / "jobs")).submit("SELECT 1", MINE).result()
    assert trials(fake) == 2
    assert sent(fake) == [b"TABLEDATA"] * 3
    # After a month, or in a file that is damaged, it is found out anew.
    (file,) = cache.rglob("*.json")
    known = json.loads(file.read_text())
    for damaged in (json.dumps(known | {"when": known["when"] - trial.REMEMBERED_S}), "{", "[]", '{"service": 1}'):
        file.write_text(damaged)
        before = trials(fake)
        Service(fake.url, ledger=Ledger(tmp_path / "jobs")).submit("SELECT 1", MINE).result()
        assert trials(fake) == before + 2


@pytest.mark.parametrize("server", ["DaCHS/2.7 twistedWeb", "tapwidget/0.1.0"])
def test_kinds_that_are_known_are_not_tried(unknown: Any, tmp_path: Path, server: str) -> None:
    fake = unknown(reads_tabledata)
    fake.server = server
    Service(fake.url, ledger=Ledger(tmp_path / "jobs")).submit("SELECT 1", MINE).result()
    assert trials(fake) == 0
    assert sent(fake) == [b"BINARY2"]


def test_no_upload_no_trial(unknown: Any, tmp_path: Path) -> None:
    fake = unknown(reads_tabledata)
    Service(fake.url, ledger=Ledger(tmp_path / "jobs")).submit("SELECT 1").result()
    assert trials(fake) == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"what": "status", "status": 503, "body": b"Later"},
        {"what": "status", "status": 200, "body": b"hello"},
        {"what": "reset"},
    ],
    ids=["503", "no table", "reset"],
)
def test_a_trial_that_tells_nothing_hinders_nothing(
    unknown: Any, tmp_path: Path, cache: Path, fault: dict[str, Any]
) -> None:
    fake = unknown(reads_all)
    service = Service(fake.url, ledger=Ledger(tmp_path / "jobs"))
    service.limits()
    fake.inject(fault.pop("what"), "/sync", times=9, **fault)
    assert len(service.submit("SELECT 1", MINE).result()) == 2
    assert sent(fake) == [b"BINARY2"]
    assert not list(cache.rglob("*.json"))


def test_a_cache_that_cannot_be_written_hinders_nothing(
    unknown: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path / "file"))
    fake = unknown(reads_tabledata)
    Service(fake.url, ledger=Ledger(tmp_path / "jobs")).submit("SELECT 1", MINE).result()
    assert sent(fake) == [b"TABLEDATA"]
