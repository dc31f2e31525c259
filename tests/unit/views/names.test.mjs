// What a control is called, without a browser: node --test
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

// Loaded as a data URL, as anywidget does it: the file has to stand alone.
const source = await readFile(new URL("../../../tapwidget/views/static/names.js", import.meta.url), "utf8");
globalThis.MutationObserver = class {};
const { nameOf } = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);

test("the first words that tell something", () => {
  assert.equal(nameOf(["radius", "arcsec"]), "radius");
  assert.equal(nameOf(["", undefined, " number of bins ", "39"]), "number of bins");
});

test("what ipywidgets writes for nothing tells nothing", () => {
  assert.equal(nameOf(["\u200b", "null", "low end"]), "low end");
  assert.equal(nameOf(["\u200b", null, "null"], ", low end"), "");
});

test("the handles of one slider are told apart", () => {
  assert.equal(nameOf(["range"], ", high end"), "range, high end");
});
