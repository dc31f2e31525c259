"""Fetches the result of a job, whole or not at all.

Streamed to a temporary file, counted against what the service announced, then read, as what it is: a service may answer
in another format than it was asked for. A result that was cut short is fetched once more from its start, and never
taken for a whole one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from time import sleep
from typing import IO

import requests
from astropy.table import Table

from tapwidget.client import faults
from tapwidget.client.addresses import mask, origin
from tapwidget.client.faults import Outage
from tapwidget.client.transport import Transport
from tapwidget.client.trial import distrust_parquet, tells_in_parquet
from tapwidget.errors import FileFormatError, JobError, ResultError
from tapwidget.tables.parquet_document import MAGIC, from_parquet
from tapwidget.tables.votable import from_votable

PIECE = 1 << 18
# How often a result may be cut short, how often the service may be away, and the longest pause after that.
TRIES = 2
OUTAGES = 4
LONGEST_PAUSE_S = 30.0
# Building a large result can take a service a while before the first byte.
READ_S = 300.0


class _CutShortError(Exception):
    """The bytes that arrived are not the whole result."""


def download(
    transport: Transport,
    url: str,
    job_url: str,
    *,
    pause: float = 0.5,
    received: Callable[[int, int | None], None] | None = None,
) -> Table:
    """The table at `url`; `received` gets bytes so far and, where announced, in total.

    Raises
    ------
    ResultError
        If it does not arrive whole, twice; if it is Parquet that does not tell whether rows were left out.
    JobError
        If it is not there any more.
    ServiceError
        If the service does not give it out, or cannot be reached.
    QueryError
        If the document says that the query failed.
    """
    cut, outages = 0, 0
    while True:
        try:
            return _once(transport, url, job_url, received)
        except _CutShortError as error:
            cut += 1
            if cut >= TRIES:
                raise ResultError(
                    f"The result at {mask(url)} did not arrive whole: {error}. It was fetched {cut} times. The job is "
                    "still there: job.result() tries again.",
                    service=mask(transport.url),
                    job_url=mask(job_url),
                ) from error
        except Outage as fault:
            outages += 1
            if outages >= OUTAGES:
                raise
            sleep(min(pause * 2**outages if fault.retry_after is None else fault.retry_after, LONGEST_PAUSE_S))


def _once(transport: Transport, url: str, job_url: str, received: Callable[[int, int | None], None] | None) -> Table:
    doing = "fetching the result of a job"
    # Compressing costs more than it gains where no network lies between.
    headers = {"Accept-Encoding": "identity"} if origin(url).is_loopback else None
    response = transport.get(url, doing=doing, stream=True, read_s=READ_S, headers=headers)
    with response, tempfile.TemporaryFile(prefix="tapwidget-") as file:
        if response.status_code in {404, 410}:
            raise JobError(
                f"{mask(transport.url)} does not have the result {mask(url)} any more (HTTP {response.status_code}): "
                "deleted, or its time to be kept is over. Submit the job again.",
                service=mask(transport.url),
                said=faults.words(response),
                job_url=mask(job_url),
            )
        faults.check(response, doing, service=mask(transport.url))
        _save(response, file, received)
        file.seek(0)
        is_parquet = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        try:
            table = from_parquet(file) if is_parquet else from_votable(file)
        except FileFormatError as error:
            raise _CutShortError(str(error).rstrip(".")) from error
    if is_parquet:
        _check_told(table, transport, url, job_url, response.headers.get("Server", ""))
    return table


def _check_told(table: Table, transport: Transport, url: str, job_url: str, server: str) -> None:
    """A table from Parquet says that rows were left out, or is known to say so if they were."""
    status = table.meta["query_status"]
    if status == "OVERFLOW" or (status == "OK" and tells_in_parquet(transport.url, server)):
        return
    distrust_parquet(transport.url)
    service = mask(transport.url)
    raise ResultError(
        f"The result at {mask(url)} is in Parquet, from which it cannot be told whether {service} left out rows at its "
        "limit: it is not taken for a whole one. Submit the job again, to be answered in a VOTable; or fetch the file "
        "at that address yourself.",
        service=service,
        job_url=mask(job_url),
    )


def _save(response: requests.Response, file: IO[bytes], received: Callable[[int, int | None], None] | None) -> None:
    announced = response.headers.get("Content-Length", "")
    # With an encoding, the length announced is that of the compressed bytes.
    total = int(announced) if announced.isdigit() and not response.headers.get("Content-Encoding") else None
    done = 0
    try:
        for piece in response.iter_content(PIECE):
            file.write(piece)
            done += len(piece)
            if received is not None:
                received(done, total)
    except requests.RequestException as error:
        raise _CutShortError(f"the connection broke after {done} bytes") from error
    if total is not None and done != total:
        raise _CutShortError(f"{done} of {total} bytes came")
