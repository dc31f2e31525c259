"""ResultsTable as a person meets it: on the screen, under mouse and keyboard, in a real JupyterLab."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

BIG = 648368125565216675
MAKE = f"""
import ipywidgets, numpy as np, tapwidget
from astropy.table import MaskedColumn, Table
def make(rows):
    table = Table()
    table["objectId"] = {BIG} + np.arange(rows)
    table["coord_ra"] = np.linspace(37, 38, rows)
    table["coord_ra"].unit, table["coord_ra"].description = "deg", "Right ascension"
    table["coord_ra"].meta["ucd"] = "pos.eq.ra;meta.main"
    table["r"] = MaskedColumn(np.linspace(25, 15, rows), mask=np.arange(rows) % 10 == 3, unit="mag")
    table["class"] = np.where(np.arange(rows) % 2, "STAR", "GALAXY")
    return table
"""
EVIL = "<img src=x onerror=window.evil=1>"


class Grid:
    """The table in one cell's output, as seen."""

    def __init__(self, output):
        self.output = output
        self.grid = output.get_by_role("grid")
        self.body = output.locator(".twt-body")
        self.notes = output.get_by_role("note")

    def cell(self, row, column):
        """The gridcell at this position (first is 0) of the order shown."""
        return self.body.locator(f'[role=row][aria-rowindex="{row + 3}"] [aria-colindex="{column + 1}"]')

    def heading(self, name):
        return self.grid.get_by_role("columnheader").filter(has=self.output.page.get_by_text(name, exact=True))

    def sort(self, name, **how):
        """Click a column's name, and wait for the new order: a click before that is meant for the old one."""
        before = self.heading(name).get_attribute("aria-sort")
        self.heading(name).get_by_role("button").click(**how)
        expect(self.heading(name)).not_to_have_attribute("aria-sort", before)

    def filter(self, name):
        return self.grid.get_by_label(f"Filter {name}")

    def says(self, text):
        expect(self.output.get_by_role("status")).to_have_text(text)

    def column(self, column):
        """The texts in sight of one column, from the top."""
        return self.body.evaluate(
            """(body, column) => Array.from(body.querySelectorAll('.twt-row:not([hidden])'))
                .sort((a, b) => a.dataset.position - b.dataset.position)
                .map(row => row.querySelector(`[aria-colindex="${column + 1}"]`)?.textContent)""",
            column,
        )


