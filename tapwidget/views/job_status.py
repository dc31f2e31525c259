"""What a job is doing: its phase, for how long, how far; a way to stop it, or to stop asking."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background
from tapwidget.errors import JobTimeoutError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.views import basic
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.done_notice import DoneNotice
from tapwidget.views.job_details import details, in_words
from tapwidget.views.once_drawn import once_drawn
from tapwidget.views.shared import shared
from tapwidget.views.style import notes, stylesheet, text

WAITING = {
    "PENDING": "created, not started",
    "QUEUED": "waiting for its turn at the service",
    "EXECUTING": "running at the service",
    "HELD": "the service keeps it waiting for a moment",
    "SUSPENDED": "the service has paused it",
    "UNKNOWN": "the service does not say",
    "ARCHIVED": "the service has thrown its result away",
}
REFRESH = 0.25  # seconds between two updates of the elapsed time


class JobStatus(ipywidgets.VBox):
    """Watch one job live, and abort it. Under "Details": its times, limit, requests, messages and URL.

    Attributes
    ----------
    job : client.Job or None
        The job that is watched. Set it to watch another; the one before goes on at the service.
    phase : str
        UWS phase ("EXECUTING", "COMPLETED", ...); "" without a job.
    activity : str
        What goes on here beside the job: "sending your table", "fetching the result"; "" for nothing.
    progress : float
        Percent as the service tells it, NaN where it does not.
    message : str
        One more line: an error in words, or what came of the job.
    watched : bool
        Whether the service is asked how the job stands; without that, the job goes on there.
    """

    job = traitlets.Any()
    phase = traitlets.Unicode()
    progress = traitlets.Float(float("nan"))
    activity = traitlets.Unicode()
    message = traitlets.Unicode()
    is_error = traitlets.Bool(False)
    watched = traitlets.Bool(True)

    def __init__(self, job: Any = None, *, background: Background | None = None, **kwargs: object) -> None:
        self._background = background or Background()
        self._phase = basic.HTML()
        self._elapsed = basic.HTML()
        self._bar = basic.FloatProgress(
            min=0, max=100, tooltip="percent complete", layout=ipywidgets.Layout(width="160px", display="none")
        )
        self.abort_button = basic.Button(
            description="Abort", icon="stop", tooltip="stop this job at the service", disabled=True
        )
        self.watch_button = basic.Button(disabled=True)
        self._message = basic.HTML()
        self.notice = DoneNotice(layout=shared(ipywidgets.Layout))
        # What changes all the time stands below, so that no button moves under the pointer.
        row = basic.HBox([self._phase, self.watch_button, self.abort_button, once_drawn(self.notice)])
        # Room for a line from the beginning, so that nothing below moves when it is filled.
        told = basic.HBox([self._elapsed, self._bar, self._message], layout={"min_height": "32px"})
        told.add_class("tw-told")
        for line in (row, told):
            line.add_class("tw-wrap")
        self._lines = basic.HTML()
        self._details = Disclosure("Details", self._lines)
        super().__init__([stylesheet(self, self._background), row, told, self._details], **kwargs)
        self._unsubscribe: Any = None
        self._aborting = False
        self._seen: dict[str, float] = {}  # phases, with the seconds elapsed when each was first seen
        self.watch_button.on_click(self._watch_clicked)
        self.abort_button.on_click(self._abort)
        self._details.observe(lambda _: self._show(), "is_open")
        self._show()
        self.job = job

    @traitlets.observe("job")
    def _watch(self, _change: object) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._seen = {}
        self._aborting = False
        self.watched = True
        if self.job is None:
            self.phase = ""
            return
        job = self.job
        self._unsubscribe = job.subscribe(lambda _job: self._background.post(("job", id(self)), self._take))
        self._take()
        self._background.repeat(
            REFRESH, self._show, going=lambda: self.job is job and (not job.phase.is_final or bool(self.activity))
        )

    def _take(self) -> None:
        job = self.job
        if job is None:
            return
        self.progress = job.progress.percent
        self.phase = str(job.phase)
        self._seen.setdefault(self.phase, job.elapsed)
        self._show()

    @traitlets.observe("phase")
    def _notify(self, change: Any) -> None:
        """Tell of a job that was seen going on and has ended, unless it was stopped here."""
        if not change["old"] or JobPhase.of(change["old"]).is_final or not JobPhase.of(change["new"]).is_final:
            return
        if self._aborting and change["new"] == JobPhase.ABORTED:
            return
        job = self.job
        seconds = 0.0 if job is None else job.elapsed
        what = "The notebook tells what happened." if job is None else f"After {in_words(seconds)}, {job.url}"
        self.notice.tell(f"tapwidget: {change['new']}", what, seconds)

    @traitlets.observe("phase", "progress", "activity", "message", "is_error", "watched")
    def _changed(self, _change: object) -> None:
        self._show()

    def _watch_clicked(self, _button: object) -> None:
        job = self.job
        if job is None:
            return
        self.watched = not self.watched
        act = (lambda: look(job)) if self.watched else job.stop_watching
        self._background.run(act, then=lambda _: self._take(), failed=self._failed)

    def _abort(self, _button: object) -> None:
        job = self.job
        if job is None:
            return
        self.abort_button.disabled = True
        self.watched = self._aborting = True  # the job asks again, to hear of its end
        self._background.run(job.abort, then=lambda _: self._take(), failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        self.is_error = True
        self.message = str(error)

    def _show(self) -> None:
        phase, job = self.phase, self.job
        self._phase.value = (
            text("tw-phase", phase, tag="span", data_phase=phase, role="status")
            if phase
            else text("tw-note tw-no-job", "No job yet.", tag="span")
        )
        running = bool(phase) and not JobPhase.of(phase).is_final
        is_known = not math.isnan(self.progress)
        percent = f"{self.progress:.0f} %" if running and is_known else ""
        seconds = elapsed(job) if job is not None else ""
        trouble = job.last_error if job is not None and running else ""
        parts = job.progress.message if job is not None and running else ""
        unwatched = "not watched: it goes on at the service" if running and not self.watched else ""
        meaning = " · ".join(filter(None, [parts, unwatched or trouble or self.activity or WAITING.get(phase, "")]))
        arrived = received(*job.received) if job is not None and self.activity else ""
        self._elapsed.value = notes(" · ".join(part for part in (percent, seconds, meaning, arrived) if part))
        self._bar.layout.display = None if percent else "none"
        self._bar.value = self.progress if is_known else 0.0
        self.abort_button.disabled = self.watch_button.disabled = job is None or not running
        self.watch_button.description = "Stop watching" if self.watched else "Watch again"
        self.watch_button.icon = "eye-slash" if self.watched else "eye"
        self.watch_button.tooltip = (
            "ask the service no more; the job goes on there" if self.watched else "ask again how the job stands"
        )
        self._message.value = notes(self.message, css_class="tw-error" if self.is_error else "tw-note")
        self._details.layout.visibility = "hidden" if job is None else "visible"
        self._lines.value = notes(*details(job, self._seen)) if job is not None and self._details.is_open else ""


def look(job: Any) -> None:
    """Have a job followed again, without waiting for it."""
    with contextlib.suppress(JobTimeoutError):
        job.wait(timeout=0)


def elapsed(job: Any) -> str:
    """For how long the job has run, and of how long it may; the limit is told once the service runs it."""
    limit = job.summary.execution_duration
    return f"{job.elapsed:.1f} s" + (f" of {in_words(limit)}" if limit and job.phase is JobPhase.EXECUTING else "")


def received(done: int, total: int | None) -> str:
    """How much of a result has arrived; nothing while nothing has.

    >>> received(3 * 2**20, 2**24), received(1000, None), received(0, None)
    ('3.0 of 16.0 MiB', '0.0 MiB', '')
    """
    of = f" of {total / 2**20:.1f}" if total else ""
    return f"{done / 2**20:.1f}{of} MiB" if done else ""
