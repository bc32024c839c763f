/**
 * What a cell shows that stands for several pageblocks, and the worst page inside any cell. Pure and exact: sums of pages,
 * the class that most of its pageblocks have, and one mark that no averaging can hide.
 */

const NR_PAGES = 512;
const NR_CLASSES = 8; // of holders and of migratetypes, three bits each

/** What the worst page in a cell is, where the cell itself does not show it. */
export const WORST_NONE = 0;
export const WORST_BALLOON = 1;
export const WORST_UNMOVABLE = 2;

/** @typedef {Record<string, import("../net/wire.js").Plane>} Planes */

/**
 * @typedef {object} Cells
 * @property {Record<string, Float64Array|Uint8Array>} planes as of pageblocks, each cell's pages as the mean of its pageblocks; classes by majority
 * @property {Record<string, Float64Array>} sums pages of each cell, by kind
 * @property {Uint8Array} worst WORST_*
 */

const KINDS = ["free", "pcp", "movable", "balloon", "unmovable"];

/**
 * Whether a cell hides a page that is worse than what it mostly shows: an unmovable page if most pages are something else,
 * a balloon page if most are free, movable or reserved.
 * @param {number} free pages, those in per-CPU lists included
 * @param {number} movable
 * @param {number} balloon
 * @param {number} unmovable
 * @param {number} reserved
 */
export function worstOf(free, movable, balloon, unmovable, reserved) {
  if (unmovable > 0) return unmovable >= Math.max(free, movable, balloon, reserved) ? WORST_NONE : WORST_UNMOVABLE;
  if (balloon > 0) return balloon >= Math.max(free, movable, reserved) ? WORST_NONE : WORST_BALLOON;
  return WORST_NONE;
}

/**
 * @param {Planes} planes of pageblocks
 * @param {number} per pageblocks of a cell
 * @returns {Cells}
 */
export function aggregate(planes, per) {
  const nr = planes.free.length;
  const cells = Math.ceil(nr / per);
  /** @type {Record<string, Float64Array>} */
  const sums = {};
  for (const kind of KINDS) sums[kind] = sumOf(planes[kind], per, cells);
  const holders = new Uint16Array(cells * NR_CLASSES);
  const types = new Uint16Array(cells * NR_CLASSES);
  const shown = new Uint8Array(cells); // flags that any pageblock of the cell has
  const { flags, migratetype } = planes;
  for (let i = 0, cell = 0; i < nr; cell++) {
    for (const end = Math.min(nr, i + per); i < end; i++) {
      holders[cell * NR_CLASSES + ((flags[i] >> 4) & 7)]++;
      types[cell * NR_CLASSES + (migratetype[i] & 7)]++;
      shown[cell] |= flags[i] & 15;
    }
  }
  /** @type {Record<string, Float64Array|Uint8Array>} */
  const out = { migratetype: new Uint8Array(cells), flags: new Uint8Array(cells) };
  for (const kind of KINDS) out[kind] = new Float64Array(cells);
  const worst = new Uint8Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const has = Math.min(per, nr - cell * per);
    for (const kind of KINDS) out[kind][cell] = sums[kind][cell] / has;
    out.flags[cell] = shown[cell] | (most(holders, cell) << 4);
    out.migratetype[cell] = most(types, cell);
    worst[cell] = worstIn(sums, cell, has);
  }
  return { planes: out, sums, worst };
}

/**
 * The worst page of every cell.
 * @param {Planes} planes of pageblocks
 * @returns {Uint8Array} WORST_*, one per pageblock
 */
export function worstInside(planes) {
  const worst = new Uint8Array(planes.free.length);
  for (let i = 0; i < worst.length; i++) worst[i] = worstIn(planes, i, 1);
  return worst;
}

/**
 * @param {Record<string, Float64Array>|Planes} pages
 * @param {number} i
 * @param {number} has pageblocks
 */
function worstIn({ free, pcp, movable, balloon, unmovable }, i, has) {
  const used = movable[i] + balloon[i] + unmovable[i];
  if (balloon[i] + unmovable[i] === 0) return WORST_NONE;
  const reserved = Math.max(0, NR_PAGES * has - used - free[i] - pcp[i]);
  return worstOf(free[i] + pcp[i], movable[i], balloon[i], unmovable[i], reserved);
}

/**
 * @param {import("../net/wire.js").Plane} plane
 * @param {number} per
 * @param {number} cells
 */
function sumOf(plane, per, cells) {
  const sum = new Float64Array(cells);
  for (let i = 0, cell = 0; i < plane.length; cell++) {
    let pages = 0;
    for (const end = Math.min(plane.length, i + per); i < end; i++) pages += plane[i];
    sum[cell] = pages;
  }
  return sum;
}

/**
 * The class that most pageblocks of a cell have; of several, the first.
 * @param {Uint16Array} counts
 * @param {number} cell
 */
function most(counts, cell) {
  let best = 0;
  for (let k = 1; k < NR_CLASSES; k++) if (counts[cell * NR_CLASSES + k] > counts[cell * NR_CLASSES + best]) best = k;
  return best;
}
