"""One run on the shelf: its name and phase, what came of it, and buttons to show, use, move and drop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from tapwidget.state.runs import Run, Runs
from tapwidget.tables.overflow import how_it_was_cut
from tapwidget.views import basic
from tapwidget.views.style import counted, text

TOLD = ["phase", "result", "error"]


class RunRow(ipywidgets.HBox):
    """The row of a run for as long as it is among `runs`; then it is closed, so that nothing keeps the result.

    Parameters
    ----------
    use : callable, optional
        What makes its result the user's table; without it nobody is offered that.
    """

    def __init__(self, run: Run, runs: Runs, *, use: Callable[[Run], None] | None = None) -> None:
        self.run, self._runs = run, runs
        drawn = basic.Checkbox(
            value=run.visible, indent=False, tooltip="draw it in the histogram", layout={"width": "22px"}
        )
        self._name = basic.Text(
            value=run.name, tooltip="name of this run", continuous_update=False, layout={"width": "150px"}
        )
        self._phase, self._said = basic.HTML(), basic.HTML()
        self._show = basic.Button(description="Show in table", tooltip="show this result in the table")
        self._use = basic.Button(
            description="Use as my table",
            tooltip="match this result next, with this service or another one",
            layout=ipywidgets.Layout(),
        )
        self._use.layout.display = None if use else "none"
        self._up = basic.Button(icon="arrow-up", tooltip="move it up the list", layout={"width": "34px"})
        self._down = basic.Button(icon="arrow-down", tooltip="move it down the list", layout={"width": "34px"})
        drop = basic.Button(icon="times", tooltip="take it off this list", layout={"width": "34px"})
        super().__init__(
            [drawn, self._name, self._phase, self._show, self._use, self._up, self._down, drop, self._said]
        )  # the text last: it may be long
        self.add_class("tw-wrap")
        self.add_class(f"tw-row-{id(run)}")  # by which the keyboard finds it again where it was moved to
        self._drawn = traitlets.link((drawn, "value"), (run, "visible"))
        self._name.observe(self._rename, "value")
        run.observe(self._renamed, "name")
        run.observe(self._changed, TOLD)
        self._up.on_click(lambda _: runs.move(run, -1))
        self._down.on_click(lambda _: runs.move(run, 1))
        self._show.on_click(lambda _: setattr(runs, "current", run))
        self._use.on_click(lambda _: use(run) if use else None)
        drop.on_click(lambda _: runs.remove(run))
        self.tell()

    def tell(self) -> None:
        """Tell where the run is on the shelf, how far it is, and what came of it."""
        run, runs = self.run, self._runs
        self._show.disabled = run.result is None or runs.current is run
        self._use.disabled = run.result is None or not len(run.result)
        self._up.disabled, self._down.disabled = runs.runs[:1] == (run,), runs.runs[-1:] == (run,)
        self._show.description = "In the table" if runs.current is run else "Show in table"
        self._phase.value = text("tw-phase", run.phase, tag="span", data_phase=run.phase)
        self._said.value = summary(run)

    def close(self) -> None:
        if self.comm is not None:  # once: ipywidgets closes again what is thrown away
            self._drawn.unlink()
            self.run.unobserve(self._renamed, "name")
            self.run.unobserve(self._changed, TOLD)
            for child in self.children:
                child.close()
        super().close()

    def _changed(self, _change: Any) -> None:
        self.tell()

    def _rename(self, change: dict[str, str]) -> None:
        self._runs.rename(self.run, change["new"])
        self._name.value = self.run.name

    def _renamed(self, change: dict[str, str]) -> None:
        self._name.value = change["new"]


def summary(run: Run) -> str:
    """What came of a run, as escaped HTML."""
    if run.error:
        return text("tw-note", run.error.splitlines()[0][:160], tag="span")
    if run.result is None:
        return ""
    told = [counted(len(run.result), "row"), how_it_was_cut(run.result)]
    return text("tw-note", ". ".join(filter(None, told)), tag="span")
