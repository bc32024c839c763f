import assert from "node:assert/strict";
import { test } from "node:test";
import { fit } from "../../../web/src/map/geometry.js";
import { drawMarks } from "../../../web/src/map/marks.js";
import { gutterOf } from "../../../web/src/map/over.js";

/** A canvas that keeps how far was drawn on it, lines included, in its own pixels. */
function ruler() {
  const reach = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  const canvas = { width: 0, height: 0, style: {}, reach };
  const c = { canvas, lineWidth: 1, dx: 0, dy: 0 };
  const grow = (x, y, by = 0) => {
    reach.left = Math.min(reach.left, x + c.dx - by);
    reach.top = Math.min(reach.top, y + c.dy - by);
    reach.right = Math.max(reach.right, x + c.dx + by);
    reach.bottom = Math.max(reach.bottom, y + c.dy + by);
  };
  const nothing = () => {};
  Object.assign(c, {
    setTransform: (_a, _b, _c, _d, dx, dy) => Object.assign(c, { dx, dy }),
    moveTo: (x, y) => grow(x, y, c.lineWidth / 2),
    lineTo: (x, y) => grow(x, y, c.lineWidth / 2),
    fillRect: (x, y, width, height) => [grow(x, y), grow(x + width, y + height)],
    strokeRect: (x, y, width, height) => [grow(x, y, c.lineWidth / 2), grow(x + width, y + height, c.lineWidth / 2)],
  });
  for (const name of ["clearRect", "save", "restore", "beginPath", "closePath", "rect", "clip", "fill", "stroke"]) c[name] = nothing;
  canvas.getContext = () => c;
  return canvas;
}

globalThis.getComputedStyle = () => ({ color: "#000" });

for (const [thick, dpr] of [[1, 1], [1.8, 1], [1, 2], [1.8, 2]]) {
  test(`no mark is cut at the edge of a map, ${thick} times as thick, at ${dpr} device pixels`, () => {
    const g = fit(512, 320, 480, dpr, 16);
    const still = { flags: null, migrate_pfn: -1, free_pfn: -1, pageblock: null, thick };
    for (const marks of [
      { migrate_pfn: 0, free_pfn: 511 * 512 },
      ...[0, 15, 496, 511].flatMap((block) => [{ pageblock: block }, { asked: block }, { culprit: block }]),
    ]) {
      const canvas = ruler();
      drawMarks(canvas, g, { ...still, ...marks });
      const { left, top, right, bottom } = canvas.reach;
      const what = JSON.stringify([marks, canvas.reach, canvas.width, canvas.height]);
      assert.ok(left >= 0 && top >= 0 && right <= canvas.width && bottom <= canvas.height, what);
      assert.ok(right > 0, "something was drawn");
    }
    assert.ok(gutterOf(thick) >= gutterOf(1));
  });
}

test("in a window of the map a pageblock larger than it is framed all the same", () => {
  const g = fit(512, 320, 480, 1, 16);
  const view = { z: 40, x: 2, y: 2 }; // inside the pageblock at the top left
  const canvas = ruler();
  drawMarks(canvas, g, { flags: null, migrate_pfn: -1, free_pfn: -1, pageblock: 496, view });
  const { left, right } = canvas.reach;
  assert.ok(left >= 0 && right <= canvas.width && right - left <= g.cssWidth + 4, JSON.stringify(canvas.reach));
});
