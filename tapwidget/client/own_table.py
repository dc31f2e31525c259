"""The user's table while its match is at work: in memory once, the user's own, and never joined if it has changed.

A copy in memory would take more than all that is sent of it. What the user does to the table meanwhile (sorts it, fills
in a column) shows in its fingerprint; then the copy on disk is joined, which another kernel would take as well.
"""

from __future__ import annotations

import logging
import tempfile
import weakref
from collections.abc import Callable
from typing import IO

from astropy.table import Table

from tapwidget.client.kept_tables import KeptTables, TableRecord, record_of
from tapwidget.client.ledger import JobRecord, Ledger
from tapwidget.errors import TableError
from tapwidget.tables.exact_copy import fingerprint, read_copy, write_copy

log = logging.getLogger(__name__)


class OwnTable:
    """The user's table as it is when this is made, in plain columns, which may be the user's.

    Make it before anything is sent of it, and send what `table` holds. `record` tells it again: by it, `joined` notices
    a change.
    """

    def __init__(self, table: Table, record: TableRecord | None = None) -> None:
        # Objects in cells can be in no copy on disk, and their fingerprint does not see all that they hold.
        has_objects = any(column.dtype.kind == "O" for column in table.columns.values())
        self.table = table.copy() if has_objects else table
        self.record = record or record_of(self.table)
        self._kept: KeptTables | None = None
        self._file: IO[bytes] | None = None

    def keep(self, ledger: Ledger, record: JobRecord) -> str:
        """Put a copy on disk, beside a job in the ledger; where that cannot be, in a file that goes with this process.

        Returns a sentence if the match cannot be finished after a restart, else "".
        """
        self._kept = ledger.tables
        try:
            ledger.keep(record, self.table)
        except (OSError, TableError) as error:
            log.info("no copy of the table was made: %s", error)
            if self.record.is_file:
                return ""
            self._spool()
            return f"After a restart of the kernel this match cannot be finished: {error}"
        return ""

    def joined(self, join: Callable[[Table], Table]) -> Table:
        """What `join` makes of the table as it was.

        Raises
        ------
        TableError
            If it has changed since, and no copy is left.
        """
        # Asked twice, as somebody may be sorting it in another thread just now.
        if self._is_as_it_was():
            result = join(self.table)
            if self._is_as_it_was():
                return result
        return join(self._copy())

    def _is_as_it_was(self) -> bool:
        return fingerprint(self.table) == self.record.fingerprint

    def _copy(self) -> Table:
        why = "there is none"
        try:
            if self._file is not None:
                copy = read_copy(self._file)
                if fingerprint(copy) == self.record.fingerprint:
                    return copy
            if self._kept is not None:
                return self._kept.find(self.record)
        except (OSError, TableError) as error:
            why = str(error).rstrip(".")
        raise TableError(
            "Your table was changed after it was submitted, so the answer cannot be joined to its rows, and no copy of "
            f"it could be used ({why}). Undo the change and ask for the result again, or submit the table as it is now."
        )

    def _spool(self) -> None:
        file = tempfile.TemporaryFile(prefix="tapwidget-")  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, file.close)
        try:
            write_copy(self.table, file)
        except (OSError, TableError) as error:
            log.info("nor in a temporary file: %s", error)
        else:
            self._file = file
