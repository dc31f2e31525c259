"""The few rules of ADQL's text that one needs to find names in a condition, and to leave all else as it is.

Source: ADQL 2.1, section 2.1 (identifiers, literals, comments) and its BNF. It is a lexer, not a parser: whether the
condition makes sense is for the service to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?\*/|/\*.*)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")+")
    | (?P<open_quote>['"])
    | (?P<number>0[xX][0-9A-Fa-f]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[^\W\d]\w*)
    | (?P<symbol><>|!=|<=|>=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of ADQL: `kind` is a group of TOKEN, `start` the index of its first character."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """The token in upper case if it is a keyword or a name without quotes and qualifier, else empty."""
        return self.text.upper() if self.kind == "name" else ""


@dataclass(frozen=True)
class Reference:
    """A name, qualified or not: `parts` without quotes, the span of its text, whether it is a function's."""

    parts: tuple[str, ...]
    quoted: bool
    start: int
    end: int
    is_call: bool


def tokens(text: str) -> list[Token]:
    """All tokens of `text`; their texts put together are `text` again. A name after a dot is of kind "member"."""
    found: list[Token] = []
    after_dot = False
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or "symbol"
        found.append(Token("member" if after_dot and kind == "name" else kind, match[0], match.start()))
        if kind not in {"space", "comment"}:
            after_dot = match[0] == "."
    return found


def references(text: str) -> Iterator[Reference]:
    """Every name in `text`, reserved words included, outside of literals and comments."""
    significant = [token for token in tokens(text) if token.kind not in {"space", "comment"}]
    at = 0
    while at < len(significant):
        if significant[at].kind not in {"name", "quoted"}:
            at += 1
            continue
        chain = [significant[at]]
        while [token.text for token in significant[at + 1 : at + 2]] == ["."] and [
            token.kind for token in significant[at + 2 : at + 3]
        ] in (["member"], ["quoted"]):
            at += 2
            chain.append(significant[at])
        at += 1
        yield Reference(
            parts=tuple(t.text[1:-1].replace('""', '"') if t.kind == "quoted" else t.text for t in chain),
            quoted=chain[-1].kind == "quoted",
            start=chain[0].start,
            end=chain[-1].end,
            is_call=at < len(significant) and significant[at].text == "(" and chain[-1].kind != "quoted",
        )


def rewrite(text: str, replacement: Callable[[Reference], str | None]) -> str:
    """`text` with each name replaced by what `replacement` gives for it; where that is None it stays as it is."""
    pieces, done = [], 0
    for reference in references(text):
        new = replacement(reference)
        if new is not None:
            pieces += [text[done : reference.start], new]
            done = reference.end
    return "".join([*pieces, text[done:]])
