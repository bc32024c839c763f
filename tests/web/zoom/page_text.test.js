import assert from "node:assert/strict";
import { test } from "node:test";
import { cellText, pageFacts, pageText, storyText } from "../../../web/src/zoom/page_text.js";
import { buddies, fillPages, pageColour } from "../../../web/src/zoom/raster.js";
import { packed, PAGE_KINDS, PINNED } from "../../../web/src/map/palette.js";

const fields = () => ({
  state: new Uint8Array(1024).fill(2), order: new Uint8Array(1024).fill(255), flags: new Uint16Array(1024), refcount: new Uint8Array(1024), mobility: new Uint8Array(1024),
});

test("a page has all its fields in words, and what the model lacks is said", () => {
  const f = fields();
  Object.assign(f.state, { 512: 5, 513: 8 });
  f.order[512] = f.order[513] = 0;
  f.flags[512] = (1 << 0) | (1 << 5) | (1 << 7);
  f.refcount[512] = 2;
  f.mobility[512] = 4;
  const words = pageText(pageFacts(f, 512, 7 * 512));
  assert.match(words.where, /^Page 3,584, 0 of pageblock 7, 14 to 16 MiB/);
  assert.equal(words.counts, "anonymous memory, order 0, refcount 2, locked");
  assert.match(words.holder, /^pinned: nothing can move it while somebody holds it; flags: lru, locked, pinned\. Not in the model/);
});

test("a page of a free block says which, also the upper half of a block of order 10", () => {
  const f = fields();
  f.order[0] = 3;
  f.order[8] = 0;
  assert.equal(pageFacts(f, 0, 0).order, "first page of a free block of order 3");
  assert.equal(pageFacts(f, 0, 5).order, "in a free block of order 3, 5 pages after its first");
  assert.equal(pageFacts(f, 512, 700).order, "in a free block of order 10");
});

test("buddy blocks are rectangles of pages that do not overlap", () => {
  const f = fields();
  Object.assign(f.order, { 0: 3, 8: 0, 9: 0, 10: 1, 12: 2, 16: 4, 32: 5, 64: 6, 128: 7, 256: 8 });
  f.state[9] = 5;
  const found = buddies(f, 0);
  assert.deepEqual(found.map(({ page, order, cols, rows }) => [page, order, cols, rows]), [
    [0, 3, 8, 1], [8, 0, 1, 1], [10, 1, 2, 1], [12, 2, 4, 1], [16, 4, 16, 1], [32, 5, 16, 2], [64, 6, 16, 4], [128, 7, 16, 8], [256, 8, 16, 16],
  ]);
  assert.deepEqual(buddies(f, 512), [{ page: 0, order: 10, free: true, cols: 16, rows: 32 }]);
});

test("every page has its pixel, the lowest bottom left, and a pinned page its own colour", () => {
  const f = fields();
  for (let i = 0; i < 512; i++) f.state[i] = i % 16;
  f.flags[5] = 1 << 7;
  const image = { pixels: new Int32Array(16 * 32), width: 16, height: 32 };
  fillPages(image, { left: 0, top: 0, right: 16, bottom: 32 }, f, 0, 0, 0);
  for (let i = 0; i < 512; i++) assert.equal(image.pixels[(31 - Math.floor(i / 16)) * 16 + (i % 16)], pageColour(f, i), String(i));
  assert.equal(pageColour(f, 5) >>> 0, packed(PINNED));
  assert.equal(pageColour(f, 8) >>> 0, packed(PAGE_KINDS[8].hex));
});

test("a story begins where the page came from and names the commands", () => {
  const log = [{ index: 1, tick: 0, command: { type: "balloon_inflate", nr_pages: 51200 } }, { index: 2, tick: 90, command: { type: "compact" } }];
  const moved = { tick: 97, what: "moved", to: 700, come_from: 300, command: 2 };
  assert.deepEqual(storyText({ design: "pinned", pfn: 700, state: 5, owned: true, tick: 120, since: 0, looked_back_to: 0, steps: [moved] }, log), [
    "At the start: it was there, anonymous memory, at page 300.", "Tick 97: moved from page 300 to page 700, after command 2, compact.",
  ]);
  assert.deepEqual(storyText({ design: "pinned", pfn: 9, state: 8, owned: false, tick: 120, since: 5, looked_back_to: 5, steps: [{ tick: 5, what: "allocated", to: 9, come_from: null, command: 1 }] }, log), [
    "Tick 5: became balloon page at page 9, after command 1, inflate by 200 MiB.",
  ]);
  assert.match(storyText({ design: "pinned", pfn: 9, state: 11, owned: false, tick: 9000, since: null, looked_back_to: 512, steps: [] }, log)[0], /^Tick 512: it was there already/);
});

test("a cell of several pageblocks says its sums and its worst page", () => {
  const one = (n) => Float64Array.of(n);
  const words = cellText({ sums: { free: one(1000), movable: one(900), balloon: one(100), unmovable: one(48), pcp: one(0) }, planes: {}, worst: Uint8Array.of(2) }, 0, 8, 11);
  assert.match(words.where, /^Pageblocks 8 to 11, 16 to 24 MiB/);
  assert.equal(words.counts, "1,000 free, 900 movable, 100 balloon, 48 unmovable pages");
  assert.match(words.holder, /^worst inside: an unmovable page/);
});
