/**
 * Maps as a picture to keep: what is drawn where, with title, moment, digest and legend in it. Pure; picture.js makes pixels
 * or SVG of it.
 */

import { count } from "../lib/format.js";
import { aggregate } from "../map/aggregate.js";
import { fit } from "../map/geometry.js";
import { colourOf, LAYERS, layers } from "../map/heatmap.js";
import { CONTENT } from "../map/palette.js";
import { pageblock } from "../lib/pageblock.js";

const MAP = { width: 640, height: 400 };
const GAP = 24;
const HEAD = 26; // of a map
const AXIS = 64; // left of a map: addresses
const LINE = 18;
const TITLE = 22;
const INK = "#16202a";
const MUTED = "#505c68";
const PAPER = "#ffffff";
const LEAST_LAYERS = 5; // pixels: of a lower cell the content is one mixed colour
const CHAR = 7; // width of a letter of 13 px, about

/**
 * @typedef {{kind: "rect", x: number, y: number, w: number, h: number, fill: string}} Rect
 * @typedef {{kind: "text", x: number, y: number, size: number, bold: boolean, fill: string, anchor: "start"|"end", text: string}} Words
 *
 * @typedef {object} Scene
 * @property {number} width css pixels
 * @property {number} height
 * @property {string} title
 * @property {(Rect|Words)[]} things in the order in which they are drawn
 *
 * @typedef {object} MapShown one map
 * @property {string} name
 * @property {string} note
 * @property {Record<string, import("../net/wire.js").Plane>} planes
 */

/** @param {number} colour 0xAABBGGRR */
export const hexOf = (colour) => `#${[colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255].map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/**
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {Partial<Words>} [how]
 * @returns {Words}
 */
const words = (x, y, text, how = {}) => ({ kind: "text", x, y, size: 13, bold: false, fill: INK, anchor: "start", text, ...how });

/**
 * Cells of one map, with room for lines between them.
 * @param {MapShown} map
 * @param {string} mode key of palette.MODES
 * @param {number} left
 * @param {number} top
 * @returns {(Rect|Words)[]}
 */
function mapThings({ planes }, mode, left, top) {
  const g = fit(planes.free.length, MAP.width, MAP.height, 1);
  const cells = /** @type {MapShown["planes"]} */ (g.per > 1 ? aggregate(planes, g.per).planes : planes);
  const heights = new Uint16Array(5);
  const gap = g.cell >= LEAST_LAYERS ? 1 : 0;
  /** @type {(Rect|Words)[]} */
  const things = [];
  for (let i = 0; i < g.cells; i++) {
    const x = left + (i % g.cols) * g.cellW;
    const bottom = top + (g.rows - Math.floor(i / g.cols)) * g.cellH;
    const w = g.cellW - gap;
    if (mode !== CONTENT.key || g.cellH < LEAST_LAYERS + 1) {
      things.push({ kind: "rect", x, y: bottom - g.cellH + gap, w, h: g.cellH - gap, fill: hexOf(colourOf(mode, cells, i)) });
      continue;
    }
    const used = cells.movable[i] + cells.balloon[i] + cells.unmovable[i];
    const reserved = Math.max(0, pageblock.pages - used - cells.free[i] - cells.pcp[i]);
    layers(heights, reserved < 1e-6 ? 0 : reserved, cells.unmovable[i], cells.balloon[i], cells.movable[i], g.cellH - gap);
    let y = bottom;
    for (let layer = 0; layer < 5; layer++) {
      if (!heights[layer]) continue;
      y -= heights[layer];
      things.push({ kind: "rect", x, y, w, h: heights[layer], fill: hexOf(LAYERS[layer]) });
    }
  }
  const step = Math.max(1, 2 ** Math.ceil(Math.log2(g.rows / 6)));
  for (let row = 0; row < g.rows; row += step) {
    things.push(words(left - 6, top + (g.rows - row) * g.cellH - 2, `${count(row * g.cols * g.per * 2)} MiB`, { anchor: "end", size: 11, fill: MUTED }));
  }
  return things;
}

/**
 * Lines of text no wider than so many letters.
 * @param {string} text
 * @param {number} letters
 */
export function wrapped(text, letters) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * A picture of maps.
 * @param {MapShown[]} maps at least one
 * @param {import("../map/palette.js").Mode} mode
 * @param {string} title
 * @param {string[]} said further lines, small: moment, guest, digest
 * @returns {Scene}
 */
export function sceneOf(maps, mode, title, said) {
  const across = Math.min(2, maps.length);
  const width = GAP + across * (AXIS + MAP.width + GAP);
  const letters = Math.floor((width - 2 * GAP) / CHAR);
  /** @type {(Rect|Words)[]} */
  const things = [words(GAP, GAP + 16, title, { size: 20, bold: true })];
  let y = GAP + TITLE + LINE;
  for (const text of said.flatMap((line) => wrapped(line, letters))) {
    things.push(words(GAP, y, text, { fill: MUTED }));
    y += LINE;
  }
  y += GAP / 2;
  for (const [i, map] of maps.entries()) {
    const left = GAP + (i % across) * (AXIS + MAP.width + GAP) + AXIS;
    things.push(words(left, y + 12, map.name, { bold: true, size: 15 }), words(left + MAP.width, y + 12, map.note, { anchor: "end", fill: MUTED }));
    things.push(...mapThings(map, mode.key, left, y + HEAD));
    if (i % across === across - 1 || i === maps.length - 1) y += HEAD + MAP.height + GAP;
  }
  let x = GAP;
  for (const { name, hex } of mode.entries) {
    const wide = 20 + name.length * CHAR + GAP;
    if (x + wide > width) [x, y] = [GAP, y + LINE + 4];
    things.push({ kind: "rect", x, y, w: 14, h: 14, fill: INK }, { kind: "rect", x: x + 1, y: y + 1, w: 12, h: 12, fill: hex }, words(x + 20, y + 12, name));
    x += wide;
  }
  y += LINE + 8;
  for (const text of wrapped(mode.text, letters)) {
    things.push(words(GAP, y + 8, text, { fill: MUTED, size: 12 }));
    y += LINE;
  }
  return { width, height: y + GAP, title, things: [{ kind: "rect", x: 0, y: 0, w: width, h: y + GAP, fill: PAPER }, ...things] };
}
