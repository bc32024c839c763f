/**
 * Where a pageblock lies on a map: index ↔ cell ↔ pixel. Pure arithmetic.
 *
 * Low addresses are at the bottom left and high ones at the top right, as on an axis: "up" in words is up in
 * the picture. Coordinate spaces: cell (column, row from the top), device (canvas pixels), css (layout pixels).
 */

export const BLOCK_MIB = 2;
const COLUMN_STEP = 8; // a row is a multiple of 16 MiB, so that the axis has round numbers
const LARGE = 8192; // pageblocks: from here on the axis is in GiB, and a row is a multiple of 256 MiB if there is room
const LARGE_COLUMN_STEP = 128;

/**
 * @typedef {object} Geometry
 * @property {number} nr pageblocks
 * @property {number} cols
 * @property {number} rows
 * @property {number} cell side of a cell in device pixels
 * @property {number} dpr device pixels per css pixel
 * @property {number} cssCell side of a cell in css pixels
 * @property {number} cssWidth
 * @property {number} cssHeight
 */

/**
 * The largest whole-pixel cell at which all pageblocks fit.
 * @param {number} nr pageblocks
 * @param {number} maxWidth css pixels
 * @param {number} maxHeight css pixels
 * @param {number} dpr
 * @returns {Geometry}
 */
export function fit(nr, maxWidth, maxHeight, dpr) {
  const width = Math.max(COLUMN_STEP, Math.floor(maxWidth * dpr));
  const height = Math.max(1, Math.floor(maxHeight * dpr));
  const wanted = Math.max(1, nr);
  const step = nr >= LARGE && width >= 2 * LARGE_COLUMN_STEP ? LARGE_COLUMN_STEP : COLUMN_STEP;
  let cell = Math.floor(Math.sqrt((width * height) / wanted)) + 1;
  let cols = step;
  for (; cell >= 1; cell--) {
    cols = Math.floor(width / cell / step) * step;
    if (cols >= step && Math.ceil(wanted / cols) * cell <= height) break;
  }
  if (cell < 1) {
    // Too many for the height offered: one device pixel each, and as tall as it has to be.
    cell = 1;
    cols = Math.max(step, Math.floor(width / step) * step);
  }
  cols = Math.min(cols, Math.ceil(wanted / step) * step);
  const rows = Math.ceil(wanted / cols);
  const cssCell = cell / dpr;
  return { nr, cols, rows, cell, dpr, cssCell, cssWidth: cols * cssCell, cssHeight: rows * cssCell };
}

/**
 * @param {Geometry} g
 * @param {number} index
 * @returns {{col: number, row: number}} row counts from the top
 */
export function cellOf(g, index) {
  return { col: index % g.cols, row: g.rows - 1 - Math.floor(index / g.cols) };
}

/**
 * The pageblock at a point of the map.
 * @param {Geometry} g
 * @param {number} cssX
 * @param {number} cssY
 * @returns {number|null} null outside the map and in the unused part of the top row
 */
export function indexAt(g, cssX, cssY) {
  const col = Math.floor(cssX / g.cssCell);
  const row = Math.floor(cssY / g.cssCell);
  if (col < 0 || col >= g.cols || row < 0 || row >= g.rows) return null;
  const index = (g.rows - 1 - row) * g.cols + col;
  return index < g.nr ? index : null;
}

/**
 * The pageblock that a key moves to.
 * @param {Geometry} g
 * @param {number} index
 * @param {string} key as in KeyboardEvent.key
 * @returns {number|null} null if it is not a movement key
 */
export function moveIndex(g, index, key) {
  const steps = /** @type {Record<string, number>} */ ({
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: g.cols,
    ArrowDown: -g.cols,
    PageUp: 4 * g.cols,
    PageDown: -4 * g.cols,
  });
  if (key === "Home") return 0;
  if (key === "End") return g.nr - 1;
  if (!(key in steps)) return null;
  const next = index + steps[key];
  return next >= 0 && next < g.nr ? next : index;
}

/** @param {number} nr pageblocks */
export const isLarge = (nr) => nr >= LARGE;

/**
 * Marks of the address axis: rows whose first address is a round number of MiB.
 * @param {Geometry} g
 * @param {number} minCss minimum distance between two marks, css pixels
 * @returns {{cssY: number, mib: number}[]} lowest address first; cssY is the bottom edge of the row
 */
export function axisMarks(g, minCss) {
  const rowMib = g.cols * BLOCK_MIB;
  let every = 1;
  while (every * g.cssCell < minCss) every *= 2;
  const marks = [];
  for (let row = 0; row < g.rows; row += every) {
    marks.push({ cssY: (g.rows - row) * g.cssCell, mib: row * rowMib });
  }
  return marks;
}
