import assert from "node:assert/strict";
import { test } from "node:test";
import { broughtLines, contentText, listText, nextPlace, obstacleText, spokenText } from "../../../web/src/because/answer.js";

const WAY = { reason: "not_on_lru", source: "", pfn: 7, stays: 1 };
const ANSWER = {
  design: "pinned", tick: 48, pageblock: 1, start_pfn: 512, type: "MOVABLE", zone: "DMA32", empty: false,
  kinds: [{ kind: "free", pages: 500 }, { kind: "balloon", pages: 12 }], free_blocks: [{ order: 2, nr: 125 }],
  holders: [], holders_total: 0, designs: [],
  ways: [
    { ...WAY, way: "compaction", could: false, sentence: "this is a balloon page" },
    { ...WAY, way: "reclaim", could: false, sentence: "no" },
    { ...WAY, way: "offlining", could: true, sentence: "yes" },
  ],
  brought: [
    { kind: "balloon", pages: 10, command: 2 }, { kind: "balloon", pages: 2, command: null }, { kind: "anon", pages: 3, command: 0 },
  ],
};

test("what a pageblock holds is one line", () => {
  assert.equal(contentText(ANSWER), "MOVABLE pageblock of zone DMA32, from page 512, at tick 48: 500 free, 12 balloon. Free blocks: 125 of order 2.");
});

test("what came before the replay got there is not said to have been there", () => {
  const log = [{ index: 2, command: { type: "compact" } }];
  assert.deepEqual(broughtLines(ANSWER, log), [
    "2 balloon: from before the replay got to in its time", "3 anon: was there at the start", "10 balloon: came under command 2, compact",
  ]);
});

test("one sentence says who could and why the first could not", () => {
  assert.equal(spokenText(ANSWER), "Pageblock 1, stays in place: Offlining could empty it. Compaction could not: this is a balloon page.");
  assert.equal(spokenText({ ...ANSWER, empty: true }), "Pageblock 1, stays in place: it is free.");
});

test("obstacles go round, from wherever one stands", () => {
  const list = [5, 9, 2].map((pageblock) => ({ pageblock, sentence: `of ${pageblock}` }));
  assert.equal(nextPlace(list, null, 1), 0);
  assert.equal(nextPlace(list, 7, -1), 2);
  assert.equal(nextPlace(list, 5, 1), 1);
  assert.equal(nextPlace(list, 2, 1), 0);
  assert.equal(nextPlace(list, 5, -1), 2);
  assert.equal(obstacleText(list[1], 1, 1200), "Obstacle 2 of 1,200: of 9.");
});

test("a long list of pageblocks is cut and says so", () => {
  const blocks = Array.from({ length: 20 }, (_, i) => [i, 1]);
  const found = { designs: { a: { total: 20, pageblocks: 20, blocks }, b: { total: 0, pageblocks: 0, blocks: [] } } };
  assert.equal(listText("a", found), "20 free blocks in 20 pageblocks: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …");
  assert.equal(listText("b", found), "none");
});
