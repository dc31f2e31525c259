"""Everything of the app at 800 px and at 200 % zoom: nothing is cut off, and the Tab key reaches all of it in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator

from tapwidget.simulation import user_table

CELL = """
import tapwidget
app = tapwidget.CrossMatch("demo", "sdss.csv")
app
"""
OPENS = (
    "Save or open this set-up", "Columns to return", "Magnitude range", "Magnitude difference", "Edit ADQL",
    "Earlier jobs", "Details", "Save ...", "From your computer ...",
)  # fmt: skip
# What has the focus is told by its place among all that could have it, in the order of the document.
STOPS = """app => {
    const kinds = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
    const stops = [...app.querySelectorAll(kinds)].filter(
        e => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true})
            && e.getBoundingClientRect().width > 0);
    stops.forEach((stop, number) => { stop.dataset.stop = number; });
    return stops.map(stop => (stop.innerText || stop.title || stop.getAttribute('aria-label') || stop.outerHTML)
        .slice(0, 60));
}"""
# Where the next one lies well above the one before: the eye would have to look for it. A list that scrolls brings
# the one with the focus into its frame.
JUMPS = """app => {
    const place = stop => {
        const { top, bottom } = stop.getBoundingClientRect();
        const frame = stop.closest('.tw-ticks')?.getBoundingClientRect();
        const into = y => frame ? Math.min(Math.max(y, frame.top), frame.bottom) : y;
        return { top: into(top), bottom: into(bottom) };
    };
    const stops = [...app.querySelectorAll('[data-stop]')].sort((a, b) => a.dataset.stop - b.dataset.stop);
    return stops.slice(1).flatMap((stop, before) => {
        const up = place(stops[before]).top - place(stop).bottom;
        const name = stop.innerText || stop.title || stop.outerHTML.slice(0, 80);
        return up > 30 ? [`${name}: ${Math.round(up)} px up`] : [];
    });
}"""
FOCUSED = """app => app.contains(document.activeElement) ? Number(document.activeElement.dataset.stop ?? -1) : null"""
# A control that sticks out of a box which hides what sticks out, or a button whose words do not fit into it.
CUT_OFF = """app => {
    const told = [];
    for (const stop of app.querySelectorAll('[data-stop]')) {
        const name = (stop.innerText || stop.title || stop.getAttribute('aria-label') || stop.outerHTML).slice(0, 60);
        if (stop.matches('button') && stop.scrollWidth > stop.clientWidth + 1) told.push(`words of ${name}`);
        const box = stop.getBoundingClientRect();
        for (let around = stop.parentElement; around; around = around === app ? null : around.parentElement) {
            const how = getComputedStyle(around).overflowX;
            if (how === 'auto' || how === 'scroll') break;  // it can be scrolled to
            const frame = around.getBoundingClientRect();
            if ((how !== 'visible' || around === app) && (box.left < frame.left - 2 || box.right > frame.right + 2)) {
                told.push(`${name}: ${Math.round(box.left)} to ${Math.round(box.right)} in ` +
                    `${around.className} ${Math.round(frame.left)} to ${Math.round(frame.right)}`);
                break;
            }
        }
    }
    return told;
}"""


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


def test_all_controls_are_whole_and_reached(lab: Any, csv: Path) -> None:
    notebook = lab.open_notebook([CELL], beside=[csv], width=800, height=1000)
    app: Locator = notebook.page.locator(".tw-app").first
    run = app.locator("button.mod-primary:not([disabled])", has_text="Run")
    run.click()
    app.locator("text=/^results: [0-9,]+ rows$/").first.wait_for()
    for name in OPENS:
        app.get_by_role("button", name=name).first.click()
    app.get_by_role("textbox", name="ADQL").wait_for()
    app.locator(".tw-earlier-job").first.wait_for()
    app.get_by_role("grid").get_by_role("gridcell").first.wait_for()
    app.locator(".tw-plot", has_text="separation [arcsec]").wait_for()

    whole(notebook, app, 800)
    # 200 % of a window of 1280 px: half as many CSS pixels, each of four.
    session = notebook.page.context.new_cdp_session(notebook.page)
    session.send(
        "Emulation.setDeviceMetricsOverride", {"width": 640, "height": 450, "deviceScaleFactor": 2, "mobile": False}
    )
    notebook.page.wait_for_function("() => devicePixelRatio === 2 && innerWidth === 640")
    whole(notebook, app, 640)
    reached(notebook, app)


def whole(notebook: Any, app: Locator, width: int) -> None:
    """Nothing sticks out of the app, or is cut off within it. (The plots are laid out anew a little later.)"""
    notebook.page.wait_for_function("app => app.scrollWidth <= app.clientWidth + 1", arg=app.element_handle())
    app.evaluate(STOPS)
    assert app.bounding_box()["width"] < width
    assert app.evaluate(CUT_OFF) == []


def reached(notebook: Any, app: Locator) -> None:
    """Tab leads through every control, from the top down as they stand in the document, and out again."""
    stops = app.evaluate(STOPS)
    assert len(stops) > 60
    app.locator("[data-stop='0']").focus()
    visited = [0]  # and -1 for what Chromium itself lets one scroll by key
    for _ in range(2 * len(stops)):
        notebook.page.keyboard.press("Tab")
        where = app.evaluate(FOCUSED)
        if where is None:
            break
        visited.append(where)
    passed_over = [stops[number] for number in range(len(stops)) if number not in visited]
    assert passed_over == []
    in_order = [number for number in visited if number >= 0]
    assert in_order == sorted(in_order)
    assert app.evaluate(JUMPS) == []
