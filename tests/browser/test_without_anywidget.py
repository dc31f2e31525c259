"""A page that was opened before anywidget was installed: plain pages stand in for the table until it is reloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

FRONT_END = "**/extensions/anywidget/**"

CELL = """
import ipywidgets, numpy as np, tapwidget
from astropy.table import Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel

runs = Runs()
panel = ResultsPanel(Form(), runs)
table = Table({"objectId": 648368125565216675 + np.arange(50), "r_cModelMag": np.linspace(15, 24, 50)})
runs.current = runs.add(result=table)
ipywidgets.VBox([panel, tapwidget.JobStatus()])
"""
CONTROLS = """
import ipywidgets, tapwidget
from tapwidget.actions.background import Background
from tapwidget.views.adql_editor import AdqlEditor
from tapwidget.views.python_cell import PythonCell

editor, picker = AdqlEditor("SELECT 1"), tapwidget.FilePicker()
cell = PythonCell(lambda form: lambda: f"import {form}", Background())
cell.button.disabled = False
ipywidgets.VBox([editor, cell.button, cell, picker])
"""


def test_plain_pages_until_the_page_is_reloaded(lab: Any) -> None:
    lab.context.route(FRONT_END, lambda route: route.abort())
    notebook = lab.open_notebook([CELL])
    output = notebook.output(0)
    output.get_by_text("reload the page").wait_for()
    output.get_by_role("cell", name="648368125565216675", exact=True).wait_for()
    output.get_by_role("button", name="Next").click()
    output.get_by_text("21 to 40 shown").wait_for()
    expect(output.get_by_text("javascript error").filter(visible=True)).to_have_count(0)
    expect(output.get_by_label("Notify me")).to_have_count(0)
    notebook.errors.clear()  # what JupyterLab says of the missing front end

    lab.context.unroute(FRONT_END)
    notebook.reload()
    notebook.output(0).get_by_role("grid").wait_for()
    notebook.output(0).get_by_text("reload the page").wait_for(state="detached")
    notebook.output(0).get_by_label("Notify me").wait_for()
    assert notebook.python("panel.table.drawn")


def test_plain_controls_take_the_place_of_ours(lab: Any, tmp_path: Path) -> None:
    lab.context.route(FRONT_END, lambda route: route.abort())
    notebook = lab.open_notebook([CONTROLS])
    output = notebook.output(0)
    output.get_by_role("button", name="Edit ADQL").press("Enter")
    output.locator(".tw-adql-edit textarea").fill("SELECT 2")
    output.locator(".tw-adql-edit textarea").press("Tab")
    notebook.wait_for_python("editor.adql == 'SELECT 2'")
    output.get_by_role("button", name="Show as Python").press("Enter")
    expect(output.get_by_label("Python", exact=True)).to_have_text("import pyvo")

    (tmp_path / "mine.csv").write_text("ra,dec\n1,2\n3,4\n")
    output.get_by_role("button", name="From your computer").press("Enter")
    with notebook.page.expect_file_chooser() as chooser:
        output.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(tmp_path / "mine.csv")
    notebook.wait_for_python("picker.table is not None and len(picker.table) == 2")
    expect(output.get_by_text("javascript error").filter(visible=True)).to_have_count(0)
    notebook.errors.clear()  # what JupyterLab says of the missing front end

    lab.context.unroute(FRONT_END)
    notebook.reload()
    output = notebook.output(0)
    expect(output.get_by_role("textbox", name="ADQL")).to_have_value("SELECT 2")
    expect(output.get_by_role("button", name="Copy")).to_be_visible()
    expect(output.locator(".twd-zone")).to_be_visible()
    expect(output.locator(".tw-adql-edit")).to_have_count(0)
