/**
 * Pageblocks and their pages as pixels of one image, as large as the window. Pure: it writes into an array and knows no canvas.
 */

import { packed, PAGE_KINDS, PINNED } from "../map/palette.js";
import { pageblock } from "../lib/pageblock.js";

const KINDS = Int32Array.from(PAGE_KINDS, ({ hex }) => packed(hex));
const HELD = packed(PINNED) | 0;
const PG_PINNED = 1 << 7;
const LRU_STATES = (1 << 5) | (1 << 6) | (1 << 7) | (1 << 14); // anon, file, shmem, thp
const FREE_STATE = 2;
const TAIL = 255;

/**
 * @typedef {object} Image
 * @property {Int32Array} pixels width * height
 * @property {number} width
 * @property {number} height
 *
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box whole pixels; may reach out of the image
 * @typedef {Record<string, Uint8Array|Uint16Array>} Fields of pages, by engine/pages.py
 */

/**
 * The part of a box that is inside the image.
 * @param {Image} image
 * @param {Box} box
 * @returns {Box}
 */
export const inside = (image, box) => ({
  left: Math.max(0, box.left), top: Math.max(0, box.top), right: Math.min(image.width, box.right), bottom: Math.min(image.height, box.bottom),
});

/**
 * @param {Image} image
 * @param {Box} box
 * @param {number} colour
 */
export function fillBox(image, box, colour) {
  fillSpan(image, box.left, box.right, box.top, box.bottom, colour);
}

/**
 * @param {Image} image
 * @param {number} from left
 * @param {number} to right
 * @param {number} top
 * @param {number} bottom
 * @param {number} colour
 */
function fillSpan({ pixels, width, height }, from, to, top, bottom, colour) {
  const left = Math.max(0, from);
  const right = Math.min(width, to);
  const end = Math.min(height, bottom);
  const narrow = right - left < 16; // a loop costs less than a call for so few
  for (let y = Math.max(0, top); y < end; y++) {
    const [a, b] = [y * width + left, y * width + right];
    if (narrow) for (let at = a; at < b; at++) pixels[at] = colour;
    else pixels.fill(colour, a, b);
  }
}

/**
 * A pageblock filled from the bottom, like a jar.
 * @param {Image} image
 * @param {Box} box
 * @param {Uint8Array|Uint16Array} heights of the layers from the bottom, together as high as the box
 * @param {readonly number[]} colours
 */
export function fillLayers(image, box, heights, colours) {
  let bottom = box.bottom;
  for (let layer = 0; layer < colours.length; layer++) {
    const top = bottom - heights[layer];
    if (heights[layer]) fillSpan(image, box.left, box.right, top, bottom, colours[layer]);
    bottom = top;
  }
}

/**
 * The colour of a page.
 * @param {Fields} fields
 * @param {number} i
 */
export function pageColour({ state, flags }, i) {
  if (flags && flags[i] & PG_PINNED && LRU_STATES & (1 << state[i])) return HELD;
  return KINDS[state[i] & 15];
}

/**
 * The pages of a pageblock, row by row from the bottom.
 * @param {Image} image
 * @param {Box} box
 * @param {Fields} fields
 * @param {number} first place of its first page in the fields
 * @param {number} line pixels between pages, 0 or 1, in `bed`
 * @param {number} bed
 */
export function fillPages(image, box, fields, first, line, bed) {
  const { pixels, width } = image;
  const cut = inside(image, box);
  if (cut.left >= cut.right || cut.top >= cut.bottom) return;
  const wide = (box.right - box.left) / pageblock.cols;
  const high = (box.bottom - box.top) / pageblock.rows;
  for (let row = 0; row < pageblock.rows; row++) {
    const bottom = Math.min(cut.bottom, Math.round(box.bottom - row * high));
    const top = Math.max(cut.top, Math.round(box.bottom - (row + 1) * high));
    if (top >= bottom) continue;
    // One line of pixels by page, the others copied from it.
    const base = (bottom - 1) * width;
    for (let col = 0; col < pageblock.cols; col++) {
      const left = Math.max(cut.left, Math.round(box.left + col * wide));
      const right = Math.min(cut.right, Math.round(box.left + (col + 1) * wide));
      if (left >= right) continue;
      pixels.fill(pageColour(fields, first + row * pageblock.cols + col), base + left, base + right);
      if (line) pixels[base + right - 1] = bed;
    }
    for (let y = top; y < bottom - 1; y++) pixels.copyWithin(y * width + cut.left, base + cut.left, base + cut.right);
    if (line) pixels.fill(bed, top * width + cut.left, top * width + cut.right);
  }
}

/**
 * Free blocks of the buddy allocator and compound pages in a pageblock: where each begins, its order and its size on the grid of
 * pages. Such a block is always a rectangle, since a row is a power of two.
 * @param {Fields} fields
 * @param {number} first place of the pageblock's first page
 * @returns {{page: number, order: number, free: boolean, cols: number, rows: number}[]} page counts from the pageblock's first; single pages that are not free are left out
 */
export function buddies({ state, order }, first) {
  const found = [];
  const whole = pageblock.pages;
  for (let page = 0; page < whole; ) {
    const at = order[first + page];
    const free = state[first + page] === FREE_STATE;
    if (at === TAIL) {
      // The upper half of a free block of order 10 begins below.
      if (page === 0 && free) return [{ page, order: 10, free, cols: pageblock.cols, rows: pageblock.rows }];
      page += 1;
      continue;
    }
    const pages = Math.min(whole - page, 2 ** at);
    if (free || at > 0) found.push({ page, order: at, free, cols: Math.min(pageblock.cols, pages), rows: Math.max(1, pages / pageblock.cols) });
    page += pages;
  }
  return found;
}
