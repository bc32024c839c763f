/**
 * The map of a watched machine: pageblocks, the more faded the older their picture, and where each zone begins.
 */

import { el, need, setText } from "../lib/dom.js";
import { columnsFor, fit, indexAt, moveIndex, placeOf } from "../map/geometry.js";
import { Heatmap } from "../map/heatmap.js";
import { CONTENT } from "../map/palette.js";
import { blockWords, zoneLabels } from "./live_text.js";

/** @typedef {import("./looks.js").Machine} Machine */

const OLD_S = 120; // a picture of this age is faded as much as it gets
const MOST_VEIL = 0.55;
const MAP_HEIGHT = 0.42; // of the window
const LABEL_REM = 1.3; // two zones' names no closer than that
const ASK = "Point at a pageblock, or move by arrow keys, to read it.";

/**
 * @param {import("../lib/paint.js").Painter} painter
 * @returns {{show: (machine: Machine, earlier: boolean) => void}} a look; whether it is an earlier one
 */
export function createLiveMap(painter) {
  const box = need("map", HTMLElement);
  const veil = need("veil", HTMLCanvasElement);
  const axis = need("map-axis", HTMLElement);
  const words = need("pointed", HTMLElement);
  const heatmap = new Heatmap(need("cells", HTMLCanvasElement));
  /** @type {Machine|null} */
  let machine = null;
  /** @type {import("../map/geometry.js").Geometry|null} */
  let geometry = null;
  let pointed = -1;
  let past = false;

  function lay() {
    if (!machine || machine.seenAt.length === 0) return;
    const nr = machine.seenAt.length;
    const room = need("room", HTMLElement).clientWidth - axis.offsetWidth;
    const height = Math.round(window.innerHeight * MAP_HEIGHT);
    geometry = fit(nr, room, height, window.devicePixelRatio || 1, columnsFor(nr, room, height));
    heatmap.setGeometry(geometry, CONTENT.key);
    veil.width = geometry.cols;
    veil.height = geometry.rows;
    for (const each of [box, veil]) {
      each.style.width = `${geometry.cssWidth}px`;
      each.style.height = `${geometry.cssHeight}px`;
    }
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const { side, cssCellH, cssHeight } = geometry;
    /** @param {number} first */
    const above = (first) => Math.floor(placeOf(/** @type {any} */ (geometry), first).y / side) * cssCellH;
    axis.style.height = `${cssHeight}px`;
    axis.replaceChildren(...zoneLabels(machine.told.spans, above, LABEL_REM * rem).map(({ text, bottom }) => {
      const label = el("span", {}, text);
      label.style.bottom = `${bottom}px`;
      return label;
    }));
  }

  const paint = painter.add("canvas", (now) => {
    if (!machine) return;
    if (!geometry || geometry.nr !== machine.seenAt.length) lay();
    if (!geometry) return;
    heatmap.paint(machine.planes, now);
    const context = /** @type {CanvasRenderingContext2D} */ (veil.getContext("2d"));
    const { cols, rows, per, cells, nr } = geometry;
    const style = getComputedStyle(box);
    context.clearRect(0, 0, cols, rows);
    context.fillStyle = style.backgroundColor; // a canvas does not understand light-dark()
    /** @param {number} cell */
    const fill = (cell) => context.fillRect(cell % cols, rows - 1 - Math.floor(cell / cols), 1, 1);
    for (let cell = 0; cell < cells; cell++) {
      let oldest = 0;
      for (let i = cell * per; i < Math.min((cell + 1) * per, nr); i++) oldest = Math.max(oldest, machine.told.at - machine.seenAt[i]);
      if (oldest < 1) continue;
      context.globalAlpha = oldest === Infinity ? 1 : MOST_VEIL * Math.min(1, oldest / OLD_S);
      fill(cell);
    }
    if (pointed >= 0) {
      context.globalAlpha = 1;
      context.fillStyle = style.color;
      fill(Math.floor(pointed / per));
    }
    setText(words, pointed >= 0 && pointed < nr ? blockWords(machine, pointed, past) : ASK);
  });

  /** @param {number|null} index */
  function point(index) {
    if (index === null) return;
    pointed = index;
    paint();
  }
  box.addEventListener("pointermove", (event) => {
    const at = box.getBoundingClientRect();
    if (geometry) point(indexAt(geometry, event.clientX - at.left - box.clientLeft, event.clientY - at.top - box.clientTop));
  });
  box.addEventListener("keydown", (event) => {
    const next = geometry && !event.ctrlKey && !event.metaKey && !event.altKey ? moveIndex(geometry, Math.max(0, pointed), event.key) : null;
    if (next === null) return;
    event.preventDefault();
    point(next);
  });
  window.addEventListener("resize", () => {
    lay();
    paint();
  });
  const swatch = el("i.fading");
  need("legend", HTMLElement).replaceChildren(...CONTENT.entries.map(({ name, hex, text }) => {
    const chip = el("i");
    chip.style.background = hex;
    return el("li", { title: text }, chip, name === "reserved" ? "reserved, or not online" : name);
  }), el("li", { title: `${OLD_S} s and older are faded most` }, swatch, "the more faded, the older the picture"));

  return {
    show(next, earlier) {
      past = earlier;
      if (machine && machine.told.spans.length !== next.told.spans.length) geometry = null;
      machine = next;
      paint();
    },
  };
}
