"""The runs so far: which one the table shows, which the histogram draws, their names, order and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background
from tapwidget.state.runs import Run, Runs
from tapwidget.views import basic
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.run_comparison import RunComparison
from tapwidget.views.run_row import RunRow
from tapwidget.views.style import notes, stylesheet


class RunsShelf(ipywidgets.VBox):
    """Show, name, move, hide, drop and compare runs.

    Attributes
    ----------
    runs : state.runs.Runs
        The shelf that is shown.

    Parameters
    ----------
    use : callable, optional
        What makes the result of a run the user's table, for the next match; without it nobody is offered that.
    show : callable, optional
        What shows rows of a run's result; without it a comparison is only told.
    """

    runs = traitlets.Any()

    def __init__(
        self, runs: Runs | None = None, *, use: Callable[[Run], None] | None = None,
        show: Callable[[Run, Any], None] | None = None, background: Background | None = None, **kwargs: object,
    ) -> None:  # fmt: skip
        self._use = use
        self._rows: dict[int, RunRow] = {}
        self._list = basic.VBox()
        self._none_yet = basic.HTML(notes("No runs yet: what you run appears here and stays."))
        runs = runs if runs is not None else Runs()
        self.comparison = RunComparison(runs, show=show, background=background)
        self._comparing = Disclosure("Compare two runs", self.comparison)
        super().__init__([stylesheet(), self._list, self._comparing], **kwargs)
        self.runs = runs
        self.runs.observe(self._changed, ["runs", "current"])
        self._changed(None)

    def _changed(self, _change: Any) -> None:
        before, self._rows = self._rows, {}
        for run in self.runs.runs:
            self._rows[id(run)] = before.get(id(run)) or RunRow(run, self.runs, use=self._use)
        self._comparing.layout.display = None if len(self._rows) > 1 else "none"
        self._list.children = tuple(self._rows.values()) or (self._none_yet,)
        for row in self._rows.values():
            row.tell()
        for number, row in before.items():
            if number not in self._rows:
                row.close()
