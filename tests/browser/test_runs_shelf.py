"""The shelf by mouse and by keyboard: runs moved and taken off it, and what then is drawn and in the table."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

CELL = """
import ipywidgets, numpy as np
from astropy.table import Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.runs_shelf import RunsShelf
def result(rows):
    r = np.linspace(16, 23, rows)
    return Table({"id": np.arange(rows), "ut1_r": r, "r_cModelMag": r + 0.1})
form, runs = Form(), Runs()
form.table = Table({"r": np.linspace(16, 23, 600)})
shelf, panel = RunsShelf(runs), ResultsPanel(form, runs)
for rows in (500, 400, 300):
    runs.current = runs.add(result=result(rows), phase="COMPLETED")
ipywidgets.VBox([shelf, panel])
"""


class Shelf:
    """Shelf, table and histogram, as seen."""

    def __init__(self, notebook: Any) -> None:
        self.notebook = notebook
        self.box: Locator = notebook.output(0)
        self.names = self.box.get_by_title("name of this run")
        self.status = self.box.locator(".twt-status")
        self.drawn = self.box.locator(".tw-plot-area:not(.tw-sky) .tw-legend").first.locator(
            ".tw-key", has_text="r_cModelMag"
        )

    def press(self, what: str, number: int, key: str = "") -> None:
        """The button of this run, by mouse or by a key."""
        button = self.box.get_by_title(what).nth(number)
        if key:
            button.press(key)
        else:
            button.click()

    def stands(self, *names: str, in_table: str, rows: int) -> None:
        """These runs in this order, on the shelf and in the histogram's legend, and one of them in the table."""
        expect(self.names).to_have_count(len(names))
        for number, name in enumerate(names):
            expect(self.names.nth(number)).to_have_value(name)
        expect(self.drawn).to_have_text([f"{name}, r_cModelMag" for name in names])
        shown = self.box.locator(".tw-wrap", has=self.notebook.page.get_by_role("button", name="In the table"))
        expect(shown.get_by_title("name of this run")).to_have_value(in_table)
        expect(self.status).to_have_text(f"{rows} rows")


@pytest.fixture
def shelf(lab: Any) -> Shelf:
    notebook = lab.open_notebook([CELL], height=1600)
    shelf = Shelf(notebook)
    shelf.stands("results", "results_2", "results_3", in_table="results_3", rows=300)
    return shelf


def test_runs_are_moved_and_taken_off(shelf: Shelf) -> None:
    up, down, off = "move it up the list", "move it down the list", "take it off this list"
    shelf.press(up, 2)
    shelf.stands("results", "results_3", "results_2", in_table="results_3", rows=300)
    shelf.press(down, 0, "Enter")
    shelf.stands("results_3", "results", "results_2", in_table="results_3", rows=300)
    expect(shelf.box.get_by_title(up).first).to_be_disabled()
    expect(shelf.box.get_by_title(down).last).to_be_disabled()
    # One that is not in the table: the table stays, with what is selected in it.
    shelf.box.locator("[role=row][aria-rowindex='4'] [role=gridcell]").first.click()
    expect(shelf.status).to_have_text("300 rows, 1 selected")
    shelf.press(off, 1)
    expect(shelf.names).to_have_count(2)
    expect(shelf.status).to_have_text("300 rows, 1 selected")
    shelf.box.get_by_role("grid").press("Escape")
    shelf.stands("results_3", "results_2", in_table="results_3", rows=300)
    # The one that is: another one takes its place, and the names that are left stay.
    shelf.press(off, 0, "Enter")
    shelf.stands("results_2", in_table="results_2", rows=400)
    # The last: nothing of it is left, and the next one is as the first was.
    shelf.press(off, 0)
    shelf.box.get_by_text("No runs yet: what you run appears here and stays.").wait_for()
    shelf.box.get_by_text("No table yet. The rows of a match appear here.").wait_for()
    expect(shelf.drawn).to_have_count(0)
    assert shelf.notebook.python("(runs.runs, runs.current)") == ((), None)
    shelf.notebook.python(first="runs.current = runs.add(result=result(200), phase='COMPLETED')")
    shelf.stands("results", in_table="results", rows=200)
