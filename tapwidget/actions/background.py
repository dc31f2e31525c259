"""Work away from the kernel's thread, and its answers back into traits: the only threads of the widgets.

On which thread a widget's callback runs differs between ipykernel releases (6: the main thread, 7.0: a subshell's,
7.4: it depends on what was sent before). So nothing here assumes one: whoever touches state holds `Background.lock`.

Answers are put into traits by one publisher, at most forty times a second: Jupyter's server drops messages above its
rate limit and leaves the browser stale, so under one key only the latest action counts, and the last always runs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

from tapwidget.errors import TapWidgetError

log = logging.getLogger(__name__)

PUBLISH_INTERVAL = 0.025  # seconds from one round of the publisher to the next; who drags waits for one at most
PAUSE = 0.01  # seconds, at least, in which all others get their turn


class Background:
    """Runs work on daemon threads and publishes what comes of it, in order, under one lock.

    Attributes
    ----------
    lock : threading.RLock
        Held while any published action runs; callbacks of widgets take it too.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._pending: dict[Hashable, Callable[[], None]] = {}
        self._resting: dict[Hashable, tuple[float, Callable[[], None]]] = {}
        self._wake = threading.Condition()
        self._publisher: threading.Thread | None = None

    def run(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Do `work` on a thread of its own; publish `then(answer)`, or `failed(exception)`."""

        def task() -> None:
            try:
                answer = work()
            except BaseException as error:
                problem = error
                self.post(object(), lambda: failed(problem))
                if not isinstance(error, TapWidgetError):
                    log.debug("background work failed", exc_info=error)
            else:
                self.post(object(), lambda: then(answer))

        threading.Thread(target=task, name="tapwidget-work", daemon=True).start()

    def post(self, key: Hashable, action: Callable[[], None]) -> None:
        """Have the publisher run `action` soon. A later action under the same key takes its place."""
        with self._wake:
            self._pending.pop(key, None)
            self._pending[key] = action
            self._wake_publisher()

    def rest(self, key: Hashable, seconds: float, action: Callable[[], None]) -> None:
        """Have the publisher run `action` when nobody has asked for another one under this key for so many seconds."""
        with self._wake:
            self._resting[key] = (time.monotonic() + seconds, action)
            self._wake_publisher()

    def _wake_publisher(self) -> None:
        if self._publisher is None:
            self._publisher = threading.Thread(target=self._publish, name="tapwidget-publish", daemon=True)
            self._publisher.start()
        self._wake.notify()

    def repeat(self, seconds: float, action: Callable[[], None], going: Callable[[], bool]) -> None:
        """Publish `action` every so many seconds as long as `going()` is true, and once more after that."""

        def beat() -> None:
            pause, key = threading.Event(), object()
            while going():
                self.post(key, action)
                pause.wait(seconds)
            self.post(key, action)

        threading.Thread(target=beat, name="tapwidget-beat", daemon=True).start()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Publish `action` once, so many seconds from now."""
        timer = threading.Timer(seconds, lambda: self.post(object(), action))
        timer.name, timer.daemon = "tapwidget-later", True
        timer.start()

    def _publish(self) -> None:
        pause = threading.Event()
        while True:
            with self._wake:
                while not (actions := self._ready()):
                    due = min((due for due, _ in self._resting.values()), default=None)
                    self._wake.wait(None if due is None else max(0.0, due - time.monotonic()))
            start = time.monotonic()
            for action in actions:
                with self.lock:
                    try:
                        action()
                    except Exception:
                        log.exception("a widget could not be updated")
            pause.wait(max(PAUSE, PUBLISH_INTERVAL - (time.monotonic() - start)))

    def _ready(self) -> list[Callable[[], None]]:
        """Take what is to be run now."""
        now = time.monotonic()
        rested = [key for key, (due, _) in self._resting.items() if due <= now]
        actions = [*self._pending.values(), *(self._resting.pop(key)[1] for key in rested)]
        self._pending.clear()
        return actions


class Immediate(Background):
    """The same, at once and on the caller's thread: for tests and scripts."""

    def run(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        try:
            answer = work()
        except Exception as error:  # noqa: BLE001 - handed on, as the threaded one does
            failed(error)
        else:
            then(answer)

    def repeat(self, seconds: float, action: Callable[[], None], going: Callable[[], bool]) -> None:  # noqa: ARG002
        action()

    def after(self, seconds: float, action: Callable[[], None]) -> None:  # noqa: ARG002
        action()

    def post(self, key: Hashable, action: Callable[[], None]) -> None:  # noqa: ARG002 - the same signature
        with self.lock:
            action()

    def rest(self, key: Hashable, seconds: float, action: Callable[[], None]) -> None:  # noqa: ARG002
        self.post(key, action)


class Latest:
    """Numbers the requests of one kind, so that the answer to an older one is dropped.

    >>> latest = Latest()
    >>> first, second = latest.next(), latest.next()
    >>> latest.is_current(first), latest.is_current(second)
    (False, True)
    """

    def __init__(self) -> None:
        self._number = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def is_current(self, number: int) -> bool:
        with self._lock:
            return number == self._number
