/**
 * The elements of one panel: a head with the number, the room for the map, and the lines below it.
 */

import { el, lineSwatch } from "../lib/dom.js";
import { Heatmap } from "../map/heatmap.js";
import { DESIGN_LINES } from "../map/palette.js";
import { Closeup } from "../zoom/closeup.js";
import { designTitle, designWords } from "./design_text.js";

/**
 * @typedef {object} Panel
 * @property {HTMLElement} root
 * @property {HTMLElement} number
 * @property {HTMLElement} what the number counts
 * @property {HTMLElement} reach
 * @property {HTMLElement} taken
 * @property {HTMLElement} activity
 * @property {HTMLElement} room what the map may fill
 * @property {HTMLElement} axis
 * @property {HTMLElement} stack the drawn area, and nothing else
 * @property {HTMLCanvasElement} marks
 * @property {Heatmap} map
 * @property {Closeup} closeup of a part of the map, over it
 * @property {Uint8Array} worst of each cell or pageblock drawn last
 * @property {() => boolean} dragged
 * @property {HTMLElement} because
 * @property {HTMLElement} where
 * @property {HTMLElement} counts
 * @property {HTMLElement} holder
 */

/**
 * @param {import("../net/wire.js").DesignInfo & {side?: "here"|"beside"}} design
 * @param {number} i
 * @param {(i: number, event: PointerEvent|null) => void} point
 * @param {(i: number, event: KeyboardEvent|FocusEvent) => void} keep
 * @param {import("../zoom/zoom.js").Zoom} zoom
 * @returns {Panel}
 */
export function createPanel(design, i, point, keep, zoom) {
  const words = designWords(design.name);
  const id = `panel-${i}`;
  const number = el("output.number", { "aria-live": "off", "aria-describedby": `${id}-unit` }, "–");
  const what = el("span.unit", { id: `${id}-unit` }, "2 MiB blocks left");
  const reach = el("span.reach", { "data-meaning": "thp_potential" });
  const taken = el("span.taken", { "data-meaning": "huge" });
  const active = el("span.activity", {}, "waiting for the first frame");
  const canvas = el("canvas.map");
  const close = el("canvas.close");
  const marks = el("canvas.over");
  const motion = el("canvas.motion");
  const stack = el(
    "div.stack",
    {
      tabindex: 0, role: "application", "aria-roledescription": "memory map", "aria-describedby": `${id}-keys`, "data-map": design.key,
      "aria-label": `Memory map, ${designTitle(design.key)} (${design.key}): low addresses at the bottom, high addresses at the top`,
      pointermove: (/** @type {PointerEvent} */ event) => point(i, event),
      pointerdown: (/** @type {PointerEvent} */ event) => point(i, event),
      pointerleave: (/** @type {PointerEvent} */ event) => point(i, event),
      keydown: (/** @type {KeyboardEvent} */ event) => keep(i, event),
      focus: (/** @type {FocusEvent} */ event) => keep(i, event),
      blur: (/** @type {FocusEvent} */ event) => keep(i, event),
    },
    canvas, el("div.gridlines"), close, marks, motion,
  );
  const axis = el("div.axis", { "aria-hidden": "true" });
  const where = el("span.where");
  const counts = el("span.counts");
  const holder = el("span.holder");
  const because = el("p.because");
  const room = el("div.map-room", {}, el("div.frame", {}, axis, stack));
  const root = el(
    "article.panel", { "aria-labelledby": `${id}-name`, "data-design": design.key, "data-busy": "false", ...(design.side ? { "data-side": design.side } : {}) },
    el("header.panel-head", {},
      el("h3", { id: `${id}-name`, title: `${words.title}: ${words.help}` }, lineSwatch(DESIGN_LINES[i % DESIGN_LINES.length]),
        el("span.title", {}, words.title), el("span.key", { title: design.key }, el("bdi", {}, design.key))),
      el("button.number-button", { type: "button", "data-meaning": "free_blocks_all", title: "What this number means" }, number),
      el("div.headline-words", {}, what, reach, el("span.doing", {}, taken, el("span.between", {}, " · "), active))),
    room,
    el("div.below", {}, design.side ? el("p.side") : null, because, el("p.detail", {}, where, counts, holder)),
    el("p.hidden", { id: `${id}-keys` }, "Arrow keys move by one pageblock, Page up and Page down by four rows, Home and End to the ends. Enter goes down from zone to pageblock to page, Escape up, plus and minus zoom."),
  );
  return { root, number, what, reach, taken, activity: active, room, axis, stack, marks, map: new Heatmap(canvas), closeup: new Closeup(close), worst: new Uint8Array(0), dragged: zoom.attach(stack), because, where, counts, holder };
}
