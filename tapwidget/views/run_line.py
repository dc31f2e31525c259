"""The button that runs a match, what is told of the job beside it, and above them why there is nothing to run."""

from __future__ import annotations

import ipywidgets

from tapwidget.views import basic
from tapwidget.views.style import notes

RUN = "send the table and run the match at the service"


class RunLine(ipywidgets.VBox):
    """The last step of the form.

    Attributes
    ----------
    button : ipywidgets.Button
        Runs what there is to run.
    """

    def __init__(self, status: ipywidgets.Widget) -> None:
        self.button = basic.Button(
            description="Run", icon="play", button_style="primary", disabled=True, tooltip="Choose a service first.",
            layout={"flex": "none"},
        )  # fmt: skip
        self._problem = basic.HTML()
        super().__init__([self._problem, basic.HBox([self.button, status])])

    def offer(self, *, possible: bool, problem: str, is_error: bool) -> None:
        """Say whether there is something to run, and why not.

        What is only still to be chosen is in the button's tooltip; what cannot be done as it was chosen (`is_error`) is
        said where nobody can miss it.
        """
        self.button.disabled = not possible
        self.button.tooltip = RUN if possible else problem or "write a query first"
        is_told = is_error and problem and not possible
        self._problem.value = notes(f"Cannot run: {problem}", css_class="tw-error") if is_told else ""
