"""One line of the earlier jobs: what it was, how it stands, and what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import ipywidgets

from tapwidget.client.ledger import JobRecord
from tapwidget.ivoa.uws import JobPhase
from tapwidget.state.runs import Run
from tapwidget.views import basic
from tapwidget.views.style import counted, text

LONGEST = 110
UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


class EarlierJob(ipywidgets.HBox):
    """A job of before, with its buttons. `take_up` and `delete` are given the job's record."""

    def __init__(
        self, *, take_up: Callable[[JobRecord], Any], delete: Callable[[JobRecord], Any], **kwargs: object
    ) -> None:
        self._record: JobRecord | None = None
        self._phase = basic.HTML()
        self._what = basic.HTML()
        self._what.add_class("tw-what")
        self._take = basic.Button()
        self._delete = basic.Button(description="Delete")
        self._keep = basic.Button(description="Keep", layout=ipywidgets.Layout(display="none"))
        buttons = basic.HBox([self._take, self._delete, self._keep])  # go to the next line together
        super().__init__([self._phase, self._what, buttons], **kwargs)
        self.add_class("tw-wrap")
        self.add_class("tw-earlier-job")
        self._take.on_click(lambda _: take_up(self._record))
        self._delete.on_click(lambda _: self._delete_pressed(delete))
        self._keep.on_click(lambda _: self._ask(False))

    def show(self, record: JobRecord, run: Run | None) -> None:
        """Show a job; `run` is where it is on the shelf, if it is there."""
        self._record = record
        phase = str(record.phase if run is None else run.phase)
        self._phase.value = text("tw-phase", phase, tag="span", data_phase=phase)
        self._what.value = text("tw-line", title(record), tag="div") + text(
            "tw-note", "  ·  ".join(facts(record)), tag="div"
        )
        self._take.description, self._take.disabled, self._take.tooltip = offer(record, run)
        self._delete.disabled = not record.reference
        self._ask(self._keep.layout.display is None)

    def _delete_pressed(self, delete: Callable[[JobRecord], Any]) -> None:
        if self._keep.layout.display is None and self._record is not None:
            self._delete.disabled = True
            delete(self._record)
        else:
            self._ask(True)

    def _ask(self, asking: bool) -> None:
        """Have Delete pressed a second time, by the same button, so that the keyboard stays where it is."""
        self._keep.layout.display = None if asking else "none"
        self._delete.description = "Delete for good?" if asking else "Delete"
        self._delete.button_style = "danger" if asking else ""
        self._delete.tooltip = (
            "the service throws the job and its result away" if asking else "take it off the service, and off this list"
        )

    def close(self) -> None:
        buttons = self.children[-1]
        for child in (*buttons.children, *self.children):
            child.close()
        super().close()


def title(record: JobRecord) -> str:
    """What the job is, in one line."""
    match = record.match or {}
    if match.get("kind") == "SkyMatch":
        radius = match.get("radius")
        # A radius of its own for each row is not told in a word.
        is_angle = isinstance(radius, dict) and radius.get("kind") == "Quantity"
        what = f"{match.get('target', '')}" + (f" within {radius['value']:g} {radius['unit']}" if is_angle else "")
    elif match.get("kind") == "IdentifierMatch":
        what = f"{match.get('target', '')} by {' = '.join(map(str, match.get('on', ())))}"
    else:
        what = re.sub(r"\s+", " ", record.adql).strip() or record.run_id or record.job_id
    source = next((upload.source for upload in record.uploads if upload.source), "")
    of = re.split(r"[\\/]", source)[-1]
    return shortened(f"{of} × {what}" if of else what)


def facts(record: JobRecord) -> list[str]:
    """Rows, age, and how long it is kept."""
    told = []
    if record.rows is not None:
        told.append(f"{counted(record.rows, 'row')} uploaded")
    if record.parts:
        told.append(f"{sum(part.is_done for part in record.parts)} of {len(record.parts)} parts done")
    if record.age is not None:
        told.append(f"{span(record.age)} ago")
    if record.is_expired:
        told.append("thrown away by the service")
    elif record.destruction is not None:
        told.append(f"kept for {span((record.destruction - datetime.now(UTC)).total_seconds())} more")
    if not record.reference:
        told.append(f"never confirmed by the service; it was sent as {record.run_id}")
    if record.message:
        told.append(shortened(record.message))
    return told


def offer(record: JobRecord, run: Run | None) -> tuple[str, bool, str]:
    """The button that takes a job up: its description, whether it is disabled, and its tooltip."""
    if run is not None:
        return f"In {run.name}", True, "it is among the results"
    if not record.reference:
        return "Fetch", True, "the service does not know it"
    if record.is_expired:
        return "Fetch", True, "the service has thrown its result away"
    if record.phase in {JobPhase.ERROR, JobPhase.ABORTED, JobPhase.ARCHIVED}:
        return "Fetch", True, "it has no result"
    if record.phase is JobPhase.COMPLETED:
        return "Fetch", False, "fetch its result"
    if record.parts:
        return "Go on", False, "send what is left of it, and fetch its result when it is done"
    return "Follow", False, "follow it, and fetch its result when it is done"


def span(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> span(12), span(90 * 60), span(7 * 86400)
    ('12 s', '1 h', '7 d')
    """
    seconds = max(0.0, seconds)
    return next((f"{int(seconds / size)} {unit}" for size, unit in UNITS if seconds >= size), f"{seconds:.0f} s")


def shortened(line: str) -> str:
    flat = re.sub(r"\s+", " ", line).strip()
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]} ..."
