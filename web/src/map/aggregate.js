/**
 * What a cell shows that stands for several pageblocks, and the worst page inside any cell. Pure and exact: sums of pages,
 * the class that most of its pageblocks have, and one mark that no averaging can hide.
 */

import { pageblock } from "../lib/pageblock.js";

const NR_CLASSES = 8; // of holders and of migratetypes, three bits each

/** What the worst page in a cell is, where the cell itself does not show it. */
export const WORST_NONE = 0;
export const WORST_BALLOON = 1;
export const WORST_UNMOVABLE = 2;

/** @typedef {Record<string, import("../net/wire.js").Plane>} Planes */

/**
 * @typedef {object} Cells
 * @property {Record<string, Float64Array|Uint8Array>} planes as of pageblocks, each cell's pages as the mean of its pageblocks; classes by majority
 * @property {Record<string, Int32Array>} sums pages of each cell, by kind
 * @property {Uint8Array} worst WORST_*
 */

/**
 * Whether a cell hides a page that is worse than what it mostly shows: an unmovable page if most pages are something else,
 * a balloon page if most are free, movable or reserved. So many pages that they show as a layer of their own hide nothing.
 * @param {number} free pages, those in per-CPU lists included
 * @param {number} movable
 * @param {number} balloon
 * @param {number} unmovable
 * @param {number} reserved
 * @param {number} [seen] from so many pages on the cell shows them anyway
 */
export function worstOf(free, movable, balloon, unmovable, reserved, seen = Infinity) {
  if (unmovable > 0) return unmovable >= Math.min(seen, Math.max(free, movable, balloon, reserved)) ? WORST_NONE : WORST_UNMOVABLE;
  if (balloon > 0) return balloon >= Math.min(seen, Math.max(free, movable, reserved)) ? WORST_NONE : WORST_BALLOON;
  return WORST_NONE;
}

/** Pages of a pageblock from which on a layer cannot be overlooked. */
export const LAYER_SEEN = 64;

/** @param {number} cells @returns {Cells} */
const blank = (cells) => ({
  planes: { free: new Float64Array(cells), pcp: new Float64Array(cells), movable: new Float64Array(cells), balloon: new Float64Array(cells), unmovable: new Float64Array(cells), migratetype: new Uint8Array(cells), flags: new Uint8Array(cells) },
  sums: { free: new Int32Array(cells), pcp: new Int32Array(cells), movable: new Int32Array(cells), balloon: new Int32Array(cells), unmovable: new Int32Array(cells) },
  worst: new Uint8Array(cells),
});

/**
 * @param {Planes} planes of pageblocks
 * @param {number} per pageblocks of a cell
 * @param {number} [seen] as in worstOf, for one pageblock
 * @param {Cells|null} [into] an earlier answer that is no longer wanted: written over if it has as many cells
 * @returns {Cells}
 */
export function aggregate(planes, per, seen = Infinity, into = null) {
  const { free, pcp, movable, balloon, unmovable, flags, migratetype } = planes;
  const nr = free.length;
  const cells = Math.ceil(nr / per);
  const out = into?.worst.length === cells ? into : blank(cells);
  const { sums, planes: means, worst } = out;
  // One pass, written out: this runs for every pageblock of every paint. Nothing is allocated, and classes are counted only
  // where a cell has several.
  for (let i = 0, cell = 0; cell < cells; cell++) {
    const first = i;
    const end = Math.min(nr, i + per);
    let f = 0;
    let p = 0;
    let m = 0;
    let b = 0;
    let u = 0;
    let shown = 0;
    let apart = 0;
    const holder = (flags[first] >> 4) & 7;
    const type = migratetype[first] & 7;
    for (; i < end; i++) {
      f += free[i];
      p += pcp[i];
      m += movable[i];
      b += balloon[i];
      u += unmovable[i];
      shown |= flags[i];
      apart |= (((flags[i] >> 4) & 7) ^ holder) | (((migratetype[i] & 7) ^ type) << 3);
    }
    const has = end - first;
    sums.free[cell] = f;
    sums.pcp[cell] = p;
    sums.movable[cell] = m;
    sums.balloon[cell] = b;
    sums.unmovable[cell] = u;
    means.free[cell] = f / has;
    means.pcp[cell] = p / has;
    means.movable[cell] = m / has;
    means.balloon[cell] = b / has;
    means.unmovable[cell] = u / has;
    means.flags[cell] = (shown & 15) | ((apart & 7 ? most(flags, 4, first, end) : holder) << 4);
    means.migratetype[cell] = apart >> 3 ? most(migratetype, 0, first, end) : type;
    worst[cell] = b + u > 0 ? worstOf(f + p, m, b, u, Math.max(0, pageblock.pages * has - f - p - m - b - u), seen * has) : WORST_NONE;
  }
  return out;
}

/**
 * The worst page of every cell.
 * @param {Planes} planes of pageblocks
 * @param {number} [seen] as in worstOf
 * @param {Uint8Array|null} [into] an earlier answer that is no longer wanted: written over if it is as long
 * @returns {Uint8Array} WORST_*, one per pageblock
 */
export function worstInside(planes, seen = Infinity, into = null) {
  const { free, pcp, movable, balloon, unmovable } = planes;
  const worst = into?.length === free.length ? into : new Uint8Array(free.length);
  for (let i = 0; i < worst.length; i++) {
    const b = balloon[i];
    const u = unmovable[i];
    worst[i] = WORST_NONE;
    if (b + u === 0) continue;
    const f = free[i] + pcp[i];
    worst[i] = worstOf(f, movable[i], b, u, Math.max(0, pageblock.pages - f - movable[i] - b - u), seen);
  }
  return worst;
}

const COUNTS = new Uint16Array(NR_CLASSES);

/**
 * The class that most pageblocks of a cell have; of several, the first.
 * @param {import("../net/wire.js").Plane} classes
 * @param {number} shift of its three bits
 * @param {number} first
 * @param {number} end
 */
function most(classes, shift, first, end) {
  for (let k = 0; k < NR_CLASSES; k++) COUNTS[k] = 0;
  for (let i = first; i < end; i++) COUNTS[(classes[i] >> shift) & 7]++;
  let best = 0;
  for (let k = 1; k < NR_CLASSES; k++) if (COUNTS[k] > COUNTS[best]) best = k;
  return best;
}
