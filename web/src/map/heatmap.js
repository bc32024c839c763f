/**
 * Planes + colour table → ImageData → canvas. One canvas pixel per cell (a pageblock, or several); in content mode, where cells are large
 * enough, one pixel wide and as many pixels high as the cell on the screen, so that a cell fills from the bottom like a
 * jar. CSS scales the canvas without smoothing. Every paint rewrites all cells: cheaper than keeping track.
 */

import { aggregate, LAYER_SEEN, worstInside } from "./aggregate.js";
import { CONTENT, freeTable, HOLDER, MIGRATETYPE, mix, packed, table, TOUCHED } from "./palette.js";
import { pageblock } from "../lib/pageblock.js";

/** From this cell size on (device pixels) a pageblock's content is drawn as layers; below it, as one mixed colour. */
export const LAYERS_FROM = 5;

const GLOW_STEPS = 8;
const GLOW_STEP_MS = 45;
const NOTHING = 1e-6; // pages: the mean of three pageblocks is no binary fraction

const [FREE, MOVABLE, BALLOON, UNMOVABLE, RESERVED] = CONTENT.entries.map((entry) => packed(entry.hex));
const FLAT = { migratetype: new Int32Array(table(MIGRATETYPE.entries)), holder: new Int32Array(table(HOLDER.entries)) };
const BY_FREE = new Int32Array(freeTable());
/** @param {number} pages free in a pageblock */
const byFree = (pages) => BY_FREE[((Math.min(pageblock.pages, pages) * (BY_FREE.length - 1)) / pageblock.pages) | 0];
const GLOW = packed(TOUCHED);
const ONE = new Int32Array(1);

/**
 * Heights of the layers of one cell, from the bottom: reserved, unmovable, balloon, movable; the rest is free. Anything present
 * gets at least one pixel: a single balloon page costs user land 2 MiB and must be visible.
 * @param {Uint8Array|Uint16Array} out five heights, free last
 * @param {number} reserved pages
 * @param {number} unmovable
 * @param {number} balloon
 * @param {number} movable
 * @param {number} height pixels to share out, at least 5
 */
export function layers(out, reserved, unmovable, balloon, movable, height) {
  const free = pageblock.pages - reserved - unmovable - balloon - movable;
  const scale = height / pageblock.pages;
  out[0] = reserved && Math.max(1, Math.round(reserved * scale));
  out[1] = unmovable && Math.max(1, Math.round(unmovable * scale));
  out[2] = balloon && Math.max(1, Math.round(balloon * scale));
  out[3] = movable && Math.max(1, Math.round(movable * scale));
  let rest = height - out[0] - out[1] - out[2] - out[3];
  const least = free > NOTHING ? 1 : 0;
  while (rest < least || (rest > 0 && !least)) {
    let big = 0;
    for (let i = 1; i < 4; i++) if (out[i] > out[big]) big = i;
    const by = rest < least ? 1 : -1;
    out[big] -= by;
    rest += by;
  }
  out[4] = rest;
}

/** Colours of the layers of a cell, from the bottom. */
export const LAYERS = [RESERVED, UNMOVABLE, BALLOON, MOVABLE, FREE];

/**
 * The colour of one whole cell.
 * @param {string} mode key of palette.MODES
 * @param {Record<string, import("../net/wire.js").Plane>} planes
 * @param {number} i
 */
export function colourOf(mode, planes, i) {
  if (mode === HOLDER.key) return FLAT.holder[(planes.flags[i] >> 4) & 7];
  if (mode === MIGRATETYPE.key) return FLAT.migratetype[planes.migratetype[i]];
  if (mode !== CONTENT.key) return byFree(planes.free[i] + planes.pcp[i]);
  rowOfContent(ONE, -i, i, i + 1, planes);
  return ONE[0];
}

/**
 * Paints the planes of one design into a canvas.
 */
