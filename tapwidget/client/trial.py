"""A small trial, the first time that a table is to be uploaded to a service: does it read and write what it should?

Some services read an upload in BINARY2 as an empty table and say nothing, so that a match finds nothing: Rubin's did
until its release 3.2.0 (lsst-sqre/lsst-tap-service, CHANGELOG). Three known rows are therefore sent first, and asked
back at once (TAP 1.1, section 2.2.1: /sync). If they do not come back, they are sent again in TABLEDATA.

Where the service offers Parquet, the rows are asked back as such, and only two of the three: a service that writes the
description before the rows, as some do, says that nothing is missing. Such Parquet is not asked for again.

What was found is remembered for this service for a month, in the user's cache. Losing it costs one more trial.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from time import time

from astropy.table import Table

from tapwidget.client.addresses import resolve
from tapwidget.client.multipart import Multipart
from tapwidget.client.transport import Transport
from tapwidget.errors import FileFormatError, ServiceError
from tapwidget.folders import cache_directory
from tapwidget.match.dialects import dialect_of
from tapwidget.tables.parquet_document import MAGIC, read_parquet
from tapwidget.tables.votable import to_votable
from tapwidget.tables.votable_document import Document, read_document

log = logging.getLogger(__name__)

SERIALIZATIONS = ("BINARY2", "TABLEDATA")
NAME = "tw_try"
# Above 2^53, and odd: where these come back wrong, so would identifiers.
ROWS = (2**53 + 1, 2**53 + 3, 2**53 + 5)
FEWER = 2
ADQL = f"SELECT t.tw_row FROM TAP_UPLOAD.{NAME} AS t"
TRIAL_S = 60.0
REMEMBERED_S = 30 * 86_400.0
# Rows of an upload from which a trial of Parquet is worth a request of its own.
WORTH_A_TRIAL = 50_000


@dataclass(frozen=True)
class Found:
    """What is known of a service; None for what could not be told.

    `upload` is the way in which uploads arrive whole, `parquet` whether its Parquet says it when rows were left out.
    """

    upload: str | None = None
    parquet: bool | None = None


def find_out(transport: Transport, upload: str | None = None, parquet: str = "") -> Found:
    """In which way uploads to this service arrive whole, and whether its Parquet tells; from memory, else by a trial.

    No fault of a trial is raised, as what comes after it will tell the same of the real upload.

    Parameters
    ----------
    upload
        How uploads arrive whole, where that is known already; else it is found out.
    parquet
        What Parquet is called there; "" if that is not to be tried.
    """
    known = _remembered(transport.url)
    known = replace(known, upload=upload or known.upload)
    if known.upload is not None and (known.parquet is not None or not parquet):
        return known
    found = _tried(transport, known, "" if known.parquet is not None else parquet)
    if found != known:
        _remember(transport.url, found)
    return found


def tells_in_parquet(url: str, server: str = "") -> bool:
    """Whether Parquet from this service is known to say it when rows were left out. `server` is that header.

    What a trial found counts for results as long as it is remembered: they may be older than the month.
    """
    known = dialect_of(url, server=server).tells_in_parquet
    return bool(_remembered(url, ever=True).parquet if known is None else known)


def distrust_parquet(url: str) -> None:
    """Ask this service for no more Parquet: what came from it did not tell."""
    _remember(url, replace(_remembered(url), parquet=False))


def _tried(transport: Transport, known: Found, parquet: str) -> Found:
    found = known
    for way in SERIALIZATIONS if known.upload is None else (known.upload,):
        upload = to_votable(Table({"tw_row": ROWS}), serialization=way, name=NAME)
        if parquet:
            answer = _asked_back(transport, upload, parquet)
            is_ours = answer is not None and _are_ours(answer, FEWER)
            if answer is not None and (is_ours or known.upload is not None):
                return Found(way, is_ours and answer.is_parquet and answer.overflow)
        if found.upload is None:
            answer = _asked_back(transport, upload)
            if answer is not None and _are_ours(answer, len(ROWS)):
                # What is wrong with the same in Parquet lies in that.
                return Found(way, False if parquet else found.parquet)
        log.info("an upload in %s did not come back", way)
    return found


@dataclass(frozen=True)
class _Answer:
    rows: list[int]
    overflow: bool
    is_parquet: bool


def _are_ours(answer: _Answer, least: int) -> bool:
    """Whether rows are those that were sent, none twice, and none that a double would have made another."""
    return set(answer.rows) <= set(ROWS) and len(set(answer.rows)) == len(answer.rows) >= least


def _asked_back(transport: Transport, upload: bytes, parquet: str = "") -> _Answer | None:
    """What the service has read from the upload; None if its answer is none."""
    form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": ADQL, "UPLOAD": f"{NAME},param:{NAME}"}
    if parquet:
        form |= {"RESPONSEFORMAT": parquet, "MAXREC": str(FEWER)}
    try:
        content = _post(transport, Multipart(form, {NAME: upload}))
        is_parquet = content.startswith(MAGIC)
        document: Document = read_parquet(content) if is_parquet else read_document(content)
    except (ServiceError, FileFormatError) as error:
        log.info("the trial of an upload%s told nothing: %s", " and Parquet" if parquet else "", error)
        return None
    if document.query_status == "ERROR" or not (document.arrays or is_parquet):
        return None
    rows = [int(value) for value in document.arrays[0]] if document.arrays else []
    return _Answer(rows, document.overflow, is_parquet)


def _post(transport: Transport, body: Multipart) -> bytes:
    doing = "trying a small upload"
    response = transport.post(
        f"{transport.url}/sync", body, doing=doing, read_s=TRIAL_S, headers={"Content-Type": body.content_type}
    )
    location = response.headers.get("Location", "")
    if response.is_redirect and location:
        response = transport.get(resolve(response.url, location), doing=doing, read_s=TRIAL_S)
    return response.content if response.status_code < 400 else b""


def _file(url: str) -> Path:
    return Path(cache_directory(), "uploads", f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json")


def _remembered(url: str, *, ever: bool = False) -> Found:
    try:
        known = json.loads(_file(url).read_text(encoding="utf-8"))
        if known["service"] != url or not (ever or 0 <= time() - float(known["when"]) < REMEMBERED_S):
            return Found()
        upload, parquet = known["upload"], known.get("parquet")
        return Found(upload if upload in SERIALIZATIONS else None, parquet if isinstance(parquet, bool) else None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Found()


def _remember(url: str, found: Found) -> None:
    file = _file(url)
    new = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    known = {"service": url, "upload": found.upload, "parquet": found.parquet, "when": time()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new.write_text(json.dumps(known), encoding="utf-8")
        new.replace(file)
    except OSError as error:
        log.info("%s could not be written: %s", file, error)
        with contextlib.suppress(OSError):
            new.unlink()
