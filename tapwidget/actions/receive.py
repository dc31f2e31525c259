"""A file that comes from the browser in pieces: put together beside the notebook, checked, only then given its name."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
import zlib
from pathlib import Path
from typing import IO

from tapwidget.errors import TableError

PART = ".tapwidget-part"
STALE_S = 24 * 3600.0  # a part that nobody adds to for so long was left behind by a kernel that died
ROOM = 64 * 2**20  # bytes to leave free on the disk


class Incoming:
    """One file on its way.

    Parameters
    ----------
    folder : Path
        Where it goes, under its own name, or with a number behind where another file has that name.
    name : str
        As the browser gives it; anything but the last part of a path is dropped.
    size : int
        Bytes that will come.

    Raises
    ------
    TableError
        If the folder cannot be written, or has not the room.
    """

    def __init__(self, folder: Path, name: str, size: int) -> None:
        self.name = safe_name(name)
        self.size = size
        self.received = 0
        self._folder = folder
        self._crc = 0
        self._file: IO[bytes] | None = None
        _sweep(folder)
        try:
            free = shutil.disk_usage(folder).free
            if size + ROOM > free:
                raise TableError(
                    f"{self.name} has {size / 1e6:,.1f} MB, and {folder} has room for {free / 1e6:,.1f} MB. Free some, "
                    "or choose a folder on another disk."
                )
            handle, self._part = tempfile.mkstemp(prefix=".", suffix=PART, dir=folder)
            self._file = os.fdopen(handle, "wb")
        except OSError as error:
            raise TableError(
                f"{self.name} cannot be put into {folder}: {error.strerror or error}. Open a folder that you may write "
                "to."
            ) from error

    def add(self, offset: int, piece: bytes | memoryview) -> bool:
        """Take the next piece; False for one that is not the next, which the sender then sends again from `received`.

        Raises
        ------
        TableError
            If it cannot be written, or is more than was announced. What had come is gone.
        """
        if self._file is None or offset != self.received:
            return False
        if offset + len(piece) > self.size:
            self.drop()
            raise TableError(f"More of {self.name} came than its {self.size:,} bytes: it changed while it was read.")
        try:
            self._file.write(piece)
        except OSError as error:
            self.drop()
            raise TableError(f"{self.name} cannot be written to {self._folder}: {error.strerror or error}.") from error
        self._crc = zlib.crc32(piece, self._crc)
        self.received += len(piece)
        return True

    def finish(self, crc: int) -> Path:
        """Give the file its name; returns its path. A file that is there already with the same bytes is taken as it is.

        Raises
        ------
        TableError
            If something is missing, or `crc` (CRC-32 of the whole, computed by the browser) is another.
        """
        if self._file is None:
            raise TableError(f"{self.name} is no longer being received. Choose it again.")
        if self.received != self.size or crc != self._crc:
            self.drop()
            raise TableError(f"{self.name} did not arrive whole. Choose it again.")
        self._file.close()
        self._file = None
        try:
            for path in _names(self._folder / self.name):
                try:
                    os.link(self._part, path)  # unlike a rename, it never replaces a file that is there
                except FileExistsError:
                    if not _is_same(path, self.size, self._crc):
                        continue
                except OSError:  # a file system without links
                    if path.exists():
                        continue
                    os.replace(self._part, path)
                return path
        finally:
            Path(self._part).unlink(missing_ok=True)
        raise TableError(f"{self._folder} has too many files named {self.name}.")

    def drop(self) -> None:
        """Forget it, and what has come of it."""
        if self._file is not None:
            self._file.close()
            self._file = None
            Path(self._part).unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """The last part of a path, without what a file system or a terminal would stumble over.

    >>> safe_name("C:\\\\data\\\\my table.csv"), safe_name("../../.bashrc"), safe_name("..")
    ('my table.csv', 'bashrc', 'table')
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if c.isprintable()).strip().lstrip(".")
    stem, dot, suffix = kept.rpartition(".")
    # A name has at most 255 bytes on most file systems.
    return (_cut(stem, 180) + dot + _cut(suffix, 40) if dot else _cut(kept, 180)) or "table"


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore")


def _names(path: Path) -> list[Path]:
    return [path, *(path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, 100))]


def _is_same(path: Path, size: int, crc: int) -> bool:
    if not path.is_file() or path.stat().st_size != size:
        return False
    found = 0
    with path.open("rb") as file:
        while piece := file.read(2**20):
            found = zlib.crc32(piece, found)
    return found == crc


def _sweep(folder: Path) -> None:
    """Remove parts that a kernel left behind when it died."""
    before = time.time() - STALE_S
    for part in folder.glob(f".*{PART}"):
        try:
            if part.stat().st_mtime < before:
                part.unlink()
        except OSError:  # another process was faster, or the file is another's
            continue
