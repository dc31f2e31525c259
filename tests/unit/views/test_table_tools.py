"""The tools of a results table: choosing columns, counting, saving, finding."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from tapwidget.actions.background import Immediate
from tapwidget.tables.files import read_table
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.table_tools import TableTools

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")
BIG = 648368125565216675
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def grid():
    table = Table({"id": BIG + np.arange(5), "r": MaskedColumn([15.0, 16.0, np.nan, 18.0, 19.0], unit="mag")})
    table["g"] = MaskedColumn([1.0, 2, 3, 4, 5], mask=[1, 0, 0, 0, 0], unit="mag")
    table["name"] = ["a", "b", "c", "d", EVIL]
    table["name"].description = "The star's name"
    return ResultsTable(table)


@pytest.fixture
def tools(grid):
    return TableTools(grid, background=Immediate())


# Columns


def ticks(chooser):
    return {box.description: box.value for box in chooser.ticks._ticks.children}


def test_ticks_hide_and_show(grid, tools):
    assert ticks(tools.columns) == {"id": True, "r": True, "g": True, "name": True}
    tools.columns.ticks._boxes[1].value = False
    assert grid.columns == ("id", "g", "name")
    tools.columns.ticks._boxes[1].value = True
    assert grid.columns == ("id", "g", "name", "r")


def test_search_takes_units_and_descriptions(grid, tools):
    tools.columns.ticks._search.value = "mag"
    assert list(ticks(tools.columns)) == ["r", "g"]
    tools.columns._first.click()
    assert grid.columns == ("r", "g", "id", "name")
    tools.columns.ticks._search.value = "star"
    tools.columns._only.click()
    assert grid.columns == ("name",)
    tools.columns.ticks._boxes[0].value = False  # the last one stays
    assert (grid.columns, tools.columns.ticks._boxes[0].value) == (("name",), True)
    tools.columns._all.click()
    assert grid.columns == ()


def test_a_wide_table_says_what_it_does_not_list(grid, tools):
    grid.table = Table({f"column_{i}": [i] for i in range(1300)})
    assert len(ticks(tools.columns)) == 40
    assert "1,260 more were found" in tools.columns.ticks._said.value


# Statistics


def test_statistics_are_text(grid, tools):
    tools._tools["statistics"].value = True
    said = tools.statistics._said.value
    assert "Over 5 rows" in said
    assert str(BIG + 2) in said
    assert EVIL not in said
    assert EVIL.replace("<", "&lt;").replace(">", "&gt;") in said
    grid.selected_rows = [0, 1]
    tools.statistics._rows.value = "selected"
    assert "Over 2 rows" in tools.statistics._said.value


# Saving


def test_saving_and_asking_before_a_file_is_replaced(grid, tools, tmp_path):
    saving = tools.saving
    saving.name = str(tmp_path / "mine")
    saving._format.value = ".ecsv"
    grid.selected_rows = [1, 4]
    saving._rows.value = "selected"
    saving.save()
    assert "Saved 2 rows of 4 columns" in saving._said.value
    assert read_table(tmp_path / "mine.ecsv")["id"].tolist() == [BIG + 1, BIG + 4]
    grid.columns = ("id", "r")
    saving._only_shown.value = True
    saving._rows.value = "all"
    saving._button.click()
    assert "there already" in saving._said.value
    assert len(read_table(tmp_path / "mine.ecsv")) == 2
    assert saving._button.description == "Replace it"
    saving._button.click()
    found = read_table(tmp_path / "mine.ecsv")
    assert (found.colnames, len(found)) == (["id", "r"], 5)
    assert saving._button.description == "Save"


def test_filtered_rows_are_saved_in_the_order_shown(grid, tools, tmp_path):
    grid._receive(grid, {"type": "sort", "keys": [["id", "descending"]]}, [])
    grid._receive(grid, {"type": "filter", "column": "r", "text": ">15.5"}, [])
    tools.saving.name = str(tmp_path / "some")
    tools.saving._rows.value = "shown"
    tools.saving.save()
    assert read_table(tmp_path / "some.fits")["id"].tolist() == [BIG + 4, BIG + 3, BIG + 1]


def test_a_folder_that_is_not_there_is_said(tools, tmp_path):
    tools.saving.name = str(tmp_path / "nowhere" / "x")
    tools.saving.save()
    assert "cannot be written" in tools.saving._said.value
    assert not tools.saving._button.disabled


def test_nothing_selected_saves_nothing(tools, tmp_path):
    tools.saving.name = str(tmp_path / "x")
    tools.saving._rows.value = "selected"
    tools.saving.save()
    assert "no such rows" in tools.saving._said.value
    assert not list(tmp_path.iterdir())


# Finding


def test_find_goes_on_and_says_when_it_is_round(grid, tools):
    sent = []
    grid.send = lambda content, buffers=None: sent.append(content)
    tools._find.value = "216"
    assert "Row 1 of those shown, column id." in tools._said.value
    for _ in range(5):
        tools._next.click()
    assert "from the top again" in tools._said.value
    assert sent[-1] == {"type": "go", "position": 0, "column": 0}
    tools._find.value = EVIL.upper()
    assert "Row 5" in tools._said.value
    tools._find.value = "<b>"
    assert "&lt;b&gt;” is in no cell" in tools._said.value


def test_go_to_row(grid, tools):
    sent = []
    grid.send = lambda content, buffers=None: sent.append(content)
    assert tools._row.max == 5
    tools._row.value = 4
    assert sent[-1] == {"type": "go", "position": 3, "column": None}


def test_after_a_find_the_row_of_before_can_be_gone_to_again(grid, tools):
    sent = []
    grid.send = lambda content, buffers=None: sent.append(content)
    tools._find.value = EVIL
    assert tools._row.value == 5
    assert "Row 5" in tools._said.value
    assert [message["position"] for message in sent] == [4]
    tools._row.value = 1
    assert [message["position"] for message in sent] == [4, 0]
    assert not tools._said.value


def test_without_a_table_there_are_no_tools(grid, tools):
    grid.table = None
    assert tools.layout.display == "none"
