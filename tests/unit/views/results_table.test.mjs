// The arithmetic of the results table's script, without a browser: node --test
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

// Loaded as a data URL, as anywidget does it: the file has to stand alone.
const file = new URL("../../../tapwidget/views/static/results_table.js", import.meta.url);
const source = await readFile(file, "utf8");
const t = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
const VIEW = 360; // px of rows in sight

test("all rows can be reached, at any length", () => {
  for (const rows of [0, 1, 15, 16, 1000, 625_000, 625_001, 1_000_000, 100_000_000]) {
    const bottom = Math.max(0, t.bodyHeight(rows) - VIEW);
    assert.ok(t.bodyHeight(rows) <= t.TALLEST);
    assert.equal(t.positionAt(0, rows, VIEW), 0);
    const last = t.positionAt(bottom, rows, VIEW) + VIEW / t.ROW_HEIGHT;
    assert.ok(rows <= VIEW / t.ROW_HEIGHT || Math.abs(last - rows) < 1e-6, `${rows}: ${last}`);
  }
});

test("scrolling to a position and reading it back", () => {
  for (const rows of [100, 625_000, 1_000_000, 10_000_000]) {
    for (const position of [0, 1, 50, rows / 2, rows - 20]) {
      const back = t.positionAt(t.scrollTopOf(position, rows, VIEW), rows, VIEW);
      assert.ok(Math.abs(back - position) < 1e-3, `${rows} ${position} ${back}`);
    }
  }
  assert.equal(t.scrollTopOf(5, 10, VIEW), 0);
});

test("columns in sight", () => {
  const edges = [0, 100, 200, 300];
  assert.deepEqual(t.columnsBetween(edges, 0, 100), [0, 1]);
  assert.deepEqual(t.columnsBetween(edges, 50, 150), [0, 2]);
  assert.deepEqual(t.columnsBetween(edges, 100, 101), [1, 2]);
  assert.deepEqual(t.columnsBetween(edges, 250, 900), [2, 3]);
  assert.deepEqual(t.columnsBetween([0], 0, 100), [0, 0]);
});

test("a window covers what lies within", () => {
  const loaded = { first: 10, last: 50, c0: 2, c1: 8 };
  assert.ok(t.covers(loaded, { first: 10, last: 50, c0: 2, c1: 8 }));
  assert.ok(!t.covers(loaded, { first: 9, last: 50, c0: 2, c1: 8 }));
  assert.ok(!t.covers(loaded, { first: 10, last: 51, c0: 2, c1: 8 }));
  assert.ok(!t.covers(loaded, { first: 10, last: 50, c0: 1, c1: 8 }));
  assert.ok(!t.covers(loaded, { first: 10, last: 50, c0: 2, c1: 9 }));
  assert.ok(t.covers(loaded, { first: 0, last: 0, c0: 0, c1: 3 }));
});

test("clicks on headings", () => {
  const up = (name) => [name, "ascending"];
  const down = (name) => [name, "descending"];
  assert.deepEqual(t.nextSort([], "a", false), [up("a")]);
  assert.deepEqual(t.nextSort([up("a")], "a", false), [down("a")]);
  assert.deepEqual(t.nextSort([down("a")], "a", false), []);
  assert.deepEqual(t.nextSort([up("a"), up("b")], "c", false), [up("c")]);
  assert.deepEqual(t.nextSort([up("a")], "b", true), [up("a"), up("b")]);
  assert.deepEqual(t.nextSort([up("a"), up("b")], "a", true), [down("a"), up("b")]);
  assert.deepEqual(t.nextSort([down("a"), up("b")], "a", true), [up("b")]);
});

test("keys that move", () => {
  assert.equal(t.moved(5, "ArrowDown", 10, 4), 6);
  assert.equal(t.moved(9, "ArrowDown", 10, 4), 9);
  assert.equal(t.moved(5, "PageUp", 10, 4), 1);
  assert.equal(t.moved(1, "PageUp", 10, 4), 0);
  assert.equal(t.moved(5, "PageDown", 10, 4), 9);
  assert.equal(t.moved(5, "End", 10, 4), 9);
  assert.equal(t.moved(5, "Home", 10, 4), 0);
  assert.equal(t.moved(5, "x", 10, 4), null);
});

test("selection", () => {
  assert.deepEqual(t.rangeBetween(5, 2), [[2, 6]]);
  assert.equal(t.marked("0101", 10, "replace", [[10, 12]]), "1100");
  assert.equal(t.marked("0101", 10, "add", [[10, 11]]), "1101");
  assert.equal(t.marked("0101", 10, "remove", [[11, 99]]), "0000");
  assert.equal(t.marked("0101", 10, "toggle", [[0, 12]]), "1001");
});

test("the caption", () => {
  const counts = { total: 8558, shown: 8558, selected: 0, selected_shown: 0 };
  assert.equal(t.caption(counts), "8,558 rows");
  assert.equal(t.caption({ ...counts, selected: 12, selected_shown: 12 }), "8,558 rows, 12 selected");
  assert.equal(
    t.caption({ ...counts, shown: 412, selected: 12, selected_shown: 9 }),
    "412 of 8,558 rows, 12 selected (3 of them filtered out)",
  );
  assert.equal(t.caption({ ...counts, total: 1, shown: 1 }), "1 row");
  const only = { ...counts, shown: 12, only: 12 };
  assert.equal(t.caption({ ...only, selected: 12, selected_shown: 12, only_selected: true }), "12 of 8,558 rows: only the selected");
  assert.equal(
    t.caption({ ...only, shown: 9, selected: 12, selected_shown: 9, only_selected: true }),
    "9 of 8,558 rows: only the selected, 12 selected (3 of them not shown)",
  );
  assert.equal(t.caption({ ...only, selected: 0 }), "12 of 8,558 rows: only the 12 chosen before");
  assert.equal(
    t.caption({ ...only, selected: 12, selected_shown: 0 }),
    "12 of 8,558 rows: only the 12 chosen before, 12 selected (12 of them not shown)",
  );
  assert.equal(
    t.caption({ ...only, selected: 3, selected_shown: 1 }),
    "12 of 8,558 rows: only the 12 chosen before, 3 selected (2 of them not shown)",
  );
});

test("a heading's title", () => {
  const heading = { name: "r", unit: "mag", ucd: "phot.mag", description: "Magnitude", sortable: true };
  assert.match(t.headingTitle(heading), /^r \[mag\]\nMagnitude\nUCD phot.mag\nClick to sort/);
  assert.match(t.headingTitle({ name: "v", unit: "", ucd: "", description: "", sortable: false }), /^v\nArrays/);
});

test("a column moves next to another", () => {
  assert.deepEqual(t.withMoved(["a", "b", "c"], 0, 2), ["b", "c", "a"]);
  assert.deepEqual(t.withMoved(["a", "b", "c"], 2, 0), ["c", "a", "b"]);
  assert.deepEqual(t.withMoved(["a", "b", "c"], 1, 2), ["a", "c", "b"]);
});
