"""Where counterparts are as seen from your positions: a point a pair, the median, the radius; a box selects rows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import bqplot
import ipywidgets
import numpy as np

from tapwidget.actions.background import Background
from tapwidget.errors import TapWidgetError
from tapwidget.plots import layout, offsets, separation, sky
from tapwidget.plots.selection import RowNumbers
from tapwidget.plots.sentences import number
from tapwidget.plots.series import Series
from tapwidget.state.identity import Identity
from tapwidget.views import basic, plot_style
from tapwidget.views.box_brush import BoxBrush
from tapwidget.views.figure_links import FigureLinks
from tapwidget.views.histogram_plot import figure_options, set_ticks
from tapwidget.views.point_plot import HINT, MARKED, area_of, selection_row
from tapwidget.views.sky_picture import ASPECT, HEIGHT, MARGIN, MATCHED, SELECTED, WIDTH, dots, place
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_traits import RowsTrait, TableTrait

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEDIAN = "var(--tw-ink, #222)"  # seen on points of either colour
ARM = 0.08  # of the cross at the median, as a share of the way from the middle to the upper edge


class OffsetPlot(ipywidgets.VBox):
    """Offsets of a result's pairs in arcsec, the target's position less yours; right ascension to the left.

    Attributes
    ----------
    table : astropy.table.Table or None
        The result of a match by position, with its separation and position angle.
    chance : match.chance.Chance or None
        The rate of chance pairs as it was measured; without one, what the separations themselves tell.
    offsets : plots.offsets.Offsets or None
        What is drawn, with dra and ddec of each row; None where the table has no pairs.
    selected_rows : sorted row numbers (int), equal to a tuple of them
        Rows of `table` that are selected, sorted: a box drawn with the mouse sets them, and they are marked. Takes any
        sequence of row numbers, or one bool a row. Can be linked to those of a `ResultsTable` or a `SkyPlot`.

    Parameters
    ----------
    find : callable
        What finds the separations in the table: `plots.separation.of_result`, or one that remembers.

    Above some thousand pairs an even sample is drawn, and the plot says so; median and chance level are those of all,
    and a box selects among all of them.
    """

    table = TableTrait()
    chance = Identity()
    selected_rows = RowsTrait()

    def __init__(
        self,
        table: Any = None,
        chance: Any = None,
        *,
        find: Any = separation.of_result,
        background: Background | None = None,
        **kwargs: Any,
    ) -> None:
        self._find = find
        self._lock = threading.RLock()
        self._saving = FigureLinks(self.figure, "offsets", background)
        self.offsets: offsets.Offsets | None = None
        self._build()
        super().__init__(
            [stylesheet(), plot_style.plot_stylesheet(), self._area, self._row, self._saving.links, self._account],
            table=table, chance=chance, **{"layout": {"width": f"{WIDTH}px"}, **kwargs},
        )  # fmt: skip
        self.add_class("tw-plot")
        self.observe(self._new_table, "table")
        self.observe(self._redraw, "chance")
        self.observe(self._show_selected, "selected_rows")
        self._clear.on_click(lambda _button: self.clear())
        self._redraw()

    def clear(self) -> None:
        """Select nothing, and take the box away."""
        self.selected_rows = ()
        self._box.clear()

    def figure(self) -> Figure:
        """The same with matplotlib, in the colours for paper.

        Raises
        ------
        TapWidgetError
            If there are no pairs.
        """
        with self._lock:
            found, rows = self.offsets, self.selected_rows
        if found is None:
            raise TapWidgetError("There are no offsets to draw.")
        return offsets.draw(found, rows.below(len(found)))

    def _build(self) -> None:
        self._x, self._y = bqplot.LinearScale(allow_padding=False), bqplot.LinearScale(allow_padding=False)
        scales = {"x": self._x, "y": self._y}
        self._x_axis = bqplot.Axis(scale=self._x, grid_lines="none", label="Δα cos δ [arcsec]", label_offset="34px")
        self._y_axis = bqplot.Axis(
            scale=self._y, side="left", grid_lines="none", label="Δδ [arcsec]", label_offset="50px"
        )
        faint = {"x": [0, 0], "y": [0, 0], "scales": scales, "stroke_width": 1, "visible": False}
        self._zero = bqplot.Lines(colors=["var(--jp-border-color2, #cccccc)"], **faint)
        self._circle = bqplot.Lines(colors=["var(--tw-ink, #222)"], line_style="dashed", **faint)
        self._points = dots(scales, MATCHED, 2.6, opacity=0.6)
        self._selected = dots(scales, SELECTED, 3.6)
        self._cross = bqplot.Lines(colors=[MEDIAN], **{**faint, "stroke_width": 2.5})
        self._brush = bqplot.interacts.BrushSelector(x_scale=self._x, y_scale=self._y)
        self._box = BoxBrush(self._brush, self._select)
        figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis],
            marks=[self._zero, self._circle, self._points, self._selected, self._cross],
            interaction=self._brush, fig_margin=MARGIN, padding_x=0, padding_y=0,
            layout=ipywidgets.Layout(width=f"{WIDTH}px", height=f"{HEIGHT}px"), **figure_options(),
        )  # fmt: skip
        self._legend = basic.HTML()
        self._area = area_of(figure, self._legend, WIDTH)
        self._row, self._clear, self._readout = selection_row(self._saving.button)
        self._account = basic.HTML()

    def _new_table(self, _change: object) -> None:
        self.selected_rows = ()
        self._box.clear()
        self._redraw()

    def _redraw(self, _change: object = None) -> None:
        with self._lock:
            table = self.table
            self.offsets = found = None if table is None else offsets.of_result(table, self.chance, self._find)
            if found is None:
                self._box.over(np.zeros(0), np.zeros(0))
                self._account.value = notes("No offsets to show yet.")
                for mark in (self._zero, self._circle, self._points, self._cross):
                    mark.visible = False
                self._mark()
                return
            self._box.over(-found.dra, found.ddec)
            self._frame(found.reach)
            place(self._points, -found.dra[found.drawn], found.ddec[found.drawn])
            self._circle.visible = found.radius is not None
            if found.radius is not None:
                _put(self._circle, *offsets.circle(found.radius))
            x, y, arm = -found.shift.dra, found.shift.ddec, ARM * found.reach
            _put(self._cross, [x - arm, x + arm, np.nan, x, x], [y, y, np.nan, y - arm, y + arm])
            sampled = found.sampled and f"{found.sampled} A box selects among all."
            self._account.value = notes(*found.sentences(), sampled)
            self._mark()

    def _frame(self, up: float) -> None:
        """Show so many arcsec from the middle upwards, and as long a one across."""
        across = up * ASPECT
        for scale, end in ((self._x, across), (self._y, up)):
            with scale.hold_sync():
                scale.min, scale.max = -end, end
        # x is the offset to the west: RA grows to the left, as on the sky.
        west, north = layout.ticks(-across, across, 6), layout.ticks(-up, up, 6)
        set_ticks(self._x_axis, west, [number(0.0 - value) for value in west])
        set_ticks(self._y_axis, north, [number(0.0 + value) for value in north])
        _put(self._zero, [-across, across, np.nan, 0, 0], [0, 0, np.nan, -up, up])

    def _select(self, rows: RowNumbers) -> None:
        self.selected_rows = rows

    def _show_selected(self, _change: object) -> None:
        with self._lock:
            self._mark()
        self._box.follow(self.selected_rows)

    def _mark(self) -> None:
        found, chosen = self.offsets, self.selected_rows
        self._saving.forget()
        self._saving.button.disabled = found is None
        self._clear.disabled = not len(chosen)
        if found is None:
            self._readout.value = self._legend.value = ""
            self._selected.visible = False
            return
        rows = chosen.below(len(found))
        pairs = rows[np.isfinite(found.dra[rows])]
        marked = pairs[sky.sample(len(pairs), MARKED)]
        place(self._selected, -found.dra[marked], found.ddec[marked])
        said = f"{len(rows):,} of {len(found):,} rows selected" if len(rows) else HINT
        self._readout.value = said + (f"; {MARKED:,} of them marked" if len(marked) < len(pairs) else "")
        keys = [(f"pairs ({len(found.there):,})", MATCHED, True)]
        keys += [(f"selected ({len(rows):,})", SELECTED, True)] if len(rows) else []
        radius = found.radius
        within = [] if radius is None else [Series(f"radius {radius:.3g} arcsec", (), "dashed", 1.0, None)]
        self._legend.value = (
            plot_style.dots(keys) + plot_style.cross("median", MEDIAN) + plot_style.legend(within, band_colours=False)
        )


def _put(line: bqplot.Lines, x: Any, y: Any) -> None:
    with line.hold_sync():
        line.x, line.y, line.visible = np.asarray(x, np.float64), np.asarray(y, np.float64), True
