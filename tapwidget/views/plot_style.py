"""How plots look in a page: theme-aware colours for bqplot, and a legend that shows the lines as they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets

from tapwidget.plots.palette import BANDS, BANDS_ON_DARK, CYCLE_ON_DARK, CYCLE_ON_LIGHT, FILLED_OPACITY
from tapwidget.plots.series import Series
from tapwidget.views.shared import shared

# bqplot's own dashes are 10 px and 10 px, whatever the line's width; these are matplotlib's at 2 points.
DASHES = {"dashed": "7 3", "dotted": "2 3", "dash_dotted": "12 3 2 3"}


def _variables(cycle: Sequence[str], bands: dict[str, str]) -> str:
    colours = {f"--tw-c{place}": colour for place, colour in enumerate(cycle)}
    colours |= {f"--tw-band-{band}": colour for band, colour in bands.items()}
    return " ".join(f"{name}: {colour};" for name, colour in colours.items())


# In a dark theme bqplot writes everything in orange (--bq-content-font-color); here it takes the page's own ink.
CSS = f"""
.tw-plot {{ --tw-ink: var(--jp-ui-font-color1, #222); --bq-content-font-color: var(--jp-ui-font-color1, #222);
  {_variables(CYCLE_ON_LIGHT, BANDS)} }}
[data-jp-theme-light='false'] .tw-plot, .vscode-dark .tw-plot {{ {_variables(CYCLE_ON_DARK, BANDS_ON_DARK)} }}
.tw-plot .bqplot {{ --bq-grid-color: var(--jp-border-color3, #e4e4e4); }}
.tw-plot-area {{ position: relative; overflow: hidden; }}
.tw-plot-area > .bqplot {{ min-width: 0; margin: 0; }}
.tw-plot .bqplot .axis text.axislabel {{ font-size: 13px; }}
.tw-plot .bqplot path.line:hover {{ opacity: 0.2 !important; }}
.tw-plot .bqplot .brushintsel .selection {{ fill: var(--jp-brand-color1, #1976d2); fill-opacity: 0.16;
  stroke: var(--jp-brand-color1, #1976d2); stroke-width: 1px; }}
.tw-plot .bqplot path.line[style*="dasharray: 10, 10"] {{ stroke-dasharray: {DASHES["dashed"]} !important; }}
.tw-plot .bqplot path.line[style*="dasharray: 2, 10"] {{ stroke-dasharray: {DASHES["dotted"]} !important; }}
.tw-plot .bqplot path.line[style*="dasharray: 10, 5"] {{ stroke-dasharray: {DASHES["dash_dotted"]} !important; }}
.tw-sky .bqplot path.line {{ stroke-linecap: round; pointer-events: none; }}
.tw-legend {{ position: absolute; top: 16px; right: 20px; margin: 0; pointer-events: none; height: auto; max-width: 60%;
  width: auto; background: var(--jp-layout-color0, white); opacity: 0.9; border-radius: 3px;
  border: 1px solid var(--jp-border-color2, #ccc); }}
.tw-legend.tw-left {{ right: auto; left: 72px; }}
.tw-legend.tw-below {{ position: static; border: none; max-width: 100%; padding-left: 60px; }}
.tw-legend.tw-below .widget-html-content {{ display: flex; flex-wrap: wrap; }}
.tw-legend .widget-html-content {{ line-height: 17px; }}
.tw-legend div.tw-key {{ display: flex; align-items: center; gap: 7px; padding: 1px 8px 1px 6px; font-size: 12px;
  color: var(--jp-ui-font-color1, #222); overflow-wrap: anywhere; line-height: 16px; }}
.tw-legend svg {{ flex: none; }}
.tw-counts table {{ border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums; margin: 0; }}
.tw-counts th, .tw-counts td {{ padding: 0 10px; text-align: right; line-height: 17px; white-space: nowrap;
  color: var(--jp-ui-font-color1, #222); border-bottom: 1px solid var(--jp-border-color3, #e4e4e4); }}
.tw-readout {{ color: var(--jp-ui-font-color1, #222); font-size: 13px; line-height: 18px; min-height: 18px;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }}
"""


def plot_stylesheet() -> ipywidgets.HTML:
    """An invisible widget that brings the stylesheet of plots."""
    return shared(ipywidgets.HTML, value=f"<style>{CSS}</style>", layout={"display": "none"})


def colour(series: Series, *, band_colours: bool) -> str:
    """The CSS colour of a series: one that the theme decides, unless the series has its own."""
    if series.colour:
        return series.colour
    if band_colours and series.band in BANDS:
        return f"var(--tw-band-{series.band}, {BANDS[series.band]})"
    if series.cycle is None:
        return "var(--tw-ink, #222222)"
    return f"var(--tw-c{series.cycle}, {CYCLE_ON_LIGHT[series.cycle]})"


def legend(series: Sequence[Series], *, band_colours: bool) -> str:
    """HTML: each series' label beside a piece of it."""
    return "".join(_key(_sample(one, colour(one, band_colours=band_colours)), one.label) for one in series)


def dots(keys: Sequence[tuple[str, str, bool]]) -> str:
    """HTML legend of points: label, CSS colour, and whether the point is filled."""
    return "".join(
        _key(
            f'<svg width="12" height="12" aria-hidden="true"><circle cx="6" cy="6" r="3.5" '
            f'style="stroke:{escape(css)};fill:{escape(css) if filled else "none"}"/></svg>',
            label,
        )
        for label, css, filled in keys
    )


def cross(label: str, css: str) -> str:
    """HTML legend of a cross in that CSS colour."""
    shape = f'<path d="M1 6H11M6 1V11" style="stroke:{escape(css)};stroke-width:2.5"/>'
    return _key(f'<svg width="12" height="12" aria-hidden="true">{shape}</svg>', label)


def _key(sample: str, label: str) -> str:
    return f'<div class="tw-key">{sample}<span>{escape(label)}</span></div>'


def _sample(series: Series, css: str) -> str:
    if series.style == "filled":
        shape = f'<rect x="0" y="1" width="26" height="10" style="fill:{escape(css)};opacity:{FILLED_OPACITY}"/>'
    else:
        dash = DASHES.get(series.style, "none")
        shape = (
            f'<line x1="0" y1="6.5" x2="26" y2="6.5" '
            f'style="stroke:{escape(css)};stroke-width:{series.width};stroke-dasharray:{dash}"/>'
        )
    return f'<svg width="26" height="12" aria-hidden="true">{shape}</svg>'
