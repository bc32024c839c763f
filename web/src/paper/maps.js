/**
 * Planes of a report as heatmaps for Plotly: colours, cells, words. Pure.
 */

import { aggregate } from "../map/aggregate.js";
import { columnsFor } from "../map/geometry.js";
import { FREE_SHARE, HOLDER, MIGRATETYPE } from "../map/palette.js";
import { blockRange, count } from "../lib/format.js";
import { pageblock } from "../lib/pageblock.js";

const MOST_CELLS = 16_384; // more would be smaller than a pixel, and cost seconds

/** Share of balloon pages: from the paper's grey to the balloon's orange. */
const BALLOON_RAMP = ["#eef1f3", "#f9dfbd", "#f5c384", "#f0a748", "#ea8a0b", "#b45d00"];

/**
 * @typedef {Record<"free"|"pcp"|"movable"|"balloon"|"unmovable"|"migratetype"|"holder", number[]>} MapPlanes
 *
 * @typedef {object} Colours what a cell shows
 * @property {string} key
 * @property {string} label
 * @property {string[]} hex
 * @property {string[]} names of the colours; of a ramp its ends
 * @property {boolean} ramp
 * @property {(cells: MapPlanes, i: number) => number} value index of the colour, or a share for a ramp
 */

/** @type {Colours[]} */
export const COLOURS = [
  { key: "holder", label: "What holds it", hex: HOLDER.entries.map((one) => one.hex), names: HOLDER.entries.map((one) => one.name), ramp: false, value: (cells, i) => cells.holder[i] },
  { key: "free", label: "Free share", hex: FREE_SHARE.entries.map((one) => one.hex), names: ["nothing free", "all free"], ramp: true, value: (cells, i) => (cells.free[i] + cells.pcp[i]) / pageblock.pages },
  { key: "balloon", label: "Balloon", hex: BALLOON_RAMP, names: ["no balloon page", "all balloon"], ramp: true, value: (cells, i) => cells.balloon[i] / pageblock.pages },
  { key: "migratetype", label: "Migratetype", hex: MIGRATETYPE.entries.map((one) => one.hex), names: MIGRATETYPE.entries.map((one) => one.name), ramp: false, value: (cells, i) => cells.migratetype[i] },
];

/**
 * A Plotly colour scale: steps, or a ramp.
 * @param {Colours} colours
 * @returns {[number, string][]}
 */
export function scaleOf({ hex, ramp }) {
  if (ramp) return hex.map((one, i) => [i / (hex.length - 1), one]);
  return hex.flatMap((one, i) => /** @type {[number, string][]} */ ([[i / hex.length, one], [(i + 1) / hex.length, one]]));
}

/**
 * Where cells lie.
 * @param {number} nr pageblocks
 * @param {number} width of the picture, any unit
 * @param {number} height
 */
export function gridOf(nr, width, height) {
  let [cols, side] = [columnsFor(nr, width, height), 1];
  while (Math.ceil(nr / (side * side)) > MOST_CELLS && cols >= 2) [cols, side] = [cols / 2, side * 2];
  const per = side * side;
  const cells = Math.ceil(nr / per);
  return { nr, per, cols, cells, rows: Math.ceil(cells / cols) };
}

/**
 * Room between cells, pixels. Never none: without it Plotly draws an image and asks for sharp edges by an inline style,
 * which a file's policy forbids.
 * @param {number} cells
 */
export const gapOf = (cells) => (cells > 4096 ? 0.01 : 1);

/**
 * @param {MapPlanes} planes
 * @param {number} per pageblocks of a cell
 * @returns {MapPlanes} of cells: mean pages, most frequent classes
 */
export function cellsOf(planes, per) {
  if (per === 1) return planes;
  const flags = Uint8Array.from(planes.holder, (value) => value << 4);
  const { planes: cells } = aggregate(/** @type {any} */ ({ ...planes, flags, migratetype: Uint8Array.from(planes.migratetype) }), per);
  const lists = Object.fromEntries(Object.entries(cells).map(([name, values]) => [name, [...values]]));
  return /** @type {MapPlanes} */ ({ ...lists, holder: lists.flags.map((value) => value >> 4) });
}

/**
 * A cell in words.
 * @param {MapPlanes} cells
 * @param {number} i
 * @param {number} per
 * @param {string[]} types names of the migratetypes
 */
export function cellWords(cells, i, per, types) {
  const pages = (/** @type {number} */ n) => (Number.isInteger(n) ? count(n) : n.toFixed(1));
  const free = cells.free[i] + cells.pcp[i];
  const reserved = Math.max(0, pageblock.pages - free - cells.movable[i] - cells.balloon[i] - cells.unmovable[i]);
  const where = per === 1 ? `pageblock ${count(i)}, ${blockRange(i)}` : `pageblocks ${count(i * per)} to ${count((i + 1) * per - 1)} (means)`;
  const kinds = [[free, "free"], [cells.movable[i], "movable"], [cells.balloon[i], "balloon"], [cells.unmovable[i], "unmovable"], [reserved, "reserved"]];
  const content = kinds.filter(([n]) => Number(n) > 1e-6).map(([n, name]) => `${pages(Number(n))} ${name}`).join(", ");
  return `<b>${where}</b><br>${content}<br>${HOLDER.entries[cells.holder[i]]?.name ?? "?"}; ${types[cells.migratetype[i]] ?? "?"}`;
}

/**
 * Rows from the bottom, empty where no pageblock is.
 * @template T
 * @param {{cols: number, rows: number, cells: number}} grid
 * @param {(i: number) => T} make
 * @returns {(T|null)[][]}
 */
export const matrix = ({ cols, rows, cells }, make) =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, col) => (row * cols + col < cells ? make(row * cols + col) : null)));

/**
 * Marks of the axis at the left: addresses of rows, at most eight.
 * @param {{cols: number, rows: number, per: number, nr: number}} grid
 */
export function addressTicks({ cols, rows, per, nr }) {
  const step = Math.max(1, 2 ** Math.ceil(Math.log2(rows / 8)));
  const at = Array.from({ length: Math.ceil(rows / step) }, (_, i) => i * step);
  const gib = nr * pageblock.mib >= 16_384;
  return { at, words: at.map((row) => (gib ? `${+((row * cols * per * pageblock.mib) / 1024).toFixed(2)} GiB` : `${count(row * cols * per * pageblock.mib)} MiB`)) };
}
