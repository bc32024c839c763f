import assert from "node:assert/strict";
import { test } from "node:test";
import { splitLabel } from "../../../web/src/panels/design_text.js";

test("what a label says of a design's origin", () => {
  assert.deepEqual(splitLabel("Separate pass: as proposed, our implementation"), { ours: "as proposed, our implementation", since: "" });
  assert.deepEqual(splitLabel("Pinned: balloon pages never move (before Linux 3.8)"), { ours: "", since: "before Linux 3.8" });
  assert.deepEqual(splitLabel("Pinned"), { ours: "", since: "" });
});
