"""A TAP service: what it can do, what it holds, and the jobs one gives to it.

Source: TAP 1.1; VOSI 1.1; UWS 1.1.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from astropy.table import Table

from tapwidget.client import faults
from tapwidget.client.addresses import mask, origin, resolve
from tapwidget.client.capabilities import Capabilities, read_capabilities, says_simulated
from tapwidget.client.documents import NotXmlError
from tapwidget.client.follower import Pace, ask
from tapwidget.client.job import Job
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.client.metadata import Metadata
from tapwidget.client.plan import Plan, make_plan
from tapwidget.client.submission import Order, Serializations, Submission, list_jobs, told
from tapwidget.client.transport import Transport
from tapwidget.errors import FileFormatError, JobError, MatchError, ServiceUnavailableError
from tapwidget.ivoa import tapschema
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.uws import JobPhase, JobSummary
from tapwidget.match.dialects import dialect_of
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch
from tapwidget.tables.files import as_table
from tapwidget.tables.preflight import prepare

if TYPE_CHECKING:
    from pyvo.dal import TAPService

    from tapwidget.tables.votable_document import Document

log = logging.getLogger(__name__)

RUN_ID = "tapwidget"
UPLOAD = "ut1"
SYNC_S = 120.0
JOBS_LISTED = 100


class Service:
    """A TAP service. Made by `connect`; making one asks nothing of the network. Safe to use from several threads.

    Parameters
    ----------
    url : str
        Base URL, without user and password.
    name : str
        What people call it; the host if empty.
    session : requests.Session or pyvo AuthSession, optional
        Sends the requests, with the credentials it has.
    token, user : str, (str, str)
        A token sent as Bearer, or user and password; to this service's host only.
    is_simulated : bool
        Whether it is known to serve the simulated sky.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "",
        session: Any = None,
        token: str = "",
        user: tuple[str, str] | None = None,
        is_simulated: bool = False,
        ledger: Ledger | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._transport = Transport(url, session=session, token=token, user=user)
        self._name = name or urlsplit(url).netloc
        self._is_simulated = is_simulated
        self._ledger = ledger or Ledger()
        self._pace = pace or Pace()
        self._known = Serializations()
        self._metadata = Metadata(self._transport, self._search)
        self._lock = RLock()
        self._capabilities: Capabilities | None = None

    @property
    def url(self) -> str:
        """Base URL of the service."""
        return mask(self._transport.url)

    @property
    def name(self) -> str:
        """What people call it."""
        return self._name

    @property
    def is_simulated(self) -> bool:
        """Whether its tables are simulated, as far as it is known by now: it tells with its limits and tables."""
        return self._is_simulated

    @property
    def pyvo(self) -> TAPService:
        """The same service for pyvo, with the same session: for all that tapwidget does not do."""
        from pyvo.dal import TAPService

        return TAPService(self._transport.url, session=self._transport.session)

    def limits(self) -> Limits:
        """How much it takes and gives, from its capabilities; read once.

        Raises
        ------
        ServiceUnavailableError
            If it cannot be reached, or is no TAP service.
        AuthenticationError
            If it does not let us in.
        """
        with self._lock:
            if self._capabilities is None:
                self._capabilities = self._read_capabilities()
                self._is_simulated = self._is_simulated or self._capabilities.is_simulated
            return self._capabilities.limits

    def tables(self) -> list[tapschema.Table]:
        """All its tables, without their columns; read once. Raises what `limits` does."""
        tables = self._metadata.tables()
        own = [t for t in tables if not t.name.lower().startswith(("tap_schema.", "tap_upload."))]
        if own and all(says_simulated(t.description) for t in own):
            self._is_simulated = True
        return tables

    def table(self, name: str) -> tapschema.Table:
        """One table with its columns; read once. The name as in ADQL ("dp1.Object"), without regard to case.

        Raises
        ------
        TargetError
            If it has no such table; the message names the ones that come close.
        """
        return self._metadata.table(name)

    def plan(self, match: Match, table: Any) -> Plan:
        """What this service would get for `match` with the user's `table`, and what was changed to make it fit.

        Raises
        ------
        TargetError
            If the service has no such target.
        MatchError, ColumnError
            If the match does not fit the tables.
        """
        return self._plan(match, as_table(table))

    def submit(
        self,
        query: Match | str,
        table: Any = None,
        *,
        uploads: Mapping[str, Any] | None = None,
        maxrec: int | None = None,
        run_id: str = "",
    ) -> Job:
        """Create a job and set it running; returns at once, while the job is followed in the background.

        Parameters
        ----------
        query : SkyMatch, IdentifierMatch or str
            What to match, or ADQL.
        table : table-like
            The user's table: an astropy Table, a path, a data frame, ... With ADQL it is the upload "ut1".
        uploads : mapping of str to table-like
            With ADQL only: tables by their names in the query, used there as TAP_UPLOAD.<name>.
        maxrec : int
            The most rows to return. If None: for a match as many as the service gives at all, since a match that was
            cut is none; for ADQL the service's own default.
        run_id : str
            A name for the job in the service's lists; one that begins with "tapwidget" if empty.

        Raises
        ------
        TargetError, MatchError, ColumnError
            Before anything was sent.
        UploadError
            If the upload is more than the service takes.
        QueryError, ServiceUnavailableError, AuthenticationError
            If the service refuses, or cannot be reached.
        """
        user_table: Table | None = None
        plan: Plan | None = None
        if isinstance(query, SkyMatch | IdentifierMatch):
            if table is None:
                raise MatchError("A match needs your table: service.submit(match, table).")
            if uploads:
                raise MatchError("A match makes its own upload; `uploads` goes with ADQL.")
            # A copy: a table that is sorted while its job runs must not be joined to the wrong rows.
            user_table = as_table(table).copy()
            plan = self._plan(query, user_table)
            adql, changes = plan.adql, plan.changes
            tables = {plan.upload.name: plan.upload.table}
            sources = {plan.upload.name: _source(user_table)}
        else:
            if not isinstance(query, str):
                raise MatchError(f"{type(query).__name__} is no query. Give ADQL, or a match: submit(match, table).")
            adql = query.strip()
            if not adql:
                raise MatchError("The query is empty. Give ADQL, or a match.")
            given = {**(uploads or {}), **({} if table is None else {UPLOAD: table})}
            tables, sources, changes = _as_uploads(given)
        limits = self.limits()
        order = Order(
            adql=adql,
            uploads=tables,
            maxrec=plan.maxrec if plan and maxrec is None else maxrec,
            # Unlike any other, so that a job can be found whose creation was never confirmed.
            run_id=run_id or f"{RUN_ID}-{secrets.token_hex(4)}",
            response_format=_response_format(limits),
            sources=sources,
        )
        submission = Submission(self._transport, self._ledger, order, limits, self._known)
        url = submission.send()
        job = Job(
            self._transport,
            url,
            adql=adql,
            plan=plan,
            table=user_table,
            changes=(*changes, *submission.notes),
            summary=JobSummary(job_id=url.rpartition("/")[2], run_id=order.run_id),
            remember=submission.remember,
            replace=submission.again,
            forget=submission.forget,
            push=True,
            pace=self._pace,
        )
        job._watch()
        return job

    def jobs(self) -> list[JobRecord]:
        """Jobs given to this service, newest first: those of the ledger on this disk, and those that the service lists.

        Raises
        ------
        AuthenticationError
            If the service wants to know first who asks.
        ServiceUnavailableError
            If it cannot be reached.
        """
        records = self._ledger.records(self._transport.url)
        listed = dict(list_jobs(self._transport, last=JOBS_LISTED))
        by_run_id = {summary.run_id: url for url, summary in listed.items() if summary.run_id}
        found = []
        for record in records:
            # One whose creation was never confirmed may be in the service's list all the same.
            url = record.url or by_run_id.get(record.run_id, "")
            summary = listed.pop(url, None)
            known = record if summary is None else told(record, summary)
            found.append(replace(known, url=mask(url), job_id=known.job_id or url.rpartition("/")[2]))
        for url, summary in listed.items():
            blank = JobRecord(mask(url), summary.job_id, summary.phase, self.url, run_id=summary.run_id)
            found.append(told(blank, summary))
        return sorted(found, key=lambda r: r.created.timestamp() if r.created else 0.0, reverse=True)

    def job(self, url_or_id: str) -> Job:
        """A job of this service found again, by its URL or identifier: followed on if it runs, fetched if it is done.

        Its result is the service's own answer: the user's table of a match is not here to be joined on.

        Raises
        ------
        JobError
            If the service has no such job, or the URL is another service's.
        """
        base = f"{self._transport.url}/async/"
        url = resolve(base, url_or_id.strip()).partition("?")[0].rstrip("/")
        if origin(url) != self._transport.home:
            raise JobError(
                f"{mask(url)} is not a job of {self.url}. Connect to the service it belongs to, and ask there.",
                service=self.url,
                job_url=mask(url),
            )
        summary = ask(self._transport, url)
        record = self._ledger.find(url)

        def remember(news: JobSummary, _url: str) -> None:
            if record is None:
                return
            try:
                self._ledger.write(told(record, news))
            except OSError as error:
                # The ledger has the job's address; its phase the service will tell.
                log.warning("the job %s could not be written to %s: %s", news.job_id, self._ledger.place, error)

        job = Job(
            self._transport,
            url,
            adql=record.adql if record else "",
            summary=summary,
            remember=remember,
            forget=None if record is None else partial(self._ledger.drop, record),
            # One of ours that never began was meant to; another's may be waiting for its owner.
            push=record is not None and summary.phase is JobPhase.PENDING,
            pace=self._pace,
        )
        job._watch()
        return job

    def __repr__(self) -> str:
        simulated = " (simulated sky)" if self._is_simulated else ""
        return f"<Service {self._name}{simulated} {self.url}>"

    def _plan(self, match: Match, table: Table) -> Plan:
        dialect = dialect_of(self._transport.url)
        maxrec = most_rows(self.limits())
        return make_plan(match, table, self.table(match.target), dialect=dialect, service=self.url, maxrec=maxrec)

    def _read_capabilities(self) -> Capabilities:
        doing = "reading its capabilities"
        response = faults.check(
            self._transport.get(f"{self._transport.url}/capabilities", doing=doing), doing, service=self.url
        )
        try:
            found = read_capabilities(response.content)
        except NotXmlError as error:
            raise faults.of_response(response, doing, service=self.url) from error
        if found is None:
            raise ServiceUnavailableError(
                f"{self.url} is a service of the Virtual Observatory, but none for TAP. Look up its TAP address.",
                service=self.url,
            )
        return found

    def _search(self, adql: str, maxrec: int) -> Document:
        """The answer to a small query, at once (TAP 1.1, section 2.2.1: /sync)."""
        from tapwidget.tables.votable_document import read_document

        doing = "asking for its tables"
        form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": adql, "MAXREC": str(maxrec)}
        response = self._transport.post(f"{self._transport.url}/sync", form, doing=doing, read_s=SYNC_S)
        location = response.headers.get("Location", "")
        if response.is_redirect and location:
            response = self._transport.get(resolve(response.url, location), doing=doing, read_s=SYNC_S)
        faults.check(response, doing, service=self.url)
        try:
            document = read_document(response.content)
        except FileFormatError as error:
            raise faults.of_response(response, doing, service=self.url) from error
        if document.query_status == "ERROR":
            raise faults.of_query(document.query_message, self.url)
        return document


