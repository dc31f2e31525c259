"""The simulated sky as files: made on first use in a few seconds, kept in the cache.

The cache's folder bears a digest of the recipe: a changed recipe makes a new sky and never mixes with an old one.
The folder appears whole or not at all: two processes may make it at once, and one of them wins.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from tapwidget.errors import TapWidgetError
from tapwidget.folders import cache_directory

FILES = {
    "dp1.Object": "Object.parquet",
    "dp1.MPCORB": "MPCORB.parquet",
    "gaiadr3.sso_orbits": "sso_orbits.parquet",
}

PREFIX = "sky-"
KEPT = 7 * 24 * 3600.0
"""Seconds for which the sky of another version is kept when nobody uses it."""

KEPT_HALF = 3600.0
"""Seconds for which what is being made is left alone; it takes some ten."""


def make(directory: str | Path | None = None) -> dict[str, Path]:
    """Parquet files of the simulated tables by qualified name, made if they are not in the cache yet.

    Parameters
    ----------
    directory : path, optional
        Where to keep them; else the folder that `TAPWIDGET_CACHE_DIR` names, else the user's cache.

    Raises
    ------
    TapWidgetError
        The cache cannot be written.
    """
    folder = cached(directory)
    return {name: folder / file for name, file in FILES.items()}


def cached(directory: str | Path | None = None) -> Path:
    """The folder with all files of this version of the sky, made if need be."""
    root = Path(directory) if directory is not None else cache_directory()
    folder = root / f"{PREFIX}{recipe_digest()}"
    if folder.is_dir():
        with contextlib.suppress(OSError):  # a cache that can only be read
            os.utime(folder)
        return folder
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=f".{PREFIX}") as temporary:
            fresh = Path(temporary) / "sky"
            fresh.mkdir()
            write_all(fresh)
            move_into_place(fresh, folder)
        tidy(root, folder)
    except OSError as error:
        raise TapWidgetError(
            f"The simulated sky could not be written to {root} ({error.strerror or error}). "
            "Make room there, or name another folder in the environment variable TAPWIDGET_CACHE_DIR."
        ) from error
    return folder


def recipe_digest() -> str:
    """Ten hexadecimal digits of a digest over the source of this package: another recipe, another sky."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()[:10]


def move_into_place(fresh: Path, folder: Path) -> None:
    """Rename in one step. If another process was faster its folder holds the same, and ours is dropped."""
    try:
        fresh.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def tidy(root: Path, ours: Path) -> None:
    """Delete what earlier versions made and nobody has used for long, and halves that killed processes left.

    Whoever uses a sky says so by its folder's time, so that one in use by another version stays.
    """
    now = time.time()
    for pattern, kept in ((f"{PREFIX}*", KEPT), (f".{PREFIX}*", KEPT_HALF)):
        for folder in root.glob(pattern):
            with contextlib.suppress(OSError):  # deleted by another process just now
                if folder != ours and folder.stat().st_mtime < now - kept:
                    shutil.rmtree(folder, ignore_errors=True)


def write_all(folder: Path) -> None:
    """Make the sky and write every file of it into `folder`."""
    # Here and not above: whoever finds the sky in the cache needs neither numpy nor pyarrow.
    from tapwidget.simulation import minor_planets, parquet, population, schema, survey, user_table

    sky = population.population()
    all_orbits, fitted_orbits = minor_planets.minor_planets()
    tables = {"dp1.Object": survey.objects(sky), "dp1.MPCORB": all_orbits, "gaiadr3.sso_orbits": fitted_orbits}
    for name, columns in tables.items():
        parquet.write(folder / FILES[name], schema.TABLES[name], columns)
    (folder / user_table.FILE_NAME).write_text(
        user_table.skyserver_csv(user_table.measured(sky)), encoding="ascii", newline="\n"
    )
