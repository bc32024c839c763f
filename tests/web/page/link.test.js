import assert from "node:assert/strict";
import { test } from "node:test";
import { viewFrom, viewText } from "../../../web/src/page/link.js";

const MODES = ["content", "holder"];
const START = { mode: "content", pageblock: null, past: null };

test("a view comes back from its text, and the one that everybody begins with needs none", () => {
  for (const view of [
    START,
    { mode: "holder", pageblock: 77, past: { tick: 120, index: null } },
    { mode: "content", pageblock: 0, past: { tick: 0, index: 0 } },
  ]) assert.deepEqual(viewFrom(viewText(view), MODES), view);
  assert.equal(viewText(START), "");
});

test("what somebody else has written into the address does no harm", () => {
  for (const text of ["", "{", "null", "[]", '{"v":2,"tick":5}', '{"v":1,"tick":-1,"mode":"x","pageblock":"7"}', '{"v":1,"tick":1.5}', '{"tick":5}']) {
    assert.deepEqual(viewFrom(text, MODES), START, text);
  }
  assert.deepEqual(viewFrom('{"v":1,"tick":5,"zoom":{"x":1}}', MODES).past, { tick: 5, index: null });
});
