"""Every control of the app has a name for those who do not see it, as Chromium tells it to a screen reader."""

from __future__ import annotations

import re
import time
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
    "Save or open this set-up", "From your computer ...", "Other position columns", "Columns to return",
    "Magnitude range", "Magnitude difference", "Colour range", "Is measured", "ADQL condition", "Show as Python",
    "Details", "Earlier jobs", "Compare two runs", "also ...", "Bins and colours", "Counts as a table",
    "Plot any two columns",
)  # fmt: skip
TOOLS = ("Columns ...", "Statistics ...", "Save ...")
WORD = re.compile(r"[^\W_]")  # the glyph of an icon is none
SECONDS = 60


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


class Names:
    """What the accessibility tree has of an app, collected from all that was opened in it."""

    def __init__(self, notebook: Any) -> None:
        self._notebook = notebook
        self._session = notebook.page.context.new_cdp_session(notebook.page)
        for domain in ("Accessibility", "DOM"):
            self._session.send(f"{domain}.enable")
        self.known: set[tuple[str, str]] = set()

    def now(self) -> list[dict[str, Any]]:
        """The nodes of all that can have the focus."""
        app = self._session.send("Runtime.evaluate", {"expression": "document.querySelector('.tw-app')"})
        asked = {"objectId": app["result"]["objectId"]}
        return [
            node
            for node in self._session.send("Accessibility.queryAXTree", asked)["nodes"]
            if not node["ignored"] and any(one["name"] == "focusable" for one in node["properties"])
        ]

    def are_complete(self) -> None:
        """Every control has a name, and none is said to be "null", as soon as the page has drawn them."""
        deadline = time.monotonic() + SECONDS
        while True:
            found = self.now()
            wrong = [
                node for node in found if not WORD.search(told(node, "name")) or told(node, "description") == "null"
            ]
            if not wrong or time.monotonic() > deadline:
                break
            self._notebook.next_frame()
        assert [self._in_the_document(node) for node in wrong] == []
        self.known |= {(told(node, "role"), told(node, "name")) for node in found}

    def _in_the_document(self, node: dict[str, Any]) -> str:
        about = self._session.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})["node"]
        return f"{told(node, 'role')} {about['nodeName']} {' '.join(about.get('attributes', []))}"


def told(node: dict[str, Any], what: str) -> str:
    return str(node.get(what, {}).get("value", ""))


def press(app: Locator, name: str) -> None:
    app.get_by_role("button", name=name).first.click()


def test_every_control_has_a_name(lab: Any, csv: Path) -> None:
    notebook = lab.open_notebook([CELL], beside=[csv], height=1000)
    app: Locator = notebook.page.locator(".tw-app").first
    names = Names(notebook)
    for number in (1, 2):
        app.locator("button.mod-primary:not([disabled])", has_text="Run").click()
        said = "results" if number == 1 else f"results_{number}"
        app.locator(f"text=/^{said}: [0-9,]+ rows$/").first.wait_for()
    for axis in ("separation [arcsec]", "Δδ [arcsec]"):
        app.locator(".tw-plot", has_text=axis).wait_for()
    names.are_complete()

    for name in OPENS:
        press(app, name)
    app.locator(".tw-earlier-job").first.wait_for()
    app.get_by_role("spinbutton", name="number of bins").wait_for()
    app.get_by_role("button", name="Copy").first.wait_for()
    app.get_by_role("button", name="y downwards").wait_for()
    names.are_complete()
    for name in TOOLS:
        press(app, name)
        app.locator(".widget-toggle-button.mod-active", has_text=name).wait_for()
        if name == "Statistics ...":  # counted in the background
            app.get_by_role("region", name="Statistics of the columns").wait_for()
        names.are_complete()
    press(app, "Edit ADQL")
    app.get_by_role("textbox", name="ADQL").wait_for()
    names.are_complete()
    press(app, "Back to the form")

    # The other ways to match.
    app.get_by_label("radius by").select_option(label="a column of mine")
    app.get_by_label("column", exact=True).wait_for()
    names.are_complete()
    app.get_by_label("radius by").select_option(label="position errors")
    app.get_by_label("my RA error").wait_for()
    names.are_complete()
    press(app, "by identifier")
    rules = app.get_by_role("combobox", name="make your identifiers like the target's")
    for rule in ("replace", "without the beginning"):
        rules.select_option(label=rule)
    app.get_by_role("button", name="drop this rule").nth(1).wait_for()
    names.are_complete()

    for role, name in (
        ("spinbutton", "first edge of the bins"),
        ("spinbutton", "high end of the axis"),
        ("combobox", "colours"),
        ("slider", "radius, 0.01 to 60 arcsec"),
        ("slider", "range in mag; an end of the slider means no limit, low end"),
        ("button", "drop this constraint"),
        ("button", "move it up the list"),
        ("textbox", "name of this run"),
        ("checkbox", "draw it in the histogram"),
        ("region", "Statistics of the columns"),
    ):
        assert (role, name) in names.known
    assert len([name for role, name in names.known if role != "option"]) > 200


def test_a_panel_alone_in_a_cell_has_names_too(lab: Any) -> None:
    cell = "import tapwidget\nfrom astropy.table import Table\ntapwidget.MagnitudeHistogram(Table({'r': [17.0, 18.0]}))"
    notebook = lab.open_notebook([cell])
    panel: Locator = notebook.output(0)
    press(panel, "Bins and colours")
    for role, name in (("spinbutton", "number of bins"), ("combobox", "colours"), ("textbox", "low end")):
        panel.get_by_role(role, name=name).wait_for()
