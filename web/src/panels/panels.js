/**
 * One panel per design: headline number, activity, map with axis and marks; a pageblock pointed at is described in all panels at once.
 */

import { verdict } from "../controls/range_text.js";
import { el, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { columnsFor, fit, isLarge } from "../map/geometry.js";
import { LAYERS_FROM } from "../map/heatmap.js";
import { drawMarks } from "../map/marks.js";
import { gutterOf, thickOf } from "../map/over.js";
import { FLAG_TOUCHED, statIndex } from "../net/wire.js";
import { stillAt, stillText } from "../recorded/still.js";
import { pairwise, sidesOf } from "../timebar/sides.js";
import { paintPanel, wordsOf } from "../zoom/in_panel.js";
import { viewMarks } from "../zoom/lens.js";
import { activity, takenText } from "./guest_text.js";
import { because } from "./because_text.js";
import { createPanel } from "./panel.js";
import { HPAGE_ORDER, pageblock, pageblockOf } from "../lib/pageblock.js";

const PHONE_PX = 640;
const NARROW_PX = 1100; // below this, at most two maps stand side by side
const MOST_ACROSS = 4;
const STOPPED = 2; // range_result
const AXIS_WORDS = 240; // css pixels: beside a lower map there is no room for both words
// By which box the columns are chosen: that of a map beside no inspector, so that opening one changes no column.
const BESIDE = { width: 90, height: 300 }; // of the window, not the maps'; css pixels

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {import("../zoom/zoom.js").Zoom} zoom
 * @param {import("../motion/motion.js").Motion} motion
 */
export function createPanels(state, painter, zoom, motion) {
  const root = need("panels", HTMLElement);
  const announce = need("announce-block", HTMLElement);
  /** @type {import("./panel.js").Panel[]} */
  let panels = [];
  /** @type {import("../map/geometry.js").Geometry|null} */
  let geometry = null;
  /** @type {Record<string, number>} */
  let at = {};
  /** @type {import("../net/wire.js").Frame|null} */
  let glowedFor = null;
  let laidOutFor = "";
  let overAt = -1;
  const waiting = [...root.children];

  // The session's guests or, while the simulator is being compiled, what was recorded of a real machine.
  const scene = () => {
    const welcome = state.welcome.get();
    const preview = state.preview.get();
    return welcome ?? (preview && { ...preview, epoch: -1 });
  };
  const picture = () => {
    const preview = state.welcome.get() ? null : state.preview.get();
    return preview ? stillAt(preview, state.recorded.get(), state.pictures.get(), state.previewStep.get()) : state.frame.get();
  };

  /** @param {number} i */
  const stats = (i) => {
    const values = picture()?.designs[i]?.stats;
    return (/** @type {string} */ name) => values?.[at[name]] ?? 0;
  };

  function rebuild() {
    const welcome = scene();
    if (!welcome) {
      if (panels.length) root.replaceChildren(...waiting); // the guest asked for cannot be seen before it is made
      panels = [];
      return;
    }
    at = statIndex(welcome.stat_fields);
    const designs = sidesOf(welcome.designs, state.beside.get());
    panels = designs.map((design, i) => createPanel(design, i, point, keep, zoom));
    root.replaceChildren(...pairwise(panels, welcome.designs.length).map((panel) => panel.root));
    root.dataset.count = String(panels.length);
    root.style.setProperty("--count", String(panels.length));
    const most = welcome.guest.nr_pageblocks;
    root.dataset.digits = most < 1000 ? "few" : most < 10_000 ? "many" : most < 100_000 ? "five" : "six"; // room for the largest number, so that no word moves
    state.pageblock.set(null);
    geometry = null;
    laidOutFor = "";
    lay();
    write();
  }

  // -- layout: one geometry for all panels, so that they can be compared cell by cell
  const across = () => {
    const n = panels.length;
    if (window.innerWidth <= PHONE_PX) return 1;
    if (window.innerWidth <= NARROW_PX) return Math.min(2, n);
    return n <= MOST_ACROSS ? n : Math.ceil(n / 2);
  };

  /** @param {number} nr pageblocks */
  const columns = (nr) => {
    const down = window.innerWidth <= PHONE_PX ? 1 : Math.ceil(panels.length / across());
    return columnsFor(nr, (window.innerWidth - BESIDE.width) / across(), (window.innerHeight - BESIDE.height) / down);
  };

  const lay = painter.add("dom", () => {
    const welcome = scene();
    if (!welcome || panels.length === 0) return;
    const wide = across();
    root.style.setProperty("--across", String(wide));
    // As they stand, which is not their order where two endings are shown.
    root.querySelectorAll(":scope > .panel").forEach((panel, i) => panel.setAttribute("data-first", String(i % wide === 0)));
    const { clientWidth, clientHeight } = panels[0].room;
    const room = clientWidth - gutterOf(thickOf(state.theme.get()));
    if (room < 20 || clientHeight < 20) return;
    const dpr = window.devicePixelRatio || 1;
    const nr = welcome.guest.nr_pageblocks;
    const cols = columns(nr);
    const key = `${room} ${clientHeight} ${dpr} ${cols} ${welcome.epoch} ${state.mode.get()}`;
    if (key === laidOutFor) return;
    laidOutFor = key;
    const g = fit(nr, room, clientHeight, dpr, cols);
    geometry = g;
    root.dataset.rows = String(g.rows);
    root.dataset.pageblocks = String(g.nr);
    root.dataset.per = String(g.per);
    for (const panel of panels) layPanel(panel, g);
    zoom.lay(g);
    motion.lay(g);
    drawAxis();
    // At once: a canvas that was given a size is empty.
    draw();
    drawOver();
    describe();
  });

  /**
   * @param {import("./panel.js").Panel} panel
   * @param {import("../map/geometry.js").Geometry} g
   */
  function layPanel({ map, stack, axis }, g) {
    map.setGeometry(g, state.mode.get());
    stack.style.width = `${g.cssWidth}px`;
    stack.style.height = `${g.cssHeight}px`;
    stack.style.setProperty("--cell-width", `${g.cssCellW}px`);
    stack.style.setProperty("--cell-height", `${g.cssCellH}px`);
    stack.style.setProperty("--hair", `${1 / g.dpr}px`);
    stack.classList.toggle("grid", g.cell >= LAYERS_FROM);
    axis.style.height = `${g.cssHeight}px`;
  }

  const drawAxis = painter.add("dom", () => {
    if (!geometry) return;
    const g = geometry;
    const inGib = isLarge(g.nr);
    for (const { axis, stack } of panels) {
      stack.classList.toggle("close-up", state.view.get().z > 1);
      axis.replaceChildren(
        ...(g.cssHeight < AXIS_WORDS ? [] : [el("span.axis-word.high", {}, "high addresses ▸")]),
        el("span.axis-word.low", {}, g.cssHeight < AXIS_WORDS ? (inGib ? "GiB" : "MiB") : `◂ low addresses, ${inGib ? "GiB" : "MiB"}`),
        ...viewMarks(g, state.view.get(), 30).map(({ cssY, mib: low }) => {
          const mark = el("span.mark", {}, inGib ? String(+(low / 1024).toFixed(2)) : count(low));
          mark.style.top = `${cssY}px`;
          return mark;
        }),
      );
    }
  });

  // -- words
  const write = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    root.dataset.preview = String(!welcome && state.preview.get() !== null);
    if (!welcome) writeStill();
    if (!welcome || !frame) return;
    panels.forEach((panel, i) => {
      const s = stats(i);
      const left = count(s("free_blocks_all"));
      setText(panel.number, left);
      panel.number.toggleAttribute("data-long", left.length > 2);
      setText(panel.taken, takenText(s));
      const more = Math.max(0, s("thp_potential") - s("blocks_free"));
      setText(panel.reach, `could free ${count(more)} more${pageblock.order === HPAGE_ORDER ? "" : ` (${pageblock.size})`}`);
      const now = activity(s, welcome.guest.zones, state.pace.get() === 0);
      setText(panel.activity, now.text);
      panel.root.dataset.busy = String(now.busy);
    });
    writeBlock(); // in this very paint: words and marks are of one moment
  });

  function writeStill() {
    const preview = state.preview.get();
    if (!preview) return;
    panels.forEach((panel, i) => {
      const text = stillText(preview, state.recorded.get(), state.previewStep.get(), i, stats(i)("free_blocks_all"));
      setText(panel.number, text.number);
      panel.number.toggleAttribute("data-long", text.number.length > 2);
      setText(panel.what, text.what);
      setText(panel.reach, text.reach);
      setText(panel.taken, "");
      setText(panel.activity, text.source);
      panel.root.dataset.empty = String(!picture()?.designs[i]);
    });
    writeBlock();
  }

  function writeBlock() {
    const frame = picture();
    if (!frame) return;
    const welcome = state.welcome.get();
    if (welcome) {
      panels.forEach((panel, i) => {
        const s = stats(i);
        setText(panel.because, verdict(s) || because(welcome.designs[i % welcome.designs.length].name, s));
      });
    }
    if (!geometry) return; // laying out describes what is pointed at
    const index = state.pageblock.get();
    panels.forEach((panel, i) => {
      const planes = frame.designs[i]?.planes;
      const pointed = index !== null && index < frame.nr_pageblocks && planes !== undefined;
      panel.root.classList.toggle("pointed", pointed);
      if (pointed) {
        const words = wordsOf(panel, i, planes, index, state, geometry);
        setText(panel.where, words.where);
        setText(panel.counts, words.counts);
        setText(panel.holder, words.holder);
      } else {
        for (const each of [panel.where, panel.counts, panel.holder]) setText(each, "");
      }
    });
  }
  const describe = painter.add("dom", writeBlock);

  const speak = painter.add("dom", () => {
    const planes = picture()?.designs[state.panel.get()]?.planes;
    const index = state.pageblock.get();
    if (!planes || index === null || !document.activeElement?.classList.contains("stack")) return;
    const words = wordsOf(panels[state.panel.get()], state.panel.get(), planes, index, state, geometry);
    setText(announce, `${words.where}. ${words.counts}. ${words.holder}.`);
  });

  // -- pictures
  const draw = painter.add("canvas", (now) => {
    const shown = picture();
    if (!shown || !geometry || shown.nr_pageblocks !== geometry.nr) return false;
    const frame = state.frame.get();
    if (frame && frame !== glowedFor && state.changes.get() === "glow" && !motion.seen(frame) && frame.log_index + frame.tick > 0) {
      panels.forEach((panel, i) => frame.designs[i] && panel.map.touch(frame.designs[i].planes.flags, FLAG_TOUCHED));
    }
    glowedFor = frame;
    const g = geometry;
    let again = false;
    panels.forEach((panel, i) => {
      const planes = shown.designs[i]?.planes;
      if (!planes) panel.map.clear();
      else if (paintPanel(panel, i, planes, state, g, now)) again = true;
    });
    if (overAt === now) paintOver(); // it came before what it lies on
    root.dataset.glow = String(again);
    root.dataset.mode = state.mode.get();
    return again;
  });

  const drawOver = painter.add("canvas", (now) => {
    overAt = now;
    paintOver();
  });

  function paintOver() {
    const frame = picture();
    const g = geometry;
    if (!frame || !g || frame.nr_pageblocks !== g.nr) return;
    panels.forEach((panel, i) => {
      const s = stats(i);
      drawMarks(panel.marks, g, {
        flags: frame.designs[i]?.planes.flags ?? null,
        worst: frame.designs[i] && state.mode.get() !== "holder" ? panel.worst : null,
        view: state.view.get(),
        page: state.page.get(),
        migrate_pfn: s("compact_active") ? s("migrate_pfn") : -1,
        free_pfn: s("compact_active") ? s("free_pfn") : -1,
        pageblock: state.pageblock.get(),
        range: state.range.get(),
        target: state.target.get(),
        asked: state.asked.get()?.panel === i ? state.asked.get()?.pageblock : null,
        listed: state.listed.get()?.[i] ?? null,
        thick: thickOf(state.theme.get()),
        culprit: s("range_result") === STOPPED && s("range_pfn") >= 0 ? pageblockOf(s("range_pfn")) : null,
      });
    });
  }

  // -- pointing
  /**
   * @param {number} i
   * @param {PointerEvent|null} event null = the pointer has left
   */
  function point(i, event) {
    if (!event || !geometry || event.type === "pointerleave") {
      // Lifting a finger is not leaving: what it touched stays described.
      if (event?.pointerType === "touch") return;
      if (document.activeElement === panels[i]?.stack) return;
      state.pageblock.set(null);
      state.page.set(null);
      return;
    }
    if (panels[i].dragged()) return;
    const box = panels[i].stack.getBoundingClientRect();
    state.panel.set(i);
    zoom.point(event.clientX - box.left, event.clientY - box.top);
  }

  /**
   * @param {number} i
   * @param {KeyboardEvent|FocusEvent} event
   */
  function keep(i, event) {
    if (!geometry) return;
    state.panel.set(i);
    if (event instanceof FocusEvent) {
      // A click also focuses, and has already pointed.
      if (event.type === "blur") state.pageblock.set(null);
      else if (state.pageblock.get() === null && panels[i].stack.matches(":focus-visible")) state.pageblock.set(0);
      speak();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (zoom.key(event.key)) {
      event.preventDefault();
      speak();
    } else if (event.key === "Escape" && state.pageblock.get() !== null) {
      event.preventDefault();
      state.pageblock.set(null);
    }
  }

  for (const each of [state.welcome, state.preview, state.beside]) each.subscribe(rebuild);
  for (const each of [state.preview, state.previewStep, state.recorded, state.pictures]) {
    each.subscribe(() => {
      if (state.welcome.get()) return;
      for (const mark of [write, draw, drawOver]) mark();
    });
  }
  for (const mark of [write, draw, drawOver]) state.frame.subscribe(mark);
  state.pace.subscribe(write);
  for (const each of [state.pageblock, state.page]) for (const mark of [describe, drawOver]) each.subscribe(mark);
  for (const each of [state.view, state.closeup]) for (const mark of [draw, drawOver, drawAxis, describe]) each.subscribe(mark);
  for (const each of [state.range, state.target, state.theme, state.asked, state.listed]) each.subscribe(drawOver);
  for (const each of [state.mode, state.theme]) each.subscribe(lay);
  new ResizeObserver(lay).observe(root);
  window.addEventListener("resize", lay);
}
