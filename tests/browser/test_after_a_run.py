"""Once there are results: runs named and compared, rows found and saved, the match judged; by mouse, in one app."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.io import ascii as ascii_tables
from astropy.table import Table
from playwright.sync_api import Locator, expect

from tapwidget.client.builtin import Child
from tapwidget.simulation import sky, user_table

NEAR, BRIGHT = 0.3, 17.0  # arcsec of the first run; the second has 1 arcsec, and of magnitude r what is fainter
COLUMNS = ["objectId", "coord_ra", "coord_dec", "r_cModelMag"]


@dataclass
class Truth:
    """The pairs of both runs, as astropy and numpy alone have them: (objid, objectId) in two sets."""

    mine: Table
    theirs: dict[str, Any]
    first: set[tuple[int, int]]
    second: set[tuple[int, int]]


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return user_table.csv(tmp_path_factory.mktemp("csv"))


@pytest.fixture(scope="module")
def truth(csv: Path) -> Truth:
    mine = ascii_tables.read(str(csv), format="csv", comment="#", fill_values=[("null", "0"), ("-9999", "0")])
    parquet = pq.read_table(sky.make()["dp1.Object"], columns=COLUMNS)
    theirs = {name: parquet[name].to_numpy() for name in COLUMNS}
    places = [SkyCoord(*both, unit="deg") for both in ((mine["ra"], mine["dec"]),
              (theirs["coord_ra"], theirs["coord_dec"]))]  # fmt: skip
    rows, objects, apart, _ = search_around_sky(*places, 1 * u.arcsec)
    pairs = list(zip(mine["objid"][rows].tolist(), theirs["objectId"][objects].tolist(), strict=True))
    faint = np.ma.filled(np.ma.asarray(mine["r"], dtype=float), np.nan)[rows] > BRIGHT
    near = apart.arcsec < NEAR
    first, second = ({pair for pair, is_in in zip(pairs, kept, strict=True) if is_in} for kept in (near, faint))
    return Truth(mine, theirs, first, second)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """One service for all kernels of this file: what one has sent, another may fetch."""
    child = Child()
    yield child.url
    child.end()


class App:
    """The app in one notebook, and what the tests do with it more than once."""

    def __init__(self, notebook: Any) -> None:
        self.notebook = notebook
        self.box: Locator = notebook.page.locator(".tw-app").first

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.box.get_by_role("button", name=name)

    def open(self, name: str | re.Pattern[str]) -> None:
        """Press a button that opens something, unless it is open."""
        button = self.button(name).first
        if "mod-active" not in (button.get_attribute("class") or ""):
            button.click()

    def radius(self, arcsec: float) -> None:
        field = self.box.get_by_label("radius", exact=True).first
        field.fill(f"{arcsec:g}")
        field.press("Enter")
        self.box.locator("pre.tw-adql", has_text=f"< {arcsec / 3600:.7f}"[:9]).first.wait_for()

    def run(self, says: str) -> None:
        self.box.locator("button.mod-primary:not([disabled])", has_text="Run").click()
        self.box.get_by_text(says, exact=True).first.wait_for()

    def show(self, number: int) -> None:
        """Have this run in the table."""
        if self.shown(number).inner_text() != "In the table":
            self.shown(number).click()
        expect(self.shown(number)).to_have_text("In the table")

    def shown(self, number: int) -> Locator:
        """The button of this run that has it shown, or says that it is."""
        return self.button(re.compile("^(Show in table|In the table)$")).nth(number)

    def selected(self) -> list[tuple[int, int]]:
        """The pairs selected in the table, in its order."""
        return self.notebook.python(
            "(lambda t, rows: list(zip(t['ut1_objid'][rows].tolist(), t['objectId'][rows].tolist())))"
            "(app.results.table.table, list(app.results.table.selected_rows))"
        )

    @property
    def set_up(self) -> Locator:
        """What the line about the set-up opens."""
        return self.box.locator(".tw-disclosed", has=self.notebook.page.get_by_role("button", name="Open"))

    @property
    def status(self) -> Locator:
        return self.box.locator(".twt-status")


@pytest.fixture(scope="module")
def app(lab: Any, csv: Path, service: str, truth: Truth) -> Iterator[App]:
    """Two runs, made by mouse."""
    notebook = lab.open_notebook(
        [f"import tapwidget\napp = tapwidget.CrossMatch({service!r})\napp"], beside=[csv], height=1300, keep=True
    )
    app = App(notebook)
    files = app.box.get_by_label("your table")
    name = files.locator("option", has_text="sdss.csv").first  # below it those opened lately, perhaps of this name too
    name.wait_for(state="attached")
    files.select_option(label=name.inner_text())
    app.box.get_by_text("position ra, dec").wait_for()
    app.radius(NEAR)
    app.run(f"results: {len(truth.first):,} rows")
    app.radius(1)
    app.button("Magnitude range").click()
    low = app.box.get_by_title("from, mag; empty for no limit")
    low.fill(f"{BRIGHT:g}")
    low.press("Enter")
    app.box.locator("pre.tw-adql", has_text=f"ut1.r > {BRIGHT:g}").first.wait_for()
    app.run(f"results_2: {len(truth.second):,} rows")
    expect(app.shown(1)).to_have_text("In the table")  # which comes a little later than the sentence
    expect(app.status).to_have_text(f"{len(truth.second):,} rows")
    yield app
    lab.close(notebook)


def test_two_runs_compared(app: App, truth: Truth) -> None:
    app.open("Compare two runs")
    mine = [{of_mine for of_mine, _ in pairs} for pairs in (truth.first, truth.second)]
    kept, lost, gained = mine[0] & mine[1], mine[0] - mine[1], mine[1] - mine[0]
    app.box.get_by_text(
        f"From results to results_2, {len(kept):,} rows of yours kept a counterpart, {len(lost):,} lost theirs "
        f"and {len(gained):,} gained one."
    ).wait_for()
    in_both, only_first, only_second = (
        truth.first & truth.second, truth.first - truth.second, truth.second - truth.first
    )  # fmt: skip
    assert min(map(len, (kept, lost, gained, in_both, only_first, only_second))) > 10
    app.box.get_by_text(
        f"Pairs: {len(in_both):,} in both, {len(only_first):,} only in results, {len(only_second):,} only in results_2."
    ).wait_for()
    of = app.box.get_by_title("what is shown in the table")
    for what, told in (
        ("your rows", {"lost": lost, "gained": gained, "kept": kept}),
        ("pairs", {"lost": only_first, "gained": only_second, "kept": in_both}),
    ):
        of.select_option(label=what)
        for which, those in told.items():
            pairs = truth.first if which == "lost" else truth.second
            wanted = {pair for pair in pairs if (pair if what == "pairs" else pair[0]) in those}
            app.button(f"Show {len(those):,} {which}").click()
            expect(app.status).to_have_text(f"{len(pairs):,} rows, {len(wanted):,} selected")
            assert set(app.selected()) == wanted
            expect(app.box.locator(".twt-row[aria-selected=true]").first).to_be_in_viewport()


def test_runs_renamed_moved_and_hidden(app: App) -> None:
    names, legend = app.box.get_by_title("name of this run"), app.box.locator(".tw-legend", has_text="ut1, r")

    def named(*wanted: str) -> None:
        for place, name in enumerate(wanted):
            expect(names.nth(place)).to_have_value(name)

    app.show(1)
    names.nth(0).fill("near")
    names.nth(0).press("Enter")
    expect(legend).to_contain_text("near, r_cModelMag")
    named("near", "results_2")
    # A name that is taken is not given twice.
    names.nth(1).fill("near")
    names.nth(1).press("Enter")
    expect(names.nth(1)).not_to_have_value("near")
    assert len(set(app.notebook.python("[run.name for run in app.runs.runs]"))) == 2
    names.nth(1).fill("wide")
    names.nth(1).press("Enter")
    named("near", "wide")
    assert app.notebook.python("app.runs['near'] is app.runs.runs[0]")

    expect(app.box.get_by_title("move it up the list").first).to_be_disabled()
    app.box.get_by_title("move it up the list").nth(1).click()
    named("wide", "near")
    drawn = legend.locator(".tw-key", has_text="r_cModelMag")
    expect(drawn).to_have_text(["wide, r_cModelMag", "near, r_cModelMag"])
    app.box.get_by_title("draw it in the histogram").nth(1).click()
    expect(legend).not_to_contain_text("near")
    app.box.get_by_title("draw it in the histogram").nth(1).click()
    expect(legend).to_contain_text("near")
    app.box.get_by_title("move it down the list").first.click()
    named("near", "wide")
    for place, name in enumerate(("results", "results_2")):
        names.nth(place).fill(name)
        names.nth(place).press("Enter")
    named("results", "results_2")


def test_shared_rows_found_counted_and_saved(app: App, truth: Truth) -> None:
    app.show(1)
    pairs = sorted(truth.second)
    mine, theirs = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    shared = [pair for pair in pairs if mine[pair[0]] > 1 or theirs[pair[1]] > 1]
    assert len(shared) > 10
    app.box.locator(".twt-body").first.scroll_into_view_if_needed()
    app.button("Show only these").click()
    expect(app.status).to_have_text(re.compile(f"^{len(shared):,} rows"))
    assert sorted(app.notebook.python(PAIRS)) == shared

    # Find: the cell is brought into sight, and its place told. Go to a row, also to the first from there.
    shown = [str(pair[0]) for pair in app.notebook.python(PAIRS)]
    find, row = app.box.get_by_placeholder("find in the table"), app.box.get_by_role("spinbutton", name="go to row")

    def line(number: int) -> Locator:
        return app.box.locator(f"[role=row][aria-rowindex='{number + 2}']")

    find.fill(shown[-1])
    find.press("Enter")
    first = shown.index(shown[-1]) + 1
    app.box.get_by_text(f"Row {first:,} of those shown, column ut1_objid.").wait_for()
    expect(line(first).get_by_text(shown[-1], exact=True)).to_be_in_viewport()
    expect(row).to_have_value(str(first))
    row.fill("1")
    row.press("Enter")
    expect(line(1)).to_be_in_viewport()
    row.fill(str(len(shown)))
    row.press("Enter")
    expect(line(len(shown))).to_be_in_viewport()
    find.fill("no cell holds this")
    find.press("Enter")
    app.box.get_by_text("“no cell holds this” is in no cell of the columns and rows shown.").wait_for()

    # Statistics of those rows: a missing magnitude enters none but its own count.
    app.open("Statistics ...")
    of = dict(zip(truth.mine["objid"].tolist(), np.ma.asarray(truth.mine["r"], dtype=float), strict=True))
    values = np.ma.MaskedArray([of[pair[0]] for pair in shared]).compressed()
    of_r = app.box.get_by_role("row").filter(has=app.notebook.page.get_by_role("rowheader", name="ut1_r", exact=True))
    of_r.wait_for()
    told = of_r.get_by_role("cell").all_inner_texts()
    assert told[1:3] == [f"{len(values):,}", f"{len(shared) - len(values):,}"]
    for text, wanted in zip(told[4:8], (values.min(), np.median(values), values.mean(), values.max()), strict=True):
        assert float(text) == pytest.approx(wanted, abs=1e-3)

    # Three rows of these, by mouse, into a file of each kind, which astropy reads back as they are.
    row.fill("1")
    row.press("Enter")
    line(1).get_by_role("gridcell").first.click()
    for number in (2, 4):
        line(number).get_by_role("gridcell").first.click(modifiers=["ControlOrMeta"])
    expect(app.status).to_have_text(f"{len(shared):,} rows, 3 selected")
    chosen = app.selected()
    assert set(chosen) <= set(shared)
    app.open("Save ...")
    saving = app.box.locator(".tw-wrap", has=app.notebook.page.get_by_label("only the columns shown")).last
    saving.get_by_role("textbox").fill("chosen")
    saving.get_by_role("combobox").nth(1).select_option(label="selected rows")
    kinds = {"FITS": "fits", "VOTable": "vot", "ECSV": "ecsv", "Parquet": "parquet", "CSV": "csv"}
    for kind, ending in kinds.items():
        saving.get_by_role("combobox").nth(0).select_option(label=kind)
        saving.get_by_role("button", name="Save").click()
        path = app.notebook.folder / f"chosen.{ending}"
        app.box.get_by_text(re.compile(rf"^Saved 3 rows of .* {re.escape(str(path))}")).wait_for()
        same(Table.read(path), chosen, truth)
    app.button("Show only these").click()
    expect(app.status).to_have_text(re.compile(f"^{len(pairs):,} rows"))


PAIRS = """(lambda t: list(zip(t["ut1_objid"].tolist(), t["objectId"].tolist())))(app.results.table.table)"""


def same(table: Table, pairs: list[tuple[int, int]], truth: Truth) -> None:
    """The table holds these pairs in their order, to the last digit of both files they come from."""
    assert list(zip(table["ut1_objid"].tolist(), table["objectId"].tolist(), strict=True)) == pairs
    places = {name: row for row, name in enumerate(truth.mine["objid"].tolist())}
    mine = truth.mine[[places[objid] for objid, _ in pairs]]
    for name in ("ra", "dec", "r"):
        wanted, got = np.ma.asarray(mine[name], dtype=float), np.ma.asarray(table[f"ut1_{name}"], dtype=float)
        assert np.array_equal(np.ma.filled(got, np.nan), np.ma.filled(wanted, np.nan), equal_nan=True), name
    for name in COLUMNS[1:]:
        rows = [int(np.flatnonzero(truth.theirs["objectId"] == object_id)[0]) for _, object_id in pairs]
        got = np.ma.filled(np.ma.asarray(table[name]), np.nan).astype(truth.theirs[name].dtype)
        assert np.array_equal(got, truth.theirs[name][rows], equal_nan=True), name


def test_a_match_judged_by_mouse(app: App) -> None:
    app.show(1)
    check = app.box.locator(".tw-check")
    check.get_by_role("button", name="Measure with a shifted copy").click()
    check.get_by_text(re.compile("a shifted copy meets")).wait_for()
    plot = app.box.locator(".tw-plot", has=app.notebook.page.get_by_text("separation [arcsec]"))
    plot.get_by_text(re.compile("^Within 1 arcsec about")).wait_for()
    handle = plot.locator(".noUi-handle")
    handle.scroll_into_view_if_needed()
    knob, track, mouse = app.notebook.place(handle), plot.locator(".noUi-base").bounding_box(), app.notebook.page.mouse
    mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2)
    mouse.down()
    mouse.move(track["x"] + track["width"] * 0.6, knob["y"] + knob["height"] / 2, steps=6)
    mouse.up()
    chosen = app.notebook.wait_for_python(
        "abs(app.results.separations.radius - 0.6) < 0.03 and app.results.separations.radius"
    )
    plot.get_by_text(re.compile(f"^Within {chosen:.3g} arcsec about")).wait_for()

    # The curves are those of the rate measured: from all of the true pairs at the full radius down.
    plot.get_by_role("button", name="Kept and false").click()
    plot.get_by_text("share [%]").wait_for()
    # Two curves, the radius, and the outline of the selected rows, which is hidden here.
    expect(plot.locator(".curve path.line[d]")).to_have_count(4)
    kept, _false = app.notebook.python(
        "[[float(v) for v in line.y] for line in app.results.separations._lines]"
    )  # percent, for radii up to that of the match
    assert kept == sorted(kept)
    assert kept[-1] == pytest.approx(100)
    by_chance, pairs = app.notebook.python("[float(app.runs.current.chance.pairs(1)), len(app.runs.current.result)]")
    assert 0 < by_chance < pairs
    plot.get_by_role("button", name="Pairs").click()
    plot.get_by_text("number of pairs").wait_for()

    app.button("Use this radius").click()
    expect(app.box.get_by_label("radius", exact=True).first).to_have_value(f"{chosen:.3g}")
    app.radius(1)


@pytest.fixture(scope="module")
def elsewhere(lab: Any) -> Iterator[Any]:
    """Another notebook, in another folder, whose kernel knows nothing."""
    notebook = lab.open_notebook([""], run=False, height=1300, keep=True)
    yield notebook
    lab.close(notebook)


def test_the_python_that_is_shown_runs_in_a_fresh_kernel(app: App, elsewhere: Any, truth: Truth) -> None:
    app.notebook.page.bring_to_front()
    app.button("Show as Python").click()
    code = app.box.locator("pre[aria-label=Python]")
    for written, first_line in (("plain pyvo", "import time"), ("tapwidget", "import tapwidget")):
        app.box.get_by_label("written in").select_option(label=written)
        expect(code).to_have_text(re.compile(rf"^{first_line}\n"))
        app.box.get_by_role("button", name="Copy", exact=True).click()
        app.box.get_by_text("copied", exact=True).wait_for()
        copied = app.notebook.page.evaluate("navigator.clipboard.readText()")
        assert copied == code.text_content()
        assert ("tapwidget" in copied) == (written == "tapwidget")
        elsewhere.run_cell(copied)
        pairs = "list(zip(result['ut1_objid'].tolist(), result['objectId'].tolist()))"
        found = elsewhere.wait_for_python(f"'result' in globals() and {pairs}")
        assert not elsewhere.traceback()
        assert set(found) == truth.second
        assert len(found) == len(truth.second)
        elsewhere.python(first="del result")
    app.button("Hide Python").click()
    expect(code).to_have_count(0)


def test_the_app_put_away_and_opened_in_another_notebook(app: App, elsewhere: Any, service: str, truth: Truth) -> None:
    app.notebook.page.bring_to_front()
    app.open("Save or open this set-up")
    app.set_up.get_by_role("button", name="Save").click()
    file = app.notebook.folder / "set-up.json"
    app.box.get_by_text(f"Saved to {file}.").wait_for()
    assert file.stat().st_size < 20_000
    names = app.notebook.python("[run.name for run in app.runs.runs]")
    assert app.notebook.python("app.runs.current is app.runs.runs[1]")

    # By mouse, into an app that has nothing.
    elsewhere.page.bring_to_front()
    elsewhere.run_cell("import tapwidget\nempty = tapwidget.CrossMatch(service='gaia')\nempty")
    other = App(elsewhere)
    other.open("Save or open this set-up")
    other.set_up.get_by_role("textbox").fill(str(file))
    other.set_up.get_by_role("button", name="Open").click()
    restored(other, names, truth)
    assert elsewhere.python(
        "(empty.form.service.url, float(empty.form.radius.value), empty.editor.adql == empty.editor.generated)"
    ) == (service, 1.0, True)

    # From Python, and it goes on: a run with what was chosen gives the same.
    elsewhere.python(first="empty.close()")
    elsewhere.run_cell(f"again = tapwidget.CrossMatch.load({str(file)!r})\nagain")
    restored(other, names, truth)
    other.run(f"results_3: {len(truth.second):,} rows")


def restored(app: App, names: list[str], truth: Truth) -> None:
    """The form, the runs and the table are as they were in the other notebook."""
    app.box.get_by_text("The set-up is restored.").wait_for()
    app.box.get_by_text("position ra, dec").wait_for()
    app.box.locator("pre.tw-adql", has_text=f"ut1.r > {BRIGHT:g}").first.wait_for()
    for number, (name, pairs) in enumerate(zip(names, (truth.first, truth.second), strict=True)):
        expect(app.box.get_by_title("name of this run").nth(number)).to_have_value(name)
        app.box.get_by_text(f"{len(pairs):,} rows", exact=True).first.wait_for()
    expect(app.box.locator(".tw-warning")).to_have_count(0)
    expect(app.shown(1)).to_have_text("In the table")
    expect(app.status).to_have_text(f"{len(truth.second):,} rows")
