import assert from "node:assert/strict";
import { test } from "node:test";
import { splitLabel } from "../../../web/src/panels/design_text.js";

test("a label gives whether a design is our reading and which kernels have it", () => {
  assert.deepEqual(splitLabel("Separate pass: as proposed, our implementation"), { ours: "as proposed, our implementation", since: "" });
  assert.deepEqual(splitLabel("Pinned: balloon pages never move (before Linux 3.8)"), { ours: "", since: "before Linux 3.8" });
  assert.deepEqual(splitLabel("Pinned"), { ours: "", since: "" });
});
