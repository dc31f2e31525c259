// The relay of a brush's moves, without a browser: node --test
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

// Loaded as a data URL, as anywidget does it: the file has to stand alone.
const source = await readFile(new URL("../../../tapwidget/views/static/brush_relay.js", import.meta.url), "utf8");
const { relay, UNDER_WAY } = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);

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
