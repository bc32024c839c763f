/**
 * A wipe: a second memory over a panel's map, to the right of a divider that is dragged or moved by keys. It comes when somebody
 * asks for it, and goes when another command is given: what is compared then has not been asked for yet.
 */

import { el, onPress, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { Heatmap, LAYERS_FROM } from "../map/heatmap.js";
import { drawMarks } from "../map/marks.js";
import { gutterOf, thickOf } from "../map/over.js";
import { Closeup } from "../zoom/closeup.js";
import { paintPanel } from "../zoom/in_panel.js";

const MIDDLE = 50; // percent of the map's width
const STEP = 2;
const LEAP = 10;
const BEYOND = 20; // css pixels that marks reach beyond the map

/**
 * @typedef {Record<string, import("../net/wire.js").Plane>} Planes
 *
 * @typedef {object} Side
 * @property {string} words
 * @property {string} short as many as have room under a map
 * @property {() => Planes|null} planes null: not read yet
 * @property {number} pages place of the design whose pages may be shown, -1 = only pageblocks are known
 *
 * @typedef {object} Layer what is drawn of one side
 * @property {HTMLElement} root
 * @property {HTMLElement} grid
 * @property {Heatmap} map
 * @property {Closeup} closeup
 * @property {HTMLCanvasElement} over
 * @property {Uint8Array} worst
 *
 * @typedef {object} Shown
 * @property {HTMLElement} panel
 * @property {HTMLElement} stack
 * @property {[Side|null, Side]} sides left and right; null = the panel's own map
 * @property {[string, string]} words
 * @property {[string, string]} short
 * @property {(Layer|null)[]} layers
 */

/**
 * Percent of the width after a key.
 * @param {number} at
 * @param {string} key
 * @returns {number|null} null if the key moves nothing
 */
export function moved(at, key) {
  const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP, Home: -100, End: 100 });
  return key in steps ? Math.max(0, Math.min(100, at + steps[key])) : null;
}

/**
 * Where the divider stands, for ears.
 * @param {number} at percent
 * @param {readonly [string, string]} words of both sides
 */
export function dividerText(at, [left, right]) {
  if (at <= 0) return `all ${right}`;
  if (at >= 100) return `all ${left}`;
  return `left ${at} %: ${left}; right ${100 - at} %: ${right}`;
}

/** @param {Planes} planes @param {number} index */
const holds = (planes, index) => ["free", "movable", "balloon", "unmovable"].filter((name) => planes[name][index]).map((name) => `${count(planes[name][index])} ${name}`).join(", ") || "nothing of these";

/**
 * What a pageblock holds on both sides.
 * @param {Planes} before
 * @param {Planes} after
 * @param {number} index
 */
export function bothText(before, after, index) {
  const [a, b] = [holds(before, index), holds(after, index)];
  return a === b ? `Both sides ${a}.` : `Left ${a}; right ${b}.`;
}

/** @returns {Layer} */
function createLayer() {
  const [map, close, over] = [el("canvas.map"), el("canvas.close"), el("canvas.over")];
  const grid = el("div.gridlines");
  return { root: el("div.wipe-side", {}, map, grid, close, over), grid, map: new Heatmap(map), closeup: new Closeup(close), over, worst: new Uint8Array(0) };
}

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {import("../zoom/zoom.js").Zoom} zoom
 * @param {() => void} changed told when it comes or goes
 */
