"""The query follows the form until somebody edits it, and does again after that."""

import pytest

from tapwidget.actions import named_tables
from tapwidget.actions.background import Immediate
from tapwidget.errors import TargetError
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.views.adql_editor import AdqlEditor
from tapwidget.views.adql_text import AdqlText, upload_table

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


def test_it_shows_what_the_form_makes() -> None:
    editor = AdqlEditor()
    editor.generated = "SELECT 1"
    assert editor.adql == "SELECT 1"
    assert "SELECT 1" in editor._shown.value


def test_an_edit_is_not_lost_when_the_form_changes() -> None:
    editor = AdqlEditor("SELECT 1")
    editor.editing = True
    editor._plain.value = "SELECT 2"
    editor.generated = "SELECT 3"
    assert editor.adql == "SELECT 2"
    editor.editing = False
    assert editor.adql == "SELECT 3"


def test_why_there_is_no_query_is_said_in_its_place() -> None:
    editor = AdqlEditor()
    editor.problem = "Choose a service first."
    assert "Choose a service first." in editor._shown.value
    assert editor.adql == ""


def test_text_never_becomes_markup() -> None:
    editor = AdqlEditor("SELECT '<img src=x onerror=alert(1)>'")
    assert "<img" not in editor._shown.value
    assert "&lt;img" in editor._shown.value


def test_an_edit_can_be_gone_on_with() -> None:
    editor = AdqlEditor("SELECT 1")
    assert editor._again.layout.display == "none"
    editor.editing = True
    editor._plain.value = "SELECT 2"
    editor.editing = False
    assert editor._again.layout.display is None
    editor.generated = "SELECT 3"
    editor._again.click()
    assert (editor.editing, editor.adql, editor._plain.value) == (True, "SELECT 2", "SELECT 2")


def test_a_page_that_cannot_draw_the_coloured_text_gets_a_plain_one() -> None:
    editor = AdqlEditor("SELECT 1", background=Immediate())  # at once, as if the time were over
    editor.editing = True
    assert editor._plain in editor._place.children
    place = editor._place.children[0]
    assert (place.children, place.layout.display) == ((editor._colours,), "none")
    editor._colours._said({"type": "hello"})
    assert editor._place.children == (place,)
    assert place.layout.display is None


def test_what_is_wrong_is_told_to_the_page() -> None:
    editor = AdqlEditor("SELECT '𝄞' FROM dp1.Objct")
    editor.tables = (Table("dp1.Object", columns=(Column("objectId", "long", description="<b>id</b>"),)),)
    editor.editing = True
    (problem,) = editor._colours.problems
    assert problem["text"] == "there is no table dp1.Objct; did you mean dp1.Object?"
    assert (problem["start"], problem["end"]) == (17, 26)  # in the units of JavaScript: 𝄞 takes two
    assert editor._colours.columns == [["objectId", "<b>id</b>", "column", "dp1.Object"]]
    assert ["dp1.Object", "table", "table", ""] in editor._colours.names
    editor._plain.value = "SELECT 1 FROM dp1.Object"
    assert editor._colours.problems == []


def test_columns_of_an_upload_are_known() -> None:
    text = AdqlText("SELECT ut1.ra, ut1.x FROM TAP_UPLOAD.ut1")
    text.tables = (upload_table("ut1", ["ra", "dec"]),)
    assert [problem.text for problem in text.found] == ["TAP_UPLOAD.ut1 has no x"]


def test_names_that_need_quotes_are_offered_in_quotes() -> None:
    text = AdqlText()
    columns = tuple(Column(name, "double") for name in ("_RAJ2000", "2MASS", "date", "Gmag"))
    text.tables = (Table("I/355/gaiadr3", columns=columns), Table('vizls."J/A+A/1"'), Table("dp1.Object"))
    assert [name for name, *_ in text.columns] == ['"_RAJ2000"', '"2MASS"', '"date"', "Gmag"]
    assert [name for name, *_ in text.names[:3]] == ['"I/355/gaiadr3"', 'vizls."J/A+A/1"', "dp1.Object"]


def test_the_functions_of_the_service_are_offered_and_no_geometry_that_it_has_not() -> None:
    editor = AdqlEditor("SELECT 1")
    editor.limits = Limits(
        functions=("toMag", "bare"), signatures=(("toMag(f DOUBLE) -> DOUBLE", "A magnitude."), ("", "")),
        geometry=("point", "DISTANCE"),
    )  # fmt: skip
    editor.editing = True
    functions = {name: about for name, about, kind, _ in editor._colours.names if kind == "function"}
    assert list(functions) == ["DISTANCE", "POINT", "toMag", "bare"]
    assert functions["toMag"] == "toMag(f DOUBLE) -> DOUBLE · A magnitude."
    assert "CIRCLE" not in [name for name, *_ in editor._colours.names]
    editor.limits = Limits(functions=("f",))  # which does not say what geometry it has
    functions = {name for name, _, kind, _ in editor._colours.names if kind == "function"}
    assert {"f", "CIRCLE", "AREA"} <= functions


class Service:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def table(self, name: str) -> Table:
        self.asked.append(name)
        if name == "dp1.Silent":
            raise TargetError("nothing is said of its columns")
        return Table(name, columns=(Column("visitId", "long"),))


def test_a_table_that_was_not_told_is_asked_for_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    service, now = Service(), [100.0]
    monkeypatch.setattr(named_tables.time, "monotonic", lambda: now[0])
    known = named_tables.NamedTables(Immediate(), lambda: None)
    for now[0] in (100.0, 110.0, 131.0):
        known.read(service, (Table("dp1.Silent"),), "SELECT 1 FROM dp1.Silent")
    assert service.asked == ["dp1.Silent"] * 2


def test_columns_of_the_tables_that_the_text_names_are_read_once() -> None:
    service = Service()
    editor = AdqlEditor("SELECT 1 FROM dp1.Visit", background=Immediate())
    editor.tables = (Table("dp1.Visit"), Table('"I/3"'), Table("dp1.Silent"), Table("dp1.Other"))
    editor.service = service
    assert service.asked == []  # nobody writes
    editor.editing = True
    assert service.asked == ["dp1.Visit"]
    editor._colours.value = 'SELECT v.visit FROM dp1.visit AS v, "I/3" AS i JOIN dp1.Silent JOIN dp1.Wrong'
    editor._colours.value += " "
    assert service.asked == ["dp1.Visit", '"I/3"', "dp1.Silent"]
    assert [(name, table) for name, _, _, table in editor._colours.columns] == [
        ("visitId", "dp1.Visit"),
        ("visitId", '"I/3"'),
    ]
    assert [problem.text for problem in editor._colours.found] == [
        "dp1.Visit has no visit; did you mean visitId?",
        "there is no table dp1.Wrong",
    ]
    editor.service = other = Service()
    assert other.asked == ["dp1.Visit", '"I/3"', "dp1.Silent"]
    editor.editing = False
