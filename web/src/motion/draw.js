/**
 * Flights, trails, flashes and the meeting point of one panel, over its map.
 */

import { PAGE_KINDS } from "../map/palette.js";
import { layOver } from "../map/over.js";
import { boxOf } from "../zoom/lens.js";
import { onArc } from "./flights.js";
import { pageblock } from "../lib/pageblock.js";

const INK = "#14191f";
const PAPER = "#ffffff";
const BALLOON_STATE = 8;
const TAIL = [0.05, 0.1, 0.15]; // of the way behind a page

/**
 * @typedef {import("../map/geometry.js").Geometry & {view: import("../zoom/lens.js").View, pen: number}} Window a map, how it is looked at, and a line of 1 css pixel in device pixels
 */

/**
 * A page's place: in its cell, at the height that its place in the pageblock has there.
 * @param {Window} w
 * @param {number} pfn
 */
function spot(w, pfn) {
  const box = boxOf(w, w.view, pfn >> pageblock.order);
  const share = (pfn % pageblock.pages) / pageblock.pages;
  return { x: box.left + (box.right - box.left) * (0.25 + 0.5 * ((share * 8) % 1)), y: box.bottom - (box.bottom - box.top) * (0.2 + 0.6 * share) };
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {Window} w
 * @param {number} pfn
 * @param {number} grow device pixels beyond the cell
 * @param {number} line device pixels
 * @param {string} colour
 */
function ring(c, w, pfn, grow, line, colour) {
  const { left, top, right, bottom } = boxOf(w, w.view, pfn >> pageblock.order);
  c.strokeStyle = colour;
  c.lineWidth = line;
  c.strokeRect(left - grow, top - grow, right - left + 2 * grow, bottom - top + 2 * grow);
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {Window} w
 * @param {import("./flights.js").Mark} mark
 * @param {number} now ms
 */
function flight(c, w, { pfn, to, state, from, land, over }, now) {
  const [start, end] = [spot(w, pfn), spot(w, to)];
  const colour = PAGE_KINDS[state]?.hex ?? INK;
  if (now >= land) {
    // Landed: where it came from stays in view for a moment.
    c.globalAlpha = 0.45 * Math.max(0, 1 - (now - land) / Math.max(1, over - land));
    c.strokeStyle = colour;
    c.lineWidth = 1.2 * w.pen;
    c.beginPath();
    for (let i = 0; i <= 12; i++) {
      const at = onArc(start, end, i / 12);
      if (i) c.lineTo(at.x, at.y);
      else c.moveTo(at.x, at.y);
    }
    c.stroke();
    c.globalAlpha = 1;
    return;
  }
  const share = Math.max(0, (now - from) / Math.max(1, land - from));
  const lift = Math.sin(Math.PI * share);
  const size = w.pen * (5 + 3.5 * lift);
  TAIL.forEach((behind, i) => {
    if (share < behind) return;
    const at = onArc(start, end, share - behind);
    const small = size * (0.75 - 0.18 * i);
    c.globalAlpha = 0.5 - 0.13 * i;
    c.fillStyle = colour;
    c.fillRect(at.x - small / 2, at.y - small / 2, small, small);
  });
  c.globalAlpha = 1;
  const at = onArc(start, end, share);
  const edge = w.pen;
  c.fillStyle = INK;
  c.fillRect(at.x - size / 2 - 2 * edge, at.y - size / 2 - 2 * edge, size + 4 * edge, size + 4 * edge);
  c.fillStyle = PAPER;
  c.fillRect(at.x - size / 2 - edge, at.y - size / 2 - edge, size + 2 * edge, size + 2 * edge);
  c.fillStyle = colour;
  c.fillRect(at.x - size / 2, at.y - size / 2, size, size);
}

/**
 * The scanners' light: it lies on where they were, brightest where they are.
 * @param {CanvasRenderingContext2D} c
 * @param {Window} w
 * @param {readonly import("./flights.js").Mark[]} marks of one scanner, oldest first
 * @param {number} now ms
 */
function trail(c, w, marks, now) {
  marks.forEach((mark, i) => {
    const left = Math.max(0, (mark.over - now) / (mark.over - mark.from));
    const block = mark.pfn >> pageblock.order;
    const next = marks[i + 1] ? marks[i + 1].pfn >> pageblock.order : block;
    const step = Math.sign(next - block) || 1;
    c.fillStyle = PAPER;
    c.globalAlpha = 0.62 * left * left;
    // Up to where the scanner went next; a leap further than a few rows was no sweep.
    const reach = Math.abs(next - block) <= 4 * w.cols * w.per ? next : block;
    for (let at = block; step > 0 ? at <= reach : at >= reach; at += step) {
      const box = boxOf(w, w.view, at);
      c.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    }
  });
  c.globalAlpha = 1;
  const head = marks[marks.length - 1];
  if (!head || now - head.from > (head.over - head.from) / 2) return;
  ring(c, w, head.pfn, 2 * w.pen, 4 * w.pen, INK);
  ring(c, w, head.pfn, 2 * w.pen, 2 * w.pen, PAPER);
}

/**
 * Where the scanners met: a line across the map, broken at that pageblock.
 * @param {CanvasRenderingContext2D} c
 * @param {Window} w
 * @param {number} pfn
 */
function meeting(c, w, pfn) {
  const box = boxOf(w, w.view, Math.max(0, Math.min(w.nr - 1, pfn >> pageblock.order)));
  const y = (box.top + box.bottom) / 2;
  const width = Math.round(w.cols * w.cellW);
  const gap = 5 * w.pen;
  for (const [colour, line] of /** @type {[string, number][]} */ ([[PAPER, 4], [INK, 2]])) {
    c.strokeStyle = colour;
    c.lineWidth = line * w.pen;
    c.beginPath();
    c.moveTo(0, y);
    c.lineTo(box.left - gap, y);
    c.moveTo(box.right + gap, y);
    c.lineTo(width, y);
    c.stroke();
  }
  ring(c, w, pfn, 2 * w.pen, 4 * w.pen, PAPER);
  ring(c, w, pfn, 2 * w.pen, 2 * w.pen, INK);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Window} w
 * @param {import("./flights.js").Air} air
 * @param {number} now ms
 * @returns {number} pages in the air
 */
export function drawAir(canvas, w, air, now) {
  const { c, width, height } = layOver(canvas, w, w.pen / w.dpr);
  c.save();
  c.beginPath();
  c.rect(0, 0, width, height);
  if (w.view.z > 1) c.clip(); // of a part of the map, what goes on beside it is not shown
  for (const kind of /** @type {const} */ (["migrate", "free"])) trail(c, w, air.marks.filter((mark) => mark.kind === kind), now);
  for (const mark of air.marks) {
    const left = Math.max(0, (mark.over - now) / Math.max(1, mark.over - mark.from));
    c.globalAlpha = left;
    if (mark.kind === "taken") ring(c, w, mark.pfn, 5 * left * w.pen, 2 * w.pen, PAGE_KINDS[BALLOON_STATE].hex);
    else if (mark.kind === "given") ring(c, w, mark.pfn, 5 * (1 - left) * w.pen, 2 * w.pen, PAGE_KINDS[BALLOON_STATE].hex);
    else if (mark.kind === "flash") {
      ring(c, w, mark.pfn, (1 + 6 * (1 - left)) * w.pen, 4 * w.pen, INK);
      ring(c, w, mark.pfn, (1 + 6 * (1 - left)) * w.pen, 2 * w.pen, PAPER);
    }
    c.globalAlpha = 1;
  }
  if (air.met >= 0) meeting(c, w, air.met);
  let flying = 0;
  for (const mark of air.marks) {
    if (mark.kind !== "flight" || mark.from > now) continue;
    if (mark.land > now) flying += 1;
    flight(c, w, mark, now);
  }
  c.restore();
  return flying;
}

/**
 * The same as a step, without motion: where pages left and where they came to, which blocks came free, where the scanners met.
 * @param {HTMLCanvasElement} canvas
 * @param {Window} w
 * @param {{left: Set<number>, come: Set<number>, freed: Set<number>, met: number}} step pageblocks, and a pfn
 */
export function drawStep(canvas, w, step) {
  drawAir(canvas, w, { marks: [], met: step.met }, 0);
  const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  for (const block of step.left) ring(c, w, block << pageblock.order, 0, 1.5 * w.pen, INK);
  for (const block of step.come) {
    const box = boxOf(w, w.view, block);
    const size = Math.max(3 * w.pen, Math.min(box.right - box.left, box.bottom - box.top) / 3);
    c.fillStyle = INK;
    c.fillRect((box.left + box.right - size) / 2, (box.top + box.bottom - size) / 2, size, size);
  }
  for (const block of step.freed) {
    ring(c, w, block << pageblock.order, 2 * w.pen, 4 * w.pen, INK);
    ring(c, w, block << pageblock.order, 2 * w.pen, 2 * w.pen, PAPER);
  }
}
