"""Python shown and hidden, also while it is being made."""

from __future__ import annotations

from tapwidget.actions.background import Immediate
from tapwidget.views.python_cell import PythonCell


class Slow(Immediate):
    """Its work is done when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = []

    def run(self, work, then, failed):
        self.jobs.append(lambda: then(work()))


def test_a_second_press_hides_what_is_still_being_made():
    background = Slow()
    cell = PythonCell(lambda form: lambda: f"# {form}", background)
    cell.button.disabled = False
    cell.form.value = "tapwidget"
    assert background.jobs == []  # nothing is shown
    cell.button.click()
    assert cell.button.description == "Hide Python"
    cell.button.click()
    assert cell.button.description == "Show as Python"
    (job,) = background.jobs
    job()
    assert cell.value == ""
    cell.button.click()
    background.jobs[-1]()
    assert "# tapwidget" in cell.value
    cell.form.value = "pyvo"
    background.jobs[-1]()
    assert "# pyvo" in cell.value
