/**
 * What is drawn over a map: outlines of dedicated pageblocks and of the chosen range, both compaction scanners, the pageblock pointed at.
 */

import { FLAG_DEDICATED } from "../net/wire.js";
import { boxOf, pageRect, shownSide, WHOLE } from "../zoom/lens.js";
import { indexOf, placeOf } from "./geometry.js";
import { layOver } from "./over.js";
import { BALLOON, packed, UNMOVABLE } from "./palette.js";
import { pageblock, pageblockOf } from "../lib/pageblock.js";

const INK = "#14191f";
const PAPER = "#ffffff";
const CHOSEN = "#b0005a";
const WORST_COLOURS = [0, packed(BALLOON), packed(UNMOVABLE)]; // by aggregate.WORST_*
const WORST_EDGE = packed(PAPER);
const WORST_SHARE = 0.34; // of the smaller side of a cell
const WORST_EDGED = 7; // css pixels: in a smaller cell the mark has no light edge

/**
 * @typedef {import("./geometry.js").Geometry & {view: import("../zoom/lens.js").View, pen: number}} Window a map, how it is looked at, and a line of 1 css pixel in device pixels
 *
 * @typedef {object} Marks
 * @property {import("../net/wire.js").Plane|null} flags plane with the dedicated bit
 * @property {Uint8Array|null} [worst] the worst page of each cell
 * @property {import("../zoom/lens.js").View} [view] the window looked through
 * @property {number} migrate_pfn -1 = none
 * @property {number} free_pfn -1 = none
 * @property {number|null} pageblock pointed at
 * @property {number|null} [page] pfn pointed at
 * @property {import("../controls/range_text.js").Range|null} [range] chosen for offlining
 * @property {number|null} [target] pageblock that the traced page moves to
 * @property {number|null} [asked] pageblock that was asked about in this panel
 * @property {Set<number>|null} [listed] pageblocks of the free list chosen
 * @property {number} [thick] how many times as thick as usual
 * @property {number|null} [culprit] pageblock of the page at which a request for a range stopped
 */

/**
 * Redraw all marks.
 * @param {HTMLCanvasElement} canvas lies over the map
 * @param {import("./geometry.js").Geometry} geometry
 * @param {Marks} marks
 */
export function drawMarks(canvas, geometry, marks) {
  const g = geometry;
  const { range, worst = null, view = WHOLE, thick = 1 } = marks;
  const { c, bleed, width, height } = layOver(canvas, g, thick);
  const flags = shownSide(g, view) === 1 ? marks.flags : null; // of a cell of several pageblocks an outline would say too much
  /** @type {Window} */
  const w = { ...g, view, pen: g.dpr * thick };
  if (worst) corners(c, w, worst, bleed);
  c.save();
  c.beginPath();
  c.rect(0, 0, width, height);
  if (view.z > 1) c.clip();
  if (flags && g.cell >= 2) outline(c, w, (i) => (flags[i] & FLAG_DEDICATED) !== 0, INK);
  if (range) {
    const first = range.start_mib / pageblock.mib;
    const end = first + range.size_mib / pageblock.mib;
    outline(c, w, (i) => i >= first && i < end, CHOSEN);
  }
  const { target = null, culprit = null, page = null, asked = null, listed = null } = marks;
  if (listed) outline(c, w, (i) => listed.has(i), CHOSEN);
  if (asked !== null && asked < g.nr) select(c, w, asked);
  if (culprit !== null && culprit >= 0 && culprit < g.nr) cross(c, w, culprit);
  if (target !== null && target < g.nr && target !== marks.pageblock) {
    if (marks.pageblock !== null && marks.pageblock < g.nr) way(c, w, marks.pageblock, target);
    select(c, w, target);
  }
  if (page !== null) selectPage(c, w, page);
  else if (marks.pageblock !== null && marks.pageblock < g.nr) select(c, w, marks.pageblock);
  c.restore();
  if (marks.migrate_pfn >= 0) scanner(c, w, marks.migrate_pfn, true);
  if (marks.free_pfn >= 0) scanner(c, w, marks.free_pfn, false);
}

/**
 * Left, top, right and bottom of what is drawn for a pageblock, in whole device pixels.
 * @param {Window} w
 * @param {number} index
 */
const sides = (w, index) => boxOf(w, w.view, index);

/** @type {WeakMap<HTMLCanvasElement, ImageData>} */
const CORNERS = new WeakMap();

