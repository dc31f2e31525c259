"""Small works on sqlglot's tree and on conditions."""

from __future__ import annotations

import sqlglot.expressions as exp

from tapwidget.server.adql.scope import refused


def only(node: exp.Expr, *known: str) -> None:
    """Refuse a node that has parts beyond the known ones: whatever they mean, ADQL has not said it."""
    for part, content in node.args.items():
        if part not in known and content is not None and content is not False and content != []:
            raise refused(node, f"{said_of(node)} with {part.strip('_').upper()} is not ADQL, or not supported here")


def said_of(node: exp.Expr) -> str:
    return {"Bracket": "[...]", "Struct": "{...}", "Star": "*", "Dot": "a name of more than three parts"}.get(
        type(node).__name__, type(node).__name__.upper()
    )


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
