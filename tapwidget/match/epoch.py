"""To which epoch the positions of the upload are carried before they travel."""

from __future__ import annotations

from dataclasses import dataclass

from tapwidget.errors import MatchError
from tapwidget.match.adql_text import as_number

YEARS = (1700.0, 2300.0)


@dataclass(frozen=True)
class Epoch:
    """Carry the user's positions along their proper motions: from the epoch of the table to that of the target.

    Parameters
    ----------
    of_upload : float or str
        The epoch of the user's positions: a Julian year (Gaia DR3: 2016.0), or the column that has it.
    of_target : float
        The epoch of the target's positions, Julian year.
    pm : pair of str
        Columns of proper motion in RA (times cos Dec, as in Gaia, Hipparcos and nearly all catalogues) and in Dec; in
        mas/yr unless their units say otherwise. A row without them keeps its position.
    parallax, radial_velocity : str
        Columns (mas, km/s) to take perspective into account, which matters for the nearest stars only; may be left out.

    Raises
    ------
    MatchError
        If an epoch is no year, or a name is none.
    """

    of_upload: float | str
    of_target: float
    pm: tuple[str, str] = ("pmra", "pmdec")
    parallax: str = ""
    radial_velocity: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.of_upload, str):
            object.__setattr__(self, "of_upload", _year(self.of_upload, "The epoch of your positions"))
        elif not self.of_upload.strip():
            raise MatchError("The epoch of your positions is empty: give a year, or the column that has it.")
        object.__setattr__(self, "of_target", _year(self.of_target, "The epoch of the target"))
        if isinstance(self.pm, str) or len(self.pm) != 2 or not all(isinstance(n, str) and n.strip() for n in self.pm):
            raise MatchError(f"pm is {self.pm!r}; give two columns, the proper motions in RA and in Dec.")
        object.__setattr__(self, "pm", tuple(self.pm))
        if self.radial_velocity and not self.parallax:
            raise MatchError("A radial velocity is of use with a parallax only: give both columns, or neither.")


def _year(value: object, what: str) -> float:
    year = float(as_number(value, what))
    if not YEARS[0] <= year <= YEARS[1]:
        raise MatchError(f"{what} is {year:g}; it must be a Julian year, such as 2016.0.")
    return year
