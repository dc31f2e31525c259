"""What can be seen to be wrong with a query before it is sent: by its words, and by the tables that are known.

No parser: what is not listed here may still be wrong, and the service says so. What is listed is hardly ever right.
Source: ADQL 2.1, sections 2.1 and 2.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.match.adql_lexer import Reference, Token, references, tokens

BEGINNINGS = {"SELECT", "WITH"}
BEFORE_A_TABLE = {"FROM", "JOIN"}
UPLOADS = "TAP_UPLOAD"


@dataclass(frozen=True)
class Problem:
    """A sentence about the characters `start` to `end` of the query."""

    start: int
    end: int
    text: str

    def where(self, adql: str) -> str:
        """The place for people: "line 2, column 7"."""
        before = adql[: self.start]
        return f"line {before.count(chr(10)) + 1}, column {self.start - before.rfind(chr(10))}"


def problems(
    adql: str, *, tables: Sequence[str] = (), columns: Mapping[str, Sequence[str]] | None = None
) -> tuple[Problem, ...]:
    """What is wrong with the query, in the order of its text; empty for an empty query.

    Parameters
    ----------
    tables : sequence of str
        All tables of the service, as one writes them; empty if they are not known. Uploads go by "TAP_UPLOAD.<name>".
    columns : mapping of str to sequence of str
        The columns of the tables whose columns are known.
    """
    found = [*_of_words(adql), *_of_parentheses(adql)]
    if not found:
        found = [*_of_names(adql, tables, columns or {})]
    return tuple(sorted(found, key=lambda problem: problem.start))


def _significant(adql: str) -> list[Token]:
    return [token for token in tokens(adql) if token.kind not in {"space", "comment"}]


def _of_words(adql: str) -> Iterator[Problem]:
    words = _significant(adql)
    if words and words[0].word not in BEGINNINGS and words[0].text != "(":
        yield Problem(words[0].start, words[0].end, "a query begins with SELECT (or WITH)")
    for at, token in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else None
        if token.kind == "open_quote":
            what = "text" if token.text == "'" else "a quoted name"
            yield Problem(token.start, len(adql), f"{what} that begins here has no end: {token.text} is missing")
        elif token.text == ";":
            yield Problem(token.start, token.end, "one query only, without a semicolon")
        elif token.text == "=" and following is not None and following.text == "=" and following.start == token.end:
            yield Problem(token.start, following.end, "ADQL compares with one =")
        elif token.word == "LIMIT" and following is not None and following.kind == "number":
            yield Problem(token.start, following.end, f"ADQL has no LIMIT: write SELECT TOP {following.text} ...")
        elif token.text == "," and following is not None and following.word in {"FROM", "WHERE", "GROUP", "ORDER"}:
            yield Problem(token.start, token.end, f"a comma before {following.word} has nothing behind it")


def _of_parentheses(adql: str) -> Iterator[Problem]:
    opened: list[Token] = []
    for token in _significant(adql):
        if token.text == "(":
            opened.append(token)
        elif token.text == ")":
            if not opened:
                yield Problem(token.start, token.end, "this ) closes nothing")
            else:
                opened.pop()
    for token in opened:
        yield Problem(token.start, token.end, "this ( is never closed")


def _of_names(adql: str, tables: Sequence[str], columns: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Tables that the service has not, and columns that no table has under whose name they stand."""
    known = {name.lower(): name for name in tables}
    of_table = {name.lower(): tuple(names) for name, names in columns.items()}
    named, aliases = _tables_named(adql)
    own = {name.lower() for name in _with_names(_significant(adql))}
    for reference in named:
        name = ".".join(reference.parts)
        if known and name.lower() not in known and name.lower() not in own:
            yield Problem(reference.start, reference.end, f"there is no table {name}{_close(name, tables)}")
    for reference in references(adql):
        *qualifier, column = reference.parts
        table = aliases.get(".".join(qualifier).lower(), ".".join(qualifier)).lower()
        if qualifier and table in of_table and reference not in named:
            there = of_table[table]
            if column.lower() not in {name.lower() for name in there}:
                yield Problem(
                    reference.start, reference.end, f"{known.get(table, table)} has no {column}{_close(column, there)}"
                )


def _tables_named(adql: str) -> tuple[list[Reference], dict[str, str]]:
    """The tables after FROM and JOIN, and what each name stands for by which columns are qualified."""
    by_start = {reference.start: reference for reference in references(adql)}
    words = _significant(adql)
    named: list[Reference] = []
    aliases: dict[str, str] = {}
    for at, token in enumerate(words):
        reference = by_start.get(words[at + 1].start) if at + 1 < len(words) else None
        if token.word not in BEFORE_A_TABLE or reference is None or reference.is_call:
            continue
        named.append(reference)
        name = ".".join(reference.parts)
        aliases[name.lower()] = aliases[reference.parts[-1].lower()] = name
        behind = [word for word in words if word.start >= reference.end][:2]
        if behind and behind[0].word == "AS":
            behind = behind[1:]
        if behind and behind[0].kind == "name" and behind[0].word not in RESERVED:
            aliases[behind[0].text.lower()] = name
    return named, aliases


def _with_names(words: Sequence[Token]) -> Iterator[str]:
    """The names that WITH gives to queries."""
    for name, before, opening in zip(words, words[1:], words[2:], strict=False):
        if name.kind == "name" and before.word == "AS" and opening.text == "(":
            yield name.text


def _close(name: str, names: Sequence[str]) -> str:
    lower = {other.lower(): other for other in names}
    near = [lower[found] for found in get_close_matches(name.lower(), lower, n=2)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
