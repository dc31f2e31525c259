"""Two runs compared: which of my rows, and which pairs, were kept, lost and gained; on request, in the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.match.compare import Change, Comparison, compare
from tapwidget.state.runs import Run, Runs
from tapwidget.views import basic
from tapwidget.views.style import counted, notes, stylesheet

WHICH = ("lost", "gained", "kept")
OF = (("your rows", "mine"), ("pairs", "pairs"))


class RunComparison(ipywidgets.VBox):
    """Choose two runs; a sentence tells them apart, and buttons show the rows.

    Attributes
    ----------
    comparison : match.compare.Comparison or None
        What the two runs that are chosen have in common, and have not.

    Parameters
    ----------
    show : callable, optional
        Gets a run and rows of its result, to show them; without it there are no buttons.
    """

    comparison = traitlets.Any(allow_none=True)

    def __init__(
        self, runs: Runs, *, show: Callable[[Run, Any], None] | None = None, background: Background | None = None,
        **kwargs: object,
    ) -> None:  # fmt: skip
        self._runs, self._show_rows, self._background = runs, show, background or Background()
        self._requests = Latest()
        self.second = basic.Dropdown(description="compare", tooltip="the later run", layout={"width": "260px"})
        self.first = basic.Dropdown(description="with", tooltip="the earlier run", layout={"width": "260px"})
        self.of = basic.Dropdown(options=OF, tooltip="what is shown in the table", layout={"width": "110px"})
        self.buttons = {name: basic.Button(description=f"Show {name}", disabled=True) for name in WHICH}
        self._said = basic.HTML()
        choice = basic.HBox([self.second, self.first])
        self._row = basic.HBox([self.of, *self.buttons.values()], layout=ipywidgets.Layout())
        for row in (choice, self._row):
            row.add_class("tw-wrap")
        super().__init__([stylesheet(self, self._background), choice, self._said, self._row], **kwargs)
        for box in (self.first, self.second):
            box.observe(lambda _: self._compare_runs(), "value")
        self.of.observe(lambda _: self._offer(), "value")
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: self._clicked(name))
        runs.observe_each(lambda _: self._list(), ["result", "name"])
        runs.observe(lambda _: self._list(), "runs")
        self._list()

    def _list(self) -> None:
        """Offer the runs that have a result; the last two, unless somebody chose."""
        done = [run for run in self._runs.runs if run.result is not None]
        self.layout.display = None if len(done) > 1 else "none"
        options = [(run.name, run) for run in done]
        pair = [box.value for box in (self.first, self.second)]
        if pair[0] is pair[1] or not all(any(run is one for run in done) for one in pair):
            pair = done[-2:] if len(done) > 1 else [None, None]
        for box, wanted in zip((self.first, self.second), pair, strict=True):
            if tuple(box.options) != tuple(options):
                box.options = options
            box.value = wanted
        self._compare_runs()

    def _compare_runs(self) -> None:
        number = self._requests.next()
        first, second = self.first.value, self.second.value
        self.comparison = None
        self._said.value = ""
        self._offer()
        if first is None or second is None or first is second:
            self._said.value = notes("Choose two runs.") if first is not None else ""
            return
        one, other = first.result, second.result
        self._background.run(
            lambda: compare(one, other),
            then=lambda found: self._compared(number, found),
            failed=lambda error: self._failed(number, error),
        )

    def _compared(self, number: int, found: Comparison) -> None:
        if self._requests.is_current(number):
            self.comparison = found
            self._said.value = notes(*sentences(found, self.first.value.name, self.second.value.name))
            self._offer()

    def _failed(self, number: int, error: BaseException) -> None:
        if self._requests.is_current(number):
            self._said.value = notes(str(error), css_class="tw-warning")

    def _change(self) -> Change | None:
        found = self.comparison
        return None if found is None else (found.mine if self.of.value == "mine" else found.pairs)

    def _offer(self) -> None:
        change = self._change()
        self._row.layout.display = None if self._show_rows is not None and self.comparison is not None else "none"
        for name, button in self.buttons.items():
            number = 0 if change is None else getattr(change, name)
            button.disabled = not number
            button.description = f"Show {number:,} {name}"
            of = self.first.value if name == "lost" else self.second.value
            button.tooltip = "" if of is None else f"select their rows in the table of {of.name}"

    def _clicked(self, name: str) -> None:
        change = self._change()
        if change is not None and self._show_rows is not None:
            self._show_rows(self.first.value if name == "lost" else self.second.value, getattr(change, f"{name}_rows"))


def sentences(found: Comparison, first: str, second: str) -> tuple[str, ...]:
    """What became of rows and pairs on the way from a first run to a second."""
    mine = found.mine
    told = (
        f"From {first} to {second}, {counted(mine.kept, 'row')} of yours kept a counterpart, {mine.lost:,} lost theirs "
        f"and {mine.gained:,} gained one."
    )
    if found.pairs is None:
        return told, found.why
    pairs = found.pairs
    return told, f"Pairs: {pairs.kept:,} in both, {pairs.lost:,} only in {first}, {pairs.gained:,} only in {second}."
