"""Services that tests talk to over real HTTP, some of which misbehave; processes to be killed; ways to wait."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from astropy.table import Table

from tapwidget.client.ledger import Ledger
from tapwidget.match.record import to_record
from tapwidget.match.spec import SkyMatch
from tapwidget.tables.exact_copy import write_copy

if TYPE_CHECKING:
    from tapwidget.app import CrossMatch

READY = "TAP service ready at "
DEADLINE_S = 180.0
PATIENCE_S = 120.0  # for what takes a moment, on a machine that has other things to do


@pytest.fixture(scope="module", autouse=True)
def what_it_leaves() -> Iterator[None]:
    """A module that leaves a connection open fails itself, and not the test at which it is collected by chance."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def tap_url() -> Iterator[str]:
    """Base URL of a built-in service over the simulated sky, for the whole session."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tapwidget", "serve", "--with-parent"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            yield _wait_until_ready(process, log)
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                pytest.fail("the built-in service did not end when its parent closed the pipe")


def _wait_until_ready(process: subprocess.Popen[bytes], log: Any) -> str:
    until = time.monotonic() + DEADLINE_S
    while True:
        said = os.pread(log.fileno(), 1 << 20, 0).decode(errors="replace")
        if READY in said:
            return said.partition(READY)[2].split()[0]
        if process.poll() is not None:
            pytest.fail(f"the built-in service ended with status {process.returncode}. It said:\n{said}")
        if time.monotonic() > until:
            pytest.fail(f"the built-in service was not ready within {DEADLINE_S:.0f} s. It said:\n{said}")
        time.sleep(0.02)


@dataclass
class Killable:
    """A child process, and what it said."""

    pid: int
    log: Path
    is_dead: bool = False

    def kill(self) -> None:
        """SIGKILL: it has no last word."""
        if not self.is_dead:
            self.is_dead = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def says(self, word: str) -> str:
        """What follows a word, once it was said."""
        until = time.monotonic() + DEADLINE_S / 3
        while not (self.log.exists() and word in self.log.read_text()):
            assert time.monotonic() < until, f"{word!r} was not said, but: {self.log.read_text()}"
            time.sleep(0.005)
        return self.log.read_text().partition(word)[2].split()[0]


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Killable]]:
    """Makes processes that may be killed."""
    folder = tmp_path_factory.mktemp("forked")
    count = iter(range(10**6))
    script = Path(__file__).with_name("forked.py")
    house = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    made: list[Killable] = []

    def fork(**order: Any) -> Killable:
        assert house.stdin is not None
        assert house.stdout is not None
        log = folder / f"log{next(count)}"
        house.stdin.write(json.dumps({**order, "log": str(log)}) + "\n")
        house.stdin.flush()
        made.append(Killable(int(house.stdout.readline()), log))
        return made[-1]

    yield fork
    for process in made:
        process.kill()
    house.communicate(timeout=DEADLINE_S)


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Waits until a condition of an app holds, looking under its lock after each round of its publisher."""

    def wait(app: CrossMatch, condition: Callable[[], Any], what: str) -> None:
        looked = threading.Event()
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            looked.clear()
            app.background.post(looked, looked.set)
            assert looked.wait(PATIENCE_S), "the publisher is stuck"
            with app.background.lock:
                if condition():
                    return
        said = (app.status.phase, app.status.message, app.editor.problem, app.set_up._said.value)
        pytest.fail(f"{what} did not come about: {' '.join(filter(None, said))}")

    return wait


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], Any]], None]:
    """Waits until a condition holds."""

    def wait(condition: Callable[[], Any]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, "what was waited for did not happen"
            time.sleep(0.005)

    return wait


@pytest.fixture(scope="session")
def stars(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a catalogue, `data.stars` when served: 400 objects along a line, or each n-th of them; with large ids."""

    def write(*, each: int = 1) -> Path:
        path = tmp_path_factory.mktemp("catalogue") / "stars.csv"
        rows = (f"{2**60 + n},{10 + n * 0.001:.6f},-3.0001,{15 + n % 9}" for n in range(0, 400, each))
        path.write_text("\n".join(["id,ra,dec,r", *rows]))
        return path

    return write


@pytest.fixture
def proxy(faulty_proxy: ModuleType, backend: str) -> Iterator[Any]:
    """A proxy that misbehaves, before the service at the test's own `backend`."""
    proxy = faulty_proxy.FaultyProxy(backend)
    yield proxy
    proxy.close()


@pytest.fixture
def killed_kernel(proxy: Any, forked: Callable[..., Killable], tmp_path: Path) -> Callable[..., None]:
    """Has another process submit a match through `proxy`, with a ledger of its own, and kills it at a step."""

    def kill(match: SkyMatch, table: Table, ledger: Ledger, *, step: str, when: str, after: int = 0) -> None:
        write_copy(table, tmp_path / "mine")
        proxy.fault(when, step, after=after)
        order = {"ledger": str(ledger.place), "table": str(tmp_path / "mine"), "specification": to_record(match)}
        others = proxy.connections
        kernel = forked(match=proxy.url, **order)
        assert proxy.held.wait(PATIENCE_S), kernel.log.read_text()
        kernel.kill()
        proxy.heal()
        # What the kernel had sent before it died still gets to the service.
        assert proxy.wait_for_connections(others, PATIENCE_S)

    return kill


@pytest.fixture(scope="session")
def fake_uws() -> ModuleType:
    """The module of the misbehaving service."""
    return _module("fake_uws")


@pytest.fixture(scope="session")
def faulty_proxy() -> ModuleType:
    """The module of the proxy that misbehaves before a service that does not."""
    return _module("faulty_proxy")


def _module(name: str) -> ModuleType:
    """A module of this folder, by its path: tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def fake(fake_uws: ModuleType) -> Iterator[Any]:
    """A misbehaving service of one's own."""
    service = fake_uws.FakeUws()
    yield service
    service.close()
