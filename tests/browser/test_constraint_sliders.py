"""The sliders of constraints under the mouse: what they would keep is seen at once, and they change nothing unasked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

PANEL = """
import ipywidgets, numpy as np, tapwidget, traitlets
from astropy.table import Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
random = np.random.default_rng(7)
r = np.round(random.normal(20, 1.5, 3000), 4)
result = Table({"id": np.arange(3000), "ut1_r": r, "ut1_width": np.round(random.gamma(2, 30, 3000), 1)})
result["ut1_width"].unit = "arcsec"
result["r_cModelMag"] = np.round(r + random.normal(0, 0.2, 3000), 4)
result["g_cModelMag"] = np.round(r + random.gamma(2, 0.3, 3000), 4)
result["extendedness"] = np.round(random.random(3000), 3)
form, runs = Form(), Runs()
form.table = Table({"r": r, "width": result["ut1_width"]})
panel = ResultsPanel(form, runs)
constraints = tapwidget.MagnitudeConstraints(
    upload_columns=("r",), upload_numbers=("width",), target_columns=("r_cModelMag", "g_cModelMag"),
    target_numbers=("extendedness",),
)
constraints.result = result
traitlets.dlink((constraints, "constraints"), (form, "where"))
runs.current = runs.add(result=result)
ipywidgets.VBox([constraints, panel])
"""
# Of the slider in each row of the constraints.
ENDS = "[(s.min, s.max) for row in constraints._rows for s in [getattr(row._slider, 'slider', row._slider)]]"


class Form:
    """The constraints above the histogram, as seen."""

    def __init__(self, notebook: Any) -> None:
        self.notebook = notebook
        self.box: Locator = notebook.output(0)
        self.legend = self.box.locator(".tw-plot-area:not(.tw-sky) .tw-legend").first
        self.sliders = self.box.locator(".tw-wrap .noUi-base")
        self.handles = self.sliders.locator(".noUi-handle")
        self.from_box, self.to_box = (
            self.box.get_by_title(re.compile(f"^{end}(, .*)?; empty for no limit")) for end in ("from", "to")
        )

    def add(self, what: str) -> None:
        self.box.get_by_role("button", name=what).click()

    def column(self, name: str) -> None:
        """Limit another column than the first one."""
        columns = self.box.get_by_title("column that is limited")
        columns.locator("option").last.wait_for(state="attached")
        if name not in (offered := columns.locator("option").all_inner_texts()):
            columns.select_option(label=offered[-1])  # any other column ...
            columns.get_by_text(name, exact=True).wait_for(state="attached")
            self.notebook.wait_until_idle()  # the list is there before the column that stays chosen in it
        columns.select_option(label=name)
        # Its slider: until that is there, the mouse would take hold of the one of the column before.
        self.notebook.wait_for_python(f"constraints._rows[0].column.choice.name == {name.removeprefix('ut1.')!r}")
        ((low, high),) = self.notebook.python(ENDS)
        expect(self.handles.first).to_have_attribute("aria-valuemin", f"{low:.1f}")
        expect(self.handles.last).to_have_attribute("aria-valuemax", f"{high:.1f}")

    def where(self, wanted: list[str]) -> None:
        """These are the conditions, and stay so when the page has told all that it has to tell."""
        self.notebook.wait_for_python(f"constraints.where == {wanted!r}")
        # What the page answers by itself has been sent once the sliders are drawn with the ends that they have now.
        for slider, (low, high) in zip(self.sliders.all(), self.notebook.python(ENDS), strict=True):
            expect(slider.locator(".noUi-handle").first).to_have_attribute("aria-valuemin", f"{low:.1f}")
            expect(slider.locator(".noUi-handle").last).to_have_attribute("aria-valuemax", f"{high:.1f}")
        self.notebook.wait_until_idle()
        assert self.notebook.python("constraints.where") == wanted

    def drag(self, number: int, share: float) -> float:
        """Take this handle by the mouse to this share of its slider's way, and hold it there; the value it tells."""
        handle, mouse = self.handles.nth(number), self.notebook.page.mouse
        handle.scroll_into_view_if_needed()
        knob = self.notebook.place(handle)
        track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
        y = knob["y"] + knob["height"] / 2
        mouse.move(knob["x"] + knob["width"] / 2, y)
        mouse.down()
        mouse.move(track["x"] + track["width"] * share, y, steps=6)
        return float(handle.get_attribute("aria-valuetext"))

    def limit(self, end: str, value: float) -> float:
        """The only constraint has this limit at that end, but for the digits that the page left out."""
        limit = f"constraints.constraints and constraints.constraints[0].{end}"
        return self.notebook.wait_for_python(f"{limit} is not None and abs({limit} - {value}) < 0.006 and {limit}")

    def would_keep(self, rows: str) -> int:
        """The histogram's legend tells as many rows as numpy counts."""
        kept = self.notebook.python(f"int(np.count_nonzero({rows}))")
        expect(self.legend).to_contain_text(f"would keep {kept:,} of 3,000")
        return int(kept)


