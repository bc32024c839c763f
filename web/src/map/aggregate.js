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
 * @property {Record<string, Float64Array>} sums pages of each cell, by kind
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

/**
 * @param {Planes} planes of pageblocks
 * @param {number} per pageblocks of a cell
 * @param {number} [seen] as in worstOf, for one pageblock
 * @returns {Cells}
 */
export function aggregate(planes, per, seen = Infinity) {
  const { free, pcp, movable, balloon, unmovable, flags, migratetype } = planes;
  const nr = free.length;
  const cells = Math.ceil(nr / per);
  const make = () => ({ free: new Float64Array(cells), pcp: new Float64Array(cells), movable: new Float64Array(cells), balloon: new Float64Array(cells), unmovable: new Float64Array(cells) });
  const [sums, means] = [make(), make()];
  const out = { ...means, migratetype: new Uint8Array(cells), flags: new Uint8Array(cells) };
  const worst = new Uint8Array(cells);
  const [holders, types] = [new Uint16Array(NR_CLASSES), new Uint16Array(NR_CLASSES)];
  // One pass, written out: this runs for every pageblock of every paint.
  for (let i = 0, cell = 0; cell < cells; cell++) {
    const [first, end] = [i, Math.min(nr, i + per)];
    let [f, p, m, b, u, shown] = [0, 0, 0, 0, 0, 0];
    holders.fill(0);
    types.fill(0);
    for (; i < end; i++) {
      f += free[i];
      p += pcp[i];
      m += movable[i];
      b += balloon[i];
      u += unmovable[i];
      shown |= flags[i] & 15;
      holders[(flags[i] >> 4) & 7]++;
      types[migratetype[i] & 7]++;
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
    out.flags[cell] = shown | (most(holders) << 4);
    out.migratetype[cell] = most(types);
    if (b + u > 0) worst[cell] = worstOf(f + p, m, b, u, Math.max(0, pageblock.pages * has - f - p - m - b - u), seen * has);
  }
  return { planes: out, sums, worst };
}

/**
 * The worst page of every cell.
 * @param {Planes} planes of pageblocks
 * @param {number} [seen] as in worstOf
 * @returns {Uint8Array} WORST_*, one per pageblock
 */
export function worstInside(planes, seen = Infinity) {
  const { free, pcp, movable, balloon, unmovable } = planes;
  const worst = new Uint8Array(free.length);
  for (let i = 0; i < worst.length; i++) {
    const [b, u] = [balloon[i], unmovable[i]];
    if (b + u === 0) continue;
    const f = free[i] + pcp[i];
    worst[i] = worstOf(f, movable[i], b, u, Math.max(0, pageblock.pages - f - movable[i] - b - u), seen);
  }
  return worst;
}

/**
 * The class that most pageblocks of a cell have; of several, the first.
 * @param {Uint16Array} counts
 */
function most(counts) {
  let best = 0;
  for (let k = 1; k < NR_CLASSES; k++) if (counts[k] > counts[best]) best = k;
  return best;
}
