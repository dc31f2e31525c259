"""The jobs given to a service before: follow one on, fetch its result, or delete it."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.actions.earlier import Earlier, delete_job, earlier_jobs
from tapwidget.actions.run import Runner, names_of
from tapwidget.client.ledger import JobRecord
from tapwidget.state.form import Form
from tapwidget.state.identity import Identity
from tapwidget.state.runs import Run, Runs
from tapwidget.views import basic
from tapwidget.views.earlier_job import EarlierJob
from tapwidget.views.style import counted, notes, stylesheet

PAGE = 8


class EarlierJobs(ipywidgets.VBox):
    """List the jobs of a service, also those of other kernels, and take them up again.

    Nothing is asked before `refresh`, which an app calls when the list is opened. A job taken up is a run on the shelf;
    none is deleted unless its button is pressed twice.

    Parameters
    ----------
    service : client.Service, optional
        Whose jobs.
    runner : actions.run.Runner, optional
        Puts what is taken up onto its shelf; without one, onto a shelf of its own.

    Attributes
    ----------
    service : client.Service or None
    jobs : tuple of JobRecord
        As last heard of, newest first.
    run : state.runs.Run or None
        The run that was taken up last; `run.result` is its table once it is there.
    message : str
        What is going on, or what went wrong.
    busy : bool
        While the service is asked.
    """

    service = Identity()
    jobs = traitlets.Tuple()
    run = Identity()
    message = traitlets.Unicode()
    busy = traitlets.Bool(False)

    def __init__(
        self,
        service: Any = None,
        *,
        runner: Runner | None = None,
        background: Background | None = None,
        **kwargs: object,
    ) -> None:
        self._background = background or Background()
        self.runner = runner or Runner(Form(), Runs(), self._background)
        self._requests = Latest()
        self._rows: dict[str, EarlierJob] = {}
        self._length = PAGE
        self._again = basic.Button(
            description="Refresh", icon="refresh", tooltip="ask the service for its jobs", disabled=True
        )
        self._more = basic.Button(description="Show older ones", layout=ipywidgets.Layout(display="none"))
        self._said = basic.HTML()
        self._list = basic.VBox()
        row = basic.HBox([self._again, self._said])
        row.add_class("tw-wrap")
        super().__init__([stylesheet(self, self._background), row, self._list, self._more], **kwargs)
        self.add_class("tw-earlier")
        self._again.on_click(lambda _: self.refresh())
        self._more.on_click(lambda _: self._show_more())
        self.runner.runs.observe(lambda _: self._draw(), "runs")
        self.service = service
        self._tell()

    def refresh(self) -> None:
        """Ask the service, in the background. Where it does not answer, what the ledger knows is shown."""
        service, number = self.service, self._requests.next()
        if service is None:
            return
        self.busy, self.message = True, ""
        self._tell()
        self._background.run(
            lambda: earlier_jobs(service),
            then=lambda earlier: self._heard(number, earlier),
            failed=lambda error: self._heard(number, Earlier((), str(error))),
        )

    def take_up(self, record: JobRecord) -> Run:
        """Follow a job on, and fetch its result when it is there; returns at once with its run on the shelf."""
        run = self.runner.take_up(self.service, record)
        run.observe(lambda _: self._draw(), ["name", "phase", "error", "result"])
        self.run = run
        self._draw()
        return run

    @traitlets.observe("service")
    def _another_service(self, _change: object) -> None:
        self._requests.next()
        self._length = PAGE
        self.busy, self.message, self.jobs = False, "", ()
        self._again.disabled = self.service is None
        self._draw()
        self._tell()

    def _heard(self, number: int, earlier: Earlier) -> None:
        if not self._requests.is_current(number):
            return
        self.busy = False
        self.message = earlier.trouble
        self.jobs = earlier.jobs
        self._draw()
        self._tell()

    def _delete(self, record: JobRecord) -> None:
        service = self.service
        self._background.run(lambda: delete_job(service, record), then=lambda _: self.refresh(), failed=self._failed)

    def _failed(self, error: BaseException) -> None:
        self.message = str(error)
        self._draw()
        self._tell()

    def _show_more(self) -> None:
        self._length += PAGE
        self._draw()

    def _draw(self) -> None:
        """One line a job, each kept as long as its job is in the list, so that no button moves under the mouse."""
        shown = self.jobs[: self._length]
        on_shelf = {name: run for run in self.runner.runs.runs if not run.error for name in names_of(run)}
        rows = {}
        for record in shown:
            key = record.reference or record.key
            rows[key] = self._rows.get(key) or EarlierJob(take_up=self.take_up, delete=self._delete)
            rows[key].show(record, on_shelf.get(record.reference))
        self._close([row for key, row in self._rows.items() if key not in rows])
        self._rows = rows
        self._list.children = tuple(rows.values())
        left = len(self.jobs) - len(shown)
        self._more.layout.display = None if left else "none"
        self._more.description = f"Show older ones ({left:,})"

    def _close(self, rows: list[EarlierJob]) -> None:
        for row in rows:
            row.close()

    def _tell(self) -> None:
        if self.service is None:
            self._said.value = notes("Choose a service first.")
        elif self.busy:
            self._said.value = notes(f"asking {self.service.name} ...")
        elif self.message:
            known = " What is listed is as this computer last heard of it." if self.jobs else ""
            self._said.value = notes(self.message + known, css_class="tw-error")
        else:
            number = counted(len(self.jobs), "job") if self.jobs else "No jobs yet"
            self._said.value = notes(f"{number} at {self.service.name}")
