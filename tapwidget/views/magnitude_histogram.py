"""The live histogram: magnitudes of several tables over one another, as in Figure 1, with a brush."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import traitlets

from tapwidget.actions.background import Background
from tapwidget.errors import TapWidgetError
from tapwidget.plots import bins, histogram, sentences
from tapwidget.plots.series import Series, figure1_series
from tapwidget.plots.subset import SubsetCounts
from tapwidget.views import basic, plot_style
from tapwidget.views.counts_table import CountsTable
from tapwidget.views.figure_links import FigureLinks
from tapwidget.views.histogram_plot import HistogramPlot
from tapwidget.views.style import notes, stylesheet, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HINT = "Drag across the plot to select an interval."
READ_HINT = "Move the pointer over the plot to read the counts of a bin."


class MagnitudeHistogram(ipywidgets.VBox):
    """Histograms over one another, binned in the kernel: only the outlines travel to the browser.

    Attributes
    ----------
    series : tuple of Series
        What is drawn, the first lowest.
    subsets : tuple of Subset
        Rows of one of the series each, drawn as an outline over it: what is selected, what would be kept.
    interval : (float, float) or None
        The magnitudes selected by the brush, both ends included. Set it and the brush moves.
    edges : tuple of float
        Of the bins; by default Figure 1's, 7.5 to 27 mag by 0.5, and after the values where these are no magnitudes.
    shown : (float, float)
        The ends of the axis of magnitudes.
    logarithmic : bool
        Whether the counts are on a logarithmic axis.
    colours : str
        "figure1" for the colour cycle, "band" for the survey's band colours.
    histograms : tuple of Histogram
        The counts as they are drawn, one a series; read only.

    Examples
    --------
    >>> MagnitudeHistogram(table, result, result_2)            # doctest: +SKIP
    >>> MagnitudeHistogram(None, result, band="gri", colours="band")            # doctest: +SKIP
    """

    series = traitlets.Tuple(help="of plots.series.Series")
    subsets = traitlets.Tuple(help="of plots.subset.Subset")
    interval = traitlets.Any(None, allow_none=True)
    edges = traitlets.Any(histogram.FIGURE1_EDGES)
    shown = traitlets.Any(histogram.FIGURE1_SHOWN)
    logarithmic = traitlets.Bool(False)
    colours = traitlets.Enum(("figure1", "band"), default_value="figure1")
    histograms = traitlets.Tuple(read_only=True)

    def __init__(
        self, user: Any = None, *runs: Any, band: str | Sequence[str] = "r", background: Background | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        # Guards what is drawn. Never held while a public trait is set: an observer may wait for a lock of its own.
        self._lock = threading.RLock()
        self._filling = False  # while the controls are being set to what the traits say, they say nothing back
        self._pointed: int | None = None  # the bin under the pointer
        self._usual, self._usual_for = bins.FIGURE1, ""  # the bins that nobody chose, and for which axis
        self._subset_counts = SubsetCounts()
        self._plot = HistogramPlot(self._on_brush, self._on_read)
        self._counts = CountsTable()
        self._saving = FigureLinks(self.figure, "histogram", background)
        self._make_controls()
        super().__init__(
            [stylesheet(), plot_style.plot_stylesheet(), self._plot.area, self._readout, self._row, self._bins_row,
             self._problem, self._saving.links, self._accounts, self._counts],
            **kwargs,
        )  # fmt: skip
        self.add_class("tw-plot")
        self._connect()
        self._redraw()
        self._show_interval()
        if user is not None or runs:
            self.show(user, *runs, band=band)

    # -- what a notebook calls -------------------------------------------------------------------------------------

    def show(self, user: Any, *runs: Any, band: str | Sequence[str] = "r", **options: Any) -> None:
        """Draw what `tapwidget.figure1` draws of the same arguments, several bands ("gri") as well as one.

        Raises
        ------
        ColumnError
            If a table has no magnitude in a band; what was shown stays.
        """
        series = figure1_series(user, *runs, band=band, **options)
        self.series = series

    def rows_in_interval(self, series_index: int) -> np.ndarray:
        """Which rows of a series lie in the interval: one bool a row. All False where nothing is selected."""
        magnitudes = self.series[series_index].magnitudes
        if self.interval is None:
            return np.zeros(len(magnitudes), bool)
        return histogram.within(magnitudes, self.interval)

    def clear(self) -> None:
        """Take the brush away."""
        self.interval = None

    def figure(self) -> Figure:
        """The same picture as a matplotlib Figure, in the colours for paper."""
        from tapwidget.plots.figure1 import draw

        series = self.series
        subsets = [one.series(series[one.of]) for one in self.subsets if one.fits(series)]
        return draw(
            [*series, *subsets], edges=self.edges, shown=self.shown, logarithmic=self.logarithmic,
            band_colours=self.colours == "band", x_label=sentences.axis_label(series),
        )  # fmt: skip

    def save(self, path: str | Path) -> Path:
        """Write that figure to a file: PNG, SVG or PDF, as its suffix says."""
        from tapwidget.plots.paper import save

        path = Path(path)
        path.write_bytes(save(self.figure(), path.suffix.removeprefix(".").lower()))
        return path

    # -- traits ----------------------------------------------------------------------------------------------------

    @traitlets.validate("series")
    def _check_series(self, proposal: Any) -> tuple[Series, ...]:
        for one in proposal["value"]:
            one.ordered  # noqa: B018 - raises ColumnError now, rather than half-way through drawing; kept for later
        return tuple(proposal["value"])

    @traitlets.validate("interval", "shown")
    def _check_interval(self, proposal: Any) -> tuple[float, float] | None:
        name, value = proposal["trait"].name, proposal["value"]
        if value is None and name == "interval":
            return None
        try:
            low, high = (float(end) for end in value)
        except (TypeError, ValueError):
            raise traitlets.TraitError(f"{name} must be two numbers (low, high), not {value!r}") from None
        if not (math.isfinite(low) and math.isfinite(high)) or (name == "shown" and low == high):
            raise traitlets.TraitError(f"{name} must be two different, finite numbers, not {value!r}")
        return (min(low, high), max(low, high))

    @traitlets.validate("edges")
    def _check_edges(self, proposal: Any) -> tuple[float, ...]:
        return tuple(histogram.rising(proposal["value"]).tolist())

    # -- drawing ---------------------------------------------------------------------------------------------------

    def _new_series(self, _change: object) -> None:
        """Draw them, in their usual bins where they are other quantities than before, or nobody chose the bins."""
        with self._lock:
            before, usual = self._usual, bins.usual(self.series)
            axis = "" if usual is bins.FIGURE1 else sentences.axis_label(self.series)
            other, self._usual, self._usual_for = axis != self._usual_for, usual, axis
            chosen = (self.edges, self.shown) != (before.edges, before.shown)
        if other:
            self.interval = None  # of other numbers
        if (other or not chosen) and usual != before:
            self.shown = usual.shown
            self.edges = usual.edges
        self._redraw()

    def _redraw(self, _change: object = None) -> None:
        with self._lock:
            series = self.series
            found = tuple(one.count(self.edges) for one in series)
            self._plot.draw(
                series, found, shown=self.shown, logarithmic=self.logarithmic, band_colours=self.colours == "band",
                x_label=sentences.axis_label(series),
            )  # fmt: skip
            self._draw_subsets()
            self._accounts.value = notes(
                *(
                    sentences.account(one, counts, self.shown, one.unit)
                    for one, counts in zip(series, found, strict=True)
                )
            )
            self._fill_controls()
            self._counts.show(series, found, self.shown)
            self._say()
        self.set_trait("histograms", found)

    def _draw_subsets(self, _change: object = None) -> None:
        with self._lock:
            self._saving.forget()
            # While the series change, subsets may still be of those before.
            there = [one for one in self.subsets if one.fits(self.series)]
            if not self._subset_counts.are_of(self.series, self.edges):
                self._subset_counts = SubsetCounts(self.series, self.edges)
            counts = self._subset_counts.of(there)
            self._plot.draw_subsets(
                self.series, [one.look for one in there], counts, np.asarray(self.edges),
                logarithmic=self.logarithmic, band_colours=self.colours == "band",
            )  # fmt: skip

    # -- controls --------------------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        narrow = {"width": "76px"}
        self._readout = basic.HTML()
        self._readout.add_class("tw-readout")
        self._mode = basic.ToggleButtons(
            options=["Select", "Read counts"],
            tooltips=[
                "Drag across the plot to select an interval",
                "Move over the plot to read the counts of each bin",
            ],
            style={"button_width": "auto"},
        )
        self._low = basic.Text(placeholder="low", continuous_update=False, layout=narrow, tooltip="low end")
        self._high = basic.Text(placeholder="high", continuous_update=False, layout=narrow, tooltip="high end")
        self._clear = basic.Button(description="Clear", tooltip="Take the selection away", layout={"width": "auto"})
        self._log = basic.ToggleButton(description="Log", tooltip="Logarithmic counts", layout={"width": "auto"})
        self._more = basic.ToggleButton(
            description="Bins and colours",
            tooltip="Number and range of the bins, the axis, colours",
            layout={"width": "auto"},
        )
        self._row = basic.HBox(
            [self._mode, basic.Label("from"), self._low, basic.Label("to"), self._high, self._clear,
             self._log, self._more, self._saving.button]
        )  # fmt: skip
        self._number = basic.BoundedIntText(39, min=1, max=2000, layout=narrow, tooltip="number of bins")
        self._ends = [
            basic.FloatText(layout=narrow, tooltip=what, continuous_update=False)
            for what in (
                "first edge of the bins",
                "last edge of the bins",
                "low end of the axis",
                "high end of the axis",
            )
        ]
        self._choice = basic.Dropdown(
            options=[("as in Figure 1", "figure1"), ("of the bands", "band")],
            tooltip="colours",
            layout={"width": "130px"},
        )
        self._reset = basic.Button(tooltip="the bins and the axis that nobody chose")
        label = ipywidgets.Label
        self._bins_row = basic.HBox(
            [self._number, label("bins from"), self._ends[0], label("to"), self._ends[1], label("axis from"),
             self._ends[2], label("to"), self._ends[3], label("colours"), self._choice, self._reset],
            layout=ipywidgets.Layout(display="none"),
        )  # fmt: skip
        for row in (self._row, self._bins_row):
            row.add_class("tw-wrap")
        self._problem = basic.HTML()
        self._accounts = basic.HTML()

    def _connect(self) -> None:
        self.observe(self._redraw, ["edges", "shown", "logarithmic", "colours"])
        self.observe(self._new_series, "series")
        self.observe(self._draw_subsets, ["subsets"])
        self.observe(self._show_interval, ["interval"])
        self._plot.brush.observe(self._on_brushing, "brushing")
        self._mode.observe(self._on_mode, "value")
        self._low.observe(self._on_ends, "value")
        self._high.observe(self._on_ends, "value")
        self._clear.on_click(lambda _button: self.clear())
        self._reset.on_click(self._on_reset)
        self._more.observe(self._on_more, "value")
        for control in (self._number, *self._ends):
            control.observe(self._on_bins, "value")
        traitlets.link((self, "logarithmic"), (self._log, "value"))
        traitlets.link((self, "colours"), (self._choice, "value"))

    def _on_brushing(self, _change: object) -> None:
        with self._lock:
            self._fill_ends()

    def _on_brush(self, interval: tuple[float, float] | None) -> None:
        self.interval = interval

    def _on_read(self, place: int | None) -> None:
        with self._lock:
            if place != self._pointed:
                self._pointed = place
                self._say()

    def _on_mode(self, _change: object) -> None:
        with self._lock:
            self._plot.read(self._reading)
            self._pointed = None
            self._say()

    def _on_more(self, change: Any) -> None:
        self._bins_row.layout.display = None if change["new"] else "none"

    def _on_ends(self, _change: object) -> None:
        with self._lock:
            typed = (self._low.value.strip(), self._high.value.strip())
            if self._filling or typed == self._interval_as_text():
                return
        if not any(typed):
            self.interval = None
        elif all(typed):
            try:
                self.interval = tuple(float(end) for end in typed)
            except (ValueError, traitlets.TraitError):
                self._complain(f"An interval needs two numbers; {typed[0]!r} and {typed[1]!r} are not.")
                return
        self._complain("")

    def _on_bins(self, _change: object) -> None:
        with self._lock:
            first, last, low, high = (end.value for end in self._ends)
            current = (len(self.edges) - 1, self.edges[0], self.edges[-1], *self.shown)
            if self._filling or (self._number.value, first, last, low, high) == current:
                return
        try:
            if (self._number.value, first, last) != current[:3]:
                self.edges = histogram.uniform(self._number.value, first, last)
            self.shown = (low, high)
        except (TapWidgetError, traitlets.TraitError) as error:
            self._complain(str(error))
        else:
            self._complain("")

    def _on_reset(self, _button: object) -> None:
        self.edges, self.shown = self._usual.edges, self._usual.shown
        self._complain("")

    @property
    def _reading(self) -> bool:
        return self._mode.value == "Read counts"

    def _interval_as_text(self) -> tuple[str, str]:
        return ("", "") if self.interval is None else tuple(sentences.number(end) for end in self.interval)

    def _show_interval(self, _change: object = None) -> None:
        with self._lock:
            interval = self.interval
            self._plot.select(interval)
            self._fill_ends()
            self._clear.disabled = interval is None
            self._say()

    def _fill_ends(self) -> None:
        if self._plot.is_drawing(self.interval):
            return  # the readout says it already, and less travels while the mouse moves
        self._filling = True
        try:
            self._low.value, self._high.value = self._interval_as_text()
        finally:
            self._filling = False

    def _say(self) -> None:
        said = READ_HINT if self._reading else HINT
        if not self.series:
            said = "There are no magnitudes to show yet."
        elif self.interval is not None and not self._reading:
            said = sentences.of_interval(self.series, self.interval, sentences.common_unit(self.series))
        elif self._pointed is not None and self._pointed < len(self.edges) - 1:
            said = sentences.of_bin(self.series, self.edges, self._pointed, sentences.common_unit(self.series))
        self._readout.value = escape(said)

    def _complain(self, message: str) -> None:
        self._problem.value = text("tw-error", message) if message else ""

    def _fill_controls(self) -> None:
        self._filling = True
        try:
            self._reset.description = "As in Figure 1" if self._usual is bins.FIGURE1 else "From the values"
            self._number.value = len(self.edges) - 1
            for end, value in zip(self._ends, (self.edges[0], self.edges[-1], *self.shown), strict=True):
                end.value = value
        finally:
            self._filling = False
