"""How long texts may be that a query makes, or brings with it.

The engine bounds the memory of its own work, but not that of an answer's rows on their way out: a few megabytes of text
in each of thousands of rows would be gigabytes. So a text has a bound, and rows with such texts travel in small groups.
What is stored in the tables served is not touched: whoever serves them knows what they hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from tapwidget.server.adql.scope import Relation, Source
from tapwidget.server.adql.values import Kind, Value

LONGEST = 32_000
"""Bytes."""

GROUP = 64_000_000
"""Bytes that one group of rows may have in such texts."""

ROWS = 65_536
"""Rows in a group otherwise."""

UPLOADS = "TAP_UPLOAD."


def is_free(value: Value, relations: Sequence[Relation]) -> bool:
    """Whether a text can be as long as a caller likes: no plain column, or one that may come from an upload."""
    if value.kind != Kind.TEXT or (isinstance(value.literal, str) and len(value.literal) < 100):
        return False
    return value.field is None or any(relation.name.upper().startswith(UPLOADS) for relation in relations)


def bounded(value: Value, sources: Sequence[Source]) -> str:
    """The SQL of something selected; an error of the engine where it is too long a text."""
    if not is_free(value, [source.relation for source in sources]):
        return value.sql
    said = f"a text of the answer is longer than {LONGEST} bytes; select part of it with SUBSTRING"
    return f"CASE WHEN strlen({value.sql}) > {LONGEST} THEN error('{said}') ELSE {value.sql} END"


def rows_in_group(values: Sequence[Value], relations: Sequence[Relation]) -> int:
    """How many rows of an answer may travel together."""
    free = sum(is_free(value, relations) for value in values)
    return min(ROWS, max(1, GROUP // (LONGEST * free))) if free else ROWS
