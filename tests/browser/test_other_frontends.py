"""The app in Notebook 7 and in Voila: from the file to the table and the histogram.

`.ci/frontends` runs this where they are installed; elsewhere it is skipped. One Jupyter server brings all of them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError

from tapwidget.simulation import user_table

APP = "import tapwidget\napp = tapwidget.CrossMatch(service='demo')\napp"


@pytest.fixture
def page(lab: Any) -> Iterator[Page]:
    """A page of which nothing but the widgets is looked at: these front ends log errors of their own."""
    page = lab.context.new_page()
    yield page
    # Captured, so shown for a failed test alone.
    print(f"--- {page.url.split('?')[0]} shows ---\n{page.locator('body').inner_text()}")
    page.close()


@pytest.fixture
def notebook(lab: Any, request: pytest.FixtureRequest) -> str:
    """Path, below the server's root, of a notebook of one cell with the app, its table beside it."""
    folder = lab.directory / request.node.name
    folder.mkdir()
    user_table.csv(folder)
    return lab.write_notebook(folder / "app.ipynb", [APP])


def test_notebook_7(lab: Any, page: Page, notebook: str) -> None:
    pytest.importorskip("notebook", reason="Notebook 7 is not installed; .ci/frontends installs it")
    page.goto(f"{lab.url}/notebooks/{notebook}")
    cell = page.locator(".jp-CodeCell").first
    cell.locator(".cm-content").click()
    prompt = cell.locator(".jp-InputPrompt").first
    deadline = time.monotonic() + 60
    # Pressed before the kernel is there, it runs nothing, and the prompt stays empty.
    while not re.search(r"[*\d]", prompt.inner_text()):
        assert time.monotonic() < deadline, "Notebook 7 does not run the cell"
        page.keyboard.press("Control+Enter")
        page.evaluate("() => new Promise(done => setTimeout(done, 500))")
    journey(page)


def test_voila(lab: Any, page: Page, notebook: str) -> None:
    pytest.importorskip("voila", reason="Voila is not installed; .ci/frontends installs it")
    page.goto(f"{lab.url}/voila/render/{notebook}")
    try:
        page.locator(".tw-app").first.wait_for(timeout=30_000)
    except TimeoutError:
        # A browser that has no answer from the kernel after 4 s asks for each of its hundreds of parts by itself.
        page.reload()
    journey(page)


def journey(page: Page) -> None:
    """Choose the file, run, see identifiers in the table and the two series of the histogram."""
    app = page.locator(".tw-app").first
    app.get_by_text("simulated sky", exact=True).first.wait_for()
    files = app.get_by_label("your table")
    name = files.locator("option").filter(has_text="sdss.csv").first
    name.wait_for(state="attached")
    files.select_option(label=(name.text_content() or "").strip())
    app.get_by_text("position ra, dec").wait_for()
    run = app.locator("button.mod-primary:not([disabled])", has_text="Run")
    run.click()
    app.locator("text=/results: [0-9,]+ rows/").wait_for()
    app.get_by_role("grid").get_by_role("gridcell").filter(has_text=re.compile(r"^\d{19}$")).first.wait_for()
    page.wait_for_function("() => document.querySelectorAll('.tw-plot .curve path.line[d]').length >= 2")
    # The table's own keys work, and no other.
    app.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    app.locator(".twt-status", has_text="1 selected").wait_for()
