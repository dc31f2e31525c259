"""Where a person's table may be: files of a folder, files opened lately, Rubin's tutorial data, a notebook's variables.

Looks at the disk and at the notebook's names only; never at a network.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy.table import Table

from tapwidget.folders import data_directory
from tapwidget.tables.files import SUFFIXES

log = logging.getLogger(__name__)

RECENT = 6
RUBIN_TUTORIAL_DATA = Path("/rubin/cst_repos/tutorial-notebooks-data/data")  # on the Rubin Science Platform
FRAMES = {("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "Table"), ("pyvo", "TAPResults")}


@dataclass(frozen=True)
class Listing:
    """What a folder holds that may be opened."""

    files: tuple[Path, ...]
    folders: tuple[Path, ...]


def look_into(folder: Path) -> Listing:
    """The tables and folders in `folder`, by name; empty for one that cannot be read."""
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name.lower())
    except OSError as error:
        log.info("%s cannot be listed: %s", folder, error)
        return Listing((), ())
    return Listing(
        files=tuple(p for p in entries if p.is_file() and p.name.lower().endswith(tuple(SUFFIXES))),
        folders=tuple(p for p in entries if p.is_dir() and not p.name.startswith((".", "__"))),
    )


def variables(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The tables and data frames among the names of a notebook, by name; those that begin with _ left out."""
    return {name: value for name, value in sorted(namespace.items()) if not name.startswith("_") and _is_table(value)}


def notebook() -> Mapping[str, Any]:
    """The names of the notebook that runs this; none outside of one."""
    try:
        from IPython import get_ipython
    except ImportError:  # plain Python, without IPython
        return {}
    shell = get_ipython()
    return {} if shell is None else dict(shell.user_ns)


def recent() -> tuple[Path, ...]:
    """The files opened last, newest first, as far as they are still there."""
    try:
        listed = json.loads(_place().read_text(encoding="utf-8"))
        return tuple(path for path in map(Path, listed) if path.is_file())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        log.info("the list of recent files cannot be read: %s", error)
        return ()


def remember(path: Path) -> None:
    """Put a file at the head of the recent ones. A disk that cannot be written costs the list, not the table."""
    newest = [str(path), *(str(other) for other in recent() if other != path)][:RECENT]
    place = _place()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".recent")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(newest, file)
        os.replace(temporary, place)
    except OSError as error:
        log.info("the list of recent files cannot be written: %s", error)


def _place() -> Path:
    return data_directory() / "recent-files.json"


def _is_table(value: object) -> bool:
    kind = type(value)
    return isinstance(value, Table) or (kind.__module__.partition(".")[0], kind.__name__) in FRAMES
