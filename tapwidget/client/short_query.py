"""A small query that is answered at once, of what a service says about itself.

Source: TAP 1.1, section 2.2.1 (/sync).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tapwidget.client import faults
from tapwidget.client.addresses import mask, resolve
from tapwidget.client.transport import Transport
from tapwidget.errors import FileFormatError

if TYPE_CHECKING:
    from tapwidget.tables.votable_document import Document

SYNC_S = 120.0


def answer(transport: Transport, adql: str, maxrec: int) -> Document:
    """The whole answer.

    Raises
    ------
    QueryError
        If the service refuses the query.
    ServiceError
        If it cannot be reached, or does not let us in.
    """
    from tapwidget.tables.votable_document import read_document

    doing, service = "asking for its tables", mask(transport.url)
    form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": adql, "MAXREC": str(maxrec)}
    response = transport.post(f"{transport.url}/sync", form, doing=doing, read_s=SYNC_S)
    location = response.headers.get("Location", "")
    if response.is_redirect and location:
        response = transport.get(resolve(response.url, location), doing=doing, read_s=SYNC_S)
    faults.check(response, doing, service=service)
    try:
        document = read_document(response.content)
    except FileFormatError as error:
        raise faults.of_response(response, doing, service=service) from error
    if document.query_status == "ERROR":
        raise faults.of_query(document.query_message, service)
    return document
