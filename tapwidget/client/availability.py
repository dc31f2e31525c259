"""Whether a service says that it can be used now, and when it will be again.

Source: VOSI 1.1, section 5 (availability).
"""

from __future__ import annotations

from dataclasses import dataclass

from tapwidget.client.addresses import mask
from tapwidget.client.documents import NotXmlError, child, parse, text_of
from tapwidget.client.faults import shorten
from tapwidget.client.transport import Transport
from tapwidget.errors import ServiceError


@dataclass(frozen=True)
class Availability:
    """What a service says of its own state; times and words just as it writes them, empty where it does not."""

    is_available: bool = True
    note: str = ""
    down_at: str = ""
    back_at: str = ""

    def sentence(self, service: str) -> str:
        """What the user should know; empty if there is nothing."""
        said = f" It says: {shorten(self.note)}" if self.note else ""
        if not self.is_available:
            when = f"It will be back at {self.back_at}." if self.back_at else "Try again later."
            return f"{service} says that it is not available now.{said} {when}"
        if self.down_at:
            until = f" until {self.back_at}" if self.back_at else ""
            return f"{service} will be down from {self.down_at}{until}.{said} Jobs that run then may be lost."
        return ""


def ask_availability(transport: Transport) -> Availability:
    """What the service says; available where it says nothing that can be understood."""
    try:
        response = transport.get(f"{transport.url}/availability", doing="asking whether it is available")
        root = parse(response.content)
    except (ServiceError, NotXmlError):
        return Availability()
    told = child(root, "available")
    if told is None:
        return Availability()
    return Availability(
        is_available=(told.text or "").strip().lower() not in {"false", "0"},
        note=text_of(root, "note"),
        down_at=text_of(root, "downAt"),
        back_at=text_of(root, "backAt"),
    )


def in_words(transport: Transport) -> str:
    """The sentence of `Availability` for the service that is asked; empty if all is well."""
    return ask_availability(transport).sentence(mask(transport.url))
