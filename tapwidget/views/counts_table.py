"""The counts of a histogram as a table, for those who read rather than look."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tapwidget.plots import sentences
from tapwidget.plots.histogram import Histogram
from tapwidget.plots.series import Series
from tapwidget.views import basic
from tapwidget.views.disclosure import Disclosure


class CountsTable(Disclosure):
    """One row a bin that is shown, one column a series; nothing of it travels while it is closed."""

    def __init__(self) -> None:
        self._shown: tuple[Sequence[Series], Sequence[Histogram], tuple[float, float]] = ((), (), (0.0, 1.0))
        self._counts = basic.HTML()
        self._counts.add_class("tw-counts")
        super().__init__("Counts as a table", self._counts)
        self.observe(lambda _change: self._fill(), "is_open")

    def show(self, series: Sequence[Series], found: Sequence[Histogram], shown: tuple[float, float]) -> None:
        """Tell these counts, one histogram a series, between these ends of the axis."""
        self._shown = (series, found, shown)
        self._fill()

    def _fill(self) -> None:
        series, found, shown = self._shown
        head = "".join(f'<th scope="col">{escape(one.label)}</th>' for one in series)
        body = "".join(
            f'<tr><th scope="row">{bin_}</th>{"".join(f"<td>{count}</td>" for count in counts)}</tr>'
            for bin_, counts in (sentences.rows_of_counts(found, shown) if self.is_open else ())
        )
        first = escape(sentences.axis_label(series))
        self._counts.value = f'<table><tr><th scope="col">{first}</th>{head}</tr>{body}</table>' if self.is_open else ""
