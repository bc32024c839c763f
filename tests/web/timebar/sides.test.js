import assert from "node:assert/strict";
import { test } from "node:test";
import { besideOf, endingName, lookMessage, pairwise, sharedOf, sidesOf } from "../../../web/src/timebar/sides.js";

const lines = [
  { id: 1, parent: null, tick: 0, index: 0, command: null, name: null },
  { id: 2, parent: 1, tick: 90, index: 3, command: { type: "compact" }, name: "early" },
  { id: 3, parent: 2, tick: 120, index: 5, command: { type: "compact" }, name: null },
  { id: 4, parent: 2, tick: 50, index: 1, command: { type: "drop_caches" }, name: null },
];

test("each design stands beside itself, and alone where nothing is beside", () => {
  const designs = [{ key: "a" }, { key: "b" }];
  assert.deepEqual(sidesOf(designs, null), designs);
  const both = pairwise(sidesOf(designs, 2), 2);
  assert.deepEqual(both.map(({ key, side }) => `${key} ${side}`), ["a here", "a beside", "b here", "b beside"]);
  assert.deepEqual(pairwise(designs, 2), designs);
});

test("two timelines are one up to where the first of them left", () => {
  assert.deepEqual(sharedOf(lines, 1, 2), { tick: 90, index: 3 });
  assert.deepEqual(sharedOf(lines, 3, 1), { tick: 90, index: 3 });
  assert.deepEqual(sharedOf(lines, 3, 4), { tick: 50, index: 1 });
  assert.deepEqual(sharedOf(lines, 4, 1), { tick: 50, index: 1 }, "it left a child before that child had left");
});

test("commands are counted in the other timeline only where it has the same ones", () => {
  assert.deepEqual(besideOf({ tick: 90, index: 2 }, lines, 1, 2), { timeline: 2, tick: 90, index: 2 });
  assert.deepEqual(besideOf({ tick: 90, index: 4 }, lines, 1, 2), { timeline: 2, tick: 90 });
  assert.deepEqual(besideOf({ tick: 95, index: 3 }, lines, 1, 2), { timeline: 2, tick: 95 });
  assert.deepEqual(besideOf({ tick: 95, index: null }, lines, 1, 2), { timeline: 2, tick: 95 });
});

test("what is asked for is the moment, and what stands beside it", () => {
  const welcome = { timelines: lines, timeline: 1 };
  assert.deepEqual(lookMessage(null, welcome, 2), { type: "look", tick: null });
  assert.deepEqual(lookMessage({ tick: 7, index: null }, welcome, null), { type: "look", tick: 7 });
  assert.deepEqual(lookMessage({ tick: 7, index: 0 }, welcome, 2), { type: "look", tick: 7, index: 0, beside: { timeline: 2, tick: 7, index: 0 } });
});

test("an ending is called by its name, or else by what it began with", () => {
  assert.equal(endingName(lines[1]), "early");
  assert.equal(endingName(lines[0]), "as it went first");
});
