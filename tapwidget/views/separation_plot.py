"""How far apart the pairs of a result are, what of them chance explains, and which radius is worth having."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import bqplot
import ipywidgets
import traitlets

from tapwidget.actions.background import Background
from tapwidget.errors import TapWidgetError
from tapwidget.plots import layout, separation, separation_lines
from tapwidget.plots.palette import FILLED_OPACITY
from tapwidget.plots.separation_lines import Line
from tapwidget.state.identity import Identity
from tapwidget.views import basic, plot_style
from tapwidget.views.figure_links import FigureLinks
from tapwidget.views.histogram_plot import MARGIN, figure_options, set_ticks
from tapwidget.views.slider_echo import is_rounding
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_traits import RowsTrait, TableTrait

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 460, 300  # px
STEPS = 200  # of the slider
MARK = "var(--jp-brand-color1, #1976d2)"


class SeparationPlot(ipywidgets.VBox):
    """The separations of a result, with the level that chance explains.

    Attributes
    ----------
    table : astropy.table.Table or None
        The result of a match by position.
    chance : match.chance.Chance or None
        The rate of chance pairs as it was measured; without one, what the separations themselves tell.
    radius : float
        Arcsec: the radius that is marked, and judged in words. From 0 to that of the match, which a larger one becomes.
    shows : str
        "pairs" for the histogram; "shares" for the true pairs kept and the false among them, for each radius.
    selected_rows : sorted row numbers (int), equal to a tuple of them
        Rows of `table`, which have an outline of their own in the histogram. Takes any sequence of row numbers, or one
        bool a row. Can be linked to those of a `ResultsTable` or a `SkyPlot`.

    Parameters
    ----------
    find : callable
        What finds the separations in the table: `plots.separation.of_result`, or one that remembers.
    """

    table = TableTrait()
    chance = Identity()
    radius = traitlets.Float(0.0)
    shows = traitlets.Enum(("pairs", "shares"), default_value="pairs")
    selected_rows = RowsTrait()

    def __init__(
        self,
        table: Any = None,
        chance: Any = None,
        *,
        radius: float | None = None,
        selected_rows: Any = None,
        find: Any = separation.of_result,
        background: Background | None = None,
        **kwargs: Any,
    ) -> None:
        self._find = find
        self._lock = threading.RLock()
        self._saving = FigureLinks(self.figure, "separations", background)
        self._filling = False
        self._drawn: list[Line] = []
        self.separations: separation.Separations | None = None
        self._build()
        super().__init__(
            [stylesheet(), plot_style.plot_stylesheet(), self._row, self._area, self._slider, self._readout,
             self._saving.links, self._account],
            **{"layout": {"width": f"{WIDTH}px"}, **kwargs},
        )  # fmt: skip
        self.add_class("tw-plot")
        traitlets.link((self, "shows"), (self._shown, "value"))
        self._slider.observe(self._slid, "value")
        self.observe(self._new_table, "table")
        self.observe(self._redraw, ["chance", "shows"])
        self.observe(self._outline, "selected_rows")
        self.observe(self._mark, "radius")
        self._redraw()
        self.table, self.chance = table, chance
        self.selected_rows = selected_rows
        if radius is not None:
            self.radius = radius

    def figure(self) -> Figure:
        """The same with matplotlib, in the colours for paper.

        Raises
        ------
        TapWidgetError
            If there are no separations, or of the shares where the rate of chance pairs is not known.
        """
        with self._lock:
            found, shows, rows = self.separations, self.shows, self.selected_rows
        if found is None:
            raise TapWidgetError("There are no separations to draw.")
        if not separation_lines.lines(found, shows):
            raise TapWidgetError("What each radius keeps is not known: this result has no single radius.")
        return separation_lines.draw(found, self.radius, shows=shows, selected=rows)

    def _build(self) -> None:
        self._x, self._y = bqplot.LinearScale(allow_padding=False), bqplot.LinearScale(allow_padding=False)
        scales = {"x": self._x, "y": self._y}
        self._x_axis = bqplot.Axis(
            scale=self._x, grid_lines="none", label=separation_lines.X_LABEL, label_offset="34px"
        )
        self._y_axis = bqplot.Axis(scale=self._y, side="left", grid_lines="solid", label_offset="50px")
        self._lines = [bqplot.Lines(x=[0, 0], y=[0, 0], scales=scales) for _ in range(2)]
        self._selected = bqplot.Lines(x=[0, 0], y=[0, 0], scales=scales, visible=False)
        self._marker = bqplot.Lines(x=[0, 0], y=[0, 0], scales=scales, colors=[MARK], stroke_width=2)
        figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis], marks=[*self._lines, self._selected, self._marker], fig_margin=MARGIN,
            padding_x=0, padding_y=0, layout=ipywidgets.Layout(width=f"{WIDTH}px", height=f"{HEIGHT}px"),
            **figure_options(),
        )  # fmt: skip
        self._legend = basic.HTML(layout=ipywidgets.Layout())
        self._legend.add_class("tw-legend")
        self._legend.add_class("tw-below")
        self._area = basic.VBox([figure, self._legend], layout={"width": f"{WIDTH}px"})
        self._area.add_class("tw-plot-area")
        self._shown = basic.ToggleButtons(
            options=[("Pairs", "pairs"), ("Kept and false", "shares")],
            tooltips=["how many pairs at each separation", "what each radius would keep, and how much of it is false"],
            style={"button_width": "auto"},
        )  # fmt: skip
        self._row = basic.HBox([self._shown, self._saving.button])
        self._row.add_class("tw-wrap")
        self._slider = basic.FloatSlider(
            description="radius [arcsec]", min=0, max=1, step=1 / STEPS, readout_format=".3g", continuous_update=True,
            tooltip="arcsec; judge another radius", layout={"width": f"{WIDTH - 10}px"},
            style={"description_width": "auto"},
        )  # fmt: skip
        # Room for all it may say from the beginning, so that nothing below moves with the slider.
        self._readout = basic.HTML(layout={"min_height": "72px"})
        self._readout.add_class("tw-readout")
        self._account = basic.HTML()

    @traitlets.validate("radius")
    def _within_the_match(self, proposal: Any) -> float:
        radius: float = proposal["value"]
        if not 0 <= radius < math.inf:
            raise TapWidgetError(f"The radius is {radius:g} arcsec; it must be a number from 0 to that of the match.")
        return radius if self.separations is None else min(radius, self.separations.radius)

    def _new_table(self, change: Any) -> None:
        self.selected_rows = ()
        self._redraw(change)

    def _redraw(self, change: Any = None) -> None:
        with self._lock:
            self.separations = None if self.table is None else self._find(self.table, self.chance)
            found = self.separations
            for widget in (self._slider, self._shown):
                widget.disabled = found is None
            radius = self.radius
            if found is not None:
                self._span(found.radius)
                if change is None or change["name"] == "table" or not 0 < radius <= found.radius:
                    radius = found.radius
            self._draw()
        if radius != self.radius:
            self.radius = radius
        else:
            self._mark()

    def _span(self, radius: float) -> None:
        if self._slider.max == radius:
            return
        self._filling = True
        try:
            # From zero, which is a step whatever the steps are: else the page would round the value to the new steps,
            # and tell so after the next value has been set, as if somebody had moved the slider back.
            self._slider.value = 0.0
            self._slider.max, self._slider.step = radius, radius / STEPS
        finally:
            self._filling = False

    def _draw(self) -> None:
        found = self.separations
        far = found.radius if found is not None else 1.0
        with self._x.hold_sync():
            self._x.min, self._x.max = 0.0, far
        set_ticks(self._x_axis, layout.ticks(0, far, 6))
        self._drawn = separation_lines.lines(found, self.shows)
        self._saving.button.disabled = not self._drawn
        top = separation_lines.top(self._drawn, self.shows)
        with self._y.hold_sync():
            self._y.min, self._y.max = 0.0, top
        self._y_axis.label = separation_lines.Y_LABELS[self.shows]
        heights = layout.ticks(0, 100 if self.shows == "shares" else top, 6, whole=True)
        set_ticks(self._y_axis, heights, [f"{height:,.0f}" for height in heights])
        for number, line in enumerate(self._lines):
            self._put(line, *self._drawn[number : number + 1])
        self._outline()
        self._legend.layout.display = None if self._drawn else "none"
        said = list(found.chance.notes) if found is not None and found.chance is not None else []
        if found is not None and found.chance is None:
            said.append("How many are there by chance is not known: this result has no single radius.")
        self._account.value = notes(*said)

    def _outline(self, _change: object = None) -> None:
        """Draw the selected rows over the histogram, and the legend of all that is drawn."""
        with self._lock:
            self._saving.forget()
            selected = separation_lines.of_selected(self.separations, self.selected_rows, self.shows)
            self._put(self._selected, *selected)
            looks = [line.look for line in (*self._drawn, *selected)]
            self._legend.value = plot_style.legend(looks, band_colours=False)

    @staticmethod
    def _put(mark: bqplot.Lines, *drawn: Line) -> None:
        """Draw this line, or none."""
        with mark.hold_sync():
            mark.visible = len(drawn) > 0
            for look, x, y in drawn:
                filled, colour = look.style == "filled", plot_style.colour(look, band_colours=False)
                mark.x, mark.y, mark.labels = x, y, [look.label]
                mark.colors, mark.fill_colors = [colour], [colour]
                mark.fill, mark.fill_opacities = ("bottom", [2 * FILLED_OPACITY]) if filled else ("none", [])
                mark.opacities, mark.stroke_width = [1.0], max(look.width, 1.0)
                mark.line_style = "solid" if filled else look.style

    def _slid(self, change: dict[str, Any]) -> None:
        if not self._filling and not is_rounding(change["old"], change["new"], self._slider.step):
            self.radius = float(change["new"])

    def _mark(self, _change: object = None) -> None:
        with self._lock:
            found = self.separations
            self._saving.forget()
            self._filling = True
            try:
                if found is not None:
                    self._slider.value = min(max(self.radius, 0.0), self._slider.max)
            finally:
                self._filling = False
            with self._marker.hold_sync():
                self._marker.visible = found is not None
                self._marker.x, self._marker.y = [self.radius, self.radius], [0.0, float(self._y.max or 1.0)]
            self._readout.value = notes(*self._words()) if found is not None else notes("No separations to show yet.")

    def _words(self) -> list[str]:
        found = self.separations
        assert found is not None
        said = f"Within {self.radius:.3g} arcsec {separation.sentence(found, self.radius)}"
        curve = found.curve([self.radius, found.radius])
        if curve is not None:
            said += f"; {100 * curve.completeness[0]:.3g} % of the true pairs are among them"
        odds = found.even_odds()
        more = f"Beyond {odds:.2g} arcsec a pair is more likely false than true." if odds is not None else ""
        return [f"{said}.", more]
