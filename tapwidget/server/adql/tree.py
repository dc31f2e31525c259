"""Small works on sqlglot's tree and on conditions."""

from __future__ import annotations

import sqlglot.expressions as exp

from tapwidget.server.adql.scope import refused

OTHER_SQL = {
    "Bracket": "[...]",
    "Struct": "{...}",
    "Star": "*",
    "Dot": "a name of more than three parts",
    "Tuple": "a list of values in parentheses",
    "Mod": "% (write MOD(a, b))",
    "Concat": "a text right after another (write || between them)",
    "NullSafeEQ": "IS NOT DISTINCT FROM",
    "NullSafeNEQ": "IS DISTINCT FROM",
}
"""What people write that is SQL and not ADQL, by what sqlglot calls it."""


def only(node: exp.Expr, *known: str) -> None:
    """Refuse a node that has parts beyond the known ones: whatever they mean, ADQL has not said it."""
    for part, content in node.args.items():
        if part not in known and content is not None and content is not False and content != []:
            raise refused(node, f"{said_of(node)} with {part.strip('_').upper()} is not ADQL, or not supported here")


def said_of(node: exp.Expr) -> str:
    kind = type(node).__name__
    return OTHER_SQL.get(kind, kind.upper())


def links(node: exp.Expr) -> list[exp.Expr]:
    """The operands of a chain of one operator, in order, without recursion: people write thousands."""
    kind, result, waiting = type(node), [], [node]
    while waiting:
        part = waiting.pop()
        if type(part) is kind:
            waiting += [part.expression, part.this]
        else:
            result.append(part)
    return result


def balanced(parts: list[str], word: str) -> str:
    while len(parts) > 1:
        pairs = [parts[i : i + 2] for i in range(0, len(parts), 2)]
        parts = [f"({word.join(pair)})" if len(pair) > 1 else pair[0] for pair in pairs]
    return parts[0]


def is_whole(text: str) -> bool:
    """Whether a number is whole, and short enough to be one here: Python refuses thousands of digits, at its cost."""
    return text.isascii() and text.isdigit() and len(text) <= 30
