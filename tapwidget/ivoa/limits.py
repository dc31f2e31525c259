"""What a TAP service says it takes and gives.

Source: TAPRegExt 1.0, section 2 (uploadLimit, outputLimit, executionDuration, retentionPeriod, outputFormat).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a TAP service; None where it does not say. Durations in seconds."""

    upload: bool = False
    upload_rows: int | None = None
    upload_bytes: int | None = None
    maxrec_default: int | None = None
    maxrec_hard: int | None = None
    output_bytes: int | None = None
    execution_duration: float | None = None
    retention: float | None = None
    output_formats: tuple[str, ...] = ()
