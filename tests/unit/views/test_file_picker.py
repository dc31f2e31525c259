"""A file is listed, opened, previewed and its columns recognised; what cannot be opened is said."""

from pathlib import Path

import pandas as pd
import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.views.file_picker import FilePicker

CSV = """#Table1
objid,ra,dec,r
1237670017269367163,38.0578934775496,7.4277059696483,20.8
1237670017269367135,38.03,7.42,null
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sdss.csv").write_text(CSV)
    (tmp_path / "page.csv").write_text("<!DOCTYPE html><html><body>Too many requests</body></html>")
    (tmp_path / "notes.docx").write_text("not a table")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "other.csv").write_text("name,ra,dec\nA,10,20\n")
    return tmp_path


def choose(picker: FilePicker, beginning: str) -> None:
    picker._pick.value = next(value for label, value in picker._pick.options if label.startswith(beginning))


def test_a_chosen_file_is_opened_and_its_columns_are_recognised(folder: Path) -> None:
    picker = FilePicker(folder=folder, background=Immediate())
    assert not any("docx" in label for label, _ in picker._pick.options)
    choose(picker, "sdss.csv")
    assert picker.table["objid"].tolist() == [1237670017269367163, 1237670017269367135]
    assert picker.roles.position.columns == ("ra", "dec")
    assert picker.roles.magnitudes == ("r",)
    assert picker.path == str(folder / "sdss.csv")
    assert "2 rows" in picker._said.value
    assert "1237670017269367163" in picker._preview.value
    assert "missing" in picker._preview.value


def test_a_web_page_is_refused_by_name_and_the_choice_can_be_made_again(folder: Path) -> None:
    picker = FilePicker(folder=folder, background=Immediate())
    choose(picker, "page.csv")
    assert picker.table is None
    assert "page.csv" in picker.message
    choose(picker, "sdss.csv")
    assert len(picker.table) == 2
    choose(picker, "page.csv")
    assert picker.table is None
    assert picker._preview.value == ""


def test_folders_are_gone_into_and_out_of(folder: Path) -> None:
    picker = FilePicker(folder=folder, background=Immediate())
    choose(picker, "more/")
    choose(picker, "other.csv")
    assert picker.table["name"].tolist() == ["A"]
    choose(picker, "../")
    assert any(label.startswith("sdss.csv") for label, _ in picker._pick.options)


def test_the_list_shows_which_file_is_open_however_it_was_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    picker = FilePicker("sdss.csv", background=Immediate())
    assert picker._pick.value == str(folder / "sdss.csv")
    picker.choose(Table({"ra": [1.0], "dec": [2.0]}))
    assert picker._pick.value == ""
    assert picker.path == ""


def test_a_file_that_was_not_in_the_list_is_when_it_is_open(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    picker = FilePicker(folder=folder, background=Immediate())
    new, elsewhere = folder / "new.csv", tmp_path_factory.mktemp("elsewhere") / "far.csv"
    for path, told in ((new, "new.csv   (27 bytes)"), (elsewhere, f"far.csv   (opened lately, in {elsewhere.parent})")):
        path.write_text("name,ra,dec\nA,10,20\nB,30,4\n")
        picker.choose(path)
        assert picker.path == picker._pick.value == str(path)
        assert picker._pick.label == told


def test_a_typed_name_is_looked_for_in_the_folder_that_is_shown(folder: Path) -> None:
    picker = FilePicker(folder=folder, background=Immediate())
    choose(picker, "more/")
    picker._path.value = "other.csv"
    assert picker.path == str(folder / "more" / "other.csv")


def test_a_file_that_cannot_be_opened_takes_the_place_of_the_one_that_was_open(folder: Path) -> None:
    picker = FilePicker(folder / "sdss.csv", folder=folder, background=Immediate())
    picker._path.value = str(folder / "missing.csv")
    assert picker.table is None
    assert picker.path == str(folder / "missing.csv")
    assert picker._pick.value == ""  # the list no longer shows sdss.csv as the one that is open
    picker._path.value = str(folder / "page.csv")
    assert picker._pick.value == str(folder / "page.csv")
    assert "page.csv" in picker.message


def test_a_typed_path_that_does_not_exist_is_said(folder: Path) -> None:
    picker = FilePicker(folder=folder, background=Immediate())
    picker._path.value = str(folder / "missing.csv")
    assert "missing.csv" in picker.message
    assert picker.table is None


@pytest.mark.parametrize("kind", [Table, pd.DataFrame, dict])
def test_a_table_of_the_notebook_is_taken(kind: type, folder: Path) -> None:
    columns = {"name": ["A", "B"], "ra": [10.0, 20.0], "dec": [-10.0, 20.0]}
    picker = FilePicker(kind(columns), folder=folder, background=Immediate())
    assert isinstance(picker.table, Table)
    assert len(picker.table) == 2
    picker.table = kind({"lon": [1.0, 2.0], "raj2000": [3.0, 4.0], "dej2000": [5.0, 6.0]})
    assert picker.table["lon"].tolist() == [1.0, 2.0]
    assert picker.roles.position.columns == ("raj2000", "dej2000")
    assert "raj2000" in picker._preview.value


def test_the_position_can_be_corrected(folder: Path) -> None:
    table = Table({"ra": [10.0], "dec": [20.0], "ra_u": [1.0], "dec_u": [2.0]})
    picker = FilePicker(table, folder=folder, background=Immediate())
    picker.role_picker._ra.value = "ra_u"
    assert (picker.ra, picker.dec) == ("", "")  # half a choice is none
    picker.role_picker._dec.value = "dec_u"
    assert (picker.ra, picker.dec) == ("ra_u", "dec_u")
    assert "your choice" in picker.role_picker._said.value


def test_what_was_recognised_and_how_is_shown_and_another_position_can_be_taken(folder: Path) -> None:
    table = Table({"objid": [7], "ra": [10.0], "dec": [20.0], "RAJ2000": ["01 02 03"], "DEJ2000": ["-01 02 03"]})
    picker = FilePicker(table, folder=folder, background=Immediate())
    roles = picker.role_picker
    assert "ra, dec (degrees, ICRS; names ra, dec)" in roles._said.value
    assert "identifier objid (name objid)" in roles._said.value
    ((_, none), (words, columns)) = roles._others.options
    assert (none, columns) == ((), ("RAJ2000", "DEJ2000"))
    assert words.startswith("RAJ2000, DEJ2000 (sexagesimal, ICRS; names RAJ2000, DEJ2000")
    roles._others.value = columns
    assert (picker.ra, picker.dec) == ("RAJ2000", "DEJ2000")
    assert "your choice: sexagesimal, ICRS" in roles._said.value
    roles._ra.value = "objid"
    roles._dec.value = "objid"
    assert (picker.ra, picker.dec) == ("objid", "objid")
    picker.table = Table({"ra": [1.0], "dec": [2.0]})
    assert roles._others.layout.display == "none"


def test_hostile_names_and_cells_stay_text(folder: Path) -> None:
    bad = "<img src=x onerror=alert(1)>"
    picker = FilePicker(Table({bad: [bad], "ra": [1.0], "dec": [2.0]}), folder=folder, background=Immediate())
    shown = picker._preview.value + picker._said.value + picker.role_picker._said.value
    assert "<img" not in shown
    assert "&lt;img" in shown


def test_variables_of_the_notebook_and_files_opened_lately_are_offered(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(
        "tapwidget.actions.sources.notebook", lambda: {"mine": pd.DataFrame({"ra": [1.0], "dec": [2.0]})}
    )
    FilePicker(folder=folder / "more", background=Immediate()).choose(folder / "more" / "other.csv")
    picker = FilePicker(folder=folder, background=Immediate())
    choose(picker, "other.csv")
    assert picker.table["name"].tolist() == ["A"]
    choose(picker, "mine")
    assert picker.table["dec"].tolist() == [2.0]
    assert picker._pick.label == "mine   (variable, 1 row)"
    choose(picker, "sdss.csv")
    assert picker._pick.label.startswith("sdss.csv")
    picker.choose(Table({"ra": [1.0], "dec": [2.0]}))
    assert picker._pick.value == ""


def test_rubins_tutorial_data_are_offered_where_they_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapwidget.actions.sources.RUBIN_TUTORIAL_DATA", folder / "more")
    picker = FilePicker(folder=folder, background=Immediate())
    choose(picker, "Rubin's tutorial data/")
    choose(picker, "other.csv")
    assert picker.path == str(folder / "more" / "other.csv")
    assert picker.table["name"].tolist() == ["A"]
    monkeypatch.setattr("tapwidget.actions.sources.RUBIN_TUTORIAL_DATA", folder / "gone")
    picker._again.click()
    assert not any("Rubin" in label for label, _ in picker._pick.options)
