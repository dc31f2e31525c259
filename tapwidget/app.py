"""CrossMatch: the whole way from a file to matched tables and Figure 1, in one notebook cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import traitlets
from astropy.table import Table

from tapwidget.actions.background import Background, Latest
from tapwidget.actions.browse import Ready, make_ready
from tapwidget.actions.python import insert_below, python_of
from tapwidget.actions.run import Runner, upload_names
from tapwidget.actions.set_up import load_set_up, save_set_up, saved_run, saved_table, service_words
from tapwidget.errors import TapWidgetError
from tapwidget.match.spec import SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.runs import Run, Runs
from tapwidget.state.set_up import SavedTable, SetUp, choices_of
from tapwidget.tables.overflow import how_it_was_cut
from tapwidget.views import basic
from tapwidget.views.adql_editor import AdqlEditor
from tapwidget.views.adql_text import upload_table
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.earlier_jobs import EarlierJobs
from tapwidget.views.file_picker import FilePicker
from tapwidget.views.job_status import JobStatus
from tapwidget.views.limits import upload_in_words
from tapwidget.views.looks import looks_of
from tapwidget.views.match_form import MatchForm
from tapwidget.views.nothing_matched import nothing_matched
from tapwidget.views.offset_note import OffsetNote
from tapwidget.views.python_cell import PythonCell
from tapwidget.views.restoring import Restoring
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.run_line import RunLine
from tapwidget.views.runs_shelf import RunsShelf
from tapwidget.views.saved_copy import display_with_copy
from tapwidget.views.service_picker import ServicePicker
from tapwidget.views.set_up import SetUpFile
from tapwidget.views.style import counted, stylesheet, text
from tapwidget.views.unmatched_note import UnmatchedNote


class CrossMatch(ipywidgets.VBox):
    """Match a table of yours to a table of a TAP service.

    Parameters
    ----------
    service : str, client.Service or pyvo.dal.TAPService, optional
        Name ("demo", "rsp", "gaia", ...), address or object. Without one: "rsp" on the Rubin platform, else "demo"
        where `tapwidget[server]` is installed, else the app asks.
    table : path, astropy Table, pandas DataFrame, ..., optional
        The user's table.
    target : str, optional
        Qualified name of the catalogue's table; "dp1.Object" where the service has it.
    set_up : (SetUp, Path), optional
        What `load` has read, and from which file.

    Attributes
    ----------
    form : state.form.Form
        What is chosen; every trait can be set from Python.
    runs : state.runs.Runs
        Every run, by name: `app.runs["results"].result` is an astropy Table.

    Methods: `run` runs what is chosen; `python` writes it as a cell of Python, and `insert_python` puts that below the
    cell that calls it; `save` and `load` put the app away and take it up again.
    """

    def __init__(
        self,
        service: Any = None,
        table: Any = None,
        target: str | None = None,
        *,
        set_up: tuple[SetUp, Path] | None = None,
        **kwargs: object,
    ) -> None:
        self.background = Background()
        self.form = Form()
        self.runs = Runs()
        self._runner = Runner(self.form, self.runs, self.background)
        self._queries, self._names = Latest(), Latest()

        self.service_picker = ServicePicker(background=self.background)
        self.file_picker = FilePicker(background=self.background)
        self.match_form = MatchForm(self.form, background=self.background, target=target or "dp1.Object")
        self.editor = AdqlEditor(background=self.background)
        self._python = PythonCell(self._python_of, self.background)
        self.copy_button = self._python.button
        self.editor.buttons.children += (self.copy_button,)
        self.status = JobStatus(background=self.background)
        self._run_line = RunLine(self.status)
        self.run_button = self._run_line.button
        self._is_error = False  # what the editor tells as its problem
        self.earlier = EarlierJobs(runner=self._runner, background=self.background)
        self._earlier_line = Disclosure("Earlier jobs", self.earlier)
        self.shelf = RunsShelf(
            self.runs,
            use=lambda run: self.file_picker.take_result(run.name, run.result),
            show=self._show_rows,
            background=self.background,
        )
        self.results = ResultsPanel(self.form, self.runs, background=self.background)
        self.offset_note = OffsetNote(self._match_again, background=self.background)
        self.unmatched_note = UnmatchedNote(background=self.background)
        self.set_up = SetUpFile(self.save, load_set_up, self._take_set_up, background=self.background)
        self._link()
        super().__init__(
            [
                stylesheet(self, self.background),
                self.service_picker,
                self.set_up,
                step("1  Your table", self.file_picker),
                step("2  Match", self.match_form, self.editor, self._python),
                step("3  Run", self._run_line, self._earlier_line),
                step("4  Results", self.shelf, self.offset_note, self.unmatched_note, self.results),
            ],
            **kwargs,
        )
        self.add_class("tw-app")
        self._query_changed(None)
        if set_up is not None:
            self._take_set_up(*set_up, service, table)
            return
        if table is not None:
            self.file_picker.choose(table)
        self.service_picker.choose(service)

    def _ipython_display_(self) -> None:
        display_with_copy(self, self.results.table)

    @classmethod
    def load(cls, path: str | Path, *, service: Any = None, table: Any = None, **kwargs: object) -> CrossMatch:
        """An app as another one was when it was saved, perhaps on another computer. Returns at once.

        What is chosen appears as the service and the file answer, and the runs are fetched again. What cannot be
        restored is said below the service.

        Parameters
        ----------
        path : path
            What `save` wrote.
        service, table : optional
            Taken instead of those that the file names.

        Raises
        ------
        SetUpError
            If the file is no set-up, or cannot be read.
        """
        read = (load_set_up(path), Path(path).expanduser().resolve())
        return cls(service, table, set_up=read, **kwargs)

    def save(self, path: str | Path) -> Path:
        """Save what is chosen, where the runs are and how they are looked at, to a small file for `load`; its path.

        Neither tables nor results are in it: the user's table is told by its path and a fingerprint, a result by its
        job. No token ever is.

        Raises
        ------
        SetUpError
            If there is another file of that name, or it cannot be written.
        """
        known: dict[int, Any] = {}
        picker, table = self.file_picker, self.form.table
        # What was chosen and has not answered yet is chosen all the same.
        service = self.service_picker.asked if self.service_picker.busy else self.form.service
        opening = SavedTable(picker.opening) if picker.opening else None
        if table is not None:
            known[id(table)] = saved_table(table, variable=picker.variable, result=picker.result)
        for run in self.runs.runs:
            if run.table is not None and id(run.table) not in known:
                known[id(run.table)] = saved_table(run.table)
        set_up = SetUp(
            service=service_words(service),
            table=opening or (None if table is None else known[id(table)]),
            choices=choices_of(self.form),
            adql=self.editor.own,
            editing=self.editor.editing,
            runs=tuple(saved_run(run, known.get(id(run.table))) for run in self.runs.runs),
            current=self.runs.current.name if self.runs.current is not None else "",
            looks=looks_of(self.results),
        )
        return save_set_up(path, set_up)

    @property
    def result(self) -> Table | None:
        """The result that the table shows, an astropy Table; None while there is none."""
        return None if self.runs.current is None else self.runs.current.result

    def python(self, form: str = "") -> str:
        """What the form (or the edited ADQL) says, as a cell of Python that gives the same rows.

        Parameters
        ----------
        form : "pyvo" or "tapwidget", optional
            Plain pyvo, which runs without tapwidget, or a few lines of tapwidget; as the panel shows it if left out.

        Raises
        ------
        MatchError
            While something is missing in the form, or for another `form`.
        """
        return self._python_of(form or self._python.form.value)()

    def insert_python(self, form: str = "") -> None:
        """Put that into a new cell below the one that calls this.

        Raises
        ------
        MatchError
            As `python`; and where no notebook runs.
        """
        insert_below(self.python(form))

    def _python_of(self, form: str) -> Callable[[], str]:
        return python_of(self.form, self.editor.adql if self.editor.editing else "", written=form)

    def run(self) -> Run:
        """Run what the form (or the edited ADQL) says; returns at once with the new run on the shelf.

        Raises
        ------
        MatchError
            While something is missing in the form.
        """
        run = self._runner.submit(self.editor.adql if self.editor.editing else "")
        self._show_run(run, "your table is on its way to the service")
        return run

    def _show_run(self, run: Run, activity: str) -> None:
        """Have the status tell of this run from now on."""
        self.status.job = None
        self.status.is_error = False
        self.status.message = ""
        self.status.phase = run.phase
        self.status.activity = activity
        run.observe(lambda _: self._run_changed(run), ["job", "phase", "result", "error"])
        self._latest = run

    def _link(self) -> None:
        form = self.form
        for source, name in ((self.service_picker, "service"), (self.file_picker, "table")):
            traitlets.dlink((source, name), (form, name))
        for name in ("roles", "ra", "dec"):
            traitlets.dlink((self.file_picker, name), (form, name))
        for asking in (self.earlier, self.editor):
            traitlets.dlink((form, "service"), (asking, "service"))
        self.earlier.observe(lambda change: self._show_run(change["new"], "asking for the job"), "run")
        self._earlier_line.observe(self._earlier_opened, "is_open")
        form.observe(self._earlier_opened, "service")
        traitlets.dlink((self.service_picker, "tables"), (self.match_form.target_picker, "tables"))
        traitlets.dlink((self.file_picker, "roles"), (self.match_form, "roles"))
        form.observe(self._query_changed)
        for picker in (self.service_picker, self.file_picker):
            picker.observe(self._query_changed, "busy")
        self.runs.observe(lambda _: setattr(self.match_form.constraints, "result", self.result), "current")
        traitlets.dlink((self.runs, "current"), (self.offset_note, "run"))
        traitlets.dlink((self.runs, "current"), (self.unmatched_note, "run"))
        self.editor.observe(lambda change: self._adql_changed(change["name"]), ["adql", "editing"])
        form.observe(lambda _: self._offer_names(), ["target_table", "table", "roles", "ra", "dec", "by"])
        self.service_picker.observe(lambda _: self._offer_names(), "tables")
        traitlets.dlink((self.service_picker, "limits"), (self.editor, "limits"))
        self.run_button.on_click(lambda _: self._run_clicked())
        self._latest: Run | None = None

    def _earlier_opened(self, _change: Any) -> None:
        """Have the list asked for, on a worker, whenever it comes into sight."""
        if self._earlier_line.is_open:
            self.background.post(("earlier", id(self)), self.earlier.refresh)

    def _query_changed(self, _change: Any) -> None:
        self._python.hide()
        self.background.post(("query", id(self)), self._make_query)

    def _make_query(self) -> None:
        """Have the query made anew on a worker: it may need to ask the service for the target's columns."""
        number = self._queries.next()
        pickers = {"the service": self.service_picker, "your table": self.file_picker}
        waited_for = [name for name, picker in pickers.items() if picker.busy]
        if waited_for:
            self._no_query(number, f"Waiting for {' and '.join(waited_for)} ...")
            return
        try:
            match = self.form.match()
        except TapWidgetError as error:
            self._no_query(number, str(error), is_error=not self.form.problem)
            return
        service, table = self.form.service, self.form.table
        self.background.run(
            lambda: make_ready(service, match, table),
            then=lambda ready: self._planned(number, ready),
            failed=lambda error: self._no_query(number, str(error), is_error=True),
        )

    def _planned(self, number: int, ready: Ready) -> None:
        if self._queries.is_current(number):
            self._is_error = False
            self.editor.problem = ""
            self.editor.generated = ready.plan.adql
            self.match_form.changes = ready.plan.changes
            self.match_form.upload = upload_in_words(ready.rows, ready.nbytes, ready.limits)
            self._offer_run()

    def _no_query(self, number: int, problem: str, *, is_error: bool = False) -> None:
        if self._queries.is_current(number):
            self._is_error = is_error
            self.editor.problem = problem
            self.editor.generated = ""
            self.match_form.changes = ()
            self.match_form.upload = ""
            self._offer_run()

    def _offer_names(self) -> None:
        """Tell the editor which tables and columns there are to write about, the upload's once somebody writes."""
        number, is_written = self._names.next(), self.editor.editing
        self.background.run(
            lambda: upload_names(self.form) if is_written else (),
            then=lambda names: self._names_found(number, names),
            failed=lambda _: self._names_found(number, ()),
        )

    def _names_found(self, number: int, names: tuple[str, ...]) -> None:
        if self._names.is_current(number):
            target, tables = self.form.target_table, self.service_picker.tables
            known = [target if target and table.name == target.name else table for table in tables]
            self.editor.tables = (*([upload_table("ut1", names)] if self.form.table is not None else []), *known)

    def _adql_changed(self, name: str) -> None:
        if name == "editing" or self.editor.editing:
            self._python.hide()  # what is shown would no longer be true
        if name == "editing":
            self._offer_names()
        self._offer_run()

    def _offer_run(self) -> None:
        possible = bool(self.editor.adql)
        self._run_line.offer(possible=possible, problem=self.editor.problem, is_error=self._is_error)
        self.copy_button.disabled = not possible

    def _run_clicked(self) -> None:
        try:
            self.run()
        except TapWidgetError as error:
            self.status.is_error = True
            self.status.message = str(error)

    def _run_changed(self, run: Run) -> None:
        if run is not self._latest:
            return
        if run.job is not None and self.status.job is not run.job:
            self.status.job = run.job
        self.status.activity = "fetching the result" if run.phase == "COMPLETED" and run.result is None else ""
        if run.error:
            self.status.phase = run.phase
            self.status.is_error = True
            self.status.activity = ""
            self.status.message = run.error
        elif run.result is not None:
            empty = "" if len(run.result) else nothing_matched(run.match)
            told = [f"{run.name}: {counted(len(run.result), 'row')}", how_it_was_cut(run.result) or empty]
            self.status.message = ". ".join(filter(None, told))

    def _show_rows(self, run: Run, rows: Any) -> None:
        """Select rows of a run's result in the table, and scroll to the first of them that it shows."""
        self.results.check.only_button.value = False
        self.runs.current = run
        table = self.results.table
        table.only_rows = ()
        table.selected_rows = rows
        shown = np.flatnonzero(np.isin(table.rows_shown, rows))
        if len(shown):
            table.go_to(int(shown[0]))

    def _take_set_up(self, set_up: SetUp, path: Path, service: Any = None, table: Any = None) -> None:
        self._restoring = Restoring(
            set_up, path.parent, form=self.form, runner=self._runner, background=self.background,
            service_picker=self.service_picker, file_picker=self.file_picker, match_form=self.match_form,
            editor=self.editor, results=self.results, say=self.set_up.say,
        )  # fmt: skip
        self._restoring.begin(service, table)

    def _match_again(self, match: SkyMatch) -> None:
        """Run what the form says with the upload moved as in `match`."""
        self.form.shift = match.shift
        self._run_clicked()


def step(title: str, *children: ipywidgets.Widget) -> ipywidgets.VBox:
    """One numbered part of the form."""
    box = basic.VBox([basic.HTML(text("tw-title", title)), *children])
    box.add_class("tw-step")
    return box
