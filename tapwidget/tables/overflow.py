"""What is said of a result that the service cut at its limit of rows (DALI 1.1, section 4.4.1: OVERFLOW)."""

from __future__ import annotations

from collections.abc import Mapping

from astropy.table import Table

from tapwidget.tables.formats.outcome import count


def how_it_was_cut(table: Table) -> str:
    """Sentences on a result that is not whole, and on what that makes doubtful; empty where it is whole.

    By `table.meta`, as `Job.result` leaves it or a file has kept it; rows that were taken out of such a table say the
    same.
    """
    told = table.meta.get("tapwidget")
    told = told if isinstance(told, Mapping) else {}
    if not (table.meta.get("overflow") or told.get("overflow")):
        return ""
    rows = told.get("rows", {})
    answered = count(rows.get("pairs", rows.get("kept", len(table))), "row")
    kind = {key: told[key] for key in ("find", "unmatched") if key in told}
    doubtful = doubts(**kind)
    cut = f"Result cut at {answered} by the service: there are more."
    return " ".join(filter(None, [cut, doubtful, "Narrow the match, or raise maxrec."]))


def doubts(find: str = "all", unmatched: str = "drop") -> str:
    """What cannot be relied on in the result of a match whose answer was cut; empty where only rows are missing."""
    said = []
    if find != "all" and unmatched != "only":
        said.append("A closer counterpart may lie beyond the cut.")
    if unmatched == "keep":
        said.append("Rows shown as unmatched may have a counterpart beyond the cut.")
    if unmatched == "only":
        said.append("The rows listed here as unmatched may have a counterpart beyond the cut.")
    return " ".join(said)
