"""Measure the chance matches of a run: the small job with a shifted copy of its upload, in the background."""

from __future__ import annotations

from typing import Any

from tapwidget.actions.background import Background
from tapwidget.errors import JobAbortedError, MatchError, TapWidgetError
from tapwidget.match.chance import Chance
from tapwidget.match.shifted import shifted_copy
from tapwidget.match.spec import SkyMatch
from tapwidget.state.runs import Run


def obstacle(run: Run | None) -> str:
    """Why the chance matches of a run cannot be measured, as a sentence; empty where they can."""
    if run is None or run.result is None:
        return "There is no result yet."
    if not isinstance(run.match, SkyMatch) or run.match.row_radius is not None:
        return "Only a match by position with one radius for all rows has a rate of chance matches to measure."
    if run.service is None or run.table is None:
        return "The table that this run was made with is not here any more: run the match again."
    return ""


class ChanceMeter:
    """Measures runs, each on its own; every method returns at once. What comes of it is in the run's traits.

    Parameters
    ----------
    background : Background
        Where the network is waited for, and what publishes the answers.
    """

    def __init__(self, background: Background) -> None:
        self._background = background

    def start(self, run: Run) -> None:
        """Send the shifted copy, follow its job, put the rate into `run.chance`.

        Raises
        ------
        MatchError
            If there is nothing to measure, or it is being measured already.
        """
        why = obstacle(run) or ("It is being measured." if run.chance_busy else "")
        if why:
            raise MatchError(why)
        _tell(run, busy=True, said="sending a shifted copy of your table", job=None)
        match, service, table = run.match, run.service, run.table

        def measure() -> Chance:
            copy = shifted_copy(match, service, table)
            if not run.chance_busy:
                raise JobAbortedError("The measurement was stopped.")
            job = copy.submit(service)
            self._background.post(object(), lambda: self._started(run, job))
            return copy.finish(job.result())

        self._background.run(
            measure, then=lambda chance: self._done(run, chance), failed=lambda error: self._failed(run, error)
        )

    def stop(self, run: Run) -> None:
        """Give up the measurement, and end its job."""
        run.chance_said = "stopping"
        job = run.chance_job
        run.chance_busy = False
        if job is not None:
            self._abort(run, job)

    def _abort(self, run: Run, job: Any) -> None:
        self._background.run(job.abort, then=lambda _: None, failed=lambda error: self._failed(run, error))

    def _started(self, run: Run, job: Any) -> None:
        run.set_trait("chance_job", job)
        if not run.chance_busy:  # stopped while it was being sent
            self._abort(run, job)
            return
        job.subscribe(lambda _job: self._background.post(("chance", id(run)), lambda: self._progress(run, job)))
        self._progress(run, job)

    def _progress(self, run: Run, job: Any) -> None:
        if run.chance_busy and run.chance_job is job:
            percent = f" {job.progress.percent:.0f} %" if job.progress.is_known else ""
            run.chance_said = f"shifted copy: {job.phase}{percent}"

    def _done(self, run: Run, chance: Chance) -> None:
        _tell(run, busy=False, said="", job=None)
        run.set_trait("chance", chance)

    def _failed(self, run: Run, error: BaseException) -> None:
        stopped = isinstance(error, JobAbortedError)
        said = str(error) if isinstance(error, TapWidgetError) else f"{type(error).__name__}: {error}"
        _tell(run, busy=False, said="stopped" if stopped else f"Not measured: {said}", job=None)


def _tell(run: Run, *, busy: bool, said: str, job: Any) -> None:
    run.chance_busy, run.chance_said = busy, said
    run.set_trait("chance_job", job)
