"""The parts of a match at work: a few at the service at a time, those that fail again in halves, answers onto disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic

from astropy.table import Table

from tapwidget.client.chunks_faults import Remedy, may_pass, remedy
from tapwidget.client.chunks_others import Others
from tapwidget.client.chunks_plan import MOST_PARTS, Division, Part
from tapwidget.client.chunks_spool import Spool
from tapwidget.client.excerpt import Excerpt, Uploaded
from tapwidget.client.follower import Pace
from tapwidget.client.job import Job
from tapwidget.errors import JobAbortedError, JobError, JobTimeoutError, TapWidgetError, UploadError
from tapwidget.ivoa.uws import JobPhase
from tapwidget.tables.preflight import Upload

log = logging.getLogger(__name__)

AT_ONCE = 2
LOOK_S = 0.5
FURTHEST_FIRST = (JobPhase.EXECUTING, JobPhase.SUSPENDED, JobPhase.HELD, JobPhase.QUEUED, JobPhase.PENDING)


class Work:
    """All parts: `waiting`, `running` and `done`, guarded by `news`, which tells of every change.

    `sent` are all jobs ever made, also those whose part was tried again. `phase` is final when there is nothing more to
    do; `fault` says why there is no result.

    Parameters
    ----------
    upload : Upload
        What is to be sent.
    division : Division
        How it is divided further.
    parts : list of Part
        All of it; those with a `url` were sent in another kernel.
    send : callable
        Makes a job of the upload, or some rows of it, and a part's label.
    find : callable
        Finds the job at a URL again.
    changed : callable
        Called after each change, from the thread that saw it.
    is_whole : bool
        Whether an answer that the service cut at its row limit is to be asked for again, in halves.
    others : Others, optional
        Other processes that may be sending the parts just now; until they have ended, nothing is sent here.
    """

    def __init__(
        self,
        upload: Upload,
        division: Division,
        parts: list[Part],
        *,
        send: Callable[[Uploaded, str], Job],
        find: Callable[[str], Job],
        changed: Callable[[], None],
        is_whole: bool,
        pace: Pace,
        others: Others | None = None,
    ) -> None:
        self._table = upload.table
        self._division = division
        self._send, self._find, self._tell, self._is_whole, self._pace = send, find, changed, is_whole, pace
        self.news = Condition()
        self.waiting = list(parts)
        self.running: list[Part] = []
        self.done: list[Part] = []
        self.sent: list[Job] = []
        self.phase = JobPhase.PENDING
        self.fault: TapWidgetError | None = None
        self.trouble = ""
        self.took: float | None = None
        self.spool = Spool()
        self._began = monotonic()
        self._too_many = len(self._table) + 1  # as many rows as the service has found too many
        self._workers = 0
        self._is_watched = False
        self._others = others
        self._is_looking = False
        # Others have been at it, and how they left it is not known yet.
        self._is_behind = False

    @property
    def number(self) -> int:
        """How many parts there are by now."""
        return len(self.parts)

    @property
    def parts(self) -> list[Part]:
        """All parts by now, those that are done first."""
        with self.news:
            return [*self.done, *self.running, *self.waiting]

    def begin(self) -> None:
        """Send the first part from this thread, so that a refusal is raised here; then `watch`."""
        while not self.sent:
            part = self._take()
            if part is None:
                raise self.fault or JobError("There is nothing to send.")
            try:
                self._give(part)
            except TapWidgetError as error:
                if remedy(error) is not Remedy.DIVIDE:
                    raise
                self._failed(part, error)
            else:
                self._put_back(part)
        self.watch()

    def watch(self) -> None:
        """See to it that parts are sent and followed, unless all is over."""
        with self.news:
            if self.phase.is_final:
                return
            self.fault, self._is_watched = None, True
            if self.is_elsewhere or self._is_behind:
                work, missing = self._look_on, int(not self._is_looking)
                self._is_looking = self._is_behind = True
            else:
                work, missing = self._run, max(0, min(AT_ONCE, len(self.waiting) + len(self.running)) - self._workers)
                self._workers += missing
        for _ in range(missing):
            Thread(target=work, name="tapwidget-parts", daemon=True).start()

    def unwatch(self) -> None:
        """Send no more, and follow those at the service no more."""
        with self.news:
            self._is_watched = False
            self.news.notify_all()
        for job in self.jobs_running():
            job.stop_watching()

    def end(self, phase: JobPhase, fault: TapWidgetError | None) -> bool:
        """Let nothing more be sent; returns whether that was not so before. Those that run are not stopped by it."""
        with self.news:
            if self.phase.is_final:
                return False
            self.phase, self.fault = phase, fault
            self.took = monotonic() - self._began
            self.news.notify_all()
        self._tell()
        return True

    @property
    def is_elsewhere(self) -> bool:
        """Whether another process sends the parts just now. If none does, it is the turn of this one."""
        return self._others is not None and not self._others.turn.take()

    def rest(self) -> None:
        """Let others have their turn, unless something is still being done here."""
        with self.news:
            if self._others is not None and not self._workers:
                self._others.turn.give_back()
                self._is_behind = True

    def jobs_running(self) -> list[Job]:
        with self.news:
            return [part.job for part in self.running if part.job is not None]

    def stop_all(self) -> None:
        """Abort what runs at the service; raises the first error once all were told."""
        errors = []
        for job in self.jobs_running():
            try:
                job.abort()
            except TapWidgetError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _look_on(self) -> None:
        """While another process sends the parts: tell how far it is. Then go on with what it has left."""
        assert self._others is not None
        has_waited = False
        try:
            while self._is_watched and not self.phase.is_final and self.is_elsewhere:
                has_waited, trouble = True, self._others.in_words()
                with self.news:
                    is_news, self.trouble = trouble != self.trouble, trouble
                if is_news:
                    self._tell()
                with self.news:
                    self.news.wait(LOOK_S)
            if self._is_watched and not self.phase.is_final:
                left = self._others.left(self.done, is_sure=has_waited)
                with self.news:
                    self._is_behind = False
                    self.waiting = self.waiting if left is None else left
        except TapWidgetError as error:
            with self.news:
                self.fault, self._is_watched = error, False
            if not may_pass(error):
                self.end(JobPhase.ABORTED if isinstance(error, JobAbortedError) else JobPhase.ERROR, error)
        with self.news:
            self._is_looking, self.trouble = False, ""
            is_watched = self._is_watched
            self.news.notify_all()
        if is_watched:
            self.watch()
        self.rest()
        self._tell()

    def _run(self) -> None:
        while (part := self._next()) is not None:
            try:
                answer = self._answer(part)
                if answer is None:
                    self._put_back(part)
                elif self._is_whole and answer.meta.get("overflow") and self._can_divide(part):
                    self._divide(part)
                else:
                    self.spool.add(answer)
                    self._finished(part)
            except TapWidgetError as error:
                self._failed(part, error)
            except Exception as error:
                # The last stop of this thread: whoever waits must learn of it.
                log.exception("part %s of a match failed", part.label)
                fault = JobError(f"Part {part.label} of the match failed here: {error!r}. Submit the match again.")
                fault.__cause__ = error
                self._give_up(part, fault)

    def _next(self) -> Part | None:
        """The next part to send or to follow on. Waits while another may yet fail; None when this thread can go."""
        with self.news:
            while self._is_watched and not self.phase.is_final:
                part = self._take()
                if part is not None:
                    return part
                if not self.running:
                    break
                self.news.wait(LOOK_S)
            self._workers -= 1
            self.rest()
            return None

    def _take(self) -> Part | None:
        with self.news:
            while self.waiting:
                part = self.waiting.pop(0)
                if not part.url and len(part.rows) >= self._too_many and part.is_divisible:
                    self.waiting[:0] = self._division.halves(part)
                    continue
                self.running.append(part)
                return part
            return None

    def _put_back(self, *parts: Part) -> None:
        """Parts that ran, or the halves of one, to be sent or followed on next."""
        with self.news:
            self.running = [part for part in self.running if part not in parts]
            self.waiting[:0] = parts
            self.news.notify_all()

    def _give(self, part: Part) -> Job:
        """Have a job made of a part."""
        is_all = len(part.rows) == len(self._table)
        return self._has(part, self._send(self._table if is_all else Excerpt(self._table, part.rows), part.label))

    def _find_again(self, part: Part) -> Job:
        """The job of a part that another kernel sent; another one where the service does not have it any more."""
        try:
            return self._has(part, self._find(part.url))
        except JobError as error:
            log.info("part %s of a match is sent once more: %s", part.label, error)
            part.url = ""
            return self._give(part)

    def _has(self, part: Part, job: Job) -> Job:
        with self.news:
            part.job, part.url = job, job.url
            self.sent.append(job)
        job.subscribe(lambda _: self._changed())
        self._changed()
        return job

    def _answer(self, part: Part) -> Table | None:
        """The answer to a part, or None if nobody waits for it any more."""
        job = part.job or (self._find_again(part) if part.url else self._give(part))
        while self._is_watched and not self.phase.is_final:
            try:
                job.wait(LOOK_S)
            except JobTimeoutError:
                continue
            if job.error is not None:
                raise job.error
            return job._fetch()
        if self.phase.is_final:  # perhaps while the part was on its way: then nobody else has stopped it
            job.abort()
        else:
            job.stop_watching()
        return None

    def _finished(self, part: Part) -> None:
        with self.news:
            self.running.remove(part)
            self.done.append(part)
            self.trouble, part.since = "", None
            is_all = not self.waiting and not self.running
            self.news.notify_all()
        if is_all:
            self.end(JobPhase.COMPLETED, None)
        else:
            self._changed()

    def _can_divide(self, part: Part) -> bool:
        return part.is_divisible and self.number < MOST_PARTS

    def _divide(self, part: Part) -> None:
        with self.news:
            self.running.remove(part)
            self._put_back(*self._division.halves(part))
        self._changed()

    def _failed(self, part: Part, error: TapWidgetError) -> None:
        """Try a part again in the way that may help, or give up."""
        if self.phase.is_final:
            with self.news:
                self.running.remove(part)
            log.info("part %s, which is not needed any more: %s", part.label, error)
            return
        log.info("part %s of a match failed: %s", part.label, error)
        step = remedy(error)
        if step is Remedy.AGAIN and self._is_patient(part):
            self._rest(part, error)
        elif step is Remedy.DIVIDE and self._can_divide(part):
            with self.news:
                self._too_many = min(self._too_many, len(part.rows))
            self._divide(part)
        elif step is Remedy.SMALLER and part.tries > 1:
            part.tries -= 1
            part.job, part.url = None, ""
            if self._can_divide(part):
                self._divide(part)
            else:
                self._put_back(part)
        else:
            self._give_up(part, error)

    def _is_patient(self, part: Part) -> bool:
        part.since = part.since or monotonic()
        return monotonic() - part.since < self._pace.patience

    def _rest(self, part: Part, error: TapWidgetError) -> None:
        """Leave the service in peace for a while, longer each time, before a part is tried once more as it is."""
        self.trouble = str(error)
        self._changed()
        waited = monotonic() - (part.since or monotonic())
        pause = max(self._pace.retry_first, min(waited, self._pace.retry_last))
        asked = getattr(error, "retry_after", None)
        if asked is not None:
            pause = min(asked, 4 * self._pace.retry_last)
        with self.news:
            self.news.wait_for(lambda: self.phase.is_final or not self._is_watched, pause)
            if part.job is not None and part.job.phase in {JobPhase.ERROR, JobPhase.ABORTED, JobPhase.ARCHIVED}:
                part.job, part.url = None, ""
            self._put_back(part)

    def _give_up(self, part: Part, error: TapWidgetError) -> None:
        """No result, because of this part. The answers that are here stay: waiting anew goes on from there."""
        if isinstance(error, UploadError):
            error = UploadError(f"{error} (Its smallest part was {len(part.rows):,} rows.)")
        if not may_pass(error):
            with self.news:
                self.running.remove(part)
            if self.end(JobPhase.ERROR, error):
                try:
                    self.stop_all()
                except TapWidgetError as fault:
                    log.warning("not all parts could be stopped: %s", fault)
            return
        part.since = None
        self._put_back(part)
        with self.news:
            self.fault, self._is_watched = error, False
            self.news.notify_all()
        self._tell()

    def _changed(self) -> None:
        """A job has news: what phase does that make the whole?"""
        with self.news:
            if not self.phase.is_final:
                phases = {job.phase for job in self.jobs_running()}
                furthest = next((phase for phase in FURTHEST_FIRST if phase in phases), self.phase)
                self.phase = JobPhase.EXECUTING if self.done else furthest
            self.news.notify_all()
        self._tell()
