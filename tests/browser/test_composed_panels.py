"""The two panels that notebook 03 composes of the widgets, by mouse; what they count is numpy's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.io import ascii as ascii_tables
from playwright.sync_api import Locator, expect

from tapwidget.simulation import sky, user_table

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "03_compose_your_own_panel.ipynb"


def test_both_panels(lab: Any, tmp_path: Path) -> None:
    csv = user_table.csv(tmp_path)
    mine = ascii_tables.read(str(csv), format="csv", comment="#", include_names=["objid", "ra", "dec"])
    theirs = pq.read_table(sky.make()["dp1.Object"], columns=["coord_ra", "coord_dec", "r_cModelMag"])
    places = [SkyCoord(*both, unit="deg") for both in ((mine["ra"], mine["dec"]),
              (theirs["coord_ra"].to_numpy(), theirs["coord_dec"].to_numpy()))]  # fmt: skip
    rows, objects, apart, _ = search_around_sky(*places, 2 * u.arcsec)
    magnitude = theirs["r_cModelMag"].to_numpy()[objects].astype(float)
    told = json.loads(NOTEBOOK.read_text())["cells"]
    cells = ["".join(cell["source"]) for cell in told if cell["cell_type"] == "code"]
    # Those that do the same from Python are left out: tests/notebooks runs all of them.
    notebook = lab.open_notebook([cells[number] for number in (0, 1, 3, 4)], beside=[csv], height=1400)
    page = notebook.page

    # The small one: a file, a radius, a button, and the table.
    small = page.locator(".jp-OutputArea-output", has=page.get_by_role("button", name="Match", exact=True)).first
    status = small.locator(".twt-status")
    small.get_by_text("No table yet").wait_for()
    files = small.get_by_label("your table")
    name = files.locator("option", has_text="sdss.csv").first
    name.wait_for(state="attached")
    files.select_option(label=name.inner_text())
    small.get_by_text("position ra, dec").wait_for()
    radius = small.get_by_label("radius", exact=True)
    radius.fill("0.8")
    radius.press("Enter")
    notebook.wait_for_python("radius.radius == 0.8")
    small.get_by_role("button", name="Match", exact=True).click()
    expect(status).to_have_text(f"{(apart.arcsec < 0.8).sum():,} rows")
    small.locator(".tw-phase[data-phase=COMPLETED]").wait_for()

    # The lesson: its sliders, and a row that is a point on the sky.
    question = page.get_by_text("Which of your objects have a counterpart")
    lesson = page.locator(".jp-OutputArea-output", has=question).first
    within, below = drag(lesson, "within", 0.4), drag(lesson, "r below", 0.9)
    assert 0.5 < within < 1.2
    assert 23 < below < 26
    left = (apart.arcsec < within) & (magnitude < below)
    lesson.get_by_text(
        f"{left.sum():,} pairs, {len(np.unique(rows[left])):,} of {len(mine):,} rows of your table", exact=True
    ).wait_for()
    chosen = lesson.locator(".twt-status")
    expect(chosen).to_have_text(f"{left.sum():,} rows")
    lesson.locator(".twt-body [role=row][aria-rowindex='5'] [role=gridcell]").first.click()
    expect(chosen).to_have_text(f"{left.sum():,} rows, 1 selected")
    notebook.wait_for_python("sky.selected_rows == chosen.selected_rows == (2,)")


def drag(panel: Locator, name: str, share: float) -> float:
    """Move a slider by its handle to this share of its way; the value that it shows then."""
    slider = panel.locator(".widget-slider", has=panel.page.get_by_text(name, exact=True))
    handle = slider.locator(".noUi-handle")
    handle.scroll_into_view_if_needed()
    track, knob, mouse = slider.locator(".noUi-base").bounding_box(), handle.bounding_box(), panel.page.mouse
    assert track is not None
    assert knob is not None
    mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2)
    mouse.down()
    mouse.move(track["x"] + track["width"] * share, knob["y"] + knob["height"] / 2, steps=4)
    mouse.up()
    return float(slider.locator(".widget-readout").inner_text())
