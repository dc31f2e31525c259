"""A real JupyterLab in a real Chromium, for the tests of this folder.

    def test_something(lab):
        notebook = lab.open_notebook(["import tapwidget", "tapwidget.ResultsTable()"])
        notebook.output(1).get_by_role("grid").wait_for()
        assert notebook.python("1 + 1") == 2        # asks the kernel beside the cells

One server and one browser serve the whole session; each notebook has a folder, a page and a kernel of its own. All
Jupyter and IPython directories are private, so that nothing of the person who runs the tests is read or changed.
After each test its pages must have logged no error (`notebook.errors`); where one failed, a picture of every page is in
`test-results/`. Playwright's own plug-in for pytest is not used.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import random
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Playwright, expect, sync_playwright

FOLDER = Path(__file__).parent
RESULTS = FOLDER.parents[1] / "test-results"
SECONDS = 60  # longest wait for anything a person would see; a loaded machine is slow, not wrong
DEFAULT_THEME, THEMES = "light", {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
READY = "TAP service ready at "
FAILED: pytest.StashKey[bool] = pytest.StashKey()
HARMLESS = (
    re.compile(r"favicon"),
    # JupyterLab asks for files that need not exist (a workspace never saved, a checkpoint) and logs the 404 itself.
    re.compile(r"Failed to load resource: .*404"),
)


class Notebook:
    """One notebook in one page. `page` is Playwright's, for everything not here."""

    def __init__(self, page: Page, folder: Path, path: str) -> None:
        self.page = page
        self.folder = folder
        self.path = path
        self.errors: list[str] = []  # what the console and the page complained of; empty it when that is the point
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(pattern.search(message.text) for pattern in HARMLESS):
            self.errors.append(f"console: {message.text}")

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        """What the cell shows, widgets included."""
        return self.cell(index).locator(".jp-Cell-outputWrapper")

    def run_all(self, *, errors: bool = False) -> None:
        """Run every cell and wait until the last is done; a traceback fails the test unless `errors`."""
        # A block body: returning the promise would wait for the cells here, without a word on what they do.
        self.page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells') }")
        self.page.wait_for_function(
            """() => {
                const cells = jupyterapp.shell.currentWidget.content.widgets.map(c => c.model)
                    .filter(m => m.type === 'code');
                const failed = cells.some(m => m.outputs.toJSON().some(o => o.output_type === 'error'));
                return failed || cells.every(m => m.executionCount !== null || !m.sharedModel.source.trim());
            }""",
            timeout=SECONDS * 1000,
        )
        self.wait_until_idle()
        if not errors and (traceback := self.traceback()):
            pytest.fail(f"a cell of {self.path} failed:\n{traceback}", pytrace=False)
        # Running leads to the last cell, and JupyterLab may hide what is out of sight (4.2 does).
        self.page.evaluate("() => jupyterapp.shell.currentWidget.content.scrollToItem(0)")

    def run_cell(self, code: str) -> int:
        """Add a cell at the end and start it, without waiting for it; its index."""
        return self.page.evaluate(
            """code => {
                const panel = jupyterapp.shell.currentWidget;
                const cells = panel.content.model.sharedModel;
                cells.addCell({cell_type: 'code', source: code});
                panel.content.activeCellIndex = cells.cells.length - 1;
                jupyterapp.commands.execute('notebook:run-cell');
                return panel.content.activeCellIndex;
            }""",
            code,
        )

    def place(self, locator: Locator) -> dict[str, float]:
        """Where an element is in the window, once it lies still: a plot is laid out anew 0.3 s after it is shown."""
        deadline, since, place = time.monotonic() + SECONDS, time.monotonic(), None
        while place is None or time.monotonic() - since < 0.5:
            if (now := locator.bounding_box()) != place:
                since, place = time.monotonic(), now
            if time.monotonic() > deadline:
                pytest.fail(f"{locator} never lay still within {SECONDS} s (last: {place})")
            self.next_frame()
        return place

    def next_frame(self) -> None:
        """Let the page go on with its messages: two frames of the browser."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(
            "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
            timeout=SECONDS * 1000,
        )

    def traceback(self) -> str:
        """Tracebacks of all cells, as plain text; empty when there is none."""
        found = self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets.map(c => c.model).filter(m => m.type === 'code')
                .flatMap(m => m.outputs.toJSON()).filter(o => o.output_type === 'error')
                .map(o => o.traceback.join('\\n'))"""
        )
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(found))

    def python(self, expression: str = "None", *, first: str = "") -> Any:
        """Run the statements `first`, then evaluate `expression` in the kernel; its value must be a Python literal.

        Goes beside the cells and waits its turn behind one that runs.
        """
        content = self.page.evaluate(
            """async ([code, expression]) => {
                const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute(
                    {code, silent: true, store_history: false, user_expressions: {value: `repr(${expression})`}});
                return (await future.done).content;
            }""",
            [first, expression],
        )
        value = content.get("user_expressions", {}).get("value", content)
        if content["status"] != "ok" or value["status"] != "ok":
            failed = value if content["status"] == "ok" else content
            pytest.fail(f"in the kernel: {failed.get('ename')}: {failed.get('evalue')}", pytrace=False)
        return ast.literal_eval(ast.literal_eval(value["data"]["text/plain"]))

    def wait_for_python(self, expression: str, *, seconds: float = SECONDS) -> Any:
        """Ask the kernel until the expression is true; its value then."""
        deadline = time.monotonic() + seconds
        while not (value := self.python(expression)):
            if time.monotonic() > deadline:
                pytest.fail(f"{expression} did not come true in the kernel within {seconds} s (last: {value!r})")
            self.next_frame()
        return value

    def theme(self, name: str) -> None:
        """Change to JupyterLab's "light" or "dark" theme."""
        self.page.evaluate("theme => { jupyterapp.commands.execute('apputils:change-theme', {theme}) }", THEMES[name])
        self.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=THEMES[name])
        # JupyterLab covers the page meanwhile. Playwright, finding its click covered, scrolls about to reach the place.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def resize(self, width: int, height: int = 900) -> None:
        """Make the browser's window this large, in CSS pixels."""
        self.page.set_viewport_size({"width": width, "height": height})

    def screenshot(self, name: str, locator: Locator | None = None) -> Path:
        """A picture into $TAPWIDGET_SCREENSHOTS (default `test-results/screenshots`), of the page or one element."""
        folder = Path(os.environ.get("TAPWIDGET_SCREENSHOTS") or RESULTS / "screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        (locator or self.page).screenshot(path=path, animations="disabled")
        return path

    def reload(self) -> None:
        """Save the notebook and reload its page; the kernel goes on."""
        self.page.evaluate("async () => { await jupyterapp.commands.execute('docmanager:save') }")
        self.page.goto(self.page.url.split("?")[0])
        self.wait_until_open()

    def wait_until_open(self) -> None:
        """Wait until the page shows the notebook and its kernel waits for work."""
        self.page.wait_for_function(
            """path => {
                const panel = window.jupyterapp?.shell.currentWidget;
                return panel?.context?.path === path && panel.context.isReady && panel.sessionContext.isReady
                    && panel.sessionContext.session?.kernel?.status === 'idle';
            }""",
            arg=self.path,
        )

    def shows(self) -> str:
        """All that stands in the notebook, as plain text, and how it lies in the page."""
        return self.page.evaluate(
            """() => {
                const panel = jupyterapp.shell.currentWidget, list = document.querySelector('.jp-WindowedPanel-outer');
                const apps = [...document.querySelectorAll('.tw-app')].map(app => app.checkVisibility());
                return `kernel ${panel?.sessionContext?.session?.kernel?.status}, scrolled ${list?.scrollTop} of `
                    + `${list?.scrollHeight}, apps visible: [${apps}]\n${panel?.node.innerText}`;
            }"""
        )

    def heights(self, line: Locator, low: float, high: float) -> list[float]:
        """What an outline of a plot with an axis from low to high shows: every second of its corners tops a bin."""
        # The path's own pixels, from the top of the plot.
        plot = line.locator("xpath=ancestor::*[contains(@class, 'bqplot')]").last.locator(".plotarea_background")
        height = float(plot.get_attribute("height"))
        corners = re.findall(r"-?[\d.]+(?:e-?\d+)?,(-?[\d.]+(?:e-?\d+)?)", line.get_attribute("d"))
        return [low + (1 - float(y) / height) * (high - low) for y in corners[1:-1:2]]

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        self.page.evaluate("async () => { await jupyterapp.shell.currentWidget?.sessionContext?.shutdown() }")
        self.page.close()


class Lab:
    """A JupyterLab server with a browser before it."""

    def __init__(self, url: str, token: str, directory: Path, browser: Browser) -> None:
        self.url = url
        self.directory = directory  # the server's root
        self.browser = browser
        self.open: list[Notebook] = []  # closed after the test
        self.kept: list[Notebook] = []
        self._count = 0
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.set_default_timeout(SECONDS * 1000)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        self.context.request.get(f"{url}/api/status?token={token}")  # leaves the cookie that lets every page in

    def open_notebook(
        self,
        source: Sequence[str] | Path,
        *,
        beside: Sequence[Path] = (),
        run: bool = True,
        errors: bool = False,
        width: int = 1280,
        height: int = 900,
        keep: bool = False,
    ) -> Notebook:
        """Open a notebook of these code cells, or a copy of this file, in a folder of its own, and run it.

        `beside`: files copied into that folder. `errors`: cells may fail. `run=False`: only open it, kernel ready.
        `keep`: it stays open after the test, for a fixture that several tests share and that ends in `lab.close(it)`.
        """
        self._count += 1
        folder = self.directory / f"{self._count}"
        folder.mkdir()
        for path in beside:
            shutil.copy(path, folder)
        if isinstance(source, Path):
            name = Path(shutil.copy(source, folder)).name
        else:
            name = f"notebook{self._count}.ipynb"
            self.write_notebook(folder / name, source)
        notebook = Notebook(self.context.new_page(), folder, f"{folder.name}/{name}")
        (self.kept if keep else self.open).append(notebook)
        notebook.resize(width, height)
        # ?reset: otherwise JupyterLab brings the previous test's notebook back.
        notebook.page.goto(f"{self.url}/lab/tree/{notebook.path}?reset")
        notebook.wait_until_open()
        notebook.page.evaluate("() => { jupyterapp.shell.collapseLeft(); jupyterapp.shell.collapseRight() }")
        notebook.theme(DEFAULT_THEME)  # the server remembers the last one
        if run:
            notebook.run_all(errors=errors)
        return notebook

    def write_notebook(self, path: Path, cells: Sequence[str]) -> str:
        """Write a notebook of these code cells; its path below the server's root."""
        path.write_text(_notebook_json(cells), encoding="utf-8")
        return path.relative_to(self.directory).as_posix()

    def close(self, *notebooks: Notebook) -> None:
        """Close these notebooks; without any, all that are not kept."""
        for notebook in notebooks or tuple(self.open):
            (self.open if notebook in self.open else self.kept).remove(notebook)
            notebook.close()

    def take_errors(self) -> list[str]:
        """What all pages complained of since the last time."""
        errors = [error for notebook in (*self.open, *self.kept) for error in notebook.errors]
        for notebook in self.kept:
            notebook.errors.clear()
        return errors


def _notebook_json(cells: Sequence[str]) -> str:
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{i}",
                    "metadata": {},
                    "execution_count": None,
                    "outputs": [],
                    "source": cell,
                }
                for i, cell in enumerate(cells)
            ],
            "metadata": {
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab and Chromium, started once."""
    private = tmp_path_factory.mktemp("jupyter")
    directory = tmp_path_factory.mktemp("notebooks")
    with _server(private, directory) as (url, token), sync_playwright() as playwright:
        browser = _launch(playwright)
        expect.set_options(timeout=SECONDS * 1000)
        try:
            yield Lab(url, token, directory, browser)
        finally:
            browser.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts `tapwidget serve` with these arguments, which outlives every kernel; its address."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(_service(tmp_path / "service.log", arguments))


@pytest.fixture(autouse=True)
def _clean_pages(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what the test opened; no page may have logged an error."""
    lab: Lab | None = request.getfixturevalue("lab") if "lab" in request.fixturenames else None
    yield
    if lab is None:
        return
    errors = lab.take_errors()
    if errors or request.node.stash.get(FAILED, False):
        for notebook in (*lab.open, *lab.kept):
            name = re.sub(r"[^\w-]+", "-", f"{request.node.name}-{notebook.folder.name}")
            RESULTS.mkdir(exist_ok=True)
            notebook.page.screenshot(path=RESULTS / f"{name}.png")
            # For those who have only the words that the run printed. Captured, so shown for a failed test alone.
            print(f"--- {notebook.path} shows ---\n{notebook.shows()}")
    lab.close()
    assert not errors, "the page logged errors:\n" + "\n".join(errors)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright's synchronous interface keeps an event loop running in this thread as long as the browser lives, which
    # would forbid asyncio.run() to every test after these. So these come last.
    items.sort(key=lambda item: FOLDER in item.path.parents)


@contextlib.contextmanager
def _server(private: Path, directory: Path) -> Iterator[tuple[str, str]]:
    token = secrets.token_hex(16)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    _write_settings(private / "config")
    log = private / "server.log"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={directory}", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(private / "ipython"),
        "TAPWIDGET_CACHE_DIR": str(private / "cache"),
        "TAPWIDGET_DATA_DIR": str(private / "ledger"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    environment.pop("TAPWIDGET_TOKEN", None)
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=directory)
        try:
            _wait_for_server(server, f"{url}/api/status?token={token}", log)
            yield url, token
        finally:
            server.terminate()
            try:
                server.wait(SECONDS / 3)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@contextlib.contextmanager
def _service(log: Path, arguments: tuple[str, ...]) -> Iterator[str]:
    command = [sys.executable, "-m", "tapwidget", "serve", "--with-parent", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        deadline = time.monotonic() + 120
        while READY not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the service did not start"
            time.sleep(0.05)
        yield log.read_text().partition(READY)[2].split()[0]
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def _free_port() -> int:
    """A free port below those that a system gives out by itself: no kernel takes it before the server does."""
    for port in random.sample(range(20_000, 30_000), 20):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no free port for JupyterLab", pytrace=False)


def _write_settings(config: Path) -> None:
    """No news, no autosave: nothing pops up during a test. All else is what everybody has."""
    pages = config / "labconfig"
    pages.mkdir(parents=True)
    news = "@jupyterlab/apputils-extension:announcements"
    # buildCheck: each page would have the server start node to see whether JupyterLab itself should be built anew.
    page = {"disabledExtensions": {news: True}, "buildCheck": False, "buildAvailable": False}
    (pages / "page_config.json").write_text(json.dumps(page))
    documents = config / "lab/user-settings/@jupyterlab/docmanager-extension"
    documents.mkdir(parents=True)
    (documents / "plugin.jupyterlab-settings").write_text(json.dumps({"autosave": False}))


def _wait_for_server(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        unready = contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError)
        with unready, urllib.request.urlopen(url, timeout=5):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-3000:]
            state = "ended" if server.poll() is not None else "did not answer"
            pytest.fail(f"JupyterLab {state} (exit status {server.poll()}):\n{said}", pytrace=False)
        time.sleep(0.1)


def _launch(playwright: Playwright) -> Browser:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None and not Path(playwright.chromium.executable_path).exists():
        pytest.fail(
            f"the browser tests need a Chromium: none of {', '.join(names)} is on the PATH, and Playwright has none. "
            "Install one, or run `python -m playwright install chromium`.",
            pytrace=False,
        )
    arguments = ["--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses its sandbox to root, as in most containers
    return playwright.chromium.launch(executable_path=found, args=arguments)