/**
 * A corner of the cell in the colour of the worst page in it, wherever the cell itself shows something else. Written as pixels:
 * there may be thousands, at every paint.
 * @param {CanvasRenderingContext2D} c
 * @param {Window} w
 * @param {Uint8Array} worst per cell, or per pageblock where these are drawn
 * @param {number} bleed device pixels from the canvas's corner to the map's: pixels know no transformation
 */
function corners(c, w, worst, bleed) {
  const [right, bottom] = [Math.round(w.cols * w.cellW), Math.round(w.rows * w.cellH)];
  let image = CORNERS.get(c.canvas);
  if (!image || image.width !== right || image.height !== bottom) {
    image = c.createImageData(right, bottom);
    CORNERS.set(c.canvas, image);
  }
  const pixels = new Int32Array(image.data.buffer);
  pixels.fill(0);
  const per = worst.length === w.nr ? 1 : w.per;
  for (let i = 0; i < worst.length; i++) {
    const colour = WORST_COLOURS[worst[i]];
    if (!colour) continue;
    const box = sides(w, i * per);
    if (box.right <= 0 || box.bottom <= 0 || box.left >= right || box.top >= bottom) continue;
    const least = Math.min(box.right - box.left, box.bottom - box.top);
    const size = Math.round(Math.min(10 * w.pen, Math.max(2, least * WORST_SHARE)));
    // A light edge where there is room: the corner must be seen on its own colour's neighbours too.
    const edge = least >= WORST_EDGED * w.pen ? Math.max(1, Math.round(w.pen)) : 0;
    for (let dy = 0; dy < size + edge; dy++) {
      const y = box.top + dy;
      if (y < 0 || y >= bottom) continue;
      for (let dx = 0; dx < size + edge - dy; dx++) {
        const x = box.right - 1 - dx;
        if (x >= 0 && x < right) pixels[y * image.width + x] = dx + dy < size ? colour : WORST_EDGE;
      }
    }
  }
  c.putImageData(image, bleed, bleed);
}

/**
 * One outline around each group of neighbouring pageblocks.
 * @param {CanvasRenderingContext2D} c
 * @param {Window} w
 * @param {(i: number) => boolean} wanted whether a pageblock belongs to a group
 * @param {string} colour
 */
function outline(c, w, wanted, colour) {
  const { cell, nr } = w;
  const line = cell >= 8 ? Math.max(2, Math.round(1.5 * w.pen)) : 1;
  const step = shownSide(w, w.view);
  /**
   * @param {number} x
   * @param {number} y
   */
  const is = (x, y) => {
    const i = indexOf(w, x, y);
    return i !== null && wanted(i);
  };
  c.fillStyle = colour;
  for (let i = 0; i < nr; i += step * step) {
    if (!wanted(i)) continue;
    const { x, y } = placeOf(w, i);
    const { left, top, right, bottom } = sides(w, i);
    if (!is(x - step, y)) c.fillRect(left, top, line, bottom - top);
    if (!is(x + step, y)) c.fillRect(right - line, top, line, bottom - top);
    if (!is(x, y + step)) c.fillRect(left, top, right - left, line);
    if (!is(x, y - step)) c.fillRect(left, bottom - line, right - left, line);
  }
}

/**
 * A triangle in the gutter beside the scanner's row, a thin line along that row, and a frame around its pageblock.
 * @param {CanvasRenderingContext2D} c
 * @param {Window} g
 * @param {number} pfn
 * @param {boolean} upwards the migrate scanner goes up, the free scanner down
 */
function scanner(c, g, pfn, upwards) {
  const { pen: dpr } = g;
  const box = sides(g, Math.max(0, Math.min(g.nr - 1, pageblockOf(pfn))));
  const edge = Math.round(g.cols * g.cellW);
  const middle = (box.top + box.bottom) / 2;
  const thin = Math.max(1, Math.round(dpr));
  const height = g.rows * g.cellH;
  if (box.bottom > 0 && box.top < height) {
    const from = Math.max(0, Math.min(edge, box.right));
    c.fillStyle = INK;
    c.fillRect(from, upwards ? box.top : box.bottom - thin, edge - from + 2 * dpr, thin);
    if (box.right > 0 && box.left < edge) frame(c, box, INK, Math.max(2, Math.round(1.5 * dpr)));
  }
  const half = 6.5 * dpr;
  const tip = Math.max(half, Math.min(height - half, middle));
  const sign = upwards ? -1 : 1;
  c.beginPath();
  c.moveTo(edge + 3 * dpr, tip - sign * half * 0.85);
  c.lineTo(edge + 3 * dpr + 2 * half, tip - sign * half * 0.85);
  c.lineTo(edge + 3 * dpr + half, tip + sign * half * 0.85);
  c.closePath();
  // Beside the map it stands on the page's own ground.
  c.fillStyle = c.strokeStyle = getComputedStyle(c.canvas).color;
  c.lineWidth = 1.8 * dpr;
  c.lineJoin = "round";
  if (upwards) c.fill();
  c.stroke();
}