class Sheet:
    """A notebook whose first cell has run MAKE, and where each test adds cells of its own."""

    def __init__(self, notebook):
        self.notebook = notebook

    def show(self, code):
        """Run this code in a new cell; the grid that it displays."""
        return Grid(self.notebook.output(self.notebook.run_cell(code)))

    def clean(self):
        self.notebook.resize(1280)
        self.notebook.theme("light")
        self.notebook.python(first="import ipywidgets; ipywidgets.Widget.close_all()")
        self.notebook.page.evaluate(
            """() => {
                const model = jupyterapp.shell.currentWidget.content.model.sharedModel;
                model.deleteCellRange(1, model.cells.length);
            }"""
        )
        expect(self.notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(1)


@pytest.fixture(scope="module")
def one_notebook(lab):
    """One for all tests: opening a notebook takes longer than most of them."""
    notebook = lab.open_notebook([MAKE], keep=True)
    yield Sheet(notebook)
    lab.close(notebook)


@pytest.fixture
def sheet(one_notebook):
    one_notebook.clean()
    return one_notebook


@pytest.fixture
def opened(sheet):
    """A notebook with a table of 1000 rows, drawn: `widget` in the kernel."""
    grid = sheet.show("widget = tapwidget.ResultsTable(make(1000)); widget")
    expect(grid.cell(0, 0)).to_have_text(str(BIG))
    return sheet.notebook, grid


def test_what_is_on_the_screen(opened):
    notebook, grid = opened
    expect(grid.cell(1, 0)).to_have_text(str(BIG + 1))  # 2^53 is passed: as a number it would end in ...676 or ...600
    expect(grid.cell(1, 1)).to_have_text("37.0010010")
    expect(grid.cell(3, 2)).to_have_text("—")
    expect(grid.heading("coord_ra")).to_contain_text("deg")
    title = grid.heading("coord_ra").get_attribute("title")
    assert "Right ascension" in title
    assert "pos.eq.ra" in title
    grid.says("1,000 rows")
    assert notebook.python("widget.drawn") is True


def test_sorting_by_heading(opened):
    _, grid = opened
    grid.sort("r")
    expect(grid.heading("r")).to_have_attribute("aria-sort", "ascending")
    expect(grid.cell(0, 2)).to_have_text("15.0000")
    grid.sort("r")
    expect(grid.heading("r")).to_have_attribute("aria-sort", "descending")
    expect(grid.cell(0, 2)).to_have_text("25.0000")
    grid.grid.focus()
    grid.grid.press("End")
    expect(grid.cell(999, 2)).to_have_text("—")  # missing last, both ways
    grid.sort("class")
    grid.sort("r", modifiers=["Shift"])
    expect(grid.heading("r")).to_contain_text("▲2")
    assert grid.column(3)[:3] == ["GALAXY"] * 3
    expect(grid.cell(0, 2)).to_have_text("15.0100")


def test_filters(opened):
    _, grid = opened
    grid.filter("r").fill("15..16")
    grid.says("90 of 1,000 rows")
    grid.filter("objectId").fill(f"={BIG + 995}")
    grid.says("1 of 1,000 rows")
    expect(grid.cell(0, 0)).to_have_text(str(BIG + 995))
    grid.filter("objectId").fill("")
    grid.says("90 of 1,000 rows")
    grid.filter("r").fill("=abc")
    expect(grid.output.get_by_role("alert")).to_contain_text("r: “=abc” is no filter for this column")
    expect(grid.filter("r")).to_have_attribute("aria-invalid", "true")
    grid.says("90 of 1,000 rows")
    assert len(grid.column(0)) > 5
    grid.filter("r").fill("missing")
    grid.says("100 of 1,000 rows")
    assert set(grid.column(2)) == {"—"}
    grid.filter("class").fill("nothing has this")
    expect(grid.output.get_by_text("No row passes the filters.")).to_be_visible()
    grid.output.get_by_role("button", name="Clear filters").click()
    grid.says("1,000 rows")
    expect(grid.filter("class")).to_have_value("")


def test_selecting_with_the_mouse(opened):
    notebook, grid = opened
    grid.cell(2, 1).click()
    grid.says("1,000 rows, 1 selected")
    grid.cell(5, 1).click(modifiers=["Shift"])
    grid.says("1,000 rows, 4 selected")
    grid.cell(3, 1).click(modifiers=["ControlOrMeta"])
    grid.cell(8, 1).click(modifiers=["ControlOrMeta"])
    grid.says("1,000 rows, 4 selected")
    assert notebook.wait_for_python("widget.selected_rows == (2, 4, 5, 8)")
    grid.filter("objectId").fill(f">{BIG + 4}")
    grid.says("995 of 1,000 rows, 4 selected (2 of them filtered out)")
    selected = grid.body.locator("[role=row][aria-selected=true]")
    expect(selected).to_have_count(2)


def test_selecting_from_python(opened):
    notebook, grid = opened
    notebook.python(first="widget.selected_rows = np.array([1, 4])")
    grid.says("1,000 rows, 2 selected")
    expect(grid.body.locator("[role=row][aria-selected=true]")).to_have_count(2)
    grid.sort("r")  # the selection is of rows, not of places
    grid.says("1,000 rows, 2 selected")
    expect(grid.body.locator("[role=row][aria-selected=true]")).to_have_count(0)


def test_keyboard_alone(opened):
    notebook, grid = opened
    grid.grid.focus()
    for key in ("ArrowDown", "ArrowDown", " ", "Shift+ArrowDown", "Shift+ArrowDown"):
        grid.grid.press(key)
    grid.says("1,000 rows, 3 selected")
    assert notebook.wait_for_python("widget.selected_rows == (2, 3, 4)")
    grid.grid.press("End")
    expect(grid.cell(999, 0)).to_have_text(str(BIG + 999))
    grid.grid.press("Home")
    grid.grid.press("PageDown")
    notebook.page.wait_for_function(
        """grid => {
            const cell = document.getElementById(grid.getAttribute('aria-activedescendant'));
            return Number(cell?.parentElement.getAttribute('aria-rowindex')) > 10;
        }""",
        arg=grid.grid.element_handle(),
    )
    grid.grid.press("ControlOrMeta+a")
    grid.says("1,000 rows, 1,000 selected")
    grid.grid.press("Escape")
    grid.says("1,000 rows")
    grid.grid.press("Home")
    grid.grid.press("ArrowUp")  # to the filter box of this column, and on to its heading
    expect(grid.filter("objectId")).to_be_focused()
    notebook.page.keyboard.press("ArrowUp")
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.keyboard.press("Enter")
    expect(grid.heading("coord_ra")).to_have_attribute("aria-sort", "ascending")
    # JupyterLab has keys of its own for these letters: none of them reached it.
    grid.grid.focus()
    for key in "abdd":
        grid.grid.press(key)
    expect(notebook.page.locator(".jp-Notebook .jp-Cell")).to_have_count(2)


def test_copying(opened):
    notebook, grid = opened
    grid.cell(0, 0).click()
    grid.cell(3, 0).click(modifiers=["ControlOrMeta"])
    grid.says("1,000 rows, 2 selected")
    grid.grid.press("ControlOrMeta+c")
    grid.says("1,000 rows, 2 selected; copied 2 rows")
    lines = notebook.page.evaluate("navigator.clipboard.readText()").split("\n")
    assert lines[0] == "objectId\tcoord_ra\tr\tclass"
    assert lines[1] == f"{BIG}\t37.0\t25.0\tGALAXY"
    assert lines[2].startswith(f"{BIG + 3}\t37.003003003003")
    assert lines[2].endswith("\t\tSTAR")
    grid.grid.press("Escape")
    grid.says("1,000 rows")
    grid.grid.press("ControlOrMeta+c")
    grid.says("1,000 rows; copied one cell")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == str(BIG + 3)


def test_copying_over_plain_http(opened):
    notebook, grid = opened
    # Such a page has no clipboard of its own.
    notebook.page.evaluate(
        "() => { window.kept = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', "
        "{ value: undefined, configurable: true }) }"
    )
    grid.cell(2, 0).click()
    grid.grid.press("ControlOrMeta+c")
    grid.says("1,000 rows, 1 selected; copied 1 row")
    assert notebook.page.evaluate("kept.readText()").split("\n")[1].startswith(str(BIG + 2))
    expect(grid.grid).to_be_focused()
    grid.grid.press("Escape")
    notebook.page.evaluate("() => { delete navigator.clipboard }")


def test_hostile_text_stays_text(sheet):
    grid = sheet.show(
        f"evil = {EVIL!r}\n"
        "table = Table({evil: [evil, 'x'], 'b': [1, 2]})\n"
        "table[evil].description = table[evil].unit = evil\n"
        "table[evil].meta['ucd'] = evil\n"
        "tapwidget.ResultsTable(table)"
    )
    expect(grid.cell(0, 0)).to_have_text(EVIL)
    grid.grid.get_by_label(f"Filter {EVIL}").fill("!" + EVIL)
    grid.says("1 of 2 rows")
    grid.filter("b").fill(EVIL)
    expect(grid.output.get_by_role("alert")).to_contain_text(EVIL)
    expect(grid.heading(EVIL).first).to_be_visible()
    assert grid.output.locator("img").count() == 0
    assert grid.output.page.evaluate("window.evil") is None


def test_a_million_rows(sheet):
    sheet.notebook.python(first="table = make(1_000_000)")
    received = []  # characters that go over the wire from here on
    page = sheet.notebook.page
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda event: received.append(len(event["response"]["payloadData"])))
    grid = sheet.show("tapwidget.ResultsTable(table)")
    expect(grid.cell(0, 0)).to_have_text(str(BIG))
    grid.says("1,000,000 rows")
    session.detach()
    assert 0 < sum(received) * 3 / 4 < 100_000  # binary frames are told in base64
    grid.grid.focus()
    grid.grid.press("End")
    expect(grid.cell(999_999, 0)).to_have_text(str(BIG + 999_999))
    grid.grid.evaluate("grid => { grid.scrollTop = grid.scrollHeight / 2 }")
    page.wait_for_function(
        """() => {
            const rows = Array.from(document.querySelectorAll('.twt-row:not([hidden])'));
            return rows.length > 10 && rows.every(row => Math.abs(row.dataset.position - 500000) < 1000
                && row.firstChild.textContent === String(648368125565216675n + BigInt(row.dataset.position)));
        }"""
    )
    grid.sort("r")
    expect(grid.cell(0, 2)).to_have_text("15.0000")
    grid.grid.press("ControlOrMeta+a")
    grid.says("1,000,000 rows, 1,000,000 selected")
    grid.filter("class").fill("=STAR")
    grid.says("500,000 of 1,000,000 rows, 1,000,000 selected (500,000 of them filtered out)")


