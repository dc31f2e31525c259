// The relay of a brush's moves, without a browser: node --test
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

// Loaded as a data URL, as anywidget does it: the file has to stand alone.
const source = await readFile(new URL("../../../tapwidget/views/static/brush_relay.js", import.meta.url), "utf8");
const { hover, relay, UNDER_WAY } = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);

function drawn() {
  const state = { brushing: true, selected: null };
  let changed;
  const sent = [];
  relay({ get: (name) => state[name], on: (_event, call) => (changed = call) }, (selected, handled) =>
    sent.push({ selected, handled }),
  );
  return { state, sent, move: (selected) => ((state.selected = selected), changed()) };
}

test("every move is sent while the kernel keeps up", () => {
  const { sent, move } = drawn();
  for (let end = 1; end <= 10; end += 1) {
    move(Float64Array.of(0, end));
    sent.at(-1).handled();
  }
  assert.deepEqual(sent.map(({ selected }) => selected[1]), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("a busy kernel has few before it, and then the last one", () => {
  const { sent, move } = drawn();
  for (let end = 1; end <= 10; end += 1) move([0, end]);
  assert.equal(sent.length, UNDER_WAY);
  sent[0].handled();
  assert.deepEqual(sent.at(-1).selected, [0, 10]);
  sent.slice(1).forEach(({ handled }) => handled());
  assert.equal(sent.length, UNDER_WAY + 1);
});

test("what the kernel set, and what is no interval, is not sent", () => {
  const { state, sent, move } = drawn();
  move(null);
  move([]);
  move([Number.NaN, 1]);
  state.brushing = false;
  move([0, 1]);
  assert.equal(sent.length, 0);
});

function pointed() {
  const state = { selected: null };
  const sent = [];
  let moved = () => {};
  const page = { addEventListener: (_name, call) => (moved = call), removeEventListener: () => (moved = () => {}) };
  const forget = hover(".mine", { get: (name) => state[name] }, page, (at, handled) => sent.push({ at, handled }));
  const overlay = { getBoundingClientRect: () => ({ left: 100, width: 200 }) };
  const over = { closest: (css) => (css === ".mine .brushintsel .overlay" ? overlay : null) };
  const move = (clientX, { buttons = 0, target = over } = {}) => moved({ clientX, buttons, target });
  return { state, sent, forget, move };
}

test("the mouse over the plot is told as a share of its width, and once that it has left", () => {
  const { sent, forget, move } = pointed();
  move(150);
  sent.at(-1).handled();
  move(300);
  sent.at(-1).handled();
  move(400, { target: { closest: () => null } });
  sent.at(-1).handled();
  move(410, { target: {} }); // the document itself is no element
  forget();
  move(150);
  assert.deepEqual(sent.map(({ at }) => at), [0.25, 1, null]);
});

test("one place is on its way at a time, and then the last one", () => {
  const { sent, move } = pointed();
  for (let x = 100; x <= 200; x += 10) move(x);
  assert.equal(sent.length, 1);
  sent[0].handled();
  assert.deepEqual(sent.map(({ at }) => at), [0, 0.5]);
  sent[1].handled();
  assert.equal(sent.length, 2);
});

test("nothing is told while an interval is drawn or stands", () => {
  const { state, sent, move } = pointed();
  move(150, { buttons: 1 });
  state.selected = [1, 2];
  move(160);
  assert.equal(sent.length, 0);
});
