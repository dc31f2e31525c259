"""The private folder of a running service: uploads, results, spilled memory. It goes when the service goes.

A service that was killed cannot tidy up; the next one does it. That nobody uses a folder any more is told by its lock:
the system lets go of a lock when its owner dies, however it dies.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PREFIX = "tapwidget-serve-"
LOCK = "lock"
BEING_MADE = 3600.0
"""Seconds after which a folder without a lock is one whose maker was killed before it could take it."""


@contextlib.contextmanager
def private_folder(parent: Path | None = None, prefix: str = PREFIX) -> Iterator[Path]:
    """A new folder that only this user can read, deleted at the end; deletes those of dead services too.

    Parameters
    ----------
    parent : where; else where the system wants temporary files
    """
    parent = parent or Path(tempfile.gettempdir())
    sweep(parent, prefix)
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    with (path / LOCK).open("w") as lock:
        take(lock)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def sweep(parent: Path, prefix: str = PREFIX) -> None:
    for folder in parent.glob(prefix + "*"):
        if is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def is_abandoned(folder: Path) -> bool:
    """Whether nobody holds the folder's lock. Unsure means no: somebody else's, or one just being made."""
    try:
        try:
            with (folder / LOCK).open("r+") as lock:
                return take(lock)
        except FileNotFoundError:
            return folder.stat().st_mtime < time.time() - BEING_MADE
    except OSError:
        return False


def take(lock: IO[str]) -> bool:
    """Take the lock of an open file; False where somebody has it, or where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
