"""Which table of the service to match against, and which of its columns to return."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.client.table_search import catalogues
from tapwidget.ivoa.tapschema import Column, Schema, Table
from tapwidget.views import basic
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.style import counted, notes, stylesheet
from tapwidget.views.table_finder import TableFinder
from tapwidget.views.tick_list import Item, TickList

MOST_TABLES = 400  # in the list at a time; VizieR has tens of thousands


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
    finder : TableFinder
        What narrows down the list of tables.
    """

    service = traitlets.Any()
    tables = traitlets.Tuple()
    target = traitlets.Unicode()
    table = traitlets.Any()
    columns = traitlets.Tuple()

    def __init__(
        self, *, target: str = "", tables: Iterable[Table] = (), background: Background | None = None, **kwargs: object
    ) -> None:
        self._background = background or Background()
        self._requests = Latest()
        self._offering = 0  # the thread that renews the list, if one does
        self._pick = basic.Dropdown(
            options=[("-", "")], description="target", disabled=True, tooltip="choose a service first",
            layout={"width": "340px"},
        )  # fmt: skip
        self.finder = TableFinder(self._background)
        self._said = basic.HTML()
        self._usual = basic.Button(description="Principal columns", tooltip="back to the catalogue's own choice")
        self._found = basic.Button(description="Add all found", tooltip="return every column that was found")
        self.ticks = TickList(
            placeholder="find columns by name, unit, UCD or description",
            buttons=(self._usual, self._found),
            in_sight=False,
        )
        self._more = Disclosure("Columns to return", self.ticks)
        traitlets.dlink((self._more, "is_open"), (self.ticks, "in_sight"))
        row = basic.HBox([self._pick, self.finder, self.finder.said, self._said])
        row.add_class("tw-wrap")
        self._wanted = target
        super().__init__([stylesheet(self, self._background), row, self._more], **kwargs)
        self._pick.observe(self._picked, "value")
        self.finder.observe(lambda _: self._offer_tables(), ["found", "narrowed"])
        self.ticks.observe(self._ticked, "chosen")
        self._usual.on_click(lambda _: setattr(self, "columns", ()))
        self._found.on_click(
            lambda _: setattr(self.ticks, "chosen", tuple(dict.fromkeys((*self.ticks.chosen, *self.ticks.found))))
        )
        self.tables = tuple(tables)

    @traitlets.observe("tables")
    def _tables_changed(self, _change: object) -> None:
        wanted, names = self.target or self._wanted, {table.name for table in catalogues(self.tables)}
        self.target = wanted if wanted in names else ""
        self.finder.tables = self.tables
        self._offer_tables()
        self._describe()

    def _offer_tables(self) -> None:
        """List the tables that the search leaves, and the one that is chosen."""
        with self._background.lock:
            found, narrowed = self.finder.found, self.finder.narrowed
            # The chosen one first while something is looked for, and what is found later last: a page tells which
            # place of the list was chosen, and may have the list of a moment ago.
            chosen = [option for option in found if option[1] == self.target]
            if self.target and (narrowed or not chosen):
                chosen = chosen or [(self.target, self.target)]
                options = chosen + [option for option in found if option[1] != self.target][:MOST_TABLES]
            else:
                options = list(found[:MOST_TABLES])
            more = f", the first {MOST_TABLES} listed: search" if len(found) > MOST_TABLES else ""
            head = f"{counted(len(found), 'table')} found{more} ..." if narrowed or more else "Choose a table ..."
            is_known = bool(catalogues(self.tables))
            self._offering = threading.get_ident()
            try:
                self._pick.options = [(head, ""), *options]
                self._pick.disabled = not is_known
                self._pick.tooltip = "the catalogue to match against" if is_known else "choose a service first"
                self._pick.value = self.target if self.tables else ""
            finally:
                self._offering = 0

    @traitlets.observe("service")
    def _service_set(self, _change: object) -> None:
        self.finder.service = self.service
        self._describe()

    def _picked(self, change: dict[str, str]) -> None:
        if threading.get_ident() == self._offering:
            return
        with self._background.lock:  # somebody may choose while the list is renewed
            self.target = change["new"]

    @traitlets.observe("target")
    def _target_set(self, _change: object) -> None:
        self.finder.target = self.target
        if self.tables:
            self._offer_tables()
        elif self.target:
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
        told = "" if table.nrows is None else counted(table.nrows, "row")
        parts = (told, counted(len(table.columns), "column"), table.description, schema_in_words(table.schema))
        self._said.value = notes(" · ".join(part for part in parts if part))
        self.table = table
        self._list_columns()

    def _failed(self, number: int, error: BaseException) -> None:
        if self._requests.is_current(number):
            self.table = None
            self._said.value = notes(str(error), css_class="tw-error")
            self._list_columns()

    def _list_columns(self) -> None:
        columns = self.table.columns if self.table is not None else ()
        self.ticks.items = tuple(
            Item(c.name, c.unit, c.ucd, c.description, c.principal)
            for c in sorted(columns, key=lambda c: not c.principal)
        )
        self._tick()

    def _tick(self) -> None:
        columns = self.table.columns if self.table is not None else ()
        chosen = self.columns or usual_columns(columns)
        self.ticks.chosen = tuple(chosen)
        self._more.title = f"Columns to return: {len(chosen):,} of {len(columns):,}" if columns else "Columns to return"

    def _ticked(self, change: dict[str, tuple[str, ...]]) -> None:
        columns = self.table.columns if self.table is not None else ()
        usual = usual_columns(columns)
        if columns and set(change["new"]) != set(self.columns or usual):
            self.columns = () if set(change["new"]) == set(usual) else change["new"]
            self._tick()  # nothing chosen means the principal ones

    @traitlets.observe("columns")
    def _columns_set(self, _change: object) -> None:
        self._tick()


def schema_in_words(schema: Schema) -> str:
    """The schema that a table is in, with what is said of it; "" where that is not known."""
    name = f"schema {schema.name}" if schema.name else ""
    return f"{name}: {schema.description}" if name and schema.description else name


def usual_columns(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """What a match returns unless somebody chooses: the principal columns, or all where none is marked."""
    principal = tuple(c.name for c in columns if c.principal)
    return principal or tuple(c.name for c in columns)
