"""Write an app's set-up to a file, read it, find its table again. Run these on a worker: tables are looked through."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from astropy.table import Table

from tapwidget.client.addresses import clean
from tapwidget.client.kept_tables import TableRecord
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.client.services import KNOWN, Service, connect, sends_token
from tapwidget.errors import SetUpError, TableError, TapWidgetError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.match.record import to_record
from tapwidget.state.runs import Run
from tapwidget.state.set_up import SavedRun, SavedTable, SetUp, from_text, to_text
from tapwidget.tables.exact_copy import fingerprint

LARGEST = 16 * 2**20  # bytes; what is larger was not written here


@dataclass(frozen=True)
class FoundTable:
    """Where the table of a set-up is now: a path, or the table itself; or None, and `why` in a sentence."""

    source: str | Table | None
    why: str = ""


def service_words(service: Any) -> str:
    """What `connect` takes to get this service again: its name where that says it all, else its address.

    `service` is whatever `connect` takes; no user or password that stands in an address comes along.
    """
    if service is None:
        return ""
    if isinstance(service, str):
        try:
            return clean(service)[0]
        except ValueError:
            return service if service.lower() in {"demo", "rsp", *KNOWN} else ""
    if not isinstance(service, Service):
        return service_words(connect(service))
    if service.name in {"demo", "rsp"} or KNOWN.get(service.name) == service.url:
        return service.name
    return service.url


def save_set_up(path: str | Path, set_up: SetUp) -> Path:
    """Write a set-up, whole or not at all; its whole path. An earlier set-up of that name is replaced.

    Raises
    ------
    SetUpError
        If there is another file of that name, the disk does not take it, or it holds what cannot be written.
    """
    target = Path(path).expanduser().resolve()
    content = to_text(set_up)
    if target.exists():
        try:
            load_set_up(target)
        except SetUpError as error:
            raise SetUpError(f"{target} is there already, and no set-up: choose another name.") from error
    passing = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        passing.write_text(content, encoding="utf-8")
        os.replace(passing, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            passing.unlink(missing_ok=True)
        raise SetUpError(f"{target} cannot be written: {error.strerror or error}. Choose another folder.") from error
    return target


def load_set_up(path: str | Path) -> SetUp:
    """Read a set-up.

    Raises
    ------
    SetUpError
        If the file is not there or cannot be read, or is no set-up.
    """
    file = Path(path).expanduser()
    try:
        if file.stat().st_size > LARGEST:
            raise SetUpError(f"{file} is no set-up: it is too large for one.")
        return from_text(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetUpError(f"{file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise SetUpError(f"{file} is no set-up: it is no text.") from error
    except SetUpError as error:
        raise SetUpError(f"{file.name}: {error}") from error


def saved_table(table: Table | None, *, variable: str = "", result: str = "") -> SavedTable | None:
    """What is kept of a user's table; its file is the one that it was read from."""
    if table is None:
        return None
    told = table.meta.get("tapwidget")
    source = str(told.get("source", "")) if isinstance(told, Mapping) else ""
    path = str(Path(source).resolve()) if source and not variable and not result and os.path.isfile(source) else ""
    return SavedTable(path, variable, result, fingerprint(table), len(table))


def saved_run(run: Run, table: SavedTable | None) -> SavedRun:
    """What is kept of a run."""
    in_parts = len(getattr(run.job, "urls", ())) > 1
    match = None if run.match is None else to_record(run.match)
    job = run.job.job_id if in_parts else run.job_url
    return SavedRun(run.name, run.visible, service_words(run.service), job, run.adql, match, table)


def find_table(saved: SavedTable, folder: Path) -> FoundTable:
    """Where that table is now: its file, else one of that name in `folder`, else the copy of a job on this disk."""
    if saved.path:
        for path in (Path(saved.path), folder / Path(saved.path).name):
            if path.is_file():
                return FoundTable(str(path))
    try:
        return FoundTable(Ledger().tables.find(TableRecord(saved.fingerprint, saved.rows)))
    except TableError:
        pass  # said below in words that fit
    if saved.path:
        return FoundTable(None, f"{saved.path} is not here any more: choose your table again.")
    name = f"The variable {saved.variable!r}" if saved.variable else "Your table"
    return FoundTable(None, f"{name} was in the memory of another kernel and in no file: choose your table again.")


def is_same_table(saved: SavedTable, table: Table) -> bool:
    """Whether this is the very table that was saved: names, types, units, masks and values.

    True of any table where it was saved before it had been opened, and is known by its path alone.
    """
    return not saved.fingerprint or (len(table) == saved.rows and fingerprint(table) == saved.fingerprint)


def found_job(saved: SavedRun, service: Service | None, folder: Path) -> Any:
    """The job of a run that was saved, found again at its service.

    `service` is the one of the set-up; a run of another one asks that. A job of another machine comes into the ledger
    of this one, so that it is finished with the user's table, as far as that is here.

    Raises
    ------
    SetUpError
        If no job was saved, or the token of this environment would go to a service that only the file names.
    ServiceError
        If the service cannot be reached, or has no such job any more.
    """
    if not saved.job:
        raise SetUpError("It had no job yet when it was saved: run it again.")
    if service is None or service_words(service) != saved.service:
        if sends_token(saved.service):
            raise SetUpError(f"It ran at {saved.service}, which would get your token: choose that service, then open.")
        service = connect(saved.service)
    ledger, known = Ledger(), _record(saved, service, folder)
    if known is None or ledger.find(saved.job) is not None:
        return service.job(saved.job)
    known = ledger.add(known)
    try:
        job = service.job(saved.job)
    except TapWidgetError:
        ledger.drop(known)
        raise
    if job.summary.parameters.get("QUERY", saved.adql).split() == saved.adql.split():
        return job
    ledger.drop(known)  # the file tells of another job
    return service.job(saved.job)


def _record(saved: SavedRun, service: Service, folder: Path) -> JobRecord | None:
    """What the ledger would know of the job, had it been submitted on this machine; None if it would know no more."""
    if saved.match is None or saved.table is None or urlsplit(saved.job)[:2] != urlsplit(service.url)[:2]:
        return None
    found = find_table(saved.table, folder)
    source = found.source if isinstance(found.source, str) else ""
    table = TableRecord(saved.table.fingerprint, saved.table.rows, source)
    job_id = saved.job.rpartition("/")[2]
    return JobRecord(
        saved.job, job_id, JobPhase.UNKNOWN, service.url, adql=saved.adql, match=saved.match, table=table,
        rows=saved.table.rows, created=datetime.now(UTC),
    )  # fmt: skip
