import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, joined, lineOf, ratesOf } from "../../../web/src/live/looks.js";

const packed = (array) => Buffer.from(array.buffer).toString("base64");
const told = (look, at, blocks, values, more = {}) => ({
  look, at, cost: 0.02, blind: "", nr_pageblocks: 4, spans: [{ node: 0, zone: "Normal", first: 0, end: 4, start_pfn: 1024 }],
  zones: [{ node: 0, zone: "Normal", counts: [1, 2], free_pages: 5, free_blocks: 0, unusable_index: 1000, fragmentation_index: 700 }],
  events: { compact_stall: 4 * look },
  blocks: packed(Uint32Array.from(blocks)), ages: packed(Float32Array.from(blocks.map(() => 0.5))), planes: packed(Uint16Array.from(values)), ...more,
});

test("what is new replaces what was known, and nothing else", () => {
  const first = joined(null, told(1, 10, [0, 1], [100, 200, 1, 2, 3, 4, 5, 6]));
  assert.deepEqual([...first.planes.free], [100, 200, 0, 0]);
  assert.deepEqual([...first.planes.unmovable], [5, 6, 0, 0]);
  assert.deepEqual([...first.seenAt], [9.5, 9.5, -Infinity, -Infinity]);
  const second = joined(first, told(2, 20, [1], [7, 8, 9, 10]));
  assert.deepEqual([...second.planes.free], [100, 7, 0, 0]);
  assert.deepEqual([...second.seenAt], [9.5, 19.5, -Infinity, -Infinity]);
});

test("another machine's size begins anew", () => {
  const first = joined(null, told(1, 10, [0], [1, 1, 1, 1]));
  const other = joined(first, told(2, 20, [], [], { nr_pageblocks: 2 }));
  assert.equal(other.seenAt.length, 2);
  assert.deepEqual([...other.planes.free], [0, 0]);
});

test("rates are of what rose", () => {
  assert.deepEqual(ratesOf(told(1, 10, [], []), told(3, 14, [], [])), { compact_stall: 2 });
  assert.deepEqual(ratesOf(told(1, 10, [], []), told(1, 10, [], [])), {});
});

test("the CSV has a head and a line a look", () => {
  const lines = csvOf([told(1, 10, [], []), told(2, 11, [], [])]).trim().split("\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[0], "seconds,cost,0.Normal.free_pages,0.Normal.free_blocks,0.Normal.unusable,0.Normal.fragmentation,0.Normal.order_0,0.Normal.order_1,compact_stall");
  assert.equal(lines[2], "11.0,0.0200,5,0,1000,700,1,2,8");
  assert.equal(csvOf([]), "");
});

test("a line over time spans its box, and one that never changes lies in the middle", () => {
  const { line, low, high } = lineOf([{ at: 1, value: 3 }, { at: 2, value: 7 }, { at: 3, value: 5 }]);
  assert.equal(line, "0.00,100.00 50.00,0.00 100.00,50.00");
  assert.deepEqual([low, high], [3, 7]);
  assert.equal(lineOf([{ at: 1, value: 3 }, { at: 2, value: 3 }]).line, "0.00,50.00 100.00,50.00");
  assert.equal(lineOf([{ at: 1, value: 3 }]).line, "");
});
