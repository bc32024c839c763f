import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsFor, fit, indexAt, indexOf, moveIndex, placeOf, WHOLE_FROM } from "../../../web/src/map/geometry.js";
import { viewMarks, WHOLE } from "../../../web/src/zoom/lens.js";

const cellOf = (g, index) => {
  const { x, y } = placeOf(g, index);
  return { col: Math.floor(x / g.side), row: g.rows - 1 - Math.floor(y / g.side) };
};
const SIZES = [1, 7, 8, 504, 512, 2048, 8191, 32768];
const BOXES = [[320, 260, 1], [124, 220, 2], [118, 220, 3], [700, 400, 1], [1500, 600, 1.5]];

test("every pageblock has its own cell inside the map, and the cell's pixels lead back to it", () => {
  for (const nr of SIZES) {
    for (const [width, height, dpr] of BOXES) {
      const g = fit(nr, width, height, dpr);
      assert.ok(g.cssWidth <= Math.max(8, width) + 1e-9, `${nr} in ${width}: ${g.cssWidth} wide`);
      assert.equal(g.cells, Math.ceil(nr / g.per));
      assert.ok(g.cols * g.rows >= g.cells);
      assert.ok(g.cols * (g.rows - 1) < g.cells, "no empty row");
      assert.ok(g.cell > 0 && (g.cell < WHOLE_FROM || Number.isInteger(g.cell)));
      const seen = new Set();
      for (let i = 0; i < nr; i += Math.max(1, Math.floor(nr / 500))) {
        const { col, row } = cellOf(g, i);
        assert.ok(col >= 0 && col < g.cols && row >= 0 && row < g.rows);
        seen.add(`${col},${row}`);
        assert.equal(indexAt(g, (col + 0.5) * g.cssCellW, (row + 0.5) * g.cssCellH), i - (i % g.per));
        const { x, y } = placeOf(g, i);
        assert.equal(indexOf(g, x, y), i);
      }
      if (g.per === 1) assert.equal(seen.size, Math.ceil(nr / Math.max(1, Math.floor(nr / 500))));
    }
  }
});

test("a map fills the box that it is given", () => {
  for (const [nr, width, height] of [[512, 320, 640], [512, 224, 640], [2048, 320, 640], [32768, 320, 640], [512, 660, 640]]) {
    const g = fit(nr, width, height, 1);
    assert.ok(g.cssWidth * g.cssHeight >= 0.9 * width * height, `${nr} in ${width} x ${height}: ${g.cssWidth} x ${g.cssHeight}`);
    assert.ok(g.cssHeight <= height + 1e-9);
  }
});

test("columns are a power of two, so that no top row is ragged and a row is a round size", () => {
  for (const nr of [512, 1024, 2048, 4096, 32768]) {
    for (const [width, height] of [[320, 640], [450, 780], [660, 300]]) {
      const cols = columnsFor(nr, width, height);
      assert.equal(Math.log2(cols) % 1, 0);
      assert.equal(nr % cols, 0);
    }
  }
  assert.equal(fit(512, 150, 640, 1, 16).cols, 16, "the columns of another box are kept");
});

test("where a cell would be too small to see, it stands for a square of pageblocks", () => {
  for (const [width, height] of [[320, 260], [124, 220], [700, 700]]) {
    const g = fit(32768, width, height, 1);
    assert.ok(g.cssHeight <= height && g.cell >= 4, `${g.cell} px for ${g.per}`);
    assert.equal(g.per, g.side ** 2);
  }
  assert.equal(fit(512, 112, 224, 1).per, 1);
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
  const marks = viewMarks(g, WHOLE, 26);
  assert.deepEqual(marks[0], { cssY: g.cssHeight, mib: 0 });
  for (let i = 1; i < marks.length; i++) {
    assert.ok(marks[i - 1].cssY - marks[i].cssY >= 26);
    assert.equal(marks[i].mib % 16, 0);
  }
});
