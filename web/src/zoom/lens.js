/**
 * The window through which all maps are looked at: how much they are enlarged, and where. Pure arithmetic.
 *
 * A view is `{z, x, y}`: `z` times the size at which the whole memory fits, with (x, y) of the unenlarged map, in css pixels,
 * in the top left corner. A cell opens into its pageblocks, a pageblock into its pages: 16 in a row (32 where it has 1,024), the lowest bottom left.
 */

import { indexOf, placeOf } from "../map/geometry.js";
import { pageblock } from "../lib/pageblock.js";

const APART_FROM = 4; // css pixels: from this side on the pageblocks of a cell are drawn one by one

/** From this side on (css pixels, the smaller one) a pageblock shows its pages. */
export const OPEN_FROM = 64;
/** Most pageblocks whose pages are shown: what the server answers at once. */
export const MOST_OPEN = 128;
/** From this side on all fields of the pages are wanted, and a page can be pointed at. */
export const POINT_FROM = 160;
/** Smaller side of a pageblock in which every page has room for words. */
export const WORDS_FROM = 640;
const LARGEST = 1792; // css pixels: a page is then 112 x 56
const STEP = 1.2;
const FILLS = 0.96; // of the window, by a pageblock that one goes down to

/**
 * @typedef {{z: number, x: number, y: number}} View
 * @typedef {import("../map/geometry.js").Geometry} Geometry
 */

/** @type {View} */
export const WHOLE = { z: 1, x: 0, y: 0 };

/**
 * Width and height of an unenlarged pageblock, css pixels.
 * @param {Geometry} g
 */
const unitOf = (g) => ({ width: g.cssCellW / g.side, height: g.cssCellH / g.side });

/** @param {Geometry} g */
const smaller = (g) => Math.min(g.cssCellW, g.cssCellH) / g.side;

/**
 * The smaller side of a pageblock on the screen, css pixels.
 * @param {Geometry} g
 * @param {View} view
 */
export const blockSide = (g, view) => smaller(g) * view.z;

/** @param {Geometry} g */
export const largestZ = (g) => Math.max(1, LARGEST / smaller(g));

/**
 * Pageblocks along the side of what is drawn as one: a cell of several, until they can be told apart.
 * @param {Geometry} g
 * @param {View} view
 */
export const shownSide = (g, view) => (g.side > 1 && (view.z === 1 || blockSide(g, view) < APART_FROM) ? g.side : 1);

/**
 * Left, top, right and bottom of what is drawn for a pageblock, in whole device pixels.
 * @param {Geometry} g
 * @param {View} view
 * @param {number} index
 */
export function boxOf(g, view, index) {
  const side = shownSide(g, view);
  const { width, height } = unitOf(g);
  const place = placeOf(g, index);
  const x = place.x - (place.x % side);
  const top = g.rows * g.side - side - (place.y - (place.y % side));
  const scale = view.z * g.dpr;
  return {
    left: Math.round((x * width - view.x) * scale),
    top: Math.round((top * height - view.y) * scale),
    right: Math.round(((x + side) * width - view.x) * scale),
    bottom: Math.round(((top + side) * height - view.y) * scale),
  };
}

/**
 * The same view with the map filling the window.
 * @param {Geometry} g
 * @param {View} view
 * @returns {View}
 */
export function clamp(g, { z, x, y }) {
  const most = largestZ(g);
  const kept = z < 1.001 ? 1 : Math.min(most, z);
  const within = (/** @type {number} */ at, /** @type {number} */ size) => Math.max(0, Math.min(size - size / kept, at));
  return { z: kept, x: within(x, g.cssWidth), y: within(y, g.cssHeight) };
}

/**
 * Enlarge by a factor; the point (cssX, cssY) of the window stays where it is.
 * @param {Geometry} g
 * @param {View} view
 * @param {number} factor
 * @param {number} cssX
 * @param {number} cssY
 */
export function zoomAt(g, view, factor, cssX, cssY) {
  const z = Math.max(1, Math.min(largestZ(g), view.z * factor));
  return clamp(g, { z, x: view.x + cssX / view.z - cssX / z, y: view.y + cssY / view.z - cssY / z });
}

/**
 * The factor for a turn of the wheel.
 * @param {number} delta as in WheelEvent.deltaY
 * @param {number} mode as in WheelEvent.deltaMode
 */
export function wheelFactor(delta, mode) {
  const notches = mode === 0 ? delta / 100 : mode === 1 ? delta / 3 : delta;
  return STEP ** -Math.max(-4, Math.min(4, notches));
}