export function createWipe(state, painter, zoom, changed) {
  /** @type {Shown|null} */
  let shown = null;
  let at = MIDDLE;
  let given = 0; // commands, when it was asked for
  let laidOutFor = "";
  const [left, right] = [el("span.wipe-left"), el("span.wipe-right")];
  const end = el("button.wipe-end", { type: "button", "aria-label": "End the wipe", title: "End the wipe (Escape on the divider)" }, "✕");
  const block = el("p.wipe-block", { "aria-live": "polite" });
  const names = el("p.wipe-names", {}, left, end, right);
  const words = el("div.wipe-words", {}, names, block);
  const divider = el("div.wipe-divider", { role: "slider", tabindex: 0, "aria-label": "Divider between two memories", "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100,
    pointerdown: press, pointermove: drag, pointerup: stop, pointercancel: stop, dblclick: stop, keydown: key }, el("span.wipe-grip", { "aria-hidden": "true" }));
  const root = el("div.wipe", {}, divider);
  onPress(end, () => close(true));

  /** @param {Event} event */
  function stop(event) {
    event.stopPropagation(); // the map below neither pans nor points
  }

  /** @param {PointerEvent} event */
  function press(event) {
    stop(event);
    if (event.pointerType === "mouse" && event.button !== 0) return;
    divider.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  function drag(event) {
    stop(event);
    if (!shown || !divider.hasPointerCapture(event.pointerId)) return;
    const box = shown.stack.getBoundingClientRect();
    move(((event.clientX - box.left) / box.width) * 100);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = event.key === "Escape" ? at : moved(at, event.key);
    if (next === null) return;
    event.preventDefault();
    stop(event);
    if (event.key === "Escape") close(true);
    else move(next);
  }

  /** @param {number} to percent */
  function move(to) {
    at = Math.max(0, Math.min(100, Math.round(to)));
    place();
  }

  function place() {
    if (!shown) return;
    divider.style.left = `${at}%`;
    divider.setAttribute("aria-valuenow", String(at));
    divider.setAttribute("aria-valuetext", dividerText(at, shown.words));
    const beyond = -BEYOND - gutterOf(thickOf(state.theme.get()));
    const [before, after] = shown.layers;
    if (before) before.root.style.clipPath = `inset(${beyond}px ${100 - at}% ${beyond}px ${beyond}px)`;
    if (after) after.root.style.clipPath = `inset(${beyond}px ${beyond}px ${beyond}px ${at}%)`;
  }

  /**
   * Over a panel's map, from the middle.
   * @param {string} design key of the panel
   * @param {[Side|null, Side]} sides null on the left: the panel's map as it is
   * @param {string} own words for the panel's own map
   * @returns {boolean} whether there is such a panel
   */
  function open(design, sides, own) {
    const panel = /** @type {HTMLElement|undefined} */ ([...document.querySelectorAll("#panels .panel")].find((each) =>
      each instanceof HTMLElement && each.dataset.design === design && each.dataset.side !== "beside"));
    const stack = panel?.querySelector(".stack");
    if (!panel || !(stack instanceof HTMLElement)) return false;
    close(false);
    shown = { panel, stack, sides, words: [sides[0]?.words ?? own, sides[1].words], short: [sides[0]?.short ?? own, sides[1].short], layers: sides.map((side) => side && createLayer()) };
    at = MIDDLE;
    given = state.log.get().length;
    laidOutFor = "";
    setText(left, shown.short[0]);
    setText(right, shown.short[1]);
    names.title = shown.words.join(" | ");
    root.replaceChildren(...shown.layers.flatMap((layer) => (layer ? [layer.root] : [])), divider);
    stack.append(root);
    panel.querySelector(".below")?.append(words);
    panel.dataset.wipe = "true";
    place();
    draw();
    describe();
    panel.scrollIntoView({ block: "nearest", inline: "nearest" });
    divider.focus({ preventScroll: true });
    changed();
    return true;
  }

  /** @param {boolean} back whether the focus goes to the map */
  function close(back) {
    if (!shown) return;
    const { panel, stack } = shown;
    const focused = back || root.contains(document.activeElement) || words.contains(document.activeElement);
    shown = null;
    delete panel.dataset.wipe;
    root.remove();
    words.remove();
    if (focused) stack.focus({ preventScroll: true });
    changed();
  }

  /**
   * @param {import("../map/geometry.js").Geometry} g
   * @param {Layer} layer
   */
  function lay(g, layer) {
    layer.map.setGeometry(g, state.mode.get());
    layer.grid.hidden = g.cell < LAYERS_FROM;
  }

  const draw = painter.add("canvas", (now) => {
    const g = zoom.geometry();
    if (!shown || !g) return;
    if (!shown.stack.isConnected) {
      close(false);
      return;
    }
    const shape = `${g.cssWidth} ${g.cssHeight} ${g.dpr} ${g.nr} ${g.cols} ${state.mode.get()} ${state.theme.get()}`;
    const fresh = shape !== laidOutFor;
    laidOutFor = shape;
    let ready = true;
    shown.layers.forEach((layer, i) => {
      if (!layer) return;
      const side = /** @type {Side} */ (shown?.sides[i]);
      const planes = side.planes();
      if (fresh) lay(g, layer);
      ready &&= planes?.free.length === g.nr;
      if (!planes || planes.free.length !== g.nr) return;
      paintPanel(layer, side.pages, planes, state, g, now);
      drawMarks(layer.over, g, {
        flags: planes.flags, worst: state.mode.get() === "holder" ? null : layer.worst, view: state.view.get(), page: side.pages < 0 ? null : state.page.get(),
        migrate_pfn: -1, free_pfn: -1, pageblock: state.pageblock.get(), thick: thickOf(state.theme.get()),
      });
    });
    if (fresh) place();
    root.dataset.ready = String(ready);
  });

  const describe = painter.add("dom", () => {
    const index = state.pageblock.get();
    if (!shown) return;
    const own = state.frame.get()?.designs[state.welcome.get()?.designs.findIndex(({ key }) => key === shown?.panel.dataset.design) ?? 0]?.planes;
    const [before, after] = shown.sides.map((side) => (side ? side.planes() : own));
    const pointed = index !== null && before && after && index < Math.min(before.free.length, after.free.length);
    setText(block, pointed ? bothText(before, after, index) : "Drag the divider, or move it with the arrow keys.");
  });

  for (const each of [state.frame, state.view, state.pageblock, state.page, state.closeup, state.mode, state.theme]) each.subscribe(draw);
  for (const each of [state.frame, state.pageblock]) each.subscribe(describe);
  state.log.subscribe((log) => log.length !== given && close(false));
  for (const each of [state.welcome, state.beside]) each.subscribe(() => close(false));
  zoom.onLay(draw);

  return { open, close, draw, on: () => shown?.panel.dataset.design ?? "" };
}
