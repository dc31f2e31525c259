"""What becomes of a run whose result comes late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.actions.run import Runner
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs


class Held(Immediate):
    """Work is done when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.work: list[Callable[[], None]] = []

    def run(
        self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[BaseException], None]
    ) -> None:
        self.work.append(lambda: Immediate.run(self, work, then, failed))


class Job:
    adql, url, phase = "SELECT 1", "https://x.org/tap/async/1", "COMPLETED"

    def subscribe(self, _callback: Any) -> None: ...

    def result(self) -> Table:
        return Table({"a": [1]})


class Service:
    def submit(self, _adql: str) -> Job:
        return Job()


@pytest.mark.parametrize("others", [0, 1])
def test_a_run_that_was_dropped_does_not_take_over_the_table(others: int) -> None:
    held, runs = Held(), Runs()
    runner = Runner(Form(service=Service()), runs, held)
    for _ in range(others):
        runs.current = runs.add(result=Table({"b": [1]}))
    shown = runs.current
    run, kept = runner.submit("SELECT 1"), runner.submit("SELECT 1")
    held.work.pop(0)()
    runs.remove(run)
    held.work.pop()()
    assert run.result["a"].tolist() == [1]  # whoever has it in Python gets what it was for
    assert runs.current is shown
    held.work.pop()()
    held.work.pop()()
    assert runs.current is kept
