"""The finder of tables: what is there at once, what the service adds, and what it says meanwhile."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tapwidget.actions.background import Background, Immediate
from tapwidget.client.table_search import FoundTable, FoundTables
from tapwidget.errors import QueryError
from tapwidget.ivoa.tapschema import Column, Schema, Table
from tapwidget.views.table_finder import TableFinder, label
from tapwidget.views.target_picker import TargetPicker

DP1 = Schema("dp1", "Data <b>Preview</b> 1")
OBJECT = Table("dp1.Object", "Objects", schema=DP1)
DIA = Table("dp1.DiaObject", "Difference images", schema=DP1)
STARS = Table("gaia.stars", "Stars", schema=Schema("gaia"))
SELF = Table("tap_schema.tables", "Parallax of tables", schema=Schema("tap_schema"))
TABLES = (OBJECT, DIA, STARS, SELF)
PARALLAX = Column("parallax", "double", ucd="pos.parallax")


class Service:
    """Knows which tables have which columns."""

    def __init__(self, found: FoundTables | Exception) -> None:
        self.found = found
        self.asked: list[str] = []

    def find_tables(self, words: str) -> FoundTables:
        self.asked.append(words)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def table(self, name: str) -> Table:
        return next(table for table in TABLES if table.name == name)


class Hands(Background):
    """Work and pauses that end when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.resting: dict[Any, Any] = {}
        self.working: list[Any] = []

    def rest(self, key: Any, seconds: float, action: Any) -> None:
        assert seconds > 0.1
        self.resting[key] = action

    def run(self, work: Any, then: Any, failed: Any) -> None:
        self.working.append(lambda: Immediate.run(self, work, then, failed))

    def pause(self) -> None:
        """Nobody types for a moment."""
        for action in [self.resting.pop(key) for key in list(self.resting)]:
            action()


def made(service: Any, background: Background) -> TableFinder:
    finder = TableFinder(background)
    finder.service, finder.tables = service, TABLES
    return finder


def labels(finder: TableFinder) -> list[str]:
    return [told for told, _ in finder.found]


def test_tables_are_there_at_once_and_those_with_such_columns_when_nobody_types() -> None:
    hands = Hands()
    service = Service(FoundTables((FoundTable(OBJECT), FoundTable(DIA, (Column("nObjects", "int"),)))))
    finder = made(service, hands)
    for text in ("o", "ob", "obj"):
        finder.words.value = text
    assert labels(finder) == ["dp1.Object", "dp1.DiaObject"]
    finder.words.value = "objects"
    assert labels(finder) == ["dp1.Object"]
    assert "searching columns ..." in finder.said.value
    assert service.asked == []
    hands.pause()
    (work,) = hands.working
    work()
    assert service.asked == ["objects"]
    assert finder.found == (("dp1.Object", "dp1.Object"), ("dp1.DiaObject  (nObjects)", "dp1.DiaObject"))
    assert "1 column of 1 table matches." in finder.said.value


def test_an_answer_to_other_words_is_dropped() -> None:
    hands = Hands()
    finder = made(Service(FoundTables((FoundTable(DIA, (PARALLAX,)),))), hands)
    finder.words.value = "parallax"
    hands.pause()
    finder.words.value = "stars"
    hands.working.pop()()
    assert labels(finder) == ["gaia.stars"]
    assert "searching columns ..." in finder.said.value
    finder.words.value = ""
    hands.pause()
    assert hands.working == []
    assert finder.said.value == ""
    assert not finder.narrowed


@pytest.mark.parametrize("text", ["", " ", "x", "r i"])
def test_single_letters_ask_nothing(text: str) -> None:
    service = Service(FoundTables())
    made(service, Immediate()).words.value = text
    assert service.asked == []


def test_words_that_wait_go_to_another_service_too() -> None:
    one, other = Service(FoundTables()), Service(FoundTables((FoundTable(STARS, (PARALLAX,)),)))
    finder = made(one, Immediate())
    finder.words.value = "parallax"
    assert finder.found == ()
    assert "No column matches." in finder.said.value
    finder.service = other
    assert labels(finder) == ["gaia.stars  (parallax)"]
    finder.service = None
    assert finder.found == ()


def test_what_went_wrong_is_said_as_text() -> None:
    finder = made(Service(QueryError("No <i>columns</i> here.")), Immediate())
    finder.words.value = "images"
    assert labels(finder) == ["dp1.DiaObject"]
    assert "Columns could not be searched: No &lt;i&gt;columns&lt;/i&gt; here." in finder.said.value
    assert "tw-error" in finder.said.value


def test_that_tables_may_be_missing_is_said() -> None:
    finder = made(Service(FoundTables((FoundTable(DIA, (PARALLAX,)),), overflow=True, minds_case=True)), Immediate())
    finder.words.value = "parallax"
    assert "may not have told all columns that match, and tables may be missing here: type more." in finder.said.value
    assert "tells upper from lower case" in finder.said.value


