"""Ask a service about itself: run these on a worker, never in an observer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tapwidget.client.chunks_plan import measured
from tapwidget.client.plan import Plan
from tapwidget.client.services import Service, connect
from tapwidget.errors import ServiceUnavailableError
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.tapschema import Table
from tapwidget.match.spec import Match


@dataclass(frozen=True)
class Greeting:
    """A service that answered, with what it told about itself; `notice` says if it is going down, or is down."""

    service: Service
    limits: Limits
    tables: tuple[Table, ...]
    is_simulated: bool
    notice: str = ""


@dataclass(frozen=True)
class Ready:
    """A match made ready: what travels has `rows` rows and about `nbytes` bytes, to a service with these limits."""

    plan: Plan
    rows: int
    nbytes: int
    limits: Limits


def greet(service: str | object) -> Greeting:
    """Connect to a service, by name, URL or pyvo object, and read its limits and the names of its tables.

    Raises
    ------
    ServiceError
        The service does not answer, wants a token, or is no TAP service. In maintenance, in its own words.
    """
    found = service if isinstance(service, Service) else connect(service)
    try:
        limits, tables = found.limits(), tuple(found.tables())
    except ServiceUnavailableError as error:
        notice = found.notice()
        if not notice:
            raise
        raise ServiceUnavailableError(notice, service=error.service, said=error.said) from error
    return Greeting(found, limits, tables, found.is_simulated, found.notice())


def make_ready(service: Service, match: Match, table: Any) -> Ready:
    """The plan of a match, and how large its upload is. Raises what `Service.plan` does."""
    plan = service.plan(match, table)
    upload = plan.upload.table
    head, each = measured(upload)
    return Ready(plan, len(upload), head + round(each * len(upload)), service.limits())
