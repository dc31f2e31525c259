"""What a person waits for, and what travels: the panels of a result in a real JupyterLab and a real Chromium.

    python benchmarks/panels_in_browser.py [rounds] [rows ...]              5 rounds; 10,000, 100,000 and 1,000,000 rows

Times are the page's own, from the last event of mouse or keyboard to the first frame in which what it causes is there
and stays. Bytes are those that the websocket brings. In each round everyone has one turn; medians are told, and beside
them the processor's time of the kernel and of the page's main thread, which do not depend on who else is at work.

Peers: pandas' own picture of the same table (60 rows of 20 columns, drawn once), ipydatagrid where it is installed (for
10,000 rows: it sends all of them), and the least that a way there and back costs on this machine: a button, or
bqplot's brush alone, whose handler in the kernel sets a label.

Needs what the browser tests need: a Chromium, and `pip install -e ".[test]"`.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from measuring import machine
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from conftest import Lab, _launch, _server

ASKED = {  # seconds, at most
    "display the table": 0.4,
    "brush: histogram to table": 0.1,
    "select half the rows: table to histogram": 0.1,
}
ASKED_BYTES = {"display the table": 100_000}
GRID_MOST = 10_000  # rows: it sends all of them, and takes ten seconds for these
SETTLED = 1500  # ms without a change in the page: longer than any answer of these on a loaded machine

# In every page before anything else: counts what websockets bring, and notes when what is watched changes.
RECORDER = """
window.recorder = {
    received: 0, event: 0, last: 0, log: {}, before: {}, watched: {}, drawn: new Set(),
    begin(watched) {
        this.watched = watched; this.log = {}; this.before = this.look(); this.start = this.received;
        this.event = this.last = performance.now();
    },
    look() { return Object.fromEntries(Object.entries(this.watched).map(([name, css]) => [name,
        [...document.querySelectorAll(css)].map(e => e.getAttribute('d') ?? e.textContent).join('|')])); },
    frame() {
        const now = performance.now();
        for (const [name, seen] of Object.entries(this.look())) {
            if (seen !== this.before[name]) { this.log[name] = this.last = now; this.before[name] = seen; }
        }
        requestAnimationFrame(() => this.frame());
    },
};
requestAnimationFrame(() => recorder.frame());
for (const name of ['mousedown', 'mousemove', 'mouseup', 'click', 'keydown'])
    window.addEventListener(name, event => {
        if (event.isTrusted) recorder.event = recorder.last = performance.now();
    }, true);
window.WebSocket = class extends WebSocket {
    constructor(...given) {
        super(...given);
        this.addEventListener('message', ({ data }) => {
            recorder.received += data.length ?? data.byteLength ?? data.size;
        });
    }
};
const { fillText } = CanvasRenderingContext2D.prototype;  // ipydatagrid draws on a canvas
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    recorder.drawn.add(String(text));
    return fillText.call(this, text, ...place);
};
"""

MAKE = """
import bqplot, ipywidgets, time, traitlets, numpy as np, tapwidget
from astropy.table import Table
from tapwidget.state.form import Form
from tapwidget.state.runs import Runs
from tapwidget.views.results_panel import ResultsPanel
rows = {rows}
random = np.random.default_rng(3)
r = np.round(random.normal(20, 1.5, rows), 4)
columns = {{
    "name": np.char.add("star ", np.arange(rows).astype(str)), "id": np.arange(rows) + 648368125565216675,
    "coord_ra": random.uniform(10, 11, rows), "coord_dec": random.uniform(1, 2, rows),
    "ut1_r": r, "r_cModelMag": np.round(r + random.normal(0, 0.2, rows), 4).astype("f4"),
}}
table = Table({{**columns, **{{f"column_{{i}}": random.random(rows) for i in range(44)}}}})
frame = table.to_pandas()
try:
    import ipydatagrid
except ImportError:
    ipydatagrid = None
"""
WARM = """
tapwidget.ResultsTable(table[:3])
"""
PANEL = """
form, runs = Form(), Runs()
form.table = Table({"r": r})
panel = ResultsPanel(form, runs)
constraints = tapwidget.MagnitudeConstraints()
constraints.constraints = [tapwidget.MagnitudeDifference("r", "r_cModelMag", 0.5)]
traitlets.dlink((constraints, "constraints"), (form, "where"))
runs.current = runs.add(result=table)
ipywidgets.VBox([constraints, panel])
"""
FLOOR = """
button, said = ipywidgets.Button(description="echo"), ipywidgets.Label("0")
button.on_click(lambda _: setattr(said, "value", str(int(said.value) + 1)))
scale, inside = bqplot.LinearScale(min=15, max=24, allow_padding=False), ipywidgets.Label("none")
brush = bqplot.interacts.BrushIntervalSelector(scale=scale)
def brushed(change):
    if change["new"] is not None and len(change["new"]) == 2:
        inside.value = str(np.count_nonzero((r >= change["new"][0]) & (r <= change["new"][1])))
