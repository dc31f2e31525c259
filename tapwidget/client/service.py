"""A TAP service: what it can do, what it holds, and the jobs one gives to it.

Source: TAP 1.1; VOSI 1.1; UWS 1.1.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from astropy.table import Table

from tapwidget.client import availability, faults, found_again
from tapwidget.client.addresses import mask
from tapwidget.client.capabilities import Capabilities, read_capabilities, says_simulated
from tapwidget.client.chunks import ChunkedJob
from tapwidget.client.chunks_made import again, in_parts
from tapwidget.client.chunks_plan import in_words, parts_needed, why_in_parts
from tapwidget.client.documents import NotXmlError
from tapwidget.client.follower import Pace
from tapwidget.client.job import Job
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.client.metadata import Metadata
from tapwidget.client.orders import most_rows, order_of, parquet_name
from tapwidget.client.outgoing import Outgoing, of_adql, of_match, of_plan
from tapwidget.client.plan import Plan, make_plan
from tapwidget.client.short_query import answer
from tapwidget.client.submission import Order, Serializations, Submission
from tapwidget.client.table_search import FoundTables, TableSearch
from tapwidget.client.too_large import OverLimitError
from tapwidget.client.transport import Transport
from tapwidget.client.trial import WORTH_A_TRIAL, find_out, tells_in_parquet
from tapwidget.errors import ServiceUnavailableError
from tapwidget.ivoa import tapschema
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.uws import JobSummary
from tapwidget.match.dialects import Dialect, dialect_of
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch
from tapwidget.tables.files import as_table

if TYPE_CHECKING:
    from pyvo.dal import TAPService

RUN_ID = "tapwidget"


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
        self._tried: set[str] = set()
        ask = partial(answer, self._transport)
        self._metadata = Metadata(self._transport, ask)
        self._table_search = TableSearch(self._metadata, ask)
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
        return self._told().limits

    def dialect(self) -> Dialect:
        """What is known of its kind: how a match is written for it, and facts with their sources.

        Raises what `limits` does.
        """
        told = self._told()
        return dialect_of(self._transport.url, server=told.server, functions=told.limits.functions, name=self._name)

    def notice(self) -> str:
        """What it says about being down, now or soon, as a sentence; "" if nothing. Asks each time, raises nothing."""
        return availability.in_words(self._transport)

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

    def find_tables(self, words: str) -> FoundTables:
        """The tables that match all these words, and which of their columns do.

        Words are parts of a name, a description, a schema or a UCD, without regard to case: "parallax",
        "pos.eq.ra", "gaia proper motion". Either the table itself or one of its columns matches.

        Raises
        ------
        QueryError
            If the service does not answer questions about its columns.
        ServiceError
            If it cannot be reached.
        """
        return self._table_search.find(words)

    def plan(self, match: Match, table: Any) -> Plan:
        """What this service would get for `match` with the user's `table`, and what was changed to make it fit.

        Raises
        ------
        TargetError
            If the service has no such target.
        MatchError, ColumnError
            If the match does not fit the tables.
        UploadError
            If the upload is far more than the service takes.
        """
        plan = self._plan(match, as_table(table))
        limits = self.limits()
        parts = parts_needed(plan.upload.table, limits)
        if parts <= 1:
            return plan
        return replace(plan, changes=(*plan.changes, in_words(parts, why_in_parts(parts, plan.upload.rows, limits))))

    def submit(
        self,
        query: Match | str,
        table: Any = None,
        *,
        uploads: Mapping[str, Any] | None = None,
        maxrec: int | None = None,
        run_id: str = "",
    ) -> Job | ChunkedJob:
        """Create a job and set it running; returns at once, while the job is followed in the background.

        A match whose upload is more than the service takes at once goes in several jobs, which look like one.

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
            If the service takes no uploads, or tables that go with ADQL are more than it takes.
        QueryError, ServiceUnavailableError, AuthenticationError
            If the service refuses, or cannot be reached.
        """
        outgoing = self._outgoing(query, table, uploads)
        limits = self.limits()
        if outgoing.uploads and limits.upload:
            self._try_uploads(sum(map(len, outgoing.uploads.values())))
        # Unlike any other, so that a job can be found whose creation was never confirmed.
        order = self._order(outgoing, maxrec, run_id or f"{RUN_ID}-{secrets.token_hex(4)}")
        parts = parts_needed(outgoing.plan.upload.table, limits) if outgoing.plan else 0
        if not parts:
            try:
                return self._send(order, outgoing, limits)
            except OverLimitError:
                if outgoing.plan is None:
                    raise
        job = in_parts(
            outgoing,
            parts or 2,
            order=order,
            send=partial(self._send, limits=limits),
            find=self._job,
            ledger=self._ledger,
            limits=limits,
            service=self._transport.url,
            maxrec=maxrec,
            pace=self._pace,
        )
        job.start()
        return job

    def _send(self, order: Order, outgoing: Outgoing, limits: Limits) -> Job:
        submission = Submission(self._transport, self._ledger, order, limits, self._known)
        url = submission.send()
        job = Job(
            self._transport,
            url,
            adql=outgoing.adql,
            plan=outgoing.plan,
            table=outgoing.table,
            changes=(*outgoing.changes, *submission.notes),
            summary=JobSummary(job_id=url.rpartition("/")[2], run_id=order.run_id),
            remember=submission.remember,
            replace=submission.again,
            forget=submission.forget,
            push=True,
            pace=self._pace,
        )
        job._watch()
        return job

    def jobs(self, *, ask: bool = True) -> list[JobRecord]:
        """Jobs given to this service, newest first: those of the ledger on this disk, and those that the service lists.

        With `ask=False` only those of the ledger, as they were last heard of: no network. A match in parts is one
        entry, whose `parts` tell of its jobs.

        Raises
        ------
        AuthenticationError
            If the service wants to know first who asks.
        ServiceUnavailableError
            If it cannot be reached.
        """
        return found_again.jobs(self._transport, self._ledger, self.url, ask=ask)

    def job(self, url_or_id: str) -> Job | ChunkedJob:
        """A job of this service found again, by its URL or identifier: followed on if it runs, fetched if it is done.

        A match that was submitted from this machine is finished with the table it was submitted with, in any kernel.
        Where that table is not here any more, the result is the service's own answer, and `job.changes` says so.
        A match in parts goes by its run_id, or its `reference` in `jobs()`: it goes on where it was, and parts that
        were never sent are sent now. While another process is still sending them, that one is followed until it ends.

        Raises
        ------
        JobError
            If the service has no such job, or the URL is another service's; if a match in parts cannot go on here.
        """
        record = found_again.whole(self._transport, self._ledger, url_or_id)
        if record is None:
            return self._job(url_or_id)
        made = found_again.remade(record, self._ledger, self._plan)
        assert made.plan is not None
        limits = self.limits()
        outgoing = of_plan(made.plan, made.table)
        job = again(
            record,
            outgoing,
            order=self._order(outgoing, record.maxrec, record.run_id),
            send=partial(self._send, limits=limits),
            find=self._job,
            ledger=self._ledger,
            limits=limits,
            latest=partial(found_again.whole, self._transport, self._ledger, record.key),
            pace=self._pace,
        )
        job.resume()
        return job

    def _job(self, url_or_id: str) -> Job:
        return found_again.job(self._transport, self._ledger, self._pace, url_or_id, self._plan)

    def delete(self, url_or_id: str) -> None:
        """Take a job and its result off the service and out of the ledger, for good. One that is gone is no error.

        Of a match in parts, by its run_id or `reference`: all its jobs.

        Raises
        ------
        ServiceError
            If the service cannot be reached or refuses.
        """
        found_again.delete(self._transport, self._ledger, url_or_id)

    def __repr__(self) -> str:
        simulated = " (simulated sky)" if self._is_simulated else ""
        return f"<Service {self._name}{simulated} {self.url}>"

    def _outgoing(self, query: Match | str, table: Any, uploads: Mapping[str, Any] | None) -> Outgoing:
        if isinstance(query, SkyMatch | IdentifierMatch):
            return of_match(query, table, uploads, self._plan)
        return of_adql(query, table, uploads)

    def _plan(self, match: Match, table: Table) -> Plan:
        dialect = self.dialect()
        maxrec = most_rows(self.limits())
        return make_plan(match, table, self.table(match.target), dialect=dialect, service=self.url, maxrec=maxrec)

    def _order(self, outgoing: Outgoing, maxrec: int | None, run_id: str) -> Order:
        takes_parquet = tells_in_parquet(self._transport.url, self._told().server)
        return order_of(outgoing, self.limits(), maxrec, run_id, takes_parquet=takes_parquet)

    def _try_uploads(self, rows: int) -> None:
        """Before an upload to a service of an unknown kind: find out in which form it reads one whole, and answers."""
        with self._lock:
            dialect = self.dialect()
            is_known = self._known.is_proven or dialect.takes_binary2 or "upload" in self._tried
            parquet = parquet_name(self.limits()) if dialect.tells_in_parquet is None else ""
            if "parquet" in self._tried or (is_known and rows < WORTH_A_TRIAL):
                parquet = ""
            self._tried |= {"upload", *(["parquet"] if parquet else [])}
            found = find_out(self._transport, self._known.best if is_known else None, parquet)
            if found.upload is not None and not is_known:
                self._known.prove(found.upload)

    def _told(self) -> Capabilities:
        with self._lock:
            if self._capabilities is None:
                self._capabilities = self._read_capabilities()
                self._is_simulated = self._is_simulated or self._capabilities.is_simulated
            return self._capabilities

    def _read_capabilities(self) -> Capabilities:
        doing = "reading its capabilities"
        response = faults.check(
            self._transport.get(f"{self._transport.url}/capabilities", doing=doing), doing, service=self.url
        )
        try:
            found = read_capabilities(response.content, response.headers.get("Server", ""))
        except NotXmlError as error:
            raise faults.of_response(response, doing, service=self.url) from error
        if found is None:
            raise ServiceUnavailableError(
                f"{self.url} is a service of the Virtual Observatory, but none for TAP. Look up its TAP address.",
                service=self.url,
            )
        return found
