"""Only the selected rows of a results table are shown: with filters, sort and files, until they are undone."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.errors import TableError
from tapwidget.tables.files import read_table
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.table_tools import TableTools

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


def table(rows=100):
    return Table({"id": np.arange(rows), "r": np.linspace(25, 15, rows)})


@pytest.fixture
def grid():
    return ResultsTable(table())


@pytest.fixture
def tools(grid):
    return TableTools(grid, background=Immediate())


def says(grid, type, **content):
    grid._receive(grid, {"type": type, "view": "v", "version": grid._page["version"], **content}, [])


def test_only_the_rows_selected_when_it_was_pressed_are_shown(grid, tools):
    button = tools.only_selected
    assert button.disabled
    grid.selected_rows = [3, 50, 98]
    assert not button.disabled
    button.value = True
    assert grid.only_rows == (3, 50, 98)
    assert grid.rows_shown.tolist() == [3, 50, 98]
    assert (grid._page["shown"], grid._page["only"]) == (3, 3)
    # Another selection leaves them, and so does none; then they can still be undone.
    grid.selected_rows = [50]
    assert grid.rows_shown.tolist() == [3, 50, 98]
    grid.selected_rows = ()
    assert not button.disabled
    button.value = False
    assert (len(grid.rows_shown), grid.only_rows, grid._page["only"]) == (100, (), 0)
    assert button.disabled


def test_filters_and_sort_go_on_and_selecting_is_of_what_is_seen(grid, tools):
    grid.selected_rows = [3, 50, 98]
    tools.only_selected.value = True
    says(grid, "filter", column="r", text="<21")
    says(grid, "sort", keys=[["id", "descending"]])
    assert grid.rows_shown.tolist() == [98, 50]
    says(grid, "select", mode="replace", ranges=[[0, 1]])
    assert grid.selected_rows == (98,)
    says(grid, "clear_filters")
    assert grid.rows_shown.tolist() == [98, 50, 3]
    tools.only_selected.value = False
    assert grid.rows_shown[0] == 99
    assert grid.selected_rows == (98,)


def test_a_new_table_shows_all_its_rows(grid, tools):
    grid.selected_rows = [99]
    tools.only_selected.value = True
    grid.table = table(10)
    assert (grid.only_rows, len(grid.rows_shown)) == ((), 10)
    assert not tools.only_selected.value
    assert tools.only_selected.disabled


def test_python_sets_them_and_the_button_tells(grid, tools):
    grid.selected_rows = [1]
    grid.only_rows = np.arange(100) >= 97
    assert tools.only_selected.value
    assert grid.rows_shown.tolist() == [97, 98, 99]
    with pytest.raises(TableError, match="Row 100"):
        grid.only_rows = [100]
    assert ResultsTable(table(), only_rows=[2]).rows_shown.tolist() == [2]


def test_rows_that_are_shown_are_saved_and_counted(grid, tools, tmp_path):
    grid.selected_rows = [3, 50, 98]
    tools.only_selected.value = True
    says(grid, "filter", column="r", text="<21")
    tools.saving.name = str(tmp_path / "some")
    tools.saving._rows.value = "shown"
    tools.saving.save()
    assert read_table(tmp_path / "some.fits")["id"].tolist() == [50, 98]
    tools._tools["statistics"].value = True
    assert "Over 2 rows" in tools.statistics._said.value


def test_rows_of_a_longer_table_are_none_of_a_shorter_one(grid):
    """Another thread may have set them for a table whose turn to be shown comes next."""
    grid.only_rows = [98]
    with grid._lock, grid.hold_trait_notifications():
        grid.set_trait("table", table(10))
        grid._show_anew()
        assert len(grid.rows_shown) == 10
    assert grid.only_rows == ()


def test_the_page_hears_whether_the_rows_shown_are_those_selected(grid, tools):
    grid.selected_rows = [3, 50, 98]
    assert not grid._page["only_selected"]
    tools.only_selected.value = True
    assert grid._page["only_selected"]
    grid.selected_rows = [4, 51, 97]  # as many others
    says(grid, "sort", keys=[["id", "descending"]])
    assert (grid._page["only"], grid._page["selected"], grid._page["only_selected"]) == (3, 3, False)


def test_a_result_that_comes_while_the_button_is_pressed_shows_none_of_its_rows(grid):
    background = Immediate()
    tools = TableTools(grid, background=background)
    grid.selected_rows = [3, 5]

    def come() -> None:
        with background.lock:
            grid.table = table(10)

    comes = threading.Thread(target=come)

    def while_pressed(_change) -> None:
        comes.start()
        comes.join(0.2)

    grid.observe(while_pressed, "only_rows")
    tools.only_selected.value = True
    grid.unobserve(while_pressed, "only_rows")
    comes.join()
    assert (grid.only_rows, len(grid.rows_shown), tools.only_selected.value) == ((), 10, False)
