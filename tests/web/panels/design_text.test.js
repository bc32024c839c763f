import assert from "node:assert/strict";
import { test } from "node:test";
import { designTitle, inSentence, splitLabel } from "../../../web/src/panels/design_text.js";

test("a label gives whether a design is our reading and which kernels have it", () => {
  assert.deepEqual(splitLabel("Separate pass: as proposed, our implementation"), { ours: "as proposed, our implementation", since: "" });
  assert.deepEqual(splitLabel("Pinned: balloon pages never move (before Linux 3.8)"), { ours: "", since: "before Linux 3.8" });
  assert.deepEqual(splitLabel("Pinned"), { ours: "", since: "" });
});

test("people read a title, with what was chosen of a variant, and an unknown design by its identifier", () => {
  assert.equal(designTitle("lru_hook"), "Moved by compaction");
  assert.equal(designTitle("dedicated_block:prevent"), "Gathered in blocks (prevent)");
  assert.equal(inSentence("dedicated_block:prevent"), "gathered in blocks (prevent)");
  assert.equal(inSentence("Other"), "Other");
});
