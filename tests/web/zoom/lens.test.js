import assert from "node:assert/strict";
import { test } from "node:test";
import { fit, indexOf } from "../../../web/src/map/geometry.js";
import {
  blockBeside, blockRect, blockSide, blockView, boundsOf, boxOf, bringIn, clamp, hit, largestZ, MOST_OPEN, openBlocks, pageBeside, pageRect, pageView,
  pan, shownSide, viewMarks, visibleBlocks, WHOLE, wheelFactor, WORDS_FROM, zoomAt,
} from "../../../web/src/zoom/lens.js";

const MAPS = [fit(512, 300, 600, 1), fit(504, 112, 224, 2), fit(32768, 320, 260, 1), fit(32768, 700, 700, 1.5)];
const near = (a, b, words) => assert.ok(Math.abs(a - b) < 1e-6, `${words}: ${a} for ${b}`);

test("what is under the pointer stays there while the wheel turns", () => {
  for (const g of MAPS) {
    let view = WHOLE;
    const [x, y] = [g.cssWidth * 0.4, g.cssHeight * 0.7];
    const block = indexOf(g, Math.floor((x / g.cssCellW) * g.side), g.rows * g.side - 1 - Math.floor((y / g.cssCellH) * g.side));
    for (let i = 0; i < 25; i++) {
      view = zoomAt(g, view, 1.2, x, y);
      assert.equal(hit(g, view, x, y).block, shownSide(g, view) > 1 ? block - (block % g.per) : block);
    }
    for (let i = 0; i < 40; i++) view = zoomAt(g, view, 1 / 1.2, x, y);
    assert.deepEqual(view, WHOLE, "and back out it is the whole map again");
  }
});

test("the map never leaves the window and never gets larger than a page with words", () => {
  for (const g of MAPS) {
    for (const view of [{ z: 7, x: -50, y: 1e9 }, { z: 0.2, x: 3, y: 3 }, { z: 1e9, x: 0, y: 0 }]) {
      const { z, x, y } = clamp(g, view);
      assert.ok(z >= 1 && z <= largestZ(g));
      assert.ok(x >= 0 && y >= 0 && x + g.cssWidth / z <= g.cssWidth + 1e-9 && y + g.cssHeight / z <= g.cssHeight + 1e-9);
    }
    assert.deepEqual(pan(g, WHOLE, 100, -100), WHOLE);
  }
});

test("every visible pageblock has a place in the window that leads back to it", () => {
  for (const g of MAPS) {
    for (const view of [zoomAt(g, WHOLE, 9, 10, 10), blockView(g, 137), blockView(g, g.nr - 1)]) {
      const seen = visibleBlocks(g, view);
      assert.ok(seen.length > 0);
      for (const index of seen) {
        const { x, y, width, height } = blockRect(g, view, index);
        near(Math.min(width, height), blockSide(g, view), "size");
        const box = boxOf(g, view, index);
        if (shownSide(g, view) > 1) {
          assert.ok(box.left <= x * g.dpr + 1 && box.right >= (x + width) * g.dpr - 1);
          continue;
        }
        assert.ok(Math.abs(box.left - x * g.dpr) <= 0.5 && Math.abs(box.bottom - (y + height) * g.dpr) <= 0.5);
        const [cx, cy] = [Math.max(0.01, Math.min(g.cssWidth - 0.01, x + width / 2)), Math.max(0.01, Math.min(g.cssHeight - 0.01, y + height / 2))];
        if (cx > x && cx < x + width && cy > y && cy < y + height) assert.equal(hit(g, view, cx, cy).block, index);
      }
    }
  }
});

test("pages open only where there are few enough, each has a place of its own, the lowest bottom left", () => {
  for (const g of MAPS) {
    assert.deepEqual(openBlocks(g, WHOLE).length <= MOST_OPEN, true);
    const view = blockView(g, 200);
    assert.ok(openBlocks(g, view).includes(200) && openBlocks(g, view).length <= MOST_OPEN);
    const close = pageView(g, 200 * 512 + 77);
    assert.ok(blockSide(g, close) >= WORDS_FROM);
    const { x, y, width, height } = pageRect(g, close, 200 * 512 + 77);
    assert.deepEqual(hit(g, close, x + width / 2, y + height / 2), { block: 200, pfn: 200 * 512 + 77 });
    const [first, above] = [pageRect(g, close, 200 * 512), pageRect(g, close, 200 * 512 + 16)];
    near(first.x, above.x, "a row up");
    assert.ok(above.y < first.y);
  }
});

test("bounds say which pfns are in the window", () => {
  const g = MAPS[0];
  assert.deepEqual(boundsOf(g, WHOLE), { start_pfn: 0, end_pfn: 512 * 512 });
  const view = blockView(g, 100);
  const { start_pfn, end_pfn } = boundsOf(g, view);
  assert.ok(start_pfn <= 100 * 512 && end_pfn >= 101 * 512 && end_pfn - start_pfn < 512 * 512);
});

test("arrows go to the neighbour on the screen and stay on the map", () => {
  for (const g of MAPS) {
    const view = zoomAt(g, WHOLE, 3, 0, 0);
    for (const index of [0, 5, 137, 300]) {
      const here = blockRect(g, view, index);
      const up = blockRect(g, view, blockBeside(g, index, "ArrowUp"));
      near(up.x, here.x, "up keeps the column");
      near(up.y, here.y - here.height, "up is one higher");
      assert.equal(blockBeside(g, blockBeside(g, index, "ArrowUp"), "ArrowDown"), index);
      assert.equal(blockBeside(g, blockBeside(g, index, "ArrowRight"), "ArrowLeft"), index);
    }
    assert.equal(blockBeside(g, 0, "ArrowDown"), 0);
    assert.equal(blockBeside(g, 0, "x"), null);
  }
});

test("arrows on pages go by one and by a row, and on into the next pageblock", () => {
  const g = MAPS[0];
  assert.equal(pageBeside(g, 511, "ArrowRight"), 512);
  assert.equal(pageBeside(g, 512, "ArrowUp"), 528);
  assert.equal(pageBeside(g, 3, "ArrowDown"), 3);
  assert.equal(pageBeside(g, 700, "Home"), 512);
  assert.equal(pageBeside(g, 700, "End"), 1023);
  assert.equal(pageBeside(g, 700, "Enter"), null);
});

test("a rectangle outside is brought in, one inside moves nothing", () => {
  const g = MAPS[0];
  const view = blockView(g, 200);
  assert.deepEqual(bringIn(g, view, { x: 5, y: 5, width: 10, height: 10 }), view);
  const moved = bringIn(g, view, { x: -40, y: g.cssHeight + 5, width: 10, height: 10 });
  near(moved.x, view.x - 40 / view.z, "to the left");
  near(moved.y, view.y + 15 / view.z, "down");
});

test("one notch of the wheel is 1.2, whatever the browser counts in", () => {
  near(wheelFactor(-100, 0), 1.2, "pixels");
  near(wheelFactor(3, 1), 1 / 1.2, "lines");
  assert.ok(wheelFactor(-1e6, 0) < 2.1, "a wild wheel is bounded");
});

test("marks on the axis belong to the rows in the window", () => {
  const g = MAPS[0];
  assert.equal(viewMarks(g, WHOLE, 26)[0].mib, 0);
  const view = blockView(g, 300);
  for (const { cssY, mib } of viewMarks(g, view, 26)) {
    const { y, height } = blockRect(g, view, mib / 2);
    near(y + height, cssY, `${mib} MiB`);
    assert.ok(cssY > 0 && cssY <= g.cssHeight + 0.5);
  }
});
