"""What to look at where a match found nothing."""

from __future__ import annotations

from typing import Any

from tapwidget.match.spec import IdentifierMatch, SkyMatch


def nothing_matched(match: Any) -> str:
    """What to look at where a match found nothing."""
    if match is not None and match.unmatched == "only":
        return "Each of your rows has a counterpart."
    if isinstance(match, SkyMatch):
        radius = match.row_radius or f"{match.radius:g}"
        return (
            f"No pair within {radius}: is your position in degrees and ICRS, does {match.target} cover that "
            "part of the sky, and do the conditions leave anything?"
        )
    if isinstance(match, IdentifierMatch):
        return f"No identifier is equal: are {' and '.join(match.on)} written in the same way?"
    return "Nothing in the service fulfils the query."
