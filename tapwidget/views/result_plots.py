"""The plots of a result side by side: magnitudes, sky, separations, offsets, differences, any two columns."""

from __future__ import annotations

from typing import Any

import ipywidgets

from tapwidget.actions.background import Background
from tapwidget.plots.places import matched, of_table
from tapwidget.plots.sky import cone_around
from tapwidget.state.runs import Run
from tapwidget.views import basic
from tapwidget.views.difference_plot import DifferencePlot
from tapwidget.views.disclosure import Disclosure
from tapwidget.views.magnitude_choice import MagnitudeChoice
from tapwidget.views.magnitude_histogram import MagnitudeHistogram
from tapwidget.views.offset_plot import OffsetPlot
from tapwidget.views.scatter_plot import ScatterPlot
from tapwidget.views.separation_plot import SeparationPlot
from tapwidget.views.sky_plot import SkyPlot


class ResultPlots(ipywidgets.HBox):
    """Six plots and a button. `ResultsPanel` decides what they show.

    Parameters
    ----------
    choice, said : ipywidgets.Widget
        What stands above and below the histogram.
    find : callable
        What finds the separations of a result, as of `SeparationPlot`.
    background : Background
        Draws the figures that somebody saves, and finds what the plot of any two columns shows.
    """

    def __init__(
        self, choice: MagnitudeChoice, said: ipywidgets.HTML, find: Any, background: Background, **kwargs: object
    ) -> None:
        self.histogram = MagnitudeHistogram(background=background)
        self.sky = SkyPlot(background_label="your table", cone_label="cone around your table", worker=background)
        self.separations = SeparationPlot(find=find, background=background)
        self.offsets = OffsetPlot(find=find, background=background)
        self.differences = DifferencePlot(background=background)
        self.scatter = ScatterPlot(background=background)
        self._result: Any = None
        self.any_two = Disclosure("Plot any two columns")
        self.any_two.observe(lambda _: self._open_scatter(), "is_open")
        self.use_radius = basic.Button(
            description="Use this radius", tooltip="put it into the form, for the next match", layout={"width": "auto"}
        )
        self.judged = basic.VBox([self.separations, self.use_radius])
        magnitudes = basic.VBox(
            [choice, self.histogram, said],
            layout={"flex": "1 1 480px", "min_width": "0", "max_width": "900px"},  # beside the sky where there is room
        )
        super().__init__([magnitudes, self.sky], **kwargs)
        self.add_class("tw-wrap")

    def arrange(self) -> None:
        """Leave out what has nothing to draw. Absent, not hidden: bqplot cannot measure what has no size."""
        beside = (
            *((self.judged,) if self.separations.separations is not None else ()),
            *((self.offsets,) if self.offsets.offsets is not None else ()),
            *((self.differences,) if self.differences.differences is not None else ()),
            *((self.any_two,) if self._result is not None else ()),
        )
        if self.children[2:] != beside:
            self.children = (*self.children[:2], *beside)

    def show_places(self, shown: Any, part: Any = None) -> None:
        """Show a table's rows on the sky, before the rest of what was uploaded; `part`: which of a result they are."""
        label = f"your table, not {'in the result' if part is None else 'among these'}"
        if shown is None:
            self.sky.show(table=None, matched=None, background_label="your table")
        else:
            self.sky.show(table=shown, matched=matched(shown), background_label=label)

    def show_upload(self, table: Any) -> None:
        """Show the user's table on the sky, and the cone that it fills."""
        found = of_table(table)
        self.sky.show(background=table, cone=cone_around(found.ra, found.dec))

    def show_pairs(self, run: Run | None) -> None:
        """Show how far apart the pairs of a run are, and in which direction."""
        chance, result = (None, None) if run is None else (run.chance, run.result)
        for plot in (self.separations, self.offsets):
            if plot.table is not result:
                plot.table = None  # both before either: no pairs of one run with the rate of another, or beside them
        for plot in (self.separations, self.offsets):
            plot.chance, plot.table = chance, result
        self._result = result
        self._open_scatter()

    def _open_scatter(self) -> None:
        """Draw it where it is open. Absent elsewhere: most people never look at it, and its lists can be long."""
        is_open = self.any_two.is_open
        self.any_two.put(*((self.scatter,) if is_open else ()))
        if self.scatter.table is not self._result:  # opened again, it is as it was
            self.scatter.table = self._result if is_open else None
