import assert from "node:assert/strict";
import test from "node:test";

import { begun, doneSteps, foretold, handedIn, kept, rangeOf } from "../../../web/src/lessons/lesson.js";

const scale = { unit: "pages", low: 0, high: 128, width: 20 };
const step = (kind, more = {}) => ({ title: "A", kind, load: null, before: [], show: [], hints: 0, ...more });
const lesson = { name: "one", digest: "abc", title: "One", minutes: 3, know: [], intro: [], steps: [step("read"), step("predict", { scale }), step("act")] };

test("progress survives storage, and another text of the lesson begins anew", () => {
  const progress = begun(lesson);
  progress.at = 2;
  progress.steps[0].done = true;
  assert.deepEqual(kept(JSON.stringify(progress), lesson), progress);
  assert.equal(doneSteps(progress), 1);
  for (const text of [null, "", "{", "[]", "null", JSON.stringify({ ...progress, digest: "x" }), JSON.stringify({ ...progress, at: 3 }), JSON.stringify({ ...progress, steps: [] })]) {
    assert.deepEqual(kept(text, lesson), begun(lesson));
  }
});

test("what is handed in has every step that was tried, and its evidence", () => {
  const progress = begun(lesson);
  Object.assign(progress.steps[0], { done: true });
  Object.assign(progress.steps[1], { done: true, answer: [1, 2], checked: { busy: false, done: true, evidence: { tick: 7 } } });
  const told = handedIn(lesson, progress, "Ada");
  assert.deepEqual(told.steps, [
    { number: 1, attempts: 0, shown: false, answer: null, evidence: null },
    { number: 2, attempts: 0, shown: false, answer: [1, 2], evidence: { tick: 7 } },
  ]);
  assert.deepEqual([told.lesson, told.lesson_digest, told.student], ["one", "abc", "Ada"]);
});

test("a range has two ends on the scale, the lower first", () => {
  assert.deepEqual(rangeOf("3", " 9 ", scale), { answer: [3, 9], error: "" });
  for (const [low, high, word] of [["", "9", "From"], ["3", "x", "To"], ["-1", "9", "From"], ["3", "129", "To"], ["1.5", "9", "From"], ["9", "3", "lower"]]) {
    const { answer, error } = rangeOf(low, high, scale);
    assert.equal(answer, null);
    assert.match(error, new RegExp(word));
  }
});

test("what came of a prediction is one sentence", () => {
  const checked = (more) => ({ busy: false, done: true, text: "39", truth: 39, ...more });
  assert.equal(foretold(lesson.steps[1], [30, 45], checked({ right: true })), "It is 39 pages. Your range holds it.");
  assert.match(foretold(lesson.steps[1], [0, 100], checked({ right: false })), /wider than 20: it does not count/);
  assert.match(foretold(lesson.steps[1], [0, 9], checked({ right: false })), /does not hold it/);
  assert.match(foretold(step("predict"), 0, checked({ right: false, truth: 2 })), /answer 3 is true/);
  assert.match(foretold(step("predict"), 0, checked({ right: false, truth: -1 })), /none of the answers/);
  assert.equal(foretold(step("act"), null, checked({})), "");
  assert.equal(foretold(lesson.steps[1], null, checked({ right: null })), "It is 39 pages.");
  assert.equal(foretold(step("predict"), null, checked({ right: null, truth: 2 })), "Answer 3 is true.");
});
