"""Every way in which a table comes into the picker, in a real page: the list, a path, the computer in front of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

CELLS = [
    "import pandas as pd, tapwidget\n"
    "mine = pd.DataFrame({'name': ['A', 'B', 'C'], 'ra': [10.0, 20.0, 30.0], 'dec': [-1.0, 0.0, None]})\n"
    "number = 3",
    "picker = tapwidget.FilePicker()\npicker",
]


class Panel:
    """What a person sees of the picker."""

    def __init__(self, notebook: Any) -> None:
        self.notebook, self.page, self.box = notebook, notebook.page, notebook.output(1)
        self.list = self.box.get_by_label("your table")
        self.path = self.box.get_by_placeholder("or type a path, then Enter")

    def option(self, beginning: str) -> Locator:
        return self.list.locator("option", has_text=beginning)

    def choose(self, beginning: str) -> None:
        """Choose from the list what begins so, as it is there once and for all."""
        expect(self.option(beginning)).to_have_count(1)
        self.list.select_option(label=self.option(beginning).inner_text())

    def shows(self, label: str) -> None:
        """The list shows that this one is open."""
        expect(self.list.locator("option:checked")).to_have_text(label)

    def type_path(self, path: str | Path) -> None:
        self.path.focus()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(str(path))
        self.page.keyboard.press("Enter")

    def opened(self, rows: str, position: str, *cells: str) -> None:
        """The table is there, its columns are recognised and its first rows are shown."""
        self.box.get_by_text(rows, exact=True).wait_for()
        self.box.get_by_text(f"position {position}").wait_for()
        preview = self.box.locator(".tw-preview")
        for cell in cells:
            expect(preview.get_by_role("cell", name=cell, exact=True)).to_have_count(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tables and a folder with one more; their names are in no other test's list of recent files."""
    (tmp_path / "bright.csv").write_text("objid,ra,dec\n1237670017269367163,38.0578934775496,7.42\n")
    (tmp_path / "page.csv").write_text("<!DOCTYPE html><html><body>Too many requests</body></html>")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper/faint.csv").write_text("name,RAJ2000,DEJ2000\nF1,10.5,20.5\nF2,11.5,21.5\n")
    return tmp_path


@pytest.fixture
def panel(lab: Any) -> Panel:
    return Panel(lab.open_notebook(CELLS))


def test_a_variable_of_the_notebook(panel: Panel) -> None:
    panel.shows(f"Choose a file in {panel.notebook.folder.name} ...")
    panel.choose("mine   (variable, 3 rows)")
    panel.opened("3 rows · 3 columns", "ra, dec", "A", "-1.0", "missing")
    assert panel.notebook.python("(type(picker.table).__name__, picker.path, picker.variable)") == ("Table", "", "mine")
    expect(panel.box.get_by_text("number")).to_have_count(0)
    # One made since the list was made is there when the list is made anew.
    panel.notebook.python(first="later = mine.rename(columns={'ra': 'RA_ICRS', 'dec': 'DE_ICRS'}).head(2)")
    expect(panel.option("later")).to_have_count(0)
    panel.box.get_by_title("look for files and variables again").press("Enter")
    expect(panel.option("later")).to_have_count(1)
    panel.list.focus()
    panel.page.keyboard.type("later")
    panel.opened("2 rows · 3 columns", "RA_ICRS, DE_ICRS", "A", "B")
    assert panel.notebook.python("picker.variable") == "later"


def test_a_typed_path_and_a_file_opened_lately(panel: Panel, folder: Path) -> None:
    panel.type_path(folder / "bright.csv")
    panel.opened("1 row · 3 columns", "ra, dec", "1237670017269367163")
    assert panel.notebook.python("picker.path") == str(folder / "bright.csv")
    panel.type_path(folder / "page.csv")
    expect(panel.box.locator(".tw-error")).to_contain_text("page.csv")
    expect(panel.box.locator(".tw-preview")).to_have_count(0)
    assert panel.notebook.python("picker.table is None")
    panel.type_path(folder / "missing.csv")
    expect(panel.box.locator(".tw-error")).to_contain_text("missing.csv")

    # Another picker, whose folder is another one, offers the file that could be opened.
    panel.notebook.python(first="picker.close()")
    panel.notebook.run_cell("picker = tapwidget.FilePicker()\npicker")
    panel.box = panel.notebook.output(2)
    panel.list = panel.box.get_by_label("your table")
    expect(panel.option("page.csv")).to_have_count(0)
    panel.choose(f"bright.csv   (opened lately, in {folder})")
    panel.opened("1 row · 3 columns", "ra, dec", "1237670017269367163")


def test_into_a_folder_and_out_of_it(panel: Panel, folder: Path) -> None:
    panel.type_path(folder)
    expect(panel.option(f"Choose a file in {folder.name} ...")).to_have_count(1)
    for name in ("bright.csv   (55 bytes)", "page.csv   (58 bytes)", "deeper/"):
        expect(panel.option(name)).to_have_count(1)
    panel.choose("deeper/")
    expect(panel.option("Choose a file in deeper ...")).to_have_count(1)
    panel.choose("faint.csv")
    panel.opened("2 rows · 3 columns", "RAJ2000, DEJ2000", "F1", "21.5")
    panel.choose("../")
    expect(panel.option(f"Choose a file in {folder.name} ...")).to_have_count(1)
    panel.list.focus()
    panel.page.keyboard.type("bright")
    panel.opened("1 row · 3 columns", "ra, dec", "1237670017269367163")
    # A typed name is one of the folder that is shown.
    panel.type_path("deeper")
    expect(panel.option("Choose a file in deeper ...")).to_have_count(1)
    panel.type_path("faint.csv")
    panel.opened("2 rows · 3 columns", "RAJ2000, DEJ2000", "F2")
    panel.shows("faint.csv   (47 bytes)")


def test_a_file_from_the_persons_computer(panel: Panel, folder: Path) -> None:
    bring = panel.box.get_by_role("button", name="From your computer ...")
    bring.focus()
    panel.page.keyboard.press("Space")
    zone = panel.box.get_by_role("button", name="Choose a file")
    zone.wait_for()
    with panel.page.expect_file_chooser() as chooser:
        zone.press("Enter")
    chooser.value.set_files(folder / "bright.csv")
    panel.opened("1 row · 3 columns", "ra, dec", "1237670017269367163")
    here = panel.notebook.folder / "bright.csv"
    assert here.read_bytes() == (folder / "bright.csv").read_bytes()
    panel.shows("bright.csv   (55 bytes)")
    bring.focus()
    panel.page.keyboard.press("Enter")
    expect(zone).to_have_count(0)
    panel.opened("1 row · 3 columns", "ra, dec")
