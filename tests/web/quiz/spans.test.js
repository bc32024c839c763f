import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf, LANE, outline, ticksOf, WIDTH, xOf } from "../../../web/src/quiz/spans.js";

const RESULTS = { low: 10, step: 2, rounds: [{ answered: 2, designs: [{ counts: [1, 2, 0, 1] }] }] };

test("the axis holds what was said, what came and what the kernel did", () => {
  assert.deepEqual(axisOf(RESULTS, []), { from: 10, to: 18 });
  assert.deepEqual(axisOf(RESULTS, [3, 30]), { from: 3, to: 31 });
  const axis = axisOf(RESULTS, []);
  assert.ok(xOf(axis, 10) > 0 && xOf(axis, 18) < WIDTH);
  assert.equal(axisOf({ low: 0, step: 1, rounds: [] }, []).to, 1);
});

test("the outline goes up and down with how many reach there", () => {
  const path = outline(axisOf(RESULTS, []), RESULTS, RESULTS.rounds[0].designs[0].counts, 2, LANE);
  assert.match(path, /^M12\.0 34V/);
  assert.equal(path.match(/H/g).length, 4);
  assert.ok(path.includes("V4.0H"), "the most take the whole height");
  assert.ok(path.endsWith("V34Z"));
});

test("the numbers of the axis are round, and few", () => {
  assert.deepEqual(ticksOf({ from: 10, to: 18 }), [10, 12, 14, 16, 18]);
  assert.deepEqual(ticksOf({ from: 3, to: 480 }), [100, 200, 300, 400]);
  assert.ok(ticksOf({ from: 0, to: 1 }).length <= 2);
});
