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
  const before = (text) => t.wordBefore(text, text.length);
  assert.deepEqual(before("SELECT ut1.ra"), { qualifier: "ut1", prefix: "ra", start: 11, wide: "" });
  assert.deepEqual(before("SELECT dp1.Object.coo"), { qualifier: "dp1.Object", prefix: "coo", start: 18, wide: "" });
  assert.deepEqual(before("SELECT "), { qualifier: "", prefix: "", start: 7, wide: "" });
  assert.deepEqual(before('SELECT "a", g."_R'), { qualifier: "g", prefix: '"_R', start: 14, wide: "" });
  assert.deepEqual(before('SELECT "I/3.5".ra'), { qualifier: '"I/3.5"', prefix: "ra", start: 15, wide: "" });
  assert.deepEqual(before('SELECT "a", b'), { qualifier: "", prefix: "b", start: 12, wide: "" });
  assert.equal(before("FROM I/35").wide, "I/35");
  for (const text of ["WHERE t = 'ob", "-- ob", "/* ob"]) assert.equal(before(text), null);
});

test("a qualifier stands for a table, by its alias or its last part", () => {
  const text = 'SELECT 1 FROM dp1.Object JOIN TAP_UPLOAD.ut1 AS u ON x = y JOIN viz."I/355/gaiadr3" AS "g", dp1.Visit v WHERE 1';
  for (const [name, table] of [["object", "dp1.object"], ["U", "tap_upload.ut1"], ["g", "viz.i/355/gaiadr3"],
    ['"I/355/gaiadr3"', "viz.i/355/gaiadr3"], ["v", "dp1.visit"], ["where", "where"]]) {
    assert.equal(t.tableOf(text, name), table);
  }
});

const column = (name, table) => [name, "", "column", table];
const table = (name) => [name, "", "table", ""];
const word = (name) => [name, "", "word", ""];
const offers = (text, names, asked = false) => t.completions(text, text.length, names, asked).map(({ name }) => name);
/** The text after the offer of that name was taken. */
function after(text, names, wanted, rest = "") {
  const { name, from, to } = t.completions(text + rest, text.length, names).find(({ name }) => name === wanted);
  return (text + rest).slice(0, from) + name + (text + rest).slice(to);
}

test("completions know what an alias stands for", () => {
  const names = [column("ra", "TAP_UPLOAD.ut1"), column("raErr", "dp1.Object"), table("dp1.Object"), word("RADIANS")];
  const text = "SELECT o.r FROM dp1.Object AS o JOIN TAP_UPLOAD.ut1 AS ut1";
  const at10 = (text) => t.completions(text, 10, names).map(({ name }) => name);
  assert.deepEqual(at10(text), ["raErr"]);
  assert.deepEqual(offers("SELECT ra", names), ["raErr", "RADIANS"]);
  assert.deepEqual(offers("FROM dp1.ob", names), ["dp1.Object"]);
  assert.deepEqual(t.completions(text.replace("o.r", "ut1."), 11, names).map(({ name }) => name), ["ra"]);
});

test("a name that needs quotes gets them, however it was begun", () => {
  const names = [column('"_RAJ2000"', '"I/355/gaiadr3"'), column('"date"', "b"), table('"I/355/gaiadr3"'), table('v."J/A"'), word("DATE")];
  for (const begun of ["I/35", '"I/35', "gaiadr", "i/355/g"]) {
    assert.equal(after(`SELECT 1 FROM ${begun}`, names, '"I/355/gaiadr3"'), 'SELECT 1 FROM "I/355/gaiadr3"');
  }
  assert.equal(after('FROM "I/35', names, '"I/355/gaiadr3"', '" AS g'), 'FROM "I/355/gaiadr3" AS g');
  assert.equal(after("FROM J/", names, 'v."J/A"'), 'FROM v."J/A"');
  assert.equal(after("FROM v.J", names, 'v."J/A"'), 'FROM v."J/A"');
  assert.equal(after('FROM "v"."J', names, 'v."J/A"'), 'FROM v."J/A"');
  for (const begun of ["g._R", 'g."_R', "g.RAJ"]) {
    const text = `SELECT ${begun}`;
    assert.equal(t.completions(`${text} FROM "I/355/gaiadr3" AS g`, text.length, names)[0].name, '"_RAJ2000"');
  }
  assert.deepEqual(offers("SELECT date", names), ['"date"']); // the keyword stands complete
  assert.deepEqual(offers("SELECT x/da", names), ['"date"', "DATE"]); // a quotient is none of these names
  assert.deepEqual(offers('SELECT "da', names), ['"date"']);
  assert.deepEqual(offers('FROM "I/355/gaiadr3"', names), []);
});

test("the beginning comes first, then the last part, then a word inside", () => {
  const names = [column("r_cModelMag", "dp1.Object"), table("dp1.ForcedSource"), table("dp1.Source"), table("sources"), word("SOME")];
  assert.deepEqual(offers("FROM sour", names), ["sources", "dp1.Source", "dp1.ForcedSource"]);
  assert.deepEqual(offers("FROM dp1.sour", names), ["dp1.Source", "dp1.ForcedSource"]);
  assert.deepEqual(offers("SELECT mag", names), ["r_cModelMag"]);
  assert.deepEqual(offers("SELECT odel", names), []);
  assert.deepEqual(offers("SELECT s", names), []);
  assert.deepEqual(offers("SELECT s", names, true), ["sources", "SOME"]);
});

test("a complete keyword offers nothing that Enter would put in its place", () => {
  const names = [table("ontology"), word("ON"), word("ONLY")];
  assert.deepEqual(offers("JOIN a ON", names), []);
  assert.deepEqual(offers("JOIN a ON", names, true), ["ontology", "ONLY"]);
});

test("many names make a bounded list", () => {
  const names = Array.from({ length: 3000 }, (_, i) => column(`flux_${i}`, "t"));
  assert.equal(offers("SELECT flux", names).length, 200);
});
