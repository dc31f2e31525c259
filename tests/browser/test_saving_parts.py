"""What of a results table is saved: all of it, what passes the filters, what is selected, the columns shown.

Files of every kind are in test_after_a_run.py; here is which rows and columns are in them, and in which order.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from playwright.sync_api import Locator, expect

FIRST = 648368125565216675
ROWS = 400
COLUMNS = ["objectId", "coord_ra", "r", "class"]
CELL = f"""
import ipywidgets, numpy as np, tapwidget
from astropy.table import MaskedColumn, Table
from tapwidget.views.table_tools import TableTools
rows = np.arange({ROWS})
table = Table({{"objectId": {FIRST} + rows, "coord_ra": 37 + rows / 7}})
table["coord_ra"].unit, table["coord_ra"].description = "deg", "Right ascension"
table["r"] = MaskedColumn(25 - rows / 40, mask=rows % 10 == 3, unit="mag")
table["class"] = np.where(rows % 2, "STAR", "GALAXY")
widget = tapwidget.ResultsTable(table)
ipywidgets.VBox([widget, TableTools(widget)])
"""


class Saving:
    """The table with its line for saving open, as seen."""

    def __init__(self, notebook: Any) -> None:
        self.notebook = notebook
        self.box: Locator = notebook.output(0)
        self.grid = self.box.get_by_role("grid")
        self.status = self.box.locator(".twt-status")
        self.box.get_by_role("button", name="Save ...").click()
        self.only_shown = self.box.get_by_label("only the columns shown")
        self.line = self.box.locator(".tw-wrap", has=notebook.page.get_by_label("only the columns shown")).last

    def filter(self, column: str, text: str, says: str) -> None:
        self.grid.get_by_label(f"Filter {column}").fill(text)
        expect(self.status).to_have_text(says)

    def choose(self, name: str, *, rows: str, kind: str) -> None:
        self.line.get_by_role("textbox").fill(name)
        self.line.get_by_role("combobox").nth(0).select_option(label=kind)
        self.line.get_by_role("combobox").nth(1).select_option(label=rows)

    def save(self, name: str, *, rows: str, kind: str = "ECSV", ending: str = "ecsv", number: int) -> Table:
        """Save these rows, of which there are so many; what astropy reads back."""
        self.choose(name, rows=rows, kind=kind)
        self.line.get_by_role("button", name="Save").click()
        path: Path = self.notebook.folder / f"{name}.{ending}"
        self.box.get_by_text(re.compile(rf"^Saved {number:,} rows? of .* {re.escape(str(path))}")).wait_for()
        return Table.read(path)


@pytest.fixture
def saving(lab: Any) -> Saving:
    return Saving(lab.open_notebook([CELL]))


def same(saved: Table, rows: Any, columns: list[str] = COLUMNS) -> None:
    """These rows of the table, in this order, with units and masks."""
    rows = np.asarray(rows)
    assert saved.colnames == columns
    of = {
        "objectId": FIRST + rows, "coord_ra": 37 + rows / 7, "r": np.ma.array(25 - rows / 40, mask=rows % 10 == 3),
        "class": np.where(rows % 2, "STAR", "GALAXY"),
    }  # fmt: skip
    for name in columns:
        wanted, got = np.ma.asarray(of[name]), np.ma.asarray(saved[name])
        assert np.ma.getmaskarray(got).tolist() == np.ma.getmaskarray(wanted).tolist(), name
        assert got.compressed().tolist() == wanted.compressed().tolist(), name
    units = {"coord_ra": "deg", "r": "mag"}
    assert {name: str(saved[name].unit) for name in columns if saved[name].unit} == {
        name: unit for name, unit in units.items() if name in columns
    }


def test_all_rows_those_that_pass_the_filters_and_those_selected(saving: Saving) -> None:
    every = np.arange(ROWS)
    saving.filter("r", "18..20", "73 of 400 rows")
    saving.filter("class", "=STAR", "32 of 400 rows")
    heading = saving.grid.get_by_role("columnheader").filter(has_text="objectId").get_by_role("button")
    for direction in ("ascending", "descending"):
        heading.click()
        expect(saving.grid.locator(f"[aria-sort={direction}]")).to_have_count(1)
    magnitudes = 25 - every / 40
    pass_both = every[(magnitudes >= 18) & (magnitudes <= 20) & (every % 10 != 3) & (every % 2 == 1)]
    assert len(pass_both) == 32

    # All rows in the table's own order, whatever is filtered and sorted; what passes in the order on the screen.
    same(saving.save("everything", rows="all rows", number=400), every)
    saved = saving.save("passed", rows="rows that are shown", number=32, kind="Parquet", ending="parquet")
    same(saved, pass_both[::-1])

    # The selection, also the part of it that a filter hides.
    saving.grid.locator("[role=row][aria-rowindex='3'] [role=gridcell]").first.click()
    saving.grid.locator("[role=row][aria-rowindex='6'] [role=gridcell]").first.click(modifiers=["Shift"])
    expect(saving.status).to_have_text("32 of 400 rows, 4 selected")
    chosen = np.sort(pass_both[::-1][:4])
    same(saving.save("chosen", rows="selected rows", number=4, kind="FITS", ending="fits"), chosen)
    saving.filter("class", "=GALAXY", "41 of 400 rows, 4 selected (4 of them filtered out)")
    same(saving.save("chosen2", rows="selected rows", number=4), chosen)


def test_only_the_columns_shown_as_they_stand(saving: Saving) -> None:
    heading = saving.grid.get_by_role("columnheader")
    button = heading.filter(has_text="coord_ra").get_by_role("button")
    button.press("Delete")
    expect(heading.filter(has_text="coord_ra")).to_have_count(0)
    heading.filter(has_text="class").get_by_role("button").press("Alt+ArrowLeft")
    expect(saving.grid.locator(".twt-name > :first-child")).to_have_text(["objectId", "class", "r"])
    same(saving.save("every-column", rows="all rows", number=400), np.arange(ROWS))
    saving.only_shown.check()
    saved = saving.save("shown", rows="all rows", number=400, kind="VOTable", ending="vot")
    same(saved, np.arange(ROWS), ["objectId", "class", "r"])


def test_a_file_is_replaced_only_when_asked_twice_and_no_rows_are_no_file(saving: Saving) -> None:
    saving.choose("empty", rows="selected rows", kind="CSV")
    saving.line.get_by_role("button", name="Save").click()
    saving.box.get_by_text("There are no such rows to save.").wait_for()
    assert not (saving.notebook.folder / "empty.csv").exists()
    saving.save("twice", rows="all rows", number=400)
    saving.filter("r", ">20", "180 of 400 rows")
    saving.choose("twice", rows="rows that are shown", kind="ECSV")
    saving.line.get_by_role("button", name="Save").click()
    saving.box.get_by_text("twice.ecsv is there already. Replace it, or choose another name.").wait_for()
    assert len(Table.read(saving.notebook.folder / "twice.ecsv")) == 400
    saving.line.get_by_role("button", name="Replace it").click()
    saving.box.get_by_text(re.compile("^Saved 180 rows of 4 columns")).wait_for()
    assert len(Table.read(saving.notebook.folder / "twice.ecsv")) == 180


def test_only_the_selected_rows_are_shown_by_keyboard_and_saved(saving: Saving) -> None:
    saving.filter("r", "18..20", "73 of 400 rows")
    saving.grid.focus()
    saving.grid.press("Control+a")
    expect(saving.status).to_have_text("73 of 400 rows, 73 selected")
    saving.filter("r", "", "400 rows, 73 selected")
    button = saving.box.get_by_role("button", name="Show only selected")
    button.press("Space")
    expect(saving.status).to_have_text("73 of 400 rows: only the selected")
    expect(button).to_have_class(re.compile("mod-active"))
    expect(button).to_be_focused()
    # Filters, order and selecting go on among them.
    saving.filter("class", "=STAR", "32 of 400 rows: only the selected, 73 selected (41 of them not shown)")
    first = saving.grid.locator("[role=row][aria-rowindex='3'] [role=gridcell]").first
    heading = saving.grid.get_by_role("columnheader").filter(has_text="objectId").get_by_role("button")
    ascending = first.text_content()
    for direction in ("ascending", "descending"):
        heading.click()
        expect(saving.grid.locator(f"[aria-sort={direction}]")).to_have_count(1)
    expect(first).not_to_have_text(ascending)
    first.click()
    expect(saving.status).to_have_text("32 of 400 rows: only the 73 chosen before, 1 selected")
    every = np.arange(ROWS)
    magnitudes = 25 - every / 40
    among = every[(magnitudes >= 18) & (magnitudes <= 20) & (every % 10 != 3)]
    stars = among[among % 2 == 1]
    same(saving.save("shown", rows="rows that are shown", number=32), stars[::-1])
    saving.filter("class", "", "73 of 400 rows: only the 73 chosen before, 1 selected")
    button.press("Enter")
    expect(saving.status).to_have_text("400 rows, 1 selected")
    expect(button).not_to_have_class(re.compile("mod-active"))
