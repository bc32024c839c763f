import assert from "node:assert/strict";
import { test } from "node:test";

import { activityOf, blockWords, countersOf, priceOf, saidOf, share, zoneLabels } from "../../../web/src/live/live_text.js";

const zone = { node: 1, zone: "Normal", counts: [], free_pages: 2048, free_blocks: 3, unusable_index: 250, fragmentation_index: -1000 };
const told = { look: 2, at: 30, cost: 0.0213, blind: "", zones: [zone], events: { a: 1, b: 0 }, nr_pageblocks: 2, spans: [{ node: 1, zone: "Normal", first: 0, end: 2, start_pfn: 262144 }], blocks: "", ages: "", planes: "" };
const planes = Object.fromEntries(["free", "movable", "balloon", "unmovable"].map((name, i) => [name, Uint16Array.of(i < 3 ? 100 : 12, 0)]));
const machine = { told, planes, seenAt: Float64Array.of(25, -Infinity) };

test("the sentence says how many huge pages there are and what the rest is", () => {
  assert.equal(saidOf(told), "3 huge pages of 2 MiB could be handed out now; 25 % of the free memory is in smaller pieces.");
  assert.match(saidOf({ ...told, zones: [{ ...zone, free_pages: 0, free_blocks: 0 }] }), /^0 huge pages .* 100 %/);
});

test("the price, and how old the picture is", () => {
  assert.equal(priceOf(machine), "Looking takes 2.1 % of one processor; 1 of 2 pageblocks seen, the oldest picture is 5 s old.");
  assert.equal(priceOf({ ...machine, told: { ...told, blind: "No maps." } }), "Looking takes 2.1 % of one processor. No maps.");
});

test("a pageblock in words has all its pages", () => {
  assert.equal(blockWords(machine, 0), "Node 1, zone Normal, pageblock at pfn 262,144 (1,024 MiB): 100 free, 100 movable, 100 balloon, 12 that will not move, 200 reserved or not there; read 5 s ago.");
  assert.match(blockWords(machine, 1), /not read yet\.$/);
  assert.equal(blockWords(machine, 9), "");
});

test("an index of -1000 is none, and counters that never counted are named apart", () => {
  assert.equal(share(-1000), "none");
  assert.equal(share(612), "0.612");
  assert.deepEqual(countersOf(told), { moved: ["a"], never: ["b"] });
});

test("an earlier moment is told in the past", () => {
  assert.match(saidOf(told, true), /^3 huge pages of 2 MiB could have been handed out then; .* was in/);
  assert.match(priceOf(machine, true), /^Looking took .* the oldest picture was 5 s old\.$/);
  assert.match(priceOf({ ...machine, seenAt: Float64Array.of(-Infinity) }, true), /no map of that time was kept/);
  assert.match(blockWords(machine, 0, true), /read 5 s before\.$/);
});

test("what the daemons do is said by their names", () => {
  assert.equal(activityOf({}), "kswapd, kcompactd and balloon are at rest.");
  assert.equal(activityOf({ pgscan_kswapd: 1234.4, compact_daemon_migrate_scanned: 20, compact_daemon_free_scanned: 22 }), "kswapd scans 1,234 pages a second; kcompactd scans 42 pages a second.");
  assert.equal(activityOf({ balloon_inflate: 0.2 }), "The balloon takes 1 page a second.");
});

test("zones are named where they begin, the largest first where two would overlap", () => {
  const spans = [
    { node: 0, zone: "DMA", first: 0, end: 8, start_pfn: 0 },
    { node: 0, zone: "DMA32", first: 8, end: 2048, start_pfn: 4096 },
    { node: 0, zone: "Normal", first: 2048, end: 9000, start_pfn: 1048576 },
  ];
  const above = (first) => first / 10;
  assert.deepEqual(zoneLabels(spans, above, 12), [{ text: "Normal 4 GiB", bottom: 204.8 }, { text: "DMA32 16 MiB", bottom: 0.8 }]);
  assert.equal(zoneLabels([{ ...spans[2], node: 1 }, spans[1]], above, 1)[0].text, "1 Normal 4 GiB");
});
