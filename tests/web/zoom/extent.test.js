import assert from "node:assert/strict";
import { test } from "node:test";
import { fit, placeOf } from "../../../web/src/map/geometry.js";
import { extentFrom, extentOf, viewOfExtent } from "../../../web/src/zoom/extent.js";
import { blockRect, blockView, clamp, visibleBlocks, WHOLE } from "../../../web/src/zoom/lens.js";

const WIDE = fit(2048, 900, 400, 1);
const WIDE_LARGER = fit(2048, 1350, 600, 2, WIDE.cols);
const PHONE = fit(2048, 170, 300, 3);
const HUGE = fit(524288, 300, 300, 1);

test("maps of one shape show the same pageblocks, whatever their size", () => {
  assert.equal(WIDE_LARGER.cols, WIDE.cols);
  for (const view of [{ z: 3, x: 200, y: 90 }, { z: 11.3, x: 0, y: 360 }, blockView(WIDE, 1000)]) {
    const here = clamp(WIDE, view);
    const there = viewOfExtent(WIDE_LARGER, extentFrom(JSON.parse(JSON.stringify(extentOf(WIDE, here)))));
    assert.ok(Math.abs(there.z - here.z) < 0.01 * here.z);
    assert.deepEqual(visibleBlocks(WIDE_LARGER, there), visibleBlocks(WIDE, here));
  }
});

test("maps of another shape show the pageblock in the middle, and as a whole if it was seen as a whole", () => {
  assert.notEqual(PHONE.cols, WIDE.cols);
  for (const [g, index] of [[PHONE, 1000], [PHONE, 0], [PHONE, 2047]]) {
    const extent = extentOf(WIDE, blockView(WIDE, index));
    const view = viewOfExtent(g, extent);
    const { x, y, width, height } = blockRect(g, view, extent.pageblock);
    assert.ok(x > -0.5 && y > -0.5 && x + width < g.cssWidth + 0.5 && y + height < g.cssHeight + 0.5, `${index}: ${JSON.stringify({ x, y, width, height })}`);
    assert.ok(Math.max(width / g.cssWidth, height / g.cssHeight) > 0.5, "and it fills the window");
  }
  const part = clamp(WIDE, { z: 4, x: 300, y: 150 });
  const there = viewOfExtent(PHONE, extentOf(WIDE, part));
  const middle = extentOf(WIDE, part).pageblock;
  assert.ok(visibleBlocks(PHONE, there).includes(middle));
  assert.ok(Math.abs(visibleBlocks(PHONE, there).length / visibleBlocks(WIDE, part).length - 1) < 0.5);
});

test("a page looked at is looked at there, too", () => {
  const near = clamp(WIDE, { z: 200, x: 333, y: 111 });
  const extent = extentOf(WIDE, near);
  assert.ok(extent.size[0] < 1 && extent.size[1] < 1);
  for (const g of [WIDE_LARGER, PHONE]) {
    const view = viewOfExtent(g, extent);
    assert.ok(visibleBlocks(g, view).includes(extent.pageblock));
    assert.ok(extentOf(g, view).size[0] >= extent.size[0] - 1e-3, "nothing of it is cut off");
  }
});

test("the whole needs no extent, and of cells that stand for many pageblocks the middle is found as well", () => {
  assert.equal(extentOf(WIDE, WHOLE), null);
  assert.deepEqual(viewOfExtent(WIDE, null), WHOLE);
  assert.ok(HUGE.side > 1);
  const view = blockView(HUGE, 300_000);
  const extent = extentOf(HUGE, view);
  assert.equal(extent.pageblock, 300_000);
  assert.deepEqual(placeOf(HUGE, extent.pageblock), placeOf(HUGE, 300_000));
});

test("what somebody else has written does no harm", () => {
  const good = extentOf(WIDE, { z: 3, x: 200, y: 90 });
  assert.deepEqual(extentFrom(good), good);
  for (const bad of [null, 7, "x", {}, { ...good, size: [0, 1] }, { ...good, size: [1] }, { ...good, shape: [0, 1] }, { ...good, pageblock: -1 }, { ...good, inside: ["a", 1] }, { ...good, size: [Infinity, 1] }]) {
    assert.equal(extentFrom(bad), null, JSON.stringify(bad));
  }
  assert.deepEqual(viewOfExtent(WIDE, { ...good, pageblock: 5000 }), WHOLE);
  const far = viewOfExtent(WIDE, { ...good, inside: [1e6, -1e6] });
  assert.deepEqual(far, clamp(WIDE, far));
});
