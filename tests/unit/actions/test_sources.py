"""Where tables may be: folders, recent files, variables."""

from __future__ import annotations

import pandas as pd
import pytest
from astropy.table import QTable, Table

from tapwidget.actions import sources


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("TAPWIDGET_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "recent-files.json"


def test_a_folder_lists_tables_and_folders(tmp_path):
    for name in ("b.csv", "A.FITS", "notes.docx", ".hidden.csv.part"):
        (tmp_path / name).touch()
    for name in ("more", ".git", "__pycache__"):
        (tmp_path / name).mkdir()
    found = sources.look_into(tmp_path)
    assert [path.name for path in found.files] == ["A.FITS", "b.csv"]
    assert [path.name for path in found.folders] == ["more"]


def test_a_folder_that_is_gone_is_empty(tmp_path):
    assert sources.look_into(tmp_path / "gone") == sources.Listing((), ())


def test_recent_files_newest_first_each_once_and_only_those_there(tmp_path):
    assert sources.recent() == ()
    files = [tmp_path / f"{number}.csv" for number in range(9)]
    for path in files:
        path.touch()
        sources.remember(path)
    sources.remember(files[5])
    assert sources.recent() == (files[5], files[8], files[7], files[6], files[4], files[3])
    files[8].unlink()
    assert files[8] not in sources.recent()


@pytest.mark.parametrize("text", ["", "{", "3", "[3]", "null"])
def test_a_damaged_list_is_begun_anew(place, tmp_path, text):
    place.parent.mkdir()
    place.write_text(text)
    assert sources.recent() == ()
    (tmp_path / "a.csv").touch()
    sources.remember(tmp_path / "a.csv")
    assert sources.recent() == (tmp_path / "a.csv",)


def test_a_disk_that_cannot_be_written_costs_only_the_list(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TAPWIDGET_DATA_DIR", str(tmp_path / "file"))
    sources.remember(tmp_path / "file")
    assert sources.recent() == ()


def test_variables_are_tables_with_a_name_of_their_own():
    table, frame = Table({"a": [1]}), pd.DataFrame({"a": [1]})
    names = {"t": table, "q": QTable({"a": [1]}), "df": frame, "_1": table, "x": 3, "lists": {"a": [1]}}
    assert list(sources.variables(names)) == ["df", "q", "t"]
    assert sources.variables(names)["df"] is frame


def test_outside_of_a_notebook_there_are_none():
    assert sources.notebook() == {}
