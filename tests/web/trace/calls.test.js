import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { changesText, lines } from "../../../web/src/trace/calls.js";

// Four entries of a trace that the simulator wrote.
const trace = JSON.parse(readFileSync(new URL("trace_sample.json", import.meta.url), "utf8"));
const balloon = trace.handled[1];

/**
 * @param {number} depth
 * @param {string} name
 * @param {number} [refcount]
 * @param {number} [anon]
 */
const call = (depth, name, refcount, anon = 0) => ({
  depth, function: name, file: "mm/x.c", args: {}, returned: "0",
  ...(refcount === undefined ? {} : {
    page: { refcount, locked: false, isolated: refcount > 1, on: refcount > 1 ? "cc->migratepages" : "inactive anon LRU" },
    counters: { nr_isolated_anon: anon, nr_isolated_file: 0, balloon_isolated: 0 },
  }),
});

test("calls become lines in the order of time: a call around others begins and ends", () => {
  const order = lines([call(0, "a"), call(1, "b"), call(2, "c"), call(1, "d"), call(0, "e")]).map(({ kind, depth, call: { function: name } }) => `${kind} ${depth} ${name}`);
  assert.deepEqual(order, ["open 0 a", "open 1 b", "call 2 c", "close 1 b", "call 1 d", "close 0 a", "call 0 e"]);
});

test("what changed is said where it changed, with the value before, and nowhere else", () => {
  const [open, isolate, other, close, back] = lines([call(0, "outer", 2, 3), call(1, "isolate", 1), call(1, "get_page", 2, 1), call(0, "back", 1, 1)]);
  assert.equal(open.state, null);
  assert.deepEqual(isolate.was, {});
  assert.deepEqual(other.was, { refcount: "1", isolated: "no", on: "inactive anon LRU", nr_isolated_anon: "0" });
  assert.deepEqual(close.was, { nr_isolated_anon: "1" });
  assert.deepEqual(back.was, { refcount: "2", isolated: "yes", on: "cc->migratepages", nr_isolated_anon: "3" });
  assert.equal(changesText(close), "NR_ISOLATED_ANON: 1 → 3");
  assert.equal(changesText(open), "");
});

test("a line that knows nothing of the page hides no change", () => {
  const [, unknown, later] = lines([call(0, "a", 1), call(0, "b"), call(0, "c", 2)]);
  assert.deepEqual([unknown.state, unknown.was], [null, {}]);
  assert.equal(later.was.refcount, "1");
});

test("every line of a real chain is balanced and the page's way can be read from it", () => {
  for (const handled of trace.handled) {
    const made = lines(handled.calls);
    assert.equal(made.filter(({ kind }) => kind === "open").length, made.filter(({ kind }) => kind === "close").length);
    assert.equal(made.filter(({ kind }) => kind !== "close").length, handled.calls.length);
  }
  const said = lines(balloon.calls).map(changesText).join("; ");
  assert.match(said, /references: 1 → 2.*on: balloon list → cc->migratepages/);
  assert.match(said, /locked: no → yes/);
  assert.match(said, /references: 2 → 0/);
});
