"""How far a result can be believed: its chance matches, its duplicates, and what can be done about either."""

from __future__ import annotations

from typing import Any

import ipywidgets
import numpy as np
import traitlets

from tapwidget.actions.background import Background, Latest
from tapwidget.actions.chance import ChanceMeter, obstacle
from tapwidget.errors import MatchError, TapWidgetError
from tapwidget.match.duplicates import Duplicates, duplicates
from tapwidget.plots import separation
from tapwidget.state.identity import Identity
from tapwidget.views import basic
from tapwidget.views.style import notes, stylesheet

MEASURE_TIP = (
    "Moves a copy of your positions aside by half an arcminute to one, where nothing true can be found, and counts "
    "what is found all the same. A small job at the service."
)
METHODS = {"widest separations": "judged by the widest separations", "shifted copy": "measured with a shifted copy"}


class MatchCheck(ipywidgets.VBox):
    """Two lines about the result of a run, each with what can be done.

    Attributes
    ----------
    run : state.runs.Run or None
        The run that is judged.
    rows : array of int, or None
        The rows to show: those of pairs that share a row with another, the largest groups first, while "Show only
        these" is pressed; None for all.
    find : callable
        What finds the separations of a result; it remembers the last, for all who show these.
    """

    run = Identity()
    rows = traitlets.Any(None, allow_none=True)

    def __init__(self, run: Any = None, *, background: Background | None = None, **kwargs: object) -> None:
        self._background = background or Background()
        self.find = separation.Remembered()
        self._meter = ChanceMeter(self._background)
        self._found: Duplicates | None = None
        self._counts = Latest()
        self._chance = basic.HTML(layout={"min_height": "40px"})
        self._several, self._said = basic.HTML(), basic.HTML()
        for words in (self._chance, self._several):
            words.add_class("tw-checked")
        self.measure_button = basic.Button(description="Measure with a shifted copy", tooltip=MEASURE_TIP)
        self.stop_button = basic.Button(description="Stop", icon="stop", tooltip="stop measuring", disabled=True)
        self.only_button = basic.ToggleButton(
            description="Show only these", tooltip="Nothing is counted yet.", disabled=True
        )
        # Room for two lines from the beginning, so that nothing below moves when more is known.
        measuring = basic.HBox([self.measure_button, self.stop_button, self._said])
        several = basic.HBox([self.only_button, self._several])
        for row in (measuring, several):
            row.add_class("tw-wrap")
        self._lines = basic.VBox([self._chance, measuring, several], layout=ipywidgets.Layout())
        super().__init__([stylesheet(self, self._background), self._lines], **kwargs)
        self.add_class("tw-check")
        self.measure_button.on_click(lambda _: self._measure())
        self.stop_button.on_click(lambda _: self._meter.stop(self.run))
        self.only_button.observe(lambda _: self._choose(), "value")
        self.observe(self._new_run, "run")
        self._new_run({"old": None})
        self.run = run

    @property
    def duplicates(self) -> Duplicates | None:
        """What takes part in several pairs; None while there is no result of a match."""
        return self._found

    def _new_run(self, change: Any) -> None:
        names = ["result", "chance", "chance_busy", "chance_said"]
        if change["old"] is not None:
            change["old"].unobserve(self._changed, names)
        if self.run is not None:
            self.run.observe(self._changed, names)
        self._count()
        self._show()

    def _changed(self, change: Any) -> None:
        if change["name"] == "result":
            self._count()
        self._show()

    def _count(self) -> None:
        result = None if self.run is None else self.run.result
        number = self._counts.next()
        self._chance.value = notes("")  # whatever comes of the next search, this is not of that result
        self._counted(None, number)
        # ADQL of one's own may return anything: only a match knows whose columns are whose.
        if result is not None and "find" in result.meta.get("tapwidget", {}):
            self._background.run(
                lambda: duplicates(result),
                then=lambda found: self._counted(found, number),
                failed=lambda error: self._not_counted(error, number),
            )

    def _not_counted(self, error: BaseException, number: int) -> None:
        # "Only the unmatched" has no columns of theirs, and nothing to count.
        if not isinstance(error, MatchError) and self._counts.is_current(number):
            self._several.value = notes(f"Rows with several counterparts were not counted: {error}")

    def _counted(self, found: Duplicates | None, number: int) -> None:
        if not self._counts.is_current(number):
            return
        self._found = found
        self.only_button.value = False
        self.only_button.disabled = found is None or found.largest < 2
        self._several.value = notes(sentence_of(found)) if found is not None else notes("")
        self.only_button.tooltip = (
            "Every row has one counterpart at most."
            if self.only_button.disabled
            else "in the table and on the sky, the largest groups first"
        )
        self._choose()

    def _choose(self) -> None:
        only = self.only_button.value and self._found is not None
        self.rows = self._found.rows if only and self._found is not None else None

    def _show(self) -> None:
        run = self.run
        self._lines.layout.display = None if run is not None and run.result is not None else "none"
        if run is None or run.result is None:
            return
        # Found by the publisher: to sort the separations of a long result takes a while.
        self._background.post(("chance", id(self)), self._say_chance)
        why = obstacle(run)
        self.measure_button.disabled = bool(why) or run.chance_busy
        self.measure_button.tooltip = why or MEASURE_TIP
        self.stop_button.disabled = not run.chance_busy
        self._said.value = notes(run.chance_said)

    def _say_chance(self) -> None:
        run = self.run
        if run is None or run.result is None:
            return
        found = self.find(run.result, run.chance)
        if found is None:
            self._chance.value = notes("")
        elif found.chance is None:
            self._chance.value = notes("How many pairs are there by chance is not known yet.")
        else:
            said = [f"{separation.sentence(found)}, {METHODS[found.chance.method]}"]
            if run.chance is not None and found.chance is not run.chance:
                by_chance = separation.rounded(float(run.chance.pairs(found.radius)))
                said.append(f"a shifted copy meets {by_chance}, so many of these belong to the same groups on the sky")
            self._chance.value = notes(f"{said[0][0].upper()}{'; '.join(said)[1:]}.")

    def _measure(self) -> None:
        try:
            self._meter.start(self.run)
        except TapWidgetError as error:
            self._said.value = notes(str(error))


def sentence_of(found: Duplicates) -> str:
    """ "93 of yours have several counterparts, 12 of theirs are shared; the largest group has 5 pairs."."""
    if found.largest < 2:
        return "No row of yours has several counterparts, and none of theirs is shared."
    mine = (
        f"{found.mine_with_several:,} of yours {'has' if found.mine_with_several == 1 else 'have'} several counterparts"
    )
    theirs = f"{found.theirs_shared:,} of theirs {'is' if found.theirs_shared == 1 else 'are'} shared"
    return f"{mine}, {theirs}; the largest group has {found.largest:,} pairs."


def positions(rows: Any, selected: np.ndarray) -> np.ndarray:
    """Which places of `rows` (None: all rows in order) hold a selected row; `selected` has one bool a row."""
    return np.flatnonzero(selected if rows is None else selected[rows])
