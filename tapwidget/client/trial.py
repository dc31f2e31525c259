"""A small trial, the first time that a table is to be uploaded to a service: does it read BINARY2 as it should?

Some services read an upload in BINARY2 as an empty table and say nothing, so that a match finds nothing: Rubin's did
until its release 3.2.0 (lsst-sqre/lsst-tap-service, CHANGELOG). Three known rows are therefore sent first, and asked
back at once (TAP 1.1, section 2.2.1: /sync). If they do not come back, they are sent again in TABLEDATA.

What was found is remembered for this service for a month, in the user's cache. Losing it costs one more trial.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import secrets
from pathlib import Path
from time import time
from typing import Literal

from astropy.table import Table

from tapwidget.client.addresses import resolve
from tapwidget.client.multipart import Multipart
from tapwidget.client.transport import Transport
from tapwidget.errors import FileFormatError, ServiceError
from tapwidget.folders import cache_directory
from tapwidget.tables.votable import to_votable
from tapwidget.tables.votable_document import read_document

log = logging.getLogger(__name__)

Serialization = Literal["BINARY2", "TABLEDATA"]
NAME = "tw_try"
# Above 2^53: where these come back wrong, so would identifiers.
ROWS = (2**53 + 1, 2, 3)
ADQL = f"SELECT t.tw_row FROM TAP_UPLOAD.{NAME} AS t"
TRIAL_S = 60.0
REMEMBERED_S = 30 * 86_400.0


def find_out(transport: Transport) -> Serialization | None:
    """In which way uploads to this service arrive whole; from memory, else by a trial.

    None if it cannot be told: the service does not answer /sync with uploads, or reads neither. No fault of a trial
    is raised, as what comes after it will tell the same of the real upload.
    """
    found = _remembered(transport.url)
    if found is None:
        found = _tried(transport)
        if found is not None:
            _remember(transport.url, found)
    return found


def _tried(transport: Transport) -> Serialization | None:
    ways: tuple[Serialization, ...] = ("BINARY2", "TABLEDATA")
    for way in ways:
        try:
            rows = _asked_back(transport, to_votable(Table({"tw_row": ROWS}), serialization=way, name=NAME))
        except (ServiceError, FileFormatError) as error:
            log.info("the trial of an upload in %s told nothing: %s", way, error)
            continue
        if rows == sorted(ROWS):
            return way
        log.info("an upload in %s came back as %s", way, rows)
    return None


def _asked_back(transport: Transport, upload: bytes) -> list[int] | None:
    """The rows that the service has read from the upload, sorted; None if its answer is none."""
    doing = "trying a small upload"
    form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": ADQL, "UPLOAD": f"{NAME},param:{NAME}"}
    body = Multipart(form, {NAME: upload})
    response = transport.post(
        f"{transport.url}/sync", body, doing=doing, read_s=TRIAL_S, headers={"Content-Type": body.content_type}
    )
    location = response.headers.get("Location", "")
    if response.is_redirect and location:
        response = transport.get(resolve(response.url, location), doing=doing, read_s=TRIAL_S)
    if response.status_code >= 400:
        return None
    document = read_document(response.content)
    if document.query_status == "ERROR" or not document.arrays:
        return None
    return sorted(int(value) for value in document.arrays[0])


def _file(url: str) -> Path:
    return Path(cache_directory(), "uploads", f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json")


def _remembered(url: str) -> Serialization | None:
    try:
        known = json.loads(_file(url).read_text(encoding="utf-8"))
        if known["service"] != url or not 0 <= time() - float(known["when"]) < REMEMBERED_S:
            return None
        return "TABLEDATA" if known["upload"] == "TABLEDATA" else "BINARY2"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(url: str, found: Serialization) -> None:
    file = _file(url)
    new = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new.write_text(json.dumps({"service": url, "upload": found, "when": time()}), encoding="utf-8")
        new.replace(file)
    except OSError as error:
        log.info("%s could not be written: %s", file, error)
        with contextlib.suppress(OSError):
            new.unlink()
