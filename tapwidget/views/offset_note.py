"""How far the pairs of a match are shifted in the median, and the button that puts it right and matches again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
        # As wide for every sentence, so that the button stays where it is, beside it or below.
        self._said = basic.HTML(layout={"flex": "0 1 700px"})
        self.button = basic.Button(
            description="Correct and match again",
            tooltip="move your positions by the median offset, as they are uploaded, and run the match again",
            layout={"flex": "none"},
        )
        self.button.on_click(lambda _: self._clicked())
        super().__init__([stylesheet(self, self._background), self._said, self.button], **kwargs)
        self.add_class("tw-wrap")
        self._show("")

    @traitlets.observe("run")
    def _run_changed(self, _change: object) -> None:
        number, run = self._requests.next(), self.run
        self.shift = None
        if not has_pairs(run):
            self._show("")
            return
        self._show(notes("finding the median offset ..."))
        self._background.run(
            lambda: offset_of(run),
            then=lambda shift: self._found(number, shift),
            failed=lambda error: self._failed(number, error),
        )

    def _found(self, number: int, shift: Shift | None) -> None:
        if self._requests.is_current(number):
            self.shift = shift
            self._show("" if shift is None else notes(sentence(shift)))

    def _failed(self, number: int, error: BaseException) -> None:
        if self._requests.is_current(number):
            said = str(error) or type(error).__name__
            self._show(notes(f"The median offset could not be found: {said}", css_class="tw-error"))

    def _show(self, said: str) -> None:
        self._said.value = said
        self.layout.display = None if said else "none"
        self.button.disabled = self.shift is None

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


def sentence(shift: Shift) -> str:
    """What the median offset is, and how wide the offsets are spread."""
    spread = f"MAD {shift.mad_dra:.2g} and {shift.mad_ddec:.2g} arcsec"
    return f"median offset in RA and Dec, theirs from mine: {shift}, {spread}"


def has_pairs(run: Any) -> bool:
    """Whether a run may have pairs with an offset."""
    if run is None or not isinstance(run.match, SkyMatch) or run.match.unmatched == "only":
        return False
    return run.result is not None and len(run.result) > 0


def offset_of(run: Any) -> Shift | None:
    """The median offset of a run's pairs; None where there is none to see."""
    if not has_pairs(run):
        return None
    result = run.result
    about = result.meta.get("tapwidget", {})
    names = {name: about.get(name) or name for name in ("separation", "position_angle")}
    try:
        return median_shift(result, **names)
    except MatchError:  # no pairs: the app says that already
        return None
