"""The query as the service will get it: shown while the form changes, editable on request."""

from __future__ import annotations

import ipywidgets
import traitlets

from tapwidget.actions.background import Background
from tapwidget.actions.named_tables import NamedTables
from tapwidget.state.identity import Identity
from tapwidget.views import basic
from tapwidget.views.adql_text import AdqlText
from tapwidget.views.once_drawn import once_drawn
from tapwidget.views.style import notes, stylesheet, text

PATIENCE = 5.0  # seconds that the page gets to draw the text area that colours ADQL


class AdqlEditor(ipywidgets.VBox):
    """ADQL, read or written.

    Attributes
    ----------
    adql : str
        The query that counts: the form's, or the edited one while `editing`.
    generated : str
        The query that the form makes. Setting it changes `adql` unless somebody is editing.
    editing : bool
        Whether the person has taken the query into their own hands.
    service : client.Service or None
        Asked, in the background, for the columns of the tables that somebody writes about.
    tables : tuple of ivoa.tapschema.Table
        The tables whose names are completed and checked while somebody writes.
    limits : ivoa.limits.Limits or None
        What the service says of itself: its functions are completed.
    buttons : ipywidgets.HBox
        The row below the text; an app may put more into it.
    problem : str
        Why there is no query now, as a sentence; shown in its place.
    """

    adql = traitlets.Unicode()
    generated = traitlets.Unicode()
    editing = traitlets.Bool(False)
    service = Identity()
    tables = traitlets.Tuple()
    limits = traitlets.Any()
    problem = traitlets.Unicode()

    def __init__(self, adql: str = "", *, background: Background | None = None, **kwargs: object) -> None:
        self._background = background or Background()
        self._named = NamedTables(self._background, self._tell_names)
        self._own = ""  # what the person wrote last
        self._shown = basic.HTML(layout=ipywidgets.Layout())
        self._colours: AdqlText | None = None  # made when it is first wanted: not every page can draw it
        self._plain = basic.Textarea(rows=8, layout={"width": "auto"}, continuous_update=False)
        self._plain.add_class("tw-adql-edit")
        self._place = basic.VBox(layout=ipywidgets.Layout(display="none"))
        self._edit = basic.ToggleButton(
            description="Edit ADQL", tooltip="write the query yourself; the form then no longer changes it"
        )
        self._again = basic.Button(
            description="My last edit",
            tooltip="go on with the query that you wrote",
            layout=ipywidgets.Layout(display="none"),
        )
        self._said = basic.HTML()
        self.buttons = basic.HBox([self._edit, self._again])
        self.buttons.add_class("tw-wrap")
        super().__init__(
            [stylesheet(self, self._background), self._shown, self._place, self.buttons, self._said], **kwargs
        )
        traitlets.link((self._edit, "value"), (self, "editing"))
        self._plain.observe(self._written, "value")
        self._again.on_click(lambda _: self._go_on())
        self.generated = adql
        self._show()

    @property
    def own(self) -> str:
        """What the person wrote last; empty if nothing."""
        return self._own

    def restore(self, adql: str, *, editing: bool) -> None:
        """Put back what a person wrote once, to go on with now (`editing`) or on request."""
        self._own = adql
        if editing:
            self._go_on()
        self._show()

    def _written(self, change: dict[str, str]) -> None:
        if self.editing:
            self.adql = self._own = change["new"]

    def _go_on(self) -> None:
        own = self._own
        self.editing = True
        self.adql = own

    @traitlets.observe("generated", "problem")
    def _form_changed(self, _change: object) -> None:
        if not self.editing:
            self.adql = self.generated
        self._show()

    @traitlets.observe("adql")
    def _adql_changed(self, _change: object) -> None:
        if self.editing:
            self._own = self._plain.value = self.adql
        self._show()

    @traitlets.observe("editing")
    def _editing_changed(self, _change: object) -> None:
        if self.editing:
            self._open()
        else:
            self.adql = self.generated
        self._edit.description = "Back to the form" if self.editing else "Edit ADQL"
        self._place.layout.display = None if self.editing else "none"
        self._shown.layout.display = "none" if self.editing else None
        self._show()

    def _open(self) -> None:
        """Show the text area that colours; a plain one where the page does not draw it."""
        self._plain.value = self.adql
        if self._colours is None:
            self._colours = AdqlText(self.adql)
            traitlets.link((self._plain, "value"), (self._colours, "value"))
            traitlets.dlink((self, "limits"), (self._colours, "limits"))
            self._colours.observe(lambda _: self._arrange(), "drawn")
            self._read_names()
            self._place.children = (once_drawn(self._colours),)
            self._background.after(PATIENCE, self._arrange)

    @traitlets.observe("service", "tables", "adql")
    def _names_changed(self, _change: object) -> None:
        # Once for all that changes together: the tables of a service may come before it does.
        self._background.post(("names", id(self)), self._read_names)

    def _read_names(self) -> None:
        """Have the columns read of the tables that the text names, once somebody has taken it over."""
        if self._colours is not None:
            self._named.read(self.service, self.tables, self.adql)
            self._tell_names()

    def _tell_names(self) -> None:
        if self._colours is not None:
            self._colours.tables = self._named.completed(self.tables)

    def _arrange(self) -> None:
        # The coloured one stays in the page, since only there it can say that it is drawn.
        if self._colours is not None:
            place = self._place.children[0]
            self._place.children = (place,) if self._colours.drawn else (place, self._plain)

    def _show(self) -> None:
        if self.adql and not (self.problem and not self.editing):
            self._shown.value = text("tw-adql", self.adql, tag="pre", tabindex="0", aria_label="ADQL")
        else:
            self._shown.value = notes(self.problem or "No query yet.")
        can_go_on = bool(self._own) and not self.editing and self._own != self.generated
        self._again.layout.display = None if can_go_on else "none"
        self._said.value = (
            notes("Your own text is sent as it stands; what the form says is not added to it.") if self.editing else ""
        )
