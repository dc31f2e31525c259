"""One set of magnitudes to be drawn, and the sets that make Figure 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tapwidget.errors import ColumnError, TapWidgetError
from tapwidget.plots import columns, histogram
from tapwidget.plots.palette import BANDS, CYCLE, OF_SELECTION, STYLES, Stroke, stroke_of_run
from tapwidget.tables.photometry import SENTINELS

if TYPE_CHECKING:
    from astropy.table import Table


@dataclass(frozen=True, eq=False)
class Series:
    """Magnitudes with a name and a look.

    Attributes
    ----------
    label : str
        As in the legend.
    values : array or (table, str)
        Numbers, masked or not, with or without unit; or a table and the name of its column.
    style : str
        "filled", "solid", "dashed", "dotted" or "dash_dotted".
    width : float
        Of the line, in points.
    cycle : int or None
        Place of its colour in the colour cycle; None for black (white on a dark page).
    colour : str
        "#rrggbb", where it shall be that one always.
    band : str
        Which band these are, for band colours.
    name, unit : str
        What the axis calls the values, and their unit; "mag" for all magnitudes.
    """

    label: str
    values: Any
    style: str = "solid"
    width: float = 1.0
    cycle: int | None = 0
    colour: str = ""
    band: str = ""
    name: str = ""
    unit: str = "mag"

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise TapWidgetError(
                f"Series {self.label!r}: style is {self.style!r}, but must be one of {', '.join(STYLES)}."
            )

    @cached_property
    def magnitudes(self) -> NDArray[np.float64]:
        """One float64 a row; NaN where there is none (masked, NaN, infinite, or -9999).

        Raises
        ------
        ColumnError
            If the table has no such column, or it holds no numbers.
        """
        values = self.values
        if isinstance(values, tuple) and len(values) == 2 and isinstance(values[1], str):
            table, column = values
            values = table[columns.existing(table, column, f"the table of {self.label!r}")]
        return plain(values, self.label)

    @cached_property
    def ordered(self) -> NDArray[np.float64]:
        """The magnitudes that are there, rising."""
        return histogram.ordered(self.magnitudes)

    def count(self, edges: ArrayLike) -> histogram.Histogram:
        """The histogram of these magnitudes over `edges`."""
        return histogram.count(self.ordered, edges, len(self.magnitudes))

    def count_within(self, interval: tuple[float, float]) -> int:
        """How many magnitudes lie in the interval, both ends included."""
        return histogram.count_within(self.ordered, interval)


def plain(values: Any, label: str = "") -> NDArray[np.float64]:
    """Numbers as float64, NaN where there is none: masked, not finite, or one of the words for "none" (-9999)."""
    mask = getattr(values, "mask", None)
    if callable(mask):  # of pandas, where it is a method
        mask = None
    if hasattr(values, "unmasked"):  # astropy's Masked quantities
        values = values.unmasked
    values = getattr(values, "value", values) if hasattr(values, "unit") else values
    try:
        if hasattr(values, "to_numpy") and hasattr(values, "isna"):  # pandas, whose NA is no float
            numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            numbers = np.asarray(np.ma.getdata(values), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ColumnError(
            f"The values of {label or 'this series'} are not numbers ({error}). Choose another column."
        ) from None
    if numbers.ndim != 1:
        raise ColumnError(f"The values of {label or 'this series'} have {numbers.ndim} dimensions, but must have one.")
    missing = ~np.isfinite(numbers)
    doubtful = np.flatnonzero(numbers < -90)  # few: comparing all with each sentinel would take longest of all
    with np.errstate(over="ignore"):  # the largest numbers there are become infinite, and are no sentinel either
        missing[doubtful] |= np.isin(np.round(numbers[doubtful], 2), SENTINELS)
    if mask is not None:
        missing |= np.broadcast_to(mask, missing.shape)
    return np.where(missing, np.nan, numbers)


def figure1_series(
    user: Any,
    *runs: Any,
    band: str | Sequence[str] = "r",
    labels: Sequence[str] | None = None,
    user_column: str | None = None,
    run_column: str | None = None,
) -> tuple[Series, ...]:
    """The series of Figure 1 of Rubin's tutorial 102.6: the user's table filled, then one line a run.

    Parameters
    ----------
    user : Table or None
        The table that was uploaded; None to leave it out.
    runs : Table, or anything with `.table` or `.result` (or a method `.result()`)
        Results of matches, the first drawn solid, the second dashed.
    band : str or sequence of str
        Which band's magnitudes. Of several (``["r", "J"]``; "gri" is three), the further ones of the runs alone: lines
        on top, in the order of the bands.
    labels : sequence of str, optional
        One a series, in order; by default "ut1, r", "results, r_cModelMag", "results_2, r_cModelMag", ...
    user_column, run_column : str, optional
        The columns of the first band, where it does not tell them.

    Raises
    ------
    ColumnError
        If a table has no such magnitude.
    """
    made = []
    band, *further = several(band)
    if user is not None:
        table = as_table(user)
        column = columns.users_magnitude(table, band, user_column)
        made.append(of_user(table, column, band))
    results = {"results" if number == 0 else f"results_{number + 1}": as_table(run) for number, run in enumerate(runs)}
    for number, (name, table) in enumerate(results.items()):
        made.append(of_run(table, columns.targets_magnitude(table, band, run_column, name), name, number, band))
    for other in further:
        advice = f'Leave {other} out, or draw it alone with band="{other}", run_column=...'
        for number, (name, table) in enumerate(results.items()):
            column = columns.targets_magnitude(table, other, None, name, advice=advice)
            made.append(beside(made, of_run(table, column, name, number, other)))
    if labels is not None:
        if len(labels) != len(made):
            raise TapWidgetError(
                f"{len(labels)} labels were given for {len(made)} series. Give one for each, in order."
            )
        made = [replace(series, label=label) for series, label in zip(made, labels, strict=True)]
    return tuple(made)


def of_user(table: Table, column: str, band: str = "") -> Series:
    """A column of the user's table, filled grey. Fluxes in nJy become AB magnitudes.

    `band`: which one that shall be, if it is of magnitudes; empty where the column was chosen by its name.
    """
    name, unit = columns.label(table, column), columns.unit(table, column)
    values, band = columns.values(table, column), band if unit == "mag" else ""
    return Series(f"ut1, {name}", values, "filled", 0.0, None, band=band, name=name, unit=unit)


def of_run(table: Table, column: str, run: str, number: int, band: str = "") -> Series:
    """A column of the result of run `number` (from 0), as a line. Fluxes in nJy become AB magnitudes.

    `band`: which one that shall be, if it is of magnitudes; empty where the column was chosen by its name.
    """
    name, unit = columns.label(table, column), columns.unit(table, column)
    values, band = columns.values(table, column), band if unit == "mag" else ""
    look = stroke_of_run(number)
    return Series(f"{run}, {name}", values, look.style, look.width, look.cycle, band=band, name=name, unit=unit)


def several(band: str | Sequence[str]) -> tuple[str, ...]:
    """The bands, each once; some of u, g, r, i, z and y may be one word.

    >>> several("gri"), several("Ks"), several(["r", "Ks"])
    (('g', 'r', 'i'), ('Ks',), ('r', 'Ks'))

    Raises
    ------
    TapWidgetError
        If there is none.
    """
    bands = tuple(band) if not isinstance(band, str) or set(band) <= set("ugrizy") else (band,)
    if not bands:
        raise TapWidgetError('Name a band, as in band="r", or several, as in band="gri".')
    return tuple(dict.fromkeys(bands))


def beside(drawn: Sequence[Series], series: Series) -> Series:
    """`series` as it is told from those drawn before it: another colour of the cycle, the dashes of its run.

    Other dashes where the band's colour, or that of the cycle, is that of one of them.
    """
    taken = [one.cycle for one in drawn]
    cycle = min((place for place in range(len(CYCLE)) if place != OF_SELECTION), key=taken.count)
    alike = {one.style for one in drawn if one.cycle == cycle or one.band == series.band in BANDS}
    strokes = [Stroke(series.style, series.width, 0), *(stroke_of_run(number) for number in range(4))]
    stroke = next((stroke for stroke in strokes if stroke.style not in alike), strokes[0])
    return replace(series, cycle=cycle, style=stroke.style, width=stroke.width)


def as_table(source: Any) -> Table:
    """The astropy Table of a run, job or table; whatever else tapwidget takes as a table is made one."""
    from astropy.table import Table

    for attribute in ("table", "result"):
        if not isinstance(source, Table) and hasattr(source, attribute):
            held = getattr(source, attribute)
            found = held() if callable(held) else held
            if found is not None:
                source = found
    if isinstance(source, Table):
        return source
    from tapwidget.tables.files import as_table as from_anything

    return from_anything(source)
