"""The plots of a result side by side: magnitudes, sky, separations, differences."""

from __future__ import annotations

import ipywidgets

from tapwidget.views import basic
from tapwidget.views.difference_plot import DifferencePlot
from tapwidget.views.magnitude_choice import MagnitudeChoice
from tapwidget.views.magnitude_histogram import MagnitudeHistogram
from tapwidget.views.separation_plot import SeparationPlot
from tapwidget.views.sky_plot import SkyPlot


class ResultPlots(ipywidgets.HBox):
    """Four plots and a button. `ResultsPanel` decides what they show.

    Parameters
    ----------
    choice, said : ipywidgets.Widget
        What stands above and below the histogram.
    """

    def __init__(self, choice: MagnitudeChoice, said: ipywidgets.HTML, **kwargs: object) -> None:
        self.histogram = MagnitudeHistogram()
        self.sky = SkyPlot(background_label="your table")
        self.separations = SeparationPlot()
        self.differences = DifferencePlot()
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
            *((self.differences,) if self.differences.differences is not None else ()),
        )
        if self.children[2:] != beside:
            self.children = (*self.children[:2], *beside)
