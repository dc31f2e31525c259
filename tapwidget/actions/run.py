"""Submit a match, follow its job, fetch its result: everything the app's Run button sets going."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from astropy.table import Table

from tapwidget.actions.background import Background
from tapwidget.client.ledger import JobRecord
from tapwidget.errors import JobAbortedError, MatchError, TapWidgetError
from tapwidget.match.python_query import OwnQuery
from tapwidget.match.record import from_record
from tapwidget.match.spec import IdentifierMatch, Match, SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.runs import Run, Runs
from tapwidget.tables.preflight import prepare
from tapwidget.tables.roles import Roles, position_of, recognise


class Runner:
    """Runs matches of a form and puts them onto a shelf. Every method returns at once.

    Parameters
    ----------
    form : Form
        What is asked.
    runs : Runs
        Where each run goes, from the moment it is asked for.
    background : Background
        Where the network is waited for, and what publishes the answers.
    """

    def __init__(self, form: Form, runs: Runs, background: Background) -> None:
        self._form, self.runs, self._background = form, runs, background

    def submit(self, adql: str = "") -> Run:
        """Run the form's match; or, with `adql`, that text with the whole of the user's table, if any, as its upload.

        Raises
        ------
        MatchError
            While the form is not complete.
        """
        form = self._form
        service, table, roles = form.service, form.table, form.roles
        if service is None:
            raise MatchError(form.problem)
        match = None if adql and table is None else form.match()
        run = self.runs.add(match=None if adql else match, adql=adql, service=service, table=table)

        def send() -> Any:
            if match is None:
                return service.submit(adql)
            if adql:
                return service.submit(adql, uploads={match.upload: whole_upload(match, table, roles)})
            return service.submit(match, table)

        self._background.run(
            send, then=lambda job: self._started(run, job), failed=lambda error: self._failed(run, error)
        )
        return run

    def take_up(self, service: Any, record: JobRecord) -> Run:
        """Follow a job of before and fetch its result: onto the shelf, where it may be already."""
        for run in self.runs.runs:
            if record.reference in names_of(run) and not run.error:
                return run
        run = self.runs.add(
            match=_match_of(record),
            adql=record.adql,
            job_url=record.reference,
            phase=str(record.phase),
            service=service,
        )
        self._background.run(
            lambda: service.job(record.reference),
            then=lambda job: self._started(run, job),
            failed=lambda error: self._failed(run, error),
        )
        return run

    def restore(self, run: Run, find: Callable[[], Any], *, shown: bool) -> None:
        """Fetch the result of a run that is on the shelf already; `find` gives its job, on a worker.

        It becomes the current run if it is `shown`, or if there is none.
        """
        self._background.run(
            find,
            then=lambda job: self._started(run, job, shown=shown),
            failed=lambda error: self._failed(run, error),
        )

    def _started(self, run: Run, job: Any, *, shown: bool = True) -> None:
        run.adql = job.adql or run.adql
        run.job = job
        run.job_url = job.url
        job.subscribe(lambda _job: self._background.post(("phase", id(run)), lambda: self._phase(run)))
        self._phase(run)
        self._background.run(
            job.result,
            then=lambda table: self._fetched(run, table, shown=shown),
            failed=lambda error: self._failed(run, error),
        )

    def _phase(self, run: Run) -> None:
        run.phase = str(run.job.phase)

    def _fetched(self, run: Run, table: Any, *, shown: bool) -> None:
        run.phase = str(run.job.phase)
        run.result = table
        # Whoever has dropped it meanwhile does not want to see it.
        if run in self.runs.runs and (shown or self.runs.current is None):
            self.runs.current = run

    def _failed(self, run: Run, error: BaseException) -> None:
        run.phase = "ABORTED" if isinstance(error, JobAbortedError) else "ERROR"
        run.error = str(error) or type(error).__name__


def names_of(run: Run) -> set[str]:
    """What the list of jobs may know a run by: the address of its job; for a match in parts, its key in the ledger."""
    return {run.job_url, getattr(run.job, "key", "")} - {""}


def _match_of(record: JobRecord) -> Match | None:
    """The match that a job was; None for ADQL, and where the record cannot be read any more."""
    try:
        return from_record(record.match) if record.match else None
    except MatchError:
        return None


def upload_names(form: Form) -> tuple[str, ...]:
    """The columns that ADQL written by hand can use of the form's table; empty while the form does not say enough."""
    try:
        match = form.match()
        return tuple(whole_upload(match, form.table, form.roles).colnames)
    except TapWidgetError:
        return ()


def whole_upload(match: SkyMatch | IdentifierMatch, table: Table, roles: Roles | None = None) -> Table:
    """Every column of the user's table, ready to travel: ADQL written by hand may use any of them.

    `roles` are the table's, where they were recognised already.

    The names are those of the query that the form made: row number, position in ICRS degrees, and the rest.
    """
    upload: Table = own_query("", match, table, roles).upload.table
    return upload


def own_query(adql: str, match: SkyMatch | IdentifierMatch, table: Table, roles: Roles | None = None) -> OwnQuery:
    """ADQL written by hand with that upload."""
    position = None
    if isinstance(match, SkyMatch):
        position = position_of(table, match.ra, match.dec) if match.ra else (roles or recognise(table)).position
    return OwnQuery(adql, prepare(table, table.colnames, position=position, name=match.upload), position)
