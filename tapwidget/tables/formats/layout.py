"""Where the columns of a delimited text are: delimiter, header, first line of data.

Spreadsheets and scripts put titles, comments and blank lines before the header, or leave the header out.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

from tapwidget.errors import FileFormatError
from tapwidget.tables.formats.outcome import listing

DELIMITERS = {",": "CSV", "\t": "TSV", ";": "CSV with semicolons", "|": "text with bars"}
REFUSAL = re.compile(r"^(no|error|sorry|invalid|failed|unknown|access|please|your|the|there) .*", re.I)
IGNORED = re.compile(r"^\s*($|#|\"?sep=.\"?\s*$)")  # blank, a comment, or Excel's note on the delimiter
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


def find_layout(data: bytes, name: str) -> Layout:
    """The layout of a text in UTF-8. FileFormatError where no columns can be made out."""
    lines = data[:HEAD].decode("utf-8", "ignore").splitlines(keepends=True)
    if len(data) > HEAD and len(lines) > 1:
        lines.pop()
    skipped = 0
    commented = ""
    while skipped < len(lines) and IGNORED.match(lines[skipped]):
        if lines[skipped].lstrip().startswith("#"):
            commented = lines[skipped].strip()
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
    rows = rows_of(body[:40], delimiter)
    changes: list[str] = []
    plain = not commented or skyserver
    if skyserver:
        changes.append(f"The line “{commented}” before the header was left out.")
    names, used = rows[0], 1
    if header_in_comment:
        named = rows_of([header_in_comment], delimiter)[0]
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


def rows_of(lines: list[str], delimiter: str) -> list[list[str]]:
    """Lines cut into values; empty lines left out."""
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
        counts = Counter(len(row) for row in rows_of(sample, delimiter))
        width, times = max(((w, t) for w, t in counts.items() if w > 1), key=lambda item: item[1], default=(0, 0))
        if delimiter == " " and len(sample[0].split()) == 1:
            break  # one name over texts with blanks in them: a list of designations
        score = (times / max(1, sum(counts.values())), width)
        if width > 1 and score[0] >= 0.5 and score > best_score:
            best, best_score = delimiter, score
    short = len(lines) <= 3
    if short and best in {"", " ", ","} and REFUSAL.match(lines[0].strip()):
        raise FileFormatError(f"{name} holds no table but the sentence “{''.join(lines).strip()[:200]}”.")
    words = [len(line.split()) for line in sample]
    if not best and len(set(words)) > 2 and sum(words) / len(words) > 4:
        raise FileFormatError(
            f"No columns can be made out in {name}: its lines have {min(words)} to {max(words)} words, and no "
            "delimiter in common. If its columns have fixed widths, read it with astropy's ascii.fixed_width and hand "
            "over the table; a CDS table needs its ReadMe beside it."
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
