import assert from "node:assert/strict";
import test from "node:test";
import { createElsewhere, orderOf, rememberOrder } from "../../../web/src/controls/elsewhere.js";
import { setPageblockOrder } from "../../../web/src/lib/pageblock.js";

test("examples and synthetic guests have pageblocks of 2 MiB, an upload what the server has said", () => {
  rememberOrder("ten", 10);
  assert.equal(orderOf({ kind: "capture", name: "runs" }, 10), 9);
  assert.equal(orderOf({ kind: "upload", capture: "ten" }, 9), 10);
  assert.equal(orderOf({ kind: "upload", capture: "of this session" }, 10), 10);
  assert.equal(orderOf(undefined, 10), 9);
});

test("a guest of the session's own size is its next one", () => {
  /** @type {unknown[]} */
  const asked = [];
  const reset = createElsewhere(/** @type {any} */ ({}), (...words) => asked.push(words));
  const config = /** @type {const} */ ({ source: { kind: "upload", capture: "ten" } });
  setPageblockOrder(10);
  reset(config, "start over");
  setPageblockOrder(9);
  assert.deepEqual(asked, [[config, "start over"]]);
});
