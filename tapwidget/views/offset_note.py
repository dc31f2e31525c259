"""How far the pairs of a match are shifted in the median, and the button that puts it right and matches again."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.errors import MatchError
from tapwidget.match.offsets import Shift, corrected, median_shift
from tapwidget.match.spec import SkyMatch
from tapwidget.state.form import Form
from tapwidget.state.identity import Identity
from tapwidget.views import basic
from tapwidget.views.style import notes, stylesheet


class OffsetNote(ipywidgets.HBox):
    """One line under the results of a sky match; nothing for any other.

    Attributes
    ----------
    run : state.runs.Run or None
        The run whose result is looked at.
    shift : match.offsets.Shift or None
        Its median offset; None while it is being found, which a worker does.
    """

    run = Identity()
    shift = traitlets.Any(allow_none=True)

    def __init__(
        self, again: Callable[[SkyMatch], None], *, background: Background | None = None, **kwargs: object
    ) -> None:
        self._again = again
        self._background = background or Background()
        self._requests = Latest()
        self._said = basic.HTML()
        self.button = basic.Button(
            description="Correct and match again",
            tooltip="move your positions by the median offset, as they are uploaded, and run the match again",
            layout={"flex": "none"},
        )
        self.button.on_click(lambda _: self._clicked())
        super().__init__([stylesheet(self, self._background), self._said, self.button], **kwargs)
        self.add_class("tw-wrap")
        self._show()

    @traitlets.observe("run")
    def _run_changed(self, _change: object) -> None:
        number, run = self._requests.next(), self.run
        self.shift = None
        self.button.disabled = True
        self._background.run(
            lambda: offset_of(run),
            then=lambda shift: self._found(number, shift),
            failed=lambda _: self._found(number, None),
        )

    def _found(self, number: int, shift: Shift | None) -> None:
        if self._requests.is_current(number):
            self.shift = shift
            self.button.disabled = False
            self._show()

    def _show(self) -> None:
        self.layout.display = None if self.shift is not None else "none"
        if self.shift is not None:
            spread = f"MAD {self.shift.mad_dra:.2g} and {self.shift.mad_ddec:.2g} arcsec"
            self._said.value = notes(f"median offset in RA and Dec, theirs from mine: {self.shift}, {spread}")

    def _clicked(self) -> None:
        if self.run is not None and self.shift is not None:
            self._again(corrected(self.run.match, self.shift))


class ShiftNote(ipywidgets.HBox):
    """Says by how much the positions of a `Form` are moved before the match, with a button that takes it back."""

    def __init__(self, form: Form, **kwargs: object) -> None:
        self._form = form
        self._said = basic.HTML()
        self.button = basic.Button(
            description="Do not move", tooltip="match your positions as they are in the table", layout={"flex": "none"}
        )
        self.button.on_click(lambda _: form.set_trait("shift", (0.0, 0.0)))
        super().__init__([self._said, self.button], **kwargs)
        self.add_class("tw-wrap")
        form.observe(self._show, ["shift", "by"])
        self._show(None)

    def _show(self, _change: object) -> None:
        dra, ddec = self._form.shift
        moves = self._form.by == "position" and bool(dra or ddec)
        self.layout.display = None if moves else "none"
        self._said.value = notes(f'Your positions are moved by {dra:+.3g}" along RA and {ddec:+.3g}" along Dec.')


def offset_of(run: object) -> Shift | None:
    """The median offset of a run's pairs; None where there is none to see."""
    result, match = getattr(run, "result", None), getattr(run, "match", None)
    if result is None or not isinstance(match, SkyMatch) or match.unmatched == "only":
        return None
    about = result.meta.get("tapwidget", {})
    names = {name: about.get(name) or name for name in ("separation", "position_angle")}
    try:
        return median_shift(result, **names)
    except MatchError:  # no pairs: the app says that already
        return None
