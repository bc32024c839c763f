import assert from "node:assert/strict";
import { test } from "node:test";
import { freeOf, mainZone, nodesOf, zoneNames } from "../../../web/src/lib/zone_facts.js";

const zone = (name, start, end, managed = 1) => ({ name, start_pfn: start * 512, end_pfn: end * 512, managed });
const zones = [zone("DMA", 0, 1), zone("Normal", 1, 3, 900), zone("Normal", 4, 6, 1000)];

test("zones of one node bear their names, those of several the node's number too", () => {
  assert.deepEqual(zoneNames({ zones, summary: {} }), ["Zone DMA", "Zone Normal", "Zone Normal"]);
  const summary = { zones: [{ node: 0 }, { node: 0 }, { node: 2 }] };
  assert.deepEqual(zoneNames({ zones, summary }), ["Node 0 DMA", "Node 0 Normal", "Node 2 Normal"]);
  assert.deepEqual(nodesOf({ zones, summary: { nodes: [0, 0, 1] } }), [0, 0, 1]);
  assert.deepEqual(nodesOf({ zones, summary: { nodes: "no" } }), [0, 0, 0]);
});

test("the main zone is the largest of its name", () => {
  assert.equal(mainZone({ zones, main_zone: "Normal" }), zones[2]);
});

test("what lies between zones is in none of them", () => {
  assert.deepEqual(freeOf([100, 512, 0, 512, 512, 511], zones), [
    { pages: 100, blocks: 0 }, { pages: 512, blocks: 1 }, { pages: 1023, blocks: 1 },
  ]);
});
