"""What a form, or a query written by hand, asks for, as a cell of Python; and that cell put below the one that runs."""

from __future__ import annotations

from collections.abc import Callable

from tapwidget.actions.run import own_query
from tapwidget.actions.set_up import service_words
from tapwidget.errors import MatchError
from tapwidget.match.python_query import OwnQuery, query_cell, short_query_cell
from tapwidget.match.python_short import short_cell
from tapwidget.state.form import Form

FORMS = {"pyvo": "plain pyvo", "tapwidget": "tapwidget"}
"""How a cell can be written, and how that is called."""


def python_of(form: Form, adql: str = "", *, written: str = "pyvo") -> Callable[[], str]:
    """What makes the cell for what the form says now, or for `adql` with the upload that the app sends with it.

    To be called on a worker: it may ask the service for the target's columns, and goes through the user's table.

    Raises
    ------
    MatchError
        While the form is not complete; if a cell cannot be `written` so.
    """
    if written not in FORMS:
        raise MatchError(f"A cell cannot be written in {written!r}: choose one of {', '.join(FORMS)}.")
    service, table, roles = form.service, form.table, form.roles
    if service is None:
        raise MatchError(form.problem)
    is_short, words = written == "tapwidget", service_words(service)
    if adql and table is None:
        own = OwnQuery(adql)
        return lambda: short_query_cell(own, words) if is_short else query_cell(own, service.url)
    match = form.match()
    if not adql:
        return lambda: short_cell(match, words, table) if is_short else match.python(service, table)

    def make() -> str:
        own = own_query(adql, match, table, roles)
        return short_query_cell(own, words, table=table) if is_short else query_cell(own, service.url, table=table)

    return make


def insert_below(code: str) -> None:
    """Put code into a new cell below the one that is running.

    Raises
    ------
    MatchError
        Where no notebook runs.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        shell = None
    else:
        shell = get_ipython()
    if shell is None:
        raise MatchError("There is no notebook to put a cell into: call this in a cell of one, or print app.python().")
    shell.set_next_input(code)  # travels with the answer to the cell that runs, so no button could do it