export class Heatmap {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    // The page never reads it back, and desynchronized would tear: plain 2D.
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {import("./geometry.js").Geometry|null} */
    this.geometry = null;
    this.mode = "";
    this.height = 1;
    /** @type {ImageData|null} */
    this.image = null;
    // Signed: V8 keeps 32-bit signed integers out of floating point.
    this.pixels = new Int32Array(0);
    this.glow = new Uint8Array(0);
    this.glowing = false;
    this.glowAt = 0;
    this.heights = new Uint8Array(5);
    /** What the last paint showed, per cell. @type {Record<string, import("../net/wire.js").Plane>} */
    this.cells = {};
    /** The same where cells stand for several pageblocks. @type {import("./aggregate.js").Cells|null} */
    this.several = null;
    /** The worst page of each cell: aggregate.WORST_*. @type {Uint8Array} */
    this.worst = new Uint8Array(0);
  }

  /**
   * @param {import("./geometry.js").Geometry} geometry
   * @param {string} mode key of palette.MODES
   */
  setGeometry(geometry, mode) {
    this.geometry = geometry;
    this.mode = mode;
    this.height = mode === CONTENT.key && geometry.cell >= LAYERS_FROM ? geometry.cellH : 1;
    const { canvas } = this;
    canvas.width = geometry.cols;
    canvas.height = geometry.rows * this.height;
    canvas.style.width = `${geometry.cssWidth}px`;
    canvas.style.height = `${geometry.cssHeight}px`;
    this.image = this.context.createImageData(canvas.width, canvas.height);
    this.pixels = new Int32Array(this.image.data.buffer);
    if (this.glow.length !== geometry.cells) this.glow = new Uint8Array(geometry.cells);
  }

  /**
   * Note which pageblocks changed in the frame's tick.
   * @param {import("../net/wire.js").Plane} flags
   * @param {number} bit
   */
  touch(flags, bit) {
    const { glow } = this;
    const per = this.geometry?.per ?? 1;
    for (let i = 0; i < flags.length; i++) {
      if (flags[i] & bit) {
        glow[Math.floor(i / per)] = GLOW_STEPS;
        this.glowing = true;
      }
    }
  }

  /** Stop all glowing: this is another guest. */
  clearGlow() {
    this.glow.fill(0);
    this.glowing = false;
  }

  /** Nothing is known: an empty map. */
  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * @param {Record<string, import("../net/wire.js").Plane>} planes
   * @param {number} now milliseconds, for the glow
   * @returns {boolean} whether something is still glowing
   */
  paint(planes, now) {
    if (!this.geometry || !this.image) return false;
    const cool = this.glowing && now - this.glowAt >= GLOW_STEP_MS;
    const { per } = this.geometry;
    // A pageblock of its own has a layer of at least one pixel for each kind: a corner as well would be noise on every cell.
    const seen = this.height > 1 ? (per > 1 ? LAYER_SEEN : 1) : Infinity;
    const several = per > 1 ? aggregate(planes, per, seen, this.several) : null;
    this.several = several;
    this.cells = /** @type {Record<string, import("../net/wire.js").Plane>} */ (several?.planes ?? planes);
    this.worst = several?.worst ?? worstInside(planes, seen, this.worst);
    if (this.height > 1) this.paintLayers(this.cells);
    else this.paintFlat(this.cells);
    if (cool) this.coolDown(now);
    this.context.putImageData(this.image, 0, 0);
    return this.glowing;
  }

  /** @param {number} now */
  coolDown(now) {
    const { glow } = this;
    let any = false;
    for (let i = 0; i < glow.length; i++) {
      if (glow[i] === 0) continue;
      glow[i] -= 1;
      any = true;
    }
    this.glowAt = now;
    // Stays true for one paint after the last step, which brings back the plain colours.
    this.glowing = any;
  }

  /** @param {Record<string, import("../net/wire.js").Plane>} planes */
  paintFlat(planes) {
    const { free, migratetype, flags, pcp } = planes;
    const { cols, rows, cells: nr } = /** @type {import("./geometry.js").Geometry} */ (this.geometry);
    const { pixels, mode } = this;
    // One loop per mode, over whole rows: this is the hot path of every paint.
    for (let start = 0, row = rows - 1; row >= 0; row--, start += cols) {
      const shift = row * cols - start;
      const end = Math.min(nr, start + cols);
      if (mode === CONTENT.key) rowOfContent(pixels, shift, start, end, planes);
      else if (mode === HOLDER.key) for (let i = start; i < end; i++) pixels[i + shift] = FLAT.holder[(flags[i] >> 4) & 7];
      else if (mode === MIGRATETYPE.key) for (let i = start; i < end; i++) pixels[i + shift] = FLAT.migratetype[migratetype[i]];
      else for (let i = start; i < end; i++) pixels[i + shift] = byFree(free[i] + pcp[i]);
    }
    if (this.glowing) this.addGlow(cols, rows, nr);
  }

  /**
   * @param {number} cols
   * @param {number} rows
   * @param {number} nr
   */
  addGlow(cols, rows, nr) {
    const { pixels, glow } = this;
    for (let i = 0; i < nr; i++) {
      if (glow[i] === 0) continue;
      const at = (rows - 1 - Math.floor(i / cols)) * cols + (i % cols);
      pixels[at] = mix(pixels[at] >>> 0, GLOW, glow[i] * 18);
    }
  }

  /** @param {Record<string, import("../net/wire.js").Plane>} planes */
  paintLayers({ free, movable, balloon, unmovable, pcp }) {
    const { cols, rows, cells: nr } = /** @type {import("./geometry.js").Geometry} */ (this.geometry);
    const { pixels, glow, height, heights } = this;
    for (let index = 0, row = rows - 1; row >= 0; row--) {
      const end = Math.min(nr, index + cols);
      for (let col = 0; index < end; index++, col++) {
        const used = movable[index] + balloon[index] + unmovable[index];
        const left = pageblock.pages - used - free[index] - pcp[index];
        const reserved = left > NOTHING ? left : 0;
        // The topmost pixel is under the grid line, so no layer gets it.
        layers(heights, reserved, unmovable[index], balloon[index], movable[index], height - 1);
        let at = (row * height + height - 1) * cols + col;
        for (let layer = 0; layer < 5; layer++) {
          const plain = LAYERS[layer];
          const colour = glow[index] ? mix(plain, GLOW, glow[index] * 18) : plain;
          for (let n = heights[layer]; n > 0; n--, at -= cols) pixels[at] = colour;
        }
        pixels[at] = FREE;
      }
    }
  }
}

