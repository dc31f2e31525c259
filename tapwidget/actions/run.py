"""Submit a match, follow its job, fetch its result: everything the app's Run button sets going."""

from __future__ import annotations

from typing import Any

from tapwidget.actions.background import Background
from tapwidget.errors import JobAbortedError
from tapwidget.state.form import Form
from tapwidget.state.runs import Run, Runs


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
        self._form, self._runs, self._background = form, runs, background

    def submit(self, adql: str = "") -> Run:
        """Run the form's match; or, with `adql`, that text with the whole of the user's table as its upload.

        Raises
        ------
        MatchError
            While the form is not complete.
        """
        form = self._form
        match, service, table = form.match(), form.service, form.table
        run = self._runs.add(match=None if adql else match, adql=adql)

        def send() -> Any:
            if adql:
                return service.submit(adql, uploads={match.upload: service.whole_upload(match, table)})
            return service.submit(match, table)

        self._background.run(
            send, then=lambda job: self._started(run, job), failed=lambda error: self._failed(run, error)
        )
        return run

    def _started(self, run: Run, job: Any) -> None:
        run.adql = job.adql
        run.job = job
        job.subscribe(lambda _job: self._background.post(("phase", id(run)), lambda: self._phase(run)))
        self._phase(run)
        self._background.run(
            job.result, then=lambda table: self._fetched(run, table), failed=lambda error: self._failed(run, error)
        )

    def _phase(self, run: Run) -> None:
        run.phase = str(run.job.phase)

    def _fetched(self, run: Run, table: Any) -> None:
        run.phase = str(run.job.phase)
        run.result = table
        self._runs.current = run

    def _failed(self, run: Run, error: BaseException) -> None:
        run.phase = "ABORTED" if isinstance(error, JobAbortedError) else "ERROR"
        run.error = str(error) or type(error).__name__
