/**
 * Maps as a picture to keep: what is drawn where, with title, moment, digest and legend in it. Pure; picture.js makes pixels
 * or SVG of it.
 */

import { count } from "../lib/format.js";
import { classOf } from "../difference/compare.js";
import { aggregate } from "../map/aggregate.js";
import { fit, indexOf, placeOf } from "../map/geometry.js";
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
const PAGEBLOCK_SHIFT = 9;
const SCANNER = 14; // width of a scanner's triangle
const BAR_FROM = 8; // of a smaller cell of a difference the colour alone has to do
const [ONLY_HERE, ONLY_THERE] = [2, 3]; // classes of a difference that a bar tells apart too
const CHAR = 7; // width of a letter of 13 px, about

/**
 * @typedef {{kind: "rect", x: number, y: number, w: number, h: number, fill: string}} Rect
 * @typedef {{kind: "text", x: number, y: number, size: number, bold: boolean, fill: string, anchor: "start"|"end", text: string}} Words
 *
 * @typedef {{kind: "scanner", x: number, y: number, size: number, up: boolean, fill: string}} Triangle filled where it points up
 *
 * @typedef {object} Scene
 * @property {number} width css pixels
 * @property {number} height
 * @property {string} title
 * @property {(Rect|Words|Triangle)[]} things in the order in which they are drawn
 *
 * @typedef {object} MapShown one map
 * @property {string} name
 * @property {string} [title] what people call it
 * @property {string} note
 * @property {Record<string, import("../net/wire.js").Plane>} planes
 * @property {{migrate: number, free: number}|null} [scanners] pfns, while they are at work
 *
 * @typedef {object} DifferenceShown
 * @property {string} words what is asked of every pageblock
 * @property {[string, string]} names here and there
 * @property {Uint8Array} classes of every pageblock
 * @property {readonly number[]} counts pageblocks of each class
 * @property {readonly {hex: string, words: string}[]} looks of each class
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
 * @returns {(Rect|Words|Triangle)[]}
 */
function mapThings({ planes, scanners }, mode, left, top) {
  const g = fit(planes.free.length, MAP.width, MAP.height, 1);
  const cells = /** @type {MapShown["planes"]} */ (g.per > 1 ? aggregate(planes, g.per).planes : planes);
  const heights = new Uint16Array(5);
  const gap = g.cell >= LEAST_LAYERS ? 1 : 0;
  /** @type {(Rect|Words|Triangle)[]} */
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
  return [...things, ...axis(g, left, top), ...scannerThings(g, scanners ?? null, left, top)];
}

/**
 * @param {import("../map/geometry.js").Geometry} g
 * @param {number} left
 * @param {number} top
 */
function axis(g, left, top) {
  const step = Math.max(1, 2 ** Math.ceil(Math.log2(g.rows / 6)));
  return Array.from({ length: Math.ceil(g.rows / step) }, (_, i) => i * step).map((row) =>
    words(left - 6, top + (g.rows - row) * g.cellH - 2, `${count(row * g.cols * g.per * 2)} MiB`, { anchor: "end", size: 11, fill: MUTED }));
}

/**
 * A line along the row from the scanner's cell on, and a triangle beside it, as on the page.
 * @param {import("../map/geometry.js").Geometry} g
 * @param {{migrate: number, free: number}|null} scanners
 * @param {number} left
 * @param {number} top
 * @returns {(Rect|Triangle)[]}
 */
function scannerThings(g, scanners, left, top) {
  if (!scanners) return [];
  return /** @type {[number, boolean][]} */ ([[scanners.migrate, true], [scanners.free, false]]).filter(([pfn]) => pfn >= 0).flatMap(([pfn, up]) => {
    const at = placeOf(g, Math.min(g.nr - 1, pfn >> PAGEBLOCK_SHIFT));
    const [col, row] = [Math.floor(at.x / g.side), Math.floor(at.y / g.side)];
    const [x, y] = [left + (col + 1) * g.cellW, top + (g.rows - 1 - row) * g.cellH];
    const edge = left + g.cols * g.cellW;
    return [
      { kind: "rect", x, y: up ? y : y + g.cellH - 1, w: edge - x + 2, h: 1, fill: INK },
      { kind: "scanner", x: edge + 4, y: y + g.cellH / 2, size: SCANNER, up, fill: INK },
    ];
  });
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
  const { things, bottom } = headOf(title, said, letters);
  let y = bottom;
  for (const [i, map] of maps.entries()) {
    const left = GAP + (i % across) * (AXIS + MAP.width + GAP) + AXIS;
    things.push(words(left, y + 12, map.title ?? map.name, { bold: true, size: 15 }), words(left + MAP.width, y + 12, map.note, { anchor: "end", fill: MUTED }));
    things.push(...mapThings(map, mode.key, left, y + HEAD));
    if (i % across === across - 1 || i === maps.length - 1) y += HEAD + MAP.height + GAP;
  }
  const scan = maps.some(({ scanners }) => scanners) ? [{ name: "migrate scanner", up: true }, { name: "free scanner", up: false }] : [];
  y = legend(things, [...mode.entries, ...scan], width, y);
  for (const text of wrapped(mode.text, letters)) {
    things.push(words(GAP, y + 8, text, { fill: MUTED, size: 12 }));
    y += LINE;
  }
  return finished(things, title, width, y + GAP);
}

