"""Files as the engine wants them: sorted by cells in a database file of its own, made once and kept.

They are kept in the user's cache (or where TAPWIDGET_CACHE_DIR says), never in or beside the file of the user. A file
that has changed, or another version of this software, gets another one. As the engine reads them from disk, a catalogue
may be larger than memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tapwidget import __version__
from tapwidget.folders import cache_directory
from tapwidget.server import conversion, loading, positions
from tapwidget.server.adql import cells
from tapwidget.server.catalogue import Served
from tapwidget.server.engine import Engine
from tapwidget.server.folder import private_folder
from tapwidget.server.watched import Fingerprint, Watched

SUFFIX = ".duckdb"
BUILDING = "building-"
KEPT = 30 * 24 * 3600.0
"""Seconds for which one is kept that no service has used."""


def load(engine: Engine, name: str, path: Path, as_parquet: Callable[[Path, Path], Path] | None = None) -> Served:
    """Make a file the table `name` ("schema.table").

    Parameters
    ----------
    as_parquet : makes a Parquet file of a file of another kind, in a folder

    Raises
    ------
    FileFormatError
        The file is no table that can be served.
    """
    import duckdb

    path = path.resolve()
    fingerprint = Fingerprint.of(path)
    folder = usable(cache_directory() / "served") or engine.folder / "served"
    folder.mkdir(parents=True, exist_ok=True)
    ours = digest(str(path))
    kept = folder / f"{ours}-{digest(repr(fingerprint), recipe())}{SUFFIX}"
    if kept.is_file():
        with contextlib.suppress(duckdb.Error):  # damaged: made again below
            return opened(engine, name, path, fingerprint, kept)
    with private_folder(folder, BUILDING) as work:
        source = as_parquet(path, work) if as_parquet else path
        fresh = work / f"fresh{SUFFIX}"
        engine.attach(fresh, "fresh", writable=True)
        try:
            facts = loading.build(engine.connection, "fresh.main.objects", source)
            engine.connection.execute("CREATE TABLE fresh.main.facts AS SELECT ? AS facts", [facts.as_json()])
        finally:
            engine.detach("fresh")
        tidy(folder, ours)
        with contextlib.suppress(PermissionError):  # another service made it meanwhile, and has it open (Windows)
            fresh.replace(kept)
        return opened(engine, name, path, fingerprint, kept)


def opened(engine: Engine, name: str, path: Path, fingerprint: Fingerprint, kept: Path) -> Served:
    alias = engine.attach(kept)
    (text,) = engine.connection.execute(f"SELECT facts FROM {alias}.main.facts").fetchone()
    with contextlib.suppress(OSError):
        os.utime(kept)
    served = loading.Facts.of_json(text).served(name, f"{alias}.main.objects")
    return replace(served, source=Watched(path, fingerprint))


def usable(folder: Path) -> Path | None:
    """The folder, made if need be; None where nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def recipe() -> str:
    """What decides how a file is prepared: the version of the engine, and our own code."""
    import duckdb

    modules = (loading, positions, cells, conversion)
    files = [Path(str(module.__file__)) for module in modules] + [Path(__file__).with_name("pieces.py")]
    sources = (file.read_text(encoding="utf-8") for file in files)
    return "\n".join([duckdb.__version__, __version__, *sources])


def digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def tidy(folder: Path, ours: str) -> None:
    """Delete what was made of earlier states of this file, and what no service has used for long."""
    oldest = time.time() - KEPT
    for kept in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):  # in use (Windows), or deleted by another service just now
            if kept.name.startswith(f"{ours}-") or kept.stat().st_mtime < oldest:
                kept.unlink()
