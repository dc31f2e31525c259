"""`tapwidget demo`: everything started, said where, and everything ended."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tapwidget import demo
from tapwidget.errors import TapWidgetError

SECONDS = 120


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError as refused:
        refused.close()
        return False
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def children(pid: int) -> list[int]:
    """Processes started by this one, and by those, and so on (Linux)."""
    own = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return own + [grandchild for child in own for grandchild in children(child)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "my demo"


@pytest.fixture
def started(folder) -> Iterator[subprocess.Popen[str]]:
    folder.mkdir()
    (folder / "sdss.csv").write_text("mine\n")
    command = [sys.executable, "-m", "tapwidget", "demo", "--no-browser", "--dir", str(folder)]
    with (folder.parent / "stderr").open("w") as said:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, "JUPYTER_RUNTIME_DIR": str(folder.parent / "runtime")},
        )
    yield process
    if process.poll() is None:
        process.terminate()
    process.wait(SECONDS)
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_from_start_to_end(started, folder, number):
    assert select.select([started.stdout], [], [], SECONDS)[0], (folder.parent / "stderr").read_text()
    url = started.stdout.readline().strip()
    told = (folder.parent / "stderr").read_text()
    assert url.startswith("http://127.0.0.1:"), told
    address = urlsplit(url)
    token = parse_qs(address.query)["token"][0]
    base = f"http://127.0.0.1:{address.port}"

    assert (folder / "sdss.csv").read_text() == "mine\n", "existing files are kept"
    notebooks = sorted(path.name for path in demo.notebook_folder().glob("*.ipynb"))
    assert sorted(path.name for path in folder.glob("*.ipynb")) == notebooks
    assert address.path == f"/lab/tree/{notebooks[0]}"
    assert answers(url)
    assert not answers(f"{base}/api/contents"), "nothing without the token"
    with urllib.request.urlopen(f"{base}/api/contents?token={token}", timeout=10) as listing:
        assert {"sdss.csv", *notebooks} <= {entry["name"] for entry in json.load(listing)["content"]}

    with urllib.request.urlopen(
        urllib.request.Request(f"{base}/api/kernels?token={token}", data=b"{}", method="POST"), timeout=30
    ) as kernel:
        assert kernel.status == 201
    family = children(started.pid)
    assert len(family) >= 3, "JupyterLab, the service, a kernel"
    assert any(b"TAPWIDGET_DEMO_URL=http" in Path(f"/proc/{pid}/environ").read_bytes() for pid in family)
    assert not any(token.encode() in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in family)

    started.send_signal(number)
    assert started.wait(SECONDS) == 0
    deadline = time.monotonic() + SECONDS
    while any(alive(pid) for pid in family):
        assert time.monotonic() < deadline, "something that it started is still there"
        time.sleep(0.05)
    assert not answers(f"{base}/api")
    assert (folder.parent / "stderr").read_text().endswith("Ended, with all that was started.\n")


def test_a_port_that_is_taken_is_one_sentence(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(TapWidgetError, match=f"Port {port} is not free"):
            demo.free_port(port)
    assert demo.free_port(None) in demo.PORTS


def test_without_jupyterlab_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    with pytest.raises(TapWidgetError, match=r'pip install "tapwidget\[demo\]"'):
        demo.run(folder)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_said(folder):
    folder.write_text("a file")
    with pytest.raises(TapWidgetError, match="--dir"):
        demo.lay_out(folder)


def test_jupyterlab_that_does_not_start_is_said(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    with (
        demo.jupyterlab(command, token="t", service_url="http://127.0.0.1:9/tap") as child,
        pytest.raises(TapWidgetError, match="exit status 3"),
    ):
        demo.wait_for(child, "http://127.0.0.1:9/api")


def test_the_users_settings_are_not_touched(tmp_path):
    own = Path(demo.quiet_settings(tmp_path))
    assert [path.relative_to(own).as_posix() for path in own.rglob("*") if path.is_file()] == [
        "labconfig/page_config.json"
    ]
