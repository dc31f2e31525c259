"""What in the target looks most like identifiers that found no counterpart. On request only: it asks the service."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from astropy.table import Table

from tapwidget.errors import MatchError
from tapwidget.match.adql_text import quote, quote_table
from tapwidget.match.identifiers import cleaned, settled, texts
from tapwidget.match.spec import IdentifierMatch

MOST_IDENTIFIERS = 20
MOST_CANDIDATES = 2000  # rows that one query may return
SHARES = (0.8, 0.5, 0.25)  # of an identifier's length: how it must begin, in one query after the other


def without_counterpart(match: IdentifierMatch, table: Table, result: Table) -> tuple[str, ...]:
    """The different identifiers of the user's table, as they travelled, that the result has no counterpart of."""
    mine = f"{match.upload}_{match.on[0]}"
    if mine not in result.colnames:
        raise MatchError(f"The result has no column {mine!r}: it is not of this match.")
    column = result[mine]
    theirs = match.on[1].strip('"')
    if theirs in result.colnames:  # rows without counterpart may have been kept
        column = column[~np.ma.getmaskarray(result[theirs])]
    rules = settled(match.clean)
    found = set(texts(column))
    return tuple(
        dict.fromkeys(cleaned(text, rules) for text in texts(table[match.on[0]]) if text and text not in found)
    )


def closest(
    service: Any, match: IdentifierMatch, identifiers: Sequence[str], *, number: int = 3, timeout: float | None = 120
) -> dict[str, tuple[str, ...]]:
    """For each identifier the target's own that are most like it, the best first; none where nothing is.

    Asks the service for identifiers that begin in the same way: three small queries at most.

    Parameters
    ----------
    service : client.Service
    identifiers : sequence of str
        As they travelled (`without_counterpart`); of more than 20 the first 20.
    number : int
        How many to give for each, at most.

    Raises
    ------
    MatchError
        If the target's identifiers are numbers: close numbers mean nothing.
    TapWidgetError
        Whatever `service.submit` and `job.result` raise.
    """
    target = service.table(match.target)
    column = target.column(match.on[1])
    if column is None or not column.is_text:
        raise MatchError(f"{match.target} has no text in {match.on[1]!r}: only of texts some are closer than others.")
    wanted = list(dict.fromkeys(identifiers))[:MOST_IDENTIFIERS]
    found: dict[str, tuple[str, ...]] = dict.fromkeys(wanted, ())
    for share in SHARES:
        left = [text for text in wanted if not found[text]]
        if not left:
            break
        begins = sorted({_beginning(text, share) for text in left})
        name = quote(column.name)
        alike = " OR ".join(f"LOWER({name}) LIKE '{begin}%'" for begin in begins)
        adql = f"SELECT TOP {MOST_CANDIDATES} {name} FROM {quote_table(target.name)} WHERE {alike}"
        answer = service.submit(adql).result(timeout=timeout)
        by_lower = {text.lower(): text for text in texts(answer[answer.colnames[0]]) if text}
        for text in left:
            close = get_close_matches(text.lower(), list(by_lower), n=number, cutoff=0.6)
            found[text] = tuple(by_lower[each] for each in close)
    return found


def _beginning(text: str, share: float) -> str:
    """How an identifier begins, as a pattern: any character may stand for what is neither letter nor digit."""
    kept = text[: max(2, round(len(text) * share))].lower()
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in kept)
