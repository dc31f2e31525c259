"""Ask a service about itself: run these on a worker, never in an observer."""

from __future__ import annotations

from dataclasses import dataclass

from tapwidget.client.services import Service, connect
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.tapschema import Table


@dataclass(frozen=True)
class Greeting:
    """A service that answered, with what it told about itself."""

    service: Service
    limits: Limits
    tables: tuple[Table, ...]
    is_simulated: bool


def greet(service: str | object) -> Greeting:
    """Connect to a service, by name, URL or pyvo object, and read its limits and the names of its tables.

    Raises
    ------
    ServiceError
        The service does not answer, wants a token, or is no TAP service.
    """
    found = service if isinstance(service, Service) else connect(service)
    return Greeting(found, found.limits(), tuple(found.tables()), found.is_simulated)
