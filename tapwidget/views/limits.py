"""Limits of a service as a person reads them, and how near to them an upload is."""

from __future__ import annotations

from tapwidget.ivoa.limits import Limits
from tapwidget.views.style import counted

MIB = 2**20


def limits_in_words(limits: Limits) -> str:
    """What a service takes and gives, as far as it says: parts of one line, with a middle dot between them."""
    upload = [size(limits.upload_bytes)] if limits.upload_bytes else []
    upload += [counted(limits.upload_rows, "row")] if limits.upload_rows else []
    parts = [f"uploads up to {', '.join(upload)}" if upload else "uploads without a limit told"]
    if not limits.upload:
        parts = ["takes no uploads"]
    if limits.maxrec_hard or limits.maxrec_default:
        parts.append(f"answers up to {counted(limits.maxrec_hard or limits.maxrec_default or 0, 'row')}")
    if limits.execution_duration:
        parts.append(f"jobs may run {duration(limits.execution_duration)}")
    if limits.retention:
        parts.append(f"and are kept {duration(limits.retention)}" if limits.execution_duration else
                     f"jobs are kept {duration(limits.retention)}")  # fmt: skip
    return " · ".join(parts).replace(" · and are", " and are")


def upload_in_words(rows: int, nbytes: int, limits: Limits) -> str:
    """How near to its limits an upload is that travels as `nbytes` bytes.

    >>> upload_in_words(13074, 440_000, Limits(upload=True, upload_bytes=32 * MIB))
    'Upload: 13,074 rows, 0.4 of 32 MiB.'
    """
    many = f"{rows:,} of {counted(limits.upload_rows, 'row')}" if limits.upload_rows else counted(rows, "row")
    if limits.upload_bytes:
        return f"Upload: {many}, {_number(nbytes / MIB)} of {size(limits.upload_bytes)}."
    return f"Upload: {many}, {size(nbytes)}; the service tells no limit in bytes."


def size(nbytes: int) -> str:
    """Bytes in MiB, as limits are set."""
    return f"{_number(nbytes / MIB)} MiB"


def duration(seconds: float) -> str:
    """A time in the largest unit that gives one or more.

    >>> duration(3600), duration(604800), duration(90)
    ('1 hour', '7 days', '90 s')
    """
    for unit, name in ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        if seconds >= unit and (seconds % unit == 0 or seconds >= 10 * unit):
            return counted(round(seconds / unit), name)
    return f"{seconds:.0f} s"


def _number(value: float) -> str:
    """With as many digits as one wants to see: 0.4, 12, but 19.1 where it is no whole number below a hundred."""
    if 0 < value < 0.05:
        return "under 0.1"
    return f"{value:,.0f}" if value >= 100 or abs(value - round(value)) < 0.05 else f"{value:.1f}"
