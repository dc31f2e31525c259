"""Uploads that are more than a service takes: known before they are sent, or by how it refuses them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tapwidget.client.addresses import mask
from tapwidget.client.excerpt import Uploaded
from tapwidget.errors import ServiceUnavailableError, UploadError
from tapwidget.ivoa.limits import Limits

THING = r"(?:upload|file|table|request|content|body|votable|row)"
TOO_MUCH = r"(?:too (?:large|big|many)|exceed|larger than|more than|at most|maximum)"
ABOUT_SIZE = re.compile(rf"\b{THING}.*{TOO_MUCH}|{TOO_MUCH}.*\b{THING}", re.IGNORECASE | re.DOTALL)


class OverLimitError(UploadError):
    """The upload is more than the service takes at once; a part of it may do."""


class BrokenOffError(ServiceUnavailableError):
    """The connection broke while a large upload was on its way, which some servers do in place of HTTP 413."""


def is_about_size(said: str) -> bool:
    """Whether a service's words are, as far as one can tell, that an upload is too large for it."""
    return ABOUT_SIZE.search(said) is not None


def check_limits(limits: Limits, uploads: Mapping[str, Uploaded], size: int, service: str) -> None:
    """Raise UploadError if the uploads, of `size` bytes in all, are more than the service takes."""
    if not uploads:
        return
    names = ", ".join(uploads)
    rows = max(len(table) for table in uploads.values())
    out = (
        "Ways out: fewer rows (a part of the table at a time), or fewer columns in the conditions; only position, row "
        "number and the columns that conditions use travel."
    )
    if not limits.upload:
        raise UploadError(
            f"{mask(service)} says that it takes no uploads, so {names} cannot be sent. Choose another service."
        )
    if limits.upload_rows is not None and rows > limits.upload_rows:
        raise OverLimitError(
            f"The upload {names} has {rows:,} rows; {mask(service)} takes at most {limits.upload_rows:,}. {out}"
        )
    if limits.upload_bytes is not None and size > limits.upload_bytes:
        raise OverLimitError(
            f"The upload {names} is {mebibytes(size)} with {rows:,} rows; {mask(service)} takes at most "
            f"{mebibytes(limits.upload_bytes)}, about {rows * limits.upload_bytes // size:,} such rows. {out}"
        )


def mebibytes(size: int) -> str:
    """For messages: "1.5 MiB (1,572,864 bytes)"."""
    return f"{size / 2**20:.1f} MiB ({size:,} bytes)"