def _as_uploads(given: Mapping[str, Any]) -> tuple[dict[str, Table], dict[str, str], tuple[str, ...]]:
    """Tables as they will travel for a query written by hand: all their columns, made acceptable."""
    tables: dict[str, Table] = {}
    sources: dict[str, str] = {}
    changes: list[str] = []
    for name, item in given.items():
        table = as_table(item, name=name)
        upload = prepare(table, table.colnames, position=None, name=name)
        tables[name] = upload.table
        # Our row number would turn up in the answer to SELECT *, and nobody asked for it.
        tables[name].remove_column(upload.row_column)
        sources[name] = _source(table)
        changes += upload.changes
    return tables, sources, tuple(changes)


def _source(table: Table) -> str:
    """The file a table came from, as far as it is known."""
    of_table = table.meta.get("tapwidget")
    return str(of_table.get("source", "")) if isinstance(of_table, dict) else ""


def most_rows(limits: Limits) -> int | None:
    """How many rows to ask for so that none is left out: the hard limit, where it is more than what comes unasked."""
    if limits.maxrec_hard is None or limits.maxrec_default is None or limits.maxrec_hard <= limits.maxrec_default:
        return None
    return limits.maxrec_hard


def _response_format(limits: Limits) -> str:
    """BINARY2 where the service offers it by name: exact, small, and a thirtieth of the time to read."""
    return next(
        (name for name in limits.output_formats if "serialization=binary2" in name.lower().replace(" ", "")), ""
    )
