import assert from "node:assert/strict";
import test from "node:test";

import { compare, deciding, favoursText, place, sameConfig } from "../../../web/src/guide/scenario.js";

const compact = { type: "compact" };
const inflate = { type: "balloon_inflate", nr_pages: 256 };
const scenario = {
  name: "one", label: "One", group: "fair", question: "Why?", text: "", favours: "", config: {},
  steps: [{ words: "a", commands: [inflate] }, { words: "b", commands: [compact, compact] }],
  show: [{ stat: "free_blocks", label: "blocks" }, { stat: "huge_best", label: "huge pages" }],
};
const log = (...commands) => commands.map((command) => ({ command }));

test("the step of a scenario follows from the session's log", () => {
  assert.deepEqual(place(scenario, [], 0), { kind: "on", step: 0, rest: [] });
  assert.deepEqual(place(scenario, log(inflate), 1), { kind: "on", step: 1, rest: [] });
  assert.deepEqual(place(scenario, log(inflate, compact), 2), { kind: "on", step: 2, rest: [compact] });
  assert.deepEqual(place(scenario, log(inflate, compact, compact), 3), { kind: "on", step: 2, rest: [] });
});

test("a command that is not the scenario's, or one too many, leaves it", () => {
  assert.deepEqual(place(scenario, log({ ...inflate, nr_pages: 1 }), 1), { kind: "left", step: 0 });
  assert.deepEqual(place(scenario, log(inflate, inflate), 2), { kind: "left", step: 1 });
  assert.deepEqual(place(scenario, log(inflate, compact, compact, compact), 4), { kind: "left", step: 2 });
});

test("a log that is not read yet decides nothing, and a longer one than the frame only as far as the frame", () => {
  assert.deepEqual(place(scenario, [], 1), { kind: "unknown" });
  assert.deepEqual(place(scenario, log(inflate, inflate), 1), { kind: "on", step: 1, rest: [] });
});

test("configs are equal whatever the order of fields, and if a field is absent or empty", () => {
  const one = { source: { kind: "capture", name: "runs" }, designs: ["pinned"], seed: 1 };
  assert.ok(sameConfig(one, { seed: 1, designs: ["pinned"], source: { name: "runs", kind: "capture", cma_mib: 0 } }));
  assert.ok(!sameConfig(one, { ...one, seed: 2 }));
  assert.ok(!sameConfig(one, { ...one, designs: ["pinned", "lru_hook"] }));
});

test("the sentence says who has most, who has least, and when they are equal", () => {
  const designs = (...values) => values.map((value, i) => ({ key: "abcd"[i], value }));
  assert.equal(compare("huge pages", designs(1200, 3, 3)), "Huge pages: most with a (1,200), least with b and c (3 each).");
  assert.equal(compare("huge pages", designs(5, 5, 5, 5)), "Huge pages: equal, 5 with every design.");
  assert.equal(compare("huge pages", designs(0, 0)), "Huge pages: equal, 0 with both.");
  assert.equal(compare("huge pages", designs(7)), "Huge pages: a (7).");
  assert.equal(compare("huge pages", []), "");
  assert.equal(compare("huge pages", [{ key: "a", value: 0, tried: false }, { key: "b", value: 0, tried: false }]), "Huge pages: not tried yet.");
});

test("the number that decides goes into the sentence, else the first", () => {
  assert.equal(deciding(scenario).label, "blocks");
  assert.equal(deciding({ ...scenario, judge: { stat: "huge_best", better: "high" } }).label, "huge pages");
  assert.equal(deciding({ ...scenario, show: [] }), null);
});

test("a scenario says which design it favours, if any", () => {
  assert.equal(favoursText("lru_hook"), "made to favour lru_hook");
  assert.equal(favoursText("none"), "made to favour nobody");
  assert.equal(favoursText(""), "no contest");
});
