import assert from "node:assert/strict";
import { test } from "node:test";

import { agoText, clockText, keptText, largestZone, pointOf, pointsOf, wallOf } from "../../../web/src/live/kept.js";

const zone = (name, more) => ({ node: 0, zone: name, counts: [], free_pages: 10, free_blocks: 1, unusable_index: 5, fragmentation_index: -1000, ...more });
const told = {
  kept: 7, wall: 1000, zones: [zone("DMA", {}), zone("Normal", { unusable_index: 300 })],
  spans: [{ node: 0, zone: "DMA", first: 0, end: 2, start_pfn: 0 }, { node: 0, zone: "Normal", first: 2, end: 20, start_pfn: 1024 }],
  events: { compact_migrate_scanned: 3, compact_free_scanned: 4, pgsteal_kswapd: 5 },
};

test("the zone with most pageblocks is the one whose indices are drawn", () => {
  assert.equal(largestZone(told).zone, "Normal");
  assert.deepEqual(pointOf(told), { look: 7, wall: 1000, free_blocks: 2, free_pages: 20, unusable: 300, fragmentation: -1000, scanned: 7, taken: 5 });
});

test("lists become points", () => {
  assert.deepEqual(pointsOf({ look: [1, 2], wall: [10, 20] }), [{ look: 1, wall: 10 }, { look: 2, wall: 20 }]);
  assert.deepEqual(pointsOf({}), []);
});

test("a look between two points is between their times, and one beyond them at the nearest", () => {
  const points = [{ look: 10, wall: 100 }, { look: 20, wall: 200 }];
  assert.equal(wallOf(points, 15), 150);
  assert.equal(wallOf(points, 10), 100);
  assert.equal(wallOf(points, 5), 100);
  assert.equal(wallOf(points, 99), 200);
  assert.equal(wallOf([], 3), 0);
});

test("how long ago, in the unit that one would say", () => {
  assert.deepEqual([0, 119, 120, 7199, 7200, 200_000].map(agoText), ["0 s ago", "119 s ago", "2 min ago", "120 min ago", "2 h ago", "2 days ago"]);
});

test("the day is said where it is another", () => {
  const noon = new Date(2026, 10, 29, 12, 0, 5).getTime() / 1000;
  assert.equal(clockText(noon, noon + 60), "12:00:05");
  assert.match(clockText(noon - 86_400, noon), /28.*12:00:05/);
});

test("how much is kept", () => {
  assert.match(keptText([{ look: 3, wall: 0 }, { look: 1202, wall: 1300 }], 3 << 19), /^1,200 looks since .* are kept \(1\.5 MiB\)\.$/);
  assert.equal(keptText([], 0), "");
});
