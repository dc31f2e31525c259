"""Delimited text: CSV, TSV, semicolons, bars, blanks; SkyServer's `#Table1`; spreadsheets' titles and empty records.

The lines are cut by pyarrow, every field as text, and typed by `values.typed`: one way for files of all sizes.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from astropy.table import Table

from tapwidget.errors import FileFormatError
from tapwidget.tables.formats.outcome import Outcome, count, listing
from tapwidget.tables.formats.values import MISSING, MISSING_NUMBER, Notes, typed

DELIMITERS = {",": "CSV", "\t": "TSV", ";": "CSV with semicolons", "|": "text with bars"}
REFUSAL = re.compile(r"^(no|error|sorry|invalid|failed|unknown|access|please|your|the|there) .*", re.I)
HEAD = 1 << 16


@dataclass(frozen=True)
class Layout:
    """Where the columns are: the delimiter, the names, and the offset of the first byte of data."""

    delimiter: str
    names: list[str]
    start: int
    header_line: int
    changes: list[str]
    plain: bool
    comment: bool = False


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
    layout = _layout(data, name)
    changes += layout.changes
    if layout.delimiter == " ":
        body = b"\n".join(b" ".join(line.split()) for line in data[layout.start :].splitlines())
    else:
        body = data[layout.start :]
    names, renamed = unique_names(layout.names)
    changes += renamed
    columns = _cut(body, names, layout, name, first_line, changes)
    notes = Notes()
    result = Table(
        [typed(n, text, notes, decimal_comma=layout.delimiter == ";") for n, text in columns.items()], copy=False
    )
    changes += notes.sentences()
    if len(result) == 0:
        changes.append(f"{name} has a header with {count(len(names), 'column')} and no rows.")
    kind = DELIMITERS.get(layout.delimiter, "text with blanks")
    call = ""
    plain = layout.plain and not renamed and not notes.special and not several and not notes.rounded and len(result)
    if plain and layout.delimiter in {",", ";", "\t", " "}:
        call = _call(layout, notes, encoding)
    return Outcome(result, "SkyServer CSV" if layout.comment else kind, changes, call)


def _call(layout: Layout, notes: Notes, encoding: str) -> str:
    """The same with astropy alone."""
    form = {",": "ascii.csv", ";": "ascii.csv", "\t": "ascii.tab", " ": "ascii.basic"}[layout.delimiter]
    call = f'Table.read(PATH, format="{form}"'
    if layout.delimiter == ";":
        call += ', delimiter=";"'
    if layout.comment:
        call += ', comment="#"'
    if encoding:
        call += f', encoding="{encoding}"'
    words: list[tuple[str, ...]] = [("", "0")] if "" in notes.missing or any(notes.missing.values()) else []
    for word, columns in notes.missing.items():
        if word in MISSING_NUMBER or word in MISSING[1:]:
            words.append((word, "0", *columns))
    return call + (f", fill_values={words!r})" if words else ")")


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


def _layout(data: bytes, name: str) -> Layout:
    lines = data[:HEAD].decode("utf-8", "ignore").splitlines(keepends=True)
    if len(data) > HEAD and len(lines) > 1:
        lines.pop()
    skipped = 0
    commented = ""
    while skipped < len(lines) and (not lines[skipped].strip() or lines[skipped].lstrip().startswith("#")):
        commented = lines[skipped].strip() or commented
        skipped += 1
    body = lines[skipped:]
    skyserver = commented.startswith("#Table")
    header_in_comment = commented.lstrip("#").strip() if commented and not skyserver else ""
    if not body:
        if header_in_comment:
            body, header_in_comment = [header_in_comment], ""
        else:
            raise FileFormatError(f"{name} holds no table, only “{commented[:80]}”.")
    delimiter = _delimiter(body, name)
    rows = _rows(body[:40], delimiter)
    changes: list[str] = []
    plain = not commented or skyserver
    if skyserver:
        changes.append(f"The line “{commented}” before the header was left out.")
    names, used = rows[0], 1
    if header_in_comment:
        named = _rows([header_in_comment], delimiter)[0]
        if len(named) == len(names):
            return Layout(delimiter, named, _offset(lines, skipped), skipped, ["The header is a comment line."], False)
    if len(rows) > 1 and _is_titles(names, rows[1]):
        changes.append("The first line holds titles over groups of columns: the header is the line below it.")
        names, used, plain = rows[1], 2, False
    elif _is_data(names, rows[1] if len(rows) > 1 else names):
        changes.append("There is no header line: the columns are called col1, col2 and so on.")
        return Layout(
            delimiter, [f"col{i + 1}" for i in range(len(names))], _offset(lines, skipped), skipped, changes, False
        )
    start = skipped + _lines_used(body, delimiter, used)
    if names[-1].strip() == "" and len(names) > 1 and len(rows) > used and len(rows[used]) == len(names) - 1:
        names = names[:-1]
    return Layout(delimiter, names, _offset(lines, start), start, changes, plain, skyserver)


def _offset(lines: list[str], number: int) -> int:
    return len("".join(lines[:number]).encode())


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        return [line.split() for line in lines if line.strip()]
    return [row for row in csv.reader(lines, delimiter=delimiter) if row]


def _lines_used(lines: list[str], delimiter: str, records: int) -> int:
    """How many lines the first records take: a quoted name may go over several."""
    if delimiter == " ":
        return records
    reader = csv.reader(lines, delimiter=delimiter)
    seen = 0
    for row in reader:
        seen += bool(row)
        if seen == records:
            break
    return reader.line_num


def _delimiter(lines: list[str], name: str) -> str:
    """The delimiter that cuts most lines into the same number of values; "," where there is one column only."""
    sample = [line for line in lines[:50] if line.strip()]
    best, best_score = "", (0.0, 0)
    for delimiter in [*DELIMITERS, " "]:
        if delimiter == " " and best:
            break
        counts = Counter(len(row) for row in _rows(sample, delimiter))
        width, times = max(((w, t) for w, t in counts.items() if w > 1), key=lambda item: item[1], default=(0, 0))
        score = (times / max(1, sum(counts.values())), width)
        if width > 1 and score[0] >= 0.5 and score > best_score:
            best, best_score = delimiter, score
    short = len(lines) <= 3
    if short and best in {"", " ", ","} and REFUSAL.match(lines[0].strip()):
        raise FileFormatError(f"{name} holds no table but the sentence “{''.join(lines).strip()[:200]}”.")
    words = [len(line.split()) for line in sample]
    if not best and len(set(words)) > 2 and sum(words) / len(words) > 4:
        raise FileFormatError(
            f"No columns can be made out in {name}: its lines have between {min(words)} and {max(words)} words and no "
            "common delimiter. If it is a fixed-width table, read it with astropy's ascii.fixed_width and hand over the "
            "table; a CDS table needs its ReadMe beside it."
        )
    return best or ","


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip().lower() not in {"nan", "inf", "infinity"}


def _is_data(first: list[str], second: list[str]) -> bool:
    """Whether the first line is no header: it has numbers just where the second has them."""
    return any(map(_is_number, first)) and list(map(_is_number, first)) == list(map(_is_number, second))


def _is_titles(first: list[str], second: list[str]) -> bool:
    """Whether the first line names groups of columns: mostly blank, over a line that names every column."""
    blank = sum(not cell.strip() for cell in first)
    return (
        len(first) == len(second) >= 3
        and blank > len(first) / 2
        and all(cell.strip() for cell in second)
        and len(set(second)) == len(second)
        and not any(map(_is_number, second))
    )


def unique_names(names: list[str]) -> tuple[list[str], list[str]]:
    """Names without blanks around them, none empty, none twice; and a sentence for each that changed."""
    result: list[str] = []
    changes: list[str] = []
    padded: list[str] = []
    for position, raw in enumerate(names, 1):
        name = raw.strip()
        if name != raw:
            padded.append(name)
        if not name:
            name = f"col{position}"
            changes.append(f"Column {position} has no name: it is called `{name}`.")
        wanted, number = name, 2
        while name in result or (name != wanted and name in names):
            name, number = f"{wanted}_{number}", number + 1
        if name != wanted:
            changes.append(f"The name `{wanted}` is there twice: column {position} is called `{name}`.")
        result.append(name)
    if padded:
        changes.append(f"Blanks around the name of {listing(padded)} were taken off.")
    return result, changes


def _cut(
    body: bytes, names: list[str], layout: Layout, name: str, first_line: int, changes: list[str]
) -> dict[str, Any]:
    """Each column as a pyarrow array of text."""
    if not body.strip():
        return {n: pa.array([], pa.string()) for n in names}
    wrong: list[Any] = []

    def handle(row: Any) -> str:
        wrong.append(row)
        return "skip"

    first_rows = _rows(body[:HEAD].decode("utf-8", "ignore").splitlines()[:3], layout.delimiter)
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
    if trailing:
        changes.append("Each line ends with one delimiter too many: the empty column after the last was left out.")
    blank = None
    for column in columns.values():
        empty = pc.equal(pc.utf8_trim_whitespace(column), "")
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return columns
    dropped = pc.sum(blank).as_py()
    changes.append(f"{count(dropped, 'empty record')} left out.")
    keep = pc.invert(blank)
    return {n: column.filter(keep) for n, column in columns.items()}


def _ragged(body: bytes, names: list[str], layout: Layout, name: str, first_line: int) -> FileFormatError:
    """The error for the first line with too many or too few values."""
    reader = csv.reader(io.StringIO(body.decode()), delimiter=layout.delimiter)
    for row in reader:
        if row and len(row) != len(names) and not row[0].lstrip().startswith("#"):
            line = first_line + layout.header_line + reader.line_num - 1
            return FileFormatError(
                f"Line {line} of {name} has {count(len(row), 'value')} where there are {count(len(names), 'column')}: "
                f"“{layout.delimiter.join(row)[:80]}”. Correct that line (a text with the delimiter in it wants quotes), "
                "or export the table again."
            )
    return FileFormatError(f"The lines of {name} do not all have the same number of values.")
