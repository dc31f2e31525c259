"""An upload as it travels: written to a file without a name, not held in memory beside the table that it is."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from typing import IO

from tapwidget.client.excerpt import Excerpt, Uploaded
from tapwidget.tables.votable import votable_pieces

IN_TEXT = (
    "The upload travels as text (TABLEDATA), as this service does not read it in its binary form (BINARY2): more bytes "
    "to send, the same values."
)
# Smaller ones stay in memory.
IN_MEMORY = 2**20


class Encoded:
    """A table as a VOTable document; `sha256` is of its bytes. For one reader at a time."""

    def __init__(self, table: Uploaded, *, serialization: str, name: str) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="tapwidget-")  # noqa: SIM115 - lives as long as this
        weakref.finalize(self, self._file.close)
        digest = hashlib.sha256()
        self._size = 0
        whole, rows = (table.whole, table.rows) if isinstance(table, Excerpt) else (table, None)
        for piece in votable_pieces(whole, serialization=serialization, name=name, rows=rows):
            digest.update(piece)
            self._size += self._file.write(piece)
        self.sha256 = digest.hexdigest()

    def __len__(self) -> int:
        return self._size

    def read(self, offset: int, count: int) -> bytes:
        """So many bytes from a place on; fewer only at the end."""
        self._file.seek(offset)
        return self._file.read(count)
