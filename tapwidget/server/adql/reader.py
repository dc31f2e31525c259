"""ADQL text to a tree.

sqlglot's parser reads the text, but only ADQL's own keywords are keywords here, so that most of what other dialects of
SQL have is a syntax error from the start. Only Dialect and Tokenizer are subclassed: sqlglot's optional compiled parser
cannot be subclassed by interpreted code.

Source: ADQL 2.1, section 2 (language definition).
"""

from __future__ import annotations

import re
from typing import ClassVar

import sqlglot.expressions as exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]
from sqlglot.tokens import Tokenizer as BaseTokenizer

from tapwidget.server.faults import AdqlError

FUNCTION_MARK = "fn:"
"""Put before the name of every function call, so that sqlglot knows none of them and keeps name and arguments as
written. A colon cannot be in a name, so nobody can write the mark."""

MAX_LENGTH = 4_000_000
MAX_WORDS = 200_000
"""Names, numbers, signs: so many are read in a few seconds, in which a query cannot be stopped."""

HEXADECIMAL = re.compile("0[xX][0-9A-Fa-f]{1,16}")

WORDS = """
ALL AND ANY ASC BETWEEN CASE CROSS DESC DISTINCT ELSE END ESCAPE EXCEPT EXISTS FALSE FROM FULL HAVING ILIKE IN INNER
INTERSECT IS JOIN LEFT LIKE NATURAL NOT NULL OFFSET ON OR OUTER RIGHT SELECT SOME THEN TOP TRUE UNION USING WHEN WHERE
WITH CHAR VARCHAR SMALLINT BIGINT DOUBLE TIMESTAMP
"""
KEYWORDS = {
    **{word: TokenType[word] for word in WORDS.split()},
    "AS": TokenType.ALIAS,
    "GROUP BY": TokenType.GROUP_BY,
    "ORDER BY": TokenType.ORDER_BY,
    "INTEGER": TokenType.INT,
    "REAL": TokenType.FLOAT,
    "DOUBLE PRECISION": TokenType.DOUBLE,
    "!=": TokenType.NEQ,
    "<>": TokenType.NEQ,
    "<=": TokenType.LTE,
    ">=": TokenType.GTE,
    "||": TokenType.DPIPE,
}

CLAUSES = frozenset({TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY})


class Adql(Dialect):
    """The words of ADQL 2.1."""

    class Tokenizer(BaseTokenizer):
        KEYWORDS: ClassVar[dict[str, TokenType]] = KEYWORDS
        NESTED_COMMENTS: ClassVar[bool] = False


def read(text: str) -> exp.Expr:
    """The tree of one ADQL query.

    Raises
    ------
    AdqlError
        The text is not one query in ADQL; says where, and what was expected there.
    """
    if len(text) > MAX_LENGTH:
        raise AdqlError(f"the query is longer than {MAX_LENGTH} characters; upload a table and join with it instead")
    if "\x00" in text:
        raise AdqlError("the query has a NUL character in it")
    tokens = tokens_of(text)
    if not tokens:
        raise AdqlError("the query is empty; expected SELECT")
    if tokens[0].token_type not in {TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN}:
        raise fault(tokens[0], f"a query begins with SELECT (or WITH), not with {shown(tokens[0])}")
    if len(tokens) > MAX_WORDS:
        raise AdqlError(
            f"the query has more than {MAX_WORDS} words and numbers; upload a table and join with it instead"
        )
    check(tokens)
    try:
        trees = Adql().parser().parse(marked(tokens), text)
    except ParseError as error:
        raise explained(error, tokens) from None
    except RecursionError:
        raise AdqlError("the query is nested too deeply") from None
    if len(trees) != 1 or trees[0] is None:
        raise AdqlError("expected one query and no more")
    return trees[0]


def tokens_of(text: str) -> list[Token]:
    """The words of the text; a `;` at the very end is left out, since people write it."""
    try:
        tokens = list(Adql().tokenize(text))
    except TokenError:
        quote = "double" if text.count('"') % 2 else "single"
        raise AdqlError(f"a {quote} quote is opened and never closed") from None
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    return tokens


def check(tokens: list[Token]) -> None:
    """Refuse what sqlglot's parser would take silently."""
    depth = 0
    following: list[Token | None] = [*tokens[1:], None]
    for token, after in zip(tokens, following, strict=True):
        kind = token.token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if depth < 0:
            raise fault(token, "a closing parenthesis without an opening one")
        if kind == TokenType.SEMICOLON:
            raise fault(token, "one query at a time: expected the end of the query, found ';'")
        if kind == TokenType.COMMA and (after is None or after.token_type in CLAUSES | {TokenType.R_PAREN}):
            raise fault(token, f"expected an expression after ',', found {shown(after)}")
        rest = glued(token, after) if kind == TokenType.NUMBER else ""
        if rest and not HEXADECIMAL.fullmatch(token.text + rest):
            raise fault(
                token,
                f"'{token.text}{rest}' is neither a number nor a name; a name that begins with a digit needs "
                "double quotes",
            )
        if kind == TokenType.SELECT and after is not None and after.token_type in CLAUSES:
            raise fault(after, f"expected what to select, found {shown(after)}")
    if depth > 0:
        raise AdqlError(f"{depth} parenthesis opened and never closed")


