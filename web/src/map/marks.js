/**
 * What is drawn over a map: outlines of dedicated pageblocks and of the chosen range, both compaction scanners, the pageblock pointed at.
 */

import { FLAG_DEDICATED } from "../net/wire.js";
import { cellOf } from "./geometry.js";

/** Room to the right of the map for the scanners' marks, css pixels. */
export const GUTTER = 18;

const INK = "#14191f";
const PAPER = "#ffffff";
const CHOSEN = "#b0005a";
const PAGEBLOCK_SHIFT = 9;

/**
 * @typedef {object} Marks
 * @property {import("../net/wire.js").Plane|null} flags plane with the dedicated bit
 * @property {number} migrate_pfn -1 = none
 * @property {number} free_pfn -1 = none
 * @property {number|null} pageblock pointed at
 * @property {import("../controls/range_text.js").Range|null} [range] chosen for offlining
 * @property {number|null} [target] pageblock that the traced page moves to
 */

/**
 * Redraw all marks.
 * @param {HTMLCanvasElement} canvas covers the map and the gutter
 * @param {import("./geometry.js").Geometry} g
 * @param {Marks} marks
 */
export function drawMarks(canvas, g, marks) {
  const width = g.cols * g.cell + Math.round(GUTTER * g.dpr);
  const height = g.rows * g.cell;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${width / g.dpr}px`;
    canvas.style.height = `${height / g.dpr}px`;
  }
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  c.clearRect(0, 0, width, height);
  const { flags, range } = marks;
  if (flags && g.cell >= 2) outline(c, g, (i) => (flags[i] & FLAG_DEDICATED) !== 0, INK);
  if (range) {
    const first = range.start_mib / 2;
    const end = first + range.size_mib / 2;
    outline(c, g, (i) => i >= first && i < end, CHOSEN);
  }
  if (marks.migrate_pfn >= 0) scanner(c, g, marks.migrate_pfn, true);
  if (marks.free_pfn >= 0) scanner(c, g, marks.free_pfn, false);
  const { target = null } = marks;
  if (target !== null && target < g.nr && target !== marks.pageblock) {
    if (marks.pageblock !== null && marks.pageblock < g.nr) way(c, g, marks.pageblock, target);
    select(c, g, target);
  }
  if (marks.pageblock !== null && marks.pageblock < g.nr) select(c, g, marks.pageblock);
}

/**
 * One outline around each group of neighbouring pageblocks.
 * @param {CanvasRenderingContext2D} c
 * @param {import("./geometry.js").Geometry} g
 * @param {(i: number) => boolean} wanted whether a pageblock belongs to a group
 * @param {string} colour
 */
function outline(c, g, wanted, colour) {
  const { cell, cols, nr } = g;
  const line = cell >= 8 ? Math.max(2, Math.round(1.5 * g.dpr)) : 1;
  /** @param {number} i */
  const is = (i) => i >= 0 && i < nr && wanted(i);
  c.fillStyle = colour;
  for (let i = 0; i < nr; i++) {
    if (!is(i)) continue;
    const { col, row } = cellOf(g, i);
    const x = col * cell;
    const y = row * cell;
    if (col === 0 || !is(i - 1)) c.fillRect(x, y, line, cell);
    if (col === cols - 1 || !is(i + 1)) c.fillRect(x + cell - line, y, line, cell);
    if (!is(i + cols)) c.fillRect(x, y, cell, line);
    if (!is(i - cols)) c.fillRect(x, y + cell - line, cell, line);
  }
}

/**
 * A triangle in the gutter beside the scanner's row, a thin line along that row, and a frame around its pageblock.
 * @param {CanvasRenderingContext2D} c
 * @param {import("./geometry.js").Geometry} g
 * @param {number} pfn
 * @param {boolean} upwards the migrate scanner goes up, the free scanner down
 */
function scanner(c, g, pfn, upwards) {
  const index = Math.max(0, Math.min(g.nr - 1, pfn >> PAGEBLOCK_SHIFT));
  const { col, row } = cellOf(g, index);
  const { cell, dpr } = g;
  const right = g.cols * cell;
  const middle = (row + 0.5) * cell;
  const thin = Math.max(1, Math.round(dpr));
  const edge = upwards ? row * cell : (row + 1) * cell - thin;
  c.fillStyle = INK;
  c.fillRect((col + 1) * cell, edge, right - (col + 1) * cell + 2 * dpr, thin);
  frame(c, col * cell, row * cell, cell, INK, Math.max(2, Math.round(1.5 * dpr)));
  const half = 6.5 * dpr;
  const tip = Math.max(half, Math.min(g.rows * cell - half, middle));
  const sign = upwards ? -1 : 1;
  c.beginPath();
  c.moveTo(right + 3 * dpr, tip - sign * half * 0.85);
  c.lineTo(right + 3 * dpr + 2 * half, tip - sign * half * 0.85);
  c.lineTo(right + 3 * dpr + half, tip + sign * half * 0.85);
  c.closePath();
  c.fillStyle = upwards ? INK : PAPER;
  c.strokeStyle = INK;
  c.lineWidth = 1.8 * dpr;
  c.lineJoin = "round";
  c.fill();
  c.stroke();
}

/**
 * A dashed line from a page's pageblock to its target's.
 * @param {CanvasRenderingContext2D} c
 * @param {import("./geometry.js").Geometry} g
 * @param {number} from
 * @param {number} to
 */
function way(c, g, from, to) {
  const [start, end] = [cellOf(g, from), cellOf(g, to)];
  for (const [colour, line] of /** @type {[string, number][]} */ ([[PAPER, 4.5], [INK, 2]])) {
    c.strokeStyle = colour;
    c.lineWidth = line * g.dpr;
    c.setLineDash([6 * g.dpr, 4 * g.dpr]);
    c.beginPath();
    c.moveTo((start.col + 0.5) * g.cell, (start.row + 0.5) * g.cell);
    c.lineTo((end.col + 0.5) * g.cell, (end.row + 0.5) * g.cell);
    c.stroke();
  }
  c.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {import("./geometry.js").Geometry} g
 * @param {number} index
 */
function select(c, g, index) {
  const { col, row } = cellOf(g, index);
  const pad = Math.round(2 * g.dpr);
  const least = Math.max(g.cell + 2 * pad, Math.round(9 * g.dpr));
  const x = Math.round((col + 0.5) * g.cell - least / 2);
  const y = Math.round((row + 0.5) * g.cell - least / 2);
  frame(c, x - pad, y - pad, least + 2 * pad, PAPER, pad);
  frame(c, x, y, least, INK, pad);
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {string} colour
 * @param {number} line
 */
function frame(c, x, y, size, colour, line) {
  c.strokeStyle = colour;
  c.lineWidth = line;
  c.lineJoin = "miter";
  c.strokeRect(x + line / 2, y + line / 2, size - line, size - line);
}
