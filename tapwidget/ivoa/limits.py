"""What a TAP service says it takes and gives, and what to go by where it does not say.

Source: TAPRegExt 1.0, section 2 (language, outputFormat, uploadMethod, uploadLimit, outputLimit, executionDuration,
retentionPeriod).
"""

from __future__ import annotations

from dataclasses import dataclass

CAREFUL_UPLOAD_BYTES = 16 * 2**20
"""How much goes into one upload where a service sets no limit in bytes: less than any that is known to have one takes
(DaCHS 20 MB as it is installed, Rubin and CADC 32 MiB), and enough for some 400,000 positions."""


@dataclass(frozen=True)
class Limits:
    """Limits of a TAP service; None where it does not say. Durations in seconds.

    Of a limit that has a default and a hard value, `upload_*`, `output_bytes` are the hard ones (what may be asked
    for), `execution_duration` and `retention` the defaults (what applies unless asked otherwise).
    """

    upload: bool = False
    upload_rows: int | None = None
    upload_bytes: int | None = None
    maxrec_default: int | None = None
    maxrec_hard: int | None = None
    output_bytes: int | None = None
    execution_duration: float | None = None
    retention: float | None = None
    output_formats: tuple[str, ...] = ()
    execution_duration_hard: float | None = None
    retention_hard: float | None = None
    languages: tuple[str, ...] = ()
    """As "ADQL-2.1"."""
    functions: tuple[str, ...] = ()
    """Names of the functions it has beside ADQL's own."""
    signatures: tuple[tuple[str, str], ...] = ()
    """Of each function: how it is called, as "f(x DOUBLE) -> DOUBLE", and what it does; "" where it is not said."""
    geometry: tuple[str, ...] = ()
    """Names of ADQL's geometrical functions that it has; empty where it does not say."""
    upload_methods: tuple[str, ...] = ()
    """"inline", "http", "https", "ftp"."""

    @property
    def careful_upload_bytes(self) -> int:
        """How much to put into one upload: its limit, or what every service can be expected to take."""
        return self.upload_bytes or CAREFUL_UPLOAD_BYTES
