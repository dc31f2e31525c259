"""PlainTable: what its HTML says, and that nothing from a table becomes markup."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.views.plain_table import PlainTable

BIG = 648368125565216675
EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture
def widget():
    return PlainTable(Table({"id": BIG + np.arange(45), "m": MaskedColumn(np.ones(45), mask=np.arange(45) == 1)}))


def press(widget, text):
    next(button for button in widget._buttons.values() if button.description == text).click()


def test_pages(widget):
    assert str(BIG) in widget._html.value
    assert str(BIG + 20) not in widget._html.value
    assert "—" in widget._html.value
    assert widget._caption.value == "45 rows; 1 to 20 shown"
    press(widget, "Next")
    assert str(BIG + 20) in widget._html.value
    press(widget, "Last")
    assert widget._caption.value == "45 rows; 41 to 45 shown"
    press(widget, "Next")
    assert widget.page == 2
    press(widget, "First")
    press(widget, "Back")
    assert widget.page == 0


def test_selection_is_marked(widget):
    widget.selected_rows = [2, 1]
    assert widget.selected_rows == (1, 2)
    assert widget._html.value.count("<tr style") == 2
    assert widget._caption.value == "45 rows, 2 selected; 1 to 20 shown"
    widget.table = Table({"a": [1]})
    assert widget.selected_rows == ()
    assert widget._caption.value == "1 row"


def test_nothing_becomes_markup():
    table = Table({EVIL: [EVIL]})
    table[EVIL].unit = table[EVIL].description = EVIL
    widget = PlainTable(table, reason=EVIL)
    assert "<img" not in widget._html.value
    assert widget._html.value.count("&lt;img") == 5
    assert 'title="&lt;img src=x onerror=&quot;' in widget._html.value


def test_no_table_an_empty_one_and_one_that_was_cut(widget):
    widget.table = None
    assert "No table yet" in widget._html.value
    widget.table = Table({"a": np.zeros(0)})
    assert widget._caption.value == "0 rows"
    widget.table = Table({"a": [1]}, meta={"overflow": True})
    assert "cut at 1 row by" in widget._html.value
