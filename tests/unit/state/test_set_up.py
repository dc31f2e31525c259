"""A set-up comes back as it was written; whatever was changed in it by hand is refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from astropy import units as u

from tapwidget.errors import SetUpError
from tapwidget.match.constraints import MagnitudeRange
from tapwidget.match.epoch import Epoch
from tapwidget.match.radius import RadiusColumn
from tapwidget.match.record import to_record
from tapwidget.match.spec import SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.looks import Looks
from tapwidget.state.set_up import SavedRun, SavedTable, SetUp, choices_of, from_text, to_text


def made(**form: Any) -> SetUp:
    table = SavedTable(path="/a/é.csv", fingerprint="f", rows=2**60)
    run = SavedRun("results", False, "demo", "http://a/async/1", "SELECT 1", to_record(SkyMatch("t")), table)
    return SetUp(
        "demo",
        table,
        choices_of(Form(**form)),
        "SELECT 2",
        True,
        (run,),
        "results",
        Looks(band="g", sort=(("a", "ascending"),)),
    )


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"radius": 0.00027 * u.deg, "where": [MagnitudeRange("r", low=17), "ut1.g > 1"], "shift": (0.1, -0.2)},
        {"radius": RadiusColumn("size", unit="mas"), "epoch": Epoch("when", 2024.9), "columns": ("a", "b")},
        {"by": "identifier", "on": ("a", "b"), "clean": (("replace", "_", " "), ("upper",)), "radius": None},
    ],
)
def test_it_comes_back_as_it_was(form: dict[str, Any]) -> None:
    set_up = made(**form)
    again = from_text(to_text(set_up))
    assert again == set_up
    assert Form(**again.choices).where == set_up.choices["where"]


def test_one_that_says_not_how_it_was_looked_at_and_one_that_says_it_badly() -> None:
    older = from_text(changed(lambda c: c.pop("looks")))
    assert older.looks == Looks()
    damaged = from_text(changed(lambda c: c["looks"].update(band=1, more=2)))
    assert damaged.looks.sort == (("a", "ascending"),)
    assert [word for sentence in damaged.looks.lost for word in ("band", "more") if word in sentence] == [
        "band",
        "more",
    ]


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads(to_text(made()))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ra,dec\n1,2", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no set-up"),
        (changed(lambda c: c.update(version=2)), "version 2"),
        (changed(lambda c: c.update(token="x")), "more than that"),
        (changed(lambda c: c.pop("adql")), "more than that"),
        (changed(lambda c: c.update(service=1)), "service is 1"),
        (changed(lambda c: c.update(runs={})), "no list"),
        (changed(lambda c: c["runs"].append(1)), "is 1"),
        (changed(lambda c: c["runs"][0]["match"].update(kind="os.system")), "match of its run 'results'"),
        (changed(lambda c: c["runs"][0]["table"].update(rows=True)), "rows is True"),
        (changed(lambda c: c["choices"].update(more=1)), "not what this tapwidget has"),
        (changed(lambda c: c["choices"].update(find="some")), "makes no sense"),
        (changed(lambda c: c["choices"].update(radius=[1])), "radius"),
        (changed(lambda c: c["choices"].update(where=[1])), "condition"),
        (changed(lambda c: c["choices"].update(neighbours=0, find="nearest")), "makes no sense"),
        (changed(lambda c: c["choices"].update(shift=[float("nan"), 0])), "NaN"),
    ],
)
def test_what_was_changed_is_refused(text: str, said: str) -> None:
    with pytest.raises(SetUpError, match=said):
        from_text(text)
