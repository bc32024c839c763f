import assert from "node:assert/strict";
import { test } from "node:test";
import { pictures } from "../../../web/src/playback/recorded_driver.js";

test("a step is played in so many pictures at most, and always to its end", () => {
  assert.deepEqual(pictures(3, 7, 90), [4, 5, 6, 7]);
  assert.deepEqual(pictures(0, 10, 4), [3, 6, 9, 10]);
  assert.deepEqual(pictures(5, 5, 90), [5]);
  for (const most of [1, 7, 90]) assert.ok(pictures(0, 1234, most).length <= most);
});
