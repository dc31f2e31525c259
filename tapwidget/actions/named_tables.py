"""The columns of the tables that a query names, read in the background while it is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from tapwidget.actions.background import Background
from tapwidget.ivoa.tapschema import Table
from tapwidget.match.adql_check import named_tables, plain

AGAIN = 30.0  # seconds after which a table that was not told may be asked for once more


class NamedTables:
    """Asks a service for each table once, or again where that failed; `changed` is called when one has answered."""

    def __init__(self, background: Background, changed: Callable[[], None]) -> None:
        self._background = background
        self._changed = changed
        self._service: Any = None
        self._known: dict[str, Table] = {}
        self._asked: dict[str, float] = {}  # when (monotonic)

    def read(self, service: Any, tables: Sequence[Table], adql: str) -> None:
        """Have the columns read of those of `tables` that `adql` names and that have none."""
        if service is not self._service:
            self._service, self._known, self._asked = service, {}, {}
        bare = {plain(table.name): table.name for table in tables if not table.columns}
        for key in named_tables(adql):
            is_due = time.monotonic() - self._asked.get(key, -AGAIN) >= AGAIN
            if service is not None and key in bare and key not in self._known and is_due:
                self._asked[key] = time.monotonic()
                self._ask(service, key, bare[key])

    def completed(self, tables: Sequence[Table]) -> tuple[Table, ...]:
        """These tables, with the columns that are known by now."""
        return tuple(table if table.columns else self._known.get(plain(table.name)) or table for table in tables)

    def _ask(self, service: Any, key: str, name: str) -> None:
        def told(table: Table) -> None:
            if service is self._service:
                self._known[key] = table
                self._changed()

        # Until it is told the editor goes without: the service answers for a wrong name when the query is sent.
        self._background.run(lambda: service.table(name), then=told, failed=lambda _: None)
