import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeFrame, decodeMessage } from "../../../web/src/net/wire.js";
import { frameBytes, framesOf, lastUpTo, towards } from "../../../web/src/playback/tape.js";

const golden = (name) => readFileSync(new URL(`../../golden/wire/${name}`, import.meta.url));
const welcome = decodeMessage(golden("down_welcome.json").toString());
const moments = [[0, 0], [0, 1], [10, 1], [20, 1], [20, 2], [25, 2]].map(([tick, index]) => ({ tick, index }));

test("a moment is found by tick and by the commands that it contains", () => {
  const place = (tick, index) => lastUpTo(moments, { tick, index });
  assert.deepEqual([place(0, 0), place(0, null), place(0, 1)], [0, 1, 1]);
  assert.deepEqual([place(9, null), place(10, null), place(19, 1)], [1, 2, 2]);
  assert.deepEqual([place(20, 1), place(20, 2), place(20, null), place(99, null)], [3, 4, 4, 5]);
  assert.equal(lastUpTo(moments.slice(2), { tick: 0, index: 0 }), 0); // before the first there is the first
});

test("a step on never ends where it began, and a step back goes back", () => {
  assert.equal(towards(moments, 1, { tick: 1, index: null }), 2);
  assert.equal(towards(moments, 2, { tick: 9, index: null }), 1);
  assert.equal(towards(moments, 4, { tick: 24, index: null }), 5);
  assert.equal(towards(moments, 5, { tick: 99, index: null }), 5);
  assert.equal(towards(moments, 5, { tick: 0, index: 0 }), 0);
});

test("frames of a segment are buffers of their own", () => {
  const [key, delta] = ["key.bin", "delta.bin"].map(golden);
  const bytes = new Uint8Array(16 + key.length + delta.length);
  const head = new DataView(bytes.buffer);
  head.setUint32(0, key.length, true);
  bytes.set(key, 8);
  head.setUint32(8 + key.length, delta.length, true);
  bytes.set(delta, 16 + key.length);
  const frames = framesOf(bytes);
  assert.deepEqual(frames.map((frame) => frame.byteLength), [key.length, delta.length]);
  assert.deepEqual(Buffer.from(frames[1]), delta);
});

test("a picture as bytes is the same picture", () => {
  const key = golden("key.bin");
  const frame = decodeFrame(key.buffer.slice(key.byteOffset, key.byteOffset + key.byteLength), welcome);
  const again = decodeFrame(frameBytes(frame, welcome), welcome);
  assert.deepEqual(again.designs, frame.designs);
  assert.deepEqual([again.tick, again.log_index, again.nr_pageblocks], [frame.tick, frame.log_index, frame.nr_pageblocks]);
});
