"""What the service refuses, and with which HTTP status.

`AdqlError` is about the text of a query, `RequestError` about anything else in a request. Both reach the caller as a
VOTable with QUERY_STATUS=ERROR (DALI 1.1, section 4.4.1), or as the error of a job.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tapwidget.errors import QueryError, ServiceError

LONGEST = 2_000
"""Characters of a message: what is named in it may be megabytes, for a caller wrote it."""


class AdqlError(QueryError):
    """The query cannot be run as it is written.

    Parameters
    ----------
    message : str
        What is wrong, in ADQL's terms.
    line, column : int
        Where, both from 1; 0 where it is not known.
    """

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        where = f"line {line}, column {column}: " if line else ""
        text = shortened(where + message)
        super().__init__(text, said=text)
        self.line = line
        self.column = column


class RequestError(ServiceError):
    """The request cannot be answered; `status` is the HTTP status that says so."""

    def __init__(self, message: str, status: int = 400) -> None:
        text = shortened(message)
        super().__init__(text, said=text)
        self.status = status


class QueryTimeoutError(QueryError):
    """The query ran longer than it may."""


class QueryAbortedError(QueryError):
    """Somebody asked for the query to be stopped."""


def shortened(message: str) -> str:
    """A message without the middle of what is too long to be read."""
    half = LONGEST // 2
    return message if len(message) <= LONGEST else f"{message[:half]} ... {message[-half:]}"


def close_names(name: str, known: Iterable[str], *, how_many: int = 3) -> str:
    """A half sentence that offers what may have been meant: '; did you mean a, b or c?', or ''."""
    spelt = {candidate.lower(): candidate for candidate in known}
    hits = [spelt[hit] for hit in difflib.get_close_matches(name.lower(), list(spelt), n=how_many, cutoff=0.6)]
    if not hits:
        return ""
    return f"; did you mean {hits[0] if len(hits) == 1 else ', '.join(hits[:-1]) + ' or ' + hits[-1]}?"
