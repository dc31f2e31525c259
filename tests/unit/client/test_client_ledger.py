"""The ledger: what is written is read, whole, by whoever comes later."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapwidget.client.ledger import KEPT, NEWEST, JobRecord, Ledger, PartRecord, UploadRecord, new_key
from tapwidget.ivoa.uws import JobPhase


def record(**more: object) -> JobRecord:
    values: dict[str, object] = {
        "url": "https://x.org/tap/async/1",
        "job_id": "1",
        "phase": JobPhase.PENDING,
        "service": "https://x.org/tap",
        "created": datetime(2026, 9, 1, 12, 0, 0, 5, tzinfo=UTC),
        "uploads": (UploadRecord("ut1", 3, 99, "00ff", "sdss.csv"),),
    }
    return JobRecord(**{**values, **more})  # type: ignore[arg-type]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(adql=st.text(max_size=80), rows=st.none() | st.integers(0, 2**63 - 1), phase=st.sampled_from(JobPhase))
def test_a_record_comes_back_as_it_was(tmp_path: Path, adql: str, rows: int | None, phase: JobPhase) -> None:
    ledger = Ledger(tmp_path)
    written = ledger.add(record(adql=adql, rows=rows, phase=phase))
    assert ledger.records()[0] == written
    ledger.drop(written)
    assert ledger.records() == []


def test_a_change_replaces_and_the_newest_is_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    first, second = ledger.add(record(job_id="1")), ledger.add(record(job_id="2", service="https://y.org/tap"))
    ledger.write(replace(first, phase=JobPhase.COMPLETED))
    assert [r.job_id for r in ledger.records()] == ["2", "1"]
    assert [r.phase for r in ledger.records("https://x.org/tap")] == ["COMPLETED"]
    found = ledger.find(second.url)
    assert found is not None
    assert found.url == second.url
    assert ledger.find("https://x.org/tap/async/9") is None


def test_nobody_else_can_read_it_and_no_scraps_are_left(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "jobs")
    ledger.add(record())
    (file,) = ledger.place.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger.place.stat().st_mode) == 0o700


def test_what_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(record())
    (tmp_path / "20990101-x.json").write_text('{"version": 2}')
    (tmp_path / "20990102-x.json").write_text('{"version": 1, "url"')
    (tmp_path / "20990103-x.json").write_text("[]")
    assert len(ledger.records()) == 1


def test_a_disk_that_does_not_take_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="jobs"):
        Ledger(tmp_path / "jobs").add(record())


def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAPWIDGET_DATA_DIR", str(tmp_path))
    assert Ledger().place == tmp_path / "jobs"
    monkeypatch.delenv("TAPWIDGET_DATA_DIR")
    assert Ledger().place.parts[-2:] == ("tapwidget", "jobs")
    assert os.fspath(Ledger().place).startswith(os.sep)


def test_a_match_in_parts_is_found_behind_more_jobs_than_are_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    parts = (PartRecord("01of02", 2, "aa", "https://x.org/tap/async/1", True), PartRecord("02of02", 1, "bb"))
    whole = ledger.write(record(url="", run_id="night", parts=parts, maxrec=7, key=new_key(is_whole=True)))
    text = (tmp_path / f"{whole.key}.json").read_text()
    for number in range(NEWEST):
        (tmp_path / f"9{number:04d}.json").write_text(text.replace('"night"', '"other"'))
    assert ledger.find_whole("https://x.org/tap", "night") == whole
    assert ledger.find_whole("https://x.org/tap", whole.reference) == whole
    assert ledger.find_whole("https://other.org/tap", "night") is None


def test_jobs_that_services_threw_away_long_ago_are_taken_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    now = datetime.now(UTC)
    long_ago, lately = now - KEPT - timedelta(days=1), now - KEPT + timedelta(days=1)
    made = f"{now - timedelta(days=200):%Y%m%dT%H%M%S%f}"
    cases = {
        "ended": record(phase=JobPhase.COMPLETED, destruction=long_ago),
        "failed": record(phase=JobPhase.ERROR, destruction=long_ago),
        "parts": record(phase=JobPhase.COMPLETED, destruction=long_ago, parts=(PartRecord("1of1", 1, "00"),)),
        "lately": record(phase=JobPhase.COMPLETED, destruction=lately),
        "nobody knows": record(phase=JobPhase.COMPLETED),
        "running": record(phase=JobPhase.EXECUTING, destruction=long_ago),
        "never heard of": record(phase=JobPhase.UNKNOWN),
    }
    for name, case in cases.items():
        ledger.write(replace(case, key=f"{made}-{name}"))
    (tmp_path / f"{made}-parts.lock").write_text("")
    (tmp_path / f"{made}-odd.json").write_text("{}")
    young = ledger.add(record(phase=JobPhase.COMPLETED, destruction=now))
    left = {file.stem.removeprefix(f"{made}-") for file in tmp_path.iterdir()}
    assert left == {"lately", "nobody knows", "running", "never heard of", "odd", young.key}
