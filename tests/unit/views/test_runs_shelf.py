"""The shelf names, hides and drops runs; every run keeps a name of its own."""

from __future__ import annotations

from typing import Any

import pytest
from astropy.table import Table

from tapwidget.state.runs import Run, Runs
from tapwidget.views.runs_shelf import RunsShelf

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


@pytest.fixture
def runs() -> Runs:
    runs = Runs()
    for rows in (1, 2):
        runs.current = runs.add(phase="COMPLETED", result=Table({"a": list(range(rows))}))
    return runs


def boxes(shelf: RunsShelf, run: Run) -> tuple[Any, ...]:
    """The check box, the name and the two buttons of a run."""
    drawn, name, _phase, show, _use, _up, _down, drop, _said = shelf._rows[id(run)].children
    return drawn, name, show, drop


def test_a_run_is_renamed_and_names_stay_unique(runs: Runs) -> None:
    shelf = RunsShelf(runs)
    first, second = runs.runs
    name = boxes(shelf, first)[1]
    name.value = "bright"
    assert runs["bright"] is first
    boxes(shelf, second)[1].value = "bright"
    assert second.name == "bright_2"
    assert boxes(shelf, second)[1].value == "bright_2"
    name.value = "  "
    assert (first.name, name.value) == ("bright", "bright")
    first.name = "named in Python"
    assert name.value == "named in Python"


def test_a_result_that_was_cut_says_what_cannot_be_relied_on(runs: Runs) -> None:
    cut = Table({"a": [1]}, meta={"overflow": True, "tapwidget": {"unmatched": "only", "rows": {"pairs": 7}}})
    run = runs.add(phase="COMPLETED", result=cut)
    said = RunsShelf(runs)._rows[id(run)].children[-1].value
    assert "1 row. Result cut at 7 rows by the service" in said
    assert "The rows listed here as unmatched may have a counterpart beyond the cut." in said


def test_a_run_is_shown_hidden_and_dropped(runs: Runs) -> None:
    shelf = RunsShelf(runs)
    first, second = runs.runs
    drawn, _name, show, drop = boxes(shelf, first)
    drawn.value = False
    assert not first.visible
    assert (show.description, boxes(shelf, second)[2].description) == ("Show in table", "In the table")
    show.click()
    assert runs.current is first
    assert "1 row<" in shelf._rows[id(first)].children[-1].value
    drop.click()
    assert runs.runs == (second,)
    assert runs.current is second


def test_a_run_that_was_dropped_goes_on_without_the_shelf(runs: Runs) -> None:
    shelf = RunsShelf(runs)
    only = runs.runs[0]
    runs.remove(runs.runs[1])
    buttons = boxes(shelf, only)
    runs.remove(only)
    only.phase, only.result, only.error = "EXECUTING", Table({"a": [1]}), "failed"
    only.name, only.visible = "another", False
    assert "No runs yet" in shelf._list.children[0].value
    assert [box.comm for box in buttons] == [None] * 4


def test_a_run_comes_back_to_the_shelf(runs: Runs) -> None:
    shelf = RunsShelf(runs)
    first, second = runs.runs
    runs.remove(first)
    runs.runs = (second, first)
    assert [row.run for row in shelf._list.children] == [second, first]
    boxes(shelf, first)[1].value = "again"
    assert first.name == "again"