/**
 * A cross over the pageblock with the page at which a request for a range stopped.
 * @param {CanvasRenderingContext2D} c
 * @param {Window} g
 * @param {number} index
 */
function cross(c, g, index) {
  const box = around(g, index);
  for (const [colour, line] of /** @type {[string, number][]} */ ([[PAPER, 4.5], [CHOSEN, 2.5]])) {
    c.strokeStyle = colour;
    c.lineWidth = line * g.pen;
    c.beginPath();
    c.moveTo(box.left, box.top);
    c.lineTo(box.right, box.bottom);
    c.moveTo(box.right, box.top);
    c.lineTo(box.left, box.bottom);
    c.stroke();
  }
}

/**
 * A dashed line from a page's pageblock to its target's.
 * @param {CanvasRenderingContext2D} c
 * @param {Window} g
 * @param {number} from
 * @param {number} to
 */
function way(c, g, from, to) {
  const [start, end] = [sides(g, from), sides(g, to)];
  for (const [colour, line] of /** @type {[string, number][]} */ ([[PAPER, 4.5], [INK, 2]])) {
    c.strokeStyle = colour;
    c.lineWidth = line * g.pen;
    c.setLineDash([6 * g.pen, 4 * g.pen]);
    c.beginPath();
    c.moveTo((start.left + start.right) / 2, (start.top + start.bottom) / 2);
    c.lineTo((end.left + end.right) / 2, (end.top + end.bottom) / 2);
    c.stroke();
  }
  c.setLineDash([]);
}

/**
 * A box around a pageblock's cell, large enough to be seen where cells are small. In a window of the map it stays within that: a
 * pageblock at its edge, or larger than it, is framed all the same.
 * @param {Window} g
 * @param {number} index
 */
function around(g, index) {
  const { left, top, right, bottom } = sides(g, index);
  const pad = Math.round(2 * g.pen);
  const least = Math.round(9 * g.pen);
  const dx = Math.ceil(Math.max(pad, (least - right + left) / 2));
  const dy = Math.ceil(Math.max(pad, (least - bottom + top) / 2));
  const box = { left: left - dx, top: top - dy, right: right + dx, bottom: bottom + dy };
  const [width, height] = [Math.round(g.cols * g.cellW), Math.round(g.rows * g.cellH)];
  if (g.view.z === 1 || right <= 0 || bottom <= 0 || left >= width || top >= height) return box;
  return { left: Math.max(pad, box.left), top: Math.max(pad, box.top), right: Math.min(width - pad, box.right), bottom: Math.min(height - pad, box.bottom) };
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {Window} g
 * @param {number} index
 */
function select(c, g, index) {
  const { left, top, right, bottom } = around(g, index);
  const pad = Math.round(2 * g.pen);
  frame(c, { left: left - pad, top: top - pad, right: right + pad, bottom: bottom + pad }, PAPER, pad);
  frame(c, { left, top, right, bottom }, INK, pad);
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {Window} w
 * @param {number} pfn
 */
function selectPage(c, w, pfn) {
  const { x, y, width, height } = pageRect(w, w.view, pfn);
  const [line, edge] = [Math.max(2, Math.round(2 * w.pen)), w.dpr];
  const box = { left: Math.round(x * edge), top: Math.round(y * edge), right: Math.round((x + width) * edge), bottom: Math.round((y + height) * edge) };
  frame(c, { left: box.left - line, top: box.top - line, right: box.right + line, bottom: box.bottom + line }, INK, line);
  frame(c, box, PAPER, line);
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {{left: number, top: number, right: number, bottom: number}} box
 * @param {string} colour
 * @param {number} line
 */
function frame(c, box, colour, line) {
  c.strokeStyle = colour;
  c.lineWidth = line;
  c.lineJoin = "miter";
  c.strokeRect(box.left + line / 2, box.top + line / 2, box.right - box.left - line, box.bottom - box.top - line);
}
