"""Which tables of a service to choose from: those of a schema, those that words are found in."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.client.table_search import Columns, FoundTables, catalogues, folded, split, tables_found
from tapwidget.ivoa.tapschema import Column, Table
from tapwidget.views import basic
from tapwidget.views.style import counted, notes

PAUSE = 0.4  # seconds without another key, after which the service is asked for columns
SHORTEST = 2  # letters: nearly every column has any one letter
MOST_NAMED = 3  # columns of a table that say why it was found
MOST_SCHEMAS = 400  # in the list; others are found by words
LONGEST = 60  # signs of a description in a list


class TableFinder(ipywidgets.HBox):
    """A list of the schemas, and a box for words of tables, schemas and columns.

    Attributes
    ----------
    service : client.Service or None
        Where columns are looked for.
    tables : tuple of ivoa.tapschema.Table
        What there is; tables that describe the others are left out.
    target : str
        Name of the table that is chosen: what its schema is stands beside it already.
    found : tuple of (str, str)
        What is left of them: what to call it in a list, with the columns that it was found by, and its name.
    narrowed : bool
        Whether something is looked for.
    said : ipywidgets.HTML
        What is going on, to be shown somewhere.
    """

    service = traitlets.Any()
    tables = traitlets.Tuple()
    target = traitlets.Unicode()
    found = traitlets.Tuple()
    narrowed = traitlets.Bool(False)

    def __init__(self, background: Background, **kwargs: object) -> None:
        self._background = background
        self._requests = Latest()
        self._answer = FoundTables()
        self._state: tuple[str, str] | None = ("", "")  # of the search among columns, and its CSS class; None: answered
        self.said = basic.HTML()
        self.schema = basic.Dropdown(
            options=[("all", "")], value="", description="schema", tooltip="list the tables of one schema only",
            layout=ipywidgets.Layout(width="220px", display="none"),
        )  # fmt: skip
        self.words = basic.Text(
            placeholder="find tables by words or columns",
            tooltip="words of a table's name, description or schema, or of the name, description or UCD of its columns",
            layout={"width": "260px"},
        )
        super().__init__([self.schema, self.words], **kwargs)
        self.add_class("tw-wrap")
        self.schema.observe(self._look, "value")
        self.words.observe(lambda _: self._search(), "value")

    @traitlets.observe("tables")
    def _tables_changed(self, _change: object) -> None:
        """Offer their schemas, where there are several."""
        schemas: dict[str, list[Table]] = {}
        for table in catalogues(self.tables):
            schemas.setdefault(table.schema.name, []).append(table)
        listed = [(f"{name}{_told(own)}", name) for name, own in schemas.items() if name][:MOST_SCHEMAS]
        more = f", {MOST_SCHEMAS} listed" if len(schemas) > MOST_SCHEMAS else ""
        chosen = self.schema.value if self.schema.value in [name for _, name in listed] else ""
        self.schema.options = [(f"all {len(schemas):,} schemas{more}", ""), *listed]
        self.schema.value = chosen
        self.schema.layout.display = None if len(schemas) > 1 and listed else "none"
        self._search()

    @traitlets.observe("service")
    def _service_set(self, _change: object) -> None:
        self._search()

    def _search(self) -> None:
        """Look among the tables at once, and among all columns of the service when nobody types any more."""
        with self._background.lock:
            number, text, service = self._requests.next(), self.words.value, self.service
            self._answer, self._state = FoundTables(), ("", "")
            if service is not None and self.tables and any(len(word) >= SHORTEST for word in split(text)):
                self._state = ("searching columns ...", "tw-note")
                self._background.rest(("columns", id(self)), PAUSE, lambda: self._ask(number, service, text))
            self._look()

    def _ask(self, number: int, service: Any, text: str) -> None:
        if self._requests.is_current(number):
            self._background.run(
                lambda: service.find_tables(text),
                then=lambda found: self._answered(number, found),
                failed=lambda error: self._failed(number, error),
            )

    def _answered(self, number: int, found: FoundTables) -> None:
        if self._requests.is_current(number):
            self._answer, self._state = found, None
            self._look()

    def _failed(self, number: int, error: BaseException) -> None:
        if self._requests.is_current(number):
            self._state = (f"Columns could not be searched: {error}", "tw-error")
            self._look()

    @traitlets.observe("target")
    def _look(self, _change: object = None) -> None:
        """List what is found by now."""
        with self._background.lock:
            words, schema = folded(split(self.words.value)), self.schema.value
            own = {t.name: t for t in catalogues(self.tables) if not schema or t.schema.name == schema}
            columns = {f.table.name: f.columns for f in self._answer.tables if f.columns and f.table.name in own}
            message, css_class = self._state or (_in_words(columns, self._answer), "tw-note")
            told = next(iter(own.values())).schema.description if schema and self.target not in own else ""
            self.said.value = notes(f"{schema}: {told}" if told else "") + notes(message, css_class=css_class)
            self.narrowed = bool(words or schema)
            self.found = tuple(
                (label(table, columns.get(table.name, ()), words), table.name)
                for table in tables_found(own.values(), words, columns)
            )


def label(table: Table, columns: tuple[Column, ...], words: tuple[str, ...]) -> str:
    """What to call a table in a list: its name, and the columns that it was found by."""
    named = [_why(column, words) for column in columns[:MOST_NAMED]]
    more = f" and {len(columns) - MOST_NAMED:,} more" if len(columns) > MOST_NAMED else ""
    return f"{table.name}  ({', '.join(named)}{more})" if named else table.name


def _why(column: Column, words: tuple[str, ...]) -> str:
    """A column that was found: by its name, else by its UCD or description, which is told too."""
    if any(word in column.name.casefold() for word in words):
        return column.name
    by_ucd = any(word in column.ucd.casefold() for word in words)
    return f"{column.name}: {column.ucd if by_ucd else _clipped(column.description)}"


def _told(tables: list[Table]) -> str:
    """What is told of a schema, by its tables, behind its name."""
    description = _clipped(tables[0].schema.description)
    return f" · {counted(len(tables), 'table')}" + (f" · {description}" if description else "")


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()} ..."


def _in_words(columns: Columns, found: FoundTables) -> str:
    number = sum(map(len, columns.values()))
    if found.overflow:
        told = "The service may not have told all columns that match, and tables may be missing here: type more."
    elif not number:
        told = "No column matches."
    else:
        told = f"{counted(number, 'column')} of {counted(len(columns), 'table')} match{'es' if number == 1 else ''}."
    case = " This service tells upper from lower case in them." if found.minds_case else ""
    return told + case
