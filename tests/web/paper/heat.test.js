import assert from "node:assert/strict";
import { test } from "node:test";
import { heatOf, RAMP_WORDS, RAMPS } from "../../../web/src/paper/heat.js";

test("a cell is the share of its zone's free memory; none is empty, a floor says so", () => {
  const heat = { rows: ["node 0, DMA", "node 0, Normal"], counts: [[4, 0], [0, 0, 1]], floors: [[0], []], page_kib: 4 };
  const { traces: [{ z, text }], layout } = heatOf(heat, {}, RAMPS.light);
  assert.deepEqual(z, [[0, null, null], [null, null, 0]]);
  assert.match(String(text[0][0]), /at least 4 blocks, 0.02 MiB<br>100.00 %/);
  assert.equal(text[0][2], null);
  assert.ok(layout.height > 150);
});

test("each colour of the ramp has its words", () => {
  for (const ramp of Object.values(RAMPS)) assert.equal(ramp.length, RAMP_WORDS.length);
});
