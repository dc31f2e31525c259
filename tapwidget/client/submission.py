"""One query on its way to being a job: created, written into the ledger, set running; again in TABLEDATA if need be.

The order is what keeps a job from being lost: the ledger knows of the attempt before the service does, and of the job's
address before it runs. Source: UWS 1.1, section 2.2.3.1 (creating); TAP 1.1, sections 2.3 and 2.7.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import requests
from astropy.table import Table

from tapwidget.client import faults
from tapwidget.client.addresses import mask, origin, resolve
from tapwidget.client.chunks_plan import is_doubtful
from tapwidget.client.documents import NotXmlError
from tapwidget.client.encoded import IN_TEXT, Encoded
from tapwidget.client.excerpt import Uploaded
from tapwidget.client.faults import Outage
from tapwidget.client.ledger import JobRecord, Ledger, UploadRecord
from tapwidget.client.multipart import Multipart
from tapwidget.client.own_table import OwnTable
from tapwidget.client.too_large import BrokenOffError, OverLimitError, check_limits, mebibytes
from tapwidget.client.transport import Transport
from tapwidget.client.uws_document import read_job, read_jobs
from tapwidget.errors import (
    MatchError,
    QueryError,
    ServiceError,
    ServiceUnavailableError,
    TapWidgetError,
)
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.uws import JobPhase, JobSummary
from tapwidget.match.record import to_record
from tapwidget.match.spec import Match

log = logging.getLogger(__name__)

# A service may unpack and load a large upload before it answers.
CREATE_S = 600.0
RUN_S = 180.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LOOK_BACK = 50
NOTHING = Table()
# How the address of a job ends (TAP 1.1, section 2.1: the jobs are below /async).
AS_JOB = re.compile(r"/async/[^/]+$")
# Words of a service that could not read the upload, as far as its serialization may be why.
ABOUT_UPLOAD = re.compile(r"binary2?\b|votable|serializ|stream|base64|upload", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """What is asked of the service. `uploads` by their names in the query; `sources` say where each came from.

    `match` and the user's whole `table` go into the ledger, so that the match can be finished in another kernel.
    """

    adql: str
    uploads: Mapping[str, Uploaded]
    maxrec: int | None
    run_id: str
    response_format: str = ""
    sources: Mapping[str, str] | None = None
    match: Match | None = None
    table: OwnTable | None = None


class Serializations:
    """Which way of writing uploads a service takes: BINARY2 until it proves not to. Kept by one service object."""

    def __init__(self) -> None:
        self.best = "BINARY2"
        self.is_proven = False

    def prove(self, serialization: str) -> None:
        self.best, self.is_proven = serialization, True


class Submission:
    """The one attempt, or two, to have an order carried out."""

    def __init__(
        self, transport: Transport, ledger: Ledger, order: Order, limits: Limits, known: Serializations
    ) -> None:
        self._transport = transport
        self._ledger = ledger
        self._order = order
        self._limits = limits
        self._known = known
        self._serialization = known.best
        self._record = JobRecord("", "", JobPhase.UNKNOWN, transport.url)
        self.notes: list[str] = []

    @property
    def can_try_tabledata(self) -> bool:
        return bool(self._order.uploads) and not self._known.is_proven and self._serialization == "BINARY2"

    def send(self) -> str:
        """Create the job and set it running; returns its address.

        Raises
        ------
        UploadError
            If the upload is more than the service takes.
        QueryError
            If the service refuses it, in either serialization.
        ServiceError
            If it cannot be reached, or does not let us in.
        """
        try:
            url = self._send()
        except QueryError as error:
            if not (self.can_try_tabledata and ABOUT_UPLOAD.search(error.said)):
                raise
            self._serialization = "TABLEDATA"
            url = self._send()
        if self._order.uploads and self._serialization == "TABLEDATA":
            self.notes.append(IN_TEXT)
        if not self.can_try_tabledata:
            self._let_go()
        return url

    def again(self, summary: JobSummary) -> str:
        """The address of a job in TABLEDATA, in place of one that may have failed for its BINARY2; else ""."""
        if not (self.can_try_tabledata and ABOUT_UPLOAD.search(summary.error_message)):
            return ""
        self.remember(summary, self._record.url)
        self._serialization = "TABLEDATA"
        try:
            return self._send()
        except TapWidgetError as error:
            # The job that failed has told its reason, which is the one to be shown.
            log.info("the upload in TABLEDATA was refused too: %s", error)
            return ""
        finally:
            self._let_go()

    def forget(self) -> None:
        """Take the job out of the ledger: it was deleted on request."""
        self._ledger.drop(self._record)

    def remember(self, summary: JobSummary, url: str) -> None:
        """Write a job's new state into the ledger."""
        if self._record.url != url:
            return
        if summary.phase is JobPhase.COMPLETED and self._order.uploads:
            self._known.prove(self._serialization)
            self._let_go()
        self._write(told(self._record, summary))

    def _let_go(self) -> None:
        """Of the tables, which will not be sent again: whoever follows the job has this object."""
        self._order = replace(self._order, uploads=dict.fromkeys(self._order.uploads, NOTHING), table=None)

    def _send(self) -> str:
        files = self._encoded()
        self._write(
            JobRecord(
                url="",
                job_id="",
                phase=JobPhase.UNKNOWN,
                service=self._transport.url,
                adql=self._order.adql,
                rows=sum(len(t) for t in self._order.uploads.values()) if self._order.uploads else None,
                created=datetime.now(UTC),
                run_id=self._order.run_id,
                uploads=tuple(self._upload_record(name, content) for name, content in files.items()),
                match=match_record(self._order.match),
                table=None if self._order.table is None else self._order.table.record,
            ),
            is_new=True,
        )
        self._keep_table()
        url = self._create(files)
        self._write(
            replace(self._record, url=url, job_id=url.rpartition("/")[2], phase=JobPhase.PENDING), is_vital=True
        )
        self._run(url)
        return url

    def _encoded(self) -> dict[str, Encoded]:
        files = {
            name: Encoded(t, serialization=self._serialization, name=name) for name, t in self._order.uploads.items()
        }
        check_limits(self._limits, self._order.uploads, sum(len(c) for c in files.values()), self._transport.url)
        return files

    def _upload_record(self, name: str, content: Encoded) -> UploadRecord:
        source = (self._order.sources or {}).get(name, "")
        return UploadRecord(name, len(self._order.uploads[name]), len(content), content.sha256, source)

    def _keep_table(self) -> None:
        note = "" if self._order.table is None else self._order.table.keep(self._ledger, self._record)
        if note:
            self.notes.append(note)

    def _create(self, files: Mapping[str, Encoded]) -> str:
        """The address of the new job."""
        try:
            return self._address(self._post(f"{self._transport.url}/async", files))
        except Outage as fault:
            found = "" if fault.is_undone else self._find_by_run_id()
            if found:
                return found
            if fault.is_undone:
                self._ledger.drop(self._record)
                raise
            size = sum(map(len, files.values()))
            if found is not None and fault.is_broken and is_doubtful(size, self._limits):
                self._ledger.drop(self._record)
                raise BrokenOffError(
                    f"{fault} Some servers do that with an upload that is more than they take, and this one was "
                    f"{mebibytes(size)}: send fewer rows or fewer columns, if it happens again.",
                    service=fault.service,
                    said=fault.said,
                ) from fault
            raise ServiceUnavailableError(
                f"{fault} The job may have been created all the same: service.jobs() shows it if it was, with "
                f"run_id {self._order.run_id!r}.",
                service=fault.service,
                said=fault.said,
            ) from fault
        except TapWidgetError:
            self._ledger.drop(self._record)
            raise

    def _post(self, url: str, files: Mapping[str, Encoded]) -> requests.Response:
        order = self._order
        form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": order.adql, "RUNID": order.run_id}
        if order.maxrec is not None:
            form["MAXREC"] = str(order.maxrec)
        if order.response_format:
            form["RESPONSEFORMAT"] = order.response_format
        doing = "creating a job"
        if not files:
            return self._transport.post(url, form, doing=doing, read_s=CREATE_S)
        form["UPLOAD"] = ";".join(f"{name},param:{name}" for name in files)
        body = Multipart(form, files)
        return self._transport.post(
            url, body, doing=doing, read_s=CREATE_S, headers={"Content-Type": body.content_type}
        )

    def _address(self, response: requests.Response) -> str:
        service = mask(self._transport.url)
        location = response.headers.get("Location", "")
        if response.status_code in REDIRECTS | {201} and location:
            url = resolve(response.url, location).partition("?")[0].rstrip("/")
            # A job may live on another host of the service; a page to log in is no job.
            if origin(url) != self._transport.home and not AS_JOB.search(url):
                raise ServiceUnavailableError(
                    f"While creating a job, {service} sent us to {mask(url)}, which is no job. It may want a login: "
                    "open the address in a browser to see.",
                    service=service,
                )
            return url
        if response.status_code == 413:
            raise OverLimitError(str(faults.of_response(response, "creating a job", service=service)))
        faults.check(response, "creating a job", service=service)
        try:
            return f"{self._transport.url}/async/{read_job(response.content, self._transport.url).job_id}"
        except NotXmlError:
            said = faults.words(response)
            if said and response.status_code == 200:
                raise faults.of_query(said, service) from None
            raise faults.of_response(response, "creating a job", service=service) from None

    def _run(self, url: str) -> None:
        doing = "setting a job running"
        try:
            response = self._transport.post(f"{url}/phase", {"PHASE": "RUN"}, doing=doing, read_s=RUN_S)
            faults.check(response, doing, service=mask(self._transport.url))
        except Outage as fault:
            # It may or may not have begun. Whoever follows the job sees, and pushes it once more if it did not.
            self.notes.append(f"Setting the job running was not confirmed: {fault}")
        except ServiceError as error:
            self._write(replace(self._record, phase=JobPhase.ERROR, message=str(error)))
            raise

    def _find_by_run_id(self) -> str | None:
        """The address of the job that the service made of a request whose answer got lost.

        "" if it knows of none, None if it could not be asked.
        """
        try:
            for url, summary in list_jobs(self._transport, last=LOOK_BACK):
                if summary.run_id == self._order.run_id:
                    return url
        except ServiceError as error:
            log.info("the list of jobs could not be searched for %s: %s", self._order.run_id, error)
            return None
        return ""

    def _write(self, record: JobRecord, *, is_new: bool = False, is_vital: bool = False) -> None:
        try:
            self._record = self._ledger.add(record) if is_new else self._ledger.write(record, is_vital=is_vital)
        except OSError as error:
            self._record = record
            note = f"The job could not be written to {self._ledger.place} ({error}): keep its URL to find it again."
            if note not in self.notes:
                self.notes.append(note)
                log.warning(note)


