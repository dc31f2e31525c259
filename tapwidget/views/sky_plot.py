"""Where rows are on the sky, matched and unmatched, with a box that selects rows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import traitlets

from tapwidget.actions.background import Background
from tapwidget.errors import TapWidgetError
from tapwidget.plots import places, sky, sky_chart
from tapwidget.plots.selection import RowNumbers
from tapwidget.plots.sky_chart import Points, SkyChart
from tapwidget.views import basic, plot_style
from tapwidget.views.box_brush import BoxBrush
from tapwidget.views.figure_links import FigureLinks
from tapwidget.views.point_plot import HINT, MARKED, selection_row
from tapwidget.views.sky_picture import ASPECT, SkyPicture
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_traits import RowsTrait, TableTrait

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOTHING = "No rows to show yet."


class SkyPlot(ipywidgets.VBox):
    """Positions of a table's rows on the sky (ICRS, degrees), right ascension to the left.

    Attributes
    ----------
    table : astropy.table.Table or None
        Its rows are the points. Setting it empties the selection.
    ra, dec : str
        Columns of the position; empty for what is recognised: in a result the target's, and for rows without one the
        upload's.
    matched : array of bool, or None
        One a row: rows that are not are drawn as rings. None when there is no such difference.
    background : astropy.table.Table or None
        Further positions, as of objects that were not matched: not to be selected. Grey where there is nothing else,
        rings over the rows where there are some. Where `table` is a result of matching it, those that are not among
        its rows.
    background_label : str
        What the legend calls them.
    cone : tuple of float, or None
        RA, Dec and radius in degrees (ICRS) of a circle to be drawn, as of the region that was searched.
    cone_label : str
        What the legend calls it, before its radius.
    selected_rows : sorted row numbers (int), equal to a tuple of them
        Row numbers of `table`, sorted. Takes any sequence of row numbers, or one bool a row.

    Above some thousand points a sample is drawn, and the plot says so: an even one, but that rare kinds (matched, not
    matched, or the background) are shown more often than their share. A box selects among all rows.
    """

    table = TableTrait()
    ra = traitlets.Unicode()
    dec = traitlets.Unicode()
    matched = traitlets.Any(None, allow_none=True)
    background = TableTrait()
    background_label = traitlets.Unicode("others")
    cone = traitlets.Tuple(*3 * (traitlets.Float(),), default_value=None, allow_none=True)
    cone_label = traitlets.Unicode("cone")
    selected_rows = RowsTrait()

    def __init__(
        self, table: Any = None, *, ra: str = "", dec: str = "", matched: Any = None,
        worker: Background | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        # Guards what is drawn. Never held while a public trait is set: an observer may wait for a lock of its own.
        self._lock = threading.RLock()
        none = np.zeros(0)
        self._is_given = True  # not while only some of what is shown together was set
        self._plane: tuple[sky.Floats, sky.Floats] = (none, none)
        self._has_place = np.zeros(0, bool)
        self._chart: SkyChart | None = None
        self._marked = Points()
        self._picture = SkyPicture()
        self._saving = FigureLinks(self.figure, "sky", worker)
        self._box = BoxBrush(self._picture.brush, self._select)
        row, self._clear, self._readout = selection_row(self._saving.button)
        self._account = basic.HTML()
        self._styles = (stylesheet(), plot_style.plot_stylesheet())
        self._drawing = (self._picture.area, row, self._saving.links)
        super().__init__([*self._styles, self._account], table=table, ra=ra, dec=dec, matched=matched, **kwargs)
        self.add_class("tw-plot")
        self._clear.on_click(lambda _button: self.clear())
        self.observe(self._redraw, ["ra", "dec", "matched", "background", "background_label", "cone", "cone_label"])
        self.observe(self._new_table, "table")
        self.observe(self._show_selected, "selected_rows")
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
            If there are no positions.
        """
        with self._lock:
            chart, marked = self._chart, self._marked
        if chart is None:
            raise TapWidgetError("There are no positions to draw.")
        return sky_chart.draw(chart, marked)

    def show(self, **traits: Any) -> None:
        """Set several traits, and draw once."""
        self._is_given = False
        try:
            for name, value in traits.items():
                self.set_trait(name, value)
        finally:
            self._is_given = True
            self._redraw()

    def _new_table(self, _change: object) -> None:
        self.selected_rows = ()
        self._box.clear()
        self._redraw()

    def _redraw(self, _change: object = None) -> None:
        if not self._is_given:
            return
        with self._lock:
            back = places.of_table(self.background)
            rows = places.of_table(self.table, self.ra, self.dec, upload=back.position)
            said = [rows.said, f"{self.background_label}: {back.said}" if back.said else ""]
            others = places.others(back.ra, back.dec, rows)
            middle = sky.about(np.concatenate([rows.ra, back.ra]), np.concatenate([rows.dec, back.dec]))
            cone = None if self.cone is None else sky.Cone(*self.cone)
            self._plane = middle.plane(rows.ra, rows.dec)
            behind = middle.plane(back.ra[others], back.dec[others])
            self._has_place = ~(np.isnan(self._plane[0]) | np.isnan(self._plane[1]))
            self._box.over(*self._plane)
            edge = None if cone is None else Points(*cone.outline(middle), f"{self.cone_label}, radius {cone}")
            self._chart = self._made(middle, behind, edge, said)
            if self._chart is not None:
                self._picture.draw(self._chart)
                sampled = self._chart.sampled
                said += [sampled and f"{sampled} A box selects among all rows.", self._chart.centre]
            else:
                are_rows = len(rows.ra) + len(back.ra) > 0
                said.insert(0, "No positions in this table, so there is no sky to draw." if are_rows else NOTHING)
            self._account.value = notes(*said)
            self._mark()
            # Absent, not hidden: bqplot cannot measure what has no size.
            drawing = self._drawing if self._chart is not None else ()
            self.children = (*self._styles, *drawing, self._account)

    def _made(
        self, middle: sky.Projection, behind: tuple[sky.Floats, sky.Floats], edge: Points | None, said: list[str]
    ) -> SkyChart | None:
        """What is to be drawn; None where there is no position. Adds to what is said of the rows."""
        x, y = self._plane
        rows, there = np.flatnonzero(self._has_place), np.flatnonzero(~np.isnan(behind[0]))
        if not (len(rows) or len(there)):
            return None
        if len(rows) < len(x):
            said.append(f"{len(x) - len(rows):,} of {len(x):,} rows have no position and are not shown.")
        matched = (
            np.ones(len(x), bool) if self.matched is None else np.ma.filled(np.ma.asarray(self.matched, bool), False)
        )
        if len(matched) != len(x):
            said.append(f"`matched` has {len(matched):,} entries for {len(x):,} rows, and is left out.")
            matched = np.ones(len(x), bool)
        # One sample of all, so that none looks more frequent than it is but those that would be lost.
        kinds = np.concatenate([matched[rows].astype(np.int8), np.full(len(there), 2, np.int8)])
        chosen = sky.thin(kinds, sky.DRAWN)
        drawn, drawn_behind = rows[chosen[chosen < len(rows)]], there[chosen[chosen >= len(rows)] - len(rows)]
        positions, shown = len(kinds), len(chosen)
        yes, no = drawn[matched[drawn]], drawn[~matched[drawn]]
        of_rows = of_unmatched = ""
        if self.matched is not None:
            of_rows = f"matched ({int(matched[rows].sum()):,})"
            of_unmatched = f"not matched ({unmatched:,})" if (unmatched := int((~matched[rows]).sum())) else ""
        elif len(there) and len(x):
            of_rows = f"rows ({len(rows):,})"
        points = (
            Points(x[yes], y[yes], of_rows),
            Points(x[no], y[no], of_unmatched),
            Points(
                behind[0][drawn_behind], behind[1][drawn_behind],
                f"{self.background_label} ({len(there):,})" if len(there) else "",
            ),
        )  # fmt: skip
        outline = () if edge is None else ((edge.x, edge.y),)
        every = [np.concatenate(axis) for axis in zip(self._plane, behind, *outline, strict=True)]
        sampled = f"An even sample is drawn, {shown:,} of {positions:,} positions."
        if not sky.are_even(kinds, sky.DRAWN):
            sampled = f"A sample is drawn, {shown:,} of {positions:,} positions; rare kinds are shown more often."
        extent = sky.field(every[0], every[1], aspect=ASPECT)
        return SkyChart(middle, extent, *points, edge, sampled if shown < positions else "")

    def _select(self, rows: RowNumbers) -> None:
        self.selected_rows = rows

    def _show_selected(self, _change: object) -> None:
        with self._lock:
            self._mark()
        self._box.follow(self.selected_rows)

    def _mark(self) -> None:
        x, y = self._plane
        rows = self.selected_rows.below(len(x))
        placed = rows[self._has_place[rows]]
        marked = placed[sky.sample(len(placed), MARKED)]
        self._marked = Points(x[marked], y[marked], f"selected ({len(rows):,})" if len(rows) else "")
        self._picture.select(self._marked)
        self._saving.forget()
        self._clear.disabled = not len(rows)
        said = f"{len(rows):,} of {len(x):,} rows selected" if len(rows) else (HINT if len(x) else NOTHING)
        self._readout.value = said + (f"; {MARKED:,} of them marked" if len(marked) < len(placed) else "")
