import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { chosen, counted, firstRow, moreText, moveRow, outcomeOf, OUTCOMES, outcomes, reasons, standing, subjectText, targetBlock, titleText, traceText } from "../../../web/src/trace/handled.js";

// Four entries of a trace that the simulator wrote.
const trace = JSON.parse(readFileSync(new URL("trace_sample.json", import.meta.url), "utf8"));
const balloon = trace.handled[1];

test("outcomes and reasons are counted over everything handled, the list shows some", () => {
  const sum = outcomes(trace).reduce((total, { nr }) => total + nr, 0);
  assert.equal(sum, trace.total);
  assert.deepEqual(outcomes(trace).map(({ outcome }) => outcome), ["moved", "target", "left"]);
  const moved = { outcome: "moved", reason: "" };
  assert.equal(chosen(trace, moved).length, 2);
  assert.equal(counted(trace, moved), trace.counts.find((/** @type {any} */ each) => each.outcome === "moved").nr);
  assert.deepEqual(reasons(trace, "left").map(({ reason }) => reason), ["not_on_lru"]);
  assert.equal(counted(trace, { outcome: "", reason: "no such" }), 0);
});

test("every outcome has a symbol of its own and a word", () => {
  assert.equal(new Set(Object.values(OUTCOMES).map(({ symbol }) => symbol)).size, Object.keys(OUTCOMES).length);
  assert.deepEqual(outcomeOf("new_one"), { symbol: "?", words: "new one" });
});

test("a page is named with its kind, its pageblock and where it goes", () => {
  assert.equal(subjectText(balloon), "page 10241, balloon");
  assert.equal(titleText(balloon), "Page 10241, balloon, in pageblock 20 (40 to 42 MiB): moved, to page 40606, by compact_memory");
  assert.equal(targetBlock(balloon), 79);
  assert.equal(moreText(balloon), "to page 40606");
  assert.equal(moreText(trace.handled[2]), "taken as target");
  const block = { ...balloon, subject: /** @type {const} */ ("pageblock"), kind: "UNMOVABLE", outcome: "skipped", to: null };
  assert.equal(titleText(block), "Pageblock 20, UNMOVABLE (40 to 42 MiB): skipped, by compact_memory");
});

test("a trace is coming up, then done, and stale once the session went elsewhere", () => {
  const at = (/** @type {number} */ tick, log_index = 2) => standing({ ...trace, tick: 10, ticks: 4 }, { tick, log_index }, 2);
  assert.deepEqual([at(10), at(14), at(12), at(15), at(9), at(10, 3)], ["foretold", "done", "stale", "stale", "stale", "stale"]);
  assert.equal(standing(null, null, 0), "none");
  const told = { ...trace, tick: 10, ticks: 1, total: 3, shown: 3 };
  assert.equal(traceText(told, "foretold", 10), "Coming up, tick 11 of lru_hook: 3 pages and pageblocks handled. Step does exactly this.");
  assert.match(traceText(told, "done", 11), /^Done, tick 11/);
  assert.match(traceText(told, "stale", 20), /to tick 20: trace again/);
  assert.match(traceText({ ...told, cut: 72000 }, "foretold", 10), /^The beginning of tick 11 of lru_hook: .* in the first 72,000 calls\. /);
  assert.match(traceText({ ...told, ticks: 0 }, "foretold", 10), /has nothing to do\. Press Compact/);
});

test("a balloon page is looked at first, then one that moved, then whatever is there", () => {
  assert.equal(firstRow(trace.handled), 1);
  assert.equal(firstRow([trace.handled[3], trace.handled[2], trace.handled[0]]), 2);
  assert.equal(firstRow([trace.handled[3]]), 0);
  assert.equal(firstRow([]), 0);
});

test("keys move through the list and stay in it", () => {
  assert.deepEqual(["ArrowDown", "ArrowUp", "PageDown", "End", "Home", "x"].map((key) => moveRow(key, 0, 5)), [1, 0, 4, 4, 0, null]);
  assert.equal(moveRow("ArrowDown", 0, 0), null);
});
