"""What is to be done about a part that failed, from what the service said: nothing, the same again, or smaller."""

from __future__ import annotations

import re
from enum import StrEnum

from tapwidget.client.faults import Outage
from tapwidget.client.too_large import BrokenOffError, OverLimitError, is_about_size
from tapwidget.errors import JobError, QueryError, ServiceError, TapWidgetError


class Remedy(StrEnum):
    """END: it would fail again, whatever its size. AGAIN: later, as it is. SMALLER: in halves, as it did not agree with
    the service. DIVIDE: in halves as well, and no failure, as the service only said how much it takes."""

    END = "end"
    AGAIN = "again"
    SMALLER = "smaller"
    DIVIDE = "divide"


BUSY = re.compile(r"maximum running queries|too many (?:\w+ )?(?:jobs|queries|requests)|try again later", re.IGNORECASE)
# A query that is wrong is wrong for every part. The words of VOLLT, CADC, DaCHS, Qserv and our own service.
WRONG = re.compile(
    r"syntax|pars(?:e|ing)|encountered|unexpected|unknown|unresolved|not exist|no such|ambiguous|not (?:been )?found"
    r"|has no (?:column|table)|could not be located|not supported|unsupported|permission|denied|incorrect adql",
    re.IGNORECASE,
)


def remedy(error: TapWidgetError) -> Remedy:
    """What helps against the failure of one part, if anything."""
    # The halves of an upload whose connection broke are tried only while they are large: Submission sees to that.
    if isinstance(error, OverLimitError | BrokenOffError):
        return Remedy.DIVIDE
    if isinstance(error, QueryError):
        if BUSY.search(error.said):
            return Remedy.AGAIN
        if is_about_size(error.said):
            return Remedy.DIVIDE
        return Remedy.END if WRONG.search(error.said) else Remedy.SMALLER
    if isinstance(error, Outage):
        return Remedy.AGAIN
    # Aborted by the service (it took too long), gone, or its answer came cut short.
    return Remedy.SMALLER if isinstance(error, JobError) else Remedy.END


def may_pass(error: TapWidgetError) -> bool:
    """Whether waiting for the whole once more can help: the service was away, or wants a new token."""
    return isinstance(error, ServiceError) and not isinstance(error, QueryError | JobError)
