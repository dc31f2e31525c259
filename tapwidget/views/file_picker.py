"""Pick the user's table among the server's files, see how it begins and what its columns mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
import traitlets
from astropy.table import Table

from tapwidget.actions import sources
from tapwidget.actions.background import Background, Latest
from tapwidget.actions.load import Opened, open_table
from tapwidget.state.identity import Identity
from tapwidget.tables.files import as_table
from tapwidget.tables.roles import Roles
from tapwidget.views import basic
from tapwidget.views.bring_file import BringFile
from tapwidget.views.role_picker import RolePicker
from tapwidget.views.style import counted, folded, notes, stylesheet
from tapwidget.views.table_preview import preview

MOST_FILES = 500  # entries listed of one folder; more is said
VARIABLE = "\0"  # before the name of one, among paths: no path has it
RESULT = "\0\0"  # before the name of a run


class FilePicker(ipywidgets.VBox):
    """Choose a table file, or hand over a table; see a preview with the recognised columns.

    Attributes
    ----------
    table : astropy.table.Table or None
        The opened table. May be set to anything that `tapwidget.tables.files.as_table` takes.
    path : str
        The chosen file, also when it could not be opened; empty when the table came from Python.
    roles : tables.roles.Roles or None
        What the columns were recognised as.
    ra, dec : str
        Position columns that the person chose instead of the recognised ones; empty while they did not.
    message : str
        What is going on, or what is wrong with the file.
    busy : bool
        While a table is being opened.
    """

    table = Identity()
    path = traitlets.Unicode()
    roles = traitlets.Any()
    ra = traitlets.Unicode()
    dec = traitlets.Unicode()
    message = traitlets.Unicode()
    busy = traitlets.Bool(False)

    def __init__(
        self,
        table: Any = None,
        *,
        folder: str | Path = ".",
        background: Background | None = None,
        **kwargs: object,
    ) -> None:
        self._background = background or Background()
        self._requests = Latest()
        self._folder = Path(folder).resolve()
        self._shown_table: Table | None = None
        self._variables: dict[str, Any] = {}
        self._results: dict[str, Table] = {}
        self._opening = ""
        self._variable = ""  # the entry of the list that is open, where it is one
        self._pick = basic.Dropdown(description="your table", layout={"width": "340px"})
        self._again = basic.Button(
            icon="refresh", tooltip="look for files and variables again", layout={"width": "36px"}
        )
        self._path = basic.Text(
            placeholder="or type a path, then Enter", continuous_update=False, layout={"width": "260px"}
        )
        self._bring = basic.ToggleButton(
            description="From your computer ...", icon="upload", tooltip="bring a file of any size to this server",
            layout={"width": "auto"},
        )  # fmt: skip
        self._bringing: BringFile | None = None  # made when it is first wanted: not every page can draw it
        self._brought = basic.VBox()
        self._said = basic.HTML()
        self._preview = basic.HTML()
        self.role_picker = RolePicker()
        row = basic.HBox([self._pick, self._again, self._path, self._bring])
        row.add_class("tw-wrap")
        super().__init__(
            [stylesheet(self, self._background), row, self._brought, self._said, self._preview, self.role_picker],
            **kwargs,
        )
        self._pick.observe(self._picked, "value")
        self._path.observe(self._typed, "value")
        self._again.on_click(lambda _: self._list())
        self._bring.observe(self._offer_to_bring, "value")
        traitlets.link((self.role_picker, "ra"), (self, "ra"))
        traitlets.link((self.role_picker, "dec"), (self, "dec"))
        self.role_picker.observe(lambda _: self._show_preview(), ["ra", "dec"])
        self._list()
        if table is not None:
            self.choose(table)

    def choose(self, source: Any) -> None:
        """Open a file, or take a table from Python, in the background."""
        number = self._requests.next()
        self._variable = ""
        self._opening = path_of(source)
        self.message = (
            f"opening {Path(source).name} ..." if isinstance(source, (str, Path)) else "reading the table ..."
        )
        self._said.value = notes(self.message)
        self.busy = True
        self._background.run(
            lambda: open_and_remember(source),
            then=lambda opened: self._opened(number, source, opened),
            failed=lambda error: self._failed(number, source, error),
        )

    def take_result(self, name: str, result: Table) -> None:
        """Open the result of a run as the user's table, and list it under the run's name from now on."""
        own = result.copy(copy_data=False)
        told = own.meta.get("tapwidget")
        # What was done to the upload of that run was not done to this table.
        own.meta["tapwidget"] = {**(told if isinstance(told, dict) else {}), "source": name, "changes": []}
        self._results[name] = own
        self._list()
        self._open_listed(RESULT + name)

    @property
    def opening(self) -> str:
        """The path of the file that is being opened just now, or empty."""
        return self._opening if self.busy else ""

    @property
    def variable(self) -> str:
        """The variable of the notebook that the table is, or empty."""
        return "" if self._variable.startswith(RESULT) else self._variable.lstrip(VARIABLE)

    @property
    def result(self) -> str:
        """The name of the run whose result the table is, or empty."""
        return self._variable.lstrip(VARIABLE) if self._variable.startswith(RESULT) else ""

    def open_variable(self, name: str) -> bool:
        """Open a table of the notebook by its name; False if there is none."""
        self._list()
        if name in self._variables:
            self._open_listed(VARIABLE + name)
        return name in self._variables

    def _open_listed(self, chosen: str) -> None:
        """Open what has no path: a variable of the notebook, the result of a run."""
        is_result = chosen.startswith(RESULT)
        name = chosen.lstrip(VARIABLE)
        self.choose(self._results[name] if is_result else self._variables[name])
        self._variable = chosen
        self._show_path()

    def _offer_to_bring(self, change: dict[str, Any]) -> None:
        if self._bringing is None:
            self._bringing = BringFile(self._folder, self._came, self._background)
        self._brought.children = (self._bringing,) if change["new"] else ()

    def _came(self, path: str) -> None:
        self._list()
        self.choose(path)

    def _list(self) -> None:
        """List what can be opened in the folder: local files only, no network."""
        if self._bringing is not None:
            self._bringing.zone.folder = str(self._folder)
        found = sources.look_into(self._folder)
        self._variables = sources.variables(sources.notebook())
        options = [(f"Choose a file in {self._folder.name or '/'} ...", "")]
        options += [(f"{p.name}   ({size(p)})", str(p)) for p in found.files[:MOST_FILES]]
        options += [(f"{name}   (variable, {counted(len(value), 'row')})", VARIABLE + name)
                    for name, value in self._variables.items()]  # fmt: skip
        options += [(f"{name}   (result, {counted(len(value), 'row')})", RESULT + name)
                    for name, value in self._results.items()]  # fmt: skip
        others = [path for path in sources.recent() if path not in found.files]
        options += [(f"{path.name}   (opened lately, in {path.parent})", str(path)) for path in others]
        options += [(f"{p.name}/", str(p)) for p in found.folders[:MOST_FILES]]
        if sources.RUBIN_TUTORIAL_DATA.is_dir():
            options.append(("Rubin's tutorial data/", str(sources.RUBIN_TUTORIAL_DATA)))
        options.append(("../  (the folder above)", str(self._folder.parent)))
        self._pick.unobserve(self._picked, "value")
        self._pick.options = options
        self._pick.observe(self._picked, "value")
        self._show_path()
        if len(found.files) > MOST_FILES:
            self._said.value = notes(
                f"The first {MOST_FILES} of {len(found.files):,} files are listed; type the path of another."
            )

    def _show_path(self) -> None:
        """Show in the list what of it is open, without opening it again."""
        chosen = self.path or self._variable
        listed = chosen if chosen in [value for _, value in self._pick.options] else ""
        self._pick.unobserve(self._picked, "value")
        self._pick.value = listed
        self._pick.observe(self._picked, "value")

    def _picked(self, change: dict[str, str]) -> None:
        chosen = change["new"]
        if chosen.startswith((VARIABLE, RESULT)):
            self._open_listed(chosen)
        elif chosen and Path(chosen).is_dir():
            self._folder = Path(chosen)
            self._list()
        elif chosen:
            self.choose(chosen)

    def _typed(self, change: dict[str, str]) -> None:
        chosen = Path(change["new"].strip()).expanduser()
        if not change["new"].strip():
            return
        if (self._folder / chosen).exists():  # of the folder that is shown; a whole path stays what it is
            chosen = self._folder / chosen
        if chosen.is_dir():
            self._folder = chosen.resolve()
            self._list()
        else:
            self.choose(str(chosen))

    def _opened(self, number: int, source: Any, opened: Opened) -> None:
        if not self._requests.is_current(number):
            return
        if path_of(source) and path_of(source) not in [value for _, value in self._pick.options]:
            self._list()  # written meanwhile, or among the recent ones by now
        self.message = f"{counted(len(opened.table), 'row')} · {counted(len(opened.table.colnames), 'column')}"
        changes = folded(f"{len(opened.changes)} things were done to read it rightly", opened.changes)
        warnings = notes(*opened.roles.warnings, css_class="tw-warning")
        self._said.value = notes(self.message) + changes + warnings
        self.role_picker.offer(opened.table, opened.roles)
        self._shown_table = opened.table
        with self.hold_trait_notifications():
            self.busy = False
            self.path = path_of(source)
            self.roles = opened.roles
            self.table = opened.table
        self._show_path()
        self._show_preview()

    def _failed(self, number: int, source: Any, error: BaseException) -> None:
        if not self._requests.is_current(number):
            return
        self.message = str(error)
        self._said.value = notes(self.message, css_class="tw-error")
        self.role_picker.offer(None, None)
        with self.hold_trait_notifications():
            self.busy = False
            self.path = path_of(source)
            self.roles = None
            self.table = None
        self._show_path()
        self._preview.value = ""

    def _show_preview(self) -> None:
        roles: Roles | None = self.roles
        if self.table is None or roles is None:
            self._preview.value = ""
            return
        self._preview.value = preview(self.table, self.role_picker.named_roles())

    @traitlets.validate("table")
    def _as_table(self, proposal: dict[str, Any]) -> Table | None:
        given = proposal["value"]
        return given if given is None or isinstance(given, Table) else as_table(given)

    @traitlets.observe("table")
    def _table_set(self, change: dict[str, Any]) -> None:
        if change["new"] is not None and change["new"] is not self._shown_table:
            self.choose(change["new"])


def open_and_remember(source: Any) -> Opened:
    """Open a table; a file that could be opened comes among the recent ones."""
    opened = open_table(source)
    if path_of(source):
        sources.remember(Path(path_of(source)))
    return opened


def path_of(source: Any) -> str:
    """The file's whole path; empty for a table that came from Python."""
    return str(Path(source).expanduser().resolve()) if isinstance(source, (str, Path)) else ""


def size(path: Path) -> str:
    """How big a file is, for people."""
    count = float(path.stat().st_size)
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
