import assert from "node:assert/strict";
import { test } from "node:test";
import { bothText, dividerText, moved } from "../../../web/src/difference/wipe.js";

test("keys move the divider and stop at the edges", () => {
  assert.deepEqual(["ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].map((key) => moved(50, key)), [48, 52, 48, 52, 40, 60, 0, 100]);
  assert.equal(moved(1, "ArrowLeft"), 0);
  assert.equal(moved(95, "PageUp"), 100);
  assert.equal(moved(50, "Enter"), null);
});

test("what lies left and right is said in words", () => {
  assert.equal(dividerText(38, ["ours", "Linux 6.12"]), "left 38 %: ours; right 62 %: Linux 6.12");
  assert.equal(dividerText(0, ["ours", "Linux 6.12"]), "all Linux 6.12");
  assert.equal(dividerText(100, ["ours", "Linux 6.12"]), "all ours");
});

test("a pageblock on both sides", () => {
  const planes = (free, movable, balloon) => ({ free: [free], movable: [movable], balloon: [balloon], unmovable: [0] });
  assert.equal(bothText(planes(128, 184, 200), planes(0, 279, 233), 0), "Left 128 free, 184 movable, 200 balloon; right 279 movable, 233 balloon.");
  assert.equal(bothText(planes(512, 0, 0), planes(512, 0, 0), 0), "Both sides 512 free.");
});
