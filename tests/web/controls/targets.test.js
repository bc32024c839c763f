import assert from "node:assert/strict";
import { test } from "node:test";
import { recordedTargets, roundStep, snapped, targetMarks } from "../../../web/src/controls/targets.js";

test("a drag stops at round values and at what was recorded, and reaches both ends", () => {
  for (const raw of [191, 198, 205]) assert.equal(snapped(raw, 1001, [200]), 200);
  assert.equal(snapped(333, 1001, [334]), 334, "a recorded value wins over a round one");
  assert.equal(snapped(317, 1001, []), 320);
  assert.equal(snapped(0, 1001, [200]), 0);
  assert.equal(snapped(1001, 1001, [200]), 1000);
  assert.equal(snapped(1005, 1001, []), 1001);
});

test("steps are 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual([1, 3, 10, 41, 99, 655].map(roundStep), [1, 2, 10, 20, 50, 500]);
});

test("recorded commands are sizes of the balloon, each once", () => {
  const inflate = (mib) => ({ command: { type: "balloon_inflate", nr_pages: mib * 256 } });
  const deflate = (mib) => ({ command: { type: "balloon_deflate", nr_pages: mib * 256 } });
  assert.deepEqual(recordedTargets({ operations: [inflate(200), { command: { type: "compact" } }, deflate(100), inflate(100)] }), [200, 100]);
  assert.deepEqual(recordedTargets(null), []);
});

test("what is marked lies on the slider", () => {
  const marks = targetMarks(1001, [200, 5000]);
  assert.ok(marks.every(({ value }) => value >= 0 && value <= 1001));
  assert.deepEqual(marks.filter(({ recorded }) => recorded).map(({ value }) => value), [200]);
  assert.ok(marks.length >= 8 && marks.length <= 25);
});
