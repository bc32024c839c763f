/**
 * Any two of a panel, another panel, an earlier moment and the real kernel's recording as one map: same, only here, only there.
 */

import { el, need, onPress, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { fit, indexOf } from "../map/geometry.js";
import { drawMarks } from "../map/marks.js";
import { gutterOf, thickOf } from "../map/over.js";
import { decodeFrame } from "../net/wire.js";
import { blockText } from "../panels/guest_text.js";
import { kernelName } from "../recorded/recording.js";
import { mended, notify } from "../state.js";
import { boxOf, hit, shownSide, visiblePlaces } from "../zoom/lens.js";
import { BOTH, classOf, compare, NEITHER, ONLY_HERE, ONLY_THERE, QUESTIONS } from "./compare.js";
import { partners } from "./partners.js";
import { createWipe } from "./wipe.js";

/** By class. Told apart by every eye, and by the direction of the bar where cells have room for it. */
export const LOOKS = [
  { hex: "#e3e9ee", words: "in neither" },
  { hex: "#6f7d8a", words: "in both" },
  { hex: "#14568f", words: "only here" },
  { hex: "#e8870a", words: "only there" },
];
const TAB = "difference"; // of the inspector
const BAR_FROM = 8; // css pixels
const HEIGHT = 0.62; // of the window
const COVERED = "(max-width: 1100px)"; // windows in which the inspector lies over the maps
const WIDEST = 1.6; // a cell is at most so much wider than high

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {import("../zoom/zoom.js").Zoom} zoom
 * @param {{moment: (tick: number, index: number) => Promise<ArrayBuffer>, picture: (example: string, design: string, step: number) => Promise<ArrayBuffer>}} read
 */
export function createDifference(state, painter, zoom, read) {
  /** @type {import("./partners.js").Partner[]} */
  let offered = [];
  /** Pictures read, by the key of their partner without its design. @type {Map<string, import("../net/wire.js").DesignFrame[]>} */
  const kept = new Map();
  let open = false;
  /** Of this map: the panels' columns, as large as there is room. @type {import("../map/geometry.js").Geometry|null} */
  let mine = null;

  const lay = () => {
    const g = zoom.geometry();
    if (!open || !g) return;
    const height = Math.max(g.cssHeight, Math.round(HEIGHT * window.innerHeight));
    const across = g.cols * g.side;
    const width = Math.min(view.root.clientWidth - gutterOf(1) - 2 * 16, (height * across * WIDEST) / (g.rows * g.side));
    mine = fit(g.nr, Math.max(64, width), height, g.dpr, across);
    draw();
  };

  /** How much larger this map is than those of the panels. */
  const scale = () => {
    const g = zoom.geometry();
    return g && mine ? { x: mine.cssWidth / g.cssWidth, y: mine.cssHeight / g.cssHeight } : { x: 1, y: 1 };
  };

  /** The same window as in the panels. */
  const lens = () => {
    const { z, x, y } = state.view.get();
    const by = scale();
    return { z, x: x * by.x, y: y * by.y };
  };

  const view = build();
  const wipe = createWipe(state, painter, zoom, () => {
    const on = wipe.on() !== "";
    for (const button of [view.wipe, storyWipe]) button.setAttribute("aria-pressed", String(on));
  });
  const storyWipe = need("story-wipe", HTMLButtonElement);

  /** @param {boolean} now */
  function show(now) {
    if (open === now) return;
    open = now;
    view.root.hidden = !open;
    document.body.dataset.difference = String(open);
    if (!open) return;
    lay();
    offer();
    view.stack.focus({ preventScroll: true });
  }

  /** Fill the two lists; what was chosen stays chosen. */
  const offer = () => {
    const welcome = state.welcome.get();
    if (!welcome) return;
    offered = partners(welcome.designs, state.log.get(), state.recorded.get(), state.past.get() ? "as looked at" : "now", state.log.get().length);
    for (const [select, fallback] of /** @type {[HTMLSelectElement, number][]} */ ([[view.here, 0], [view.there, Math.min(1, offered.length - 1)]])) {
      const before = select.value;
      const groups = new Map();
      for (const { key, words, group } of offered) {
        if (!groups.has(group)) groups.set(group, el("optgroup", { label: group }));
        groups.get(group).append(el("option", { value: key }, words));
      }
      select.replaceChildren(...groups.values());
      select.value = offered.some(({ key }) => key === before) ? before : offered[fallback].key;
    }
    draw();
  };

  /**
   * @param {string} key
   * @returns {Record<string, import("../net/wire.js").Plane>|null} null: not read yet
   */
  function planesOf(key) {
    const partner = offered.find((each) => each.key === key);
    const welcome = state.welcome.get();
    if (!partner || !welcome) return null;
    if (!partner.moment && !partner.real) return state.frame.get()?.designs[partner.design]?.planes ?? null;
    const name = partner.real ? key : key.slice(0, key.lastIndexOf(" "));
    const there = kept.get(name);
    if (there) return there[partner.real ? 0 : partner.design]?.planes ?? null;
    kept.set(name, []);
    const { moment, real } = partner;
    const reading = real ? read.picture(real.example, real.design, real.step) : moment && read.moment(moment.tick, moment.index);
    reading?.then((data) => {
      kept.set(name, decodeFrame(data, welcome).designs);
      mended(state, "difference");
      draw();
      wipe.draw();
    }).catch((error) => {
      kept.delete(name);
      notify(state, "error", `The difference: ${error instanceof Error ? error.message : error}.`, "difference");
    });
    return null;
  }

  const draw = painter.add("canvas", () => {
    const g = mine;
    if (!open || !g) return;
    const [here, there] = [planesOf(view.here.value), planesOf(view.there.value)];
    const found = here && there ? compare(here, there, view.question.value) : null;
    for (const [i, item] of view.counts.entries()) setText(item, found ? count(found.counts[i]) : "–");
    setText(view.said, found ? "" : here && there ? "These two are not the same memory." : "Being read…");
    view.root.dataset.ready = String(found !== null);
    view.stack.style.width = `${g.cssWidth}px`;
    view.stack.style.height = `${g.cssHeight}px`;
    describe(here, there);
    paint(g, found?.classes ?? null);
    drawMarks(view.over, g, { flags: null, view: lens(), migrate_pfn: -1, free_pfn: -1, pageblock: state.pageblock.get(), thick: thickOf(state.theme.get()) });
  });

  /**
   * @param {import("../map/geometry.js").Geometry} g
   * @param {Uint8Array|null} classes
   */
  function paint(g, classes) {
    const { canvas } = view;
    const [width, height] = [Math.round(g.cols * g.cellW), Math.round(g.rows * g.cellH)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = `${g.cssWidth}px`;
      canvas.style.height = `${g.cssHeight}px`;
    }
    const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    c.clearRect(0, 0, width, height);
    if (!classes) return;
    const at = lens();
    const step = shownSide(g, at);
    const { x0, x1, y0, y1 } = visiblePlaces(g, at);
    /** @type {import("../zoom/raster.js").Box[][]} */
    const boxes = [[], [], [], []];
    for (let y = y0 - (y0 % step); y < y1; y += step) {
      for (let x = x0 - (x0 % step); x < x1; x += step) {
        const index = indexOf(g, x, y);
        if (index !== null) boxes[classOf(classes, index, step * step)].push(boxOf(g, at, index));
      }
    }
    for (const kind of [NEITHER, BOTH, ONLY_HERE, ONLY_THERE]) {
      c.fillStyle = LOOKS[kind].hex;
      for (const { left, top, right, bottom } of boxes[kind]) {
        const line = Math.min(right - left, bottom - top) >= 5 ? 1 : 0;
        c.fillRect(left, top + line, right - left - line, bottom - top - line);
      }
      // A bar lying down is only here, one standing up only there.
      c.fillStyle = kind === ONLY_THERE ? "#14191f" : "#ffffff";
      if (kind < ONLY_HERE) continue;
      for (const { left, top, right, bottom } of boxes[kind]) {
        const [wide, high] = [right - left, bottom - top];
        if (Math.min(wide, high) < BAR_FROM * g.dpr) continue;
        const thin = Math.max(2, Math.round(Math.min(wide, high) / 6));
        if (kind === ONLY_HERE) c.fillRect(left + wide / 4, Math.round((top + bottom - thin) / 2), wide / 2, thin);
        else c.fillRect(Math.round((left + right - thin) / 2), top + high / 4, thin, high / 2);
      }
    }
  }

  /**
   * @param {Record<string, import("../net/wire.js").Plane>|null} here
   * @param {Record<string, import("../net/wire.js").Plane>|null} there
   */
  function describe(here, there) {
    const index = state.pageblock.get();
    const pointed = index !== null && here && there && index < here.free.length && index < there.free.length;
    setText(view.where, pointed ? blockText(here, index).where : "");
    setText(view.hereWords, pointed ? `Here: ${blockText(here, index).counts}` : "");
    setText(view.thereWords, pointed ? `There: ${blockText(there, index).counts}` : "");
  }

  /** Something else is asked for: what stands there is not the answer until the next paint. */
  function choose() {
    view.root.dataset.ready = "false";
    draw();
  }

  function build() {
    const here = el("select", { id: "difference-here", change: choose });
    const there = el("select", { id: "difference-there", change: choose });
    const question = el("select", { id: "difference-question", change: choose }, ...QUESTIONS.map(({ key, words }) => el("option", { value: key }, words)));
    const canvas = el("canvas.difference-map");
    const over = el("canvas.over");
    const stack = el("div.stack.difference-stack", {
      tabindex: 0, role: "application", "aria-roledescription": "map of differences", "aria-label": "Difference of two memories: low addresses at the bottom",
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !zoom.key(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
      },
    }, canvas, over);
    const dragged = zoom.attach(stack, scale);
    stack.addEventListener("pointermove", (event) => {
      if (dragged() || !mine) return;
      const box = stack.getBoundingClientRect();
      state.page.set(null);
      state.pageblock.set(hit(mine, lens(), event.clientX - box.left, event.clientY - box.top)?.block ?? null);
    });
    stack.dataset.map = "difference";
    const counts = LOOKS.map(() => el("b.difference-count", {}, "–"));
    const chips = LOOKS.map(({ hex, words }, i) => {
      const chip = el(`span.chip.bar-${i}`, { "aria-hidden": "true" });
      chip.style.background = hex;
      return el("li", {}, chip, counts[i], " ", words);
    });
    const said = el("p.difference-said", { role: "status" });
    const [where, hereWords, thereWords] = [el("p.where"), el("p"), el("p")];
    const swap = el("button", { type: "button" }, "Swap");
    onPress(swap, () => {
      [here.value, there.value] = [there.value, here.value];
      choose();
    });
    const wipe_ = el("button", { type: "button", id: "difference-wipe", "aria-pressed": "false", title: "The second memory over the first one’s map, with a divider to drag" }, "Wipe over the map");
    onPress(wipe_, () => (wipe.on() ? wipe.close(false) : wipeOver(here.value, there.value)));
    const root = need("difference", HTMLElement);
    root.append(
      el("h3.hidden", { id: "difference-title" }, "Difference"),
      el("div.difference-choice", {},
        el("span.field", {}, el("label", { for: "difference-here" }, "Here"), here), swap,
        el("span.field", {}, el("label", { for: "difference-there" }, "There"), there),
        el("span.field", {}, el("label", { for: "difference-question" }, "Which pageblock"), question), wipe_),
      el("ul.difference-counts", { "aria-label": "Pageblocks" }, ...chips), said, stack,
      el("div.detail", { "aria-live": "polite" }, where, hereWords, thereWords));
    return { root, here, there, question, wipe: wipe_, stack, canvas, over, counts, said, where, hereWords, thereWords };
  }

  /**
   * The first over the panel of its design, the second to the right of a divider. In a small window the inspector makes room.
   * @param {string} hereKey
   * @param {string} thereKey
   */
  function wipeOver(hereKey, thereKey) {
    const welcome = state.welcome.get();
    const [here, there] = [hereKey, thereKey].map((key) => offered.find((each) => each.key === key));
    if (!welcome || !here || !there) return;
    /** @param {import("./partners.js").Partner} partner */
    const side = (partner) => ({ words: partner.words, short: partner.words.split(", ")[partner.moment || partner.real ? 1 : 0], planes: () => planesOf(partner.key), pages: partner.moment || partner.real ? -1 : partner.design });
    const own = !here.moment && !here.real;
    // Of one design under two laws or at two moments its name says nothing.
    const kernel = there.real && own && there.design === here.design ? kernelName(state.recorded.get()?.kernel ?? "") : "";
    const right = kernel ? { ...side(there), words: there.words.replace(/^.*?, (?=Linux )/, ""), short: kernel } : side(there);
    if (window.matchMedia(COVERED).matches) state.tab.set("");
    wipe.open(welcome.designs[here.design].key, [own ? null : side(here), right], kernel ? "ours" : here.words.split(", ")[0]);
  }

  /** What the real kernel did after as many commands, of the design pointed at or, where that was never recorded, another. */
  const revealed = (design = state.panel.get()) => {
    offer();
    const real = offered.filter((each) => each.real);
    return real.filter((each) => each.design === design).at(-1) ?? real.at(-1);
  };

  /** The same as a wipe. @param {number} [design] */
  function wipeReal(design) {
    const last = revealed(design);
    if (last) wipeOver(`now ${last.design}`, last.key);
  }
  onPress(storyWipe, () => (wipe.on() ? wipe.close(false) : wipeReal()));

  /** Our map beside the real kernel's after as many commands, asked for under "Real kernel". */
  function reveal() {
    state.tab.set(TAB);
    const last = revealed();
    if (!last) return;
    view.here.value = `now ${last.design}`;
    view.there.value = last.key;
    choose();
  }
  need("story-difference", HTMLButtonElement).addEventListener("click", reveal);

  for (const each of [state.log, state.recorded, state.past]) each.subscribe(offer);
  state.welcome.subscribe(() => {
    kept.clear();
    offer();
  });
  for (const each of [state.frame, state.view, state.pageblock]) each.subscribe(draw);
  zoom.onLay(lay);
  state.tab.subscribe((tab) => show(tab === TAB));
  new ResizeObserver(lay).observe(view.root);

  return {
    wipe: wipeReal,
    /** What is compared, once the tab has been open: copied, since later frames write to the planes. @returns {import("../save/map_rows.js").DifferenceKept|null} */
    kept() {
      const [here, there] = [view.here, view.there].map(({ value }) => planesOf(value));
      const found = here && there && compare(here, there, view.question.value);
      if (!found || !here || !there) return null;
      const copied = (/** @type {typeof here} */ planes) => Object.fromEntries(Object.entries(planes).map(([name, plane]) => [name, plane.slice()]));
      const name = (/** @type {HTMLSelectElement} */ select) => offered.find(({ key }) => key === select.value)?.words ?? "";
      return { words: QUESTIONS.find(({ key }) => key === view.question.value)?.words ?? "", names: [name(view.here), name(view.there)], ...found, looks: LOOKS, here: copied(here), there: copied(there) };
    },
    /** @param {string} what */
    act(what) {
      if (what !== TAB) return false;
      state.tab.set(state.tab.get() === TAB ? "" : TAB);
      return true;
    },
  };
}
