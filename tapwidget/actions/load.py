"""Open the user's table: run this on a worker, a large file takes a while."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy.table import Table

from tapwidget.tables.files import as_table, read_table
from tapwidget.tables.roles import Roles, recognise


@dataclass(frozen=True)
class Opened:
    """A table that was opened, what its columns mean, and what was done to read it rightly."""

    table: Table
    roles: Roles
    changes: tuple[str, ...]


def open_table(source: str | Path | Any) -> Opened:
    """Open a file, or take a table the notebook already has.

    Raises
    ------
    TableError
        It is no table, or cannot be read.
    """
    table = read_table(source) if isinstance(source, (str, Path)) else as_table(source)
    return Opened(table, recognise(table), tuple(table.meta.get("tapwidget", {}).get("changes", ())))
