"""Delimited text: CSV, TSV, semicolons, bars, blanks; SkyServer's `#Table1`; spreadsheets' titles and empty records.

The lines are cut by pyarrow, every field as text, and typed by `values.typed`: one way for files of all sizes.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from astropy.table import Table

from tapwidget.errors import FileFormatError
from tapwidget.tables.formats.layout import DELIMITERS, HEAD, Layout, find_layout, rows_of, unique_names
from tapwidget.tables.formats.outcome import Outcome, count, listing
from tapwidget.tables.formats.values import MISSING, Notes, typed


def decoded(data: bytes, name: str) -> tuple[bytes, list[str], str]:
    """The file as UTF-8 without byte-order mark and with newlines; sentences; the encoding as Python names it."""
    changes: list[str] = []
    encoding = ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data, encoding = data.decode("utf-16", "replace").encode(), "utf-16"
        changes.append("The text is UTF-16.")
    elif data.startswith(codecs.BOM_UTF8):
        data, encoding = data[len(codecs.BOM_UTF8) :], "utf-8-sig"
        changes.append("The byte-order mark before the first column's name was taken off.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        encoding = "latin-1"
        changes.append(
            f"The text is not UTF-8 (line {line}): read as Latin-1. If names look odd, save the file as UTF-8 again."
        )
        data = data.decode("latin-1").encode()
    if b"\x00" in data:
        raise FileFormatError(f"{name} is a binary file, or broken: it has null bytes in the middle of text.")
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    return data, changes, encoding


def read_delimited(data: bytes, name: str, *, table: int | str | None = None) -> Outcome:
    """The table in a delimited text.

    Raises
    ------
    FileFormatError
        No columns can be made out; a line has more or fewer values than the header names (says which).
    """
    data, changes, encoding = decoded(data, name)
    data, more, first_line, several = _section(data, name, table)
    changes += more
    layout = find_layout(data, name)
    changes += layout.changes
    if layout.delimiter == " ":
        body = b"\n".join(b" ".join(line.split()) for line in data[layout.start :].splitlines())
    else:
        body = data[layout.start :]
    names, renamed = unique_names(layout.names)
    changes += renamed
    columns, left_out = _cut(body, names, layout, name, first_line)
    changes += left_out
    notes = Notes()
    result = Table(
        [typed(n, text, notes, decimal_comma=layout.delimiter == ";") for n, text in columns.items()], copy=False
    )
    changes += notes.sentences()
    if len(result) == 0:
        changes.append(f"{name} has a header with {count(len(names), 'column')} and no rows.")
    kind = DELIMITERS.get(layout.delimiter, "text with blanks")
    outcome = Outcome(result, "SkyServer CSV" if layout.comment else kind, changes)
    plain = layout.plain and not renamed and not notes.special and not several and not notes.rounded and len(result)
    if plain and layout.delimiter in {",", ";", "\t", " "}:
        outcome.call, outcome.texts, outcome.words = _call(layout, encoding), columns, _words(notes)
    return outcome


def _call(layout: Layout, encoding: str) -> str:
    """The same with astropy alone."""
    form = {",": "ascii.csv", ";": "ascii.csv", "\t": "ascii.tab", " ": "ascii.basic"}[layout.delimiter]
    call = f'Table.read(PATH, format="{form}"'
    if layout.delimiter == ";":
        call += ', delimiter=";"'
    if layout.comment:
        call += ', comment="#"'
    if encoding:
        call += f', encoding="{encoding}"'
    return f"{call})"


def _words(notes: Notes) -> list[tuple[str, ...]]:
    """The words that mean "missing", as astropy's `fill_values` wants them; for the columns where they do."""
    return [
        (word, "0") if word in MISSING else (word, "0", *columns) for word, columns in notes.missing.items() if word
    ]


def _section(data: bytes, name: str, table: int | str | None) -> tuple[bytes, list[str], int, bool]:
    """The one table asked for, where SkyServer put several (`#Table1`, `#Table2`) into one file."""
    marks = (
        [m.start() for m in re.finditer(rb"^#Table\d+\s*$", data, re.M)]
        if data[:HEAD].lstrip().startswith(b"#Table")
        else []
    )
    if len(marks) < 2:
        if table not in {None, 0, 1, "Table1"}:
            raise FileFormatError(f"{name} holds one table only: leave out table={table!r}.")
        return data, [], 1, False
    which = table if isinstance(table, int) else int(str(table or "1").lower().removeprefix("table") or 1)
    if not 1 <= which <= len(marks):
        raise FileFormatError(f"{name} holds {len(marks)} tables: choose table=1 to {len(marks)}, not {table!r}.")
    stop = marks[which] if which < len(marks) else len(data)
    said = f"The file holds {len(marks)} tables: this is number {which}; choose another with table=2 and so on."
    return data[marks[which - 1] : stop], [said], data.count(b"\n", 0, marks[which - 1]) + 1, True


