"""A notification when a job is done: asked for by a click, refused or allowed by the browser, short and plain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

CELL = """
import types, tapwidget
from tapwidget.ivoa.uws import JobPhase, JobSummary, Progress

class AJob(types.SimpleNamespace):
    url, elapsed, answers, received, changes = "http://127.0.0.1/tap/async/<b>17</b>", 3.0, 1, (0, None), ()
    last_error, last_heard, error, summary, progress = "", None, None, JobSummary("17"), Progress()
    phase = JobPhase.EXECUTING
    def subscribe(self, callback):
        self.tell = callback
        return lambda: None
    def end(self, phase, elapsed):
        self.phase, self.elapsed = JobPhase(phase), elapsed
        self.tell(self)

status = tapwidget.JobStatus()
status
"""
# What the page asks the browser for, and what it shows; the browser's own does the rest.
OBSERVED = """() => {
    const Real = window.Notification;
    Object.assign(window, { asked: 0, shown: [], hide: false });
    window.Notification = class extends Real {
        constructor(title, options) { super(title, options); window.shown.push([title, options.body]); }
        static requestPermission() { window.asked++; return Real.requestPermission(); }
        static get permission() { return Real.permission; }
    };
    Object.defineProperty(document, "hidden", { get: () => window.hide, configurable: true });
}"""


@pytest.fixture
def permissions(lab: Any) -> Iterator[Any]:
    """The browser's, which are as before after the test."""
    yield lab.context
    lab.context.clear_permissions()
    lab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.url)


def test_a_notification_for_those_who_ask_for_it(lab: Any, permissions: Any) -> None:
    notebook = lab.open_notebook([CELL])
    page, output = notebook.page, notebook.output(0)
    page.evaluate(OBSERVED)

    def job(elapsed: float, phase: str = "COMPLETED") -> None:
        """One more job that ends; the page has what the kernel sent of it when the phase is in sight."""
        notebook.python(first="status.job = AJob()")
        expect(output.locator(".tw-phase")).to_have_text("EXECUTING")
        notebook.python(first=f"status.job.end({phase!r}, {elapsed})")
        expect(output.locator(".tw-phase")).to_have_text(phase)

    box = output.get_by_label("Notify me when it is done")
    box.wait_for()
    job(3600)
    assert page.evaluate("[window.asked, window.shown]") == [0, []], "nobody had asked for it"

    box.click()
    output.get_by_text("The browser refuses").wait_for()
    expect(box).not_to_be_checked()
    assert not notebook.python("status.notice.wanted")

    permissions.grant_permissions(["notifications"], origin=lab.url)
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(output.get_by_text("The browser refuses")).to_have_count(0)
    notebook.wait_for_python("status.notice.wanted")
    assert page.evaluate("window.asked") == 2

    job(3)
    job(42, "ERROR")
    page.evaluate("window.hide = true")
    job(3)
    address = "http://127.0.0.1/tap/async/<b>17</b>"
    page.wait_for_function("window.shown.length === 2")
    assert page.evaluate("window.shown") == [
        ["tapwidget: ERROR", f"After 42 s, {address}"],
        ["tapwidget: COMPLETED", f"After 3 s, {address}"],
    ]
    page.evaluate("window.hide = false")
    notebook.screenshot("job-notice", output)
    box.click()
    notebook.wait_for_python("not status.notice.wanted")
    job(3600)
    assert len(page.evaluate("window.shown")) == 2
