"""Where this user's computer keeps what the package makes."""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path:
    """The folder of what can be made again: what TAPWIDGET_CACHE_DIR names, else the user's cache. It may not exist."""
    chosen = os.environ.get("TAPWIDGET_CACHE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("tapwidget", appauthor=False))


def data_directory() -> Path:
    """The folder of what must not be lost: what TAPWIDGET_DATA_DIR names, else the user's data. It may not exist."""
    chosen = os.environ.get("TAPWIDGET_DATA_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_dir

    return Path(user_data_dir("tapwidget", appauthor=False))