def test_why_a_table_was_found_is_told_with_it() -> None:
    def told(*columns: Column) -> str:
        return label(DIA, columns, ("parallax",))

    assert told() == "dp1.DiaObject"
    assert told(PARALLAX) == "dp1.DiaObject  (parallax)"
    plx = Column("Plx", "double", ucd="pos.parallax.trig", description="Parallax")
    assert told(plx) == "dp1.DiaObject  (Plx: pos.parallax.trig)"
    long = Column("e_Plx", "double", description="Error of\n the parallax " + 30 * "and more ")
    assert told(long) == f"dp1.DiaObject  (e_Plx: {('Error of the parallax ' + 30 * 'and more ')[:60].rstrip()} ...)"
    many = [Column(f"parallax_{n}", "double") for n in range(1203)]
    assert told(*many) == "dp1.DiaObject  (parallax_0, parallax_1, parallax_2 and 1,200 more)"


def test_tables_of_one_schema() -> None:
    finder = made(None, Immediate())
    assert finder.schema.layout.display is None
    assert list(finder.schema.options) == [
        ("all 2 schemas", ""),
        ("dp1 · 2 tables · Data <b>Preview</b> 1", "dp1"),
        ("gaia · 1 table", "gaia"),
    ]
    finder.schema.value = "dp1"
    assert labels(finder) == ["dp1.Object", "dp1.DiaObject"]
    assert "dp1: Data &lt;b&gt;Preview&lt;/b&gt; 1" in finder.said.value
    finder.target = "dp1.Object"
    assert finder.said.value == "", "it stands beside the target"
    finder.target = "gaia.stars"
    assert "dp1: Data" in finder.said.value
    finder.words.value = "preview"
    assert labels(finder) == ["dp1.Object", "dp1.DiaObject"]
    finder.words.value = "stars"
    assert finder.found == ()
    finder.tables = (STARS, DIA)  # told anew
    assert finder.schema.value == "dp1"
    finder.tables = (STARS,)  # the schema is gone, and of one alone there is nothing to choose
    assert finder.schema.value == ""
    assert finder.schema.layout.display == "none"
    assert labels(finder) == ["gaia.stars"]


def test_of_thousands_of_schemas_some_are_listed_and_all_are_found() -> None:
    finder = TableFinder(Immediate())
    finder.tables = tuple(Table(f"s{n}.t", schema=Schema(f"s{n}", f"Paper {n}")) for n in range(3000))
    assert len(finder.schema.options) == 401
    assert finder.schema.options[0] == ("all 3,000 schemas, 400 listed", "")
    finder.words.value = "paper 2999"
    assert labels(finder) == ["s2999.t"]


def test_columns_are_counted_in_the_schema() -> None:
    finder = made(Service(FoundTables((FoundTable(STARS, (PARALLAX,)), FoundTable(DIA, (PARALLAX,) * 3)))), Immediate())
    finder.words.value = "parallax"
    assert "4 columns of 2 tables match." in finder.said.value
    finder.schema.value = "gaia"
    assert "1 column of 1 table matches." in finder.said.value


def test_the_schema_of_the_target_is_told() -> None:
    picker = TargetPicker(target="dp1.Object", background=Immediate())
    picker.service, picker.tables = Service(FoundTables()), TABLES
    assert "Objects · schema dp1: Data &lt;b&gt;Preview" in picker._said.value
    picker._pick.value = "gaia.stars"
    assert "Stars · schema gaia<" in picker._said.value


def test_the_target_stays_whatever_is_looked_for() -> None:
    picker = TargetPicker(target="gaia.stars", background=Immediate())
    picker.service, picker.tables = Service(FoundTables((FoundTable(DIA, (PARALLAX,)),))), TABLES
    picker.finder.words.value = "parallax"
    assert list(picker._pick.options) == [
        ("1 table found ...", ""), ("gaia.stars", "gaia.stars"), ("dp1.DiaObject  (parallax)", "dp1.DiaObject"),
    ]  # fmt: skip
    picker._pick.value = "dp1.DiaObject"
    assert picker.target == "dp1.DiaObject"
    assert picker._pick.label == "dp1.DiaObject  (parallax)"
    picker.finder.words.value = ""
    assert picker._pick.options[0][0] == "Choose a table ..."


def test_places_in_the_list_stay_when_more_is_found() -> None:
    """A page tells which place was chosen, and may have the list of a moment ago."""
    picker = TargetPicker(target="gaia.stars", background=Immediate())
    hands = Hands()
    picker._background = picker.finder._background = hands
    answer = FoundTables((FoundTable(DIA, (PARALLAX,)), FoundTable(STARS, (PARALLAX,))))
    picker.service, picker.tables = Service(answer), (*TABLES, Table("gaia.parallax", "Parallax of stars"))
    picker.finder.words.value = "parallax"
    before = [name for _, name in picker._pick.options]
    assert before == ["", "gaia.stars", "gaia.parallax"]
    hands.pause()
    while hands.working:
        hands.working.pop()()
    assert [name for _, name in picker._pick.options] == [*before, "dp1.DiaObject"]
    assert picker.target == "gaia.stars"


def test_what_is_chosen_while_the_list_is_renewed_counts() -> None:
    picker = TargetPicker(background=Immediate())
    picker.service, picker.tables = Service(FoundTables()), TABLES
    page = threading.Thread(target=lambda: picker._pick.set_state({"index": 2}))

    def options_change(_change: Any) -> None:
        picker._pick.unobserve(options_change, "options")
        page.start()
        page.join(0.2)  # it may have to wait for the list

    picker._pick.observe(options_change, "options")
    picker.finder.words.value = "dp1"
    page.join()
    assert picker.target == picker._pick.value == "dp1.DiaObject"
