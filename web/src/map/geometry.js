/**
 * Where a pageblock lies on a map: index ↔ cell ↔ pixel. Pure arithmetic.
 *
 * Low addresses are at the bottom left and high ones at the top right, as on an axis: "up" in words is up in
 * the picture. Where cells would get too small to see, one cell stands for 4, 16, … pageblocks, a square of them, so that
 * it opens into them when it is looked at closely (web/src/zoom/).
 * Coordinate spaces: cell (column, row from the top), device (canvas pixels), css (layout pixels).
 */

const COLUMNS_LEAST = 8; // a row is 16 MiB or a power of two times as much, so that the axis has round numbers
const LARGE = 8192; // pageblocks: from here on the axis is in GiB
/** From this many device pixels on, the side of a cell is a whole number: the lines between cells stay sharp. */
export const WHOLE_FROM = 5;
const LEAST_CELL = 5; // css pixels: a smaller cell stands for several pageblocks instead
const MOST_SIDE = 32; // pageblocks along a cell

/**
 * @typedef {object} Geometry
 * @property {number} nr pageblocks
 * @property {number} side pageblocks along one side of a cell: 1, 2, 4, …
 * @property {number} per pageblocks of a cell: side * side
 * @property {number} cells
 * @property {number} cols
 * @property {number} rows
 * @property {number} cellW width of a cell in device pixels
 * @property {number} cellH height of a cell in device pixels
 * @property {number} cell the smaller of both
 * @property {number} dpr device pixels per css pixel
 * @property {number} cssCellW width of a cell in css pixels
 * @property {number} cssCellH
 * @property {number} cssWidth
 * @property {number} cssHeight
 */

/** @param {number} nr */
const rowsFor = (nr, cols = COLUMNS_LEAST) => Math.ceil(Math.max(1, nr) / cols);

/**
 * The power of two of columns whose cells are nearest to squares in a box.
 * @param {number} nr pageblocks
 * @param {number} width any unit
 * @param {number} height
 */
export function columnsFor(nr, width, height) {
  let best = COLUMNS_LEAST;
  let apart = Infinity;
  for (let cols = COLUMNS_LEAST; cols === COLUMNS_LEAST || cols / 2 < nr; cols *= 2) {
    const off = Math.abs(Math.log((width / cols) / (height / rowsFor(nr, cols))));
    if (off >= apart) break;
    [best, apart] = [cols, off];
  }
  return best;
}

/** @param {number} side device pixels */
const whole = (side) => (side >= WHOLE_FROM ? Math.floor(side) : side);

/**
 * The largest cells at which all pageblocks fit into a box and fill it.
 * @param {number} nr pageblocks
 * @param {number} maxWidth css pixels
 * @param {number} maxHeight css pixels
 * @param {number} dpr
 * @param {number} [columns] as columnsFor says for the box that the columns are chosen by; by default, this one
 * @returns {Geometry}
 */
export function fit(nr, maxWidth, maxHeight, dpr, columns) {
  const width = Math.max(COLUMNS_LEAST, Math.floor(maxWidth * dpr));
  const height = Math.max(1, Math.floor(maxHeight * dpr));
  let cols = columns ?? columnsFor(nr, width, height);
  let side = 1;
  let rows = rowsFor(nr, cols);
  while (side < MOST_SIDE && cols >= 2 && Math.min(width / cols, height / rows) < LEAST_CELL * dpr) {
    side *= 2;
    cols /= 2;
    rows = rowsFor(nr, cols * side * side);
  }
  const per = side * side;
  const [cellW, cellH] = [whole(width / cols), whole(height / rows)];
  const [cssCellW, cssCellH] = [cellW / dpr, cellH / dpr];
  return { nr, side, per, cells: Math.ceil(Math.max(1, nr) / per), cols, rows, cellW, cellH, cell: Math.min(cellW, cellH), dpr, cssCellW, cssCellH, cssWidth: cols * cssCellW, cssHeight: rows * cssCellH };
}

/**
 * Where a pageblock lies, counted in pageblocks from the left and from the bottom of the map.
 * @param {Geometry} g
 * @param {number} index
 * @returns {{x: number, y: number}}
 */
export function placeOf(g, index) {
  const { side, per, cols } = g;
  const cell = Math.floor(index / per);
  const inside = index - cell * per;
  return { x: (cell % cols) * side + (inside % side), y: Math.floor(cell / cols) * side + Math.floor(inside / side) };
}

/**
 * The pageblock at such a place.
 * @param {Geometry} g
 * @param {number} x
 * @param {number} y
 * @returns {number|null} null where there is none
 */
export function indexOf(g, x, y) {
  const { side, per, cols, rows, nr } = g;
  if (x < 0 || y < 0 || x >= cols * side || y >= rows * side) return null;
  const cell = Math.floor(y / side) * cols + Math.floor(x / side);
  const index = cell * per + (y % side) * side + (x % side);
  return index < nr ? index : null;
}

/**
 * The pageblock at a point of the map; of a cell of several, the first.
 * @param {Geometry} g
 * @param {number} cssX
 * @param {number} cssY
 * @returns {number|null} null outside the map and in the unused part of the top row
 */
export function indexAt(g, cssX, cssY) {
  const col = Math.floor(cssX / g.cssCellW);
  const row = Math.floor(cssY / g.cssCellH);
  if (col < 0 || col >= g.cols || row < 0 || row >= g.rows) return null;
  const index = ((g.rows - 1 - row) * g.cols + col) * g.per;
  return index < g.nr ? index : null;
}

/**
 * The pageblock that a key moves to: from cell to cell, to the first pageblock of each.
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
  if (key === "End") return (g.cells - 1) * g.per;
  if (!(key in steps)) return null;
  const next = Math.floor(index / g.per) + steps[key];
  return next >= 0 && next < g.cells ? next * g.per : index;
}

/** @param {number} nr pageblocks */
export const isLarge = (nr) => nr >= LARGE;
