"""Whether the user's positions are carried along their proper motions before the match, and to which epoch."""

from __future__ import annotations

import ipywidgets
import traitlets
from astropy.table import Table

from tapwidget.errors import MatchError
from tapwidget.match.epoch import Epoch
from tapwidget.tables.motion import Motion, recognised
from tapwidget.views import basic
from tapwidget.views.style import notes, stylesheet


class EpochControl(ipywidgets.VBox):
    """Offered where the user's table has proper motions; hidden where it has none.

    Attributes
    ----------
    epoch : match.epoch.Epoch or None
        None while positions stay as they are, or while something is missing.
    shown : bool
        Whether it is of use now: a match by identifier needs no positions.
    """

    epoch = traitlets.Any()
    shown = traitlets.Bool(True)

    def __init__(self, **kwargs: object) -> None:
        self._motion: Motion | None = None
        self._on = basic.Checkbox(
            description="carry my positions", indent=False, layout={"width": "auto"},
            tooltip="move each position along its proper motion before the match",
        )  # fmt: skip
        self._from = basic.Text(
            description="from epoch", tooltip="Julian year of your positions, or the column that has it",
            continuous_update=False, layout=ipywidgets.Layout(width="200px"),
        )  # fmt: skip
        self._to = basic.Text(
            description="to epoch", placeholder="such as 2024.9", tooltip="Julian year of the target's positions",
            continuous_update=False, layout=ipywidgets.Layout(width="200px"),
        )  # fmt: skip
        self._said = basic.HTML()
        row = basic.HBox([self._on, self._from, self._to])
        row.add_class("tw-wrap")
        super().__init__([stylesheet(), row, self._said], **kwargs)
        for box in (self._on, self._from, self._to):
            box.observe(lambda _: self._chosen(), "value")
        self.offer(None)

    def offer(self, table: Table | None) -> None:
        """Look for proper motions in this table; off again for another one."""
        self._motion = None if table is None else recognised(table)
        self._show()
        self._on.value = False
        self._from.value = self._motion.epoch if self._motion else ""
        self._chosen()

    def take(self, epoch: Epoch) -> bool:
        """Fill the boxes with an epoch; False if the proper motions recognised in the table do not make that one."""
        self._from.value, self._to.value = str(epoch.of_upload), str(epoch.of_target)
        self._on.value = True
        return bool(self.epoch == epoch)

    @traitlets.observe("shown")
    def _show(self, _change: object = None) -> None:
        self.layout.display = None if self._motion and self.shown else "none"

    def _chosen(self) -> None:
        motion = self._motion
        for box in (self._from, self._to):
            box.layout.display = None if self._on.value else "none"
        if motion is None or not self._on.value:
            self._said.value = ""
            self.epoch = None
            return
        more = [name for name in (motion.parallax, motion.radial_velocity) if name]
        by = ", ".join([*motion.pm, *more])
        try:
            self.epoch = Epoch(
                of_upload=year(self._from.value),
                of_target=year(self._to.value),
                pm=motion.pm,
                parallax=motion.parallax,
                radial_velocity=motion.radial_velocity if motion.parallax else "",
            )  # type: ignore[arg-type]
        except MatchError as error:
            self.epoch = None
            blank = not self._to.value.strip() or not self._from.value.strip()
            problem = "Not carried yet: type both epochs." if blank else str(error)
            self._said.value = notes(problem, css_class="tw-warning")
        else:
            self._said.value = notes(f"Each position is carried along {by}.")


def year(text: str) -> float | str:
    """A year as typed, or the name of a column."""
    try:
        return float(text)
    except ValueError:
        return text.strip()
