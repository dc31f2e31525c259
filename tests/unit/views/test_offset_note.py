"""The line with the median offset, its button, and the line that says that positions are moved."""

from collections.abc import Callable
from typing import Any

import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.runs import Run
from tapwidget.views.offset_note import OffsetNote, ShiftNote


def a_run(match: object, **columns: list[float]) -> Run:
    return Run(name="results", match=match, result=Table(columns))


def test_the_offset_is_said_and_handed_over() -> None:
    asked: list[SkyMatch] = []
    note = OffsetNote(asked.append, background=Immediate())
    assert note.layout.display == "none"
    match = SkyMatch("s.t", shift=(1.0, 0.0))
    note.run = a_run(match, separation=[0.5, 0.5, 0.5], position_angle=[0.0, 0.0, 0.0])
    assert note.layout.display is None
    assert "+0.50" in note._said.value
    assert "n=3" in note._said.value
    note.button.click()
    assert asked[0].shift == pytest.approx((1.0, 0.5))


def test_a_separation_that_gave_way_to_a_column_of_that_name_is_found() -> None:
    note = OffsetNote(lambda match: None, background=Immediate())
    run = a_run(SkyMatch("s.t"), separation=[9.0], separation_2=[0.25], position_angle=[90.0])
    run.result.meta["tapwidget"] = {"separation": "separation_2", "position_angle": "position_angle"}
    note.run = run
    assert note.shift.dra == pytest.approx(0.25)


class Held(Immediate):
    """Work is done when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.work: list[Callable[[], None]] = []

    def run(
        self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[BaseException], None]
    ) -> None:
        self.work.append(lambda: Immediate.run(self, work, then, failed))


def test_until_the_offset_of_another_run_is_found_that_of_the_one_before_is_nobodys() -> None:
    held, asked = Held(), []
    note = OffsetNote(asked.append, background=held)
    note.run = a_run(SkyMatch("s.t"), separation=[0.5], position_angle=[0.0])
    held.work.pop()()
    assert not note.button.disabled
    note.run = a_run(SkyMatch("s.other"), separation=[0.25], position_angle=[90.0])
    assert note.shift is None
    assert note.button.disabled
    assert note.layout.display is None  # what is below stays where it is
    assert "finding the median offset ..." in note._said.value
    assert "+0.50" not in note._said.value
    note.button.click()
    assert asked == []
    note.run = a_run(SkyMatch("s.third"), separation=[0.125], position_angle=[90.0])
    late, last = held.work
    last()
    late()
    assert note.shift.dra == pytest.approx(0.125)
    assert not note.button.disabled
    note.button.click()
    assert [match.target for match in asked] == ["s.third"]


def test_where_no_offset_can_be_nothing_is_said_at_once() -> None:
    held = Held()
    note = OffsetNote(lambda match: None, background=held)
    note.run = a_run(SkyMatch("s.t"), separation=[0.5], position_angle=[0.0])
    held.work.pop()()
    for run in (None, a_run(IdentifierMatch("s.t", on=("a", "b")), ut1_a=[1.0]), Run(match=SkyMatch("s.t"))):
        note.run = run
        assert note.layout.display == "none"
        assert held.work == []


def test_what_went_wrong_is_said() -> None:
    note = OffsetNote(lambda match: None, background=Immediate())
    run = a_run(SkyMatch("s.t"))
    run.result = Table({"separation": ["<b>wide</b>"], "position_angle": [0.0]})
    note.run = run
    assert note.layout.display is None
    assert "The median offset could not be found: " in note._said.value
    assert "&lt;b&gt;wide" in note._said.value
    assert note.button.disabled


@pytest.mark.parametrize(
    "run",
    [
        None,
        Run(name="r", match=SkyMatch("s.t")),
        a_run(SkyMatch("s.t"), separation=[], position_angle=[]),
        a_run(SkyMatch("s.t", unmatched="only"), ut1_ra=[1.0]),
        a_run(IdentifierMatch("s.t", on=("a", "b")), ut1_a=[1.0]),
        a_run(None, a=[1.0]),
    ],
)
def test_no_offset_no_line(run: Run | None) -> None:
    note = OffsetNote(lambda match: None, background=Immediate())
    note.run = a_run(SkyMatch("s.t"), separation=[0.5], position_angle=[0.0])
    note.run = run
    assert note.shift is None
    assert note.layout.display == "none"


def test_moved_positions_are_said_and_can_be_taken_back() -> None:
    form = Form(table=Table({"ra": [1.0]}), target="s.t")
    note = ShiftNote(form)
    assert note.layout.display == "none"
    form.shift = (0.12, -0.05)
    assert note.layout.display is None
    assert "+0.12" in note._said.value
    form.by = "identifier"
    assert note.layout.display == "none"
    form.by = "position"
    note.button.click()
    assert form.shift == (0.0, 0.0)
    for name, other in (("table", Table({"ra": [2.0]})), ("target", "s.other")):
        form.shift = (1.0, 1.0)
        setattr(form, name, other)
        assert form.shift == (0.0, 0.0)
