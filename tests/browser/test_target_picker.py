"""The target browser by mouse and by keyboard: one table of sixty, and a few columns of thirteen hundred."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

CELL = """
import threading, types, tapwidget
from tapwidget.client.table_search import FoundTable, FoundTables
from tapwidget.errors import QueryError
from tapwidget.ivoa.tapschema import Column, Schema, Table

columns = {f"col_{n:04}": Column(f"col_{n:04}", "double") for n in range(1300)}
for column in (
    Column("col_1299", "double", unit="deg", ucd="pos.eq.ra;meta.main", principal=True),
    Column("col_0640", "float", unit="mag", ucd="phot.mag;em.opt.R", principal=True),
    Column("col_0700", "float", unit="Jy", ucd="phot.flux;em.radio.1400MHz", description="<b>Peak</b>, of the lobes"),
    Column("col_0800", "float", description="Ellipticity of the nucleus"),
    Column("col_0801", "float", description="Error of the ellipticity"),
):
    columns[column.name] = column
full = {f"s{n // 20}.table_{n:02}": f"Spectra of field <i>{n}</i>" for n in range(59)}
full = {name: Table(name, text, (Column("id", "long"),), nrows=17) for name, text in full.items()}
full["wide.Sources"] = Table("wide.Sources", "Radio lobes", tuple(columns.values()), nrows=12345)
go_on = threading.Event()

def find_tables(words):
    assert go_on.wait(60)
    if "refuse" in words:
        raise QueryError("No <b>columns</b> here.")
    alike = lambda c: words.lower() in f"{c.name} {c.ucd} {c.description}".lower()
    found = [FoundTable(t, tuple(c for c in t.columns if alike(c))) for t in full.values()]
    return FoundTables(tuple(each for each in found if each.columns))

service = types.SimpleNamespace(table=lambda name: full[name], find_tables=find_tables)
picker = tapwidget.TargetPicker()
picker.service = service
picker.tables = tuple(Table(table.name, table.description) for table in full.values())
picker
"""
PRINCIPAL = ["col_0640", "col_1299"]
SCHEMAS = """
schemas = {"s0": "Spectra of <b>1999</b>", "s1": "Spectra of 2001", "s2": "", "wide": "Surveys of the whole sky"}
picker.tables = tuple(Table(t.name, t.description, schema=Schema(t.name[:t.name.index(".")],
    schemas[t.name[:t.name.index(".")]])) for t in full.values())
