import assert from "node:assert/strict";
import { test } from "node:test";
import { fit } from "../../../web/src/map/geometry.js";
import { Heatmap, layers, rowOfContent } from "../../../web/src/map/heatmap.js";
import { CONTENT, FREE_SHARE, HOLDER, MIGRATETYPE, packed } from "../../../web/src/map/palette.js";

/** As much of a canvas as the heatmap uses. */
function fakeCanvas() {
  const canvas = { width: 0, height: 0, style: {}, painted: null };
  canvas.getContext = () => ({
    createImageData: (width, height) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) }),
    putImageData: (image) => {
      canvas.painted = new Uint32Array(image.data.buffer.slice(0));
    },
  });
  return canvas;
}

/** 16 pageblocks, each kind of content once. */
function planes() {
  const make = (Kind, values) => Kind.from({ length: 16 }, (_, i) => values[i] ?? 0);
  return {
    free: make(Uint16Array, [512, 0, 0, 0, 0, 256, 0, 500]),
    movable: make(Uint16Array, [0, 512, 0, 0, 0, 256, 511, 0]),
    balloon: make(Uint16Array, [0, 0, 512, 0, 0, 0, 1, 0]),
    unmovable: make(Uint16Array, [0, 0, 0, 512, 0, 0, 0, 2]),
    migratetype: make(Uint8Array, [0, 1, 2, 3, 4, 5, 6]),
    flags: make(Uint8Array, [0, 1, 2, 3, 4, 5].map((holder) => holder << 4)),
    largest: make(Uint8Array, []),
    pcp: make(Uint8Array, [0, 0, 0, 0, 0, 0, 0, 10]),
  };
}

const at = (canvas, g, index) => canvas.painted[(g.rows - 1 - Math.floor(index / g.cols)) * g.cols + (index % g.cols)];

test("each legal value of each mode has exactly its colour of the palette", () => {
  const g = fit(16, 40, 10, 1);
  for (const [mode, colours] of [
    [HOLDER, [0, 1, 2, 3, 4, 5]],
    [MIGRATETYPE, [0, 1, 2, 3, 4, 5, 6]],
  ]) {
    const canvas = fakeCanvas();
    const map = new Heatmap(canvas);
    map.setGeometry(g, mode.key);
    map.paint(planes(), 0);
    for (const i of colours) assert.equal(at(canvas, g, i), packed(mode.entries[i].hex), `${mode.key} ${i}`);
  }
  const canvas = fakeCanvas();
  const map = new Heatmap(canvas);
  map.setGeometry(g, FREE_SHARE.key);
  map.paint(planes(), 0);
  assert.equal(at(canvas, g, 0), packed(FREE_SHARE.entries.at(-1).hex));
  assert.equal(at(canvas, g, 1), packed(FREE_SHARE.entries[0].hex));
});

/** The mixed colour of one pageblock. */
function blend(free, movable, balloon, unmovable) {
  const pixels = new Int32Array(3);
  rowOfContent(pixels, 2, 0, 1, { free: [free], pcp: [0], movable: [movable], balloon: [balloon], unmovable: [unmovable] });
  return pixels[2] >>> 0;
}

test("a small cell mixes the colours by their share; pure content is pure colour", () => {
  const [free, movable, balloon, unmovable, reserved] = CONTENT.entries.map((entry) => packed(entry.hex));
  assert.equal(blend(512, 0, 0, 0), free);
  assert.equal(blend(0, 512, 0, 0), movable);
  assert.equal(blend(0, 0, 512, 0), balloon);
  assert.equal(blend(0, 0, 0, 512), unmovable);
  assert.equal(blend(0, 0, 0, 0), reserved);
  const half = blend(256, 256, 0, 0);
  for (const shift of [0, 8, 16]) {
    const part = (colour) => (colour >>> shift) & 255;
    assert.ok(Math.abs(part(half) - (part(free) + part(movable)) / 2) <= 2);
  }
});

test("layers fill the cell exactly, and a single page is seen", () => {
  const out = new Uint8Array(5);
  for (let height = 5; height <= 40; height++) {
    for (const counts of [[0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 1], [1, 1, 1, 508], [1, 1, 1, 509], [512, 0, 0, 0], [0, 200, 112, 200], [3, 3, 500, 3]]) {
      layers(out, ...counts, height);
      assert.equal(out.reduce((sum, n) => sum + n, 0), height, `${counts} in ${height}`);
      counts.forEach((pages, i) => assert.equal(out[i] > 0, pages > 0, `${counts} in ${height}`));
      const free = 512 - counts.reduce((sum, n) => sum + n, 0);
      assert.equal(out[4] > 0, free > 0, `${counts} in ${height}: free`);
    }
  }
});

test("large cells are filled from the bottom: unmovable, balloon, movable, free", () => {
  const g = fit(16, 200, 200, 1);
  assert.ok(g.cell >= 5);
  const canvas = fakeCanvas();
  const map = new Heatmap(canvas);
  map.setGeometry(g, CONTENT.key);
  map.paint(planes(), 0);
  assert.equal(canvas.height, g.rows * g.cellH);
  const column = (index) => {
    const bottom = (g.rows - Math.floor(index / g.cols)) * g.cellH - 1;
    return Array.from({ length: g.cellH }, (_, k) => canvas.painted[(bottom - k) * g.cols + (index % g.cols)]);
  };
  const [free, movable, balloon, unmovable] = CONTENT.entries.map((entry) => packed(entry.hex));
  assert.equal(column(6)[0], balloon, "one balloon page is one line");
  assert.equal(column(6)[1], movable);
  assert.equal(column(7)[0], unmovable);
  assert.equal(column(7)[1], free, "pages in per-CPU lists are free");
  assert.equal(column(1).at(-2), movable);
});

test("what was touched glows, stops by itself, and leaves the plain colours", () => {
  const g = fit(16, 40, 10, 1);
  const canvas = fakeCanvas();
  const map = new Heatmap(canvas);
  map.setGeometry(g, HOLDER.key);
  const p = planes();
  p.flags[3] |= 8;
  map.touch(p.flags, 8);
  let now = 1000;
  assert.equal(map.paint(p, now), true);
  assert.notEqual(at(canvas, g, 3), packed(HOLDER.entries[3].hex));
  assert.equal(at(canvas, g, 2), packed(HOLDER.entries[2].hex));
  let paints = 0;
  while (map.paint(p, (now += 50)) && paints < 50) paints += 1;
  assert.ok(paints > 2 && paints < 15, String(paints));
  assert.equal(at(canvas, g, 3), packed(HOLDER.entries[3].hex));
});
