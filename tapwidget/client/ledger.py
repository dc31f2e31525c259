"""Every job on disk before it runs, so that a kernel that dies takes no job with it.

One small file a job, written whole or not at all: kernels side by side cannot spoil each other's. Kept in the user's
data directory (TAPWIDGET_DATA_DIR wins); readable by the owner only. No secret is ever in it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from astropy.table import Table

from tapwidget.client.kept_tables import KeptTables, TableRecord
from tapwidget.client.turn import Turn
from tapwidget.client.uws_document import read_time
from tapwidget.folders import data_directory
from tapwidget.ivoa.uws import JobPhase

VERSION = 1
# How long a job is still listed, and its record kept, after its service has thrown it away.
KEPT = timedelta(days=90)
# Reading more than this would make the list of jobs slow; older ones stay on disk.
NEWEST = 500
# How the keys of matches in parts end.
WHOLE = "-whole"


@dataclass(frozen=True)
class UploadRecord:
    """What was uploaded: its name in the query, size, and where it came from. `sha256` is of the bytes sent."""

    name: str
    rows: int
    bytes: int
    sha256: str
    source: str = ""


@dataclass(frozen=True)
class PartRecord:
    """One part of a match in parts: which rows of the upload, by the number of them and a digest; its job's `url`."""

    label: str
    rows: int
    digest: str
    url: str = ""
    is_done: bool = False


@dataclass(frozen=True)
class JobRecord:
    """A job as the ledger, the service's list, or both know it. Times are UTC; `rows` counts those uploaded.

    `url` is empty for one that was sent off but never heard of again; `key` is empty for one that the ledger lacks.
    `match` (as `match.record` writes it) and `table` are what a match needs to be finished in another kernel. A match
    in parts has a record of its own, with `parts` and no address; its upload's `sha256` is the fingerprint of the
    whole, and `maxrec` the limit of rows that was asked for.
    """

    url: str
    job_id: str
    phase: JobPhase
    service: str
    adql: str = ""
    rows: int | None = None
    created: datetime | None = None
    run_id: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    destruction: datetime | None = None
    uploads: tuple[UploadRecord, ...] = ()
    message: str = ""
    match: dict[str, Any] | None = field(default=None, repr=False)
    table: TableRecord | None = None
    key: str = field(default="", repr=False)
    parts: tuple[PartRecord, ...] = ()
    maxrec: int | None = None

    @property
    def reference(self) -> str:
        """What `Service.job` and `Service.delete` know it by: its address; for a match in parts, its key here."""
        return self.key if self.parts else self.url

    @property
    def age(self) -> float | None:
        """Seconds since it was created."""
        return None if self.created is None else (datetime.now(UTC) - self.created).total_seconds()

    @property
    def is_expired(self) -> bool:
        """Whether the service has thrown it away by now, as far as it said when it would."""
        return self.destruction is not None and self.destruction < datetime.now(UTC)


def directory() -> Path:
    """Where the ledger is."""
    return data_directory() / "jobs"


