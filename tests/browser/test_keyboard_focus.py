"""The keyboard's focus stays in a widget of ours when what has it is moved or taken away: no key gets to JupyterLab."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

CELL = """
import ipywidgets, numpy as np, tapwidget
from astropy.table import Table
from tapwidget.state.runs import Runs
from tapwidget.views.runs_shelf import RunsShelf
runs = Runs()
shelf = RunsShelf(runs)
for rows in (500, 400, 300):
    runs.current = runs.add(result=Table({"id": np.arange(rows)}), phase="COMPLETED")
constraints = tapwidget.MagnitudeConstraints(upload_columns=("r",), target_columns=("r_cModelMag", "g_cModelMag"))
constraints.constraints = [tapwidget.MagnitudeRange("r", low=17), "a = 1", "b = 2"]
ipywidgets.VBox([shelf, constraints])
"""
UP, DOWN, OFF = "move it up the list", "move it down the list", "take it off this list"
DROP = "drop this constraint"


class Page:
    """Shelf and constraints, worked by nothing but keys."""

    def __init__(self, notebook: Any) -> None:
        self.box: Locator = notebook.output(0)
        self.keyboard = notebook.page.keyboard
        self.focused: Locator = notebook.page.locator(":focus")
        self.notebook = notebook

    def start_at(self, title: str, number: int) -> None:
        self.box.get_by_title(title).nth(number).focus()

    def press(self, key: str) -> None:
        """A key to whatever has the focus, and then a letter that would cut the cell if it got to JupyterLab."""
        self.keyboard.press(key)
        self.keyboard.press("x")

    def runs_are(self, *names: str) -> None:
        boxes = self.box.get_by_title("name of this run")
        expect(boxes).to_have_count(len(names))
        for number, name in enumerate(names):
            expect(boxes.nth(number)).to_have_value(name)

    def focus_is_on(self, title: str, row: str, number: int) -> None:
        """On the one with this title, of the row with that number of those that have such a title."""
        expect(self.box.get_by_title(title).nth(number)).to_be_focused()
        expect(self.box.get_by_title(row).nth(number)).to_be_visible()
        self.is_whole()

    def is_whole(self) -> None:
        cells = self.notebook.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
        assert cells == 1
        expect(self.box.get_by_title(UP).or_(self.box.get_by_text("No runs yet")).first).to_be_visible()


@pytest.fixture
def page(lab: Any) -> Page:
    page = Page(lab.open_notebook([CELL]))
    page.runs_are("results", "results_2", "results_3")
    expect(page.box.get_by_title(DROP)).to_have_count(3)
    return page


def test_a_run_is_moved_and_dropped_by_keyboard(page: Page) -> None:
    page.start_at(UP, 2)
    page.press("Enter")
    page.runs_are("results", "results_3", "results_2")
    page.focus_is_on(UP, UP, 1)
    # It is the first now, which cannot go up: the focus is on its row, and one more Enter does nothing.
    page.press("Space")
    page.runs_are("results_3", "results", "results_2")
    row = page.box.locator("[class*='tw-row-']").first
    expect(row).to_be_focused()
    page.press("Enter")
    page.keyboard.press("Tab")
    expect(row.get_by_role("checkbox")).to_be_focused()
    page.runs_are("results_3", "results", "results_2")
    page.start_at(DOWN, 0)
    page.press("Enter")
    page.runs_are("results", "results_3", "results_2")
    page.focus_is_on(DOWN, DOWN, 1)
    # What is shown in the table cannot be shown again.
    page.box.get_by_role("button", name="Show in table").first.focus()
    page.press("Enter")
    expect(page.box.get_by_role("button", name="In the table")).to_have_count(1)
    expect(page.box.locator(":focus")).to_have_count(1)
    page.is_whole()
    # Dropped: the next one's button, the last one's, and with none left what comes next.
    page.start_at(OFF, 1)
    page.press("Enter")
    page.runs_are("results", "results_2")
    page.focus_is_on(OFF, OFF, 1)
    page.press("Enter")
    page.runs_are("results")
    page.focus_is_on(OFF, OFF, 0)
    page.press("Enter")
    page.box.get_by_text("No runs yet: what you run appears here and stays.").wait_for()
    expect(page.box.locator(":focus")).to_have_count(1)
    page.is_whole()


def test_a_constraint_is_dropped_by_keyboard(page: Page) -> None:
    page.start_at(DROP, 0)
    page.press("Enter")
    expect(page.box.get_by_title(DROP)).to_have_count(2)
    page.focus_is_on(DROP, DROP, 0)
    page.start_at(DROP, 1)
    page.press("Enter")
    expect(page.box.get_by_title(DROP)).to_have_count(1)
    page.focus_is_on(DROP, DROP, 0)
    page.press("Space")
    expect(page.box.get_by_title(DROP)).to_have_count(0)
    expect(page.box.get_by_role("button", name="Magnitude range")).to_be_focused()
    page.is_whole()
    assert page.notebook.python("constraints.where") == []


def test_a_button_that_is_disabled_for_a_while_has_the_focus_again_after_it(page: Page) -> None:
    page.notebook.python(first="button = constraints._adql")
    button = page.box.get_by_role("button", name="ADQL condition")
    button.focus()
    page.notebook.python(first="button.disabled = True")
    expect(button).to_be_disabled()
    page.press("b")
    page.is_whole()
    page.notebook.python(first="button.disabled = False")
    expect(button).to_be_focused()
