"""Which TAP service: by name, or by its address."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.actions.browse import Greeting, greet
from tapwidget.client.services import Service
from tapwidget.state.identity import Identity
from tapwidget.views import basic
from tapwidget.views.limits import limits_in_words
from tapwidget.views.style import counted, notes, stylesheet, text

NAMES = (
    ("Built-in service (simulated sky)", "demo"),
    ("Rubin Science Platform", "rsp"),
    ("Gaia archive (ESA)", "gaia"),
    ("VizieR (CDS)", "vizier"),
    ("Another address ...", "other"),
)
NONE = ("Choose a service ...", "")


class ServicePicker(ipywidgets.VBox):
    """Choose a TAP service and see that it answers.

    Attributes
    ----------
    service : client.Service or None
        The service that answered. Set it to a Service, a name or an address to choose it from Python.
    tables : tuple of ivoa.tapschema.Table
        Its tables, without their columns.
    limits : ivoa.limits.Limits or None
        What it takes and has, as it says.
    message : str
        What is going on, or what went wrong.
    busy : bool
        While a service was asked and has not answered.
    """

    service = Identity()
    tables = traitlets.Tuple()
    limits = traitlets.Any()
    message = traitlets.Unicode()
    busy = traitlets.Bool(False)

    def __init__(self, service: Any = None, *, background: Background | None = None, **kwargs: object) -> None:
        self._background = background or Background()
        self._requests = Latest()
        self._choosing = False
        self._answered: Service | None = None
        self._pick = basic.Dropdown(options=[NONE, *NAMES], value="", description="service", layout={"width": "340px"})
        self._address = basic.Text(
            placeholder="https://.../tap", tooltip="address of the TAP service, then Enter", continuous_update=False,
            layout=ipywidgets.Layout(width="320px", display="none"),
        )  # fmt: skip
        self._again = basic.Button(
            icon="refresh", tooltip="ask the service again", disabled=True, layout={"width": "36px"}
        )
        self._asked: Any = None  # what was chosen last
        self._said = basic.HTML()
        row = basic.HBox([self._pick, self._address, self._again, self._said])
        row.add_class("tw-wrap")
        self._hint = basic.HTML()
        super().__init__([stylesheet(self, self._background), row, self._hint], **kwargs)
        self._pick.observe(self._picked, "value")
        self._address.observe(self._typed, "value")
        self._again.on_click(lambda _: self.choose(self._asked))
        if service is not None:
            self.choose(service)

    @property
    def asked(self) -> Any:
        """What was chosen last, whether or not it has answered: a name, an address, a service object, or None."""
        return self._asked

    def choose(self, service: Any = None) -> None:
        """Connect in the background: to a name, an address, a client.Service or a pyvo TAPService.

        None is Rubin's service on its platform, else the built-in one where it is installed.
        """
        if isinstance(service, str):
            self._show_choice(service, service)
        number = self._requests.next()
        self._asked = service
        self._again.disabled = False
        self._hint.value = ""
        self.busy = True
        self.message = "connecting ..."
        self._said.value = notes(self.message)
        self._background.run(
            lambda: greet(service),
            then=lambda greeting: self._greeted(number, greeting),
            failed=lambda error: self._failed(number, error),
        )

    def _show_choice(self, name: str, address: str) -> None:
        """Set the boxes to what was chosen, without choosing it again."""
        known = name if name in [value for _, value in NAMES] else "other"
        self._choosing = True
        self._pick.value = known
        self._address.value = address if known == "other" else ""
        self._choosing = False
        self._address.layout.display = None if known == "other" else "none"

    def _picked(self, change: dict[str, str]) -> None:
        if self._choosing:
            return
        is_other = change["new"] == "other"
        self._address.layout.display = None if is_other else "none"
        if is_other:
            self._hint.value = notes(
                "If the service wants a token, put it into the environment variable TAPWIDGET_TOKEN, or pass "
                "tapwidget.connect(address, token=...) to the widget: it is never kept in a notebook."
            )
        elif change["new"]:
            self.choose(change["new"])

    def _typed(self, change: dict[str, str]) -> None:
        if change["new"].strip() and not self._choosing:
            self.choose(change["new"].strip())

    def _greeted(self, number: int, greeting: Greeting) -> None:
        if not self._requests.is_current(number):
            return
        self._show_choice(greeting.service.name, greeting.service.url)
        self.message = f"{counted(len(greeting.tables), 'table')} · {limits_in_words(greeting.limits)}"
        self._hint.value = notes(greeting.notice, css_class="tw-warning")
        simulated = text("tw-simulated", "simulated sky", tag="span") + " " if greeting.is_simulated else ""
        self._said.value = simulated + text("tw-note", self.message, tag="span")
        self._answered = greeting.service
        with self.hold_trait_notifications():
            self.busy = False
            self.tables = greeting.tables
            self.limits = greeting.limits
            self.service = greeting.service

    def _failed(self, number: int, error: BaseException) -> None:
        if not self._requests.is_current(number):
            return
        self.message = str(error)
        self._said.value = ""
        self._hint.value = notes(self.message, css_class="tw-error")
        with self.hold_trait_notifications():
            self.busy = False
            self.tables = ()
            self.limits = None
            self.service = None

    @traitlets.validate("service")
    def _ask_first(self, proposal: dict[str, Any]) -> Service | None:
        """What is set from Python becomes the trait's value once it has answered: nobody linked sees a mere name."""
        if proposal["value"] is None or proposal["value"] is self._answered:
            return proposal["value"]
        self.choose(proposal["value"])
        return self.service
