"""Two runs compared on the shelf: the sentence, the buttons, and what they show."""

from __future__ import annotations

from typing import Any

import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.actions.background import Immediate
from tapwidget.state.runs import Runs
from tapwidget.views.run_comparison import RunComparison
from tapwidget.views.runs_shelf import RunsShelf

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


def result(*pairs: tuple[int, int | None], **told: Any) -> Table:
    gone = [theirs is None for _, theirs in pairs]
    theirs = MaskedColumn([other or 0 for _, other in pairs], mask=gone)
    table = Table({"ut1_id": [one for one, _ in pairs], "objectId": theirs})
    keys = {"mine": ["ut1_id"], "theirs": ["objectId"]}
    about = {"find": "all", "unmatched": "keep", "upload": "ut1", "target": "t", "keys": keys}
    table.meta["tapwidget"] = {**about, **told}
    return table


@pytest.fixture
def runs() -> Runs:
    runs = Runs()
    runs.add(result=result((1, 1), (2, 2), (3, 3), (4, None)))
    runs.add(result=result((3, 9), (1, 1), (4, 4)))
    return runs


def test_the_last_two_are_compared_and_their_rows_shown(runs: Runs) -> None:
    shown: list[Any] = []
    panel = RunComparison(runs, show=lambda run, rows: shown.append((run.name, rows.tolist())), background=Immediate())
    said = panel._said.value
    assert "From results to results_2, 2 rows of yours kept a counterpart, 1 lost theirs and 1 gained one." in said
    assert "Pairs: 1 in both, 2 only in results, 2 only in results_2." in said
    assert [button.description for button in panel.buttons.values()] == ["Show 1 lost", "Show 1 gained", "Show 2 kept"]
    for button in panel.buttons.values():
        button.click()
    assert shown == [("results", [1]), ("results_2", [2]), ("results_2", [0, 1])]
    panel.of.value = "pairs"
    panel.buttons["lost"].click()
    assert shown[-1] == ("results", [1, 2])
    panel.first.value, panel.second.value = panel.second.value, panel.first.value
    assert "From results_2 to results" in panel._said.value


def test_a_run_that_is_dropped_renamed_or_done_later(runs: Runs) -> None:
    panel = RunComparison(runs, background=Immediate())
    runs.runs[0].name = "<b>first</b>"
    assert "From &lt;b&gt;first&lt;/b&gt; to results_2" in panel._said.value
    third = runs.add()
    assert len(panel.first.options) == 2
    third.result = result((1, 1))
    assert len(panel.first.options) == 3
    runs.remove(runs.runs[0])
    assert panel.comparison is None or panel.first.value is not panel.second.value
    runs.remove(runs.runs[0])
    assert (panel.layout.display, panel.comparison) == ("none", None)


def test_runs_that_come_one_after_the_other(runs: Runs) -> None:
    later = Runs()
    panel = RunComparison(later, background=Immediate())
    for run in runs.runs:
        later.add().result = run.result
    assert panel.comparison is not None
    assert (panel.first.value, panel.second.value) == later.runs


def test_what_cannot_be_compared_is_said(runs: Runs) -> None:
    panel = RunComparison(runs, background=Immediate())
    runs.add(result=Table({"n": [1]}))
    panel.second.value = runs.runs[-1]
    assert "answer to a query" in panel._said.value
    assert all(button.disabled for button in panel.buttons.values())


def test_the_shelf_offers_it_for_two_runs_and_moves_them(runs: Runs) -> None:
    shelf = RunsShelf(runs, background=Immediate())
    first, second = runs.runs
    assert shelf._comparing.layout.display is None
    up, down = shelf._rows[id(first)].children[5:7]
    assert (up.disabled, down.disabled) == (True, False)
    down.click()
    assert runs.runs == (second, first)
    assert (up.disabled, down.disabled) == (False, True)
    assert [row is shelf._rows[id(run)] for row, run in zip(shelf._list.children, runs.runs, strict=True)] == [
        True, True,
    ]  # fmt: skip
    runs.remove(second)
    assert shelf._comparing.layout.display == "none"


def test_they_can_be_written_out() -> None:
    """As Jupyter does with the value of a cell; a method of ipywidgets that is hidden by an attribute would show."""
    assert "RunsShelf" in repr(RunsShelf(Runs()))
