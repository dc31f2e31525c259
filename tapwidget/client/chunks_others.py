"""Other processes at the same match in parts: one sends, the others look on until it has ended, and then go on."""

from __future__ import annotations

from collections.abc import Collection

from tapwidget.client.chunks_kept import Kept
from tapwidget.client.chunks_plan import Division, Part
from tapwidget.errors import JobAbortedError, JobError
from tapwidget.ivoa.uws import JobPhase


class Others:
    """Those who may be sending the parts of a match. `turn` tells whether somebody is."""

    def __init__(self, kept: Kept, division: Division) -> None:
        self._kept = kept
        self._division = division
        self.turn = kept.turn

    def in_words(self) -> str:
        """Who is at it, and how far."""
        record = self._kept.read()
        parts = record.parts if record else ()
        done = sum(part.is_done for part in parts)
        return (
            f"{self.turn.holder} is still sending the parts of this match ({done} of {len(parts)} are done): it is "
            "only followed here until that one has ended."
        )

    def left(self, done: Collection[Part], *, is_sure: bool) -> list[Part] | None:
        """What is still to be done, as the others have left it; None where it is as it was left here.

        `done` is what need not be done again; `is_sure` that others were at it since.

        Raises
        ------
        JobError
            If they have given up, aborted or deleted the match.
        MatchError
            If the parts are not those of this upload.
        ServiceError
            If the service cannot be asked what it has of them.
        """
        if not self._kept.key or (not is_sure and self._kept.is_as_written):
            return None
        record = self._kept.renewed()
        if record is None:
            raise JobError("The match was deleted by the process that was sending it. Submit it again.")
        if record.phase.is_final and record.phase is not JobPhase.COMPLETED:
            said = record.message or "It did not say why."
            kind = JobAbortedError if record.phase is JobPhase.ABORTED else JobError
            raise kind(f"The process that was sending this match ended it: {said}")
        labels = {part.label for part in done}
        return [part for part in self._division.again(record.parts) if not labels & set(part.descent)]
