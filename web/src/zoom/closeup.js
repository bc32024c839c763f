/**
 * A map looked at closely: the pageblocks in the window, and the pages of those that are open. One canvas, as large as the map.
 */

import { LAYER_SEEN, worstInside } from "../map/aggregate.js";
import { colourOf, layers, LAYERS, LAYERS_FROM } from "../map/heatmap.js";
import { CONTENT, packed, PAGE_KINDS } from "../map/palette.js";
import { indexOf } from "../map/geometry.js";
import { buddies, fillBox, fillLayers, fillPages } from "./raster.js";
import { blockSide, boxOf, openBlocks, shownSide, visiblePlaces, WORDS_FROM } from "./lens.js";
import { pageblock } from "../lib/pageblock.js";

const BED = packed("#f4f7f9") | 0;
const LINES_FROM = 96; // css pixels of a pageblock: from here on pages have lines between them
const BUDDY_LEAST = 5; // css pixels: a smaller outline would hide what it surrounds
const LABEL_LEAST = { width: 26, height: 13 };
const INK = "#14191f";
const PAPER = "#ffffff";
const LIGHT_STATES = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 3) | (1 << 8); // kinds on which dark words can be read
const HEIGHTS = new Uint16Array(5);

/**
 * @typedef {import("../map/geometry.js").Geometry} Geometry
 * @typedef {import("./lens.js").View} View
 *
 * @typedef {object} Scene
 * @property {Record<string, import("../net/wire.js").Plane>} planes of pageblocks
 * @property {Record<string, import("../net/wire.js").Plane>} cells what the whole map shows, per cell
 * @property {import("./raster.js").Fields|null} fields of pages
 * @property {ReadonlyMap<number, number>} at pageblock → place of its first page in the fields
 * @property {string} mode key of palette.MODES
 */

