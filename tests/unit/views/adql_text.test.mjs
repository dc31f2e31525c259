// The arithmetic of the ADQL text's script, without a browser: node --test
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

// Loaded as a data URL, as anywidget does it: the file has to stand alone.
const source = await readFile(new URL("../../../tapwidget/views/static/adql_text.js", import.meta.url), "utf8");
const t = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
const KEYWORDS = new Set(["SELECT", "FROM", "AS"]);

test("every character is kept, in its colour", () => {
  const adql = `select o."a b", 1.5e3 -- from 'x'\nFROM dp1.Object AS o WHERE t = 'it''s' /* end`;
  const parts = t.coloured(adql, KEYWORDS);
  assert.equal(parts.map(([text]) => text).join(""), adql);
  const kind = Object.fromEntries(parts.filter(([, what]) => what));
  assert.equal(kind.select, "word");
  assert.equal(kind['"a b"'], "quoted");
  assert.equal(kind["1.5e3"], "number");
  assert.equal(kind["-- from 'x'"], "comment");
  assert.equal(kind["'it''s'"], "string");
  assert.equal(kind["/* end"], "comment");
  assert.equal(kind.Object, "name");
});

test("an open quote takes the rest", () => {
  assert.deepEqual(t.coloured("a 'b c", KEYWORDS).at(-1), ["'b c", "string"]);
});

test("problems cut the parts", () => {
  const parts = t.withProblems([["abc", "name"], ["def", ""]], [{ start: 1, end: 4, text: "wrong" }]);
  assert.deepEqual(parts, [["a", "name", ""], ["bc", "name", "wrong"], ["d", "", "wrong"], ["ef", "", ""]]);
});

test("the word before the caret", () => {
  assert.deepEqual(t.wordBefore("SELECT ut1.ra", 13), { qualifier: "ut1", prefix: "ra", start: 11 });
  assert.deepEqual(t.wordBefore("SELECT dp1.Object.coo", 21), { qualifier: "dp1.Object", prefix: "coo", start: 18 });
  assert.deepEqual(t.wordBefore("SELECT ", 7), { qualifier: "", prefix: "", start: 7 });
});

test("completions know what an alias stands for", () => {
  const names = [["ra", "yours", "TAP_UPLOAD.ut1"], ["raErr", "", "dp1.Object"], ["dp1.Object", "table", ""], ["RADIANS", "", ""]];
  const text = "SELECT o.r FROM dp1.Object AS o JOIN TAP_UPLOAD.ut1 AS ut1";
  assert.deepEqual(t.completions(text, 10, names).map(([name]) => name), ["raErr"]);
  assert.deepEqual(t.completions("SELECT ra", 9, names).map(([name]) => name), ["raErr", "RADIANS"]);
  assert.deepEqual(t.completions("FROM dp1.ob", 11, names).map(([name]) => name), ["dp1.Object"]);
  assert.deepEqual(t.completions(text.replace("o.r", "ut1."), 11, names).map(([name]) => name), ["ra"]);
});
