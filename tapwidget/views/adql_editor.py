"""The query as the service will get it: shown while the form changes, editable on request."""

from __future__ import annotations

import ipywidgets
import traitlets

from tapwidget.views.style import notes, stylesheet, text


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
    buttons : ipywidgets.HBox
        The row below the text; an app may put more into it.
    problem : str
        Why there is no query now, as a sentence; shown in its place.
    """

    adql = traitlets.Unicode()
    generated = traitlets.Unicode()
    editing = traitlets.Bool(False)
    problem = traitlets.Unicode()

    def __init__(self, adql: str = "", **kwargs: object) -> None:
        self._shown = ipywidgets.HTML()
        self._text = ipywidgets.Textarea(
            rows=8, layout=ipywidgets.Layout(width="auto", display="none"), continuous_update=False
        )
        self._text.add_class("tw-adql-edit")
        self._edit = ipywidgets.ToggleButton(
            description="Edit ADQL", tooltip="write the query yourself; the form then no longer changes it"
        )
        self._said = ipywidgets.HTML()
        self.buttons = ipywidgets.HBox([self._edit])
        self.buttons.add_class("tw-wrap")
        super().__init__([stylesheet(), self._shown, self._text, self.buttons, self._said], **kwargs)
        traitlets.link((self._edit, "value"), (self, "editing"))
        self._text.observe(self._written, "value")
        self.generated = adql
        self._show()

    def _written(self, change: dict[str, str]) -> None:
        if self.editing:
            self.adql = change["new"]

    @traitlets.observe("generated", "problem")
    def _form_changed(self, _change: object) -> None:
        if not self.editing:
            self.adql = self.generated
        self._show()

    @traitlets.observe("adql")
    def _adql_changed(self, _change: object) -> None:
        if self.editing and self._text.value != self.adql:
            self._text.value = self.adql
        self._show()

    @traitlets.observe("editing")
    def _editing_changed(self, _change: object) -> None:
        if self.editing:
            self._text.value = self.adql
        else:
            self.adql = self.generated
        self._edit.description = "Back to the form" if self.editing else "Edit ADQL"
        self._text.layout.display = None if self.editing else "none"
        self._shown.layout.display = "none" if self.editing else None
        self._show()

    def _show(self) -> None:
        if self.adql and not (self.problem and not self.editing):
            self._shown.value = text("tw-adql", self.adql, tag="pre", tabindex="0", aria_label="ADQL")
        else:
            self._shown.value = notes(self.problem or "No query yet.")
        self._said.value = (
            notes("Your own text is sent as it stands; what the form says is not added to it.") if self.editing else ""
        )