/**
 * A picture of a difference: two memories as one map.
 * @param {DifferenceShown} shown
 * @param {string} title
 * @param {string[]} said
 * @returns {Scene}
 */
export function differenceScene({ words: asked, names: [here, there], classes, counts, looks }, title, said) {
  const width = GAP + AXIS + MAP.width + GAP;
  const letters = Math.floor((width - 2 * GAP) / CHAR);
  const { things, bottom } = headOf(title, [`Here: ${here}. There: ${there}. Compared: whether a pageblock ${asked}.`, ...said], letters);
  const g = fit(classes.length, MAP.width, MAP.height, 1);
  const gap = g.cell >= LEAST_LAYERS ? 1 : 0;
  const left = GAP + AXIS;
  for (let row = 0; row < g.rows; row++) {
    for (let col = 0; col < g.cols; col++) {
      const index = indexOf(g, col * g.side, row * g.side);
      if (index === null) continue;
      const kind = classOf(classes, index, g.per);
      const [x, y, w, h] = [left + col * g.cellW, bottom + (g.rows - 1 - row) * g.cellH + gap, g.cellW - gap, g.cellH - gap];
      things.push({ kind: "rect", x, y, w, h, fill: looks[kind].hex });
      if (kind < ONLY_HERE || Math.min(w, h) < BAR_FROM) continue;
      const thin = Math.max(2, Math.round(Math.min(w, h) / 6));
      const lying = kind === ONLY_HERE;
      things.push({ kind: "rect", x: lying ? x + w / 4 : Math.round(x + (w - thin) / 2), y: lying ? Math.round(y + (h - thin) / 2) : y + h / 4, w: lying ? w / 2 : thin, h: lying ? thin : h / 2, fill: kind === ONLY_THERE ? INK : PAPER });
    }
  }
  things.push(...axis(g, left, bottom));
  const y = legend(things, looks.map((look, i) => ({ name: `${look.words}: ${count(counts[i])}`, hex: look.hex })), width, bottom + MAP.height + GAP);
  return finished(things, title, width, y + GAP);
}

/**
 * Title and small lines.
 * @param {string} title
 * @param {string[]} said
 * @param {number} letters of a line
 * @returns {{things: Scene["things"], bottom: number}}
 */
function headOf(title, said, letters) {
  /** @type {Scene["things"]} */
  const things = [words(GAP, GAP + 16, title, { size: 20, bold: true })];
  let y = GAP + TITLE + LINE;
  for (const text of said.flatMap((line) => wrapped(line, letters))) {
    things.push(words(GAP, y, text, { fill: MUTED }));
    y += LINE;
  }
  return { things, bottom: y + GAP / 2 };
}

/**
 * @param {Scene["things"]} things
 * @param {{name: string, hex?: string, up?: boolean}[]} entries
 * @param {number} width
 * @param {number} top
 * @returns {number} below it
 */
function legend(things, entries, width, top) {
  let [x, y] = [GAP, top];
  for (const { name, hex, up = false } of entries) {
    const wide = 20 + name.length * CHAR + GAP;
    if (x + wide > width) [x, y] = [GAP, y + LINE + 4];
    if (hex === undefined) things.push({ kind: "scanner", x, y: y + 7, size: SCANNER, up, fill: INK });
    else things.push({ kind: "rect", x, y, w: 14, h: 14, fill: INK }, { kind: "rect", x: x + 1, y: y + 1, w: 12, h: 12, fill: hex });
    things.push(words(x + 20, y + 12, name));
    x += wide;
  }
  return y + LINE + 8;
}

/**
 * @param {Scene["things"]} things
 * @param {string} title
 * @param {number} width
 * @param {number} height
 * @returns {Scene}
 */
const finished = (things, title, width, height) => ({ width, height, title, things: [{ kind: "rect", x: 0, y: 0, w: width, h: height, fill: PAPER }, ...things] });
