"""Figure 1 of Rubin's tutorial 102.6 with matplotlib, for paper and for files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tapwidget.errors import TapWidgetError
from tapwidget.plots import bins, sentences
from tapwidget.plots.histogram import FIGURE1_EDGES, FIGURE1_SHOWN, rising
from tapwidget.plots.palette import BANDS, FILLED_OPACITY
from tapwidget.plots.paper import page, plain_text
from tapwidget.plots.series import Series, figure1_series, several

LINES = {"filled": "solid", "solid": "solid", "dashed": "dashed", "dotted": "dotted", "dash_dotted": "dashdot"}


def figure1(
    user: Any,
    *runs: Any,
    band: str | Sequence[str] = "r",
    labels: Sequence[str] | None = None,
    user_column: str | None = None,
    run_column: str | None = None,
    colours: str = "figure1",
) -> Figure:
    """Magnitudes of the user's table and of matches over one another, as in Figure 1 of Rubin's tutorial 102.6.

    6 x 4 inches; 39 bins of 0.5 mag from 7.5 to 27.0, shown from 15 to 24. Masked, NaN and -9999 are counted nowhere.
    Columns of other numbers than magnitudes have bins after their values.

    Parameters
    ----------
    user : astropy.table.Table
        The table that was uploaded: filled grey.
    runs : Table, Run or Job
        Results of matches: the first a solid line, the second dashed, and so on.
    band : str or sequence of str
        Which band's magnitudes: column `r` of the user's table and `r_cModelMag` of the results, or what is
        recognised as magnitudes in that band. Of several ("gri", ``["r", "J"]``) the further ones of the results alone.
    labels : sequence of str, optional
        Of the legend, one a series.
    user_column, run_column : str, optional
        The columns to take, where the (first) band does not tell.
    colours : str
        "figure1" for the colour cycle, "band" for the survey's band colours.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot: change it, save it with ``.savefig(...)``, or leave it as the last line of a cell.

    Raises
    ------
    ColumnError
        If a table has no magnitude in that band.

    Examples
    --------
    >>> figure1(None, result, band="gri", colours="band")            # doctest: +SKIP
    """
    if colours not in ("figure1", "band"):
        raise TapWidgetError(f'colours is {colours!r}, but must be "figure1" or "band".')
    series = figure1_series(
        user, *runs, band=band, labels=labels, user_column=user_column, run_column=run_column
    )  # fmt: skip
    usual = bins.usual(series)
    x_label = sentences.axis_label(series) if series else f"{several(band)[0]}-band magnitude"
    return draw(series, edges=usual.edges, shown=usual.shown, band_colours=colours == "band", x_label=x_label)


def draw(
    series: Sequence[Series],
    *,
    edges: ArrayLike = FIGURE1_EDGES,
    shown: tuple[float, float] = FIGURE1_SHOWN,
    logarithmic: bool = False,
    band_colours: bool = False,
    x_label: str = "magnitude",
    y_label: str = "number",
) -> Figure:
    """Any series in the manner of Figure 1. `band_colours`: each in its band's colour instead of the cycle's."""
    checked = rising(edges).tolist()
    figure, axes = page()
    for one in series:
        values = one.ordered
        colour = colour_of(one, band_colours=band_colours)
        if one.style == "filled":
            axes.hist(values, bins=checked, color=colour, alpha=FILLED_OPACITY, label=plain_text(one.label))
        else:
            axes.hist(
                values, bins=checked, histtype="step", linestyle=LINES[one.style], linewidth=one.width,
                color=colour, label=plain_text(one.label),
            )  # fmt: skip
    if logarithmic:
        axes.set_yscale("log")
    axes.set_xlim(*shown)
    axes.set_xlabel(plain_text(x_label))
    axes.set_ylabel(y_label)
    if series:
        axes.legend(loc="best")
    return figure


def colour_of(series: Series, *, band_colours: bool) -> str:
    """Its own colour, its band's, its place in matplotlib's cycle, or black."""
    if series.colour:
        return series.colour
    if band_colours and series.band in BANDS:
        return BANDS[series.band]
    return "black" if series.cycle is None else f"C{series.cycle}"