class Ledger:
    """The jobs of this user, on this machine. `place` is for tests."""

    def __init__(self, place: Path | None = None) -> None:
        self._place = place

    @property
    def place(self) -> Path:
        return self._place or directory()

    @property
    def tables(self) -> KeptTables:
        """Copies of the users' tables that the jobs need."""
        return KeptTables(self.place / "tables")

    def turn(self, record: JobRecord) -> Turn:
        """The turn at sending the parts of a match; one process has it at a time."""
        return Turn(self.place / f"{record.key}.lock")

    def read(self, key: str) -> JobRecord | None:
        """The job with that key, as it was last written down."""
        return _read(self.place / f"{key}.json")

    def add(self, record: JobRecord) -> JobRecord:
        """Write a new job down; returns the record with its key."""
        self.tidy()
        return self.write(replace(record, key=new_key()))

    def tidy(self) -> None:
        """Take out the jobs that have ended and that their services have thrown away long ago, by their own word."""
        before = datetime.now(UTC) - KEPT
        for file in self.place.glob("*.json"):
            # By its name it is known when it was made; what is younger need not be read.
            record = _read(file) if file.stem < f"{before:%Y%m%dT}" else None
            if record is None or not record.phase.is_final:
                continue
            if record.destruction is not None and record.destruction < before:
                file.unlink(missing_ok=True)
                file.with_suffix(".lock").unlink(missing_ok=True)

    def write(self, record: JobRecord, *, is_vital: bool = False) -> JobRecord:
        """Write what is known of a job, in place of what was known before; atomic.

        `is_vital` waits until it is on the disk itself, so that a power cut cannot take it: for the job's address.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        place = self.place
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = place / f"{record.key}.json"
        passing = place / f".{record.key}.{secrets.token_hex(4)}.part"
        text = json.dumps({"version": VERSION, **asdict(record)}, default=_as_text, indent=1)
        descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                if is_vital:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(passing, target)
        except BaseException:
            passing.unlink(missing_ok=True)
            raise
        return record

    def drop(self, record: JobRecord) -> None:
        """Take a job out, because it never came to be or was deleted on request."""
        if record.key:
            (self.place / f"{record.key}.json").unlink(missing_ok=True)
        if record.table is not None and record.table.fingerprint not in self._needed():
            self.tables.remove(record.table)

    def keep(self, record: JobRecord, table: Table) -> None:
        """Put a copy of the user's table beside a job already written down; those of jobs that are gone are removed.

        Raises
        ------
        TableError
            If the table cannot be kept, or is too large.
        OSError
            If the disk does not take it.
        """
        if record.table is not None:
            self.tables.sweep(self._needed())
            self.tables.keep(record.table, table)

    def records(self, service: str | None = None) -> list[JobRecord]:
        """The newest jobs, newest first; of one service, or of all."""
        return [r for r in self._all() if service is None or r.service == service]

    def find(self, url: str) -> JobRecord | None:
        """The job with that address."""
        return next((r for r in self._all() if r.url and r.url == url), None)

    def find_run(self, service: str, run_id: str) -> JobRecord | None:
        """The job whose creation was never confirmed, by the name that it was sent off with."""
        found = (r for r in self.records(service) if not r.url and r.run_id == run_id)
        return next(found, None) if run_id else None

    def find_whole(self, service: str, reference: str) -> JobRecord | None:
        """The match in parts with that key, or the newest with that run_id."""
        wholes = [r for r in self.records(service) if r.parts]
        return next((r for r in wholes if reference in {r.key, r.run_id}), None)

    def _needed(self) -> set[str]:
        """Fingerprints of the tables of all jobs that a service may still have."""
        return {r.table.fingerprint for r in self._all() if r.table is not None and not r.is_expired}

    def _all(self) -> Iterator[JobRecord]:
        files = sorted(self.place.glob("*.json"), reverse=True) if self.place.is_dir() else []
        # The jobs of a match in many parts may be more than all the others.
        for file in (*files[:NEWEST], *(f for f in files[NEWEST:] if f.stem.endswith(WHOLE))):
            record = _read(file)
            if record is not None:
                yield record


def new_key(*, is_whole: bool = False) -> str:
    """A name for a record, unlike any other; later ones sort behind earlier ones."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}{WHOLE if is_whole else ''}"


def _read(file: Path) -> JobRecord | None:
    """A record; None for a file of another version, or one that another kernel just took away."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data.pop("version") != VERSION:
            return None
        for name in ("created", "started", "ended", "destruction"):
            data[name] = read_time(data[name] or "")
        data["phase"] = JobPhase.of(data["phase"])
        data["uploads"] = tuple(UploadRecord(**upload) for upload in data["uploads"])
        data["parts"] = tuple(PartRecord(**part) for part in data.get("parts", ()))
        data["table"] = TableRecord(**data["table"]) if data.get("table") else None
        return JobRecord(**{**data, "key": file.stem})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not belong into the ledger")
