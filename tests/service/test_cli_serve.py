"""`tapwidget serve` as a process: ready when it says so, over the sky or over files, and gone when it should be."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

READY = re.compile(r"TAP service ready at (http://127\.0\.0\.1:\d+/tap)\n")
SECONDS = 60


class Serve:
    """A running `tapwidget serve`; `url` once its first line was read."""

    def __init__(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> None:
        command = [sys.executable, "-m", "tapwidget", "serve", *arguments]
        self.process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        assert select.select([self.process.stdout], [], [], SECONDS)[0], "said nothing"
        first = self.process.stdout.readline().decode()
        found = READY.fullmatch(first)
        assert found, f"{first!r}, and on stderr: {self.process.stderr.read().decode() if not first else ''}"
        self.url = found[1]

    def query(self, adql: str, *, token: str = "") -> str:
        """The CSV that a synchronous query gives."""
        form = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": adql, "RESPONSEFORMAT": "csv"}
        request = urllib.request.Request(f"{self.url}/sync", data=urllib.parse.urlencode(form).encode())
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.read().decode()

    def end(self) -> None:
        self.process.kill()
        self.process.wait(SECONDS)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Serve]]:
    """Start services that are ended after the test, whatever it did."""
    started: list[Serve] = []

    def start(*arguments: str, **options: int) -> Serve:
        started.append(Serve(*arguments, **options))
        return started[-1]

    yield start
    for each in started:
        each.end()


def test_without_files_it_is_the_simulated_sky(serve):
    service = serve()
    assert int(service.query("SELECT COUNT(*) FROM dp1.Object").splitlines()[1]) > 100_000
    names = service.query("SELECT table_name FROM tap_schema.tables").splitlines()
    assert {"dp1.Object", "dp1.MPCORB", "gaiadr3.sso_orbits"} <= {name.strip('"') for name in names}


def test_over_files_each_is_a_table(serve, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("id,ra,dec\n1237670017269367163,10.5,-3.25\n1237670017269367135,11.5,\n")
    service = serve(str(mine))
    names = service.query("SELECT table_name FROM tap_schema.tables").splitlines()[1:]
    name = next(name for name in (name.strip('"') for name in names) if "mine" in name)
    assert name.count(".") == 1
    rows = service.query(f"SELECT id, dec FROM {name} ORDER BY id").splitlines()[1:]
    assert [row.replace('"', "") for row in rows] == ["1237670017269367135,", "1237670017269367163,-3.25"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(serve, number):
    service = serve()
    service.process.send_signal(number)
    assert service.process.wait(SECONDS) in {0, -number}
    assert b"Traceback" not in service.process.stderr.read()
    with pytest.raises(urllib.error.URLError):
        service.query("SELECT 1")


def test_a_second_ctrl_c_changes_nothing(serve):
    service = serve()
    for _ in range(20):  # whenever in its ending they come
        service.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.process.wait(0.005)
    assert service.process.wait(SECONDS) in {0, -signal.SIGINT}
    assert service.process.stderr.read() == b""


def test_with_parent_it_ends_when_its_stdin_closes(serve):
    service = serve("--with-parent", stdin=subprocess.PIPE)
    service.process.stdin.close()
    assert service.process.wait(SECONDS) == 0


def test_with_parent_it_ends_when_its_parent_is_killed():
    code = (
        "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-m', 'tapwidget', 'serve', "
        "'--with-parent'], stdin=subprocess.PIPE, start_new_session=True); print(child.pid, flush=True); child.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    read = parent.stdout
    said = [read.readline(), read.readline()]
    assert any(READY.fullmatch(line.decode()) for line in said), said
    parent.kill()
    parent.wait(SECONDS)
    # The child holds the other end of this pipe: it is at its end once the child is gone.
    assert select.select([read], [], [], SECONDS)[0]
    assert read.read() == b""
    read.close()


def test_a_token_is_asked_for(serve):
    service = serve("--token", "open-sesame")
    with pytest.raises(urllib.error.HTTPError) as refused:
        service.query("SELECT COUNT(*) FROM dp1.MPCORB")
    assert refused.value.code in {401, 403}
    refused.value.close()
    assert int(service.query("SELECT COUNT(*) FROM dp1.MPCORB", token="open-sesame").splitlines()[1]) > 1000


def test_a_port_that_is_taken_is_one_sentence(serve):
    taken = urllib.parse.urlsplit(serve().url).port
    answer = subprocess.run(
        [sys.executable, "-m", "tapwidget", "serve", "--port", str(taken)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    assert str(taken) in answer.stderr


def test_a_file_that_is_no_table_is_bad_input(tmp_path):
    page = tmp_path / "page.csv"
    page.write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
    answer = subprocess.run(
        [sys.executable, "-m", "tapwidget", "serve", str(page)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert "page.csv" in answer.stderr


def test_nothing_is_left_in_the_working_directory(serve, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    serve().query("SELECT COUNT(*) FROM dp1.MPCORB")
    assert list(Path.cwd().iterdir()) == []
