import assert from "node:assert/strict";
import { test } from "node:test";
import { axisMarks, cellOf, fit, indexAt, moveIndex } from "../../../web/src/map/geometry.js";

const SIZES = [1, 7, 8, 504, 512, 2048, 8191, 32768];
const BOXES = [[320, 260, 1], [124, 220, 2], [118, 220, 3], [700, 400, 1], [1500, 600, 1.5]];

test("every pageblock has its own cell inside the map, and the cell's pixels lead back to it", () => {
  for (const nr of SIZES) {
    for (const [width, height, dpr] of BOXES) {
      const g = fit(nr, width, height, dpr);
      assert.ok(g.cssWidth <= width + 1e-9, `${nr} in ${width}: ${g.cssWidth} wide`);
      assert.ok(g.cols * g.rows >= nr);
      assert.ok(g.cols * (g.rows - 1) < nr, "no empty row");
      assert.ok(Number.isInteger(g.cell) && g.cell >= 1);
      const seen = new Set();
      for (let i = 0; i < nr; i += Math.max(1, Math.floor(nr / 500))) {
        const { col, row } = cellOf(g, i);
        assert.ok(col >= 0 && col < g.cols && row >= 0 && row < g.rows);
        seen.add(`${col},${row}`);
        assert.equal(indexAt(g, (col + 0.5) * g.cssCell, (row + 0.5) * g.cssCell), i);
      }
      assert.equal(seen.size, Math.ceil(nr / Math.max(1, Math.floor(nr / 500))));
    }
  }
});

test("the map keeps to its height while a cell of one pixel allows it", () => {
  assert.ok(fit(504, 320, 260, 1).cssHeight <= 260);
  assert.ok(fit(32768, 320, 260, 1).cssHeight <= 260);
  assert.ok(fit(32768, 124, 220, 1).cssHeight > 220, "too many: it grows downwards and loses nothing");
});

test("low addresses are at the bottom left, high ones at the top right", () => {
  const g = fit(504, 320, 260, 1);
  assert.deepEqual(cellOf(g, 0), { col: 0, row: g.rows - 1 });
  assert.equal(cellOf(g, 503).row, 0);
  assert.ok(cellOf(g, 1).col === 1);
});

test("beside the map and in the unused rest of the top row there is no pageblock", () => {
  const g = fit(9, 80, 400, 1);
  assert.equal(indexAt(g, -1, 0), null);
  assert.equal(indexAt(g, g.cssWidth + 1, 0), null);
  assert.equal(indexAt(g, 0, g.cssHeight + 1), null);
  assert.equal(indexAt(g, g.cssWidth - 1, 0), null);
});

test("arrow keys follow the picture and stay on it", () => {
  const g = fit(504, 320, 260, 1);
  assert.equal(moveIndex(g, 0, "ArrowUp"), g.cols);
  assert.equal(moveIndex(g, 0, "ArrowDown"), 0);
  assert.equal(moveIndex(g, 5, "ArrowRight"), 6);
  assert.equal(moveIndex(g, 503, "ArrowRight"), 503);
  assert.equal(moveIndex(g, 100, "Home"), 0);
  assert.equal(moveIndex(g, 100, "End"), 503);
  assert.equal(moveIndex(g, 100, "a"), null);
});

test("marks on the axis are round, apart from each other, and begin at 0", () => {
  const g = fit(2048, 320, 260, 1);
  const marks = axisMarks(g, 26);
  assert.deepEqual(marks[0], { cssY: g.cssHeight, mib: 0 });
  for (let i = 1; i < marks.length; i++) {
    assert.ok(marks[i - 1].cssY - marks[i].cssY >= 26);
    assert.equal(marks[i].mib % 16, 0);
  }
});
