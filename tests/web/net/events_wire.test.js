import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeEvents, isEvents } from "../../../web/src/net/events_wire.js";

const golden = (name) => readFileSync(new URL(`../../golden/wire/${name}`, import.meta.url));
const buffer = (name) => {
  const bytes = golden(name);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

test("a frame of events decodes to the numbers that the server encoded", () => {
  const { designs, ...head } = decodeEvents(buffer("events.bin"));
  const rowsOf = (rows) => Array.from({ length: rows.length / 4 }, (_, i) => [...rows.slice(4 * i, 4 * i + 4)]);
  const plain = { ...head, designs: designs.map((kinds) => kinds.map((kind) => ({ ...kind, rows: rowsOf(kind.rows) }))) };
  assert.deepEqual(plain, JSON.parse(golden("events.json").toString()));
});

test("it is told apart from pictures, and a cut one is refused wherever it is cut", () => {
  assert.ok(isEvents(buffer("events.bin")));
  assert.ok(!isEvents(buffer("key.bin")));
  const whole = buffer("events.bin");
  for (let end = 36; end < whole.byteLength; end += 4) assert.throws(() => decodeEvents(whole.slice(0, end)), /a frame of events|Offset|length|bounds/, String(end));
  const longer = new Uint8Array(whole.byteLength + 8);
  longer.set(new Uint8Array(whole));
  assert.throws(() => decodeEvents(longer.buffer), /its heads say/);
});
