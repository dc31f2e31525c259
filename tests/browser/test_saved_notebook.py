"""What of a table is still there when the notebook is opened again without a kernel, or elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

BIG = 648368125565216675  # above 2^53
CELL = f"""
import numpy as np, tapwidget
from astropy.table import MaskedColumn, Table
table = Table({{"objectId": {BIG} + np.arange(1000)}})
table["r"] = MaskedColumn(np.linspace(15, 25, 1000), mask=np.arange(1000) == 3, unit="mag")
table["<b>name</b>"] = "<img src=x onerror=window.evil=1>"
widget = tapwidget.ResultsTable(table)
widget
"""
SAVE = "async () => { await jupyterapp.commands.execute('docmanager:save') }"
WITH_STATE = """async () => {
    await jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState');
}"""  # JupyterLab's setting, off unless chosen


@pytest.fixture
def notebook(lab):
    """With a table in it that is drawn."""
    notebook = lab.open_notebook([CELL])
    expect(notebook.output(0).get_by_role("grid").get_by_text(str(BIG + 1), exact=True)).to_be_visible()
    return notebook


def save(notebook) -> Path:
    notebook.page.evaluate(SAVE)
    return notebook.folder / Path(notebook.path).name


def reopen(notebook) -> None:
    """As it is read tomorrow: in a new page, and the kernel knows nothing of it."""
    notebook.page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.restartKernel() }")
    notebook.page.goto(notebook.page.url.split("?")[0])
    notebook.wait_until_open()


def test_the_first_rows_are_in_the_saved_notebook_and_in_what_nbconvert_makes_of_it(notebook, tmp_path):
    copy, widget = json.loads(save(notebook).read_text(encoding="utf-8"))["cells"][0]["outputs"]
    html = "".join(copy["data"]["text/html"])
    assert "application/vnd.jupyter.widget-view+json" in widget["data"]
    assert all(f">{BIG + number}</td>" in html for number in range(10))
    assert "… 10 of 1,000 rows, 3 columns" in html
    assert str(BIG) in "".join(copy["data"]["text/plain"])

    pytest.importorskip("nbconvert")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path)]
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    subprocess.run([*command, str(save(notebook))], check=True, capture_output=True, timeout=120, env=environment)
    (made,) = tmp_path.glob("*.html")
    page = notebook.page.context.new_page()
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page.goto(made.as_uri())
    expect(page.get_by_role("cell", name=str(BIG + 9), exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="<img src=x", exact=False).first).to_be_visible()
    assert page.evaluate("() => window.evil") is None
    page.close()


def test_somebody_elses_notebook_shows_the_first_rows(lab, notebook, tmp_path):
    """JupyterLab draws no widget of a notebook that was not made here, and nothing in it runs."""
    theirs = tmp_path / "theirs.ipynb"
    theirs.write_text(save(notebook).read_text(encoding="utf-8").replace("import numpy", "import  numpy"))
    opened = lab.open_notebook(theirs, run=False)
    expect(opened.output(0).get_by_role("cell", name=str(BIG + 9), exact=True)).to_be_visible()
    expect(opened.output(0)).to_contain_text("10 of 1,000 rows")
    assert opened.page.evaluate("() => window.evil") is None


def test_with_the_state_of_its_widgets_saved_the_first_page_is_drawn_without_the_table(notebook):
    page = notebook.page
    page.evaluate(WITH_STATE)
    try:
        save(notebook)
    finally:
        page.evaluate(WITH_STATE)
    reopen(notebook)
    grid = notebook.output(0).get_by_role("grid")
    expect(grid.get_by_text(str(BIG), exact=True)).to_be_visible()
    expect(grid.get_by_text(str(BIG + 9), exact=True)).to_be_visible()
    expect(notebook.output(0).get_by_role("table")).to_have_count(0)
    assert notebook.python("'tapwidget' in globals()") is False


def test_the_widget_is_shown_alone_wherever_it_is_drawn(lab):
    notebook = lab.open_notebook([CELL, "widget", "from IPython.display import display\ndisplay(widget, widget)"])
    page = notebook.page
    copies = page.get_by_role("table")  # those that can be seen
    expect(page.get_by_role("grid")).to_have_count(4)
    expect(copies).to_have_count(0)
    notebook.reload()
    expect(page.get_by_role("grid")).to_have_count(4)
    expect(copies).to_have_count(0)
    page.evaluate("() => { jupyterapp.commands.execute('notebook:create-output-view') }")
    expect(page.locator(".jp-LinkedOutputView").get_by_role("grid")).to_be_visible()
    expect(copies).to_have_count(0)
    page.evaluate("() => { jupyterapp.shell.currentWidget.close() }")
    notebook.wait_until_open()
    notebook.python(first="widget.close()")
    expect(page.get_by_role("grid")).to_have_count(0)
    expect(notebook.output(0).get_by_role("table")).to_be_visible()


def test_where_anywidget_is_missing_the_first_rows_are_shown(lab):
    lab.context.route("**/extensions/anywidget/**", lambda route: route.abort())
    try:
        notebook = lab.open_notebook([CELL])
        expect(notebook.output(0).get_by_role("cell", name=str(BIG + 9), exact=True)).to_be_visible()
    finally:
        lab.context.unroute("**/extensions/anywidget/**")
    notebook.errors.clear()  # what JupyterLab says of the missing front end


def test_opened_again_with_a_new_kernel_the_first_rows_are_shown_until_the_cell_is_run(notebook):
    """JupyterLab trusts what it saved itself, and so draws widgets and nothing that was saved beside them."""
    output = notebook.output(0)
    copied = output.get_by_role("cell", name=str(BIG + 9), exact=True)
    expect(copied).to_be_hidden()
    save(notebook)
    notebook.page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.shutdown() }")
    notebook.page.goto(notebook.page.url.split("?")[0])
    notebook.wait_until_open()
    expect(copied).to_be_visible()
    expect(output.get_by_text("Run its cells again for the whole table")).to_be_visible()
    expect(output.get_by_text("model not found")).to_have_count(1)
    expect(output.get_by_text("model not found")).to_be_hidden()
    assert notebook.page.evaluate("() => window.evil") is None
    notebook.errors.clear()  # JupyterLab logs that it found no model
    notebook.run_all()
    expect(output.get_by_role("grid").get_by_text(str(BIG + 1), exact=True)).to_be_visible()
    expect(copied).to_be_hidden()


def test_a_table_that_comes_after_the_widget_is_saved_too(lab):
    later = "import threading\nthreading.Thread(target=lambda: setattr(widget, 'table', table)).start()"
    notebook = lab.open_notebook([CELL.replace("ResultsTable(table)", "ResultsTable()"), later])
    expect(notebook.output(0).get_by_role("grid").get_by_text(str(BIG + 1), exact=True)).to_be_visible()
    expect(notebook.output(0).get_by_role("table")).to_have_count(0)
    copy, _ = json.loads(save(notebook).read_text(encoding="utf-8"))["cells"][0]["outputs"]
    html = "".join(copy["data"]["text/html"])
    assert all(f">{BIG + number}</td>" in html for number in range(10))
    assert "before there was a table" not in html
