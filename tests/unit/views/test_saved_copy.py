"""The copy of a table that stays in a saved notebook."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

import tapwidget
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views import saved_copy
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.results_table import ResultsTable

BIG = 648368125565216675
EVIL = '<img src=x onerror="alert(1)">'
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shown(monkeypatch):
    """The bundles that a cell gets of a widget: of the copy and of the widget."""

    def shown(widget):
        bundles = []
        monkeypatch.setattr(saved_copy, "display", lambda data, **_: bundles.append(data))
        widget._ipython_display_()
        return bundles

    return shown


@pytest.fixture
def renewed(monkeypatch):
    """What takes the place of copies, as (name, bundle)."""
    bundles = []
    monkeypatch.setattr(
        saved_copy, "update_display", lambda data, *, display_id, **_: bundles.append((display_id, data))
    )
    return bundles


def body(html):
    """Texts of the cells, row by row."""
    root = ElementTree.fromstring(f"<x>{html.replace('&nbsp;', ' ').replace('<br>', ' ')}</x>")
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")][1:]


def magnitudes(rows, columns=1):
    table = Table({"id": BIG + np.arange(rows)})
    for number in range(columns):
        masked = np.arange(rows) % 10 == 3
        table[f"mag_{number}"] = MaskedColumn(np.linspace(15, 25, rows), mask=masked, unit="mag")
    return table


def test_the_first_rows_stay_before_the_widget(shown):
    widget = ResultsTable(magnitudes(1000))
    copy, drawn = shown(widget)
    assert drawn[WIDGET]["model_id"] == widget.model_id
    assert WIDGET not in copy
    rows = body(copy["text/html"])
    assert [row[0] for row in rows] == [str(BIG + number) for number in range(10)]
    assert (rows[0][1], rows[3][1]) == ("15.0000", "—")
    assert "<small>mag" in copy["text/html"]
    assert "… 10 of 1,000 rows, 2 columns" in copy["text/html"]
    lines = copy["text/plain"].splitlines()
    assert [line.split() for line in lines[:3]] == [["id", "mag_0"], ["mag"], [str(BIG), "15.0000"]]
    assert lines[-1] == "… 10 of 1,000 rows, 2 columns"


def test_what_shows_no_widget_says_nothing_in_its_place(shown):
    """The copy says it; the representation of a widget would come after it on GitHub."""
    _, drawn = shown(ResultsTable(magnitudes(3)))
    assert {kind: text for kind, text in drawn.items() if kind != WIDGET} == {"text/html": "", "text/plain": ""}


def test_the_copy_is_hidden_by_the_views_of_its_widget_alone(shown):
    one, other = ResultsTable(magnitudes(3)), ResultsTable(magnitudes(3))
    for widget, stranger in ((one, other), (other, one)):
        html = shown(widget)[0]["text/html"]
        (name,) = widget._dom_classes
        assert f"body:has(.{name})" in html
        assert stranger.model_id not in html
        shown(widget)  # in another cell
        assert widget._dom_classes == (name,)


def test_the_order_the_filters_and_the_columns_on_screen_are_those_of_the_copy(shown):
    widget = ResultsTable(magnitudes(100, columns=3), columns=["mag_1", "id"])
    widget._receive(widget, {"type": "sort", "keys": [["id", "descending"]]}, [])
    widget._receive(widget, {"type": "filter", "column": "mag_1", "text": "24.."}, [])
    html = shown(widget)[0]["text/html"]
    assert body(html)[0] == ["25.0000", str(BIG + 99)]
    assert "… 9 rows (the table has 100), 2 columns" in html


@pytest.mark.parametrize(
    "table",
    [
        magnitudes(100_000, columns=60),
        Table({f"{EVIL}{number}": [EVIL * 50] * 30 for number in range(30)}),
        Table({EVIL * 50: np.array([EVIL * 50] * 30, dtype=object)}),
        Table({f"v{number}": np.ones((20, 50)) for number in range(30)}),
    ],
    ids=["wide", "long cells", "long name", "arrays"],
)
def test_the_copy_is_slim_whatever_the_table_holds_and_nothing_becomes_markup(shown, table):
    copy, _ = shown(ResultsTable(table))
    assert len(copy["text/html"].encode()) + len(copy["text/plain"].encode()) < 10_000
    assert len(body(copy["text/html"])) == 10
    assert "<img" not in copy["text/html"]


def test_without_a_table_or_without_rows(shown):
    for widget in (ResultsTable(), ResultsTable(Table())):
        copy, drawn = shown(widget)
        assert drawn[WIDGET]["model_id"] == widget.model_id
        assert "<table" not in copy["text/html"]
        for text in copy.values():
            assert "before there was a table. Run its cells again." in text
    copy, _ = shown(ResultsTable(Table({"id": np.zeros(0, dtype=np.int64)})))
    assert copy["text/plain"].splitlines() == ["id", "", "… 0 rows, 1 column"]


def test_a_result_that_comes_later_stays_too(shown, renewed):
    runs = Runs()
    panel = ResultsPanel(Form(), runs)
    runs.current = runs.add(result=magnitudes(10))
    assert not renewed  # it was not shown
    copy, drawn = shown(panel)
    shown(panel)  # in another cell, of the same name
    assert len(body(copy["text/html"])) == 10
    assert drawn[WIDGET]["model_id"] == panel.model_id
    runs.current = runs.add(result=magnitudes(5))
    ((name, copy),) = renewed
    assert name == f"tw-copy-{panel.model_id}"
    assert len(body(copy["text/html"])) == 5
    assert f'class="{name}"' in copy["text/html"]


def test_simulated_data_are_called_so_in_the_copy(shown):
    table = magnitudes(3)
    table.meta["tapwidget"] = {"simulated": True}
    copy, _ = shown(ResultsTable(table))
    assert copy["text/plain"].startswith("Simulated data\n")
    assert "<div>Simulated data</div>" in copy["text/html"]


def test_the_app_is_as_good_as_its_result(shown, renewed):
    app = tapwidget.CrossMatch(service="")
    copy, drawn = shown(app)
    assert drawn[WIDGET]["model_id"] == app.model_id
    assert not body(copy["text/html"])
    app.runs.current = app.runs.add(result=magnitudes(20))
    ((_, copy),) = renewed
    assert body(copy["text/html"])[0][0] == str(BIG)