brush.observe(brushed, "selected")
said.add_class("floor-said"); inside.add_class("floor-inside")
alone = bqplot.Figure(axes=[bqplot.Axis(scale=scale)], marks=[], interaction=brush, title="alone")
alone.add_class("floor-brush")
ipywidgets.VBox([button, said, inside, alone])
"""
CAPTION, LEGEND, FIRST_ROW = ".twt-status", ".tw-legend:not(.tw-below)", ".twt-row[aria-rowindex='3']"
OUTLINES, BRUSH = ".tw-plot-area:not(.tw-sky) .curve path.line", ".tw-plot-area:not(.tw-sky) .brushintsel .overlay"


class Bench:
    """One notebook with a table of so many rows."""

    def __init__(self, lab: Lab, rows: int) -> None:
        self.rows = rows
        self.notebook = lab.open_notebook([MAKE.format(rows=rows), WARM], height=2600)
        self.page = self.notebook.page
        self.page.locator(".twt-row").first.wait_for()
        self.session = self.page.context.new_cdp_session(self.page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.bytes: dict[str, list[int]] = defaultdict(list)
        self.processor: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.started = (0.0, 0.0)

    def used(self) -> tuple[float, float]:
        """Seconds of processor that the kernel and the page's main thread have used until now."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        page = next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")
        return self.notebook.python("time.process_time()"), page

    def start(self, *watched: str) -> None:
        self.settle()
        self.started = self.used()
        self.page.evaluate("watched => recorder.begin(watched)", dict(zip(watched, watched, strict=True)))

    def note(self, name: str, milliseconds: float) -> None:
        self.settle()
        self.seconds[name].append(milliseconds / 1000)
        self.bytes[name].append(self.page.evaluate("() => recorder.received - recorder.start"))
        kernel, page = (after - before for before, after in zip(self.started, self.used(), strict=True))
        self.processor[name].append((kernel, page))

    # Display

    def displays(self) -> None:
        text = "[...document.querySelectorAll('.jp-Cell:last-child {}')].some(e => e.textContent === 'star 0')"
        self.display("display the table", "shown = tapwidget.ResultsTable(table); shown", text.format(".twt-cell"))
        self.display("  pandas' own picture", "frame", text.format("td"))
        if self.rows <= GRID_MOST and self.notebook.python("ipydatagrid is not None"):
            drawn = "recorder.drawn.has('star 0')"
            self.display("  ipydatagrid", "shown = ipydatagrid.DataGrid(frame); shown", drawn)

    def display(self, name: str, code: str, there: str) -> None:
        """Run a cell of this code until `there`, then take it away."""
        self.start()
        milliseconds = self.page.evaluate(
            """async ([code, there]) => {
                const panel = jupyterapp.shell.currentWidget, cells = panel.content.model.sharedModel;
                cells.addCell({cell_type: 'code', source: code});
                panel.content.activeCellIndex = cells.cells.length - 1;
                await new Promise(requestAnimationFrame);
                recorder.drawn.clear();
                const start = performance.now(), is_there = new Function(`return ${there}`);
                jupyterapp.commands.execute('notebook:run-cell');
                while (!is_there()) await new Promise(requestAnimationFrame);
                return performance.now() - start;
            }""",
            [code, there],
        )
        self.note(name, milliseconds)
        self.forget_last_cell("globals().pop('shown', None)")

    def forget_last_cell(self, first: str) -> None:
        self.page.evaluate(
            """() => {
                const cells = jupyterapp.shell.currentWidget.content.model.sharedModel;
                cells.deleteCell(cells.cells.length - 1);
            }"""
        )
        self.notebook.python(first=f"shown = {first}\nif hasattr(shown, 'close'): shown.close()\ndel shown")

    def settle(self) -> None:
        """Until the kernel has nothing to do and nothing watched has changed for a while."""
        self.notebook.wait_until_idle()
        self.page.wait_for_function("ms => performance.now() - recorder.last > ms", arg=SETTLED)

    # The panel

    @contextlib.contextmanager
    def measured(self, name: str, *watched: str) -> Iterator[None]:
        """From the last event of the block to when the last of `watched` (CSS) has changed for good."""
        self.start(*watched)
        yield
        self.page.wait_for_function("n => Object.keys(recorder.log).length === n", arg=len(watched))
        self.settle()
        self.note(name, self.page.evaluate("() => Math.max(...Object.values(recorder.log)) - recorder.event"))

    def show_panel(self) -> None:
        for code in (PANEL, FLOOR):
            self.notebook.run_cell(code)
            self.notebook.wait_for_python("True")  # its turn comes behind the cell
            if traceback := self.notebook.traceback():
                raise SystemExit(traceback)
        self.page.locator(".floor-brush .overlay").wait_for()
        self.page.locator(".tw-plot .brushintsel .overlay").first.wait_for()
        self.notebook.wait_until_idle()
        self.page.locator(".twt-grid").last.scroll_into_view_if_needed()

    def actions(self, turn: int) -> None:
        page, mouse = self.page, self.page.mouse
        grid = page.locator(".jp-Cell").filter(has=page.locator(".tw-plot")).locator(".twt-grid")

        with self.measured("sort by a column", FIRST_ROW):
            grid.get_by_role("columnheader").filter(has_text="coord_ra").get_by_role("button").click()
        box = grid.get_by_label("Filter coord_dec")
        box.click()
        with self.measured("filter a column", CAPTION):
            box.fill(f"1.{turn % 5 + 1}..1.8")
            box.press("Enter")
        page.get_by_role("button", name="Clear filters").last.click()
        self.settle()
        self.drag(BRUSH, "brush: histogram to table", turn, CAPTION, LEGEND)
        self.drag(".floor-brush .brushintsel .overlay", "  bqplot's brush alone", turn, ".floor-inside")
        with self.measured("  a button alone", ".floor-said"):
            page.get_by_role("button", name="echo").click()
        self.notebook.python(first="panel.histogram.clear(); panel.table.selected_rows = ()")
        self.settle()
        # The first row and, far below, the one in the middle with all between.
        cell = grid.locator("[role=gridcell][aria-colindex='2']")
        self.notebook.python(first="panel.table.go_to(0)")
        self.settle()
        cell.first.click()
        self.notebook.python(first=f"panel.table.go_to({self.rows // 2})")
        self.settle()
        middle = grid.locator(f".twt-row[aria-rowindex='{self.rows // 2 + 3}'] [aria-colindex='2']")
        middle.wait_for()
        with self.measured("select half the rows: table to histogram", CAPTION, LEGEND, OUTLINES):
            middle.click(modifiers=["Shift"])
        with self.measured("select one row: table to histogram", CAPTION, LEGEND, OUTLINES):
            middle.click()
        slider = page.locator(".noUi-handle").last
        slider.focus()
        with self.measured("slider of a constraint: preview drawn", LEGEND, OUTLINES):
            slider.press("ArrowLeft" if turn % 2 else "ArrowRight")
        mouse.move(5, 5)

    def drag(self, css: str, name: str, turn: int, *watched: str) -> None:
        """Over a third of a plot; the last of the moves counts."""
        overlay = self.page.locator(css).first
        overlay.scroll_into_view_if_needed()
        box, mouse = overlay.bounding_box(), self.page.mouse
        left, y = box["x"] + box["width"] * (0.3 + 0.02 * turn), box["y"] + box["height"] / 2
        mouse.move(left, y)
        mouse.down()
        mouse.move(left + 20, y)
        with self.measured(name, *watched):
            mouse.move(left + box["width"] / 3, y, steps=12)
        mouse.up()

    def saved(self) -> dict[str, int]:
        """Bytes of the notebook with the panel in it, as JupyterLab saves it, and with the widgets' state."""
        save = "async () => { await jupyterapp.commands.execute('docmanager:save') }"
        with_state = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"  # JupyterLab's setting, off unless chosen
        toggle = f"async () => {{ await jupyterapp.commands.execute('{with_state}') }}"
        path = self.notebook.folder / Path(self.notebook.path).name
        self.page.evaluate(save)
        plain = path.stat().st_size
        self.page.evaluate(toggle)
        self.page.evaluate(save)
        self.page.evaluate(toggle)
        return {"as JupyterLab saves it": plain, "with the state of its widgets": path.stat().st_size}


