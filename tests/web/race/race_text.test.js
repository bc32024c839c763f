import assert from "node:assert/strict";
import { test } from "node:test";
import { changes, laneOf, lanes, TITLES, verdict } from "../../../web/src/race/race_text.js";

const page = (more = {}) => ({ refcount: 1, locked_by: null, balloon: true, isolated: false, marked: false, place: "balloon list", ...more });
const state = (P = {}, N = {}, mutex = null) => ({ pages: { P: page(P), N: page({ refcount: 0, balloon: false, place: "free", ...N }) }, nr_isolated: 0, mutex });

test("a step names what it changed, and nothing else", () => {
  assert.deepEqual(changes(state(), state()), []);
  assert.deepEqual(changes(state(), state({ refcount: 2 })), ["P references: 1 → 2"]);
  assert.deepEqual(changes(state(), state({ locked_by: "C1" })), ["P page lock: free → held by C1"]);
  assert.deepEqual(changes(state({ place: "private list of C1", isolated: true }), state()), [
    "P where: private list of C1 → balloon list", "P isolated: yes → no",
  ]);
  assert.deepEqual(changes(state(), state({}, {}, "driver")), ["driver's mutex: taken by driver"]);
  assert.deepEqual(changes(state({}, {}, "C2"), state()), ["driver's mutex: free"]);
});

test("every place has its lane", () => {
  assert.equal(laneOf("private list of C1"), "in the hands of C1");
  assert.equal(laneOf("target of C2"), "in the hands of C2");
  for (const place of ["free", "balloon list", "off every list"]) assert.ok(lanes(["C1", "driver"], []).includes(laneOf(place)));
  assert.ok(!lanes(["C1", "driver"], []).includes("LRU list"));
  assert.ok(lanes(["C1", "driver"], ["LRU list"]).includes("LRU list"));
  assert.ok(lanes(["C1", "driver"], ["in the hands of driver"]).includes(laneOf("target of driver")));
});

test("the verdict names the protections", () => {
  const result = (count) => ({ states: 9517, violations: Array(count).fill({}) });
  const setting = (page_lock, refcount_test) => ({ page_lock, refcount_test });
  assert.equal(verdict(result(0), setting("on", "on")).text, "Nothing breaks with both protections");
  assert.match(verdict(result(0), setting("on", "on")).note, /^9,517 states, all of them visited/);
  assert.equal(verdict(result(9), setting("off", "on")).text, "9 things break without the page lock");
  assert.equal(verdict(result(1), setting("on", "off")).text, "One thing breaks without the count test");
  assert.equal(verdict(result(2), setting("off", "off")).text, "2 things break without either");
});

test("every broken property has a title in words", () => {
  for (const title of Object.values(TITLES)) assert.ok(!title.includes("_"));
});
