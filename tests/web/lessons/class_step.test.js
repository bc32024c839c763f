import assert from "node:assert/strict";
import test from "node:test";

import { isOf } from "../../../web/src/lessons/class_step.js";

const asked = { text: "How many?", quantity: "huge_best", designs: ["pinned", "lru_hook"], commands: [{ type: "compact" }, { type: "huge", nr: 128 }] };
const quiz = (more) => ({ type: "quiz_state", number: 1, stage: "open", round: 1, ...asked, mine: [], scores: [], answered: 0, results: null, truth: null, log_index: null, ...more });

test("a question is the step's if text, quantity, designs and commands are", () => {
  assert.equal(isOf(quiz({}), asked), true);
  assert.equal(isOf(quiz({ stage: "truth", number: 7 }), asked), true);
  const others = [{ stage: "none" }, { text: "How few?" }, { quantity: "free_blocks_all" }, { designs: ["pinned"] }, { commands: [{ type: "compact" }] }, { commands: [{ type: "compact" }, { type: "huge", nr: 64 }] }];
  for (const other of others) assert.equal(isOf(quiz(other), asked), false, JSON.stringify(other));
  assert.equal(isOf(null, asked), false);
});
