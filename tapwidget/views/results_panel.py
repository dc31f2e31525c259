"""What a match gave: the table, how far to believe it, and plots of magnitudes, sky and separations, linked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from itertools import product

import ipywidgets
import numpy as np
import traitlets
from astropy import units as u
from astropy.table import Table

from tapwidget.actions.background import Background
from tapwidget.errors import ColumnError
from tapwidget.plots import columns
from tapwidget.plots.difference import of_result
from tapwidget.plots.selection import RowNumbers
from tapwidget.plots.series import Series, beside, of_run, of_user
from tapwidget.plots.subset import Subset
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views import basic
from tapwidget.views.difference_plot import DifferencePlot
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.magnitude_choice import MagnitudeChoice
from tapwidget.views.magnitude_histogram import MagnitudeHistogram
from tapwidget.views.match_check import MatchCheck, positions
from tapwidget.views.offset_plot import OffsetPlot
from tapwidget.views.plain_table import NOT_DRAWN, PlainTable
from tapwidget.views.result_plots import ResultPlots
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.row_subsets import in_result, selected, would_be_kept
from tapwidget.views.saved_copy import display_with_copy
from tapwidget.views.scatter_plot import ScatterPlot
from tapwidget.views.separation_plot import SeparationPlot
from tapwidget.views.sky_plot import SkyPlot
from tapwidget.views.style import notes, stylesheet
from tapwidget.views.table_tools import TableTools

REST = 0.15  # seconds without another selection or result, after which the plots that take longest to draw show it
PATIENCE = 5.0  # seconds that the page gets to draw the interactive table


class ResultsPanel(ipywidgets.VBox):
    """Table, histogram and sky of the runs on a shelf.

    Where the page does not draw `table` within some seconds, plain pages take its place until it does.

    Attributes
    ----------
    table : ResultsTable
        The rows of the current run.
    tools : TableTools
        Find, go to a row, choose columns, count, save.
    histogram : MagnitudeHistogram
        This and the other plots are made when there is something to draw, or when they are asked for.
    sky : SkyPlot
    separations : SeparationPlot
    offsets : OffsetPlot
    differences : DifferencePlot
        Of the magnitudes that the histogram compares, in the current result.
    scatter : ScatterPlot
        Of any two columns of the current result, drawn while `any_two` is open.
    any_two : Disclosure
        The line that opens it.
    check : MatchCheck
        The chance matches and duplicates of the current run.
    choice : MagnitudeChoice
        Which band, or which two columns, the histogram compares.
    band : str
        Of these the band.
    """

    band = traitlets.Unicode("r")

    def __init__(self, form: Form, runs: Runs, *, background: Background | None = None, **kwargs: object) -> None:
        self._form, self._runs = form, runs
        self._background = background or Background()
        self._series_of_table: int | None = None  # which series of the histogram the table shows
        self._brushing = False  # while the rows of the brushed interval are being selected
        self._brushed = False  # whether the rows selected are those of the brush
        self._marking: set[int] = set()  # the threads that mark in the other plots what the table has selected
        self._kept: Subset | None = None
        self.table = ResultsTable()
        self._made: ResultPlots | None = None
        self._making = threading.RLock()
        self._subtracted: tuple[Table, str, str] | None = None  # what the differences are of
        self.check = MatchCheck(background=self._background)
        self.choice = MagnitudeChoice()
        self._said = basic.HTML()
        self._style = stylesheet(self, self._background)
        self.tools = TableTools(self.table, background=self._background)
        # Hidden, not removed: only what is in the page can say hello.
        self._place = basic.VBox([self.table, self.tools], layout=ipywidgets.Layout())
        self._plain: PlainTable | None = None
        super().__init__(
            [self._style, self._place, self.check], _view_count=0, **kwargs
        )  # 0: the page tells how often it shows us
        traitlets.link((self.choice, "band"), (self, "band"))
        form.observe(lambda _: self._table_changed(), "table")
        runs.observe(lambda _: self._draw_soon(), "runs")
        runs.observe_each(lambda _: self._draw_soon(), ["result", "visible", "name"])
        runs.observe_each(lambda _: self._show_pairs_soon(), ["chance"])
        runs.observe(lambda _: self._show_current(), "current")
        self.choice.observe(lambda _: self._draw_soon(), ["band", "yours", "theirs", "also"])
        form.observe(lambda _: self._preview_soon(), "where")
        self.table.observe(lambda _: self._rows_selected(), "selected_rows")
        self.check.observe(lambda _: self._show_rows(), "rows")
        self.observe(lambda _: self._await_drawing(), "_view_count")
        self.table.observe(lambda _: self._await_drawing(), "table")
        self.table.observe(lambda _: self._arrange(), "drawn")
        self.draw()

    def _ipython_display_(self) -> None:
        display_with_copy(self, self.table)

    @property
    def _plots(self) -> ResultPlots:
        """Made when there is something to draw: until then they would be a third of what a page has to wait for."""
        with self._making:
            if self._made is None:
                plots = ResultPlots(self.choice, self._said, self.check.find, self._background)
                plots.show_upload(self._form.table)
                plots.show_places(self.table.table, self.check.rows)
                plots.sky.selected_rows = self.table.selected_rows
                plots.sky.observe(lambda change: self._chosen_in_the_sky(change["new"]), "selected_rows")
                plots.histogram.observe(lambda _: self._select_soon(), "interval")
                plots.differences.observe(
                    lambda change: self._boxed(change["new"], self._subtracted and self._subtracted[0]), "selected_rows"
                )
                plots.offsets.observe(lambda change: self._boxed(change["new"], plots.offsets.table), "selected_rows")
                plots.scatter.observe(lambda change: self._boxed(change["new"], plots.scatter.table), "selected_rows")
                plots.scatter.observe(lambda _: self._follow(), "table")
                plots.use_radius.on_click(lambda _: self._take_radius())
                self._made = plots
            return self._made

    @property
    def has_plots(self) -> bool:
        """Whether the plots are made."""
        return self._made is not None

    @property
    def histogram(self) -> MagnitudeHistogram:
        return self._plots.histogram

    @property
    def sky(self) -> SkyPlot:
        return self._plots.sky

    @property
    def separations(self) -> SeparationPlot:
        return self._plots.separations

    @property
    def offsets(self) -> OffsetPlot:
        return self._plots.offsets

    @property
    def differences(self) -> DifferencePlot:
        return self._plots.differences

    @property
    def scatter(self) -> ScatterPlot:
        return self._plots.scatter

    @property
    def any_two(self) -> Disclosure:
        return self._plots.any_two

    @property
    def use_radius(self) -> ipywidgets.Button:
        return self._plots.use_radius

    def _table_changed(self) -> None:
        if self._form.table is not None or self._made is not None:
            self._plots.show_upload(self._form.table)
        self._draw_soon()

    def _show_current(self) -> None:
        self.check.run = self._runs.current
        self._show_rows()
        self._show_pairs_soon()
        self._draw_soon()

    def _show_rows(self) -> None:
        """The current result, or of it the rows that the check wants to see, in the table and on the sky."""
        result = None if self._runs.current is None else self._runs.current.result
        if result is not None and self.check.rows is not None:
            result = result[self.check.rows]
        if result is not self.table.table:
            self.table.table = result
            self._background.rest(("places", id(self)), REST, self._show_places)

    # Positions and pairs of a million rows take a second to draw: table and histogram are there before.

    def _show_places(self) -> None:
        with self._marked():
            if self.sky.table is not self.table.table:
                self._plots.show_places(self.table.table, self.check.rows)
        self._follow()

    def _show_pairs_soon(self) -> None:
        self._background.rest(("pairs", id(self)), REST, self._show_pairs)

    def _show_pairs(self) -> None:
        if self._runs.current is not None or self._made is not None:
            with self._marked():
                self._plots.show_pairs(self._runs.current)
        self._arrange()

    def _take_radius(self) -> None:
        self._form.radius = float(f"{self.separations.radius:.3g}") * u.arcsec

    def _draw_soon(self) -> None:
        self._background.post(("histogram", id(self)), self.draw)

    def draw(self) -> None:
        """Put the user's table and every visible run over one another, in the styles of Figure 1."""
        shown = [run for run in self._runs.runs if run.visible and run.result is not None]
        self.choice.offer_of(self._form.table, *(run.result for run in shown))
        series: list[Series] = []
        self._series_of_table = None
        yours = theirs = ""
        left_out: list[str] = []
        drawn: set[tuple[int, str]] = set()  # which columns of which run
        if self._form.table is not None:
            try:
                yours = columns.users_magnitude(self._form.table, self.band, self.choice.yours or None)
                series.append(of_user(self._form.table, yours, "" if self.choice.yours else self.band))
            except ColumnError as error:
                left_out.append(str(error))
        for number, run in enumerate(shown):
            try:
                column = columns.targets_magnitude(run.result, self.band, self.choice.theirs or None, run.name)
            except ColumnError as error:
                left_out.append(str(error))
                continue
            if run is self._runs.current:
                self._series_of_table, theirs = len(series), column
            series.append(of_run(run.result, column, run.name, number, "" if self.choice.theirs else self.band))
            drawn.add((number, column))
        left_out += [f"{name}: none of these results has it." for name in self.choice.forgotten]
        for name, (number, run) in product(self.choice.also, enumerate(shown)):
            try:
                column, band = columns.drawn_over(run.result, name, run.name)
            except ColumnError as error:
                left_out.append(str(error))
                continue
            if (number, column) not in drawn:
                drawn.add((number, column))
                series.append(beside(series, of_run(run.result, column, run.name, number, band)))
        if series or self._made is not None:
            self.histogram.subsets = ()
            self.histogram.series = tuple(series)
        self._said.value = notes(*(f"Not drawn: {without_argument(sentence)}" for sentence in left_out))
        self._subtract(f"ut1_{yours}", theirs)
        self._preview()
        self._follow()
        self._arrange()

    def _subtract(self, yours: str, theirs: str) -> None:
        """Show the differences of these columns of the current result, if it has both."""
        result = None if self._runs.current is None else self._runs.current.result
        if result is None or yours not in columns.numbers(result) or not theirs or yours == theirs:
            self._subtracted = None
            if self._made is not None:
                self.differences.differences = None
            return
        known = self._subtracted
        if known is None or known[0] is not result or known[1:] != (yours, theirs):
            found = of_result(result, yours, theirs)
            self._subtracted = (result, yours, theirs)
            with self._marked():
                self.differences.differences = found

    def _await_drawing(self) -> None:
        if self._view_count and not self.table.drawn and self._plain is None:
            self._background.after(PATIENCE, self._stand_in)

    def _stand_in(self) -> None:
        """Put plain pages in the place of the table that was not drawn."""
        if self.table.drawn or self._plain is not None:
            return
        self._plain = PlainTable(reason=NOT_DRAWN)
        traitlets.dlink((self.table, "table"), (self._plain, "table"))
        traitlets.link((self.table, "selected_rows"), (self._plain, "selected_rows"))
        self._arrange()

    def _arrange(self) -> None:
        stands_in = self._plain is not None and not self.table.drawn
        self._place.layout.display = "none" if stands_in else None
        if self._made is not None:
            self._made.arrange()
        has_plots = self.choice.has_columns or (self._made is not None and bool(self.histogram.series))
        self.children = (
            *(self._style, self._place),
            *((self._plain,) if stands_in else ()),
            self.check,
            *((self._plots,) if has_plots else ()),
        )

    def _select_soon(self) -> None:
        self._background.post(("interval", id(self)), self._select_interval)

    def _select_interval(self) -> None:
        """Select the rows of the table whose magnitude lies in the brushed interval."""
        if self._series_of_table is None or (self.histogram.interval is None and not self._brushed):
            return  # what was selected elsewhere outlives the brush
        inside = self.histogram.rows_in_interval(self._series_of_table)
        self._brushing = True
        try:
            self.table.selected_rows = positions(self.check.rows, inside)
        finally:
            self._brushing = False
        self._brushed = self.histogram.interval is not None
        self._show_subsets()

    # These take the rows that a box holds from the news of it: since then another thread may have marked others.

    def _chosen_in_the_sky(self, rows: RowNumbers) -> None:
        if threading.get_ident() not in self._marking and self.sky.table is self.table.table:
            self.table.selected_rows = rows

    def _boxed(self, rows: RowNumbers, result: Table | None) -> None:
        """Select the rows of the table that a box in a plot of the whole result holds."""
        current = self._runs.current
        if threading.get_ident() in self._marking or current is None or result is not current.result or result is None:
            return
        inside = np.zeros(len(result), bool)
        inside[np.asarray(rows, dtype=np.intp)] = True
        self.table.selected_rows = positions(self.check.rows, inside)

    def _rows_selected(self) -> None:
        self._background.rest(("follow", id(self)), REST, self._follow)
        if self._brushing:
            return
        self._brushed = False
        if self.table.selected_rows:
            self.histogram.clear()  # the brush does not hold these rows
        self._background.post(("selected", id(self)), self._show_subsets)

    def _preview_soon(self) -> None:
        self._background.post(("preview", id(self)), self._preview)

    def _preview(self) -> None:
        """Find what the constraints in the form would keep of the current result, and show it."""
        current, of = self._runs.current, self._series_of_table
        known = current is not None and current.result is not None and of is not None
        self._kept = would_be_kept(self._form.where, current.result, of) if known else None
        self._show_subsets()

    def _show_subsets(self) -> None:
        if self._made is None:
            return
        of = self._series_of_table
        chosen = None if of is None else selected(self.table.selected_rows, of, self.check.rows)
        self.histogram.subsets = tuple(one for one in (self._kept, chosen) if one is not None)

    def _follow(self) -> None:
        """Mark in the other plots what the table has selected."""
        if self._made is None:
            return
        chosen = self.table.selected_rows
        result = None if self._runs.current is None else self._runs.current.result
        marks = [(self.sky, chosen)] if self.sky.table is self.table.table else []  # else it is about to show that one
        if result is not None:
            rows = chosen if self.check.rows is None else in_result(chosen, self.check.rows)
            of_result = (self.separations, self.offsets, self.scatter)
            marks += [(plot, rows) for plot in of_result if plot.table is result]
            marks += [(self.differences, rows)] if self._subtracted and self._subtracted[0] is result else []
        with self._marked():
            for plot, its_rows in marks:
                if self.table.selected_rows is not chosen:
                    return  # others by now, which are marked next: to mark these would take the box of those away
                plot.selected_rows = its_rows

    @contextlib.contextmanager
    def _marked(self) -> Iterator[None]:
        self._marking.add(threading.get_ident())
        try:
            yield
        finally:
            self._marking.discard(threading.get_ident())


def without_argument(sentence: str) -> str:
    """What is wrong, without the argument of Python that would help there and that a panel has not."""
    return sentence.split(" Name the column with ", maxsplit=1)[0]
