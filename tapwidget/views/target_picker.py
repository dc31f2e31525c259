"""Which table of the service to match against, and which of its columns to return."""

from __future__ import annotations

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.style import notes, stylesheet


class TargetPicker(ipywidgets.VBox):
    """Choose the target table and the columns to return.

    Attributes
    ----------
    service : client.Service or None
        Where to look. Link it to `ServicePicker.service`.
    tables : tuple of ivoa.tapschema.Table
        What there is to choose from. Link it to `ServicePicker.tables`.
    target : str
        Qualified name of the chosen table, such as "dp1.Object".
    table : ivoa.tapschema.Table or None
        The chosen table with its columns, once the service has told them.
    columns : tuple of str
        Columns to return; empty means the principal ones.
    """

    service = traitlets.Any()
    tables = traitlets.Tuple()
    target = traitlets.Unicode()
    table = traitlets.Any()
    columns = traitlets.Tuple()

    def __init__(self, *, target: str = "", background: Background | None = None, **kwargs: object) -> None:
        self._background = background or Background()
        self._requests = Latest()
        self._pick = ipywidgets.Dropdown(
            options=[("-", "")], description="target", disabled=True, tooltip="choose a service first",
            layout=ipywidgets.Layout(width="340px"),
        )  # fmt: skip
        self._said = ipywidgets.HTML()
        self._search = ipywidgets.Text(placeholder="find columns by name, unit, UCD or description")
        self._columns = ipywidgets.SelectMultiple(rows=9, layout=ipywidgets.Layout(width="100%"))
        self._usual = ipywidgets.Button(description="Principal columns", tooltip="back to the catalogue's own choice")
        self._more = Disclosure(
            "Columns to return",
            ipywidgets.HBox([self._search, self._usual]),
            self._columns,
            ipywidgets.HTML(notes("Ctrl or Shift with a click, or with the arrow keys, chooses several.")),
        )
        row = ipywidgets.HBox([self._pick, self._said])
        row.add_class("tw-wrap")
        super().__init__([stylesheet(), row, self._more], **kwargs)
        self._wanted = target
        self._pick.observe(self._picked, "value")
        self._search.observe(lambda _: self._list_columns(), "value")
        self._columns.observe(self._chosen, "value")
        self._usual.on_click(self._choose_usual)
        self._listing = False

    @traitlets.observe("tables")
    def _list_tables(self, _change: object) -> None:
        names = [t.name for t in self.tables if not t.name.lower().startswith("tap_schema.")]
        wanted = self.target or self._wanted
        self._pick.unobserve(self._picked, "value")
        self._pick.options = [("Choose a table ...", ""), *((name, name) for name in names)]
        self._pick.disabled = not names
        self._pick.tooltip = "the catalogue to match against" if names else "choose a service first"
        self._pick.value = wanted if wanted in names else ""
        self._pick.observe(self._picked, "value")
        self.target = self._pick.value
        self._describe()

    @traitlets.observe("service")
    def _service_set(self, _change: object) -> None:
        self._describe()

    def _picked(self, change: dict[str, str]) -> None:
        self.target = change["new"]

    @traitlets.observe("target")
    def _target_set(self, _change: object) -> None:
        if self.target in [value for _, value in self._pick.options]:
            self._pick.value = self.target
        elif self.target and not self.tables:
            self._wanted = self.target
        self.columns = ()
        self._describe()

    def _describe(self) -> None:
        number = self._requests.next()
        service, target = self.service, self.target
        if service is None or not target:
            self.table = None
            self._said.value = ""
            self._list_columns()
            return
        self._said.value = notes("reading its columns ...")
        self._background.run(
            lambda: service.table(target),
            then=lambda table: self._described(number, table),
            failed=lambda error: self._failed(number, error),
        )

    def _described(self, number: int, table: Table) -> None:
        if not self._requests.is_current(number):
            return
        rows = f"{table.nrows:,} rows · " if table.nrows is not None else ""
        self._said.value = notes(f"{rows}{len(table.columns):,} columns · {table.description}")
        self.table = table
        self._list_columns()

    def _failed(self, number: int, error: BaseException) -> None:
        if self._requests.is_current(number):
            self.table = None
            self._said.value = notes(str(error), css_class="tw-error")
            self._list_columns()

    def _list_columns(self) -> None:
        columns = self.table.columns if self.table is not None else ()
        words = self._search.value.lower().split()
        chosen = self.columns or usual_columns(columns)
        found = {c.name for c in columns if all(word in searchable(c) for word in words)}
        shown = [c for c in columns if c.name in chosen or c.name in found]
        shown.sort(key=lambda c: (c.name not in found, not c.principal, c.name not in chosen))
        self._listing = True
        try:
            self._columns.value = ()
            self._columns.options = [(label(c), c.name) for c in shown]
            self._columns.value = tuple(c.name for c in shown if c.name in chosen)
        finally:
            self._listing = False
        self._more.title = f"Columns to return: {len(chosen):,} of {len(columns):,}" if columns else "Columns to return"

    def _chosen(self, change: dict[str, tuple[str, ...]]) -> None:
        if not self._listing:
            self.columns = change["new"]
            chosen = len(self.columns) or len(usual_columns(self.table.columns))
            self._more.title = f"Columns to return: {chosen:,} of {len(self.table.columns):,}"

    @traitlets.observe("columns")
    def _columns_set(self, _change: object) -> None:
        if not self._listing and set(self._columns.value) != set(self.columns):
            self._list_columns()

    def _choose_usual(self, _button: object) -> None:
        self.columns = ()
        self._list_columns()


def usual_columns(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """What a match returns unless somebody chooses: the principal columns, or all where none is marked."""
    principal = tuple(c.name for c in columns if c.principal)
    return principal or tuple(c.name for c in columns)


def searchable(column: Column) -> str:
    return f"{column.name} {column.unit} {column.ucd} {column.description}".lower()


def label(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    about = f" - {column.description}" if column.description else ""
    return f"{column.name}{unit}{about}"
