"""The panel below the form: what stands in for the interactive table where a page cannot draw it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from astropy.table import Table

from tapwidget.actions.background import Immediate
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.plain_table import PlainTable
from tapwidget.views.results_panel import ResultsPanel

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


class Clock(Immediate):
    """What shall happen later happens when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Callable[[], None]] = []

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        assert 2 <= seconds <= 15
        self.waiting.append(action)

    def strike(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def panel(clock: Clock) -> ResultsPanel:
    return ResultsPanel(Form(), Runs(), background=clock)


def show(panel: ResultsPanel, table: Table) -> None:
    panel._runs.current = panel._runs.add(result=table)


def plain(panel: ResultsPanel) -> PlainTable | None:
    return next((child for child in panel.children if isinstance(child, PlainTable)), None)


def test_plain_pages_stand_in_where_the_page_does_not_draw_the_table(panel: ResultsPanel, clock: Clock) -> None:
    panel._view_count = 1  # the page shows the panel
    show(panel, Table({"objectId": [648368125565216675, 2]}))
    assert plain(panel) is None
    clock.strike()
    shown = plain(panel)
    assert "648368125565216675" in shown._html.value
    assert "reload the page" in shown.reason
    assert panel._place.layout.display == "none"
    panel.table.selected_rows = (1,)
    assert shown.selected_rows == (1,)
    show(panel, Table({"objectId": [3]}))
    assert shown.table is panel.table.table
    clock.strike()
    assert len([child for child in panel.children if isinstance(child, PlainTable)]) == 1


def test_the_table_comes_back_when_it_is_drawn_after_all(panel: ResultsPanel, clock: Clock) -> None:
    panel._view_count = 1
    show(panel, Table({"objectId": [1]}))
    clock.strike()
    panel.table._receive(panel.table, {"type": "hello", "view": "v"}, [])
    assert plain(panel) is None
    assert panel._place.layout.display is None
    show(panel, Table({"objectId": [2]}))
    clock.strike()
    assert plain(panel) is None


def test_a_table_that_is_drawn_in_time_stays(panel: ResultsPanel, clock: Clock) -> None:
    panel._view_count = 1
    panel.table.drawn = True
    show(panel, Table({"objectId": [1]}))
    clock.strike()
    assert plain(panel) is None


def test_a_panel_that_no_page_shows_waits_for_nothing(panel: ResultsPanel, clock: Clock) -> None:
    show(panel, Table({"objectId": [1]}))
    assert clock.waiting == []
