"""A table put into a trait is told to observers as another object, and is never compared cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import traitlets
from astropy.table import Table

from tapwidget.actions.background import Background
from tapwidget.state.form import Form
from tapwidget.state.runs import Run
from tapwidget.views.file_picker import FilePicker
from tapwidget.views.magnitude_constraints import MagnitudeConstraints
from tapwidget.views.results_table import ResultsTable
from tapwidget.views.sky_plot import SkyPlot

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")


class Uncompared(Table):
    """A table that refuses to be compared."""

    def __eq__(self, other: object) -> Any:
        raise AssertionError("a table was compared cell by cell")

    __hash__ = None


class Never(Background):
    """Reads no table: what a picker makes of one would come among those that are put into it."""

    def run(self, *_work: object, **_then: object) -> None:
        pass


def picker() -> FilePicker:
    return FilePicker(background=Never())


HOLDERS = [
    (Form, "table"),
    (Run, "result"),
    (picker, "table"),
    (MagnitudeConstraints, "result"),
    (ResultsTable, "table"),
    (SkyPlot, "table"),
    (SkyPlot, "background"),
]


@pytest.mark.parametrize(("make", "name"), HOLDERS, ids=lambda value: getattr(value, "__name__", value))
def test_equal_tables_are_still_two_tables(make: Callable[[], traitlets.HasTraits], name: str) -> None:
    holder, told = make(), []
    one, other = (Uncompared({"ra": [1.0, 2.0], "dec": [3.0, 4.0]}) for _ in range(2))
    holder.observe(lambda change: told.append(change["new"]), name)
    for table in (one, one, other, None):
        setattr(holder, name, table)
    assert [id(table) for table in told] == [id(one), id(other), id(None)]


def test_a_table_goes_down_a_link() -> None:
    source, target = Form(), ResultsTable()
    traitlets.dlink((source, "table"), (target, "table"))
    source.table = Uncompared({"ra": [1.0]})
    assert target.table is source.table
