"""What a service makes of a match, as far as this part needs to know it. The service itself is on another floor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tapwidget.match.adql import Query


class Position(Protocol):
    """Which of the user's columns are the position, and how they hold it."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def form(self) -> str: ...
    @property
    def frame(self) -> str: ...


class Upload(Protocol):
    """The slim table that travels: `names` maps the user's columns to their names in it."""

    @property
    def name(self) -> str: ...
    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def row_column(self) -> str: ...
    @property
    def position(self) -> tuple[str, str] | None: ...
    @property
    def table(self) -> Any: ...


class Positioned(Protocol):
    """An upload, and how the user's table holds the position in it; None where it does not matter."""

    @property
    def upload(self) -> Any: ...
    @property
    def position(self) -> Position | None: ...


class Plan(Protocol):
    """A match made ready for one service.

    `names` gives the names in the result of the answer's columns, `separation` and `position_angle` those of these two
    (empty where there is none). `position` is how the user's table holds its positions, None where it does not matter;
    `maxrec` is the limit of rows to ask for, None for the service's own.
    """

    @property
    def adql(self) -> str: ...
    @property
    def query(self) -> Query: ...
    @property
    def upload(self) -> Upload: ...
    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def separation(self) -> str: ...
    @property
    def position_angle(self) -> str: ...
    @property
    def position(self) -> Position | None: ...
    @property
    def maxrec(self) -> int | None: ...


class Planner(Protocol):
    """A TAP service, for a match: it has a URL and can plan."""

    @property
    def url(self) -> str: ...

    def plan(self, match: Any, table: Any) -> Plan: ...
