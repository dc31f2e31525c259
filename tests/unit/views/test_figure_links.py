"""The links that save a plot: made when asked for, and those of another plot are never shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

import tapwidget
from tapwidget.actions.background import Background, Immediate
from tapwidget.errors import TapWidgetError
from tapwidget.plots.paper import page
from tapwidget.views.figure_links import FigureLinks


class Waiting(Background):
    """Does its work when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.work: list[Callable[[], None]] = []

    def run(self, work: Any, then: Any, failed: Any) -> None:
        self.work.append(lambda: then(work()))


RESULT = Table({"ra": [10.0, 10.1, 10.2], "dec": [1.0, 1.1, 1.2], "ut1_r": [18.0, 19.0, 20.0], "r": [18.1, 19.0, 20.2]})
RESULT["separation"], RESULT["position_angle"] = [0.1, 0.2, 0.3], [0.0, 90.0, 45.0]
RESULT.meta["tapwidget"] = {"find": "all", "radius_arcsec": 1.0, "rows": {"sent": 3}}


def plots(background: Background) -> dict[str, Any]:
    """Each plot of a result, by the name of its files."""
    return {
        "histogram": tapwidget.MagnitudeHistogram(None, RESULT, background=background),
        "sky": tapwidget.SkyPlot(RESULT, worker=background),
        "separations": tapwidget.SeparationPlot(RESULT, background=background),
        "offsets": tapwidget.OffsetPlot(RESULT, background=background),
        "differences": tapwidget.DifferencePlot(RESULT, "ut1_r", "r", background=background),
    }


@pytest.mark.parametrize("name", ["histogram", "sky", "separations", "offsets", "differences"])
def test_each_plot_is_saved_in_three_formats(name: str) -> None:
    plot = plots(Immediate())[name]
    saving = plot._saving
    assert saving.links in plot.children
    saving.button.click()
    links = re.findall(rf'download="{name}\.(\w+)" href="data:([\w/+]+);base64,([\w+/=]+)"', saving.links.value)
    assert [(suffix, kind) for suffix, kind, _ in links] == [
        ("png", "image/png"), ("svg", "image/svg+xml"), ("pdf", "application/pdf")
    ]  # fmt: skip
    for (_, _, data), start in zip(links, (b"\x89PNG", b"<?xml", b"%PDF"), strict=True):
        assert base64.b64decode(data).startswith(start)


@pytest.mark.parametrize("name", ["sky", "separations", "offsets", "differences"])
def test_links_go_when_the_plot_is_another_one(name: str) -> None:
    plot = plots(Immediate())[name]
    plot._saving.button.click()
    plot.selected_rows = [1]
    assert plot._saving.links.value == ""
    plot._saving.button.click()
    assert "download=" in plot._saving.links.value
    plot.set_trait("differences" if name == "differences" else "table", None)
    assert plot._saving.links.value == ""
    assert plot._saving.button.disabled or plot._saving.links not in plot.children


def test_nothing_is_drawn_before_somebody_asks_and_only_for_the_plot_of_that_moment() -> None:
    background, drawn = Waiting(), []

    def figure() -> Any:
        drawn.append(len(drawn))
        return page()[0]

    saving = FigureLinks(figure, "plot", background)
    assert not background.work
    saving.button.click()
    assert "Drawing the figure" in saving.links.value
    assert drawn == []
    saving.forget()
    assert saving.links.value == ""
    background.work.pop()()
    assert saving.links.value == ""  # it is of the plot before
    saving.button.click()
    background.work.pop()()
    assert 'download="plot.png"' in saving.links.value


def test_what_went_wrong_is_said_as_text() -> None:
    def figure() -> Any:
        raise TapWidgetError("<b>nothing</b> to draw")

    saving = FigureLinks(figure, "plot", Immediate())
    saving.button.click()
    assert "There is no figure: &lt;b&gt;nothing&lt;/b&gt; to draw" in saving.links.value


def test_the_paper_is_white_and_selected_rows_are_marked_on_it() -> None:
    for plot in plots(Immediate()).values():
        if plot.has_trait("selected_rows"):
            plot.selected_rows = np.array([0, 2])
        figure = plot.figure()
        assert figure.get_facecolor() == (1.0, 1.0, 1.0, 1.0)
        texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        assert ("selected (2)" in texts) == plot.has_trait("selected_rows")
