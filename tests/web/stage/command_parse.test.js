import assert from "node:assert/strict";
import { test } from "node:test";
import { completions, meaning, WORDS } from "../../../web/src/stage/command_parse.js";

const KNOWN = { most: 1001, rate: 256, scenarios: [{ name: "chicken_and_egg", label: "Chicken and egg" }, { name: "no_balloon", label: "No balloon at all" }] };
const means = (line) => meaning(line, KNOWN);

test("a line of the log becomes its command", () => {
  assert.deepEqual(means("inflate 200"), { kind: "command", command: { type: "balloon_inflate", nr_pages: 51200 } });
  assert.deepEqual(means(" Balloon 100 MiB "), { kind: "command", command: { type: "balloon_target", nr_pages: 25600 } });
  assert.deepEqual(means("offline 512:64"), { kind: "command", command: { type: "offline", start_mib: 512, size_mib: 64 } });
  assert.deepEqual(means("huge"), { kind: "command", command: { type: "huge", nr: 2000 } });
  assert.deepEqual(means("wait 20 s"), { kind: "command", command: { type: "wait", ms: 20000 } });
  assert.deepEqual(means("alloc 20 9"), { kind: "command", command: { type: "alloc_pages", nr: 20, order: 9, kind: "unmovable", keep: false } });
  assert.deepEqual(means("alloc 5 3 atomic keep"), { kind: "command", command: { type: "alloc_pages", nr: 5, order: 3, kind: "atomic", keep: true } });
  assert.deepEqual(means("alloc 5 0 keep").command, { type: "alloc_pages", nr: 5, order: 0, kind: "unmovable", keep: true });
  assert.deepEqual(means("pin 16 MiB"), { kind: "command", command: { type: "pin", size_mib: 16 } });
  assert.deepEqual(means("workload on"), { kind: "command", command: { type: "workload", enabled: true, rate: 256 } });
});

test("whatever a key can ask for can be typed", () => {
  assert.deepEqual(means("scenario chicken and egg"), { kind: "act", what: "scenario-chicken_and_egg" });
  assert.deepEqual(means("theme dark"), { kind: "act", what: "theme-dark" });
  assert.deepEqual(means("start over"), { kind: "act", what: "reset" });
  assert.deepEqual(means("scenarios"), { kind: "act", what: "scenarios" });
});

test("what is wrong is said with the value, the limit and the unit", () => {
  assert.match(means("inflate 5000").words, /5000: a whole number of MiB from 1 to 1001/);
  assert.match(means("inflate").words, /missing/);
  assert.match(means("offline 512").words, /START:SIZE in MiB/);
  assert.match(means("offline 511:64").words, /511 MiB is no whole number of pageblocks/);
  assert.match(means("alloc 5").words, /The order is missing: a whole number of \(buddy order\) from 0 to 10/);
  assert.match(means("alloc 5 11 atomic").words, /The order is 11/);
  assert.match(means("alloc 5 3 movable").words, /The kind of request is movable: unmovable, reclaimable or atomic/);
  assert.match(means("pin 0").words, /0: a whole number of MiB from 1 to 1001/);
  assert.match(means("scenario nonsense").words, /no scenario like nonsense/);
  assert.match(means("frobnicate 7").words, /no command here/);
  assert.equal(means("").kind, "wrong");
});

test("a beginning is completed, scenarios by any part of their name", () => {
  assert.deepEqual(completions("inf", KNOWN).map(({ text }) => text), ["inflate"]);
  assert.deepEqual(completions("scenario egg", KNOWN).map(({ text }) => text), ["scenario chicken and egg"]);
  assert.equal(completions("", KNOWN).length, WORDS.length);
  assert.ok(completions("shrink", KNOWN).some(({ text }) => text === "deflate"), "found by what it does");
});

test("every word means something, and no two have one name", () => {
  assert.equal(new Set(WORDS.map(({ name }) => name)).size, WORDS.length);
  for (const word of WORDS) assert.ok(["command", "act", "wrong"].includes(word.mean("", KNOWN).kind));
});