"""


class Panel:
    """What a person sees of the picker."""

    def __init__(self, notebook: Any) -> None:
        self.notebook, self.page, self.box = notebook, notebook.page, notebook.output(0)
        self.target = self.box.get_by_label("target")
        self.schema = self.box.get_by_label("schema", exact=True)
        self.find_table = self.box.get_by_placeholder("find tables")
        self.find_column = self.box.get_by_placeholder("find columns")
        self.ticks = self.box.get_by_role("checkbox")

    def tick(self, name: str) -> Locator:
        return self.box.get_by_role("checkbox", name=name)

    def title(self, chosen: int) -> Locator:
        return self.box.get_by_role("button", name=f"Columns to return: {chosen:,} of 1,300")

    def returns(self, *columns: str) -> None:
        self.notebook.wait_for_python(f"picker.columns == {columns}")

    def found(self, *names: str) -> None:
        """These are in sight, and no others."""
        expect(self.ticks).to_have_count(len(names))
        for place, name in enumerate(names):
            expect(self.box.locator(".widget-checkbox").nth(place)).to_contain_text(name)


@pytest.fixture
def panel(lab: Any) -> Panel:
    """The table of 1,300 columns is chosen, and they are in sight."""
    panel = Panel(lab.open_notebook([CELL]))
    panel.target.select_option(label="wide.Sources")
    panel.title(2).click()
    expect(panel.ticks).to_have_count(40)
    return panel


def test_a_table_is_found_by_its_name_or_description(lab: Any) -> None:
    panel = Panel(lab.open_notebook([CELL]))
    expect(panel.target.locator("option")).to_have_count(61)
    panel.find_table.focus()
    panel.page.keyboard.type("spectra table_31")
    expect(panel.target.locator("option")).to_have_text(["1 table found ...", "s1.table_31"])
    panel.find_table.fill("LOBES")
    expect(panel.target.locator("option")).to_have_text(["1 table found ...", "wide.Sources"])
    panel.target.focus()
    panel.page.keyboard.press("ArrowDown")
    panel.box.get_by_text("12,345 rows · 1,300 columns · Radio lobes").wait_for()
    panel.notebook.wait_for_python("picker.target == 'wide.Sources'")
    # What is chosen stays in the list, whatever else is looked for; its text is text.
    panel.find_table.fill("<i>7</i>")
    expect(panel.target.locator("option")).to_have_text(["1 table found ...", "wide.Sources", "s0.table_07"])
    panel.target.select_option(label="s0.table_07")
    panel.box.get_by_text("17 rows · 1 column · Spectra of field <i>7</i>").wait_for()
    panel.find_table.fill("nothing like it")
    expect(panel.target.locator("option")).to_have_text(["0 tables found ...", "s0.table_07"])
    expect(panel.target).to_have_value("s0.table_07")


def test_a_table_is_found_by_its_columns_and_it_is_told_which(lab: Any) -> None:
    panel = Panel(lab.open_notebook([CELL]))
    panel.target.select_option(label="s0.table_07")
    panel.find_table.focus()
    panel.page.keyboard.type("em.opt")
    panel.box.get_by_text("searching columns ...").wait_for()
    expect(panel.target.locator("option")).to_have_text(["0 tables found ...", "s0.table_07"])
    panel.notebook.python(first="go_on.set()")
    panel.box.get_by_text("1 column of 1 table matches.").wait_for()
    found = "wide.Sources  (col_0640: phot.mag;em.opt.R)"
    expect(panel.target.locator("option")).to_have_text(["1 table found ...", "s0.table_07", found])
    expect(panel.target).to_have_value("s0.table_07")
    panel.page.keyboard.press("Shift+Tab")
    expect(panel.target).to_be_focused()
    panel.page.keyboard.press("ArrowDown")
    panel.box.get_by_text("12,345 rows · 1,300 columns · Radio lobes").wait_for()
    panel.notebook.wait_for_python("picker.target == 'wide.Sources'")
    expect(panel.target.locator("option:checked")).to_have_text(found)
    # What one sees of both in one list: first those of which it is said.
    panel.find_table.fill("lobes")
    panel.box.get_by_text("1 column of 1 table matches.").wait_for()
    expect(panel.target.locator("option")).to_have_text(
        ["1 table found ...", "wide.Sources  (col_0700: <b>Peak</b>, of the lobes)"]
    )
    panel.find_table.fill("refuse")
    panel.box.get_by_text("Columns could not be searched: No <b>columns</b> here.").wait_for()
    panel.find_table.fill("")
    expect(panel.target.locator("option")).to_have_count(61)
    expect(panel.box.get_by_text("could not be searched")).to_have_count(0)


def test_tables_are_listed_by_schema(lab: Any) -> None:
    panel = Panel(lab.open_notebook([CELL]))
    expect(panel.schema).to_be_hidden()
    panel.notebook.python(first=SCHEMAS)
    expect(panel.schema.locator("option")).to_have_text([
        "all 4 schemas", "s0 · 20 tables · Spectra of <b>1999</b>", "s1 · 20 tables · Spectra of 2001",
        "s2 · 19 tables", "wide · 1 table · Surveys of the whole sky",
    ])  # fmt: skip
    panel.target.focus()
    panel.page.keyboard.press("Tab")
    expect(panel.schema).to_be_focused()
    panel.page.keyboard.press("ArrowDown")
    panel.box.get_by_text("s0: Spectra of <b>1999</b>").wait_for()
    expect(panel.target.locator("option")).to_have_count(21)
    panel.schema.select_option("wide · 1 table · Surveys of the whole sky")
    expect(panel.target.locator("option")).to_have_text(["1 table found ...", "wide.Sources"])
    panel.schema.select_option("all 4 schemas")
    panel.find_table.fill("whole sky")
    expect(panel.target.locator("option")).to_have_text(["1 table found ...", "wide.Sources"])
    panel.notebook.python(first="go_on.set()")
    panel.box.get_by_text("No column matches.").wait_for()


def test_principal_columns_come_first_and_others_are_searched_for(panel: Panel) -> None:
    for place, name in enumerate((*PRINCIPAL, "col_0000")):
        expect(panel.box.locator(".widget-checkbox").nth(place)).to_contain_text(name)
        expect(panel.ticks.nth(place)).to_be_checked(checked=name in PRINCIPAL)
    panel.box.get_by_text("1,260 more were found").wait_for()
    panel.box.get_by_text("★ principal column.").wait_for()
    lines = panel.box.locator(".tw-ticks .tw-note")
    expect(lines).to_have_count(40)
    expect(lines.nth(0)).to_have_text("★ [mag] · phot.mag;em.opt.R")
    expect(lines.nth(2)).to_have_text("")
    for place in range(3):  # each stands beside its tick
        middle = [where["y"] + where["height"] / 2 for where in
                  (lines.nth(place).bounding_box(), panel.ticks.nth(place).bounding_box())]  # fmt: skip
        assert abs(middle[0] - middle[1]) < 5
    panel.find_column.fill("phot.flux")
    panel.found("col_0700")
    expect(lines).to_have_text(["[Jy] · phot.flux;em.radio.1400MHz · <b>Peak</b>, of the lobes"])
    panel.find_column.fill("ELLIPTICITY nucleus")
    panel.found("col_0800")
    panel.find_column.fill("jy")
    panel.found("col_0700")
    panel.find_column.fill("nothing like it")
    panel.box.get_by_text("Nothing matches.").wait_for()
    expect(panel.ticks).to_have_count(0)
    panel.returns()


def test_columns_chosen_by_mouse(panel: Panel) -> None:
    panel.find_column.fill("phot.flux")
    panel.found("col_0700")
    panel.tick("col_0700").check()
    expect(panel.title(3)).to_be_visible()
    panel.returns(*PRINCIPAL, "col_0700")
    panel.find_column.fill("ellipticity")
    panel.found("col_0800", "col_0801")
    panel.box.get_by_text("3 of 1,300 chosen, col_0640, col_1299, col_0700 are not in sight.").wait_for()
    panel.box.get_by_role("button", name="Add all found").click()
    expect(panel.title(5)).to_be_visible()
    panel.returns(*PRINCIPAL, "col_0700", "col_0800", "col_0801")
    panel.tick("col_0800").uncheck()
    expect(panel.title(4)).to_be_visible()
    panel.returns(*PRINCIPAL, "col_0700", "col_0801")
    panel.box.get_by_role("button", name="Principal columns").click()
    expect(panel.title(2)).to_be_visible()
    expect(panel.tick("col_0801")).not_to_be_checked()
    panel.returns()
    # Nothing ticked would be a match without columns: the principal ones are back.
    panel.find_column.fill("")
    panel.tick(PRINCIPAL[0]).uncheck()
    panel.returns(PRINCIPAL[1])
    panel.tick(PRINCIPAL[1]).click()
    for name in PRINCIPAL:
        expect(panel.tick(name)).to_be_checked()
    panel.returns()


def test_columns_chosen_by_keyboard(panel: Panel) -> None:
    press = panel.page.keyboard.press
    panel.title(2).focus()
    press("Enter")
    expect(panel.find_column).to_be_hidden()
    press("Space")
    expect(panel.find_column).to_be_visible()
    press("Tab")
    expect(panel.find_column).to_be_focused()
    panel.page.keyboard.type("ellipticity")
    panel.found("col_0800", "col_0801")
    press("Tab")
    expect(panel.box.get_by_role("button", name="Principal columns")).to_be_focused()
    press("Tab")
    press("Enter")
    panel.returns(*PRINCIPAL, "col_0800", "col_0801")
    press("Tab")
    expect(panel.tick("col_0800")).to_be_focused()
    press("Space")
    expect(panel.title(3)).to_be_visible()
    panel.returns(*PRINCIPAL, "col_0801")
    press("Shift+Tab")
    press("Shift+Tab")
    press("Space")
    panel.returns()
    expect(panel.title(2)).to_be_visible()
