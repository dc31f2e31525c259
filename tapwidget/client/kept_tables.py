"""Copies of the users' tables beside the ledger, so that a match can be finished in another kernel.

Each is kept once, under its fingerprint, however many jobs use it, and goes when the last of them is gone. A table of
more than LARGEST bytes is not copied: its file is read again then, if it has one.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from astropy.table import Table

from tapwidget.errors import TableError
from tapwidget.tables.exact_copy import fingerprint, read_copy, size, write_copy
from tapwidget.tables.files import read_table

LARGEST = 128 * 2**20
# Of all copies together; the oldest go first.
MOST = 2**30
# A copy this young may belong to a job that another kernel is just writing down.
YOUNG_S = 60.0


@dataclass(frozen=True)
class TableRecord:
    """The user's table of a match: `source` is the file it was read from, or what it was in memory."""

    fingerprint: str
    rows: int
    source: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it can be read again, if nothing happens to its file."""
        return os.path.isfile(self.source)


def record_of(table: Table) -> TableRecord:
    """What is needed to tell a table again."""
    told = table.meta.get("tapwidget")
    source = str(told.get("source", "")) if isinstance(told, dict) else ""
    return TableRecord(fingerprint(table), len(table), source)


class KeptTables:
    """The copies in one folder, readable by their owner only."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def keep(self, record: TableRecord, table: Table) -> None:
        """Copy a table, unless it is there already.

        Raises
        ------
        TableError
            If it is too large, or holds what no copy can.
        OSError
            If the disk does not take it.
        """
        if size(table) > LARGEST:
            raise TableError(
                f"Your table takes {size(table) / 2**20:.0f} MiB, and at most {LARGEST / 2**20:.0f} MiB are copied. "
                "Save it to a file and match that, or keep this kernel until the result is here."
            )
        self.place.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self._path(record)
        if target.exists():
            target.touch()
            return
        passing = self.place / f".{secrets.token_hex(4)}.part"
        try:
            passing.touch(mode=0o600)
            write_copy(table, passing)
            os.replace(passing, target)
        finally:
            passing.unlink(missing_ok=True)

    def find(self, record: TableRecord) -> Table:
        """The table: its copy, else its file read again.

        Raises
        ------
        TableError
            If neither is there, or the file now holds another table.
        """
        try:
            copy = read_copy(self._path(record))
            if fingerprint(copy) == record.fingerprint:
                return copy
        except (OSError, TableError):
            pass  # the file is the other way
        if not record.is_file:
            raise TableError(f"the table ({record.source or 'it was in memory'}) is not here any more")
        again = read_table(record.source)
        if fingerprint(again) != record.fingerprint:
            raise TableError(f"{record.source} has changed since, or the table had been changed after it was read")
        return again

    def remove(self, record: TableRecord) -> None:
        """Throw a copy away."""
        self._path(record).unlink(missing_ok=True)

    def sweep(self, needed: Collection[str]) -> None:
        """Throw away the copies that no job needs, and the oldest while all together are too many bytes."""
        kept = 0
        for path, told in sorted(self._copies(), key=lambda copy: -copy[1].st_mtime):
            is_young = time.time() - told.st_mtime < YOUNG_S
            kept += told.st_size
            if not is_young and (path.stem not in needed or kept > MOST):
                path.unlink(missing_ok=True)
                kept -= told.st_size

    def _copies(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for path in (*self.place.glob("*.npz"), *self.place.glob(".*.part")) if self.place.is_dir() else ():
            try:
                found.append((path, path.stat()))
            except FileNotFoundError:
                continue  # another kernel was quicker
        return found

    def _path(self, record: TableRecord) -> Path:
        return self.place / f"{Path(record.fingerprint).name}.npz"
