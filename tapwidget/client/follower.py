"""Follows one job until it ends, in a thread of its own.

It asks with a bounded WAIT, so that a service which honours it answers the moment the phase changes, and polls politely
where WAIT is ignored. A fault that may pass is told and ridden out; it never ends the job.
Source: UWS 1.1, sections 2.1.3 (phases) and 2.2.1.1 (WAIT).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread, current_thread
from time import monotonic

from tapwidget.client import faults
from tapwidget.client.addresses import mask, origin
from tapwidget.client.documents import NotXmlError
from tapwidget.client.faults import Outage
from tapwidget.client.transport import Transport
from tapwidget.client.uws_document import read_job
from tapwidget.errors import JobError, ServiceUnavailableError, TapWidgetError
from tapwidget.ivoa.uws import JobPhase, JobSummary

log = logging.getLogger(__name__)

LONGEST_PUSH_S = 60.0


@dataclass(frozen=True)
class Pace:
    """How often and how long to ask. Seconds.

    `wait` bounds one WAIT, so that a connection that died is noticed; `wait_progress` does where the service tells
    progress, which moves while the phase does not. `first` to `last` is the time from one request to the next where
    WAIT is ignored; there are never more than `most` in a minute. `patience` is how long trouble may last without a
    break. A job that stays PENDING is set running again after `push_after`, then after ever longer times.
    """

    wait: int = 20
    wait_progress: int = 3
    first: float = 0.2
    last: float = 2.6
    most: int = 30
    retry_first: float = 0.5
    retry_last: float = 15.0
    patience: float = 900.0
    push_after: float = 1.0


class Follower:
    """Asks for a job's state until it is final, `stop` is called, or the service stays away for too long.

    Parameters
    ----------
    tell : callable
        Gets every new summary.
    trouble : callable
        Gets a sentence when something that may pass goes wrong, and "" when it is over.
    ended : callable
        Called once at the end: with None, or with the error that ended the following.
    replace : callable, optional
        Given the summary of a job that ended in ERROR, may return the address of one that runs in its place.
    push : bool
        Whether a job that stays PENDING is set running again.
    """

    def __init__(
        self,
        transport: Transport,
        url: str,
        *,
        tell: Callable[[JobSummary], None],
        trouble: Callable[[str], None],
        ended: Callable[[TapWidgetError | None], None],
        replace: Callable[[JobSummary], str] | None = None,
        push: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self._transport = transport
        self._url = url
        self._tell = tell
        self._trouble = trouble
        self._ended = ended
        self._replace = replace
        self._push = push
        self._pace = pace or Pace()
        self._stop = Event()
        self._wake = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    @property
    def is_running(self) -> bool:
        with self._lock:
            return self._thread is not None and self._thread.is_alive() and not self._stop.is_set()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs in this follower's thread."""
        return current_thread() is self._thread

    def start(self) -> None:
        """Begin, in the background."""
        with self._lock:
            self._thread = Thread(target=self._run, name="tapwidget-job", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask no more. The job goes on at the service."""
        self._stop.set()
        self._wake.set()

    def nudge(self) -> None:
        """Ask at once, if it is pausing."""
        self._wake.set()

    def _run(self) -> None:
        error: TapWidgetError | None = None
        try:
            self._follow()
        except TapWidgetError as fault:
            error = fault
        except Exception as fault:
            # The last stop of this thread: whoever waits for the job must learn of it.
            log.exception("following %s failed", mask(self._url))
            error = JobError(
                f"Following {mask(self._url)} failed here: {fault!r}. The job may go on: service.job(url) finds it.",
                service=mask(self._transport.url),
                job_url=mask(self._url),
            )
            error.__cause__ = fault
        if not self._stop.is_set():
            self._ended(error)

    def _follow(self) -> None:
        began = monotonic()
        push_at = began + self._pace.push_after
        requests: deque[float] = deque(maxlen=self._pace.most)
        phase: JobPhase | None = None
        wait, pause, retry = 0, self._pace.first, self._pace.retry_first
        trouble_since: float | None = None
        while not self._stop.is_set():
            if len(requests) == self._pace.most:
                # A phase that changes with every answer, or a service that cuts WAIT short.
                self._rest(requests[0] + 60.0 - monotonic())
            asked = monotonic()
            requests.append(asked)
            try:
                summary = ask(
                    self._transport, self._url, wait, is_new=phase is None and asked - began < 2 * self._pace.retry_last
                )
            except Outage as fault:
                trouble_since = trouble_since or asked
                if monotonic() - trouble_since > self._pace.patience:
                    raise self._given_up(fault) from fault
                self._trouble(str(fault))
                self._rest(retry if fault.retry_after is None else min(fault.retry_after, 4 * self._pace.retry_last))
                wait, retry = 0, min(2 * retry, self._pace.retry_last)
                continue
            if trouble_since is not None:
                trouble_since, retry = None, self._pace.retry_first
                self._trouble("")
            if summary.phase is JobPhase.ERROR and (replacement := self._replace(summary) if self._replace else ""):
                self._url, phase, wait, self._replace = replacement, None, 0, None
                continue
            if summary.phase is JobPhase.ERROR and not summary.error_message:
                summary = self._with_words(summary)
            if self._stop.is_set():
                return
            self._tell(summary)
            if summary.phase.is_final:
                return
            took = monotonic() - asked
            if summary.phase is not phase:
                pause = self._pace.first
                wait = 1 if wait == 0 else 2
            elif wait and took > 0.9 * wait:
                wait = 2 * wait
            else:
                # Asked to wait, and answered sooner with nothing new: WAIT is ignored, or cut short, here or in this
                # phase.
                self._rest(pause - took)
                pause = min(2 * pause, self._pace.last)
            phase = summary.phase
            wait = self._bounded(wait, summary)
            if phase is JobPhase.PENDING and self._push:
                left = push_at - monotonic()
                if left <= 0:
                    self._run_again()
                    push_at = monotonic() + min(monotonic() - began, LONGEST_PUSH_S)
                elif left < wait:
                    # WAIT counts in whole seconds, and would keep a job waiting that only needs a push.
                    wait = int(left)
                    self._rest(left - wait)

    def _bounded(self, wait: int, summary: JobSummary) -> int:
        often = summary.progress.is_known or summary.phase is JobPhase.PENDING
        return max(1, min(wait, self._pace.wait_progress if often else self._pace.wait))

    def _run_again(self) -> None:
        """Raises the service's refusal; what may pass is told, and tried again later."""
        doing = "setting a job running once more"
        try:
            response = self._transport.post(f"{self._url}/phase", {"PHASE": "RUN"}, doing=doing)
            faults.check(response, doing, service=mask(self._transport.url))
        except Outage as fault:
            self._trouble(str(fault))

    def _with_words(self, summary: JobSummary) -> JobSummary:
        """The job with the words of its error document, where its summary has none (UWS 1.1, section 2.2.3.4)."""
        try:
            response = self._transport.get(f"{self._url}/error", doing="reading why a job failed")
        except Outage as fault:
            self._trouble(str(fault))
            return summary
        return replace(summary, error_message=faults.words(response) if response.status_code < 400 else "")

    def _rest(self, seconds: float) -> None:
        self._wake.wait(max(0.0, seconds))
        if not self._stop.is_set():
            self._wake.clear()

    def _given_up(self, fault: Outage) -> ServiceUnavailableError:
        return ServiceUnavailableError(
            f"{fault} This has lasted {self._pace.patience:.0f} s. The job may go on at the service: "
            f"job.wait() tries again, and service.job({mask(self._url)!r}) finds it later.",
            service=mask(self._transport.url),
            said=fault.said,
        )


def ask(transport: Transport, url: str, wait: int = 0, *, is_new: bool = False) -> JobSummary:
    """The state of a job, once it changes or after `wait` seconds.

    Raises
    ------
    Outage
        For what may pass.
    JobError
        If the service does not have the job; AuthenticationError if it does not let us see it.
    """
    doing = "asking for the state of a job"
    service = mask(transport.url)
    params = {"WAIT": str(wait)} if wait else None
    response = transport.get(url, doing=doing, params=params, read_s=wait + transport.read_s)
    if origin(response.url) != origin(url) and (response.status_code >= 400 or faults.looks_like_html(response)):
        # A login, or a gateway's page: not the service's word on its job.
        raise Outage(
            f"While {doing}, {service} sent us to {mask(response.url)}, which does not know it "
            f"(HTTP {response.status_code}). It may want a login: open the address in a browser to see.",
            service=service,
            said=faults.words(response),
        )
    if response.status_code in {404, 410}:
        said = faults.words(response)
        if is_new:
            # Behind a load balancer, a job made a moment ago may not be known everywhere yet.
            raise Outage(f"{service} does not know the job {mask(url)} yet.", service=service, said=said)
        raise JobError(
            f"{service} does not have the job {mask(url)} any more (HTTP {response.status_code}): deleted, or its "
            "time to be kept is over. Submit it again.",
            service=service,
            said=said,
            job_url=mask(url),
        )
    faults.check(response, doing, service=service)
    try:
        return read_job(response.content, url)
    except NotXmlError as error:
        # A document cut short by a dying connection looks like this, and so does a maintenance page.
        raise Outage(
            f"{service} sent something else than the state of the job {mask(url)} ({error}).",
            service=service,
            said=faults.words(response),
        ) from error
