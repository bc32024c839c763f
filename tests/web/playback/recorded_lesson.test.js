import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomeOf } from "../../../web/src/playback/recorded_lesson.js";

const after = [{ tag: "p", parts: ["After."] }];
const say = [{ tag: "p", parts: ["Fewer."] }];
const step = { part: 0, from: 0, before: [], ask: [], choices: [], commands: [{ type: "compact" }], after };

test("an act is done once what one does was played", () => {
  assert.deepEqual(outcomeOf(step, undefined, 0), { busy: false, done: true, after, commands: step.commands });
});

test("a range counts if it holds the truth and is narrow enough", () => {
  const scaled = { ...step, truth: 33, text: "33", says: [say] };
  const said = (low, high) => outcomeOf(scaled, [low, high], 10);
  assert.deepEqual([said(30, 40).right, said(33, 33).right, said(34, 40).right, said(20, 40).right], [true, true, false, false]);
  assert.deepEqual([said(30, 40).say, said(34, 40).say, said(20, 40).say], [[], say, say]);
  assert.equal(said(30, 40).text, "33");
});

test("each wrong choice has its own word, the right one none", () => {
  const chosen = { ...step, truth: 1, text: "", says: [say, [], [{ tag: "p", parts: ["No."] }]] };
  assert.deepEqual(outcomeOf(chosen, 0, 0).say, say);
  assert.deepEqual([outcomeOf(chosen, 1, 0).right, outcomeOf(chosen, 1, 0).say], [true, []]);
  assert.deepEqual(outcomeOf(chosen, 2, 0).say[0].parts, ["No."]);
});