@pytest.fixture(scope="module")
def one_notebook(lab: Any) -> Any:
    """One for all tests: opening a notebook takes longer than most of them."""
    notebook = lab.open_notebook([PANEL], height=2000, keep=True)
    notebook.output(0).locator(".brushintsel .overlay").first.wait_for()
    yield notebook
    lab.close(notebook)


@pytest.fixture
def form(one_notebook: Any) -> Form:
    one_notebook.python(first="constraints.constraints = []")
    form = Form(one_notebook)
    expect(form.handles).to_have_count(0)
    return form


def test_a_colour_is_limited_and_its_rows_are_seen_while_the_mouse_holds_the_handle(form: Form) -> None:
    form.add("Colour range")
    low = form.limit("low", form.drag(0, 0.4))
    assert 0.4 < low < 0.8  # the slider goes from -1 to 3
    colour = "result['g_cModelMag'] - result['r_cModelMag']"
    some = form.would_keep(f"{colour} > {low}")
    assert 500 < some < 2500
    form.notebook.page.mouse.up()
    expect(form.from_box).to_have_value(f"{low:g}")
    high = form.limit("high", form.drag(1, 0.6))
    assert 1.2 < high < 1.6
    fewer = form.would_keep(f"({colour} > {low}) & ({colour} < {high})")
    assert 100 < fewer < some
    form.notebook.page.mouse.up()
    # Back at its ends it limits nothing.
    form.drag(0, -0.1)
    form.notebook.page.mouse.up()
    form.drag(1, 1.1)
    form.notebook.page.mouse.up()
    form.where([])
    expect(form.legend).not_to_contain_text("would keep")


def test_any_number_is_limited_over_the_values_that_it_has(form: Form) -> None:
    form.add("Magnitude range")
    form.column("ut1.width")
    lowest, highest = form.notebook.python("(float(result['ut1_width'].min()), float(result['ut1_width'].max()))")
    high = form.limit("high", form.drag(1, 0.3))
    assert high == pytest.approx(lowest + 0.3 * (highest - lowest), abs=0.05 * (highest - lowest))
    assert 500 < form.would_keep(f"result['ut1_width'] <= {high}") < 2900
    form.notebook.page.mouse.up()
    assert form.notebook.python("constraints.where") == [f"ut1.width <= {high}"]


def test_choosing_a_column_limits_nothing(form: Form) -> None:
    form.add("Magnitude range")
    for name in ("ut1.width", "extendedness", "ut1.r", "extendedness", "r_cModelMag"):
        form.column(name)
        form.where([])
        expect(form.from_box).to_have_value("")
        expect(form.to_box).to_have_value("")


def test_limits_of_a_magnitude_are_none_of_another_column_and_the_unit_is_told(form: Form) -> None:
    form.add("Magnitude range")
    form.column("ut1.r")
    form.from_box.fill("17")
    form.from_box.press("Enter")
    form.where(["ut1.r > 17"])
    form.column("ut1.width")
    form.where([])
    expect(form.from_box).to_have_value("")
    expect(form.from_box).to_have_attribute("title", "from, arcsec; empty for no limit")
    form.box.locator(".tw-wrap").get_by_text("arcsec", exact=True).wait_for()


def test_the_button_that_drops_a_constraint_stays_where_it_is(form: Form) -> None:
    form.add("Magnitude range")
    form.column("ut1.r")
    drop = form.box.get_by_title("drop this constraint")
    before = drop.bounding_box()
    for limit, told in (("17", "keeps 2,9"), ("19.5", "keeps 1,"), ("30", "keeps 0 of the last 3,000")):
        form.from_box.fill(limit)
        form.from_box.press("Enter")
        form.box.locator(".tw-wrap").get_by_text(told).wait_for()
        assert drop.bounding_box() == before


def test_limits_between_two_steps_of_a_slider_stay_as_they_were_typed(form: Form) -> None:
    form.add("Magnitude difference")
    limit = form.box.get_by_title("limit, mag; empty for no limit")
    for typed in ("0.125", "5", "0.0375", "0.333333"):
        limit.fill(typed)
        limit.press("Enter")
        form.where([f"ABS(ut1.r - r_cModelMag) < {typed}"])
        expect(limit).to_have_value(typed)
    # As well those that are there before the slider is drawn.
    form.notebook.python(
        first="constraints.constraints = [tapwidget.MagnitudeDifference('r', 'r_cModelMag', 0.125), "
        "tapwidget.MagnitudeRange('r', 17.15)]"
    )
    expect(form.handles).to_have_count(3)
    form.where(["ABS(ut1.r - r_cModelMag) < 0.125", "ut1.r > 17.15"])
