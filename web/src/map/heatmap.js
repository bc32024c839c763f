/**
 * Planes + colour table → ImageData → canvas. One canvas pixel a pageblock; in the content mode, where cells are large
 * enough, one pixel wide and as many pixels high as the cell on the screen, so that a cell is filled from below like a
 * jar. CSS scales the canvas without smoothing. Every paint rewrites all cells: that costs less than keeping track.
 */

import { CONTENT, FREE_SHARE, freeTable, HOLDER, MIGRATETYPE, mix, packed, table, TOUCHED } from "./palette.js";

/** From this cell size on (device pixels) the content of a pageblock is drawn as layers; below, as one mixed colour. */
export const LAYERS_FROM = 5;

const GLOW_STEPS = 8;
const GLOW_STEP_MS = 45;
const NR_PAGES = 512;

const [FREE, MOVABLE, BALLOON, UNMOVABLE, RESERVED] = CONTENT.entries.map((entry) => packed(entry.hex));
const FLAT = { migratetype: table(MIGRATETYPE.entries), holder: table(HOLDER.entries) };
const BY_FREE = freeTable();
const GLOW = packed(TOUCHED);

/**
 * Heights of the layers of one cell, from below: reserved, unmovable, balloon, movable; the rest is free. Whatever is there at
 * all gets one pixel at least: a single balloon page keeps 2 MiB from user land and must be seen.
 * @param {Uint8Array} out five heights, the free rest last
 * @param {number} reserved pages
 * @param {number} unmovable
 * @param {number} balloon
 * @param {number} movable
 * @param {number} height pixels to share out, at least 5
 */
export function layers(out, reserved, unmovable, balloon, movable, height) {
  const free = NR_PAGES - reserved - unmovable - balloon - movable;
  const scale = height / NR_PAGES;
  out[0] = reserved && Math.max(1, Math.round(reserved * scale));
  out[1] = unmovable && Math.max(1, Math.round(unmovable * scale));
  out[2] = balloon && Math.max(1, Math.round(balloon * scale));
  out[3] = movable && Math.max(1, Math.round(movable * scale));
  let rest = height - out[0] - out[1] - out[2] - out[3];
  const least = free > 0 ? 1 : 0;
  while (rest < least || (rest > 0 && free <= 0)) {
    let big = 0;
    for (let i = 1; i < 4; i++) if (out[i] > out[big]) big = i;
    const by = rest < least ? 1 : -1;
    out[big] -= by;
    rest += by;
  }
  out[4] = rest;
}

/**
 * Paints the planes of one design into a canvas.
 */
