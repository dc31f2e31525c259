"""Any two columns of a table against one another, or differences of columns (colours): points, density, figure."""

from __future__ import annotations

import io
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tapwidget.plots import bins, columns, sky
from tapwidget.plots.sentences import with_unit
from tapwidget.plots.series import Series
from tapwidget.plots.sky import Extent, Floats

if TYPE_CHECKING:
    from astropy.table import Table
    from matplotlib.figure import Figure

MARGIN = 0.04  # of the length of an axis, beyond its outermost values
BLUE = (46, 128, 196)  # seen on a light page and on a dark one
FINEST = 8  # times the least difference of two numbers: no axis is shorter on either side
FAINTEST = 0.35  # opacity of a cell with one row


class Quantity(NamedTuple):
    """What an axis has: a column, or a column less another one."""

    column: str
    minus: str = ""


@dataclass(frozen=True, eq=False)
class Scatter:
    """One point a row of a table, NaN where a value is missing.

    Attributes
    ----------
    x, y : float64
        NaN both, where either is missing.
    x_name, y_name : str
        What they are called: "g - r".
    x_unit, y_unit : str
        Empty where there is none, or the two columns of a difference have not the same.
    warnings : tuple of str
        What is to be known of the values.
    of : weakref of a Table, Quantity, Quantity
        Which table's, and what of it.
    """

    x: Floats
    y: Floats
    x_name: str
    y_name: str
    x_unit: str = ""
    y_unit: str = ""
    warnings: tuple[str, ...] = ()
    of: tuple[Any, Quantity, Quantity] | None = field(default=None, repr=False)

    def is_of(self, table: Table, x: Quantity, y: Quantity) -> bool:
        """Whether `of_table` took these values from there."""
        return self.of is not None and self.of[0]() is table and self.of[1:] == (x, y)

    def __len__(self) -> int:
        return len(self.x)

    @cached_property
    def there(self) -> NDArray[np.intp]:
        """The rows that have both."""
        return np.flatnonzero(~np.isnan(self.x))

    @cached_property
    def usual_extent(self) -> Extent:
        """That of all but the few values that lie far outside of all others."""
        return (*_usual_axis(self.x[self.there]), *_usual_axis(self.y[self.there]))

    @cached_property
    def whole_extent(self) -> Extent:
        """That of all values, but for those beyond 1e300."""
        return (*_whole_axis(self.x[self.there]), *_whole_axis(self.y[self.there]))

    def inside(self, extent: Extent) -> NDArray[np.bool_]:
        """Which rows lie there, its edges included."""
        left, right, bottom, top = extent
        within: NDArray[np.bool_] = (self.x >= left) & (self.x <= right) & (self.y >= bottom) & (self.y <= top)
        return within

    def density(self, extent: Extent, across: int, up: int) -> NDArray[np.intp]:
        """Rows in each of so many equal cells, shape (up, across), the lowest y first."""
        left, right, bottom, top = extent
        counts, _, _ = np.histogram2d(
            self.y[self.there], self.x[self.there], bins=(up, across), range=((bottom, top), (left, right))
        )
        return counts.astype(np.intp)

    def account(self, seen: int) -> tuple[str, ...]:
        """How many rows there are, and what became of those that are not `seen`; and what else is to be known."""
        rows = len(self)
        missing, outside = rows - len(self.there), len(self.there) - seen
        said = f"{self.y_name} over {self.x_name}: {rows:,} row{'' if rows == 1 else 's'}"
        parts = [f"{missing:,} without one of the values"] if missing else []
        parts += [f"{outside:,} beyond the axes"] if outside else []
        return (f"{said}; {', '.join(parts)}." if parts else f"{said}, all shown.", *self.warnings)

    @property
    def x_label(self) -> str:
        return with_unit(self.x_name, self.x_unit)

    @property
    def y_label(self) -> str:
        return with_unit(self.y_name, self.y_unit)


def of_table(table: Table, x: Quantity, y: Quantity) -> Scatter:
    """The values of a table. Fluxes in nJy are taken as AB magnitudes.

    Raises
    ------
    ColumnError
        If the table lacks one of the columns, or it holds no numbers.
    """
    x_values, x_name, x_unit, x_warnings = _values(table, x)
    y_values, y_name, y_unit, y_warnings = _values(table, y)
    missing = np.isnan(x_values) | np.isnan(y_values)
    x_values, y_values = np.where(missing, np.nan, x_values), np.where(missing, np.nan, y_values)
    warnings = tuple(dict.fromkeys((*x_warnings, *y_warnings)))
    return Scatter(x_values, y_values, x_name, y_name, x_unit, y_unit, warnings, (weakref.ref(table), x, y))


def is_magnitude(table: Table, y: Quantity) -> bool:
    """Whether it grows downwards by custom: a magnitude, and no difference of two."""
    return not y.minus and columns.is_magnitude(table, y.column)


