"""What the service allows: every limit in one place, as VOSI tells it and as the parts keep it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Limits of one service. Times in seconds, sizes in bytes."""

    upload_rows: int = 2_000_000
    upload_bytes: int = 256 * 2**20
    upload_columns: int = 1_000
    maxrec_default: int = 10_000_000
    maxrec_hard: int = 10_000_000
    sync_duration: float = 60.0
    execution_duration: float = 600.0
    execution_duration_hard: float = 3600.0
    retention: float = 24 * 3600.0
    retention_hard: float = 7 * 24 * 3600.0
    longest_wait: float = 60.0
    parameter_bytes: int = 8 * 2**20
    workers: int = 4
    memory: str = ""
    """Such as "2GB"; empty for about half of the machine's."""
    jobs_kept: int = 10_000
    result_bytes: int = 16 * 2**30
    spill_bytes: int = 16 * 2**30
    """What all queries together may put on disk beside the tables, where memory is not enough."""
    fetch_duration: float = 60.0
    fetches_anywhere: bool = False
    """Whether uploads by URL may come from this machine and its network too: only where nobody else can ask."""
