"""Every exception of tapwidget.

    TapWidgetError
    ├── TableError            a file or table of the user cannot serve
    │   ├── FileFormatError   not a table, or one that cannot be read
    │   ├── ColumnError       a column is missing, ambiguous or holds what it should not
    │   └── UploadError       what would travel does not fit what the service takes
    ├── SetUpError            the saved state of an app cannot be written or read
    ├── MatchError            the match as asked makes no sense, before any service saw it
    └── ServiceError          a TAP service: `.service` its URL, `.said` its own words, unchanged
        ├── ServiceUnavailableError   down, in maintenance, unreachable, not a TAP service
        ├── AuthenticationError       no token, expired, not allowed (401, 403)
        ├── TargetError               the table or column asked for does not exist there
        ├── QueryError                the service refused or failed the query
        └── JobError                  `.job_url`; a job that ended otherwise than COMPLETED, or is gone
            ├── JobAbortedError
            ├── JobTimeoutError       the time to wait is over; the job itself goes on
            └── ResultError           the result did not arrive whole

Each message says what happened, to which file, column or service, and what to do next.
"""

from __future__ import annotations


class TapWidgetError(Exception):
    """The root of all errors raised on purpose by tapwidget."""


class TableError(TapWidgetError):
    """A file or table of the user cannot serve as it is."""


class FileFormatError(TableError):
    """The file is not a table, or is one that cannot be read."""


class ColumnError(TableError):
    """A column is missing, ambiguous, or holds what it should not."""


class UploadError(TableError):
    """The table to be uploaded does not fit what the service takes."""


class SetUpError(TapWidgetError):
    """The saved state of an app cannot be written, or read again."""


class MatchError(TapWidgetError):
    """The match as asked makes no sense, whatever the service."""


class ServiceError(TapWidgetError):
    """Something went wrong at, or on the way to, a TAP service.

    Parameters
    ----------
    message : str
        What happened and what to do next.
    service : str
        Base URL of the service.
    said : str
        What the service said, word for word; empty if it said nothing.
    """

    def __init__(self, message: str, *, service: str = "", said: str = "") -> None:
        super().__init__(message)
        self.service = service
        self.said = said


class ServiceUnavailableError(ServiceError):
    """The service is down, in maintenance, out of reach, or no TAP service at all."""


class AuthenticationError(ServiceError):
    """The service wants a token, or does not accept the one it got (HTTP 401, 403)."""


class TargetError(ServiceError):
    """The service has no such table or column."""


class QueryError(ServiceError):
    """The service refused the query, or failed while running it."""


class JobError(ServiceError):
    """A job ended otherwise than COMPLETED, or is not there any more."""

    def __init__(self, message: str, *, service: str = "", said: str = "", job_url: str = "") -> None:
        super().__init__(message, service=service, said=said)
        self.job_url = job_url


class JobAbortedError(JobError):
    """The job was aborted, by its owner or by the service."""


class JobTimeoutError(JobError):
    """The time given for waiting is over. The job goes on at the service."""


class ResultError(JobError):
    """The result did not arrive whole."""
