import assert from "node:assert/strict";
import test from "node:test";
import { pageblock, pageblockOf, setPageblock, setPageblockOrder } from "../../../web/src/lib/pageblock.js";
import { blockRange } from "../../../web/src/lib/format.js";
import { rangeBetween } from "../../../web/src/controls/range_text.js";
import { CONTENT } from "../../../web/src/map/palette.js";
import { buddies } from "../../../web/src/zoom/raster.js";

test("a guest says how large its pageblocks are, and everything reckons with it", () => {
  setPageblock({ nr_pages: 8192, nr_pageblocks: 8 });
  assert.deepEqual({ ...pageblock }, { pages: 1024, order: 10, mib: 4, size: "4 MiB", cols: 32, rows: 32 });
  assert.equal(pageblockOf(1023), 0);
  assert.equal(pageblockOf(1024), 1);
  assert.equal(blockRange(3), "12 to 16 MiB");
  assert.deepEqual(rangeBetween(3, 2), { start_mib: 8, size_mib: 8 });
  assert.equal(CONTENT.text, "Each cell is one pageblock of 4 MiB (1,024 pages), filled from the bottom by what its pages are.");
  setPageblock({ nr_pages: 4096, nr_pageblocks: 8 });
  assert.deepEqual({ ...pageblock }, { pages: 512, order: 9, mib: 2, size: "2 MiB", cols: 16, rows: 32 });
  assert.equal(blockRange(3), "6 to 8 MiB");
});

test("a huge page is half of a pageblock of 4 MiB, and both are rectangles on its grid", () => {
  setPageblockOrder(10);
  const state = new Uint8Array(1024).fill(2);
  const order = new Uint8Array(1024).fill(255);
  order[0] = 10;
  assert.deepEqual(buddies({ state, order }, 0), [{ page: 0, order: 10, free: true, cols: 32, rows: 32 }]);
  order[0] = order[512] = 9;
  assert.deepEqual(buddies({ state, order }, 0).map(({ page, cols, rows }) => [page, cols, rows]), [[0, 32, 16], [512, 32, 16]]);
  setPageblockOrder(9);
});
