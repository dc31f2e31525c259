"""The simulated sky of this test session, read once."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet
import pytest

from tapwidget.simulation import sky, user_table


@pytest.fixture(scope="session")
def sky_files() -> dict[str, Path]:
    return sky.make()


@pytest.fixture(scope="session")
def arrow_tables(sky_files) -> dict[str, pyarrow.Table]:
    return {name: pyarrow.parquet.read_table(path) for name, path in sky_files.items()}


@pytest.fixture(scope="session")
def user_csv(tmp_path_factory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("user"))
