"""The form of a sky match: find modes, radii from columns, unmatched rows; and an offset that a click puts right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tapwidget.simulation import user_table

CELL = """
import numpy as np, tapwidget
table = tapwidget.read_table("sdss.csv")[:3000].copy()
table["ra"] += 0.25 / 3600 / np.cos(np.radians(table["dec"]))
table["dec"] -= 0.15 / 3600
table["raErr"], table["decErr"], table["size"] = 120.0, 90.0, 0.8
table["raErr"].unit = table["decErr"].unit = "mas"
app = tapwidget.CrossMatch("demo", table)
app
"""


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


def test_the_form_of_a_sky_match(lab: Any, csv: Path) -> None:
    notebook = lab.open_notebook([CELL], beside=[csv])
    app = notebook.page.locator(".tw-app").first
    run = app.locator("button.mod-primary", has_text="Run")
    notebook.page.wait_for_function("button => !button.disabled", arg=run.element_handle())

    how_many = app.get_by_label("how many")
    assert not how_many.is_visible()
    app.get_by_label("keep", exact=True).select_option(label="nearest for each of mine")
    how_many.wait_for()
    how_many.fill("3")
    how_many.press("Enter")
    app.get_by_label("unmatched").select_option(label="kept, theirs empty")
    notebook.wait_for_python("app.form.match().neighbours == 3 and app.form.match().unmatched == 'keep'")

    # A radius of its own for each row: a column without a unit is asked for one.
    app.get_by_label("radius by").select_option(label="a column of mine")
    app.get_by_label("column", exact=True).select_option(label="size")
    app.get_by_text("The column size has no unit").first.wait_for()
    app.get_by_title("unit of that column").select_option(label="arcsec")
    notebook.wait_for_python("str(app.form.match().radius) == 'size' and app.editor.adql.count('0.000222222')")
    notebook.screenshot("match-form-column", app)

    app.get_by_label("radius by").select_option(label="position errors")
    app.get_by_label("at most").wait_for()
    assert app.get_by_label("my RA error").input_value() == "raErr (mas)"
    assert app.get_by_label("my Dec error").input_value() == "decErr (mas)"
    notebook.wait_for_python("app.form.match().radius.mine == ('raErr', 'decErr')")
    for theme, width in (("dark", 1280), ("light", 640)):
        notebook.theme(theme)
        notebook.resize(width)
        notebook.screenshot(f"match-form-errors-{theme}-{width}", app)
    notebook.resize(1280)

    # By keyboard alone: back to one angle for all, each of mine and each of theirs at most once.
    app.get_by_label("radius by").focus()
    notebook.page.keyboard.press("Home")
    app.get_by_label("keep", exact=True).focus()
    notebook.page.keyboard.press("End")
    app.get_by_label("unmatched").select_option(label="left out")
    notebook.wait_for_python("app.form.find == 'symmetric' and app.form.match().radius_deg == 1 / 3600")
    notebook.page.wait_for_function("button => !button.disabled", arg=run.element_handle())
    run.click()
    app.get_by_text("median offset").wait_for()
    assert notebook.python("(round(app.offset_note.shift.dra, 1), round(app.offset_note.shift.ddec, 2))") == (
        -0.2,
        0.15,
    )
    notebook.screenshot("match-form-offset", app)
    app.get_by_role("button", name="Correct and match again").click()
    app.get_by_text("Your positions are moved by").first.wait_for()
    notebook.wait_for_python("len(app.runs.runs) == 2 and app.runs.current is app.runs.runs[1]")
    left = "np.hypot(app.offset_note.shift.dra, app.offset_note.shift.ddec)"
    notebook.wait_for_python(f"app.offset_note.shift is not None and bool({left} < 0.02)")
    app.get_by_role("button", name="Do not move").click()
    notebook.wait_for_python("app.form.shift == (0.0, 0.0)")