@contextlib.contextmanager
def browser() -> Iterator[Lab]:
    """A JupyterLab of its own and Chromium before it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        private, directory = Path(folder) / "private", Path(folder) / "notebooks"
        private.mkdir()
        directory.mkdir()
        with _server(private, directory) as (url, token):
            chromium = _launch(playwright)
            try:
                lab = Lab(url, token, directory, chromium)
                lab.context.add_init_script(RECORDER)
                yield lab
            finally:
                chromium.close()


def report(bench: Bench) -> None:
    """One line for each thing that was measured."""
    for name, seconds in bench.seconds.items():
        median, received = statistics.median(seconds), statistics.median(bench.bytes[name])
        asked, most = ASKED.get(name), ASKED_BYTES.get(name)
        mark = "" if asked is None else f"  asked {asked:g} s: {'ok' if median <= asked else 'MISSED'}"
        mark += "" if most is None else f", {most / 1000:g} kB: {'ok' if received <= most else 'MISSED'}"
        kernel, page = (statistics.median(used) for used in zip(*bench.processor[name], strict=True))
        print(
            f"{bench.rows:>9,}  {name:42}{median:7.3f} s ({min(seconds):.3f} to {max(seconds):.3f})"
            f"  processor: kernel {kernel:.3f}, page {page:.3f} s {received / 1000:9,.1f} kB{mark}",
            flush=True,
        )


def main(rounds: int, sizes: list[int]) -> None:
    print(machine(), flush=True)
    with browser() as lab:
        for rows in sizes:
            bench = Bench(lab, rows)
            for _ in range(rounds):
                bench.displays()
            bench.show_panel()
            for turn in range(rounds):
                bench.actions(turn)
            report(bench)
            for how, size in bench.saved().items():
                print(f"{rows:>9,}  notebook {how:42}{size / 1000:11,.1f} kB", flush=True)
            lab.close()
    print(machine(), flush=True)


if __name__ == "__main__":
    given = [int(argument.replace(",", "")) for argument in sys.argv[1:]]
    main(given[0] if given else 5, given[1:] or [10_000, 100_000, 1_000_000])
