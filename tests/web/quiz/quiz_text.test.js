import assert from "node:assert/strict";
import { test } from "node:test";
import { nextSteps, ownText, rangesOf, realRuns, spansText, stageText, wishOf, wishText } from "../../../web/src/quiz/quiz_text.js";

const QUIZ = { stage: "open", round: 1, answered: null, mine: [null], scores: [null], truth: null, designs: ["pinned", "lru_hook"] };

test("everybody reads where the question is", () => {
  for (const [change, presents, words] of [
    [{}, false, "Your answer, please."],
    [{ mine: [[[1, 2]]] }, false, "Your answer is kept. You can change it until it is closed."],
    [{ round: 2, mine: [[[1, 2]], null] }, false, "Your second answer, please."],
    [{ answered: 1 }, true, "Asked: the answers are open. 1 person has answered."],
    [{ answered: 20, round: 2 }, true, "Asked again: the answers are open. 20 people have answered."],
    [{ stage: "closed" }, false, "The answers are closed. You have not answered."],
    [{ stage: "closed", mine: [[[1, 2]]] }, false, "The answers are closed."],
    [{ stage: "truth" }, false, "This is what came."],
    [{ stage: "none" }, false, "Nothing is asked at the moment."],
  ]) assert.equal(stageText({ ...QUIZ, ...change }, presents), words);
});

test("the presenter is led through both rounds, and may leave the second out", () => {
  const acts = (stage, round = 1) => nextSteps({ stage, round }).map(([act]) => act);
  assert.deepEqual(acts("open"), ["close", "drop"]);
  assert.deepEqual(acts("closed"), ["discuss", "run", "drop"]);
  assert.deepEqual(acts("discuss"), ["open", "drop"]);
  assert.deepEqual(acts("closed", 2), ["run", "drop"]);
  assert.deepEqual(acts("running", 2), []);
  assert.deepEqual(acts("truth", 2), ["drop"]);
});

test("what is typed is a range, or a sentence", () => {
  const designs = ["pinned", "lru_hook"];
  assert.deepEqual(rangesOf([["1", "5"], ["0", "0"]], designs), { ranges: [[1, 5], [0, 0]], wrong: "" });
  assert.match(rangesOf([["1", ""], ["0", "0"]], designs).wrong, /^Stays in place: two whole numbers/);
  assert.match(rangesOf([["1", "5"], ["1.5", "2"]], designs).wrong, /^Moved by compaction: two whole numbers/);
  assert.match(rangesOf([["9", "5"], ["0", "0"]], designs).wrong, /from 9 to 5 is no range/);
});

test("what came is said with who had it and what it cost", () => {
  const spans = { counts: [], low: 10, high: 20, covered: 3, score: 41.7 };
  assert.equal(spansText(spans, 4), "3 of 4 had it; half say 10 or more, half 20 or less; mean score 42");
  assert.equal(spansText({ ...spans, covered: null, score: null }, 4), "half say 10 or more, half 20 or less");
  assert.equal(spansText(spans, 0), "nobody answered");
  const mine = { ...QUIZ, truth: [5, 8], mine: [[[1, 4], [8, 8]], [[5, 5], [8, 8]]], scores: [6.5, 0] };
  assert.match(ownText(mine), /^Your first answer had 1 of 2, score 7; your second answer had 2 of 2, score 0\./);
  assert.equal(ownText({ ...mine, mine: [null, null] }), "");
  assert.equal(ownText(QUIZ), "");
});

test("the real kernel's runs are told where they were recorded", () => {
  const real = { steps: [{ values: {} }, { values: { huge_best: { each: [3, 4, 4] } } }] };
  assert.deepEqual(realRuns(real, 1, "huge_best"), [3, 4, 4]);
  assert.deepEqual(realRuns(real, 0, "huge_best"), []);
  assert.deepEqual(realRuns(null, 0, "huge_best"), []);
});

test("what one would like to see true is one's own last answer, else the class's", () => {
  const results = { low: 0, step: 1, rounds: [{ answered: 2, designs: [{ low: 10.5, high: 20.5 }] }, { answered: 0, designs: [{ low: 0, high: 0 }] }] };
  assert.deepEqual(wishOf({ mine: [[[1, 2]], null], results }, 0), [1, 2]);
  assert.deepEqual(wishOf({ mine: [null, null], results }, 0), [10, 21]);
  assert.equal(wishText({ tried: 60, value: 12, config: null }), "None of 60 guests tried; the nearest came to 12.");
  assert.equal(wishText({ tried: 1, value: null, config: null }), "None of 1 guest tried.");
  assert.equal(wishText({ tried: 3, value: 140, config: { source: { kind: "capture", name: "runs" }, seed: 9 } }), "this guest under seed 9: 140 (no. 3 tried).");
  assert.equal(wishText({ tried: 8, value: 14, config: { source: { kind: "synthetic", preset: "tight", size_mib: 1024, seed: 2 } } }), "tight, 1,024 MiB, seed 2: 14 (no. 8 tried).");
});
