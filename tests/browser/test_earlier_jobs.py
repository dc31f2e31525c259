"""A job whose kernel is gone comes back in the app with one press of a key; its token is seen nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tapwidget.simulation import user_table

SECRET = "gt-CommanderSpock.NoOneShallSeeThis"
CELLS = [
    # The token is read from beside the notebook, where a person would have it in the environment.
    "import os, pathlib, tapwidget\n"
    "os.environ['TAPWIDGET_TOKEN'] = pathlib.Path('token').read_text()\n"
    "app = tapwidget.CrossMatch(service=pathlib.Path('service').read_text(), table='sdss.csv')\napp"
]


@pytest.fixture
def service(serve: Callable[..., str]) -> str:
    """A service that wants a token, and that outlives every kernel."""
    return serve("--token", SECRET)


def test_a_job_comes_back_after_the_kernel_was_restarted(lab: Any, service: str, tmp_path: Path) -> None:
    beside = [user_table.csv(tmp_path), tmp_path / "token", tmp_path / "service"]
    beside[1].write_text(SECRET)
    beside[2].write_text(service)
    notebook = lab.open_notebook(CELLS, beside=beside, height=1300)
    app = notebook.page.locator(".tw-app").first
    app.locator("button.mod-primary:not([disabled])").click()
    app.locator("text=/results: [0-9,]+ rows/").wait_for()
    columns = notebook.python("(len(app.result), app.result.colnames)")

    # The kernel is gone, and with it all it knew.
    notebook.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    notebook.wait_until_idle()
    notebook.run_all()
    app = notebook.page.locator(".tw-app").first
    app.get_by_text("simulated sky", exact=True).first.wait_for()
    line = app.get_by_role("button", name="Earlier jobs")
    line.focus()
    notebook.page.keyboard.press("Enter")
    job = app.locator(".tw-earlier-job")
    expect(job).to_have_count(1)
    expect(job).to_contain_text("sdss.csv × dp1.Object within 1 arcsec")
    expect(job.locator(".tw-phase")).to_have_text("COMPLETED")
    earlier = app.locator(".tw-earlier")
    pictures(notebook, earlier)

    fetch = job.get_by_role("button", name="Fetch")
    for _ in range(3):  # Refresh, then the job's own buttons
        notebook.page.keyboard.press("Tab")
        if fetch.evaluate("button => button === document.activeElement"):
            break
    expect(fetch).to_be_focused()
    notebook.page.keyboard.press("Enter")
    expect(job.get_by_role("button", name="In results")).to_be_disabled()
    app.locator("text=/results: [0-9,]+ rows/").wait_for()
    assert notebook.wait_for_python("app.result is not None and (len(app.result), app.result.colnames)") == columns

    # Deleting asks first, with the focus where it was.
    delete = job.get_by_role("button", name="Delete")
    delete.click()
    sure = job.get_by_role("button", name="Delete for good?")
    expect(sure).to_be_focused()
    notebook.screenshot("earlier-jobs-delete", earlier)
    notebook.page.keyboard.press("Enter")
    app.get_by_text("No jobs yet").wait_for()
    assert notebook.python("len(app.result)") == columns[0]

    # What was drawn, saved and kept on the way: the token is in none of it.
    state = "SECRET not in repr(__import__('ipywidgets').Widget.get_manager_state())"
    assert notebook.python(state, first=f"SECRET = pathlib.Path('token').read_text()\nassert SECRET == {SECRET!r}")
    assert notebook.python("'tw-earlier' in repr(__import__('ipywidgets').Widget.get_manager_state())")
    assert SECRET not in notebook.page.content()
    notebook.reload()
    (saved,) = notebook.folder.glob("*.ipynb")
    assert "tw-" in saved.read_text() or "application/vnd.jupyter.widget-view+json" in saved.read_text()
    assert SECRET not in saved.read_text()


def pictures(notebook: Any, earlier: Any) -> None:
    """For people to look at; what a program can tell of them is that nothing sticks out."""
    width = notebook.page.viewport_size["width"]
    for theme, wide in (("light", width), ("dark", width), ("light", 620)):
        notebook.theme(theme)
        notebook.resize(wide, 1300)
        notebook.screenshot(f"earlier-jobs-{theme}-{wide}", earlier)
        sticks_out = "e => e.scrollWidth > e.clientWidth + 1"
        assert not earlier.evaluate(sticks_out), f"something sticks out at {wide} px"
    notebook.resize(width, 1300)
    earlier.page.get_by_role("button", name="Earlier jobs").first.focus()
