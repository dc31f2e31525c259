"""What can be seen to be wrong with a query before it is sent: by its words, and by the tables that are known.

No parser: what is not listed here may still be wrong, and the service says so. What is listed is hardly ever right.
Source: ADQL 2.1, sections 2.1 and 2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.match.adql_lexer import Reference, Token, references, tokens
from tapwidget.match.adql_text import quote, quote_table, unquote

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
        All tables of the service, with or without quotes; empty if they are not known. Uploads go by
        "TAP_UPLOAD.<name>".
    columns : mapping of str to sequence of str
        The columns of those tables whose columns are known.
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


def named_tables(adql: str) -> tuple[str, ...]:
    """The tables that the query names after FROM and JOIN, as `plain` writes them."""
    return tuple(dict.fromkeys(plain(".".join(reference.parts)) for reference in _tables_named(adql)[0]))


def plain(name: str) -> str:
    """A name, qualified or not, as one compares it: without quotes and in lower case.

    >>> plain('viz."I/355/gaiadr3"') == plain('"viz"."I/355/GaiaDR3"') == "viz.i/355/gaiadr3"
    True
    """
    return name.replace('"', "").lower()


def _of_names(adql: str, tables: Sequence[str], columns: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Tables that the service has not, and columns that no table has under whose name they stand."""
    known = {plain(name): name for name in tables}
    of_table = {plain(name): {plain(column): column for column in names} for name, names in columns.items()}
    named, aliases = _tables_named(adql)
    for alias in _of_subqueries(_significant(adql)):
        aliases.setdefault(alias, set()).add("")  # of which nothing is known
    own = {plain(name) for name in _with_names(_significant(adql))}
    for reference in named:
        name = plain(".".join(reference.parts))
        if known and name not in known and name not in own:
            text = f"there is no table {adql[reference.start : reference.end]}{_close(name, known, quote_table)}"
            yield Problem(reference.start, reference.end, text)
    for reference in references(adql):
        *qualifier, column = reference.parts
        if not qualifier or reference in named:
            continue
        qualified = plain(".".join(qualifier))
        # In another part of the query the same alias may stand for another table.
        meant = sorted(aliases.get(qualified, {qualified}))
        if all(table in of_table and plain(column) not in of_table[table] for table in meant):
            there = {key: name for table in meant for key, name in of_table[table].items()}
            text = f"{' or '.join(quote_table(known.get(table, table)) for table in meant)} has no {quote(column)}"
            yield Problem(reference.start, reference.end, text + _close(plain(column), there, quote))


def _tables_named(adql: str) -> tuple[list[Reference], dict[str, set[str]]]:
    """The tables after FROM and JOIN, and what each name may stand for by which columns are qualified."""
    by_start = {reference.start: reference for reference in references(adql)}
    words = _significant(adql)
    named: list[Reference] = []
    aliases: dict[str, set[str]] = {}
    in_list = False  # behind a table, where a comma leads to the next one
    for at, token in enumerate(words[:-1]):
        if token.word in BEFORE_A_TABLE:
            in_list = True
        elif not (in_list and token.text == ","):
            continue
        reference = by_start.get(words[at + 1].start)
        in_list = reference is not None and not reference.is_call
        if reference is None or not in_list:
            continue
        named.append(reference)
        behind = [word for word in words if word.start >= reference.end][:3]
        if behind and behind[0].word == "AS":
            behind = behind[1:]
        names = {plain(".".join(reference.parts)), plain(reference.parts[-1])}
        if behind and (behind[0].kind == "quoted" or (behind[0].kind == "name" and behind[0].word not in RESERVED)):
            names.add(plain(unquote(behind[0].text)))
            behind = behind[1:]
        in_list = bool(behind) and behind[0].text == ","
        for name in names:
            aliases.setdefault(name, set()).add(plain(".".join(reference.parts)))
    return named, aliases


def _with_names(words: Sequence[Token]) -> Iterator[str]:
    """The names that WITH gives to queries; their columns may stand behind them."""
    for at, (before, name) in enumerate(pairwise(words), start=2):
        if name.kind in {"name", "quoted"} and (before.word in {"WITH", "RECURSIVE"} or before.text == ","):
            rest = words[at:]
            if rest and rest[0].text == "(":
                rest = rest[1 + next((number for number, word in enumerate(rest) if word.text == ")"), 0) :]
            if len(rest) > 1 and rest[0].word == "AS" and rest[1].text == "(":
                yield name.text


def _of_subqueries(words: Sequence[Token]) -> Iterator[str]:
    """The names behind a closing parenthesis, as `plain` writes them: of queries in FROM, and perhaps of others."""
    for before, token, behind in zip(words, words[1:], [*words[2:], None], strict=False):
        name = behind if token.word == "AS" else token
        if before.text == ")" and name is not None and name.kind in {"name", "quoted"} and name.word not in RESERVED:
            yield plain(unquote(name.text))


def _close(name: str, names: Mapping[str, str], write: Callable[[str], str]) -> str:
    """What else may have been meant; `names` by what `plain` makes of them."""
    near = [write(names[found]) for found in get_close_matches(name, names, n=2)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
