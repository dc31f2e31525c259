"""The lines of a plot of separations, and its figure for paper."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.plots import separation
from tapwidget.plots.paper import save
from tapwidget.plots.separation import Separations
from tapwidget.plots.separation_lines import draw, lines


@pytest.fixture
def found() -> Separations:
    random = np.random.default_rng(5)
    values = np.concatenate([np.abs(random.normal(0, 0.1, 900)), 2 * np.sqrt(random.random(100))])
    table = Table({"separation": values})
    table.meta["tapwidget"] = {"find": "all", "radius_arcsec": 2.0, "rows": {"sent": 1000}}
    return separation.of_result(table)


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_figure_of_pairs(found: Separations) -> None:
    figure = draw(found, 0.5, selected=[0, 1, 2, 950])
    axes = figure.axes[0]
    assert legend(axes) == ["pairs", "by chance", "selected (4)", "radius 0.5 arcsec"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("separation [arcsec]", "number of pairs")
    assert axes.get_xlim() == (0, 2)
    level, selected, radius = axes.lines
    assert level.get_ydata().max() == pytest.approx(found.by_chance.max())
    assert selected.get_ydata()[1:-1:2].tolist() == found.counts_of([0, 1, 2, 950]).tolist()
    assert list(radius.get_xdata()) == [0.5, 0.5]
    outline = axes.collections[0].get_paths()[0].vertices
    assert outline[:, 1].max() == found.counts.max()
    assert save(figure, "pdf").startswith(b"%PDF")


def test_the_figure_of_shares(found: Separations) -> None:
    axes = draw(found, shows="shares", selected=[0]).axes[0]
    assert legend(axes) == ["true pairs kept", "false among those kept"]
    assert axes.get_ylabel() == "share [%]"
    assert axes.lines[0].get_ydata()[-1] == 100


def test_what_is_not_known_is_left_out(found: Separations) -> None:
    unknown = Separations(found.values, found.radius, by_row=found.by_row)
    assert [line.look.label for line in lines(unknown)] == ["pairs"]
    assert lines(unknown, "shares") == []
    assert draw(unknown, shows="shares").axes[0].get_legend() is None
