"""Whose turn it is to send the parts of a match: one process's at a time, for as long as it lives.

A lock of the operating system on a file beside the ledger: it ends with its process, however that ends. Where there are
no such locks (Windows, some network disks) every process has its turn.
"""

from __future__ import annotations

import contextlib
import os
import platform
import weakref
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock


class Turn:
    """The turn at one match. Two of them exclude each other in one process too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._end: weakref.finalize[[int], Turn] | None = None
        self._is_mine = False
        self.holder = ""

    @property
    def is_mine(self) -> bool:
        return self._is_mine

    def take(self) -> bool:
        """Have the turn, or keep it; False where another has it, and `holder` then says who."""
        with self._lock:
            self._is_mine = self._is_mine or self._take()
            return self._is_mine

    def give_back(self) -> None:
        """Let others have it."""
        with self._lock:
            if self._end is not None:
                # Before it is unlocked: whoever finds this file later must not find it free.
                with contextlib.suppress(OSError):
                    self._path.unlink()
                self._end()
            self._end, self._is_mine = None, False

    def _take(self) -> bool:
        try:
            import fcntl
        except ImportError:
            return True
        while True:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                return True  # a ledger that cannot be written has no matches for others to find
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.holder = _in_words(os.pread(file, 1000, 0).decode(errors="replace"))
                os.close(file)
                return False
            except OSError:
                os.close(file)
                return True
            if not self._is_here(file):  # it was given back between the opening and the locking
                os.close(file)
                continue
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n{platform.node()}\n{datetime.now(UTC):%H:%M}\n".encode(), 0)
            self._end = weakref.finalize(self, os.close, file)
            return True

    def _is_here(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        except OSError:
            return False


def _in_words(told: str) -> str:
    """Who wrote that into the file."""
    process, computer, since, *_ = [*told.split("\n"), "", "", ""]
    if not since:
        return "Another process"
    if computer != platform.node():
        return f"Process {process} on {computer} (since {since} UTC)"
    is_this = process == str(os.getpid())
    return f"{'This process' if is_this else f'Process {process} on this computer'} (since {since} UTC)"
