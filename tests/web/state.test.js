import assert from "node:assert/strict";
import { test } from "node:test";
import { createState, dismiss, notify } from "../../web/src/state.js";

test("two pages of one browser share nothing", () => {
  const [a, b] = [createState(), createState()];
  a.mode.set("holder");
  assert.equal(b.mode.get(), "content");
});

test("notices: newest last, three at most, the same words once, gone when dismissed", () => {
  const state = createState();
  for (const text of ["one", "two", "three", "four", "three"]) notify(state, "error", text);
  assert.deepEqual(state.notices.get().map((notice) => notice.text), ["two", "four", "three"]);
  dismiss(state, state.notices.get()[1].id);
  assert.deepEqual(state.notices.get().map((notice) => notice.text), ["two", "three"]);
});