/**
 * Move the map under the window, css pixels.
 * @param {Geometry} g
 * @param {View} view
 * @param {number} dx
 * @param {number} dy
 */
export const pan = (g, view, dx, dy) => clamp(g, { z: view.z, x: view.x - dx / view.z, y: view.y - dy / view.z });

/**
 * A pageblock on the screen, css pixels from the top left of the window.
 * @param {Geometry} g
 * @param {View} view
 * @param {number} index
 * @returns {{x: number, y: number, width: number, height: number}}
 */
export function blockRect(g, view, index) {
  const { x, y } = placeOf(g, index);
  const { width, height } = unitOf(g);
  const top = g.rows * g.side - 1 - y;
  return { x: (x * width - view.x) * view.z, y: (top * height - view.y) * view.z, width: width * view.z, height: height * view.z };
}

/**
 * A page on the screen.
 * @param {Geometry} g
 * @param {View} view
 * @param {number} pfn
 * @returns {{x: number, y: number, width: number, height: number}}
 */
export function pageRect(g, view, pfn) {
  const block = blockRect(g, view, pfn >> pageblock.order);
  const page = pfn % pageblock.pages;
  const [width, height] = [block.width / pageblock.cols, block.height / pageblock.rows];
  return { x: block.x + (page % pageblock.cols) * width, y: block.y + (pageblock.rows - 1 - Math.floor(page / pageblock.cols)) * height, width, height };
}

/**
 * The pageblocks in the window, as places (geometry.placeOf): half open.
 * @param {Geometry} g
 * @param {View} view
 */
export function visiblePlaces(g, view) {
  const { width, height } = unitOf(g);
  const [across, up] = [g.cols * g.side, g.rows * g.side];
  const cut = (/** @type {number} */ n, /** @type {number} */ most) => Math.max(0, Math.min(most, n));
  // A hair inside, so that what only touches the edge does not count.
  const hair = 1e-6;
  const top = cut(Math.floor(view.y / height + hair), up);
  const bottom = cut(Math.ceil((view.y + g.cssHeight / view.z) / height - hair), up);
  return {
    x0: cut(Math.floor(view.x / width + hair), across),
    x1: cut(Math.ceil((view.x + g.cssWidth / view.z) / width - hair), across),
    y0: up - bottom,
    y1: up - top,
  };
}

/**
 * Indices of the pageblocks in the window, ascending.
 * @param {Geometry} g
 * @param {View} view
 * @returns {number[]}
 */
export function visibleBlocks(g, view) {
  const { x0, x1, y0, y1 } = visiblePlaces(g, view);
  const found = [];
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const index = indexOf(g, x, y);
      if (index !== null) found.push(index);
    }
  }
  return found.sort((a, b) => a - b);
}

/**
 * First and last pfn in the window, half open.
 * @param {Geometry} g
 * @param {View} view
 * @returns {{start_pfn: number, end_pfn: number}}
 */
export function boundsOf(g, view) {
  if (view.z === 1) return { start_pfn: 0, end_pfn: g.nr << pageblock.order };
  const blocks = visibleBlocks(g, view);
  if (!blocks.length) return { start_pfn: 0, end_pfn: 0 };
  return { start_pfn: blocks[0] << pageblock.order, end_pfn: (blocks[blocks.length - 1] + 1) << pageblock.order };
}

/**
 * The pageblocks that show their pages, ascending; none where they would be too small or too many.
 * @param {Geometry} g
 * @param {View} view
 * @returns {number[]}
 */
export function openBlocks(g, view) {
  if (blockSide(g, view) < OPEN_FROM) return [];
  const { x0, x1, y0, y1 } = visiblePlaces(g, view);
  return (x1 - x0) * (y1 - y0) > MOST_OPEN ? [] : visibleBlocks(g, view);
}

/**
 * What lies at a point of the window.
 * @param {Geometry} g
 * @param {View} view
 * @param {number} cssX
 * @param {number} cssY
 * @returns {{block: number, pfn: number|null}|null} pfn: where a page can be pointed at
 */
export function hit(g, view, cssX, cssY) {
  if (cssX < 0 || cssY < 0 || cssX >= g.cssWidth || cssY >= g.cssHeight) return null;
  const { width, height } = unitOf(g);
  const [px, py] = [(view.x + cssX / view.z) / width, (view.y + cssY / view.z) / height];
  const [x, top] = [Math.floor(px), Math.floor(py)];
  let block = indexOf(g, x, g.rows * g.side - 1 - top);
  if (block === null) return null;
  const side = blockSide(g, view);
  if (side < POINT_FROM || !openBlocks(g, view).length) {
    if (shownSide(g, view) > 1) block -= block % g.per;
    return { block, pfn: null };
  }
  const col = Math.min(pageblock.cols - 1, Math.floor((px - x) * pageblock.cols));
  const row = Math.min(pageblock.rows - 1, Math.floor((py - top) * pageblock.rows));
  return { block, pfn: (block << pageblock.order) + (pageblock.rows - 1 - row) * pageblock.cols + col };
}

