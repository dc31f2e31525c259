"""Files that are served: whether they are still what they were when they were read."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

ENDS = 65_536
"""Bytes at either end of a file that are looked at; the end of a Parquet file has the statistics of all its parts."""


@dataclass(frozen=True)
class Fingerprint:
    """What tells one state of a file from another, without reading all of it."""

    size: int
    modified: int
    ends: str

    @classmethod
    def of(cls, path: Path) -> Fingerprint:
        """Raises OSError where the file is not there."""
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            first = file.read(ENDS)
            file.seek(max(0, status.st_size - ENDS))
            ends = hashlib.sha256(first + file.read(ENDS)).hexdigest()
        return cls(status.st_size, status.st_mtime_ns, ends)


class Watched:
    """A file that is served, as it was when it was read."""

    def __init__(self, path: Path, fingerprint: Fingerprint) -> None:
        self.path = path
        self.fingerprint = fingerprint
        self.is_said = False

    def change(self) -> str:
        """A sentence where the file is no more what it was, else ""."""
        try:
            status = self.path.stat()
            if (status.st_size, status.st_mtime_ns) == (self.fingerprint.size, self.fingerprint.modified):
                return ""
            now = Fingerprint.of(self.path)
        except OSError:
            return self.said(f"{self.path.name} is not there any more")
        if (now.size, now.ends) == (self.fingerprint.size, self.fingerprint.ends):
            self.fingerprint = now  # written again with the same content, or only touched
            return ""
        return self.said(f"{self.path.name} has changed")

    def state(self) -> tuple[int, int]:
        """Size and time of change as they are now; (0, 0) where the file is not there."""
        try:
            status = self.path.stat()
        except OSError:
            return 0, 0
        return status.st_size, status.st_mtime_ns

    def said(self, what: str) -> str:
        sentence = f"{what} since this service read it; answers are from what it was."
        if not self.is_said:
            print(f"tapwidget serve: {sentence}", file=sys.stderr, flush=True)
            self.is_said = True
        return sentence
