// The arithmetic of the drop zone's script, without a browser: node --test
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

// Loaded as a data URL, as anywidget does it: the file has to stand alone.
const source = await readFile(new URL("../../../tapwidget/views/static/drop_zone.js", import.meta.url), "utf8");
const t = await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);

test("CRC-32, in one go and in pieces", () => {
  const bytes = new TextEncoder().encode("123456789");
  assert.equal(t.crc32(bytes), 0xcbf43926); // the check value of CRC-32/ISO-HDLC
  assert.equal(t.crc32(bytes.slice(4), t.crc32(bytes.slice(0, 4))), 0xcbf43926);
  assert.equal(t.crc32(new Uint8Array()), 0);
});

test("progress", () => assert.equal(t.progress(12_340_000, 200_000_000), "12.3 of 200.0 MB"));
