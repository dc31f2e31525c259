"""ADQL written by hand in a real JupyterLab: coloured, completed, what is wrong marked; every key stays in the text."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

SHOW = """
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.views.adql_editor import AdqlEditor
from tapwidget.views.adql_text import upload_table
columns = tuple(Column(name, "double", unit="deg") for name in ("coord_ra", "coord_dec"))
editor = AdqlEditor("SELECT o.coord_ra\\nFROM dp1.Object AS o")
vizier = tuple(Column(name, "double") for name in ("_RAJ2000", "date", *(f"flux_{i}" for i in range(50))))
editor.tables = (
    upload_table("ut1", ["ra", "dec"]),
    Table("dp1.Object", "<img src=x onerror=window.evil=1>", columns),
    Table("I/355/gaiadr3", columns=vizier),
    Table("dp1.Visit"),
)
class Service:
    def table(self, name):
        return Table(name, columns=(Column("visitId", "long", description="number of " + name),))
editor.service = Service()
editor.limits = Limits(
    functions=("scisql_nanojanskyToAbMag",),
    signatures=(("scisql_nanojanskyToAbMag(flux DOUBLE) -> DOUBLE", "AB magnitude of a flux."),),
)
editor
"""


@pytest.fixture(scope="module")
def notebook(lab):
    notebook = lab.open_notebook([SHOW], keep=True)
    yield notebook
    lab.close(notebook)


def test_writing_a_query(notebook):
    page = notebook.page
    page.get_by_role("button", name="Edit ADQL").click()
    area = page.get_by_role("textbox", name="ADQL")
    expect(area).to_have_value("SELECT o.coord_ra\nFROM dp1.Object AS o")
    expect(page.locator(".twa-word", has_text="SELECT")).to_be_visible()
    area.press("Control+End")
    area.press_sequentially("\nWHERE o.coo")
    expect(page.locator(".twa-list").get_by_role("option")).to_have_text(
        ["coord_radeg dp1.Object", "coord_decdeg dp1.Object"]
    )
    area.press("ArrowDown")
    area.press("Enter")
    expect(area).to_have_value("SELECT o.coord_ra\nFROM dp1.Object AS o\nWHERE o.coord_dec")
    area.press_sequentially(" > 6 AND o.colour = 1")
    wrong = page.get_by_text("line 3, column 27: dp1.Object has no colour")
    expect(wrong).to_be_visible()
    expect(page.locator(".twa-problem").first).to_have_text("o")
    for _ in range(len(" AND o.colour = 1")):
        area.press("Backspace")
    expect(wrong).to_have_count(0)
    area.press("Escape")  # no list is open: neither JupyterLab nor the editor takes it for anything
    notebook.wait_for_python("editor.adql.endswith('o.coord_dec > 6')")
    expect(page.locator(".jp-Cell")).to_have_count(1)


def test_text_of_the_service_is_text(notebook):
    area = notebook.page.get_by_role("textbox", name="ADQL")
    area.press("Control+End")
    area.press_sequentially(" AND dp1.o")
    expect(notebook.page.locator(".twa-list").get_by_role("option")).to_contain_text(["<img src=x"])
    assert notebook.page.evaluate("window.evil") is None
    area.press("Escape")
    expect(notebook.page.locator(".twa-list").get_by_role("option")).to_have_count(0)


@pytest.fixture
def page(notebook):
    """A page with an empty text to write into."""
    area = notebook.page.get_by_role("textbox", name="ADQL")
    area.press("Control+a")
    area.press("Delete")
    return notebook.page


def offered(page):
    return page.locator(".twa-list").get_by_role("option").locator("b")


def test_names_are_completed_with_the_keyboard_alone(page):
    area = page.get_by_role("textbox", name="ADQL")
    area.press_sequentially("SELECT scisql_nanojanskyToAbMag FROM Obj")
    expect(offered(page)).to_have_text(["dp1.Object"])
    area.press("Tab")
    area.press_sequentially(" AS o JOIN I/35")
    expect(offered(page)).to_have_text(['"I/355/gaiadr3"'])
    area.press("Enter")
    area.press_sequentially(' AS g ON g."_RA')
    expect(offered(page)).to_have_text(['"_RAJ2000"'])
    area.press("Enter")
    area.press_sequentially(" > abmag")
    expect(page.locator(".twa-list").get_by_role("option")).to_have_text(
        ["scisql_nanojanskyToAbMagscisql_nanojanskyToAbMag(flux DOUBLE) -> DOUBLE · AB magnitude of a flux."]
    )
    area.press("Enter")
    area.press_sequentially("(g.dat")
    expect(offered(page)).to_have_text(['"date"'])
    area.press("Enter")
    area.press_sequentially(")")
    expect(area).to_have_value(
        'SELECT scisql_nanojanskyToAbMag FROM dp1.Object AS o JOIN "I/355/gaiadr3" AS g ON g."_RAJ2000" > '
        'scisql_nanojanskyToAbMag(g."date")'
    )
    expect(page.locator(".twa-problem")).to_have_count(0)


def test_columns_of_another_table_are_read_when_it_is_named(page):
    area = page.get_by_role("textbox", name="ADQL")
    area.press_sequentially("SELECT 1 FROM vis")
    expect(offered(page)).to_have_text(["dp1.Visit"])
    area.press("Enter")
    area.press_sequentially(" AS v WHERE v.vis")
    expect(page.locator(".twa-list").get_by_role("option")).to_have_text(["visitIdnumber of dp1.Visit"])
    area.press("Enter")
    area.press_sequentially(" = v.visit")
    expect(page.get_by_text("dp1.Visit has no visit; did you mean visitId?")).to_be_visible()


def test_every_name_of_a_long_list_is_reached_with_the_keyboard(page):
    area = page.get_by_role("textbox", name="ADQL")
    area.press_sequentially("SELECT flu")
    expect(offered(page)).to_have_count(50)
    expect(offered(page).nth(8)).not_to_be_in_viewport()
    for key in [*["PageDown"] * 6, "ArrowDown", "PageDown"]:
        area.press(key)
    expect(offered(page).nth(49)).to_be_in_viewport()
    expect(offered(page).nth(0)).not_to_be_in_viewport()
    area.press("Enter")
    expect(area).to_have_value("SELECT flux_49")
    area.press_sequentially(", flu")
    expect(offered(page)).to_have_count(50)
    area.press("ArrowLeft")
    expect(offered(page)).to_have_count(0)
    area.press("Control+Space")
    expect(offered(page)).to_have_count(52)  # FLOAT and FLOOR too


def test_back_to_the_form_and_on_with_the_edit(notebook):
    page = notebook.page
    expect(offered(page)).to_have_count(52)  # an open list, which a click leaves where it is until it is done
    page.get_by_role("button", name="Back to the form").click()
    notebook.wait_for_python(r"editor.adql == 'SELECT o.coord_ra\nFROM dp1.Object AS o'")
    page.get_by_role("button", name="My last edit").click()
    expect(page.get_by_role("textbox", name="ADQL")).to_have_value("SELECT flux_49, flu")
