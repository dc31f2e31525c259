"""In a browser: a box among the offsets selects what numpy selects; the sky counts rows without a counterpart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import expect

from tapwidget.simulation import user_table

ROWS = 1500
CELL = f"""
import numpy as np, tapwidget
table = tapwidget.read_table("sdss.csv")[:{ROWS}].copy()
table["ra"] += 0.25 / 3600 / np.cos(np.radians(table["dec"]))
app = tapwidget.CrossMatch("demo", table)
app.form.unmatched = "keep"
app
"""


def test_a_box_among_the_offsets_and_the_rows_without_a_counterpart(lab: Any, tmp_path: Path) -> None:
    notebook = lab.open_notebook([CELL], beside=[user_table.csv(tmp_path)], height=1600)
    page = notebook.page
    app = page.locator(".tw-app").first
    run = app.locator("button.mod-primary", has_text="Run")
    page.wait_for_function("button => !button.disabled", arg=run.element_handle())
    run.click()
    plot = app.locator(".tw-plot", has_text="arcsec² of this plot")
    plot.locator(".brushintsel .overlay").wait_for()

    told = notebook.python("[app.result[name].tolist() for name in ('separation', 'position_angle')]")
    separation, angle = np.array(told, dtype=float)  # NaN for None
    rows, unmatched = len(separation), int(np.isnan(separation).sum())
    assert 50 < unmatched < rows - 100
    sky = app.locator(".tw-legend", has_text="matched")
    for said in (f"matched ({rows - unmatched:,})", f"not matched ({unmatched:,})", "cone around your table, radius"):
        expect(sky.get_by_text(said).first).to_be_visible()
    expect(sky).not_to_contain_text("not in the result")  # all of it is

    dra, ddec = separation * np.sin(np.radians(angle)), separation * np.cos(np.radians(angle))
    expect(plot).to_contain_text(f"pairs ({rows - unmatched:,})")
    expect(plot).to_contain_text("radius 1 arcsec")
    expect(plot).to_contain_text(f'{np.nanmedian(dra):+.2f}"')
    expect(plot).to_contain_text("on each arcsec² of this plot")

    overlay = plot.locator(".brushintsel .overlay")
    overlay.scroll_into_view_if_needed()
    place, mouse = notebook.place(overlay), page.mouse
    mouse.move(place["x"] + place["width"] * 0.5, place["y"] + place["height"] * 0.2)
    mouse.down()
    mouse.move(place["x"] + place["width"] * 0.9, place["y"] + place["height"] * 0.6, steps=5)
    mouse.up()
    notebook.wait_for_python("not app.results.offsets._brush.brushing and len(app.results.table.selected_rows) > 50")
    (left, right), (bottom, top) = notebook.python(
        "[app.results.offsets._brush.selected_x.tolist(), app.results.offsets._brush.selected_y.tolist()]"
    )
    assert left < right <= 1.3  # arcsec to the west
    chosen = np.flatnonzero((-dra >= left) & (-dra <= right) & (ddec >= bottom) & (ddec <= top))
    assert notebook.python("list(app.results.table.selected_rows)") == chosen.tolist()
    expect(app.locator(".twt-status")).to_have_text(f"{rows:,} rows, {len(chosen):,} selected")
    for legend in app.locator(".tw-legend", has_text="selected (").all():
        expect(legend).to_contain_text(f"selected ({len(chosen):,})")
    expect(app.locator(".tw-legend", has_text="ut1, r")).to_contain_text(f"selected ({len(chosen):,})")
    separations = app.locator(".tw-plot", has=page.get_by_text("separation [arcsec]"))
    expect(separations.locator(".tw-legend")).to_contain_text(f"selected ({len(chosen):,})")
    notebook.wait_for_python("app.results.sky.selected_rows == app.results.table.selected_rows")
    notebook.screenshot("offset-plot", plot)
    notebook.screenshot("offset-plot-app", app)