def usual(table: Table) -> tuple[Quantity, Quantity]:
    """What is drawn of a match's result unless somebody says: r over g - r, or so of its two bluest bands.

    Where it has no two, its second column over its first one; none where it has no two of numbers.
    """
    bands = columns.bands(table, is_result=True)
    pair = ("g", "r") if {"g", "r"} <= set(bands) else bands[:2]
    if len(pair) == 2:
        blue, red = (columns.targets_magnitude(table, band) for band in pair)
        if blue != red:
            return Quantity(blue, red), Quantity(red)
    numbers = columns.numbers(table)
    if len(numbers) < 2:
        return Quantity(""), Quantity("")
    return Quantity(numbers[0]), Quantity(numbers[1])


def picture(counts: NDArray[np.intp]) -> bytes:
    """A density (`Scatter.density`) as a PNG: the more rows in a cell, the less transparent it is, by the logarithm.

    Empty cells are not seen at all.
    """
    from matplotlib.image import imsave

    rgba = np.empty((*counts.shape, 4))
    rgba[..., :3] = np.array(BLUE) / 255
    most = max(int(counts.max(initial=0)), 1)
    rgba[..., 3] = np.where(
        counts > 0, FAINTEST + (1 - FAINTEST) * np.log(np.maximum(counts, 1)) / max(np.log(most), 1), 0
    )
    data = io.BytesIO()
    imsave(data, rgba, format="png", origin="lower")
    return data.getvalue()


def draw(
    found: Scatter, extent: Extent, selected: Sequence[int] | NDArray[np.intp] = (), *, y_down: bool = False
) -> Figure:
    """The points with matplotlib, of many their density, and the rows that are selected; 6 x 4 inches.

    Of many selected rows an even sample is marked. What is not in the picture is said above it.
    """
    from tapwidget.plots.paper import note, page, plain_text

    figure, axes = page()
    left, right, bottom, top = extent
    inside = found.inside(extent)
    seen = int(np.count_nonzero(inside))
    said = list(found.account(seen))
    if seen > sky.DRAWN:
        axes.hexbin(
            found.x[inside], found.y[inside], gridsize=(110, 60), mincnt=1, bins="log", cmap="Greys", extent=extent
        )
        said.append("Darker where more rows are, by the logarithm.")
    else:
        axes.plot(found.x[inside], found.y[inside], ".", color="C0", markersize=3, label=f"rows ({seen:,})")
    rows = np.asarray(selected, dtype=np.intp)
    if len(rows):
        in_sight = rows[inside[rows]]
        drawn = in_sight[sky.sample(len(in_sight), sky.DRAWN)]
        label = f"selected ({len(rows):,})"
        axes.plot(found.x[drawn], found.y[drawn], ".", color="C3", markersize=3, label=label)
        said += [f"Of the selected rows {len(drawn):,} are marked."] if len(drawn) < len(rows) else []
    axes.set_xlim(left, right)
    axes.set_ylim(*((top, bottom) if y_down else (bottom, top)))
    axes.set_xlabel(plain_text(found.x_label))
    axes.set_ylabel(plain_text(found.y_label))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")
    note(axes, *(plain_text(sentence) for sentence in said))
    return figure


def _values(table: Table, quantity: Quantity) -> tuple[Floats, str, str, list[str]]:
    """Numbers, name, unit and warnings of what an axis has."""
    names = [name for name in quantity if name]
    for name in names:
        columns.existing(table, name, "the table")
    values = [Series(name, columns.values(table, name)).magnitudes for name in names]
    units = list(dict.fromkeys(columns.unit(table, name) for name in names))
    with np.errstate(over="ignore"):
        difference = values[0] - values[1] if len(values) > 1 else values[0]
    difference = np.where(np.isinf(difference), np.nan, difference)
    called = " - ".join(columns.label(table, name) for name in names)
    if len(units) == 1:
        return difference, called, units[0], []
    told = " and ".join(f"[{unit}]" if unit else "no unit" for unit in units)
    return difference, called, "", [f"{called} is of numbers as they are: they have {told}."]


def _usual_axis(values: Floats) -> tuple[float, float]:
    """The ends of an axis for all but the few values that lie far outside of all others."""
    if not len(values):
        return 0.0, 1.0
    return _with_margin(*bins.extent(np.sort(np.clip(values, -bins.LARGEST, bins.LARGEST))))


def _whole_axis(values: Floats) -> tuple[float, float]:
    """The ends of an axis for these values."""
    if not len(values):
        return 0.0, 1.0
    low, high = np.clip((values.min(), values.max()), -bins.LARGEST, bins.LARGEST)
    return _with_margin(float(low), float(high))


def _with_margin(low: float, high: float) -> tuple[float, float]:
    # Of one value alone, or of values whose difference is lost among their digits, some room around it.
    margin = MARGIN * (high - low) or 0.5
    margin = max(margin, FINEST * float(np.spacing(max(abs(low), abs(high)))))
    return low - margin, high + margin
