"""The words of UWS 1.1 as values: execution phases and the summary of a job.

Source: IVOA Universal Worker Service 1.1, sections 2.1.3 (phases) and 2.2 (job representation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobPhase(StrEnum):
    """Execution phase of a UWS job (UWS 1.1, section 2.1.3)."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    UNKNOWN = "UNKNOWN"
    HELD = "HELD"
    SUSPENDED = "SUSPENDED"
    ARCHIVED = "ARCHIVED"

    @classmethod
    def of(cls, text: str | None) -> JobPhase:
        """The phase of that name; UNKNOWN for anything that UWS does not list."""
        try:
            return cls((text or "").strip().upper())
        except ValueError:
            return cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        """Whether the job will not change any more by itself."""
        return self in FINAL_PHASES


FINAL_PHASES = frozenset({JobPhase.COMPLETED, JobPhase.ERROR, JobPhase.ABORTED, JobPhase.ARCHIVED})


@dataclass(frozen=True)
class Progress:
    """How far a job is, as the service tells it in `jobInfo` (Rubin's TAP service does)."""

    percent: float = math.nan
    items_done: int | None = None
    items_total: int | None = None
    message: str = ""

    @property
    def is_known(self) -> bool:
        return not math.isnan(self.percent)


@dataclass(frozen=True)
class JobSummary:
    """One UWS job as its service last described it. Times are UTC; durations are in seconds."""

    job_id: str
    phase: JobPhase = JobPhase.PENDING
    run_id: str = ""
    owner: str = ""
    creation_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    quote: datetime | None = None
    execution_duration: float | None = None
    destruction: datetime | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    error_message: str = ""
    progress: Progress = Progress()
