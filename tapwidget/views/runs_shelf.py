"""The runs so far: which one the table shows, which the histogram draws, their names and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from tapwidget.state.runs import Run, Runs
from tapwidget.views.style import counted, notes, stylesheet, text


class RunsShelf(ipywidgets.VBox):
    """Show, name, hide and drop runs.

    Attributes
    ----------
    runs : state.runs.Runs
        The shelf that is shown.

    Parameters
    ----------
    use : callable, optional
        What makes the result of a run the user's table, for the next match; without it nobody is offered that.
    """

    runs = traitlets.Any()

    def __init__(self, runs: Runs | None = None, *, use: Callable[[Run], None] | None = None, **kwargs: object) -> None:
        self._use = use
        self._rows: dict[int, tuple[Run, ipywidgets.HBox]] = {}
        self._list = ipywidgets.VBox()
        super().__init__([stylesheet(), self._list], **kwargs)
        self.runs = runs if runs is not None else Runs()
        self.runs.observe(self._changed, ["runs", "current"])
        self._changed(None)

    def _changed(self, _change: Any) -> None:
        rows = {}
        for run in self.runs.runs:
            rows[id(run)] = self._rows.get(id(run)) or (run, self._row(run))
        self._rows = rows
        self._list.children = tuple(row for _, row in rows.values()) or (
            ipywidgets.HTML(notes("No runs yet: what you run appears here and stays.")),
        )

    def _row(self, run: Run) -> ipywidgets.HBox:
        drawn = ipywidgets.Checkbox(
            value=run.visible, indent=False, tooltip="draw it in the histogram", layout={"width": "22px"}
        )
        name = ipywidgets.Text(
            value=run.name, tooltip="name of this run", continuous_update=False, layout={"width": "150px"}
        )
        phase, said = ipywidgets.HTML(), ipywidgets.HTML()
        show = ipywidgets.Button(description="Show in table", tooltip="show this result in the table")
        use = ipywidgets.Button(
            description="Use as my table", tooltip="match this result next, with this service or another one"
        )
        use.layout.display = None if self._use else "none"
        drop = ipywidgets.Button(icon="times", tooltip="take it off this list", layout={"width": "34px"})
        traitlets.link((drawn, "value"), (run, "visible"))

        def named(change: dict[str, str]) -> None:
            self.runs.rename(run, change["new"])
            name.value = run.name

        name.observe(named, "value")
        run.observe(lambda change: setattr(name, "value", change["new"]), "name")

        def tell(_change: Any) -> None:
            show.disabled = run.result is None or self.runs.current is run
            use.disabled = run.result is None or not len(run.result)
            show.description = "In the table" if self.runs.current is run else "Show in table"
            phase.value = text("tw-phase", run.phase, tag="span", data_phase=run.phase)
            said.value = summary(run)

        run.observe(tell, ["phase", "result", "error"])
        self.runs.observe(tell, "current")
        show.on_click(lambda _: setattr(self.runs, "current", run))
        use.on_click(lambda _: self._use(run) if self._use else None)
        drop.on_click(lambda _: self.runs.remove(run))
        tell(None)
        row = ipywidgets.HBox([drawn, name, phase, show, use, drop, said])  # the text last: it may be long
        row.add_class("tw-wrap")
        return row


def summary(run: Run) -> str:
    """What came of a run, as escaped HTML."""
    if run.error:
        return text("tw-note", run.error.splitlines()[0][:160], tag="span")
    if run.result is None:
        return ""
    cut = ", cut by the service: more matched than it returned" if run.result.meta.get("overflow") else ""
    return text("tw-note", f"{counted(len(run.result), 'row')}{cut}", tag="span")
