"""How the magnitudes of matched rows differ: yours minus the target's over yours, with medians; a box selects rows."""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bqplot
import ipywidgets
import numpy as np

from tapwidget.actions.background import Background
from tapwidget.errors import TapWidgetError
from tapwidget.plots import layout, sky
from tapwidget.plots.difference import draw, of_result
from tapwidget.plots.selection import RowNumbers
from tapwidget.plots.series import Series
from tapwidget.state.identity import Identity
from tapwidget.views import basic, plot_style
from tapwidget.views.box_brush import BoxBrush
from tapwidget.views.figure_links import FigureLinks
from tapwidget.views.histogram_plot import MARGIN, figure_options, set_ticks
from tapwidget.views.point_plot import HINT, MARKED, area_of, selection_row
from tapwidget.views.sky_picture import MATCHED, SELECTED, dots, place
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_traits import RowsTrait

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 460, 300  # px
MEDIAN = Series("median", (), "solid", 2.0, 1)


class DifferencePlot(ipywidgets.VBox):
    """Differences of two magnitudes of a result, row by row: yours minus the target's, over yours.

    Attributes
    ----------
    differences : plots.difference.Differences or None
        What is drawn, with its values in mag (or what unit the columns have), one a row of the result.
    selected_rows : sorted row numbers (int), equal to a tuple of them
        Rows of the result that are selected, sorted: a box drawn with the mouse sets them, and they are marked. Takes
        any sequence of row numbers, or one bool a row. Can be linked to those of a `ResultsTable` or a `SkyPlot`.

    Above some thousand rows an even sample is drawn, and the plot says so; the medians are those of all rows, and a box
    selects among all of them.

    Examples
    --------
    >>> DifferencePlot(result, "ut1_r", "r_cModelMag")            # doctest: +SKIP
    """

    differences = Identity()
    selected_rows = RowsTrait("differences")

    def __init__(
        self, result: Any = None, yours: str = "", theirs: str = "", *, selected_rows: Any = None,
        background: Background | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        self._lock = threading.RLock()
        self._result: Any = None  # which one is shown, as a weak reference; None where that is not known
        self._saving = FigureLinks(self.figure, "differences", background)
        self._build()
        super().__init__(
            [stylesheet(), plot_style.plot_stylesheet(), self._area, self._row, self._saving.links, self._account],
            **{"layout": {"width": f"{WIDTH}px"}, **kwargs},
        )  # fmt: skip
        self.add_class("tw-plot")
        self.observe(self._new_differences, "differences")
        self.observe(self._show_selected, "selected_rows")
        self._clear.on_click(lambda _button: self.clear())
        self._redraw()
        if result is not None:
            self.show(result, yours, theirs)
        self.selected_rows = selected_rows  # of what is shown by now

    def show(self, result: Any, yours: str, theirs: str) -> None:
        """Draw two columns of a match's result against one another. Fluxes in nJy are taken as AB magnitudes.

        Rows stay selected when two other columns of the same result are shown; of another one none is.

        Raises
        ------
        ColumnError
            If the result lacks one of the columns, or it holds no numbers; what was shown stays.
        """
        found = of_result(result, yours, theirs)
        if self._result is None or self._result() is not result:
            self.clear()
        self.differences = found
        self._result = weakref.ref(result)

    def clear(self) -> None:
        """Select nothing, and take the box away."""
        self.selected_rows = ()
        self._box.clear()

    def figure(self) -> Figure:
        """The same with matplotlib, in the colours for paper, all rows as a density.

        Raises
        ------
        TapWidgetError
            If there are no differences.
        """
        found = self.differences
        if found is None:
            raise TapWidgetError("There are no differences to draw.")
        return draw(found, self.selected_rows.below(len(found)))

    def _build(self) -> None:
        self._x, self._y = bqplot.LinearScale(allow_padding=False), bqplot.LinearScale(allow_padding=False)
        scales = {"x": self._x, "y": self._y}
        self._x_axis = bqplot.Axis(scale=self._x, grid_lines="none", label_offset="34px")
        self._y_axis = bqplot.Axis(scale=self._y, side="left", grid_lines="solid", label_offset="50px")
        self._points = dots(scales, MATCHED, 2.6, opacity=0.6)
        self._selected = dots(scales, SELECTED, 3.6)
        self._zero = bqplot.Lines(x=[0, 0], y=[0, 0], scales=scales, colors=["var(--tw-ink, #222)"], stroke_width=1)
        self._median = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=scales, colors=[plot_style.colour(MEDIAN, band_colours=False)], stroke_width=2
        )
        self._brush = bqplot.interacts.BrushSelector(x_scale=self._x, y_scale=self._y)
        self._box = BoxBrush(self._brush, self._select)
        figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis], marks=[self._points, self._zero, self._selected, self._median],
            interaction=self._brush, fig_margin=MARGIN, padding_x=0, padding_y=0,
            layout=ipywidgets.Layout(width=f"{WIDTH}px", height=f"{HEIGHT}px"), **figure_options(),
        )  # fmt: skip
        self._legend = basic.HTML()
        self._area = area_of(figure, self._legend, WIDTH)
        self._row, self._clear, self._readout = selection_row(self._saving.button)
        self._account = basic.HTML()

    def _new_differences(self, _change: object) -> None:
        self._result = None
        count = 0 if self.differences is None else len(self.differences)
        if self.selected_rows and self.selected_rows[-1] >= count:
            self.selected_rows = ()
        self._box.clear()  # it held others
        self._redraw()

    def _redraw(self) -> None:
        with self._lock:
            found = self.differences
            self._saving.button.disabled = found is None
            self._box.over(*(np.zeros(0), np.zeros(0)) if found is None else (found.magnitude, found.difference))
            if found is None:
                self._account.value = notes("No differences to show yet.")
                self._mark()
                return
            left, right, bottom, top = found.extent
            for scale, low, high in ((self._x, left, right), (self._y, bottom, top)):
                with scale.hold_sync():
                    scale.min, scale.max = low, high
            set_ticks(self._x_axis, layout.ticks(left, right, 6))
            set_ticks(self._y_axis, layout.ticks(bottom, top, 6))
            self._x_axis.label, self._y_axis.label = found.x_label, found.y_label
            seen = found.seen[sky.sample(len(found.seen), sky.DRAWN)]
            place(self._points, found.magnitude[seen], found.difference[seen])
            middles, medians = found.medians
            for line, x, y in ((self._zero, [left, right], [0.0, 0.0]), (self._median, middles, medians)):
                with line.hold_sync():
                    line.visible = len(x) > 0
                    if len(x):
                        line.x, line.y = x, y
            sampled = len(seen) < len(found.seen)
            sample = (
                f"An even sample is drawn, {len(seen):,} of {len(found.seen):,}; the medians are of all rows, "
                "and a box selects among all."
            )
            self._account.value = notes(found.account, sample if sampled else "")
            self._mark()

    def _select(self, rows: RowNumbers) -> None:
        self.selected_rows = rows

    def _show_selected(self, _change: object) -> None:
        self._mark()
        self._box.follow(self.selected_rows)

    def _mark(self) -> None:
        with self._lock:
            self._saving.forget()
            found = self.differences
            rows = self.selected_rows.below(0 if found is None else len(found))
            self._clear.disabled = not len(rows)
            if found is None:
                self._readout.value = ""
                for mark in (self._points, self._selected, self._zero, self._median):
                    mark.visible = False
                self._legend.value = ""
                return
            self._readout.value = f"{len(rows):,} of {len(found):,} rows selected" if len(rows) else HINT
            inside = rows[found.are_seen[rows]]
            marked = inside[sky.sample(len(inside), MARKED)]
            place(self._selected, found.magnitude[marked], found.difference[marked])
            keys = [(f"rows ({len(found.there):,})", MATCHED, True)]
            keys += [(f"selected ({len(rows):,})", SELECTED, True)] if len(rows) else []
            self._legend.value = plot_style.dots(keys) + plot_style.legend(
                [replace(MEDIAN, label=found.median_label)], band_colours=False
            )
