"""Service, target and match form: what a service tells is offered, late answers are dropped, faults are said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import traitlets
from astropy import units as u
from astropy.table import Table as AstropyTable

from tapwidget.actions.background import Background, Immediate
from tapwidget.client.service import Service
from tapwidget.errors import ServiceUnavailableError, TargetError
from tapwidget.ivoa.limits import Limits
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.match.constraints import MagnitudeDifference
from tapwidget.state.form import Form
from tapwidget.tables.roles import recognise
from tapwidget.views.match_form import MatchForm
from tapwidget.views.service_picker import ServicePicker
from tapwidget.views.target_picker import TargetPicker

OBJECT = Table(
    "dp1.Object",
    description="Things seen <b>often</b>",
    nrows=12345,
    columns=(
        Column("objectId", "long", ucd="meta.id;src", principal=True),
        Column("coord_ra", "double", unit="deg", ucd="pos.eq.ra;meta.main", principal=True),
        Column("coord_dec", "double", unit="deg", ucd="pos.eq.dec;meta.main", principal=True),
        Column("r_cModelMag", "float", unit="mag", principal=True, description="AB magnitude"),
        Column("r_cModelMagErr", "float", unit="mag"),
        Column("shape_flag", "boolean"),
    ),
)
MPCORB = Table("dp1.MPCORB", columns=(Column("mpcDesignation", "char", "13", ucd="meta.id;src"),))


class Shelf(Service):
    """A service that knows its tables without a network."""

    def __init__(self, *tables: Table, name: str = "shelf") -> None:
        super().__init__("http://127.0.0.1:9/tap", name=name)
        self._tables = {table.name: table for table in tables}

    def limits(self) -> Limits:
        return Limits(upload=True, upload_bytes=32 * 2**20)

    def tables(self) -> list[Table]:
        return [Table(name) for name in self._tables]

    def table(self, name: str) -> Table:
        if name not in self._tables:
            raise TargetError(f"There is no table {name} here.")
        return self._tables[name]


class Later(Background):
    """Work whose answers come when the test says so, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Callable[[], None]] = []

    def run(
        self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[BaseException], None]
    ) -> None:
        self.waiting.append(lambda: Immediate.run(self, work, then, failed))

    def post(self, key: object, action: Callable[[], None]) -> None:
        action()


def test_a_service_that_answers_tells_its_limits() -> None:
    picker = ServicePicker(Shelf(OBJECT), background=Immediate())
    assert picker.service.name == "shelf"
    assert [table.name for table in picker.tables] == ["dp1.Object"]
    assert picker.message == "1 table · uploads up to 32 MiB"


def test_of_two_services_the_last_chosen_counts_whichever_answers_first() -> None:
    later = Later()
    picker = ServicePicker(background=later)
    picker.choose(Shelf(OBJECT, name="first"))
    picker.choose(Shelf(MPCORB, name="second"))
    first, second = later.waiting
    second()
    first()
    assert picker.service.name == "second"


def test_a_service_that_does_not_answer_is_said_and_the_one_before_is_let_go() -> None:
    class Down(Shelf):
        def limits(self) -> Limits:
            raise ServiceUnavailableError("http://127.0.0.1:9/tap does not answer <now>. Try again.")

    picker = ServicePicker(Shelf(OBJECT), background=Immediate())
    picker.choose(Down())
    assert picker.service is None
    assert picker.tables == ()
    assert "does not answer &lt;now&gt;" in picker._hint.value


def test_a_service_that_is_up_again_can_be_asked_again() -> None:
    class Flaky(Shelf):
        down = True

        def limits(self) -> Limits:
            if self.down:
                raise ServiceUnavailableError("http://127.0.0.1:9/tap does not answer. Try again.")
            return super().limits()

    flaky = Flaky(OBJECT)
    picker = ServicePicker(background=Immediate())
    assert picker._again.disabled
    picker.choose(flaky)
    assert picker.service is None
    flaky.down = False
    picker._again.click()
    assert picker.service is flaky
    assert "does not answer" not in picker._hint.value


def test_a_service_set_from_python_counts_once_it_has_answered() -> None:
    later = Later()
    picker, form = ServicePicker(background=later), Form()
    traitlets.dlink((picker, "service"), (form, "service"))
    shelf = Shelf(OBJECT)
    picker.service = shelf
    assert picker.busy
    assert form.service is None
    later.waiting.pop()()
    assert form.service is shelf
    assert not picker.busy
    assert [table.name for table in picker.tables] == ["dp1.Object"]
    picker.service = "http://127.0.0.1:9/tap"  # a mere name never reaches what is linked
    assert form.service is shelf
    later.waiting.pop()()
    assert form.service is None
    assert "127.0.0.1:9" in picker.message


def test_a_target_is_described_and_its_principal_columns_are_chosen() -> None:
    picker = TargetPicker(target="dp1.Object", background=Immediate())
    picker.service = Shelf(OBJECT, MPCORB)
    picker.tables = tuple(picker.service.tables())
    assert picker.target == "dp1.Object"
    assert picker.table is OBJECT
    assert picker.columns == ()
    assert picker.ticks.chosen == ("objectId", "coord_ra", "coord_dec", "r_cModelMag")
    assert picker._more.title == "Columns to return: 4 of 6"
    assert "12,345 rows" in picker._said.value
    assert "<b>" not in picker._said.value


