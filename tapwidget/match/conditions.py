"""A condition written in ADQL: is it whole, which columns does it use, how does the service get it.

In a condition `ut1.<column>` is a column of the upload under the user's own name; a bare name is always a column of the
target. A bare name that both sides have is qualified with the target's alias, so that no service finds it ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tapwidget.errors import MatchError
from tapwidget.ivoa.adql_words import RESERVED
from tapwidget.match.adql_lexer import Reference, Token, references, rewrite, tokens
from tapwidget.match.adql_text import close_names, quote, split_name, unquote

# Words that begin another clause: they may stand inside a sub-query's parentheses, never beside a condition.
_CLAUSES = "SELECT FROM WHERE JOIN GROUP ORDER HAVING UNION EXCEPT INTERSECT LIMIT OFFSET TOP"
CLAUSE_WORDS = frozenset(_CLAUSES.split())
# Reserved words that mean themselves in a condition; any other one that is a column's name is taken for the column.
_CONDITIONS = """
    ALL AND ANY AS BETWEEN BIGINT CASE CAST CHAR CHARACTER DISTINCT DOUBLE ELSE END ESCAPE EXISTS FALSE FLOAT FOR FROM
    ILIKE IN INT INTEGER IS LIKE NOT NULL NUMERIC OR PRECISION REAL SELECT SMALLINT SOME THEN TIMESTAMP TRUE UNKNOWN
    VARCHAR VARYING WHEN WHERE
"""
CONDITION_WORDS = frozenset(_CONDITIONS.split())


def check(text: str) -> None:
    """Raise MatchError unless `text` is one whole condition: nothing left open, no comment, no second statement."""
    open_at: list[Token] = []
    significant = [token for token in tokens(text) if token.kind != "space"]
    for token in significant:
        where = f"at character {token.start + 1} of the condition {text!r}"
        if token.kind == "comment":
            raise MatchError(f"There is a comment {where}. Leave it out: it would hide what follows it.")
        if token.kind == "open_quote":
            raise MatchError(f"The quote {token.text} {where} is never closed.")
        if token.text == ";":
            raise MatchError(f"There is a semicolon {where}. A condition is a part of one query; leave it out.")
        if token.text == "(":
            open_at.append(token)
        elif token.text == ")":
            if not open_at:
                raise MatchError(f"The parenthesis ) {where} closes nothing.")
            open_at.pop()
        elif token.word in CLAUSE_WORDS and not open_at:
            raise MatchError(f"{token.word} {where} begins another part of the query. Write only the condition itself.")
    if open_at:
        raise MatchError(f"The parenthesis ( at character {open_at[-1].start + 1} of {text!r} is never closed.")
    for token, place in ((significant[0], "begins"), (significant[-1], "ends")) if significant else ():
        if token.word in {"AND", "OR"}:
            raise MatchError(
                f"The condition {text!r} {place} with {token.text}. Conditions are joined by AND by themselves."
            )


def joined(conditions: Iterable[str]) -> str:
    """The conditions joined by AND, one a line; those with OR outside of parentheses get parentheses."""
    return "\n  AND ".join(f"({text})" if has_top_level_or(text) else text for text in conditions)


def has_top_level_or(text: str) -> bool:
    depth = 0
    for token in tokens(text):
        depth += (token.text == "(") - (token.text == ")")
        if token.word == "OR" and depth == 0:
            return True
    return False


def uses(text: str, upload: str, names: Iterable[str]) -> list[str]:
    """The columns out of `names`, the user's table's, that `text` uses as `upload`.<column>; MatchError for another."""
    return [find_upload_column(name, upload, list(names), text) for name in upload_references(text, upload)]


def upload_references(text: str, upload: str) -> list[str]:
    found = (upload_column(reference, upload) for reference in references(text))
    return [name for name in found if name is not None]


def upload_column(reference: Reference, upload: str) -> str | None:
    """The column's name if the reference is `ut1.name` or `TAP_UPLOAD.ut1.name`, else None."""
    qualifier = [part.lower() for part in reference.parts[:-1]]
    return reference.parts[-1] if qualifier in ([upload.lower()], ["tap_upload", upload.lower()]) else None


