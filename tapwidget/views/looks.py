"""How a results panel is looked at, taken from it and put back: magnitudes compared, bins, columns, order, filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import traitlets

from tapwidget.errors import TapWidgetError
from tapwidget.plots import bins, scatter
from tapwidget.state.looks import Looks
from tapwidget.views.magnitude_histogram import MagnitudeHistogram
from tapwidget.views.results_panel import ResultsPanel
from tapwidget.views.results_table import ResultsTable

CHOICES = ("band", "yours", "theirs", "also")
AXES = ("x", "x_minus", "y", "y_minus")


def looks_of(panel: ResultsPanel) -> Looks:
    """How this panel is looked at now."""
    known: dict[str, Any] = {name: getattr(panel.choice, name) for name in CHOICES}
    if panel.has_plots:
        histogram = panel.histogram
        usual = bins.usual(histogram.series)
        known |= {name: getattr(histogram, name) for name in ("logarithmic", "colours", "interval")}
        known |= {n: getattr(histogram, n) for n in ("edges", "shown") if getattr(histogram, n) != getattr(usual, n)}
        is_open = panel.any_two.is_open
        known["scatter"] = tuple(getattr(panel.scatter, name) for name in AXES) if is_open else ()
        known["scatter_down"] = panel.scatter.y_down if is_open else None
    table = panel.table
    if table.table is not None:
        widths = {name: width for name, width in table.column_widths.items() if name in table.table.colnames}
        sort, filters = table.arrangement
        known |= {"columns": table.columns, "widths": widths, "sort": sort, "filters": filters}
    return Looks(**known)


def put_back(looks: Looks, panel: ResultsPanel, *, table: bool) -> tuple[str, ...]:
    """Have this panel looked at so; a sentence for each part that does not fit what it shows now.

    `table` says whether its table has the result that it had then.
    """
    problems = [*_choose(looks, panel)]
    if panel.has_plots:
        problems += _bin(looks, panel.histogram)
        problems += _open(looks, panel)
    if table and panel.table.table is not None:
        problems += _arrange(looks, panel.table)
    return tuple(problems)


def _choose(looks: Looks, panel: ResultsPanel) -> Iterator[str]:
    panel.draw()  # which finds what there is to choose
    for name, offered in panel.choice.offered.items():
        wanted = getattr(looks, name)
        if wanted is None:
            continue
        missing = [one for one in (wanted if name == "also" else (wanted,)) if one not in offered]
        if name == "also":
            panel.choice.also = tuple(one for one in wanted if one in offered)
        elif not missing:
            setattr(panel.choice, name, wanted)
        for one in missing:
            yield f"There is no {'band' if name == 'band' else 'column'} {one} to compare."
    panel.draw()  # the bins below are for these


def _bin(looks: Looks, histogram: MagnitudeHistogram) -> Iterator[str]:
    usual = bins.usual(histogram.series)
    is_known = looks.logarithmic is not None  # then what is lacking is the usual bins, and no brush
    for name in ("edges", "shown", "logarithmic", "colours", "interval"):
        wanted = getattr(looks, name)
        if wanted is None and is_known:
            wanted = getattr(usual, name, None)
        if wanted is None and not (is_known and name == "interval"):
            continue
        try:
            setattr(histogram, name, wanted)
        except (TapWidgetError, traitlets.TraitError) as error:
            yield f"The {name} of the histogram is not restored: {error}"


def _open(looks: Looks, panel: ResultsPanel) -> Iterator[str]:
    if looks.scatter is None:
        return
    if looks.scatter:
        y = scatter.Quantity(*looks.scatter[2:])
        table = panel.table.table
        usual = table is not None and scatter.is_magnitude(table, y)
        y_down = usual if looks.scatter_down is None else looks.scatter_down
        panel.scatter.choose(*looks.scatter, y_down=y_down)
        there = {"", *(() if table is None else table.colnames)}
        lacking = dict.fromkeys(column for column in looks.scatter if table is not None and column not in there)
        if lacking:
            yield f"The result has no column {', '.join(lacking)} (any more) to plot."
    panel.any_two.is_open = bool(looks.scatter)


def _arrange(looks: Looks, table: ResultsTable) -> Iterator[str]:
    there = table.table.colnames
    wanted = {*(looks.columns or ()), *(name for name, _ in looks.sort or ()), *(looks.filters or {})}
    lacking = sorted(wanted - set(there))
    if lacking:
        yield f"The result in the table has no column {', '.join(lacking)} (any more)."
    if looks.columns is not None:
        table.columns = tuple(name for name in looks.columns if name in there)
    if looks.widths is not None:
        table.column_widths = {name: width for name, width in looks.widths.items() if name in there}
    shown = table.columns or there
    sort = tuple(key for key in looks.sort or () if key[0] in shown)
    filters = {name: text for name, text in (looks.filters or {}).items() if name in shown}
    table.arrange(sort, filters)
    got, passing = table.arrangement
    if got != sort:
        yield f"The table is not sorted by {', '.join(name for name, _ in sort)}, which is no order."
    if passing != filters:
        yield f"The filter of {', '.join(sorted(set(filters) - set(passing)))} is none for such a column."
