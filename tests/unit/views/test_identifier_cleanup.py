"""Clean-up rules by mouse, the epoch of positions, and identifiers without counterpart."""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.table import Column, MaskedColumn, Table

from tapwidget.actions.background import Immediate
from tapwidget.errors import ServiceUnavailableError
from tapwidget.ivoa import tapschema
from tapwidget.match.epoch import Epoch
from tapwidget.match.spec import IdentifierMatch, SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.runs import Run
from tapwidget.tables.roles import recognise
from tapwidget.views.epoch_control import EpochControl
from tapwidget.views.identifier_cleanup import IdentifierCleanUp
from tapwidget.views.match_form import MatchForm
from tapwidget.views.unmatched_note import UnmatchedNote

NAMES = MaskedColumn(["2010_ab1", "2010 AB1", "<b>x</b>", "", "-"], mask=[0, 0, 0, 0, 1])


def test_rules_are_added_changed_and_dropped() -> None:
    view = IdentifierCleanUp(column=NAMES)
    assert view._preview.value == ""
    view._add.value = "replace"
    assert view._add.value == ""  # ready for the next one
    view._add.value = "upper"
    assert view.rules == (("replace", "_", " "), ("upper",))
    assert "2010 AB1" in view._preview.value
    assert "2 of 3 identifiers change" in view._preview.value
    assert "1 identifier became equal to another one" in view._preview.value
    assert "<b>x" not in view._preview.value
    assert "&lt;B&gt;X" in view._preview.value
    view._rows[0]._boxes[0].value = "b1"
    assert view.rules == (("replace", "b1", " "), ("upper",))
    view._rows[0]._boxes[0].value = ""  # not complete
    assert view.rules == (("upper",),)
    view._rows[1].drop_button.click()
    view._rows[0].drop_button.click()
    assert view.rules == ()
    assert view._preview.value == ""


def test_rules_set_from_python_are_shown() -> None:
    view = IdentifierCleanUp(column=Column(["x "]))
    view.rules = ("strip", ("drop_prefix", "x"))
    assert [row.rule for row in view._rows] == [("strip",), ("drop_prefix", "x")]
    assert "Nothing is left of 1 identifier" in view._preview.value
    view.rules = ()
    view.ignore_case = True
    view.column = Column(["AbC"])
    assert "abc" in view._preview.value


def test_of_a_long_column_the_first_rows_are_looked_at() -> None:
    view = IdentifierCleanUp(column=Column(["a"] * 20_001), rules=("upper",))
    assert "Of the first 20,000 rows:" in view._preview.value
    assert "20,000 of 20,000 identifiers change." in view._preview.value
    view.column = Column(["a"] * 20_000)
    assert "Of the first" not in view._preview.value


def test_floats_that_lost_digits_are_said() -> None:
    view = IdentifierCleanUp(column=Column([1.2e18]), rules=("strip",))
    assert "last digits are lost" in view._preview.value


STARS = Table(
    {
        "name": ["a_1"],
        "ra": [1.0],
        "dec": [2.0],
        "pmra": [3.0],
        "pmdec": [4.0],
        "ref_epoch": [2016.0],
        "parallax": [9.0],
    }
)


def test_the_epoch_is_offered_where_there_are_motions() -> None:
    view = EpochControl()
    assert view.layout.display == "none"
    view.offer(Table({"ra": [1.0]}))
    assert view.layout.display == "none"
    view.offer(STARS)
    assert view.layout.display is None
    assert view.epoch is None  # not unless it is asked for
    view._on.value = True
    assert view._from.value == "ref_epoch"
    assert "Not carried yet: type both epochs." in view._said.value
    view._to.value = "2024.9"
    assert view.epoch == Epoch("ref_epoch", 2024.9, parallax="parallax")
    assert "pmra, pmdec, parallax" in view._said.value
    view._to.value = "20249"
    assert view.epoch is None
    assert "must be a Julian year" in view._said.value
    view._to.value, view._from.value = "2024.9", "2016"
    assert view.epoch == Epoch(2016.0, 2024.9, parallax="parallax")
    view.shown = False
    assert view.layout.display == "none"
    view.shown = True
    view.offer(STARS.copy())
    assert view.epoch is None


def test_the_form_makes_the_match_with_them() -> None:
    form = Form()
    view = MatchForm(form, background=Immediate())
    form.table = STARS
    form.roles = view.roles = recognise(STARS)
    form.service, form.target = object(), "dp1.MPCORB"
    view.epoch._on.value = True
    view.epoch._to.value = "2024.9"
    match = form.match()
    assert isinstance(match, SkyMatch)
    assert match.epoch == Epoch("ref_epoch", 2024.9, parallax="parallax")
    form.by = "identifier"
    form.on = ("name", "designation")
    view._mine.value = "name"
    form.on = ("name", "designation")
    view.clean_up._add.value = "upper"
    view.clean_up._case.value = True
    match = form.match()
    assert isinstance(match, IdentifierMatch)
    assert (match.clean, match.ignore_case) == ((("upper",),), True)
    assert view.clean_up.column.tolist() == ["a_1"]
    assert view.epoch.layout.display == "none"


class Service:
    """Knows two names, or is down."""

    down = False

    def table(self, name: str) -> tapschema.Table:
        return tapschema.Table(name, columns=(tapschema.Column("designation", "char", "*"),))

    def submit(self, adql: str) -> Any:
        assert "LIKE '2010_a" in adql
        assert "TOP 2000" in adql
        if self.down:
            raise ServiceUnavailableError("The service is down.", service="here")
        return self

    def result(self, timeout: float | None = None) -> Table:
        return Table({"designation": ["2010 AB1", "2010 AB11"]})


def test_the_closest_are_shown_on_request() -> None:
    note = UnmatchedNote(background=Immediate())
    assert note.layout.display == "none"
    match = IdentifierMatch("dp1.MPCORB", on=("name", "designation"))
    result = Table({"ut1_name": ["a"], "designation": ["a"]})
    run = Run(match=match, service=Service(), table=Table({"name": ["a", "2010-ab1", "a"]}), result=result)
    note.run = run
    assert "1 identifier of yours found nothing, such as 2010-ab1." in note._said.value
    assert note._shown.value == ""
    note._ask.click()
    assert "2010 AB1, 2010 AB11" in note._shown.value
    run.service.down = True
    note._ask.click()
    assert "The service is down." in note._shown.value
    note.run = Run(match=match, service=Service(), table=Table({"name": ["a"]}), result=result)
    assert note.layout.display == "none"


def test_rows_kept_without_counterpart_count_as_such() -> None:
    match = IdentifierMatch("dp1.MPCORB", on=("name", "designation"), unmatched="keep")
    result = Table({"ut1_name": ["a", "b"], "designation": MaskedColumn(["a", ""], mask=[False, True])})
    note = UnmatchedNote(background=Immediate())
    note.run = Run(match=match, service=Service(), table=Table({"name": np.array(["a", "b"])}), result=result)
    assert "such as b." in note._said.value
