import assert from "node:assert/strict";
import { test } from "node:test";
import { addressTicks, cellsOf, cellWords, COLOURS, gapOf, gridOf, matrix, scaleOf } from "../../../web/src/paper/maps.js";

const planes = (/** @type {number} */ nr) => ({
  free: Array(nr).fill(500), pcp: Array(nr).fill(2), movable: Array(nr).fill(0), balloon: Array(nr).fill(10), unmovable: Array(nr).fill(0),
  migratetype: Array(nr).fill(1), holder: Array(nr).fill(2),
});

test("a cell is a pageblock, and a square of them where there are very many", () => {
  assert.equal(gridOf(512, 600, 300).per, 1);
  const large = gridOf(524288, 600, 300);
  assert.ok(large.cells <= 16384 && large.per > 1 && large.cols * large.rows >= large.cells);
  for (const cells of [1, large.cells]) assert.ok(gapOf(cells) > 0);
  const cells = cellsOf(planes(64), 16);
  assert.deepEqual([cells.free.length, cells.free[0], cells.balloon[3], cells.holder[3]], [4, 500, 10, 2]);
});

test("low addresses are at the bottom left, and nothing is where no pageblock is", () => {
  const rows = matrix({ cols: 4, rows: 2, cells: 6 }, (i) => i);
  assert.deepEqual(rows, [[0, 1, 2, 3], [4, 5, null, null]]);
  const ticks = addressTicks(gridOf(512, 600, 300));
  assert.equal(ticks.words[0], "0 MiB");
  assert.ok(ticks.at.length <= 8);
});

test("words of a cell count its pages, and reserved ones are what is missing", () => {
  const words = cellWords(planes(1), 0, 1, ["UNMOVABLE", "MOVABLE"]);
  assert.match(words, /pageblock 0, 0 to 2 MiB/);
  assert.match(words, /502 free, 10 balloon<br>held by balloon; MOVABLE/);
  assert.match(cellWords({ ...planes(1), free: [0], pcp: [0] }, 0, 1, ["", "MOVABLE"]), /10 balloon, 502 reserved/);
});

test("each colour has a step of its own, a ramp has ends", () => {
  for (const colours of COLOURS) {
    const scale = scaleOf(colours);
    assert.equal(scale[0][0], 0);
    assert.equal(scale.at(-1)?.[0], 1);
    assert.equal(scale.length, colours.hex.length * (colours.ramp ? 1 : 2));
    assert.ok(colours.names.length >= 2);
  }
});
