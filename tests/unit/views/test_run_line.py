"""Why there is nothing to run stands where nobody can miss it, and only where it is an error."""

from __future__ import annotations

import ipywidgets

import tapwidget
from tapwidget.views.run_line import RUN, RunLine


def test_an_error_is_said_above_the_button_and_what_is_still_to_be_chosen_in_its_tooltip():
    line = RunLine(ipywidgets.HTML())
    line.offer(possible=False, problem="Choose <a> table.", is_error=False)
    assert (line.button.disabled, line.button.tooltip, line._problem.value) == (True, "Choose <a> table.", "")
    line.offer(possible=False, problem="There is no <b>.", is_error=True)
    assert "tw-error" in line._problem.value
    assert "Cannot run: There is no &lt;b&gt;." in line._problem.value
    line.offer(possible=True, problem="", is_error=True)
    assert (line.button.disabled, line.button.tooltip, line._problem.value) == (False, RUN, "")
    line.offer(possible=False, problem="", is_error=True)
    assert (line.button.tooltip, line._problem.value) == ("write a query first", "")


def test_an_error_is_told_whole_and_at_once():
    app = tapwidget.CrossMatch(service="")
    told = []
    app._run_line._problem.observe(lambda change: told.append(change["new"]), "value")
    for problem in ("one thing", "another"):
        app.editor.generated = "SELECT 1"
        app._no_query(app._queries.next(), problem, is_error=True)
    assert [text for text in told if text and "one thing" not in text and "another" not in text] == []
    assert "another" in told[-1]
