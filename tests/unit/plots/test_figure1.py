"""Figure 1 with matplotlib, against the tutorial's own calls."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import tapwidget
from tapwidget.errors import ColumnError, TapWidgetError
from tapwidget.plots.figure1 import draw
from tapwidget.plots.palette import BANDS
from tapwidget.plots.paper import save
from tapwidget.plots.series import Series

EDGES = np.arange(40) / 2 + 7.5


@pytest.fixture
def tables() -> tuple[Table, Table, Table]:
    random = np.random.default_rng(7)
    r = random.normal(21, 2, 3000).astype("f4")
    r[:5] = [7.5, 27.0, 15.0, np.nan, -9999]
    user = Table({"r": MaskedColumn(r, mask=random.random(3000) < 0.05)})
    return user, Table({"r_cModelMag": r[:2000] + 0.01}), Table({"r_cModelMag": r[:900]})


def heights_of_step(polygon) -> list[float]:
    """The counts of an outline by matplotlib's hist(histtype="step")."""
    corners = polygon.get_xy()
    return corners[1:-1:2, 1].tolist()


def pixels(figure: Figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


def test_the_figure_is_that_of_the_tutorial(tables: tuple[Table, Table, Table]) -> None:
    figure = tapwidget.figure1(*tables)
    assert isinstance(figure, Figure)
    assert figure.get_size_inches().tolist() == [6, 4]
    (axes,) = figure.axes
    assert axes.get_xlim() == (15, 24)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("r-band magnitude", "number")
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["ut1, r", "results, r_cModelMag", "results_2, r_cModelMag"]
    bars, (first, second) = axes.containers[0], axes.patches[39:]
    assert len(bars) == 39
    assert bars[0].get_facecolor() == to_rgba("black", 0.2)
    assert (first.get_edgecolor(), first.get_linewidth()) == (to_rgba("C0"), 1)
    assert (second.get_edgecolor(), second.get_linewidth()) == (to_rgba("C1"), 2)


def test_every_pixel_is_that_of_the_tutorials_calls(tables: tuple[Table, Table, Table]) -> None:
    user, first, second = (np.ma.masked_invalid(np.ma.asarray(table.columns[0])).compressed() for table in tables)
    expected = Figure(figsize=(6, 4))
    FigureCanvasAgg(expected)
    axes = expected.add_subplot()
    axes.hist(user[user > -9999], bins=EDGES, color="black", alpha=0.2, label="ut1, r")
    step = {"bins": EDGES, "histtype": "step"}
    axes.hist(first, **step, linestyle="solid", linewidth=1, color="C0", label="results, r_cModelMag")
    axes.hist(
        second[second > -9999], **step, linestyle="dashed", linewidth=2, color="C1", label="results_2, r_cModelMag"
    )
    axes.set(xlim=(15, 24), xlabel="r-band magnitude", ylabel="number")
    axes.legend(loc="best")
    assert (pixels(tapwidget.figure1(*tables)) == pixels(expected)).all()


def test_the_counts_are_numpys_of_what_is_there(tables: tuple[Table, Table, Table]) -> None:
    axes = tapwidget.figure1(*tables).axes[0]
    drawn = [[bar.get_height() for bar in axes.containers[0]], *map(heights_of_step, axes.patches[39:])]
    for heights, table in zip(drawn, tables, strict=True):
        column = np.ma.masked_invalid(np.ma.asarray(table.columns[0]))
        expected, _ = np.histogram(column.compressed()[column.compressed() > -9999], EDGES)
        assert heights == expected.tolist()
        assert sum(heights) > 800


def test_other_bands_columns_and_labels(tables: tuple[Table, Table, Table]) -> None:
    user, run = Table({"psfMag_g": [20.0, 21.0]}), Table({"ut1_g": [20.0, 21.0], "g_psfMag": [20.5, 21.5]})
    axes = tapwidget.figure1(user, run, band="g", labels=["mine", "_cost in $ and $"]).axes[0]
    assert axes.get_xlabel() == "g-band magnitude"
    assert [text.get_text().strip() for text in axes.get_legend().get_texts()] == ["mine", r"_cost in \$ and \$"]
    other = tapwidget.figure1(user, run, band="g", user_column="psfMag_g", run_column="ut1_g").axes[0]
    assert sum(heights_of_step(other.patches[39])) == 2
    with pytest.raises(ColumnError, match="your table"):
        tapwidget.figure1(user, run, band="y")


def test_empty_and_all_missing_tables_make_a_figure() -> None:
    figure = tapwidget.figure1(Table({"r": np.zeros(0)}), Table({"r_cModelMag": [np.nan, np.nan]}))
    assert save(figure, "png").startswith(b"\x89PNG")


def test_a_notebook_shows_it_once() -> None:
    # pyplot would show it a second time at the end of the cell; it must not even be loaded.
    code = (
        "import sys, tapwidget; from astropy.table import Table\n"
        "figure = tapwidget.figure1(Table({'r': [20.0]}))\n"
        "assert figure._repr_png_().startswith(b'\\x89PNG')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(("name", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_saving(name: str, start: bytes, tables: tuple[Table, Table, Table]) -> None:
    assert save(tapwidget.figure1(*tables), name).startswith(start)


def test_saving_as_something_else_is_refused() -> None:
    with pytest.raises(TapWidgetError, match="png, svg, pdf"):
        save(tapwidget.figure1(None), "gif")


def test_any_series_with_any_bins() -> None:
    series = [Series("a", [1.0, 2.0, 2.5], "dotted", 2, 3, band="g"), Series("b", [1.5], colour="#123456")]
    axes = draw(series, edges=[1, 2, 3], shown=(1, 3), logarithmic=True, band_colours=True).axes[0]
    assert axes.get_yscale() == "log"
    assert axes.patches[0].get_edgecolor() == to_rgba("#31DE1F")
    assert axes.patches[1].get_edgecolor() == to_rgba("#123456")
    assert draw([]).axes[0].get_legend() is None


def test_several_bands_in_their_own_colours() -> None:
    run = Table(
        {
            "g_cModelMag": [20.0],
            "r_cModelMag": [
                19.5,
            ],
            "i_cModelMag": [19.0],
        }
    )
    axes = tapwidget.figure1(None, run, band="gri", colours="band").axes[0]
    assert [patch.get_edgecolor() for patch in axes.patches] == [to_rgba(BANDS[band]) for band in "gri"]
    assert axes.get_xlabel() == "magnitude in g, r, i"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [f"results, {b}_cModelMag" for b in "gri"]
    cycle = tapwidget.figure1(None, run, band="gri").axes[0]
    assert [patch.get_edgecolor() for patch in cycle.patches] == [to_rgba(f"C{place}") for place in range(3)]
    with pytest.raises(TapWidgetError, match='"figure1" or "band"'):
        tapwidget.figure1(None, run, colours="bands")


def test_what_is_advised_counts_for_the_band_that_is_missing() -> None:
    run = Table({"r_cModelMag": [19.5]})
    with pytest.raises(ColumnError, match=r"magnitude in r\. .*Name the column with run_column=\.\.\.$"):
        tapwidget.figure1(None, Table({"z_cModelMag": [19.0]}), band="rz")
    # The column that is given is the first band's.
    with pytest.raises(ColumnError, match="magnitude in z") as raised:
        tapwidget.figure1(None, run, band="rz", run_column="r_cModelMag")
    assert "Leave z out" in str(raised.value)
    assert 'draw it alone with band="z", run_column=...' in str(raised.value)
    assert "Name the column with" not in str(raised.value)
