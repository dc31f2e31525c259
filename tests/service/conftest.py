"""Services that tests talk to over real HTTP: the built-in one over the simulated sky, and one that misbehaves."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

READY = "TAP service ready at "
DEADLINE_S = 180.0


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
