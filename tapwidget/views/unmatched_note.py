"""Identifiers of a run that found no counterpart, and, when asked for, what in the target looks most like them."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.actions.closest import MOST_IDENTIFIERS, closest, without_counterpart
from tapwidget.match.spec import IdentifierMatch
from tapwidget.state.identity import Identity
from tapwidget.views import basic
from tapwidget.views.style import counted, notes, stylesheet


class UnmatchedNote(ipywidgets.VBox):
    """How many identifiers of the run found nothing; hidden for a run that is no match by identifier.

    Attributes
    ----------
    run : state.runs.Run or None
        The run whose result is looked at.
    """

    run = Identity()

    def __init__(self, *, background: Background | None = None, **kwargs: object) -> None:
        self._background = background or Background()
        self._requests = Latest()
        self._missing: tuple[str, ...] = ()
        self._said = basic.HTML()
        self._ask = basic.Button(
            description="Show the closest",
            tooltip=f"ask the service what is most like the first {MOST_IDENTIFIERS}",
            layout=ipywidgets.Layout(),
        )
        self._shown = basic.HTML()
        row = basic.HBox([self._said, self._ask])
        row.add_class("tw-wrap")
        super().__init__([stylesheet(self, self._background), row, self._shown], **kwargs)
        self._ask.on_click(lambda _: self._look())
        self._run_changed()

    @traitlets.observe("run")
    def _run_changed(self, _change: object = None) -> None:
        number, run = self._requests.next(), self.run
        self._put(())
        possible = run is not None and run.table is not None and run.result is not None
        if possible and isinstance(run.match, IdentifierMatch):
            self._background.run(
                lambda: without_counterpart(run.match, run.table, run.result),
                then=lambda missing: self._put(missing) if self._requests.is_current(number) else None,
                failed=lambda error: self._failed(number, error),
            )

    def _put(self, missing: tuple[str, ...]) -> None:
        self._missing = missing
        self._shown.value = ""
        self._ask.disabled = False
        self.layout.display = None if missing else "none"
        self._ask.layout.display = None if missing and self.run.service is not None else "none"
        what = counted(len(missing), "identifier")
        self._said.value = notes(f"{what} of yours found nothing, such as {', '.join(missing[:3])}.") if missing else ""

    def _look(self) -> None:
        number, run, missing = self._requests.next(), self.run, self._missing[:MOST_IDENTIFIERS]
        self._ask.disabled = True
        self._shown.value = notes("asking the service ...")
        self._background.run(
            lambda: closest(run.service, run.match, missing),
            then=lambda found: self._found(number, found),
            failed=lambda error: self._failed(number, error),
        )

    def _found(self, number: int, found: dict[str, tuple[str, ...]]) -> None:
        if self._requests.is_current(number):
            self._ask.disabled = False
            left = len(self._missing) - len(found)
            self._shown.value = table(found) + notes(f"and {left:,} more" if left else "")

    def _failed(self, number: int, error: BaseException) -> None:
        if self._requests.is_current(number):
            self._ask.disabled = False
            self._shown.value = notes(str(error), css_class="tw-error")


def table(found: dict[str, Any]) -> str:
    """Identifiers and what is closest to each, as escaped HTML."""
    rows = "".join(
        f'<tr><td class="tw-verbatim">{escape(mine)}</td><td class="tw-verbatim">'
        f"{escape(', '.join(theirs)) or 'nothing like it'}</td></tr>"
        for mine, theirs in found.items()
    )
    head = "<thead><tr><th>yours, as it travelled</th><th>closest in the target</th></tr></thead>"
    return f'<div class="tw-preview"><table>{head}<tbody>{rows}</tbody></table></div>'