def test_many_columns(sheet):
    grid = sheet.show(
        "table = make(2000)\n"
        "for i in range(60): table[f'column_{i}'] = np.arange(2000) * 100 + i\n"
        "tapwidget.ResultsTable(table)"
    )
    expect(grid.cell(0, 0)).to_have_text(str(BIG))
    assert grid.grid.get_attribute("aria-colcount") == "64"
    assert grid.body.locator("[role=gridcell]").count() < 600  # what is in sight, not 64 columns
    grid.filter("column_59").fill(">=1059")  # brings it into sight
    grid.says("1,990 of 2,000 rows")
    expect(grid.cell(0, 63)).to_have_text("1059")
    grid.grid.focus()
    grid.grid.press("End")
    expect(grid.cell(1989, 0)).to_have_text(str(BIG + 1999))


def test_two_tables_in_one_notebook_and_two_views_of_one(sheet):
    one = sheet.show("one = tapwidget.ResultsTable(make(50)); one")
    other = sheet.show("other = tapwidget.ResultsTable(make(60)); other")
    again = sheet.show("one")
    one.says("50 rows")
    one.sort("r")
    one.cell(0, 0).click()
    one.says("50 rows, 1 selected")
    again.says("50 rows, 1 selected")
    expect(again.heading("r")).to_have_attribute("aria-sort", "ascending")
    other.says("60 rows")
    expect(other.heading("r")).to_have_attribute("aria-sort", "none")
    assert sheet.notebook.python("(one.selected_rows, other.selected_rows)") == ((49,), ())
    sheet.notebook.python(first="one.close()")
    expect(one.grid).to_have_count(0)
    other.cell(3, 0).click()
    other.says("60 rows, 1 selected")


