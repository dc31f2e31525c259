"""The line with the median offset, its button, and the line that says that positions are moved."""

import pytest
from astropy.table import Table

from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.runs import Run
from tapwidget.views.offset_note import OffsetNote, ShiftNote


def a_run(match: object, **columns: list[float]) -> Run:
    return Run(name="results", match=match, result=Table(columns))


def test_the_offset_is_said_and_handed_over() -> None:
    asked: list[SkyMatch] = []
    note = OffsetNote(asked.append)
    assert note.layout.display == "none"
    match = SkyMatch("s.t", shift=(1.0, 0.0))
    note.run = a_run(match, separation=[0.5, 0.5, 0.5], position_angle=[0.0, 0.0, 0.0])
    assert note.layout.display is None
    assert "+0.50" in note._said.value
    assert "n=3" in note._said.value
    note.button.click()
    assert asked[0].shift == pytest.approx((1.0, 0.5))


def test_a_separation_that_gave_way_to_a_column_of_that_name_is_found() -> None:
    note = OffsetNote(lambda match: None)
    run = a_run(SkyMatch("s.t"), separation=[9.0], separation_2=[0.25], position_angle=[90.0])
    run.result.meta["tapwidget"] = {"separation": "separation_2", "position_angle": "position_angle"}
    note.run = run
    assert note.shift.dra == pytest.approx(0.25)


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
    note = OffsetNote(lambda match: None)
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