def marked(tokens: list[Token]) -> list[Token]:
    """The words with functions marked, and hexadecimal numbers (0x1F) made one number."""
    result: list[Token] = []
    skip = False
    following: list[Token | None] = [*tokens[1:], None]
    for token, after in zip(tokens, following, strict=True):
        if skip:
            skip = False
            continue
        text, end = token.text, token.end
        is_call = after is not None and after.token_type == TokenType.L_PAREN
        if token.token_type == TokenType.VAR and is_call and text.upper() != "CAST":
            text = FUNCTION_MARK + text
        elif token.token_type == TokenType.NUMBER and (rest := glued(token, after)):
            text, end, skip = str(int(rest[1:], 16)), end + len(rest), True
        result.append(Token(token.token_type, text, line=token.line, col=token.col, start=token.start, end=end))
    return result


def glued(token: Token, after: Token | None) -> str:
    """The name that follows without anything between, else ""."""
    is_near = after is not None and after.token_type == TokenType.VAR and after.start == token.end + 1
    return str(after.text) if after is not None and is_near else ""


def explained(error: ParseError, tokens: list[Token]) -> AdqlError:
    """sqlglot's complaint in ADQL's terms: where, what was found, what was expected."""
    facts = error.errors[0] if error.errors else {}
    line, column = facts.get("line") or 0, facts.get("col") or 0
    index = next((i for i, t in enumerate(tokens) if (t.line, t.col) == (line, column)), None)
    if index is None:
        return AdqlError("this is not ADQL", line=line, column=column)
    said = str(facts.get("description") or "")
    missing = said.startswith("Required keyword")
    if missing and index == len(tokens) - 1:
        # at the end of the text sqlglot can only point at the last word, otherwise at the one it did not expect
        index += 1
    if index >= len(tokens):
        last = tokens[-1]
        return fault(last, f"the query ends after {shown(last)}; expected {expected_after(last)}")
    token, before = tokens[index], tokens[index - 1] if index else None
    if token.token_type == TokenType.NUMBER and before is not None and before.text.upper() == "LIMIT":
        return fault(before, "ADQL has no LIMIT; write SELECT TOP n ...")
    if said.startswith("Expecting"):
        wanted = "a closing parenthesis" if ")" in said else said.removeprefix("Expecting").strip()
    elif missing and before is not None:
        wanted = expected_after(before)
    else:
        wanted = expected_clause(tokens[:index])
    before_it = f" after {shown(before)}" if before is not None else ""
    return fault(token, f"found {shown(token)}{before_it}; expected {wanted}")


def expected_after(token: Token) -> str:
    """What may follow a word that cannot stand at the end."""
    if token.token_type in {
        TokenType.WHERE,
        TokenType.HAVING,
        TokenType.ON,
        TokenType.AND,
        TokenType.OR,
        TokenType.NOT,
    }:
        return "a condition"
    if token.token_type in {TokenType.FROM, TokenType.JOIN}:
        return "a table"
    return "an expression"


def expected_clause(before: list[Token]) -> str:
    """What may come after the clause the reader is in."""
    order = {
        TokenType.SELECT: "',' or FROM",
        TokenType.FROM: "a table, JOIN, WHERE, GROUP BY, HAVING, ORDER BY or the end of the query",
        TokenType.WHERE: "AND, OR, GROUP BY, HAVING, ORDER BY or the end of the query",
        TokenType.GROUP_BY: "',', HAVING, ORDER BY or the end of the query",
        TokenType.HAVING: "AND, OR, ORDER BY or the end of the query",
        TokenType.ORDER_BY: "',', ASC, DESC, OFFSET or the end of the query",
    }
    for token in reversed(before):
        if token.token_type in order:
            return order[token.token_type]
    return "SELECT"


def shown(token: Token | None) -> str:
    if token is None:
        return "the end of the query"
    if token.token_type == TokenType.STRING:
        return f"the text '{token.text[:40]}'"
    return f"'{token.text[:60]}'"


def fault(token: Token, message: str) -> AdqlError:
    return AdqlError(message, line=token.line, column=start_column(token))


def start_column(token: Token) -> int:
    """sqlglot counts to a word's last character; people look at its first."""
    return max(1, token.col - (token.end - token.start))
