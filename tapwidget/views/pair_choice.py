"""Which pairs a match keeps, and what becomes of rows that have none."""

from __future__ import annotations

import ipywidgets
import traitlets

from tapwidget.state.form import Form
from tapwidget.views import basic

FIND = (
    ("all pairs within the radius", "all"),
    ("nearest for each of mine", "nearest"),
    ("nearest for each of theirs", "nearest_theirs"),
    ("symmetric: nearest both ways", "symmetric"),
)
UNMATCHED = (
    ("left out", "drop"),
    ("kept, theirs empty", "keep"),
    ("all that is kept", "only"),
)
MOST_NEIGHBOURS = 100


class PairChoice(ipywidgets.HBox):
    """The boxes `keep`, `how many` and `unmatched`, linked to a `Form`."""

    def __init__(self, form: Form, **kwargs: object) -> None:
        self._form = form
        self.find = basic.Dropdown(options=FIND, description="keep", layout=ipywidgets.Layout(width="300px"))
        self.neighbours = basic.BoundedIntText(
            value=1, min=1, max=MOST_NEIGHBOURS, description="how many", tooltip="nearest ones for each row of yours",
            layout=ipywidgets.Layout(width="150px"),
        )  # fmt: skip
        self.unmatched = basic.Dropdown(
            options=UNMATCHED, description="unmatched",
            tooltip="what becomes of rows of yours that have no counterpart", layout={"width": "250px"},
        )  # fmt: skip
        super().__init__([self.find, self.neighbours, self.unmatched], **kwargs)
        self.add_class("tw-wrap")
        for name in ("find", "neighbours", "unmatched"):
            traitlets.link((getattr(self, name), "value"), (form, name))
        form.observe(self._show, ["by", "find"])
        self._show(None)

    def _show(self, _change: object) -> None:
        by_position = self._form.by == "position"
        self.find.layout.display = None if by_position else "none"
        self.neighbours.layout.display = None if by_position else "none"
        # Its place stays empty, so that nothing beside it moves.
        self.neighbours.layout.visibility = "visible" if self._form.find == "nearest" else "hidden"
