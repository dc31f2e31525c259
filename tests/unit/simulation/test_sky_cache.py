"""The sky is made once, whole or not at all, and the same each time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tapwidget import folders
from tapwidget.errors import TapWidgetError
from tapwidget.simulation import sky, user_table

MAKE = "import sys; from tapwidget.simulation import sky; print(sky.cached(sys.argv[1]))"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_are_named_and_kept(sky_files):
    assert set(sky_files) == {"dp1.Object", "dp1.MPCORB", "gaiadr3.sso_orbits"}
    before = {path: path.stat().st_mtime_ns for path in sky_files.values()}
    assert sky.make() == sky_files
    assert {path: path.stat().st_mtime_ns for path in sky_files.values()} == before


def test_two_processes_at_once_both_succeed_and_agree(tmp_path, sky_files):
    children = [
        subprocess.Popen([sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [child.communicate(timeout=120)[0].strip() for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert answers[0] == answers[1] == str(sky.cached(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [sky.cached(tmp_path).name], "nothing half made is left"
    assert bytes_of(Path(answers[0])) == bytes_of(sky.cached()), "the seed decides, not the run"


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(columns):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(user_table, "skyserver_csv", fail)
    with pytest.raises(TapWidgetError, match=r"No space left on device.*TAPWIDGET_CACHE_DIR"):
        sky.make(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_is_a_file_is_said(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(TapWidgetError, match=str(blocked)):
        sky.make(blocked)


def test_another_recipe_has_another_folder(monkeypatch, tmp_path):
    (tmp_path / "sky.py").write_text("# changed\n")
    now = sky.recipe_digest()
    monkeypatch.setattr(sky, "__file__", str(tmp_path / "sky.py"))
    assert sky.recipe_digest() != now


def test_the_environment_names_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TAPWIDGET_CACHE_DIR", str(tmp_path))
    assert folders.cache_directory() == tmp_path
    monkeypatch.delenv("TAPWIDGET_CACHE_DIR")
    assert folders.cache_directory().name == "tapwidget"


def test_what_nobody_uses_any_more_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(sky, "write_all", lambda folder: (folder / "file").touch())
    ages = {"sky-old": sky.KEPT + 60, "sky-young": 60, ".sky-half": sky.KEPT_HALF + 60, ".sky-made-now": 60}
    for name, age in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    (tmp_path / "served").mkdir()
    ours = sky.cached(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"sky-young", ".sky-made-now", "served", ours.name}
    os.utime(ours, (0, 0))
    assert sky.cached(tmp_path) == ours
    assert ours.stat().st_mtime > 0, "who uses it says so"
