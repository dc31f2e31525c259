"""The copy of a table that stays in a saved notebook."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

import tapwidget
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.results_table import ResultsTable

BIG = 648368125565216675
EVIL = '<img src=x onerror="alert(1)">'
WIDGET = "application/vnd.jupyter.widget-view+json"


def bundle(widget):
    given = widget._repr_mimebundle_(include=None, exclude=None)
    return given[0] if isinstance(given, tuple) else given


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


def test_the_first_rows_stay_beside_the_widget():
    widget = ResultsTable(magnitudes(1000))
    given = bundle(widget)
    assert given[WIDGET]["model_id"] == widget.model_id
    rows = body(given["text/html"])
    assert [row[0] for row in rows] == [str(BIG + number) for number in range(10)]
    assert (rows[0][1], rows[3][1]) == ("15.0000", "—")
    assert "<small>mag" in given["text/html"]
    assert "… 10 of 1,000 rows, 2 columns" in given["text/html"]
    lines = given["text/plain"].splitlines()
    assert [line.split() for line in lines[:3]] == [["id", "mag_0"], ["mag"], [str(BIG), "15.0000"]]
    assert lines[-1] == "… 10 of 1,000 rows, 2 columns"


def test_the_order_the_filters_and_the_columns_on_screen_are_those_of_the_copy():
    widget = ResultsTable(magnitudes(100, columns=3), columns=["mag_1", "id"])
    widget._receive(widget, {"type": "sort", "keys": [["id", "descending"]]}, [])
    widget._receive(widget, {"type": "filter", "column": "mag_1", "text": "24.."}, [])
    html = bundle(widget)["text/html"]
    assert body(html)[0] == ["25.0000", str(BIG + 99)]
    assert "… 9 rows (100 without the filters), 2 columns" in html


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
def test_the_copy_is_slim_whatever_the_table_holds_and_nothing_becomes_markup(table):
    given = bundle(ResultsTable(table))
    assert len(given["text/html"].encode()) + len(given["text/plain"].encode()) < 10_000
    assert len(body(given["text/html"])) == 10
    assert "<img" not in given["text/html"]


def test_without_a_table_or_without_rows():
    assert "text/html" not in bundle(ResultsTable())
    assert "text/html" not in bundle(ResultsTable(Table()))
    given = bundle(ResultsTable(Table({"id": np.zeros(0, dtype=np.int64)})))
    assert given["text/plain"].splitlines() == ["id", "", "… 0 rows, 1 column"]


def test_a_result_on_display_stays_too():
    runs = Runs()
    panel = ResultsPanel(Form(), runs)
    assert "text/html" not in bundle(panel)
    runs.current = runs.add(result=magnitudes(20))
    assert body(bundle(panel)["text/html"])[0][0] == str(BIG)


def test_simulated_data_are_called_so_in_the_copy():
    table = magnitudes(3)
    table.meta["tapwidget"] = {"simulated": True}
    given = bundle(ResultsTable(table))
    assert given["text/plain"].startswith("Simulated data\n")
    assert given["text/html"].startswith("<div>Simulated data</div>")


def test_the_app_is_as_good_as_its_result():
    app = tapwidget.CrossMatch(service="")
    assert "text/html" not in bundle(app)
    app.runs.current = app.runs.add(result=magnitudes(20))
    given = bundle(app)
    assert given[WIDGET]["model_id"] == app.model_id
    assert body(given["text/html"])[0][0] == str(BIG)
