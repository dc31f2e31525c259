"""Figures for paper and for files, by matplotlib: made outside pyplot, saved as PNG, SVG or PDF."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tapwidget.errors import TapWidgetError

FORMATS = ("png", "svg", "pdf")
KEY = 5  # points; markers in a legend, where a single one of the picture's size would hardly be seen


class NotebookFigure(Figure):
    """A Figure outside pyplot's state, so that a notebook shows it once, where it is the value of a cell."""

    def _repr_png_(self) -> bytes:
        return save(self, "png")


def page(width: float = 6, height: float = 4) -> tuple[Figure, Axes]:
    """An empty figure, in inches, and its axes."""
    figure = NotebookFigure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def legend_below(axes: Axes) -> None:
    """The legend under the axis, where it hides no point; for matplotlib looks long for a place among many."""
    if axes.get_legend_handles_labels()[0]:
        legend = axes.legend(loc="upper left", bbox_to_anchor=(0, -0.14), borderaxespad=0, ncols=2, frameon=False)
        for key in legend.legend_handles:
            if isinstance(key, Line2D):
                key.set_markersize(KEY)


def note(axes: Axes, *sentences: str) -> None:
    """Sentences over the picture, for what a page says below it; none for empty ones."""
    axes.set_title("\n".join(filter(None, sentences)), loc="left", fontsize="small")


def save(figure: Figure, file_format: str) -> bytes:
    """The figure as "png", "svg" or "pdf".

    Raises
    ------
    TapWidgetError
        If the format is none of these.
    """
    if file_format not in FORMATS:
        raise TapWidgetError(f"A figure can be saved as {', '.join(FORMATS)}, not as {file_format!r}.")
    data = io.BytesIO()
    figure.savefig(data, format=file_format, bbox_inches="tight", dpi=150 if file_format == "png" else "figure")
    return data.getvalue()


def plain_text(label: str) -> str:
    """A label as matplotlib takes it, to be drawn as it is written."""
    # A column's name is no formula, and matplotlib leaves labels that begin with an underscore out of the legend.
    plain = label.replace("$", r"\$")
    return f" {plain}" if plain.startswith("_") else plain
