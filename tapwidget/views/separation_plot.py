"""How far apart the pairs of a result are, what of them chance explains, and which radius is worth having."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import bqplot
import ipywidgets
import numpy as np
import traitlets

from tapwidget.plots import histogram, layout, separation
from tapwidget.plots.palette import FILLED_OPACITY, OF_SELECTION
from tapwidget.plots.series import Series
from tapwidget.state.identity import Identity
from tapwidget.views import basic, plot_style
from tapwidget.views.histogram_plot import MARGIN, figure_options, set_ticks
from tapwidget.views.slider_echo import is_rounding
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_traits import RowsTrait, TableTrait

WIDTH, HEIGHT = 460, 300  # px
STEPS = 200  # of the slider
CUMULATED = 60  # points of the curves
PAIRS = Series("pairs", (), "filled", 0.0, 0)
CHANCE = Series("by chance", (), "dashed", 2.0, 1)
SELECTED = Series("selected", (), "solid", 2.0, OF_SELECTION)
TRUE = Series("true pairs kept", (), "solid", 2.0, 0)
FALSE = Series("false among those kept", (), "dashed", 2.0, 1)
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
        Arcsec: the radius that is marked, and judged in words. Up to that of the match.
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
        self, table: Any = None, chance: Any = None, *, find: Any = separation.of_result, **kwargs: Any
    ) -> None:
        self._find = find
        self._lock = threading.RLock()
        self._filling = False
        self._drawn: list[Series] = []
        self.separations: separation.Separations | None = None
        self._build()
        super().__init__(
            [stylesheet(), plot_style.plot_stylesheet(), self._shown, self._area, self._slider, self._readout,
             self._account],
            **{"layout": {"width": f"{WIDTH}px"}, **kwargs},
        )  # fmt: skip
        self.add_class("tw-plot")
        traitlets.link((self._shown, "value"), (self, "shows"))
        self._slider.observe(self._slid, "value")
        self.observe(self._new_table, "table")
        self.observe(self._redraw, ["chance", "shows"])
        self.observe(self._outline, "selected_rows")
        self.observe(self._mark, "radius")
        self._redraw()
        self.table, self.chance = table, chance

    def _build(self) -> None:
        self._x, self._y = bqplot.LinearScale(allow_padding=False), bqplot.LinearScale(allow_padding=False)
        scales = {"x": self._x, "y": self._y}
        self._x_axis = bqplot.Axis(scale=self._x, grid_lines="none", label="separation [arcsec]", label_offset="34px")
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
        self._slider = basic.FloatSlider(
            description="radius [arcsec]", min=0, max=1, step=1 / STEPS, readout_format=".3g", continuous_update=True,
            tooltip="arcsec; judge another radius", layout={"width": f"{WIDTH - 10}px"},
            style={"description_width": "auto"},
        )  # fmt: skip
        # Room for all it may say from the beginning, so that nothing below moves with the slider.
        self._readout = basic.HTML(layout={"min_height": "72px"})
        self._readout.add_class("tw-readout")
        self._account = basic.HTML()

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
        shares = self.shows == "shares"
        series = [TRUE, FALSE] if shares else [PAIRS, CHANCE]
        curves: list[tuple[Any, Any]] = []
        if found is not None and shares:
            radii = np.linspace(0, far, CUMULATED + 1)[1:]
            curve = found.curve(radii)
            if curve is not None:
                curves = [(radii, 100 * curve.completeness), (radii, 100 * curve.contamination)]
        elif found is not None:
            curves = [histogram.stairs(found.edges, found.counts)]
            if found.chance is not None:
                curves.append(histogram.stairs(found.edges, found.by_chance))
        top = 105.0 if shares else 1.06 * max([1.0, *(float(np.max(y)) for _, y in curves)])
        with self._y.hold_sync():
            self._y.min, self._y.max = 0.0, top
        self._y_axis.label = "share [%]" if shares else "number of pairs"
        heights = layout.ticks(0, 100 if shares else top, 6, whole=True)
        set_ticks(self._y_axis, heights, [f"{height:,.0f}" for height in heights])
        for number, line in enumerate(self._lines):
            drawn = number < len(curves)
            with line.hold_sync():
                line.visible = drawn
                if drawn:
                    line.x, line.y = curves[number]
                    self._style(line, series[number])
        self._drawn = series[: len(curves)]
        self._outline()
        self._legend.layout.display = None if curves else "none"
        said = list(found.chance.notes) if found is not None and found.chance is not None else []
        if found is not None and found.chance is None:
            said.append("How many are there by chance is not known: this result has no single radius.")
        self._account.value = notes(*said)

    def _outline(self, _change: object = None) -> None:
        """Draw the selected rows over the histogram, and the legend of all that is drawn."""
        with self._lock:
            found, rows = self.separations, self.selected_rows
            selected = replace(SELECTED, label=f"selected ({len(rows):,})")
            drawn = found is not None and self.shows == "pairs" and len(rows) > 0 and rows[-1] < len(found.by_row)
            with self._selected.hold_sync():
                self._selected.visible = drawn
                if drawn and found is not None:
                    self._selected.x, self._selected.y = histogram.stairs(found.edges, found.counts_of(rows))
                    self._style(self._selected, selected)
            series = [*self._drawn, *([selected] if drawn else [])]
            self._legend.value = plot_style.legend(series, band_colours=False)

    @staticmethod
    def _style(line: bqplot.Lines, one: Series) -> None:
        filled = one.style == "filled"
        colour = plot_style.colour(one, band_colours=False)
        line.labels = [one.label]
        line.colors, line.fill_colors = [colour], [colour]
        line.fill, line.fill_opacities = ("bottom", [2 * FILLED_OPACITY]) if filled else ("none", [])
        line.opacities, line.stroke_width = [1.0], max(one.width, 1.0)
        line.line_style = "solid" if filled else one.style

    def _slid(self, change: dict[str, Any]) -> None:
        if not self._filling and not is_rounding(change["old"], change["new"], self._slider.step):
            self.radius = float(change["new"])

    def _mark(self, _change: object = None) -> None:
        with self._lock:
            found = self.separations
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
