"""Which rows each page that draws a table has before it."""

from __future__ import annotations

from collections.abc import Iterator

MOST = 16  # remembered at a time; a page that is closed cannot always say goodbye


class Windows:
    """The window of positions, first to before last, of each view; those heard of last."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[int, int]] = {}

    def __iter__(self) -> Iterator[tuple[str, tuple[int, int]]]:
        return iter(self._of.items())

    def remember(self, view: str, first: int, last: int) -> None:
        self._of.pop(view, None)
        self._of[view] = (first, last)
        while len(self._of) > MOST:
            del self._of[next(iter(self._of))]

    def forget(self, view: str) -> None:
        self._of.pop(view, None)

    def all_at(self, first: int, last: int) -> None:
        """Every view is at this window now."""
        self._of = dict.fromkeys(self._of, (first, last))
