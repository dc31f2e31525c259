"""Those who want to hear of each change of something, and the telling."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import count
from threading import Lock
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Subscribers(Generic[T]):
    """Callbacks that are each given the same thing. What one raises is logged and goes no further."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers = count()
        self._callbacks: dict[int, Callable[[T], None]] = {}

    def add(self, callback: Callable[[T], None]) -> Callable[[], None]:
        """Call `callback` from now on; returns what ends that."""
        with self._lock:
            number = next(self._numbers)
            self._callbacks[number] = callback

        def remove() -> None:
            with self._lock:
                self._callbacks.pop(number, None)

        return remove

    def tell(self, news: T) -> None:
        """Call them all, from this thread."""
        with self._lock:
            callbacks = list(self._callbacks.values())
        for callback in callbacks:
            try:
                callback(news)
            except Exception:  # a subscriber's fault must not stop what it is told of
                log.exception("a subscriber of %r failed", news)
