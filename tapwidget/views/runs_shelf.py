"""The runs so far: which one the table shows, which the histogram draws, their names, order and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background
from tapwidget.state.runs import Run, Runs
from tapwidget.tables.overflow import how_it_was_cut
from tapwidget.views import basic
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.run_comparison import RunComparison
from tapwidget.views.style import counted, notes, stylesheet, text


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
        self._rows: dict[int, tuple[Run, ipywidgets.HBox]] = {}
        self._list = basic.VBox()
        runs = runs if runs is not None else Runs()
        self.comparison = RunComparison(runs, show=show, background=background)
        self._comparing = Disclosure("Compare two runs", self.comparison)
        super().__init__([stylesheet(), self._list, self._comparing], **kwargs)
        self.runs = runs
        self.runs.observe(self._changed, ["runs", "current"])
        self._changed(None)

    def _changed(self, _change: Any) -> None:
        rows = {}
        for run in self.runs.runs:
            rows[id(run)] = self._rows.get(id(run)) or (run, self._row(run))
        self._rows = rows
        self._comparing.layout.display = None if len(rows) > 1 else "none"
        self._list.children = tuple(row for _, row in rows.values()) or (
            basic.HTML(notes("No runs yet: what you run appears here and stays.")),
        )

    def _row(self, run: Run) -> ipywidgets.HBox:
        drawn = basic.Checkbox(
            value=run.visible, indent=False, tooltip="draw it in the histogram", layout={"width": "22px"}
        )
        name = basic.Text(
            value=run.name, tooltip="name of this run", continuous_update=False, layout={"width": "150px"}
        )
        phase, said = basic.HTML(), basic.HTML()
        show = basic.Button(description="Show in table", tooltip="show this result in the table")
        use = basic.Button(
            description="Use as my table",
            tooltip="match this result next, with this service or another one",
            layout=ipywidgets.Layout(),
        )
        use.layout.display = None if self._use else "none"
        drop = basic.Button(icon="times", tooltip="take it off this list", layout={"width": "34px"})
        up = basic.Button(icon="arrow-up", tooltip="move it up the list", layout={"width": "34px"})
        down = basic.Button(icon="arrow-down", tooltip="move it down the list", layout={"width": "34px"})
        traitlets.link((drawn, "value"), (run, "visible"))

        def named(change: dict[str, str]) -> None:
            self.runs.rename(run, change["new"])
            name.value = run.name

        name.observe(named, "value")
        run.observe(lambda change: setattr(name, "value", change["new"]), "name")

        def tell(_change: Any) -> None:
            show.disabled = run.result is None or self.runs.current is run
            use.disabled = run.result is None or not len(run.result)
            up.disabled, down.disabled = self.runs.runs[0] is run, self.runs.runs[-1] is run
            show.description = "In the table" if self.runs.current is run else "Show in table"
            phase.value = text("tw-phase", run.phase, tag="span", data_phase=run.phase)
            said.value = summary(run)

        run.observe(tell, ["phase", "result", "error"])
        self.runs.observe(lambda change: tell(change) if run in self.runs.runs else None, ["current", "runs"])
        up.on_click(lambda _: self.runs.move(run, -1))
        down.on_click(lambda _: self.runs.move(run, 1))
        show.on_click(lambda _: setattr(self.runs, "current", run))
        use.on_click(lambda _: self._use(run) if self._use else None)
        drop.on_click(lambda _: self.runs.remove(run))
        tell(None)
        row = basic.HBox([drawn, name, phase, show, use, up, down, drop, said])  # the text last: it may be long
        row.add_class("tw-wrap")
        row.add_class(f"tw-row-{id(run)}")  # by which the keyboard finds it again where it was moved to
        return row


def summary(run: Run) -> str:
    """What came of a run, as escaped HTML."""
    if run.error:
        return text("tw-note", run.error.splitlines()[0][:160], tag="span")
    if run.result is None:
        return ""
    told = [counted(len(run.result), "row"), how_it_was_cut(run.result)]
    return text("tw-note", ". ".join(filter(None, told)), tag="span")
