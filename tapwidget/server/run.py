"""The service as a process: load, listen, say so, and end cleanly.

It ends on SIGINT and SIGTERM, and, started by another program, when that program is gone: the standard input is a pipe
that closes with its writer, however it died.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import FrameType

from tapwidget import __version__
from tapwidget.errors import TapWidgetError
from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.server import prepared, results, tap_schema
from tapwidget.server.access import LOOPBACK
from tapwidget.server.app import ROOT, create_app
from tapwidget.server.arrow_alone import arrow_alone
from tapwidget.server.catalogue import Catalogue, Served
from tapwidget.server.conversion import NO_POSITION, as_parquet
from tapwidget.server.engine import Engine
from tapwidget.server.folder import private_folder
from tapwidget.server.query import Holdings, TapQuery, answer
from tapwidget.server.settings import Settings

DEFAULT_SCHEMA = "data"


def main(
    paths: Iterable[str | Path] | None = None,
    *,
    names: Mapping[str, Path] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | Sequence[str] | None = None,
    with_parent: bool = False,
    settings: Settings | None = None,
) -> int:
    """Serve tables until told to stop.

    Parameters
    ----------
    paths : files; each becomes a table called after it
    names : Parquet files by the qualified name of their table
    port : 0 for any free one
    token : what callers have to send as bearer token; of several, each is for one caller, who sees no job of another
    with_parent : end when the standard input ends

    Returns
    -------
    int
        Exit status: 0, or 2 where the files or options cannot serve (the reason is on standard error).
    """
    files = [Path(path).absolute() for path in paths or ()]
    settings = replace(settings or Settings(), fetches_anywhere=host in LOOPBACK)
    tokens = tuple(filter(None, [token] if isinstance(token, str) else token or ()))
    if host not in LOOPBACK and not tokens:
        return failed(f"--host {host} is open to other machines; give a --token too")
    try:
        listening = listen(host, port)
    except OSError as error:
        return failed(f"cannot listen on {host}, port {port}: {error.strerror or error}")
    with ending() as may_end, private_folder() as folder, listening:
        arrow_alone()
        engines = count(1)

        def loaded() -> Holdings:
            own = folder / f"engine{next(engines)}"
            own.mkdir()
            return load(own, settings, files, names or {})

        try:
            holdings = loaded()
        except (TapWidgetError, OSError) as error:
            return failed(str(error))
        ready = f"TAP service ready at {address(host, listening)}{ROOT}"
        if host not in LOOPBACK:
            print(f"This service is open to other machines at {host}; callers need the token.", file=sys.stderr)
        with contextlib.closing(holdings.engine):
            warm(holdings, folder)
            app = create_app(loaded, holdings, folder, tokens)
            may_end.clear()
            asyncio.run(serve(app, listening, ready, with_parent=with_parent))
    return 0


@contextlib.contextmanager
def ending() -> Iterator[threading.Event]:
    """SIGINT and SIGTERM end the process through its `finally`s, so that the private folder goes.

    While the event is set, a signal ends at once. While uvicorn runs, it does the ending; but when it is done it raises
    the signal again, to which the answer then is: nothing more to do.
    """
    at_once = threading.Event()
    at_once.set()

    def stop(*_: object) -> None:
        if at_once.is_set():
            raise SystemExit(0)

    if threading.current_thread() is not threading.main_thread():
        yield at_once
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield at_once
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def failed(message: str) -> int:
    print(f"tapwidget serve: {message}", file=sys.stderr)
    return 2


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    With its protocol said: asyncio switches Nagle's algorithm off only where it knows that this is TCP, and with it on
    every small answer takes 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def address(host: str, listening: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"


def load(folder: Path, settings: Settings, paths: Iterable[Path], names: Mapping[str, Path]) -> Holdings:
    """All tables in a new engine that after that can read no file any more; `folder` is for what it spills."""
    engine = Engine(folder, settings)
    try:
        return Holdings(engine, catalogue_of(engine, paths, names), settings)
    except BaseException:
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise


def catalogue_of(engine: Engine, paths: Iterable[Path], names: Mapping[str, Path]) -> Catalogue:
    catalogue = Catalogue()
    for name, path in names.items():
        catalogue.add(prepared.load(engine, name, Path(path)))
    for path in paths:
        served = prepared.load(engine, free_name(path, catalogue), path, as_parquet)
        catalogue.add(served)
        if served.table.position is None:
            print(f"tapwidget serve: {without_position(path, served)}", file=sys.stderr)
    tap_schema.add(engine, catalogue)
    engine.lock()
    return catalogue


def without_position(path: Path, served: Served) -> str:
    """Why a table has no position, and what that means."""
    described = served.table.description
    why = described if described.startswith(NO_POSITION) else "No position was recognised."
    return f"{path.name}: {why} {served.table.name} can be queried, but nothing can be matched to it by position."


def warm(holdings: Holdings, folder: Path) -> None:
    """Ask one question, so that the first caller does not wait for what is imported and compiled at first use."""
    query = TapQuery("SELECT TOP 1 * FROM TAP_SCHEMA.tables", 1, results.FORMATS[0])
    run = holdings.engine.run()
    try:
        answer(query, run, holdings, folder / "warm")
    finally:
        run.finish()
    (folder / "warm").unlink()


def free_name(path: Path, catalogue: Catalogue) -> str:
    """schema.table from a file's name: survey.objects.parquet is survey.objects, gaia.fits is data.gaia."""
    stem = path.name.removesuffix(".gz")
    parts = [identifier(part) for part in stem.split(".")[:-1]] or [identifier(stem)]
    schema, table = (parts[-2], parts[-1]) if len(parts) > 1 else (DEFAULT_SCHEMA, parts[0])
    name, number = f"{schema}.{table}", 2
    while catalogue.get(name) is not None:
        name, number = f"{schema}.{table}_{number}", number + 1
    return name


def identifier(text: str) -> str:
    """A regular identifier of ADQL made of any text."""
    name = re.sub("[^A-Za-z0-9_]+", "_", text).strip("_") or "table"
    if not name[0].isalpha() or name.upper() in RESERVED:
        name = f"t_{name}"
    return name


async def serve(app: object, listening: socket.socket, ready: str, *, with_parent: bool) -> None:
    """Answer until a signal, or the end of the standard input."""
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            # Ending takes seconds at most. At a second Ctrl-C uvicorn would leave its tidying up, with a traceback.
            if not self.should_exit:
                super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        access_log=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=5,
        server_header=False,
        headers=[("Server", f"tapwidget/{__version__}")],
    )
    server = Server(config)
    loop = asyncio.get_running_loop()
    if with_parent:
        threading.Thread(target=watch_parent, args=(loop, server), daemon=True).start()
    announcing = loop.create_task(announce(server, ready))
    await server.serve(sockets=[listening])
    announcing.cancel()


async def announce(server: object, ready: str) -> None:
    while not server.started:  # type: ignore[attr-defined]
        await asyncio.sleep(0.005)
    print(ready, flush=True)


def watch_parent(loop: asyncio.AbstractEventLoop, server: object) -> None:
    """Ends the service when nobody holds the other end of the standard input any more."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            continue
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)
