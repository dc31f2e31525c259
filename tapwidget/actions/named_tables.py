"""The columns of the tables that a query names, read in the background while it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapwidget.actions.background import Background
from tapwidget.ivoa.tapschema import Table
from tapwidget.match.adql_check import named_tables, plain


class NamedTables:
    """Asks a service once for each table; `changed` is called when one has answered."""

    def __init__(self, background: Background, changed: Callable[[], None]) -> None:
        self._background = background
        self._changed = changed
        self._service: Any = None
        self._known: dict[str, Table | None] = {}  # None: asked for, and not told (yet)

    def read(self, service: Any, tables: Sequence[Table], adql: str) -> None:
        """Have the columns read of those of `tables` that `adql` names and that have none."""
        if service is not self._service:
            self._service, self._known = service, {}
        bare = {plain(table.name): table.name for table in tables if not table.columns}
        for key in named_tables(adql):
            if service is not None and key in bare and key not in self._known:
                self._known[key] = None
                self._ask(service, key, bare[key])

    def completed(self, tables: Sequence[Table]) -> tuple[Table, ...]:
        """These tables, with the columns that are known by now."""
        return tuple(table if table.columns else self._known.get(plain(table.name)) or table for table in tables)

    def _ask(self, service: Any, key: str, name: str) -> None:
        def told(table: Table) -> None:
            if service is self._service:
                self._known[key] = table
                self._changed()

        # Who cannot be told the columns goes without: the service answers for a wrong name when the query is sent.
        self._background.run(lambda: service.table(name), then=told, failed=lambda _: None)
