"""The built-in TAP service over the simulated sky: one child process of this Python process, started when first needed.

It ends with its parent whatever befalls that one, as it watches a pipe that only the parent holds open.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import IO

import requests

from tapwidget.errors import ServiceUnavailableError

ENV_URL = "TAPWIDGET_DEMO_URL"
NEEDED = ("duckdb", "sqlglot", "starlette", "uvicorn", "python_multipart")
READY = re.compile(rb"TAP service ready at (\S+)")
# The simulated sky is made on first use; on a slow disk and a busy machine that takes its time.
DEADLINE_S = 180.0
LOOK_S = 0.02
LAST_WORDS = 2000


class Child:
    """A running service: its URL, and what ends it."""

    def __init__(self, deadline: float = DEADLINE_S) -> None:
        # A file, not a pipe: nobody reads on once it is ready, and a full pipe would stop it.
        self._log: IO[bytes] = tempfile.TemporaryFile(prefix="tapwidget-serve-")  # noqa: SIM115 - lives as long as the child
        self._process = subprocess.Popen(
            # -P keeps files that lie beside a notebook from being taken for modules.
            [sys.executable, "-P", "-m", "tapwidget", "serve", "--with-parent"],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env=_environment(),
            # Its own session: what interrupts a cell must not end the service.
            start_new_session=True,
        )
        try:
            self.url = self._ready(deadline)
        except BaseException:
            self.end()
            raise

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def said(self) -> bytes:
        """All it has written so far."""
        self._log.flush()
        return os.pread(self._log.fileno(), 1 << 20, 0) if hasattr(os, "pread") else self._read_log()

    def end(self) -> None:
        """End it: closing the pipe is the polite way, and enough if it is well."""
        if self._process.stdin:
            self._process.stdin.close()
        for last in (None, self._process.terminate, self._process.kill):
            if last is not None:
                last()
            try:
                self._process.wait(timeout=3)
                break
            except subprocess.TimeoutExpired:
                continue
        self._log.close()

    def _ready(self, deadline: float) -> str:
        until = monotonic() + deadline
        while True:
            found = READY.search(self.said())
            if found:
                return found.group(1).decode()
            if not self.is_alive or monotonic() > until:
                what = (
                    f"did not answer within {deadline:.0f} s"
                    if self.is_alive
                    else f"ended with status {self._process.returncode}"
                )
                words = self.said().decode(errors="replace")[-LAST_WORDS:].strip()
                raise ServiceUnavailableError(
                    f"The built-in service {what}. Run `tapwidget serve` in a terminal to see why. "
                    f"It said: {words or '(nothing)'}",
                    said=words,
                )
            sleep(LOOK_S)

    def _read_log(self) -> bytes:
        # Where there is no pread, the child writes through its own handle, so moving ours disturbs nothing.
        self._log.seek(0)
        return self._log.read()


class BuiltIn:
    """At most one child; started by the first who asks, shared by all others, started anew if it died."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._child: Child | None = None

    def url(self) -> str:
        """Base URL of the running service; see `demo_url`."""
        with self._lock:
            if self._child is None or not self._child.is_alive:
                if self._child is not None:
                    self._child.end()
                self._child = Child()
                atexit.register(self.end)
            return self._child.url

    def end(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                child.end()
                atexit.unregister(self.end)


ONE = BuiltIn()


def missing() -> list[str]:
    """Packages of the extra `tapwidget[server]` that are not installed here."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def demo_url() -> str:
    """Base URL of a service over the simulated sky: TAPWIDGET_DEMO_URL if that one answers, else a child's.

    Raises
    ------
    ServiceUnavailableError
        If tapwidget[server] is not installed, or the child does not start.
    """
    given = os.environ.get(ENV_URL, "").strip().rstrip("/")
    if given and _answers(given):
        return given
    lacking = missing()
    if lacking:
        raise ServiceUnavailableError(
            f"The built-in service needs packages that are not here: {', '.join(lacking)}. Install them with "
            '`pip install "tapwidget[server]"`, or connect to another service.'
        )
    return ONE.url()


def _answers(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{url}/capabilities", timeout=(1, 5)).status_code < 500
        except requests.RequestException:
            return False


def _environment() -> dict[str, str]:
    """The environment of the child: the same tapwidget as here, and no token, which is none of its business."""
    environment = {name: value for name, value in os.environ.items() if name != "TAPWIDGET_TOKEN"}
    root = str(Path(__file__).resolve().parents[2])
    if root not in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
    return environment
