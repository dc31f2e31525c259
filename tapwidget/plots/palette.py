"""Colours and line styles of the plots: Figure 1's, and the survey's band colours."""

from __future__ import annotations

from dataclasses import dataclass

# Rubin's colours of the six bands on white and on black, by RTN-045, "Colorblind-friendly plots".
BANDS = {"u": "#1600EA", "g": "#31DE1F", "r": "#B52626", "i": "#370201", "z": "#BA52FF", "y": "#61A2B3"}
BANDS_ON_DARK = {"u": "#3EB7FF", "g": "#30C39F", "r": "#FF7E00", "i": "#2AF5FF", "z": "#A7F9C1", "y": "#FDC900"}

# matplotlib's colour cycle, which the paper figure uses as "C0", "C1", ...
CYCLE = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
# On a page, each at least 3:1 against white, or against JupyterLab's dark grey (WCAG 2.2, 1.4.11).
CYCLE_ON_LIGHT = (
    "#1f77b4",
    "#d9620a",
    "#2a942a",
    "#d62728",
    "#8557b3",
    "#8c564b",
    "#c9519f",
    "#707070",
    "#8a8b0c",
    "#0f8fa0",
)
CYCLE_ON_DARK = (
    "#6cb6ee",
    "#ff9a45",
    "#6fce6f",
    "#ff7b7b",
    "#c3a2ea",
    "#cf9b8f",
    "#f3a4d8",
    "#b0b0b0",
    "#d8d95a",
    "#4fd8e8",
)

STYLES = ("filled", "solid", "dashed", "dotted", "dash_dotted")
FILLED_OPACITY = 0.2
OF_SELECTION = 3  # place in the cycle of the outline of selected rows


@dataclass(frozen=True)
class Stroke:
    """How one series is drawn: one of STYLES, a width in points, and the colour's place in the cycle."""

    style: str
    width: float
    cycle: int


def stroke_of_run(number: int) -> Stroke:
    """The stroke of the run with this number, from 0: solid 1 pt and dashed 2 pt as in Figure 1, then on like that."""
    style = STYLES[1 + number % 4]
    return Stroke(style, 1.0 if style == "solid" else 2.0, number % len(CYCLE))
