/**
 * Looking closely, in all panels at once: wheel, pinch, drag, double click and keys change the one view; what it shows of pages
 * is asked for, and nothing else.
 */

import { el, need, onPress, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { isFramed, wheelIsForMap } from "../lib/framed.js";
import { moveIndex } from "../map/geometry.js";
import { inSentence } from "../panels/design_text.js";
import {
  blockBeside, blockRect, blockSide, blockView, boundsOf, bringIn, clamp, hit, openBlocks, pageBeside, pageRect, pageView, pan, POINT_FROM, shownSide, WHOLE,
  wheelFactor, WORDS_FROM, zoomAt,
} from "./lens.js";
import { storyText } from "./page_text.js";
import { pageblock, pageblockOf } from "../lib/pageblock.js";

const KEY_FACTOR = 1.5;
const DRAG_FROM = 4; // css pixels
const ANSWER_MS = 2000; // after so long without an answer, the next request is sent all the same
/** Fields that a drawing needs; all are asked for where a page can be pointed at. */
const DRAWN = /** @type {("state"|"order"|"flags")[]} */ (["state", "order", "flags"]);

/**
 * @typedef {import("../map/geometry.js").Geometry} Geometry
 * @typedef {import("./lens.js").View} View
 * @typedef {ReturnType<typeof createZoom>} Zoom
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Pick<import("../net/client.js").Client, "detail">} client
 * @param {(design: string, pfn: number, tick: number) => Promise<import("./page_text.js").Story>} read
 */
export function createZoom(state, painter, client, read) {
  /** @type {Geometry|null} */
  let g = null;
  let asked = "";
  let askedAt = -Infinity;
  let answered = true;
  let byHand = true;
  const framed = isFramed();
  document.body.dataset.framed = String(framed);
  /** @type {(() => void)[]} */
  const listeners = [];
  /** @type {(() => void)[]} */
  const moved = [];

  /** @param {View} view */
  const set = (view) => {
    const now = state.view.get();
    if (view.z === now.z && view.x === now.x && view.y === now.y) return;
    state.view.set(view.z === 1 ? WHOLE : view);
    if (byHand) for (const listener of moved) listener();
  };
  /** What nobody's hand does: another shape of the maps, another guest. @param {() => void} act */
  const quietly = (act) => {
    byHand = false;
    act();
    byHand = true;
  };

  // -- what is in the window
  const look = () => {
    if (!g) return;
    const view = state.view.get();
    const now = boundsOf(g, view);
    const before = state.bounds.get();
    if (!before || before.start_pfn !== now.start_pfn || before.end_pfn !== now.end_pfn) state.bounds.set(now);
    ask();
  };

  function ask() {
    if (!g || !state.welcome.get()) return;
    const view = state.view.get();
    const pageblocks = openBlocks(g, view);
    const all = blockSide(g, view) >= POINT_FROM;
    const wanted = pageblocks.length ? `${all} ${pageblocks.join()}` : "";
    if (wanted === asked) return;
    if (!answered && performance.now() - askedAt < ANSWER_MS) return; // the answer asks again
    asked = wanted;
    askedAt = performance.now();
    answered = !client.detail(pageblocks, all ? null : DRAWN) || !wanted;
    if (!wanted) state.closeup.set(null);
  }

  state.closeup.subscribe(() => {
    answered = true;
    ask();
  });
  state.welcome.subscribe((welcome) => {
    // Another connection knows nothing of what was asked for.
    asked = "";
    answered = true;
    state.closeup.set(null);
    if (welcome && g && welcome.guest.nr_pageblocks !== g.nr) quietly(whole);
    else look();
  });

  const whole = () => {
    state.page.set(null);
    set(WHOLE);
  };

  // -- what is pointed at
  /**
   * @param {number} cssX
   * @param {number} cssY
   */
  function point(cssX, cssY) {
    if (!g) return;
    const found = hit(g, state.view.get(), cssX, cssY);
    state.pageblock.set(found?.block ?? null);
    state.page.set(found?.pfn ?? null);
  }

  /**
   * Where a part of the maps is shown: the part around a pageblock or, if that is larger than the window, around a page of it.
   * @param {number} block
   * @param {number} pfn
   */
  function bring(block, pfn) {
    const view = state.view.get();
    if (!g || view.z === 1) return;
    const whole_ = blockRect(g, view, block);
    const { x, y, width, height } = whole_.width > g.cssWidth || whole_.height > g.cssHeight ? pageRect(g, view, pfn) : whole_;
    if (x >= 0 && y >= 0 && x + width <= g.cssWidth && y + height <= g.cssHeight) return;
    set(pan(g, view, (g.cssWidth - width) / 2 - x, (g.cssHeight - height) / 2 - y));
  }

  /** Down one level: zone, pageblock, page. */
  function down() {
    const block = state.pageblock.get() ?? 0;
    if (!g) return;
    if (!openBlocks(g, state.view.get()).includes(block) || blockSide(g, state.view.get()) < POINT_FROM) {
      state.page.set(null);
      set(blockView(g, block));
      if (blockSide(g, state.view.get()) >= POINT_FROM) return;
      set(blockView(g, block, POINT_FROM)); // the window is small: a pageblock may be larger than it
      return;
    }
    if (state.page.get() !== null && blockSide(g, state.view.get()) >= WORDS_FROM) {
      tell();
      return;
    }
    const pfn = state.page.get() ?? block * pageblock.pages;
    state.pageblock.set(pageblockOf(pfn));
    state.page.set(pfn);
    set(pageView(g, pfn));
  }

  /** The story of the page pointed at, in the panel pointed at. */
  async function tell() {
    const [pfn, design, frame] = [state.page.get(), state.welcome.get()?.designs[state.panel.get()], state.frame.get()];
    if (pfn === null || !design || !frame) return;
    const title = `Page ${count(pfn)}, ${inSentence(design.key)}`;
    bar.story.hidden = false;
    bar.story.replaceChildren(el("p", {}, `${title}: looking back…`));
    try {
      const lines = storyText(await read(design.key, pfn, frame.tick), state.log.get());
      bar.story.replaceChildren(el("p", {}, el("b", {}, title)), el("ol", {}, ...lines.map((line) => el("li", {}, line))));
    } catch (error) {
      bar.story.replaceChildren(el("p", {}, `${title}: ${error instanceof Error ? error.message : error}.`));
    }
  }

  /** Up one level. @returns {boolean} whether there was one */
  function up() {
    if (!g) return false;
    const block = state.pageblock.get();
    const view = state.view.get();
    if (state.page.get() !== null && block !== null) {
      state.page.set(null);
      set(blockView(g, block));
      return true;
    }
    if (view.z === 1) return false;
    whole();
    return true;
  }

  /**
   * What a key does while a map has the focus.
   * @param {string} name as in KeyboardEvent.key
   * @returns {boolean} whether it does anything
   */
  function key(name) {
    if (!g) return false;
    const view = state.view.get();
    if (name === "Enter") {
      down();
      return true;
    }
    if (name === "Escape") return up();
    if (name === "+" || name === "=" || name === "-") {
      const at = blockRect(g, view, state.pageblock.get() ?? 0);
      const centre = state.pageblock.get() === null ? { x: g.cssWidth / 2, y: g.cssHeight / 2 } : { x: at.x + at.width / 2, y: at.y + at.height / 2 };
      set(zoomAt(g, view, name === "-" ? 1 / KEY_FACTOR : KEY_FACTOR, centre.x, centre.y));
      return true;
    }
    const page = state.page.get();
    if (page !== null) {
      const next = pageBeside(g, page, name);
      if (next === null) return false;
      state.pageblock.set(pageblockOf(next));
      state.page.set(next);
      set(bringIn(g, view, pageRect(g, view, next)));
      return true;
    }
    const block = state.pageblock.get() ?? 0;
    const next = shownSide(g, view) > 1 ? moveIndex(g, block, name) : blockBeside(g, block, name);
    if (next === null) return false;
    state.pageblock.set(next);
    if (view.z > 1) set(bringIn(g, view, blockRect(g, view, next)));
    return true;
  }

  // -- pointers
  /**
   * Wheel, drag, pinch and double click on a map.
   * @param {HTMLElement} stack
   * @param {() => {x: number, y: number}} [scale] how much larger it is than the maps of the panels
   * @returns {() => boolean} whether it is being dragged: then nothing is pointed at
   */
  function attach(stack, scale = () => ({ x: 1, y: 1 })) {
    /** @type {Map<number, {x: number, y: number}>} */
    const down_ = new Map();
    let dragging = false;
    const local = (/** @type {MouseEvent} */ event) => {
      const box = stack.getBoundingClientRect();
      const by = scale();
      return { x: (event.clientX - box.left) / by.x, y: (event.clientY - box.top) / by.y };
    };
    const spread = () => {
      const [a, b] = [...down_.values()];
      return { size: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    };
    stack.addEventListener("wheel", (event) => {
      const view = state.view.get();
      const out = event.deltaY > 0;
      if (!g || (out && view.z === 1)) return; // the page may scroll
      if (!wheelIsForMap(event, framed)) {
        setText(need("time-hint", HTMLElement), "Ctrl and the wheel, or two fingers, look closer.");
        return;
      }
      event.preventDefault();
      const { x, y } = local(event);
      // Pinching a touchpad comes as a wheel with Ctrl, in small steps.
      set(zoomAt(g, view, wheelFactor(event.ctrlKey ? event.deltaY * 5 : event.deltaY, event.deltaMode), x, y));
      point(x, y);
    }, { passive: false });
    stack.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button !== 0) return;
      down_.set(event.pointerId, local(event));
      if (down_.size === 2 || state.view.get().z > 1) stack.setPointerCapture(event.pointerId);
    });
    stack.addEventListener("pointermove", (event) => {
      const before = down_.get(event.pointerId);
      if (!g || !before) return;
      const now = local(event);
      const view = state.view.get();
      if (down_.size === 2) {
        const from = spread();
        down_.set(event.pointerId, now);
        const to = spread();
        set(zoomAt(g, pan(g, view, to.x - from.x, to.y - from.y), to.size / from.size, to.x, to.y));
        dragging = true;
        return;
      }
      if (view.z === 1 || (!dragging && Math.hypot(now.x - before.x, now.y - before.y) < DRAG_FROM)) return;
      dragging = true;
      down_.set(event.pointerId, now);
      set(pan(g, view, now.x - before.x, now.y - before.y));
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stack.addEventListener(end, (event) => {
        down_.delete(/** @type {PointerEvent} */ (event).pointerId);
        if (!down_.size) dragging = false;
      });
    }
    stack.addEventListener("dblclick", (event) => {
      event.preventDefault();
      const { x, y } = local(event);
      point(x, y);
      if (state.pageblock.get() !== null) down();
    });
    return () => dragging;
  }

  // -- where one is, and buttons for it
  function createBar() {
    const words = el("span.zoom-words", { role: "status" });
    const [closer, back, all] = [
      el("button", { type: "button", "aria-label": "Closer", title: "Closer (+ on a map, or the wheel)" }, "+"),
      el("button", { type: "button", "aria-label": "Less close", title: "Less close (- on a map, or the wheel)" }, "−"),
      el("button", { type: "button", title: "Whole memory (Escape on a map)" }, "Whole"),
    ];
    onPress(closer, () => key("+"));
    onPress(back, () => key("-"));
    onPress(all, whole);
    const ask_ = el("button", { type: "button", id: "page-story", title: "What became of the page pointed at (Enter on it)" }, "Story");
    onPress(ask_, tell);
    const story = el("div.page-story", { role: "status", hidden: true });
    const root = el("div.zoom-bar", { id: "zoom-bar", "aria-label": "How closely the maps are looked at", hidden: true }, words, ask_, back, closer, all, story);
    need("panels", HTMLElement).before(root);
    return { root, words, story, ask: ask_ };
  }

  const bar = createBar();
  const write = painter.add("dom", () => {
    const view = state.view.get();
    bar.root.hidden = view.z === 1;
    if (view.z === 1) bar.story.hidden = true;
    if (!g || view.z === 1) return;
    const { start_pfn, end_pfn } = boundsOf(g, view);
    const [first, last] = [pageblockOf(start_pfn), pageblockOf(end_pfn) - 1];
    const level = openBlocks(g, view).length ? "pages of " : "";
    const blocks = first === last ? `pageblock ${count(first)}` : `pageblocks ${count(first)} to ${count(last)}`;
    setText(bar.words, `${level}${blocks}, ${view.z < 10 ? view.z.toFixed(1) : Math.round(view.z)}×`);
    bar.ask.hidden = state.page.get() === null;
    bar.root.dataset.z = view.z.toFixed(3);
  });

  for (const each of [look, write]) state.view.subscribe(each);
  state.page.subscribe(write);

  return {
    /** @param {Geometry} geometry of all maps */
    lay(geometry) {
      const before = g;
      g = geometry;
      const view = state.view.get();
      if (before && before.nr !== g.nr) quietly(whole);
      else if (before && view.z > 1) {
        // The same part of memory, as far as the new shape allows.
        const kept = clamp(g, { z: view.z, x: (view.x / before.cssWidth) * g.cssWidth, y: (view.y / before.cssHeight) * g.cssHeight });
        quietly(() => set(kept));
      }
      look();
      write();
      for (const listener of listeners) listener();
    },
    geometry: () => g,
    /** @param {() => void} listener told when the maps have another shape */
    onLay: (listener) => void listeners.push(listener),
    /** @param {() => void} listener told when a person has moved the view */
    onMoved: (listener) => void moved.push(listener),
    attach,
    bring,
    point,
    key,
    whole,
  };
}