export class Heatmap {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    // Never read back by the page, and desynchronized would tear: plain 2D.
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {import("../geom.js").Geometry|null} */
    this.geometry = null;
    this.mode = "";
    this.height = 1;
    /** @type {ImageData|null} */
    this.image = null;
    this.pixels = new Uint32Array(0);
    this.glow = new Uint8Array(0);
    this.glowing = false;
    this.glowAt = 0;
    this.heights = new Uint8Array(5);
  }

  /**
   * @param {import("../geom.js").Geometry} geometry
   * @param {string} mode key of palette.MODES
   */
  setGeometry(geometry, mode) {
    this.geometry = geometry;
    this.mode = mode;
    this.height = mode === CONTENT.key && geometry.cell >= LAYERS_FROM ? geometry.cell : 1;
    const { canvas } = this;
    canvas.width = geometry.cols;
    canvas.height = geometry.rows * this.height;
    canvas.style.width = `${geometry.cssWidth}px`;
    canvas.style.height = `${geometry.cssHeight}px`;
    this.image = this.context.createImageData(canvas.width, canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    if (this.glow.length !== geometry.nr) this.glow = new Uint8Array(geometry.nr);
  }

  /**
   * Note which pageblocks changed in the frame's tick.
   * @param {import("../wire.js").Plane} flags
   * @param {number} bit
   */
  touch(flags, bit) {
    const { glow } = this;
    for (let i = 0; i < glow.length; i++) {
      if (flags[i] & bit) {
        glow[i] = GLOW_STEPS;
        this.glowing = true;
      }
    }
  }

  /** Let nothing glow: another guest. */
  clearGlow() {
    this.glow.fill(0);
    this.glowing = false;
  }

  /**
   * @param {Record<string, import("../wire.js").Plane>} planes
   * @param {number} now milliseconds, for the glow
   * @returns {boolean} whether something glows still
   */
  paint(planes, now) {
    if (!this.geometry || !this.image) return false;
    const cool = this.glowing && now - this.glowAt >= GLOW_STEP_MS;
    if (this.height > 1) this.paintLayers(planes);
    else this.paintFlat(planes);
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
    // Goes out one paint after the last step: that paint brings back the plain colours.
    this.glowing = any;
  }

  /** @param {Record<string, import("../wire.js").Plane>} planes */
  paintFlat({ free, movable, balloon, unmovable, migratetype, flags, pcp }) {
    const { cols, rows, nr } = /** @type {import("../geom.js").Geometry} */ (this.geometry);
    const { pixels, glow, mode } = this;
    for (let index = 0, row = rows - 1; row >= 0; row--) {
      let at = row * cols;
      const end = Math.min(nr, index + cols);
      for (; index < end; index++, at++) {
        let colour;
        if (mode === HOLDER.key) colour = FLAT.holder[(flags[index] >> 4) & 7];
        else if (mode === MIGRATETYPE.key) colour = FLAT.migratetype[migratetype[index]];
        else if (mode === FREE_SHARE.key) colour = BY_FREE[Math.min(NR_PAGES, free[index] + pcp[index])];
        else colour = blend(free[index] + pcp[index], movable[index], balloon[index], unmovable[index]);
        pixels[at] = glow[index] ? mix(colour, GLOW, glow[index] * 18) : colour;
      }
    }
  }

  /** @param {Record<string, import("../wire.js").Plane>} planes */
  paintLayers({ free, movable, balloon, unmovable, pcp }) {
    const { cols, rows, nr } = /** @type {import("../geom.js").Geometry} */ (this.geometry);
    const { pixels, glow, height, heights } = this;
    const colours = [RESERVED, UNMOVABLE, BALLOON, MOVABLE, FREE];
    for (let index = 0, row = rows - 1; row >= 0; row--) {
      const end = Math.min(nr, index + cols);
      for (let col = 0; index < end; index++, col++) {
        const used = movable[index] + balloon[index] + unmovable[index];
        const reserved = Math.max(0, NR_PAGES - used - free[index] - pcp[index]);
        // The topmost pixel lies under the grid line, so it is not shared out.
        layers(heights, reserved, unmovable[index], balloon[index], movable[index], height - 1);
        let at = (row * height + height - 1) * cols + col;
        for (let layer = 0; layer < 5; layer++) {
          const plain = colours[layer];
          const colour = glow[index] ? mix(plain, GLOW, glow[index] * 18) : plain;
          for (let n = heights[layer]; n > 0; n--, at -= cols) pixels[at] = colour;
        }
        pixels[at] = FREE;
      }
    }
  }
}

/** One channel of the five content colours: free, movable, balloon, unmovable, reserved. */
const channel = (/** @type {number} */ shift) => [FREE, MOVABLE, BALLOON, UNMOVABLE, RESERVED].map((colour) => (colour >>> shift) & 255);
const [FREE_R, MOVABLE_R, BALLOON_R, UNMOVABLE_R, RESERVED_R] = channel(0);
const [FREE_G, MOVABLE_G, BALLOON_G, UNMOVABLE_G, RESERVED_G] = channel(8);
const [FREE_B, MOVABLE_B, BALLOON_B, UNMOVABLE_B, RESERVED_B] = channel(16);

/**
 * Colours of a pageblock's pages mixed by their share; what is left of 512 is reserved.
 * @param {number} free
 * @param {number} movable
 * @param {number} balloon
 * @param {number} unmovable
 */
export function blend(free, movable, balloon, unmovable) {
  const reserved = Math.max(0, NR_PAGES - free - movable - balloon - unmovable);
  // Written out: this runs for every pageblock of every paint. 256 rounds, 9 bits divide by 512.
  const red = 256 + FREE_R * free + MOVABLE_R * movable + BALLOON_R * balloon + UNMOVABLE_R * unmovable + RESERVED_R * reserved;
  const green = 256 + FREE_G * free + MOVABLE_G * movable + BALLOON_G * balloon + UNMOVABLE_G * unmovable + RESERVED_G * reserved;
  const blue = 256 + FREE_B * free + MOVABLE_B * movable + BALLOON_B * balloon + UNMOVABLE_B * unmovable + RESERVED_B * reserved;
  return (0xff000000 | ((blue >> 9) << 16) | ((green >> 9) << 8) | (red >> 9)) >>> 0;
}