def test_columns_are_found_by_any_word_and_what_is_chosen_stays_in_sight() -> None:
    picker = TargetPicker(target="dp1.Object", background=Immediate())
    picker.service = Shelf(OBJECT)
    picker.tables = tuple(picker.service.tables())
    picker.columns = ("objectId",)
    assert not picker.ticks._ticks.children, "no ticks for nobody to see"
    picker._more.is_open = True
    picker.ticks._search.value = "flag"
    assert picker.ticks.found == ("shape_flag",)
    assert "objectId is not in sight" in picker.ticks._said.value
    picker.ticks._boxes[0].value = True
    assert picker.columns == ("objectId", "shape_flag")
    picker.ticks._search.value = ""
    assert picker.columns == ("objectId", "shape_flag")
    assert picker._more.title == "Columns to return: 2 of 6"
    picker.ticks._search.value = "mag"
    picker._found.click()
    assert picker.columns[:2] == ("objectId", "shape_flag")
    assert "r_cModelMag" in picker.columns
    picker._usual.click()
    assert picker.columns == ()


def test_what_is_known_of_a_column_stands_beside_its_tick_as_text() -> None:
    columns = (
        Column("flux", "float", unit="<nJy>", ucd="phot.flux", description="Flux & <b>more</b>"),
        Column("id", "long", principal=True),
    )
    picker = TargetPicker(target="t", background=Immediate())
    picker.service = Shelf(Table("t", columns=columns))
    picker.tables = tuple(picker.service.tables())
    picker._more.is_open = True
    assert [box.description for box in picker.ticks._ticks.children] == ["id", "flux"]
    first, second = picker.ticks._told.value.split("</div>")[:2]
    assert first.endswith(">★")
    assert second.endswith(">[&lt;nJy&gt;] · phot.flux · Flux &amp; &lt;b&gt;more&lt;/b&gt;")
    assert "<b>" not in picker.ticks._told.value
    assert "★ principal column." in picker.ticks._said.value


def test_another_target_begins_with_its_own_columns() -> None:
    picker = TargetPicker(target="dp1.Object", background=Immediate())
    picker.service = Shelf(OBJECT, MPCORB)
    picker.tables = tuple(picker.service.tables())
    picker.columns = ("objectId",)
    picker._pick.value = "dp1.MPCORB"
    assert picker.columns == ()
    assert picker.table is MPCORB


def test_no_tick_at_all_means_the_principal_columns() -> None:
    picker = TargetPicker(target="dp1.Object", background=Immediate())
    picker.service = Shelf(OBJECT)
    picker.tables = tuple(picker.service.tables())
    picker.columns = ("objectId",)
    picker.ticks.chosen = ()
    assert picker.columns == ()
    assert picker.ticks.chosen == ("objectId", "coord_ra", "coord_dec", "r_cModelMag")


def test_among_thousands_of_tables_one_is_searched_for() -> None:
    tables = tuple(
        Table(f"I/{number}/out", description="proper motions" if number % 2 else "") for number in range(3000)
    )
    picker = TargetPicker(background=Immediate())
    picker.tables = tables
    assert len(picker._pick.options) == 401
    assert "3,000 tables found, the first 400 listed: search" in picker._pick.options[0][0]
    picker.finder.words.value = "motions I/2999"
    assert [value for _, value in picker._pick.options] == ["", "I/2999/out"]
    picker._pick.value = "I/2999/out"
    assert picker.target == "I/2999/out"
    picker.finder.words.value = "nothing like it"
    assert picker._pick.value == "I/2999/out"  # what is chosen stays in the list


@pytest.fixture
def form() -> Form:
    return Form(
        service=Shelf(OBJECT, MPCORB), table=AstropyTable({"ra": [1.0], "dec": [2.0], "r": [20.0], "name": ["A"]})
    )


def matched(form: Form, target: str) -> MatchForm:
    view = MatchForm(form, target=target, background=Immediate())
    view.roles = recognise(form.table)
    view.target_picker.tables = tuple(form.service.tables())
    return view


def test_the_form_makes_the_sky_match_that_it_shows(form: Form) -> None:
    view = matched(form, "dp1.Object")
    assert view.constraints.target_columns == ("r_cModelMag",)  # not its error
    view.radius.set_quantity(0.00027 * u.deg)
    view.pairs.find.value = "nearest"
    view.constraints._difference.click()
    match = form.match()
    assert match.target == "dp1.Object"
    assert match.radius_deg == 0.00027
    assert match.find == "nearest"
    assert match.where == (MagnitudeDifference("r", "r_cModelMag", 0.1),)


def test_the_form_makes_the_identifier_match_that_it_shows(form: Form) -> None:
    view = matched(form, "dp1.MPCORB")
    view._by.value = "identifier"
    assert view.radius_choice.layout.display == "none"
    view._mine.value = "name"
    assert form.match().on == ("name", "mpcDesignation")


def test_what_must_change_before_the_upload_is_said(form: Form) -> None:
    view = matched(form, "dp1.Object")
    view.changes = ("`size` travels as `size_1`",)
    assert "Before the upload: `size` travels" in view._changes.value


@pytest.mark.parametrize(
    ("missing", "sentence"), [("service", "service"), ("table", "your table"), ("target", "target")]
)
def test_what_is_missing_is_said(form: Form, missing: str, sentence: str) -> None:
    matched(form, "dp1.Object")
    setattr(form, missing, "" if missing == "target" else None)
    assert sentence in form.problem