def _cut(body: bytes, names: list[str], layout: Layout, name: str, first_line: int) -> tuple[dict[str, Any], list[str]]:
    """Each column as a pyarrow array of text, and what was left out."""
    changes: list[str] = []
    if not body.strip():
        return {n: pa.array([], pa.string()) for n in names}, changes
    wrong: list[Any] = []

    def handle(row: Any) -> str:
        wrong.append(row)
        return "skip"

    first_rows = rows_of(body[:HEAD].decode("utf-8", "ignore").splitlines()[:3], layout.delimiter)
    trailing = (
        layout.delimiter != " " and first_rows and all(len(r) == len(names) + 1 and not r[-1] for r in first_rows)
    )
    width = [*names, "\0trailing"] if trailing else names
    try:
        cut = pacsv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=pacsv.ReadOptions(column_names=width, block_size=1 << 24),
            parse_options=pacsv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=b'"' in body, invalid_row_handler=handle
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(width, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise FileFormatError(
            f"{name} cannot be read as {DELIMITERS.get(layout.delimiter, 'text')}: {error}."
        ) from error
    comments = [row for row in wrong if row.text.lstrip().startswith("#")]
    if len(comments) < len(wrong):
        raise _ragged(body, names, layout, name, first_line)
    if comments:
        changes.append(f"{count(len(comments), 'comment line')} between the rows left out.")
    columns = dict(zip(names, cut.columns, strict=False))
    if b'"' in body:
        changes += _line_breaks(columns, body, name)
    if trailing:
        changes.append("Each line ends with one delimiter too many: the empty column after the last was left out.")
    blank = None
    for column in columns.values():
        empty = pc.equal(pc.utf8_trim_whitespace(column), "")
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return columns, changes
    dropped = pc.sum(blank).as_py()
    changes.append(f"{count(dropped, 'empty record')} left out.")
    keep = pc.invert(blank)
    return {n: column.filter(keep) for n, column in columns.items()}, changes


def _line_breaks(columns: dict[str, Any], body: bytes, name: str) -> list[str]:
    """A sentence on values that go over several lines; an error where a quote swallowed the rest of the file."""
    broken = [n for n, c in columns.items() if pc.any(pc.match_substring(c, "\n")).as_py()]
    if not broken:
        return []
    last = list(columns.values())[-1]
    value = last[-1].as_py() if len(last) else ""
    if "\n" in value and not body.rstrip().endswith(b'"'):
        lines = value.strip().count("\n") + 1
        raise FileFormatError(
            f"A quote is opened {count(lines, 'line')} before the end of {name} and never closed: "
            f"“{' '.join(value.split())[:60]}”. Close it or take it out; or the file was cut off, then get it again."
        )
    return [f"{listing(broken)} has line breaks within its values, between quotes."]


def _ragged(body: bytes, names: list[str], layout: Layout, name: str, first_line: int) -> FileFormatError:
    """The error for the first line with too many or too few values."""
    reader = csv.reader(io.StringIO(body.decode()), delimiter=layout.delimiter)
    for row in reader:
        if row and len(row) != len(names) and not row[0].lstrip().startswith("#"):
            line = first_line + layout.header_line + reader.line_num - 1
            remedy = "Correct that line (text with the delimiter in it needs quotes), or export the table again."
            if layout.delimiter == " ":
                remedy = (
                    "If its columns have fixed widths, a CDS table needs its ReadMe in the same folder; any other is "
                )
                remedy += "best read with astropy's ascii.fixed_width, and the table handed over."
            shown = " ".join(layout.delimiter.join(row).split())[:80]
            there = f"{count(len(row), 'value')} where there are {count(len(names), 'column')}"
            return FileFormatError(f"Line {line} of {name} has {there}: “{shown}”. {remedy}")
    return FileFormatError(f"The lines of {name} do not all have the same number of values.")
