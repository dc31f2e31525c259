"""A saved set-up put back into the widgets of an app, step by step as the service and the file answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from astropy import units as u

from tapwidget.actions.background import Background
from tapwidget.actions.run import Runner
from tapwidget.actions.set_up import FoundTable, find_table, found_job, is_same_table, service_words
from tapwidget.client.services import sends_token
from tapwidget.match.record import from_record
from tapwidget.state.form import Form
from tapwidget.state.runs import Run
from tapwidget.state.set_up import SavedRun, SetUp
from tapwidget.views.adql_editor import AdqlEditor
from tapwidget.views.file_picker import FilePicker
from tapwidget.views.looks import put_back
from tapwidget.views.match_form import MatchForm
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.service_picker import ServicePicker

AT_ONCE = ("by", "find", "neighbours", "unmatched", "clean", "ignore_case")
WAITS_FOR = {
    "service": "the service",
    "table": "your table",
    "target": "the list of its tables",
    "columns": "the columns of the target",
    "sides": "the columns of both sides, for the radius, the identifiers and the epoch",
    "where": "the columns, for the constraints",
    "runs": "the service, for the results",
}


class Restoring:
    """What is left to be done of one set-up. It goes on by itself, also when a service or a table comes later.

    Parameters
    ----------
    folder : Path
        Where the set-up's file lies: a table that is not where it was may lie beside it.
    say : callable
        Gets two tuples of sentences whenever they change: what could not be restored, and what is still waited for.
    """

    def __init__(
        self, set_up: SetUp, folder: Path, *, form: Form, runner: Runner, background: Background,
        service_picker: ServicePicker, file_picker: FilePicker, match_form: MatchForm, editor: AdqlEditor,
        results: ResultsPanel,
        say: Callable[[tuple[str, ...], tuple[str, ...]], None],
    ) -> None:  # fmt: skip
        self._set_up, self._folder, self._say = set_up, folder, say
        self._form, self._runner, self._background = form, runner, background
        self._results = results
        self._services, self._files, self._match, self._editor = service_picker, file_picker, match_form, editor
        self._runs: list[tuple[SavedRun, Run]] = []
        self._problems: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._has_no_table = set_up.table is None  # as far as is known
        self._watched = [
            (service_picker, ["busy", "service"]),
            (file_picker, ["busy", "table"]),
            (form, ["target", "target_table", "table"]),
        ]

    def begin(self, service: Any = None, table: Any = None) -> None:
        """Put back what needs nobody's answer, and ask for the rest. `service` and `table` are taken if given."""
        saved, choices = self._set_up, self._set_up.choices
        for name in AT_ONCE:
            setattr(self._form, name, choices[name])
        if isinstance(choices["radius"], u.Quantity):
            self._form.radius = choices["radius"]
        self._match.target_picker.target = ""
        if saved.adql:
            self._editor.restore(saved.adql, editing=saved.editing)
        self._waiting = {"service", "target", "columns", "sides", "where", "looks"}
        for source, names in self._watched:
            source.observe(self._changed, names)
        self._put_runs()
        self._ask_service(service)
        self._ask_table(table)
        self._tell()

    def _ask_service(self, given: Any) -> None:
        words = self._set_up.service
        if given is not None:
            self._services.choose(given)
        elif words and not sends_token(words):
            self._services.choose(words)
        elif words:
            self._problems["service"] = (
                f"The set-up names {words}, which would get the token of this environment. If you trust it, choose it "
                "above: the rest follows."
            )
        else:
            self._problems["service"] = "The set-up was saved without a service: choose one above."

    def _ask_table(self, given: Any) -> None:
        saved = self._set_up.table
        self._has_no_table = False
        if given is not None or saved is not None:
            self._waiting.add("table")
        if given is not None:
            self._files.choose(given)
        elif saved is None:
            self._has_no_table = True
        elif saved.result and any(run.name == saved.result and run.job for run in self._set_up.runs):
            pass  # comes with that run
        elif not (saved.variable and self._files.open_variable(saved.variable)):
            self._background.run(
                lambda: find_table(saved, self._folder),
                then=self._table_found,
                failed=lambda error: self._table_found(FoundTable(None, str(error))),
            )

    def _table_found(self, found: FoundTable) -> None:
        if found.source is not None:
            self._files.choose(found.source)
            return
        self._problems["table"] = found.why
        self._has_no_table = True
        self._step()

    def _put_runs(self) -> None:
        """All runs onto the shelf, by name and in order; their results come when the service answers."""
        shelf = self._runner.runs
        there = {run.job_url for run in shelf.runs}
        for saved in self._set_up.runs:
            if saved.job and saved.job in there:
                continue
            match = None if saved.match is None else from_record(saved.match)
            run = shelf.add(match=match, adql=saved.adql, job_url=saved.job, visible=saved.visible, phase="UNKNOWN")
            shelf.rename(run, saved.name)
            self._runs.append((saved, run))
            run.observe(self._changed, ["result", "error"])
        if self._runs:
            self._waiting.add("runs")

    def _changed(self, _change: Any) -> None:
        self._background.post(("restore", id(self)), self._step)

    def _step(self) -> None:
        """Do what can be done now. Every part is done once."""
        form = self._form
        if "service" in self._waiting and not self._services.busy and form.service is not None:
            self._done("service")
            self._problems.pop("service", None)
        if "table" in self._waiting and not self._files.busy and form.table is not None:
            self._done("table")
            self._problems.pop("table", None)
            self._has_no_table = False
            self._look_at_table()
        if "target" in self._waiting and "service" not in self._waiting:
            self._choose_target()
        if "runs" in self._waiting and "service" not in self._waiting:
            self._done("runs")
            for saved, run in self._runs:
                run.service = form.service if service_words(form.service) == saved.service else None
                find = partial(found_job, saved, form.service, self._folder)
                self._runner.restore(run, find, shown=saved.name == self._set_up.current)
        has_target = form.target_table is not None and form.target_table.name.lower() == form.target.lower()
        has_table = form.table is not None and "table" not in self._waiting
        if "target" not in self._waiting and has_target and self._done("columns"):
            self._choose_columns()
        if "target" not in self._waiting and has_target and has_table and self._done("sides"):
            self._fill_sides()
        if "target" not in self._waiting and has_target and (has_table or self._has_no_table) and self._done("where"):
            self._match.constraints.constraints = list(self._set_up.choices["where"])
        self._open_result()
        self._put_looks(has_table=has_table)
        self._tell()
        if not self._waiting:
            for source, names in self._watched:
                source.unobserve(self._changed, names)
            self._watched = []

    def _done(self, part: str) -> bool:
        """Whether it had still to be done."""
        waited = part in self._waiting
        self._waiting.discard(part)
        return waited

    def _choose_target(self) -> None:
        """The target is known by now to be there, or not to be."""
        wanted = self._set_up.choices["target"]
        self._done("target")
        names = {table.name for table in self._services.tables}
        if wanted and wanted not in names:
            self._problems["target"] = f"The service has no table {wanted} (any more): choose another target."
        elif wanted:
            self._match.target_picker.target = wanted
            return
        self._waiting -= {"columns", "sides"}
        if self._done("where"):
            self._match.constraints.constraints = list(self._set_up.choices["where"])

    def _choose_columns(self) -> None:
        wanted = self._set_up.choices["columns"]
        names = {column.name for column in self._form.target_table.columns}
        lacking = [name for name in wanted if name not in names and name != "*"]
        if lacking:
            self._problems["columns"] = f"{self._form.target} has no column {', '.join(lacking)} (any more)."
        self._match.target_picker.columns = tuple(name for name in wanted if name not in lacking)

    def _look_at_table(self) -> None:
        """The position columns, and whether it is the table that was saved."""
        choices, saved, table = self._set_up.choices, self._set_up.table, self._form.table
        if choices["ra"] and not self._files.role_picker.choose(choices["ra"], choices["dec"]):
            self._problems["position"] = f"Your table has no columns {choices['ra']} and {choices['dec']}."
        if saved is None:
            return

        def same(is_it: bool) -> None:
            if not is_it:
                self._trouble("changed", "Your table is not what it was when the set-up was saved.")
                return
            for of_run, run in self._runs:
                if of_run.table is not None and of_run.table.fingerprint == saved.fingerprint:
                    run.table = table

        self._background.run(
            lambda: is_same_table(saved, table), then=same, failed=lambda error: self._trouble("changed", str(error))
        )

    def _fill_sides(self) -> None:
        """What is made of columns of both sides."""
        form, choices = self._form, self._set_up.choices
        if any(choices["on"]):
            lacking = self._match.choose_identifiers(*choices["on"])
            if lacking:
                self._problems["on"] = f"There is no column {', '.join(lacking)} to match by."
        if choices["radius"] is not None and not isinstance(choices["radius"], u.Quantity):
            form.radius = choices["radius"]
        if choices["epoch"] is not None and not self._match.epoch.take(choices["epoch"]):
            self._problems["epoch"] = "Your positions are not carried as they were: look at the epochs."
        form.shift = choices["shift"]

    def _open_result(self) -> None:
        """The user's table, where it was the result of a run."""
        saved = self._set_up.table
        if saved is None or not saved.result or "table" not in self._waiting or self._files.busy or self._has_no_table:
            return
        for of_run, run in self._runs:
            if of_run.name == saved.result and run.result is not None:
                self._files.take_result(run.name, run.result)
            elif of_run.name == saved.result and run.error:
                self._trouble("table", f"Your table was the result of {run.name}, which is not here any more.")
                self._has_no_table = True

    def _put_looks(self, *, has_table: bool) -> None:
        """How the results were looked at, once all are there that will come: the plots are of all of them."""
        missing = self._waiting & {"service", "runs"} or not (has_table or self._has_no_table)
        if missing or any(run.result is None and not run.error for _, run in self._runs) or not self._done("looks"):
            return
        current = self._runner.runs.current
        is_shown = current is not None and current.name == self._set_up.current
        said = (*self._set_up.looks.lost, *put_back(self._set_up.looks, self._results, table=is_shown))
        if said:
            self._problems["looks"] = " ".join(said)

    def _trouble(self, part: str, sentence: str) -> None:
        self._problems[part] = sentence
        self._tell()

    def _tell(self) -> None:
        lost = [f"{run.name}: {run.error.splitlines()[0]}" for _, run in self._runs if run.error]
        coming = [f"the result of {run.name}" for _, run in self._runs if not run.error and run.result is None]
        waiting = [WAITS_FOR[part] for part in WAITS_FOR if part in self._waiting and part != "runs"]
        self._say((*self._problems.values(), *lost), (*waiting, *coming))
