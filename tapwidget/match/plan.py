"""What a service makes of a match, as far as this part needs to know it. The service itself is on another floor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tapwidget.ivoa.tapschema import Table as TargetTable


class Upload(Protocol):
    """The slim table that travels: `names` maps the user's columns to their names in it."""

    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def row_column(self) -> str: ...
    @property
    def position(self) -> tuple[str, str] | None: ...
    @property
    def table(self) -> Any: ...


class Plan(Protocol):
    """A match made ready for one service."""

    @property
    def adql(self) -> str: ...
    @property
    def upload(self) -> Upload: ...
    @property
    def target(self) -> TargetTable: ...


class Planner(Protocol):
    """A TAP service, for a match: it has a URL and can plan."""

    @property
    def url(self) -> str: ...

    def plan(self, match: Any, table: Any) -> Plan: ...
