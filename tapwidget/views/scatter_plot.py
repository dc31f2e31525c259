"""Any two columns of a result against one another, or differences of columns: points or density; a box selects rows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.errors import TapWidgetError
from tapwidget.plots import columns, scatter, sky
from tapwidget.plots.scatter import FINEST, Quantity
from tapwidget.plots.selection import RowNumbers
from tapwidget.plots.sky import Extent
from tapwidget.views import basic, plot_style
from tapwidget.views.axis_choice import AxisChoice
from tapwidget.views.box_brush import BoxBrush
from tapwidget.views.figure_links import FigureLinks
from tapwidget.views.point_plot import HINT, MARKED, selection_row
from tapwidget.views.scatter_picture import WIDTH, Chart, ScatterPicture, chart
from tapwidget.views.sky_picture import MATCHED, SELECTED
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_traits import RowsTrait, TableTrait

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = ("x", "x_minus", "y", "y_minus")


class ScatterPlot(ipywidgets.VBox):
    """One column over another: a colour-magnitude diagram, a colour-colour diagram, any two numbers.

    Attributes
    ----------
    table : astropy.table.Table or None
        Any table, mostly the result of a match.
    x, y : str
        Columns with one number a row; both empty for what is usual: r over g - r, or what the table has instead.
        Fluxes in nJy are taken as AB magnitudes.
    x_minus, y_minus : str
        Columns that are subtracted from these; empty for none.
    y_down : bool
        Whether y grows downwards, as magnitudes do by custom; set anew where another y is chosen, from the table that
        has it.
    extent : (left, right, bottom, top) or None
        What is in sight, in the units of the axes; None for all but the few values far outside of all others.
    selected_rows : sorted row numbers (int), equal to a tuple of them
        Rows of `table` that are selected, sorted: a box drawn with the mouse sets them, and they are marked. Takes any
        sequence of row numbers, or one bool a row. Can be linked to those of a `ResultsTable` or a `SkyPlot`.

    More than some thousand points are drawn as their density, all of them counted.

    Examples
    --------
    >>> ScatterPlot(result, "g_cModelMag", "r_cModelMag", x_minus="r_cModelMag")            # doctest: +SKIP
    """

    table = TableTrait()
    x = traitlets.Unicode()
    x_minus = traitlets.Unicode()
    y = traitlets.Unicode()
    y_minus = traitlets.Unicode()
    y_down = traitlets.Bool(False)
    extent = traitlets.Any(None, allow_none=True)
    selected_rows = RowsTrait()

    def __init__(
        self, table: Any = None, x: str = "", y: str = "", *, y_down: bool | None = None, extent: Any = None,
        selected_rows: Any = None, background: Background | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        self._lock, self._asked = threading.RLock(), Latest()
        self._background = background or Background()
        self._saving = FigureLinks(self.figure, "scatter", self._background)
        self._drawn: Chart | None = None
        self._turned: Quantity | None = None  # the y whose direction is chosen
        self._build()
        super().__init__(
            [stylesheet(), plot_style.plot_stylesheet(), self._x_choice, self._y_choice, self._picture.area, self._row,
             self._saving.links, self._account],
            table=table, x=x, y=y, **{"layout": {"width": f"{WIDTH}px"}, **kwargs},
        )  # fmt: skip
        self.add_class("tw-plot")
        for choice, name in ((self._x_choice, "x"), (self._y_choice, "y")):
            traitlets.link((self, name), (choice, "column"))
            traitlets.link((self, f"{name}_minus"), (choice, "minus"))
        traitlets.link((self, "y_down"), (self._down, "value"))
        if y_down is not None:
            self._turned = self.quantities[1]
            self.y_down = y_down
        self._choose_usual()
        self.extent, self.selected_rows = extent, selected_rows
        self.observe(self._new_table, "table")
        self.observe(self._new_columns, NAMES)
        self.observe(lambda _: self._redraw_soon(), "extent")
        self.observe(self._turn_picture, "y_down")
        self.observe(self._show_selected, "selected_rows")
        self._clear.on_click(lambda _button: self.clear())
        self._in.on_click(lambda _button: self._zoom_in())
        self._out.on_click(lambda _button: self._zoom_out())
        self._redraw()

    @traitlets.validate("extent")
    def _four_numbers(self, proposal: Any) -> Extent | None:
        if proposal["value"] is None:
            return None
        try:
            left, right, bottom, top = (float(end) for end in proposal["value"])
        except (TypeError, ValueError):
            left = right = bottom = top = np.nan
        for low, high in ((left, right), (bottom, top)):
            # Not NaN, not beyond all numbers, not lost among the digits.
            if not FINEST * np.spacing(max(abs(low), abs(high))) <= high - low < np.inf:
                raise TapWidgetError(
                    "An extent is (left, right, bottom, top) in the units of the axes, left < right and bottom < top, "
                    f"not {proposal['value']!r}; None is the usual one."
                )
        return left, right, bottom, top

    @property
    def quantities(self) -> tuple[Quantity, Quantity]:
        """What the axes have."""
        return Quantity(self.x, self.x_minus), Quantity(self.y, self.y_minus)

    @property
    def box(self) -> Extent | None:
        """Left, right, bottom, top of the box that is drawn, in the units of the axes; None where there is none."""
        with self._lock:
            drawn, box = self._drawn, self._box.box
        if drawn is None or box is None:
            return None
        left, right, bottom, top = box
        return drawn.x.value(left), drawn.x.value(right), drawn.y.value(bottom), drawn.y.value(top)

    def choose(self, x: str, x_minus: str, y: str, y_minus: str, *, y_down: bool) -> None:
        """Set all of these at once, also before there is a table."""
        self._turned = Quantity(y, y_minus)
        with self.hold_trait_notifications():
            self.x, self.x_minus, self.y, self.y_minus, self.y_down = x, x_minus, y, y_minus, y_down

    def clear(self) -> None:
        """Select nothing, and take the box away."""
        self.selected_rows = ()
        self._box.clear()
        self._mark()

    def figure(self) -> Figure:
        """The same with matplotlib, in the colours for paper.

        Raises
        ------
        TapWidgetError
            If there is nothing to draw; a ColumnError if the table has not what was chosen.
        """
        table, (x, y), extent = self.table, self.quantities, self.extent
        if table is None or not (x.column and y.column):
            raise TapWidgetError("There is nothing to draw: choose a table and two of its columns.")
        with self._lock:
            drawn = self._drawn
        found = drawn.found if drawn is not None and drawn.found.is_of(table, x, y) else scatter.of_table(table, x, y)
        rows = self.selected_rows.below(len(found))
        return scatter.draw(found, extent or found.usual_extent, rows, y_down=self.y_down)

    def _build(self) -> None:
        self._x_choice, self._y_choice = AxisChoice("x"), AxisChoice("y")
        self._picture = ScatterPicture()
        self._box = BoxBrush(self._picture.brush, self._select)
        self._down = basic.ToggleButton(
            description="y downwards", tooltip="as magnitudes are drawn: the bright ones at the top",
            layout={"width": "auto"},
        )  # fmt: skip
        self._in = basic.Button(description="Zoom in", tooltip="to the box that is drawn", layout={"width": "auto"})
        self._out = basic.Button(
            description="Zoom out", tooltip="to all but far values, and then to these too", layout={"width": "auto"}
        )
        self._row, self._clear, self._readout = selection_row(self._in, self._out, self._down, self._saving.button)
        self._account = basic.HTML()

    def _new_table(self, _change: object) -> None:
        self.selected_rows = ()
        with self._lock:  # until the new one is drawn, nobody shall select rows of it in the picture of the old one
            self._drawn = None
            self._box.over(np.zeros(0), np.zeros(0))
            self._box.clear()
            self._picture.hide()
        self.extent = None
        self._choose_usual()
        self._redraw_soon()

    def _choose_usual(self) -> None:
        table = self.table
        offered = () if table is None else columns.numbers(table)
        for choice in (self._x_choice, self._y_choice):
            choice.offer(offered)
        if table is not None and not (self.x or self.y):
            x, y = scatter.usual(table)
            with self.hold_trait_notifications():
                (self.x, self.x_minus), (self.y, self.y_minus) = x, y
        self._turn()

    def _new_columns(self, _change: object) -> None:
        self.extent = None
        self._turn()
        self._redraw_soon()

    def _turn(self) -> None:
        """Have y grow as its kind does, once for each that is chosen: after that it is as the person has it."""
        table, (_, y) = self.table, self.quantities
        if table is not None and y != self._turned:
            self._turned = y
            self.y_down = scatter.is_magnitude(table, y)

    def _turn_picture(self, _change: object) -> None:
        with self._lock:
            self._saving.forget()
            self._picture.turn(y_down=self.y_down)

    def _zoom_in(self) -> None:
        if self.box is not None:
            self.extent = self.box

    def _zoom_out(self) -> None:
        with self._lock:
            drawn = self._drawn
        if drawn is not None and drawn.further is not None and drawn.found.is_of(self.table, *self.quantities):
            self.extent = None if drawn.further == drawn.found.usual_extent else drawn.further

    def _redraw_soon(self) -> None:
        self._asked.next()  # what is being found is of what was chosen before
        self._background.post(("scatter", id(self)), self._redraw)

    def _redraw(self) -> None:
        """Draw what is chosen now, when it is found: columns of a million rows take half a second."""
        asked = self._asked.next()
        table, (x, y), extent = self.table, self.quantities, self.extent
        if table is None or not (x.column and y.column):
            self._show(asked, None, notes("Nothing to show yet." if table is None else "Choose two columns."))
            return
        with self._lock:
            drawn = self._drawn
        known = drawn.found if drawn is not None and drawn.found.is_of(table, x, y) else None
        self._background.run(
            lambda: chart(known or scatter.of_table(table, x, y), extent),
            then=lambda drawn: self._show(asked, drawn, notes(*drawn.found.account(drawn.seen))),
            failed=lambda error: self._show(asked, None, notes(f"Not drawn: {error}", css_class="tw-error")),
        )

    def _show(self, asked: int, drawn: Chart | None, said: str) -> None:
        with self._lock:
            if not self._asked.is_current(asked):
                return
            self._drawn = drawn
            self._box.clear()  # it was drawn in another picture; the rows that it held stay selected
            if drawn is None:
                self._box.over(np.zeros(0), np.zeros(0))
                self._picture.hide()
            else:
                self._box.over(drawn.x.places(drawn.found.x), drawn.y.places(drawn.found.y))
                self._picture.draw(drawn, y_down=self.y_down)
            self._account.value = said
            self._mark()

    def _select(self, rows: RowNumbers) -> None:
        if rows == self.selected_rows:
            self._mark()  # there is a box, or none any more
        else:
            self.selected_rows = rows

    def _show_selected(self, _change: object) -> None:
        self._mark()
        self._box.follow(self.selected_rows)

    def _mark(self) -> None:
        with self._lock:
            self._saving.forget()
            drawn, chosen, has_box = self._drawn, self.selected_rows, self._box.box is not None
            self._clear.disabled = not (len(chosen) or has_box)
            self._in.disabled = drawn is None or not has_box
            self._out.disabled = drawn is None or drawn.further is None
            self._saving.button.disabled = drawn is None
            if drawn is None:
                self._readout.value = ""
                return
            found = drawn.found
            rows = chosen.below(len(found))
            in_sight = rows[drawn.is_seen[rows]]
            marked = in_sight[sky.sample(len(in_sight), MARKED)]
            said = f"{len(rows):,} of {len(found):,} rows selected" if len(rows) else HINT
            self._readout.value = said + (f"; {MARKED:,} of them marked" if len(marked) < len(in_sight) else "")
            many = "rows, stronger where more are" if drawn.density is not None else "rows"
            keys = [(f"{many} ({drawn.seen:,})", MATCHED)]
            keys += [(f"selected ({len(rows):,})", SELECTED)] if len(rows) else []
            self._picture.select(drawn.x.places(found.x[marked]), drawn.y.places(found.y[marked]), keys)
