"""The results shelf: every match that was submitted, with its job and its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from tapwidget.state.identity import Identity


class Run(traitlets.HasTraits):
    """One submitted match. `job` is a client.Job once the service gave it an address, `result` an astropy Table."""

    name = traitlets.Unicode()
    match = traitlets.Any(help="SkyMatch, IdentifierMatch, or None when the ADQL was written by hand")
    adql = traitlets.Unicode()
    job = Identity()
    job_url = traitlets.Unicode(help="address of the job, known before the job is when it is one found again")
    phase = traitlets.Unicode("PENDING")
    result = Identity()
    error = traitlets.Unicode(help="what went wrong, in a sentence; empty while nothing did")
    visible = traitlets.Bool(True, help="whether the histogram shows it")
    service = Identity(help="client.Service it was given to; None where that is not known")
    table = Identity(help="the user's astropy Table it was made with, or None")
    chance = Identity(help="match.chance.Chance, once it was measured with a shifted copy")
    chance_busy = traitlets.Bool(False, help="whether that is being measured")
    chance_job = Identity(help="its client.Job while it runs")
    chance_said = traitlets.Unicode(help="how far that is, or why it failed")


class Runs(traitlets.HasTraits):
    """All runs of one app, oldest first unless they were moved, and the one that the table shows."""

    runs = traitlets.Tuple()
    current = Identity(help="the Run whose result the table shows, or None")

    def add(self, **traits: object) -> Run:
        """Put a new run on the shelf, named as the tutorial names its results: results, results_2, ..."""
        taken = {run.name for run in self.runs}
        names = ("results" if number == 1 else f"results_{number}" for number in range(1, len(taken) + 2))
        run = Run(name=next(name for name in names if name not in taken), **traits)
        self.runs = (*self.runs, run)
        return run

    def observe_each(self, tell: Callable[[Any], None], names: list[str]) -> None:
        """Have `tell` observe these traits of every run, for as long as it is on the shelf."""

        def look(change: Any) -> None:
            for run in change["old"]:
                run.unobserve(tell, names)
            for run in change["new"]:
                run.observe(tell, names)

        look({"old": (), "new": self.runs})
        self.observe(look, "runs")

    def rename(self, run: Run, name: str) -> None:
        """Name a run: with a number behind where another run has that name, and as before where it is blank."""
        wanted = name.strip() or run.name
        taken = {other.name for other in self.runs if other is not run}
        names = (wanted if number == 1 else f"{wanted}_{number}" for number in range(1, len(taken) + 2))
        run.name = next(name for name in names if name not in taken)

    def move(self, run: Run, by: int) -> None:
        """Move a run down the shelf by so many places, or up where that is negative; at either end it stays."""
        others = [other for other in self.runs if other is not run]
        place = next(number for number, other in enumerate(self.runs) if other is run)
        place = min(max(place + by, 0), len(others))
        self.runs = (*others[:place], run, *others[place:])

    def remove(self, run: Run) -> None:
        """Take a run off the shelf. Its job stays at the service."""
        self.runs = tuple(other for other in self.runs if other is not run)
        if self.current is run:
            done = [other for other in self.runs if other.result is not None]
            self.current = done[-1] if done else None

    def __getitem__(self, name: str) -> Run:
        """The run of that name; KeyError names those there are."""
        for run in self.runs:
            if run.name == name:
                return run
        raise KeyError(f"no run is named {name!r}; there are: {', '.join(run.name for run in self.runs) or 'none'}")
