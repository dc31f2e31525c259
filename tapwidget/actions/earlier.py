"""Jobs given to a service before, perhaps in another kernel: run these on a worker, never in an observer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tapwidget.client.ledger import JobRecord
from tapwidget.client.services import Service
from tapwidget.errors import ServiceError


@dataclass(frozen=True)
class Earlier:
    """Jobs, newest first; `trouble` says why the service was not heard, and then they are as the ledger knows them."""

    jobs: tuple[JobRecord, ...]
    trouble: str = ""


def earlier_jobs(service: Service) -> Earlier:
    """The jobs of a service, from the ledger on this disk and from the service itself as far as it answers."""
    try:
        return Earlier(tuple(service.jobs()))
    except ServiceError as error:
        return Earlier(tuple(service.jobs(ask=False)), str(error))


def delete_job(service: Service, record: JobRecord) -> Any:
    """Take a job off the service, and out of the ledger, for good.

    Raises
    ------
    ServiceError
        If the service cannot be reached or refuses.
    """
    service.delete(record.reference)
