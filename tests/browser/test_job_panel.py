"""What a job is doing, seen in the page: how far it is, what is known of it, and its buttons by mouse and keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

CELL = """
import datetime, types, tapwidget
from tapwidget.errors import JobTimeoutError, QueryError
from tapwidget.ivoa.uws import JobPhase, JobSummary, Progress

class AJob(types.SimpleNamespace):
    url, elapsed, answers, received, changes = "http://127.0.0.1/tap/async/<b>17</b>", 0.0, 1, (0, None), ()
    last_error, last_heard, error, summary, progress = "", None, None, JobSummary("17"), Progress()
    phase, asked_for = JobPhase.PENDING, ()
    def subscribe(self, callback):
        self.callback = callback
        return lambda: None
    def tell(self, phase, **told):
        self.phase = JobPhase(phase)
        vars(self).update(told)
        self.callback(self)
    def stop_watching(self):
        self.asked_for += ("stop watching",)
    def wait(self, timeout):
        self.asked_for += ("wait",)
        raise JobTimeoutError("It has not ended.")
    def abort(self):
        self.asked_for += ("abort",)
        self.tell("ABORTED")

job = AJob()
status = tapwidget.JobStatus(job)
status
"""
WAYS = ["mouse", "Space", "Enter"]


class Panel:
    """What a person sees of the job."""

    def __init__(self, notebook: Any) -> None:
        self.notebook, self.page, self.box = notebook, notebook.page, notebook.output(0)
        self.told, self.bar = self.box.locator(".tw-told"), self.box.locator(".widget-hprogress")

    def button(self, name: str) -> Locator:
        return self.box.get_by_role("button", name=name)  # after an icon

    def press(self, name: str, way: str) -> None:
        button = self.button(name)
        expect(button).to_be_enabled()
        if way == "mouse":
            button.click()
        else:
            button.focus()
            self.page.keyboard.press(way)

    def tell(self, told: str) -> None:
        """The service says this of the job."""
        self.notebook.python(first=f"job.tell({told})")

    def phase(self, phase: str) -> None:
        expect(self.box.locator(".tw-phase[role=status]")).to_have_text(phase)

    def asked_for(self, *what: str) -> None:
        self.notebook.wait_for_python(f"job.asked_for == {what}")


@pytest.fixture
def panel(lab: Any) -> Panel:
    panel = Panel(lab.open_notebook([CELL]))
    panel.phase("PENDING")
    return panel


def test_how_far_a_job_is(panel: Panel) -> None:
    expect(panel.told).to_contain_text("0.0 s · created, not started")
    expect(panel.bar).to_be_hidden()
    panel.tell("'EXECUTING', elapsed=3.25, progress=Progress(percent=7), "
               "summary=JobSummary('17', execution_duration=14400)")  # fmt: skip
    panel.phase("EXECUTING")
    expect(panel.told).to_contain_text("7 % · 3.2 s of 4 h · running at the service")
    expect(panel.bar).to_be_visible()
    filled = panel.bar.locator(".progress-bar")
    short = filled.bounding_box()["width"]
    panel.tell("'EXECUTING', elapsed=90.0, progress=Progress(percent=63), last_error='no answer for <i>12</i> s'")
    expect(panel.told).to_contain_text("63 % · 90.0 s of 4 h · no answer for <i>12</i> s")
    panel.page.wait_for_function("([bar, width]) => bar.getBoundingClientRect().width > 5 * width",
                                 arg=[filled.element_handle(), short])  # fmt: skip
    assert filled.bounding_box()["width"] == pytest.approx(9 * short, rel=0.05)
    # Where the service no longer tells it, no old number stays; and no limit for a job that has ended.
    panel.tell("'EXECUTING', progress=Progress(), last_error=''")
    expect(panel.told).not_to_contain_text("%")
    expect(panel.bar).to_be_hidden()
    panel.tell("'COMPLETED', elapsed=91.5")
    panel.phase("COMPLETED")
    expect(panel.told).to_have_text("91.5 s")
    for name in ("Stop watching", "Abort"):
        expect(panel.button(name)).to_be_disabled()


def test_all_that_is_known_of_a_job(panel: Panel) -> None:
    began = "datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)"
    panel.tell("'EXECUTING', elapsed=1.5, answers=3")
    panel.phase("EXECUTING")
    details = panel.button("Details")
    details.focus()
    panel.page.keyboard.press("Enter")
    lines = panel.box.locator(".tw-disclosed .tw-note")
    expect(lines).to_have_text(
        [
            "phases seen here: PENDING at 0.0 s → EXECUTING at 1.5 s",
            "its state was asked for 3 times",
            "job http://127.0.0.1/tap/async/<b>17</b>",
        ]
    )
    panel.tell(
        f"""'ERROR', elapsed=92.0, answers=4, changes=("Column <b>x</b> was renamed.",),
        last_heard={began} + datetime.timedelta(seconds=93), error=QueryError("The query was refused: <script>"),
        summary=JobSummary("17", creation_time={began}, start_time={began} + datetime.timedelta(seconds=1.5),
            end_time={began} + datetime.timedelta(seconds=92), execution_duration=14400,
            destruction={began} + datetime.timedelta(days=7))"""
    )
    expect(lines).to_have_text(
        [
            "phases seen here: PENDING at 0.0 s → EXECUTING at 1.5 s → ERROR at 92.0 s",
            "created 2026-03-01 12:00:00 UTC, started 2026-03-01 12:00:01 UTC, ended 2026-03-01 12:01:32 UTC",
            "waited 1.5 s, ran 1 min 30 s",
            "the service stops it after 4 h",
            "its state was asked for 4 times, the last answer came at 2026-03-01 12:01:33 UTC",
            "Column <b>x</b> was renamed.",
            "The query was refused: <script>",
            "kept by the service until 2026-03-08 12:00:00 UTC",
            "job http://127.0.0.1/tap/async/<b>17</b>",
        ]
    )
    panel.page.keyboard.press("Space")
    expect(lines.first).to_be_hidden()


def test_a_job_is_let_alone_watched_again_and_aborted_in_each_way(panel: Panel) -> None:
    for way in WAYS:
        panel.notebook.python(first="job = AJob()\nstatus.job = job")
        panel.tell("'EXECUTING'")
        panel.phase("EXECUTING")
        panel.press("Stop watching", way)
        expect(panel.told).to_contain_text("not watched: it goes on at the service")
        panel.asked_for("stop watching")
        panel.phase("EXECUTING")
        panel.press("Watch again", way)
        expect(panel.told).not_to_contain_text("not watched")
        panel.asked_for("stop watching", "wait")
        # One who stopped watching may still abort: the end is heard of.
        panel.press("Stop watching", way)
        panel.asked_for("stop watching", "wait", "stop watching")
        panel.press("Abort", way)
        panel.phase("ABORTED")
        panel.asked_for("stop watching", "wait", "stop watching", "abort")
        expect(panel.told).not_to_contain_text("not watched")
        for name in ("Stop watching", "Abort"):
            expect(panel.button(name)).to_be_disabled()


def test_an_abort_that_the_service_refuses_can_be_tried_again(panel: Panel) -> None:
    panel.notebook.python(first="def refuse():\n    raise QueryError('You may not, <b>user</b>.')\njob.abort = refuse")
    panel.tell("'EXECUTING'")
    panel.press("Abort", "Enter")
    expect(panel.box.locator(".tw-error")).to_have_text("You may not, <b>user</b>.")
    panel.phase("EXECUTING")
    expect(panel.button("Abort")).to_be_enabled()