def match_record(match: Match | None) -> dict[str, Any] | None:
    """A match for the ledger; None where there is none, or it holds what cannot be written down."""
    try:
        return None if match is None else to_record(match)
    except MatchError as error:
        log.info("%s", error)
        return None


def told(record: JobRecord, summary: JobSummary) -> JobRecord:
    """The record, with what the service says of the job now."""
    return replace(
        record,
        phase=summary.phase,
        created=record.created or summary.creation_time,
        started=summary.start_time or record.started,
        ended=summary.end_time or record.ended,
        destruction=summary.destruction or record.destruction,
        message=summary.error_message or record.message,
    )


def list_jobs(transport: Transport, *, last: int) -> list[tuple[str, JobSummary]]:
    """The user's newest jobs at the service, each with its address; none where a service keeps no list.

    Raises
    ------
    AuthenticationError
        If it wants to know first who asks.
    ServiceUnavailableError
        If it cannot be reached.
    """
    url, doing = f"{transport.url}/async", "listing the jobs"
    response = transport.get(url, doing=doing, params={"LAST": str(last)})
    if response.status_code in {403, 404, 405, 501}:
        log.debug("%s gives out no list of jobs (HTTP %s)", mask(url), response.status_code)
        return []
    faults.check(response, doing, service=mask(transport.url))
    try:
        jobs = read_jobs(response.content, url)
    except NotXmlError as error:
        raise faults.of_response(response, doing, service=mask(transport.url)) from error
    return [(job_url, summary) for job_url, summary in jobs if origin(job_url).host]