def test_no_table_an_empty_one_and_one_that_was_cut(sheet):
    grid = sheet.show("widget = tapwidget.ResultsTable(); widget")
    expect(grid.output.get_by_text("No table yet")).to_be_visible()
    expect(grid.grid).to_be_hidden()
    sheet.notebook.python(first="widget.table = make(0)")
    expect(grid.output.get_by_text("The table has no rows.")).to_be_visible()
    grid.says("0 rows")
    cut = "t = make(20); t.meta['overflow'] = True; t.meta['tapwidget'] = {'simulated': True}; widget.table = t"
    sheet.notebook.python(first=cut)
    expect(grid.notes.filter(has_text="Result cut at 20 rows by the service")).to_be_visible()
    expect(grid.notes.filter(has_text="Simulated data")).to_be_visible()
    expect(grid.cell(0, 0)).to_have_text(str(BIG))
    sheet.notebook.python(first="widget.table = None")
    expect(grid.output.get_by_text("No table yet")).to_be_visible()


def test_after_a_reload_of_the_page_the_table_is_as_it_was(lab):
    notebook = lab.open_notebook([MAKE, "widget = tapwidget.ResultsTable(make(1000)); widget"])
    grid = Grid(notebook.output(1))
    grid.sort("r")
    grid.cell(1, 0).click()
    grid.says("1,000 rows, 1 selected")
    notebook.page.evaluate("async () => { await jupyterapp.commands.execute('docmanager:save') }")
    notebook.page.reload()
    expect(grid.heading("r")).to_have_attribute("aria-sort", "ascending")
    expect(grid.cell(0, 2)).to_have_text("15.0000")
    grid.says("1,000 rows, 1 selected")
    expect(grid.body.locator("[role=row][aria-selected=true]")).to_have_count(1)
    assert (notebook.folder / notebook.path.split("/")[1]).stat().st_size < 20_000


def test_a_cell_that_awaits_a_click(opened):
    notebook, grid = opened
    # A cell that ends by being told so, not by a clock.
    code = "import asyncio\nwhile not widget.selected_rows: await asyncio.sleep(0.01)\nprint('went on')"
    index = notebook.run_cell(code)
    grid.cell(4, 0).click()
    expect(notebook.output(index).get_by_text("went on")).to_be_visible()
    grid.says("1,000 rows, 1 selected")