/** Draws one design's window. */
export class Closeup {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    /** @type {ImageData|null} */
    this.data = null;
    this.pixels = new Int32Array(0);
  }

  /** @param {Geometry} g */
  size(g) {
    const { canvas } = this;
    const [width, height] = [Math.max(1, Math.round(g.cols * g.cellW)), Math.max(1, Math.round(g.rows * g.cellH))];
    if (this.data && canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${g.cssWidth}px`;
    canvas.style.height = `${g.cssHeight}px`;
    this.data = this.context.createImageData(width, height);
    this.pixels = new Int32Array(this.data.data.buffer);
  }

  /**
   * @param {Geometry} g
   * @param {View} view
   * @param {Scene} scene
   * @returns {Uint8Array} the worst page of each pageblock whose pages are not to be seen; empty where cells of several are drawn
   */
  paint(g, view, scene) {
    this.size(g);
    if (!this.data) return new Uint8Array(0);
    const { width, height } = this.canvas;
    const image = { pixels: this.pixels, width, height };
    const open = new Set(scene.fields ? openBlocks(g, view).filter((index) => scene.at.has(index)) : []);
    const step = shownSide(g, view);
    const { x0, x1, y0, y1 } = visiblePlaces(g, view);
    image.pixels.fill(BED);
    const lines = blockSide(g, view) >= LINES_FROM ? 1 : 0;
    /** @type {[number, import("./raster.js").Box][]} */
    const opened = [];
    for (let y = y0 - (y0 % step); y < y1; y += step) {
      for (let x = x0 - (x0 % step); x < x1; x += step) {
        const index = indexOf(g, x, y);
        if (index === null) continue;
        const box = boxOf(g, view, index);
        if (box.right - box.left >= LAYERS_FROM && box.bottom - box.top >= LAYERS_FROM) {
          box.right -= 1;
          box.top += 1;
        }
        if (open.has(index)) {
          const first = /** @type {number} */ (scene.at.get(index));
          fillPages(image, box, /** @type {import("./raster.js").Fields} */ (scene.fields), first, lines, BED);
          opened.push([index, box]);
        } else if (step > 1) this.fill(image, box, scene.cells, index / g.per, scene.mode);
        else this.fill(image, box, scene.planes, index, scene.mode);
      }
    }
    this.context.putImageData(this.data, 0, 0);
    for (const [index, box] of opened) this.drawOver(g, view, scene, index, box);
    if (step > 1) return new Uint8Array(0);
    const worst = worstInside(scene.planes, scene.mode === CONTENT.key ? LAYER_SEEN : Infinity);
    for (const [index] of opened) worst[index] = 0;
    return worst;
  }

  /**
   * @param {import("./raster.js").Image} image
   * @param {import("./raster.js").Box} box
   * @param {Record<string, import("../net/wire.js").Plane>} planes
   * @param {number} i
   * @param {string} mode
   */
  fill(image, box, planes, i, mode) {
    const height = box.bottom - box.top;
    if (mode !== CONTENT.key || height < LAYERS_FROM) {
      fillBox(image, box, colourOf(mode, planes, i));
      return;
    }
    const { free, pcp, movable, balloon, unmovable } = planes;
    const used = movable[i] + balloon[i] + unmovable[i];
    const reserved = Math.max(0, pageblock.pages - used - free[i] - pcp[i]);
    layers(HEIGHTS, reserved < 1e-6 ? 0 : reserved, unmovable[i], balloon[i], movable[i], height);
    fillLayers(image, box, HEIGHTS, LAYERS);
  }

  /**
   * Outlines of buddy blocks, and words where there is room.
   * @param {Geometry} g
   * @param {View} view
   * @param {Scene} scene
   * @param {number} index
   * @param {import("./raster.js").Box} box
   */
  drawOver(g, view, scene, index, box) {
    const fields = /** @type {import("./raster.js").Fields} */ (scene.fields);
    const first = /** @type {number} */ (scene.at.get(index));
    const { context: c } = this;
    const [wide, high] = [(box.right - box.left) / pageblock.cols, (box.bottom - box.top) / pageblock.rows];
    const least = BUDDY_LEAST * g.dpr;
    const words = blockSide(g, view) >= WORDS_FROM;
    const labels = [];
    c.beginPath();
    for (const { page, order, free, cols, rows } of buddies(fields, first)) {
      const left = box.left + (page % pageblock.cols) * wide;
      const bottom = box.bottom - Math.floor(page / pageblock.cols) * high;
      const [width, height] = [cols * wide, rows * high];
      if (width < least || height < least || left > this.canvas.width || left + width < 0 || bottom < 0 || bottom - height > this.canvas.height) continue;
      c.rect(Math.round(left) + 0.5, Math.round(bottom - height) + 0.5, Math.round(width) - 1, Math.round(height) - 1);
      if (!words && width >= LABEL_LEAST.width * g.dpr && height >= LABEL_LEAST.height * g.dpr) labels.push({ left, top: bottom - height, order, free });
    }
    c.strokeStyle = INK;
    c.lineWidth = Math.max(1, Math.round(g.dpr));
    c.globalAlpha = 0.75;
    c.stroke();
    c.globalAlpha = 1;
    c.font = `${10 * g.dpr}px system-ui, sans-serif`;
    c.textBaseline = "top";
    for (const { left, top, order, free } of labels) {
      c.fillStyle = free ? INK : PAPER;
      c.fillText(`o${order}`, left + 3 * g.dpr, top + 2 * g.dpr);
    }
    if (words) this.write(g, box, fields, first, index);
  }

  /**
   * Each page's pfn and kind.
   * @param {Geometry} g
   * @param {import("./raster.js").Box} box
   * @param {import("./raster.js").Fields} fields
   * @param {number} first
   * @param {number} index
   */
  write(g, box, fields, first, index) {
    const { context: c } = this;
    const { width, height } = this.canvas;
    const [wide, high] = [(box.right - box.left) / pageblock.cols, (box.bottom - box.top) / pageblock.rows];
    const size = Math.min(12 * g.dpr, high / 2.6, wide / 5);
    c.font = `${size}px system-ui, sans-serif`;
    c.textBaseline = "top";
    for (let page = 0; page < pageblock.pages; page++) {
      const left = box.left + (page % pageblock.cols) * wide;
      const top = box.bottom - (Math.floor(page / pageblock.cols) + 1) * high;
      if (left >= width || top >= height || left + wide <= 0 || top + high <= 0) continue;
      const state = fields.state[first + page];
      const order = fields.order[first + page];
      c.fillStyle = LIGHT_STATES & (1 << state) ? INK : PAPER;
      c.fillText(String(index * pageblock.pages + page), left + 4 * g.dpr, top + 3 * g.dpr);
      c.fillText(PAGE_KINDS[state].short + (order !== 255 && (order > 0 || state === 2) ? ` o${order}` : ""), left + 4 * g.dpr, top + 3 * g.dpr + 1.15 * size);
    }
  }
}
