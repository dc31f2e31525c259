"""A run that is dropped is forgotten by all that have shown it: a result may be most of what is in memory."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.actions.run import Runner
from tapwidget.match.spec import SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.earlier_jobs import EarlierJobs
from tapwidget.views.offset_note import OffsetNote
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.runs_shelf import RunsShelf
from tapwidget.views.unmatched_note import UnmatchedNote

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


def result(rows: int) -> Table:
    random = np.random.default_rng(rows)
    made = Table({"ut1_id": np.arange(rows) // 2, "objectId": np.arange(rows)})
    made["coord_ra"], made["coord_dec"] = random.uniform(10, 11, rows), random.uniform(1, 2, rows)
    made["ut1_r"], made["r_cModelMag"] = random.uniform(16, 20, rows), random.uniform(16, 20, rows)
    made["separation"], made["position_angle"] = np.sqrt(random.random(rows)), random.uniform(0, 360, rows)
    made.meta["tapwidget"] = {
        "find": "all", "radius_arcsec": 1.0, "rows": {"sent": rows},
        "keys": {"mine": ["ut1_id"], "theirs": ["objectId"]},
    }  # fmt: skip
    return made


def of_all_that_show(runs: Runs) -> tuple[Any, ...]:
    now, form = Immediate(), Form(table=Table({"r": [16.0, 17.0]}))
    notes = OffsetNote(lambda _: None, background=now), UnmatchedNote(background=now)
    for note in notes:
        runs.observe(lambda change, note=note: note.set_trait("run", change["new"]), "current")
    return (
        RunsShelf(runs, use=lambda _: None, show=lambda _run, _rows: None, background=now),
        ResultsPanel(form, runs, background=now),
        EarlierJobs(runner=Runner(form, runs, now), background=now),
        *notes,
    )


@pytest.mark.parametrize("left", [0, 1, 2])
def test_nothing_keeps_a_run_that_was_dropped(left: int) -> None:
    runs = Runs()
    views = of_all_that_show(runs)
    for rows in range(left):
        runs.current = runs.add(match=SkyMatch("s.t"), result=result(20 + rows))
    run = runs.add(match=SkyMatch("s.t"), table=Table({"a": [1]}), phase="COMPLETED", result=result(10))
    runs.current = run
    panel = views[1]
    panel.table.selected_rows = (1, 2)
    panel.check.only_button.value = True
    panel.check.only_button.value = False
    refs = [weakref.ref(run), weakref.ref(run.result), weakref.ref(run.table)]
    runs.remove(run)
    del run
    gc.collect()
    assert [ref() for ref in refs] == [None] * 3
    assert len(runs.runs) == left


def test_runs_that_follow_a_dropped_one_are_drawn_when_they_change() -> None:
    """Another run may get the place in memory, and so the number, of one that is gone."""
    runs = Runs()
    panel = ResultsPanel(Form(), runs, background=Immediate())
    for rows in range(10, 20):
        run = runs.add()
        run.result = result(rows)
        run.name = f"of {rows}"
        assert [f"of {rows}" in series.label for series in panel.histogram.series] == [True]
        runs.remove(run)
        run.visible = False
        del run
        gc.collect()