/**
 * A view with a rectangle of the screen brought into the window, and no further.
 * @param {Geometry} g
 * @param {View} view
 * @param {{x: number, y: number, width: number, height: number}} rect as blockRect and pageRect give it
 */
export function bringIn(g, view, { x, y, width, height }) {
  const by = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) =>
    at < 0 || size > room ? -at : at + size > room ? room - at - size : 0;
  return pan(g, view, by(x, width, g.cssWidth), by(y, height, g.cssHeight));
}

/**
 * A pageblock large enough to show its pages, in the middle of the window.
 * @param {Geometry} g
 * @param {number} index
 * @param {number} [side] css pixels
 */
export function blockView(g, index, side = FILLS * Math.min(g.cssWidth, g.cssHeight)) {
  const z = Math.min(largestZ(g), Math.max(OPEN_FROM + 1, side) / smaller(g));
  const { width, height } = unitOf(g);
  const { x, y } = placeOf(g, index);
  const top = g.rows * g.side - 1 - y;
  return clamp(g, { z, x: (x + 0.5) * width - g.cssWidth / z / 2, y: (top + 0.5) * height - g.cssHeight / z / 2 });
}

/**
 * A page with room for words, in the middle of the window.
 * @param {Geometry} g
 * @param {number} pfn
 */
export function pageView(g, pfn) {
  const near = blockView(g, pfn >> pageblock.order, 1.6 * WORDS_FROM);
  const { x, y, width, height } = pageRect(g, near, pfn);
  return pan(g, near, g.cssWidth / 2 - x - width / 2, g.cssHeight / 2 - y - height / 2);
}

/**
 * The pageblock beside another, on the screen.
 * @param {Geometry} g
 * @param {number} index
 * @param {string} key as in KeyboardEvent.key
 * @returns {number|null} null if it is not a movement key
 */
export function blockBeside(g, index, key) {
  const ways = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 4], PageDown: [0, -4] });
  if (key === "Home") return 0;
  if (key === "End") return g.nr - 1;
  if (!(key in ways)) return null;
  const { x, y } = placeOf(g, index);
  const across = g.cols * g.side;
  let [nextX, nextY] = [x + ways[key][0], y + ways[key][1]];
  // From the end of a row on to the next, as in a text.
  if (nextX < 0 || nextX >= across) [nextX, nextY] = [(nextX + across) % across, y + ways[key][0]];
  return indexOf(g, nextX, nextY) ?? index;
}

/**
 * The page beside another: left and right by one, up and down by a row, on through the neighbouring pageblocks by address.
 * @param {Geometry} g
 * @param {number} pfn
 * @param {string} key
 * @returns {number|null} null if it is not a movement key
 */
export function pageBeside(g, pfn, key) {
  const first = pfn - (pfn % pageblock.pages);
  if (key === "Home") return first;
  if (key === "End") return first + pageblock.pages - 1;
  const steps = /** @type {Record<string, number>} */ ({
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: pageblock.cols, ArrowDown: -pageblock.cols, PageUp: pageblock.pages, PageDown: -pageblock.pages,
  });
  if (!(key in steps)) return null;
  const next = pfn + steps[key];
  return next >= 0 && next < g.nr * pageblock.pages ? next : pfn;
}

/**
 * Marks of the address axis for what is in the window.
 * @param {Geometry} g
 * @param {View} view
 * @param {number} minCss least distance between two marks
 * @returns {{cssY: number, mib: number}[]} lowest address first; cssY is the bottom edge of the row
 */
export function viewMarks(g, view, minCss) {
  const cell = g.cssCellH * view.z;
  const rowMib = g.cols * g.per * pageblock.mib;
  let every = 1;
  while (every * cell < minCss) every *= 2;
  const marks = [];
  for (let row = 0; row < g.rows; row += every) {
    const cssY = ((g.rows - row) * g.cssCellH - view.y) * view.z;
    if (cssY > 0.5 && cssY <= g.cssHeight + 0.5) marks.push({ cssY, mib: row * rowMib });
  }
  return marks;
}