def test_light_dark_and_narrow(opened):
    notebook, grid = opened
    grid.cell(2, 0).click()
    grid.says("1,000 rows, 1 selected")
    ink = "element => getComputedStyle(element).color"
    light = grid.cell(1, 0).evaluate(ink)
    notebook.screenshot("results-table-light")
    notebook.theme("dark")
    assert grid.cell(1, 0).evaluate(ink) != light
    notebook.screenshot("results-table-dark")
    for width in (800, 400):
        notebook.resize(width)
        expect(grid.cell(0, 0)).to_have_text(str(BIG))
        # JupyterLab lays its page out some frames after the window.
        notebook.page.wait_for_function(
            "([grid, width]) => grid.clientWidth <= width", arg=[grid.grid.element_handle(), width]
        )
        inside = grid.grid.evaluate("grid => grid.scrollWidth >= grid.clientWidth && grid.clientWidth")
        assert 0 < inside <= width
        whole = grid.cell(0, 0).evaluate("cell => cell.scrollWidth <= cell.clientWidth")
        assert whole, "an id must never be cut"
        notebook.screenshot(f"results-table-{width}")


def test_rows_stay_when_the_theme_changes_there_and_back(opened):
    notebook, grid = opened
    for theme in ("dark", "light", "dark", "light"):
        notebook.theme(theme)
        expect(grid.cell(0, 0)).to_be_visible()  # while styles are exchanged, the page is not laid out for some frames
        grid.cell(1, 0).click()
        expect(grid.body.locator("[role=row][aria-selected=true]")).to_have_count(1)
        expect(grid.cell(0, 0)).to_be_visible()


def names(grid):
    return grid.grid.locator(".twt-name > :first-child").all_text_contents()


def test_columns_by_mouse(opened):
    notebook, grid = opened
    heading = grid.heading("r")
    box = heading.bounding_box()
    edge = (box["x"] + box["width"] - 3, box["y"] + 10)
    notebook.page.mouse.move(*edge)
    notebook.page.mouse.down()
    notebook.page.mouse.move(edge[0] + 60, edge[1], steps=4)
    notebook.page.mouse.up()
    assert heading.bounding_box()["width"] == pytest.approx(box["width"] + 60, abs=2)
    assert notebook.python("list(widget.column_widths)") == ["r"]
    notebook.page.mouse.dblclick(edge[0] + 60, edge[1])
    notebook.page.wait_for_function("([e, w]) => e.offsetWidth === w", arg=[heading.element_handle(), box["width"]])
    grid.heading("class").drag_to(grid.heading("objectId"))
    expect(grid.grid.locator(".twt-name > :first-child").first).to_have_text("class")
    assert names(grid) == ["class", "objectId", "coord_ra", "r"]
    expect(grid.cell(0, 1)).to_have_text(str(BIG))


def test_columns_by_keyboard(opened):
    notebook, grid = opened
    button = grid.heading("coord_ra").get_by_role("button")
    button.press("Alt+ArrowLeft")
    expect(grid.cell(0, 1)).to_have_text(str(BIG))
    expect(grid.heading("coord_ra").get_by_role("button")).to_be_focused()
    width = grid.heading("coord_ra").bounding_box()["width"]
    notebook.page.keyboard.press("Shift+ArrowRight")
    assert grid.heading("coord_ra").bounding_box()["width"] == pytest.approx(width + 12, abs=1)
    notebook.page.keyboard.press("Delete")
    expect(grid.cell(0, 0)).to_have_text(str(BIG))
    expect(grid.heading("objectId").get_by_role("button")).to_be_focused()
    assert names(grid) == ["objectId", "r", "class"]


def test_tools_find_and_choose(sheet):
    grid = sheet.show(
        "from tapwidget.views.table_tools import TableTools\n"
        "widget = tapwidget.ResultsTable(make(1000)); ipywidgets.VBox([widget, TableTools(widget)])"
    )
    page = sheet.notebook.page
    expect(grid.cell(0, 0)).to_be_visible()
    grid.output.get_by_placeholder("find in the table").fill(str(BIG + 700))
    page.keyboard.press("Enter")
    expect(grid.cell(700, 0)).to_be_visible()
    expect(grid.output.get_by_text("Row 701 of those shown, column objectId.")).to_be_visible()
    expect(grid.cell(700, 0)).to_have_css("outline-style", "solid")  # where to look
    grid.output.get_by_role("spinbutton", name="go to row").fill("30")
    page.keyboard.press("Enter")
    expect(grid.cell(29, 0)).to_be_visible()
    grid.output.get_by_role("button", name="Columns ...").click()
    grid.output.get_by_role("checkbox", name="coord_ra").uncheck()
    expect(grid.heading("coord_ra")).to_have_count(0)
    expect(grid.cell(29, 1)).to_be_visible()  # still there: choosing columns does not scroll
    grid.output.get_by_role("button", name="Statistics ...").click()
    expect(grid.output.get_by_role("row", name="r mag 900 100")).to_be_visible()