def find_upload_column(name: str, upload: str, names: list[str], text: str) -> str:
    """The one of `names` that is meant: the very same, else the only one that is the same without case."""
    if name in names:
        return name
    same = [known for known in names if known.lower() == name.lower()]
    if len(same) == 1:
        return same[0]
    if same:
        raise MatchError(
            f"{upload}.{name} in the condition {text!r} could be any of {', '.join(same)}: "
            f"write the column exactly as your table has it."
        )
    if (ours := f"{upload}_{name}") in names:  # the result of a match, as the next upload
        has = f" It has {ours}: use {upload}.{ours} in its place, or drop the condition."
    else:
        has = close_names(name, names) or f" It has: {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}."
        has += " Change the condition, or drop it."
    raise MatchError(f"Your table has no column {name!r}, which the condition {text!r} uses as {upload}.{name}.{has}")


@dataclass(frozen=True)
class Scope:
    """What names mean in one query.

    `upload_names` maps the user's columns to their names in the upload; `upload_own` are the columns that we add
    (row number, position); `target_columns` are the target's, none if they are not known; `own` are all columns of the
    user's table, those that stay at home too.
    """

    upload: str
    upload_names: Mapping[str, str]
    upload_own: tuple[str, ...]
    target: str
    alias: str
    target_columns: tuple[str, ...]
    own: tuple[str, ...] = ()

    def resolve(self, text: str) -> str:
        """The condition as the service gets it; MatchError for a name that neither side has."""
        check_bare = all(token.word != "SELECT" for token in tokens(text))  # a sub-query has names of its own
        return rewrite(text, lambda reference: self.replacement(reference, text, check_bare))

    def replacement(self, reference: Reference, text: str, check_bare: bool) -> str | None:
        name = upload_column(reference, self.upload)
        if name is not None:
            return f"{self.upload}.{quote(self.upload_name(name, text))}"
        if reference.is_call:
            return None
        if len(reference.parts) == 1:
            return self.bare(reference, text) if check_bare else None
        return self.qualified(reference, text) if check_bare else None

    def upload_name(self, name: str, text: str) -> str:
        if name not in self.upload_names and name in {*self.upload_names.values(), *self.upload_own}:
            return name
        return self.upload_names[find_upload_column(name, self.upload, list(self.upload_names), text)]

    def bare(self, reference: Reference, text: str) -> str | None:
        name = reference.parts[0]
        reserved = name.upper() in RESERVED and not reference.quoted
        if reserved and name.upper() in CONDITION_WORDS:
            return None
        column = self.target_column(name)
        if reserved and column is None:
            return None
        if column is None and self.target_columns:
            raise MatchError(self.unknown(name, text))
        travelling = {n.lower() for n in (*self.upload_names.values(), *self.upload_own)}
        if reserved or name.lower() in travelling:
            return f"{self.alias}.{quote(column or name)}"
        return None

    def qualified(self, reference: Reference, text: str) -> str | None:
        qualifier, name = [part.lower() for part in reference.parts[:-1]], reference.parts[-1]
        target = [unquote(part).lower() for part in split_name(self.target)]
        if qualifier != [self.alias.lower()] and qualifier not in (target, target[-1:]):
            raise MatchError(
                f"{'.'.join(reference.parts)} in the condition {text!r} belongs to no table of this match. "
                f"Write {self.upload}.<column> for your table's columns and the bare name for those of {self.target}."
            )
        column = self.target_column(name)
        if column is None and self.target_columns:
            raise MatchError(self.unknown(name, text))
        return f"{self.alias}.{quote(column or name)}"

    def target_column(self, name: str) -> str | None:
        """The target's column of that name as the service spells it; without case if none is the very same."""
        plain = [unquote(column) for column in self.target_columns]
        if name in plain:
            return self.target_columns[plain.index(name)]
        lower = [column.lower() for column in plain]
        return self.target_columns[lower.index(name.lower())] if name.lower() in lower else None

    def unknown(self, name: str, text: str) -> str:
        message = f"{self.target} has no column {name!r}, which the condition {text!r} uses."
        if name.lower() in {n.lower() for n in (*self.upload_names, *self.own)}:
            return f"{message} For the column of your own table write {self.upload}.{name}."
        return message + close_names(name, list(self.target_columns))
