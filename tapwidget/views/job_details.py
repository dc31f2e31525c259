"""All that is known of a job, line by line: its times, its limit, the requests made, what the service says, its URL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tapwidget.views.style import counted

CLOCK = "%Y-%m-%d %H:%M:%S UTC"


def details(job: Any, seen: Mapping[str, float]) -> list[str]:
    """Sentences on a `Job`.

    `seen`: the phases that were seen here in their order, each with the seconds that had elapsed then.
    """
    told = job.summary
    times = {"created": told.creation_time, "started": told.start_time, "ended": told.end_time}
    lines = [
        "phases seen here: " + " → ".join(f"{phase} at {seconds:.1f} s" for phase, seconds in seen.items()),
        ", ".join(f"{what} {time.strftime(CLOCK)}" for what, time in times.items() if time),
        _spans(told.creation_time, told.start_time, told.end_time),
        f"the service stops it after {in_words(told.execution_duration)}" if told.execution_duration else "",
        f"its state was asked for {counted(job.answers, 'time')}{_last(job.last_heard)}",
        *job.changes,
        str(job.error or ""),
        f"kept by the service until {told.destruction.strftime(CLOCK)}" if told.destruction else "",
        f"job {job.url}" if job.url else "",
    ]
    return [line for line in lines if line]


def _spans(created: datetime | None, started: datetime | None, ended: datetime | None) -> str:
    parts = []
    if created and started:
        parts.append(f"waited {in_words((started - created).total_seconds())}")
    if started and ended:
        parts.append(f"ran {in_words((ended - started).total_seconds())}")
    return ", ".join(parts)


def _last(heard: datetime | None) -> str:
    return f", the last answer came at {heard.strftime(CLOCK)}" if heard else ""


def in_words(seconds: float) -> str:
    """A length of time.

    >>> in_words(0.25), in_words(90), in_words(14400), in_words(90061)
    ('0.2 s', '1 min 30 s', '4 h', '1 d 1 h')
    """
    if seconds < 60:
        return f"{max(0.0, seconds):.1f} s".replace(".0 s", " s")
    left, parts = round(seconds), []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])
