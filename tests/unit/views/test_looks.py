"""How a results panel is looked at, put back into another one; and what does not fit there."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.state.form import Form
from tapwidget.state.looks import Looks
from tapwidget.state.runs import Runs
from tapwidget.views.looks import looks_of, put_back
from tapwidget.views.results_panel import ResultsPanel

RNG = np.random.default_rng(3)
RESULT = Table(
    {
        "ut1_id": np.arange(50) + 2**60,
        "ut1_r": RNG.uniform(16, 22, 50),
        "ut1_g": RNG.uniform(16, 22, 50),
        "r_cModelMag": RNG.uniform(16, 22, 50),
        "g_cModelMag": RNG.uniform(16, 22, 50),
        "size": RNG.uniform(0, 3000, 50),
        "shape": np.zeros((50, 2)),
    }
)
for name in RESULT.colnames:
    if name.endswith("Mag"):
        RESULT[name].unit = "mag"


def panel(*, result: Table | None = RESULT) -> ResultsPanel:
    form, runs = Form(), Runs()
    shown = ResultsPanel(form, runs, background=Immediate())
    form.table = Table({"id": RESULT["ut1_id"], "r": RESULT["ut1_r"], "g": RESULT["ut1_g"]})
    if result is not None:
        run = runs.add(match=None, result=result)
        runs.current = run
    return shown


def test_another_panel_is_looked_at_in_the_same_way() -> None:
    one = panel()
    one.choice.band, one.choice.also = "g", ("r", "size")
    one.histogram.edges, one.histogram.shown = np.linspace(15, 23, 17), (15.5, 22.5)
    one.histogram.logarithmic, one.histogram.colours = True, "band"
    one.histogram.interval = (17.0, 20.0)
    one.any_two.is_open = True
    one.scatter.x, one.scatter.x_minus, one.scatter.y = "ut1_g", "ut1_r", "r_cModelMag"
    one.scatter.y_down = False
    one.table.columns = ("ut1_r", "g_cModelMag", "ut1_id")
    one.table.column_widths = {"ut1_r": 90, "gone": 30}
    one.table.arrange([("g_cModelMag", "descending")], {"ut1_r": "< 20"})
    looks = looks_of(one)
    assert looks.widths == {"ut1_r": 90}

    other = panel()
    assert put_back(looks, other, table=True) == ()
    assert looks_of(other) == looks
    assert other.scatter.table is RESULT
    assert not other.scatter.y_down
    assert other.scatter._picture._x_axis.label == "ut1_g - ut1_r [mag]"
    passing = np.flatnonzero(RESULT["ut1_r"] < 20)
    expected = passing[np.argsort(-RESULT["g_cModelMag"][passing], kind="stable")]
    assert np.array_equal(other.table.rows_shown, expected)
    counts, _ = np.histogram(RESULT["g_cModelMag"], np.linspace(15, 23, 17))
    assert np.array_equal(other.histogram.histograms[1].counts, counts)
    inside = np.flatnonzero((RESULT["g_cModelMag"] >= 17) & (RESULT["g_cModelMag"] <= 20))
    assert list(other.table.selected_rows) == inside.tolist()


def test_columns_that_are_no_magnitudes_keep_their_bins() -> None:
    one = panel()
    one.choice.theirs = "size"
    usual = looks_of(one)
    assert (usual.edges, usual.shown) == (None, None)
    one.histogram.edges, one.histogram.shown = (0.0, 1000.0, 3000.0), (0.0, 3000.0)
    other = panel()
    assert put_back(looks_of(one), other, table=True) == ()
    assert other.choice.theirs == "size"
    assert (other.histogram.edges, other.histogram.shown) == ((0.0, 1000.0, 3000.0), (0.0, 3000.0))


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        (Looks(band="K"), "no band K"),
        (Looks(theirs="gone"), "no column gone to compare"),
        (Looks(columns=("gone", "ut1_r")), "no column gone"),
        (Looks(scatter=("size", "gone", "ut1_r", "")), "no column gone (any more) to plot"),
        (Looks(sort=(("gone", "ascending"),), filters={"lost": "1"}), "no column gone, lost"),
        (Looks(sort=(("shape", "ascending"),)), "not sorted by shape"),
        (Looks(filters={"ut1_r": "> many"}), "filter of ut1_r"),
    ],
)
def test_what_does_not_fit_is_said_and_the_rest_is_done(looks: Looks, said: str) -> None:
    one = panel()
    before = looks_of(one)
    (sentence,) = put_back(looks, one, table=True)
    assert said in sentence
    left = looks_of(one)
    assert left.columns == (("ut1_r",) if looks.columns else ())
    assert (left.band, left.theirs, left.sort, left.filters) == (before.band, "", (), {})


def test_the_plot_of_any_two_columns_is_open_or_closed_as_it_was() -> None:
    closed = looks_of(panel())
    one, other = panel(), panel()
    one.any_two.is_open = True
    assert put_back(looks_of(one), other, table=True) == ()
    assert other.any_two.is_open
    assert other.scatter.y == "r_cModelMag"
    assert other.scatter.y_down
    assert put_back(closed, other, table=True) == ()
    assert not other.any_two.is_open


def test_a_table_that_is_not_the_one_of_then_is_left_alone() -> None:
    one = panel()
    assert put_back(Looks(columns=("ut1_r",), logarithmic=True), one, table=False) == ()
    assert one.table.columns == ()
    assert one.histogram.logarithmic
    empty = ResultsPanel(Form(), Runs(), background=Immediate())
    assert put_back(Looks(logarithmic=True, band="g", columns=("a",)), empty, table=True) == ()
    assert not empty.has_plots
    assert looks_of(empty).columns is None


def test_what_was_usual_is_usual_again() -> None:
    usual = looks_of(panel())
    other = panel()
    other.histogram.edges, other.histogram.interval = (15, 17, 20, 25), (16, 18)
    assert put_back(usual, other, table=True) == ()
    assert looks_of(other) == usual
    assert other.histogram.interval is None
