"""Widgets of ours that stand alone in a cell keep the keys that are pressed in them."""

from __future__ import annotations

from typing import Any

ALONE = [
    "import tapwidget\ntapwidget.FilePicker()",
    "tapwidget.RadiusControl()",
    "constraints = tapwidget.MagnitudeConstraints(upload_columns=('r',), target_columns=('r_cModelMag',))\n"
    "constraints.constraints = [tapwidget.MagnitudeRange('r', low=17)]\nconstraints",
    "from astropy.table import Table\nmagnitudes = Table({'r': [17.0, 18.0, 19.0]})\n"
    "tapwidget.MagnitudeHistogram(magnitudes)",
    "tapwidget.JobStatus()",
    "tapwidget.ResultsTable(magnitudes)",
    "import ipywidgets\nipywidgets.VBox([ipywidgets.Button(description='not ours'), tapwidget.ServicePicker()])",
]
STATE = """() => { const { mode, widgets, activeCellIndex } = jupyterapp.shell.currentWidget.content;
    return [mode, widgets.length, activeCellIndex]; }"""


def test_keys_pressed_in_a_widget_alone_do_nothing_to_the_notebook(lab: Any) -> None:
    notebook = lab.open_notebook(ALONE)
    page = notebook.page
    for number in range(len(ALONE)):
        stops = notebook.output(number).locator(
            ":is(button, select, input, summary, [tabindex='0']):not(:disabled):not(.tw-unseen *):visible"
        )
        ours = [stop for stop in stops.all() if "not ours" not in (stop.inner_text() or "")]
        assert ours or number == 4, f"nothing to focus in {ALONE[number]}"
        for stop in ours:
            stop.focus()
            before = page.evaluate(STATE)
            for key in ("ArrowDown", "ArrowUp", "b", "Escape", "x"):
                page.keyboard.press(key)
                assert page.evaluate(STATE) == before, f"{key} in {stop} of {ALONE[number]}"

    # The notebook's own keys still work outside, and its commands with Ctrl inside.
    stops.last.focus()
    before = page.evaluate(STATE)
    page.keyboard.press("Control+Enter")
    notebook.wait_until_idle()
    notebook.output(number).get_by_text("not ours").focus()
    page.keyboard.press("b")
    page.wait_for_function(f"() => jupyterapp.shell.currentWidget.content.widgets.length === {before[1] + 1}")