// Red and blue of a colour in one number, 16 bits apart, so that one multiplication does both; green in another.
const [FREE_RB, MOVABLE_RB, BALLOON_RB, UNMOVABLE_RB, RESERVED_RB] = [FREE, MOVABLE, BALLOON, UNMOVABLE, RESERVED].map((c) => c & 0xff00ff);
const [FREE_G, MOVABLE_G, BALLOON_G, UNMOVABLE_G, RESERVED_G] = [FREE, MOVABLE, BALLOON, UNMOVABLE, RESERVED].map((c) => (c >>> 8) & 255);

/**
 * The colours of a pageblock's pages mixed by share; whatever is missing from a pageblock's pages is reserved.
 *
 * Runs for every pageblock of every paint, so it is written out by hand in 32-bit integers: shares are in 128ths, because
 * 255 * 128 fits in 15 bits, and so two channels in one number; what rounding leaves over counts as free.
 * @param {Int32Array} pixels
 * @param {number} shift from a pageblock's index to its pixel
 * @param {number} start first pageblock
 * @param {number} end one past the last
 * @param {Record<string, import("../net/wire.js").Plane>} planes pages in per-CPU lists are free too
 */
export function rowOfContent(pixels, shift, start, end, { free, pcp, movable, balloon, unmovable }) {
  for (let i = start; i < end; i++) {
    const m = movable[i] >> 2;
    const b = balloon[i] >> 2;
    const u = unmovable[i] >> 2;
    const left = pageblock.pages - free[i] - pcp[i] - movable[i] - balloon[i] - unmovable[i];
    const r = left > 0 ? left >> 2 : 0;
    const f = (128 - m - b - u - r) | 0;
    const rb =
      (Math.imul(FREE_RB, f) + Math.imul(MOVABLE_RB, m) + Math.imul(BALLOON_RB, b) + Math.imul(UNMOVABLE_RB, u) + Math.imul(RESERVED_RB, r)) | 0;
    const g = (Math.imul(FREE_G, f) + Math.imul(MOVABLE_G, m) + Math.imul(BALLOON_G, b) + Math.imul(UNMOVABLE_G, u) + Math.imul(RESERVED_G, r)) | 0;
    pixels[i + shift] = 0xff000000 | ((rb >> 7) & 0xff00ff) | ((g >> 7) << 8);
  }
}
