/**
 * What is in the window of the maps, so that another screen can show it: in pageblocks and in shares of them, not in pixels.
 * Where the other maps have as many pageblocks in a row, they show the same rectangle; where they have not, the same
 * pageblock in the middle, as much of memory around it, and that pageblock as a whole if it was seen as a whole. Pure.
 */

import { indexOf, placeOf } from "../map/geometry.js";
import { blockRect, bringIn, clamp, WHOLE } from "./lens.js";

const DIGITS = 1e4;
const MOST_COLS = 1 << 20;
const FILLS = 0.96; // of the window, by a pageblock that is to be seen as a whole

/**
 * @typedef {object} Extent
 * @property {[number, number]} shape columns of cells, and pageblocks along the side of a cell
 * @property {[number, number]} size pageblocks across and up that the window has room for
 * @property {number} pageblock in the middle
 * @property {[number, number]} inside where in it the middle is: shares from the left and from the bottom
 *
 * @typedef {import("../map/geometry.js").Geometry} Geometry
 * @typedef {import("./lens.js").View} View
 */

const round = (/** @type {number} */ n) => Math.round(n * DIGITS) / DIGITS;
const cut = (/** @type {number} */ n, /** @type {number} */ most) => Math.max(0, Math.min(most, n));

/** @param {Geometry} g */
const across = (g) => g.cols * g.side;
/** @param {Geometry} g */
const upward = (g) => g.rows * g.side;

/**
 * @param {Geometry} g
 * @param {View} view
 * @returns {Extent|null} null: the whole
 */
export function extentOf(g, view) {
  if (view.z === 1) return null;
  const [w, h] = [across(g) / view.z, upward(g) / view.z];
  const x = (view.x / g.cssWidth) * across(g) + w / 2;
  const y = upward(g) - (view.y / g.cssHeight) * upward(g) - h / 2;
  const [col, row] = [cut(Math.floor(x), across(g) - 1), cut(Math.floor(y), upward(g) - 1)];
  const pageblock = indexOf(g, col, row) ?? g.nr - 1;
  const place = placeOf(g, pageblock); // another one, where memory ends before the top row does
  return { shape: [g.cols, g.side], size: [round(w), round(h)], pageblock, inside: [round(x - place.x), round(y - place.y)] };
}

/**
 * @param {unknown} list
 * @param {(n: number) => boolean} fits
 */
const two = (list, fits) => Array.isArray(list) && list.length === 2 && list.every((n) => typeof n === "number" && Number.isFinite(n) && fits(n));

/**
 * An extent out of what somebody else has written.
 * @param {any} data
 * @returns {Extent|null}
 */
export function extentFrom(data) {
  if (!data || typeof data !== "object" || !Number.isSafeInteger(data.pageblock) || data.pageblock < 0) return null;
  if (!two(data.shape, (n) => Number.isSafeInteger(n) && n >= 1 && n <= MOST_COLS) || !two(data.size, (n) => n > 0 && n <= MOST_COLS)) return null;
  if (!two(data.inside, (n) => Math.abs(n) <= MOST_COLS)) return null;
  return { shape: data.shape, size: data.size, pageblock: data.pageblock, inside: data.inside };
}

/**
 * The view of these maps that shows an extent.
 * @param {Geometry} g
 * @param {Extent|null} extent null: the whole
 * @returns {View}
 */
export function viewOfExtent(g, extent) {
  if (!extent || extent.pageblock >= g.nr) return WHOLE;
  const { shape, size: [w, h], pageblock, inside } = extent;
  const same = shape[0] === g.cols && shape[1] === g.side;
  const seenWhole = w >= 1 && h >= 1;
  let z = Math.min(across(g) / w, upward(g) / h);
  if (!same && (w > 1 || h > 1)) {
    z = Math.sqrt((across(g) * upward(g)) / (w * h)); // as many pageblocks
    if (seenWhole) z = Math.min(z, FILLS * across(g), FILLS * upward(g));
  }
  const [fx, fy] = same ? inside : [cut(inside[0], 1), cut(inside[1], 1)];
  const place = placeOf(g, pageblock);
  const [x, y] = [(place.x + fx) / across(g), 1 - (place.y + fy) / upward(g)];
  const view = clamp(g, { z, x: (x - 0.5 / z) * g.cssWidth, y: (y - 0.5 / z) * g.cssHeight });
  return seenWhole && !same ? bringIn(g, view, blockRect(g, view, pageblock)) : view;
}
