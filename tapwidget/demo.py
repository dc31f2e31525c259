"""The whole of tapwidget in one call: notebooks, the built-in service over the simulated sky, and JupyterLab.

Two children are started, JupyterLab and the service; both end with this process. Nothing of the user's own Jupyter
settings is changed: what the demo wants of its own is in a temporary folder that is read beside them.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import quote

from tapwidget.errors import TapWidgetError

SECONDS = 120.0
"""How long JupyterLab may take to start; a loaded machine is slow, not broken."""

PATIENCE = 15.0
"""How long JupyterLab may take to shut its kernels down before it is killed."""

PORTS = range(8888, 8988)


def run(directory: Path, *, port: int | None = None, browser: bool = True) -> int:
    """Start everything, say where it is, and wait until JupyterLab ends or somebody presses Ctrl-C; the exit status.

    Parameters
    ----------
    directory : path
        Where notebooks and the user's table are put. Files that are there already are kept.
    port : int, optional
        Port of JupyterLab; else the first free one from 8888.
    browser : bool
        Open notebook 01 in the browser; else only its address is printed.

    Raises
    ------
    TapWidgetError
        Something is not installed, the folder cannot be written, the port is taken, or a child did not start.
    """
    from tapwidget.client.builtin import BuiltIn, missing

    lacking = [*missing(), *([] if find_spec("jupyterlab") else ["jupyterlab"])]
    if lacking:
        raise TapWidgetError(
            f'The demo is not installed here (no {", ".join(lacking)}). Install it: pip install "tapwidget[demo]"'
        )
    port = free_port(port)
    opened = lay_out(directory)
    token = secrets.token_urlsafe(24)
    url = f"http://127.0.0.1:{port}/lab" + (f"/tree/{quote(opened)}" if opened else "")
    try:
        with ended_by_signals(), contextlib.ExitStack() as children:
            say("Starting the built-in TAP service over the simulated sky ...")
            service = BuiltIn()
            children.callback(service.end)
            service_url = service.url()
            say("Starting JupyterLab ...")
            command = lab_command(directory, port, url, browser=browser)
            lab = children.enter_context(jupyterlab(command, token=token, service_url=service_url))
            wait_for(lab, f"http://127.0.0.1:{port}/api/status?token={token}")
            # The one thing on stdout, so that a script can take it from there.
            print(f"{url}?token={token}", flush=True)
            say(f"Notebooks in {directory.absolute()}. Ctrl-C ends JupyterLab and the service.")
            return lab.wait()
    except KeyboardInterrupt:
        say("Ended, with all that was started.")
        return 0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def lay_out(directory: Path) -> str:
    """Put the notebooks and the user's table into `directory`, files already there kept; the first notebook's name."""
    from tapwidget.simulation import user_table

    try:
        directory.mkdir(parents=True, exist_ok=True)
        notebooks = sorted(notebook_folder().glob("*.ipynb"))
        for notebook in notebooks:
            if not (directory / notebook.name).exists():
                shutil.copyfile(notebook, directory / notebook.name)
        user_table.csv(directory)
    except OSError as error:
        raise TapWidgetError(
            f"The notebooks could not be put into {directory} ({error.strerror or error}). Name another --dir."
        ) from error
    return notebooks[0].name if notebooks else ""


def notebook_folder() -> Path:
    """Inside the package where it was installed from a wheel, beside it in a clone of the repository."""
    package = Path(__file__).parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def free_port(wanted: int | None) -> int:
    """The port asked for if it is free, else the first free one; the error says what to do."""
    for candidate in PORTS if wanted is None else (wanted,):
        with socket.socket() as probe:
            # As JupyterLab itself binds it: a port that an ended server has just left is free.
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", candidate))
                return int(probe.getsockname()[1])
    if wanted is not None:
        raise TapWidgetError(f"Port {wanted} is not free. Take another --port, or none, to get a free one.")
    raise TapWidgetError(f"No port from {PORTS.start} to {PORTS.stop - 1} is free. Name one with --port.")


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM, and SIGHUP where there is one, end the demo as Ctrl-C does: with all that it started."""
    names = ["SIGINT", "SIGTERM"]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        names.append("SIGHUP")

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (getattr(signal, name) for name in names)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def lab_command(directory: Path, port: int, url: str, *, browser: bool) -> list[str]:
    """The command line of JupyterLab. No secret is on it: others on the machine can read command lines."""
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        f"--ServerApp.root_dir={directory.absolute()}",
        f"--LabApp.default_url={url.partition(str(port))[2]}",
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
        "--Application.log_level=ERROR",
    ]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


@contextlib.contextmanager
def jupyterlab(command: list[str], *, token: str, service_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """JupyterLab as a child that is ended with its kernels when the block ends."""
    with tempfile.TemporaryDirectory(prefix="tapwidget-demo-") as settings:
        environment = {
            **os.environ,
            "JUPYTER_TOKEN": token,
            "JUPYTER_PREFER_ENV_PATH": "1",
            "JUPYTER_CONFIG_PATH": os.pathsep.join(
                filter(None, [quiet_settings(Path(settings)), os.environ.get("JUPYTER_CONFIG_PATH")])
            ),
            "TAPWIDGET_DEMO_URL": service_url,
        }
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            yield child
        finally:
            end(child)


def quiet_settings(folder: Path) -> str:
    """A folder of Jupyter configuration in which JupyterLab does not ask about news."""
    pages = folder / "labconfig"
    pages.mkdir()
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (pages / "page_config.json").write_text(json.dumps(news), encoding="utf-8")
    return str(folder)


def wait_for(child: subprocess.Popen[bytes], url: str) -> None:
    """Return once the address answers."""
    deadline = time.monotonic() + SECONDS
    while True:
        not_yet = contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError)
        with not_yet, urllib.request.urlopen(url, timeout=5):
            return
        if child.poll() is not None or time.monotonic() > deadline:
            state = f"ended with exit status {child.poll()}" if child.poll() is not None else "does not answer"
            raise TapWidgetError(f"JupyterLab {state}; what it said is above.")
        time.sleep(0.1)


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child politely, then by force. A second Ctrl-C does not leave it behind."""
    child.terminate()
    try:
        child.wait(PATIENCE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()
        child.wait()
