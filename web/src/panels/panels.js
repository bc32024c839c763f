/**
 * One panel per design: headline number, activity, map with axis and marks; a pageblock pointed at is described in all panels at once.
 */

import { verdict } from "../controls/range_text.js";
import { el, lineSwatch, need, setText } from "../lib/dom.js";
import { count, splitKey } from "../lib/format.js";
import { fit, isLarge } from "../map/geometry.js";
import { Heatmap, LAYERS_FROM } from "../map/heatmap.js";
import { drawMarks, GUTTER } from "../map/marks.js";
import { DESIGN_LINES } from "../map/palette.js";
import { FLAG_TOUCHED, statIndex } from "../net/wire.js";
import { stillAt, stillText } from "../recorded/still.js";
import { designWords, splitLabel } from "./design_text.js";
import { Closeup } from "../zoom/closeup.js";
import { cellText, pageFacts, pageText } from "../zoom/page_text.js";
import { shownSide, viewMarks } from "../zoom/lens.js";
import { pairwise, sidesOf } from "../timebar/sides.js";
import { activity, blockText, scannerText, takenText } from "./guest_text.js";

const TWIN_SHARE = 0.64; // of the height of one map: a map and its twin take a third more
const TWIN_LEAST = 150; // css pixels
const TWIN_WORTH = 0.75;
const TWIN_GAP = 14;
const MAP_HEIGHT = { share: 0.36, least: 220, most: 620 }; // of the window's height; css pixels

/**
 * @typedef {object} Panel
 * @property {HTMLElement} root
 * @property {HTMLElement} number
 * @property {HTMLElement} what the number counts
 * @property {HTMLElement} reach
 * @property {HTMLElement} taken
 * @property {HTMLElement} activity
 * @property {HTMLElement} frame box of axis and canvases
 * @property {HTMLElement} axis
 * @property {HTMLElement} unit of the axis
 * @property {HTMLElement} stack the canvases
 * @property {HTMLCanvasElement} marks
 * @property {Heatmap} map
 * @property {Closeup} closeup of a part of the map, over it
 * @property {Uint8Array} worst of each cell or pageblock drawn last
 * @property {() => boolean} dragged
 * @property {HTMLElement} where
 * @property {HTMLElement} counts
 * @property {HTMLElement} holder
 * @property {HTMLElement} pair map and its twin
 * @property {HTMLElement} caption over the simulated map, while a twin is beside it
 * @property {{head: HTMLElement, box: HTMLElement, detail: HTMLElement}} slot for the real kernel
 *
 * @typedef {object} Twins what stands in the slots
 * @property {(slots: {design: import("../net/wire.js").DesignInfo, head: HTMLElement, box: HTMLElement, detail: HTMLElement}[]) => void} attach
 * @property {(g: import("../map/geometry.js").Geometry) => void} lay
 * @property {() => boolean} shown
 * @property {(listener: () => void) => void} onShown
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Twins} twins
 * @param {import("../zoom/zoom.js").Zoom} zoom
 */
export function createPanels(state, painter, twins, zoom) {
  const root = need("panels", HTMLElement);
  const announce = need("announce-block", HTMLElement);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {Panel[]} */
  let panels = [];
  /** @type {import("../map/geometry.js").Geometry|null} */
  let geometry = null;
  /** @type {Record<string, number>} */
  let at = {};
  /** @type {import("../net/wire.js").Frame|null} */
  let glowedFor = null;
  let laidOutFor = "";
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
    root.classList.toggle("large", isLarge(welcome.guest.nr_pageblocks));
    state.pageblock.set(null);
    geometry = null;
    laidOutFor = "";
    twins.attach(panels.map(({ slot }, i) => ({ design: designs[i], ...slot })));
    lay();
    write();
  }

  // -- layout: one geometry for all panels, so that they can be compared cell by cell
  const lay = painter.add("dom", () => {
    const welcome = scene();
    if (!welcome || panels.length === 0) return;
    // While one design is traced, the others' panels have no width.
    const width = Math.max(...panels.map(({ pair }) => pair.clientWidth));
    if (width < 20) return;
    const dpr = window.devicePixelRatio || 1;
    const height = Math.round(Math.min(MAP_HEIGHT.most, Math.max(MAP_HEIGHT.least, window.innerHeight * MAP_HEIGHT.share)));
    const twin = twins.shown();
    const key = `${width} ${height} ${dpr} ${welcome.epoch} ${state.mode.get()} ${twin}`;
    if (key === laidOutFor) return;
    laidOutFor = key;
    const room = width - Math.max(...panels.map(({ axis }) => axis.offsetWidth)) - GUTTER;
    const nr = welcome.guest.nr_pageblocks;
    geometry = fit(nr, room, height, dpr);
    root.dataset.twins = twin ? "below" : "none";
    if (twin) {
      // Side by side shows both at once, unless that makes the cells much smaller than stacking would.
      const below = fit(nr, room, Math.round(Math.max(TWIN_LEAST, height * TWIN_SHARE)), dpr);
      const beside = fit(nr, Math.floor((room - TWIN_GAP) / 2), height, dpr);
      geometry = beside.cell >= TWIN_WORTH * below.cell ? beside : below;
      root.dataset.twins = geometry === beside ? "beside" : "below";
    }
    const g = geometry;
    root.dataset.rows = String(g.rows);
    root.dataset.pageblocks = String(g.nr);
    for (const panel of panels) {
      panel.map.setGeometry(g, state.mode.get());
      panel.stack.style.width = `${g.cssWidth + GUTTER}px`;
      panel.stack.style.height = `${g.cssHeight}px`;
      panel.stack.style.setProperty("--cell-width", `${g.cssCellW}px`);
      panel.stack.style.setProperty("--cell-height", `${g.cssCellH}px`);
      panel.stack.style.setProperty("--map-width", `${g.cssWidth}px`);
      panel.stack.style.setProperty("--line", `${1 / dpr}px`);
      panel.stack.classList.toggle("grid", g.cell >= LAYERS_FROM);
      setText(panel.unit, isLarge(g.nr) ? "GiB" : "MiB");
      panel.axis.style.height = `${g.cssHeight}px`;
    }
    twins.lay(g);
    zoom.lay(g);
    drawAxis();
    draw();
    drawOver();
  });

  const drawAxis = painter.add("dom", () => {
    if (!geometry) return;
    const g = geometry;
    for (const { axis, stack } of panels) {
      stack.classList.toggle("close-up", state.view.get().z > 1);
      axis.replaceChildren(
        ...viewMarks(g, state.view.get(), 26).map(({ cssY, mib: low }) => {
          const mark = el("span.mark", {}, isLarge(g.nr) ? String(+(low / 1024).toFixed(2)) : count(low));
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
      panel.number.toggleAttribute("data-long", left.length > 3);
      setText(panel.taken, takenText(s));
      const more = Math.max(0, s("thp_potential") - s("blocks_free"));
      setText(panel.reach, `${count(more)} more could be emptied`);
      const now = activity(s, welcome.guest.zones, state.pace.get() === 0);
      setText(panel.activity, now.text);
      panel.root.dataset.busy = String(now.busy);
    });
    describe();
  });

  function writeStill() {
    const preview = state.preview.get();
    if (!preview) return;
    panels.forEach((panel, i) => {
      const text = stillText(preview, state.recorded.get(), state.previewStep.get(), i, stats(i)("free_blocks_all"));
      setText(panel.number, text.number);
      panel.number.toggleAttribute("data-long", text.number.length > 3);
      setText(panel.what, text.what);
      setText(panel.reach, text.reach);
      setText(panel.taken, "");
      setText(panel.activity, text.source);
      panel.root.dataset.empty = String(!picture()?.designs[i]);
    });
    describe();
  }

  const describe = painter.add("dom", () => {
    const frame = picture();
    if (!frame || !geometry) return;
    const index = state.pageblock.get();
    panels.forEach((panel, i) => {
      const planes = frame.designs[i]?.planes;
      const pointed = index !== null && index < frame.nr_pageblocks && planes !== undefined;
      panel.root.classList.toggle("pointed", pointed);
      if (pointed) {
        const words = wordsOf(i, planes, index);
        setText(panel.where, words.where);
        setText(panel.counts, words.counts);
        setText(panel.holder, words.holder);
      } else {
        setText(panel.where, "");
        const live = state.welcome.get() !== null;
        setText(panel.counts, live ? scannerText(stats(i)) : "");
        setText(panel.holder, live ? verdict(stats(i)) : "");
      }
    });
  });

  /**
   * What is pointed at: a page where its fields are there, else a pageblock, or the several of one cell.
   * @param {number} i
   * @param {Record<string, import("../net/wire.js").Plane>} planes
   * @param {number} index
   */
  function wordsOf(i, planes, index) {
    const closeup = state.closeup.get();
    const page = state.page.get();
    const fields = closeup?.designs.get(i);
    const first = closeup?.at.get(index);
    if (page !== null && fields?.mobility && first !== undefined) return pageText(pageFacts(fields, first, page));
    const cells = geometry && shownSide(geometry, state.view.get()) > 1 ? panels[i].map.several : null;
    if (!cells || !geometry) return blockText(planes, index);
    const cell = Math.floor(index / geometry.per);
    return cellText(cells, cell, cell * geometry.per, Math.min(geometry.nr, (cell + 1) * geometry.per) - 1);
  }

  const speak = painter.add("dom", () => {
    const planes = picture()?.designs[state.panel.get()]?.planes;
    const index = state.pageblock.get();
    if (!planes || index === null || !document.activeElement?.classList.contains("stack")) return;
    const words = wordsOf(state.panel.get(), planes, index);
    setText(announce, `${words.where}. ${words.counts}. ${words.holder}.`);
  });

  // -- pictures
  const draw = painter.add("canvas", (now) => {
    const shown = picture();
    if (!shown || !geometry || shown.nr_pageblocks !== geometry.nr) return false;
    const frame = state.frame.get();
    if (frame && frame !== glowedFor && !calm.matches && frame.log_index + frame.tick > 0) {
      panels.forEach((panel, i) => frame.designs[i] && panel.map.touch(frame.designs[i].planes.flags, FLAG_TOUCHED));
    }
    glowedFor = frame;
    const [g, view] = [geometry, state.view.get()];
    const close = view.z > 1;
    let again = false;
    panels.forEach((panel, i) => {
      const planes = shown.designs[i]?.planes;
      if (!planes) panel.map.clear();
      else if (close && shownSide(g, view) === 1) panel.worst = paintClosely(panel, i, planes);
      else {
        if (panel.map.paint(planes, now)) again = true;
        panel.worst = close ? paintClosely(panel, i, planes) : panel.map.worst;
        if (!panel.worst.length) panel.worst = panel.map.worst;
      }
    });
    drawOver();
    root.dataset.glow = String(again);
    root.dataset.mode = state.mode.get();
    return again;
  });

  /**
   * @param {Panel} panel
   * @param {number} i
   * @param {Record<string, import("../net/wire.js").Plane>} planes
   */
  function paintClosely(panel, i, planes) {
    const closeup = state.closeup.get();
    const scene = { planes, cells: panel.map.cells, fields: closeup?.designs.get(i) ?? null, at: closeup?.at ?? new Map(), mode: state.mode.get() };
    return panel.closeup.paint(/** @type {import("../map/geometry.js").Geometry} */ (geometry), state.view.get(), scene);
  }

  const drawOver = painter.add("canvas", () => {
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
      });
    });
  });

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
    } else if (event.key === "Escape") state.pageblock.set(null);
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
  for (const mark of [draw, drawAxis, describe]) state.view.subscribe(mark);
  for (const mark of [draw, describe]) state.closeup.subscribe(mark);
  for (const mark of [state.range, state.target]) mark.subscribe(drawOver);
  state.mode.subscribe(lay);
  twins.onShown(lay);
  new ResizeObserver(lay).observe(root);
  window.addEventListener("resize", lay);
}

/**
 * @param {import("../net/wire.js").DesignInfo & {side?: string}} design
 * @param {number} i
 * @param {(i: number, event: PointerEvent|null) => void} point
 * @param {(i: number, event: KeyboardEvent|FocusEvent) => void} keep
 * @param {import("../zoom/zoom.js").Zoom} zoom
 * @returns {Panel}
 */
function createPanel(design, i, point, keep, zoom) {
  const words = designWords(design.name);
  const { ours, since } = splitLabel(design.label);
  const toggles = Object.entries(design.toggles ?? {});
  const changed = new Set(Object.keys(splitKey(design.key).chosen));
  const id = `panel-${i}`;
  const number = el("output.number", { "aria-describedby": `${id}-unit` }, "–");
  const what = el("span.unit", { id: `${id}-unit` }, "2 MiB blocks left");
  const reach = el("span.reach");
  const taken = el("span.taken", { title: "The most that user land got when huge pages were last taken. All have been given back." });
  const active = el("p.activity", {}, "waiting for the first frame");
  const canvas = el("canvas.map");
  const close = el("canvas.close");
  const marks = el("canvas.over");
  const stack = el(
    "div.stack",
    {
      tabindex: 0, role: "application", "aria-roledescription": "memory map", "aria-describedby": `${id}-keys`,
      "aria-label": `Memory map of ${design.key}: low addresses at the bottom, high addresses at the top`,
      pointermove: (/** @type {PointerEvent} */ event) => point(i, event),
      pointerdown: (/** @type {PointerEvent} */ event) => point(i, event),
      pointerleave: (/** @type {PointerEvent} */ event) => point(i, event),
      keydown: (/** @type {KeyboardEvent} */ event) => keep(i, event),
      focus: (/** @type {FocusEvent} */ event) => keep(i, event),
      blur: (/** @type {FocusEvent} */ event) => keep(i, event),
    },
    canvas, el("div.gridlines"), close, marks,
  );
  const axis = el("div.axis", { "aria-hidden": "true" });
  const unit = el("span", {}, "MiB");
  const where = el("p.where");
  const counts = el("p.counts");
  const holder = el("p.holder");
  const frame = el("div.frame", {}, axis, stack);
  const caption = el("p.caption", {}, "fragscope");
  const slot = { head: el("div.headline.real"), box: el("div.twin"), detail: el("div.real-detail") };
  const pair = el("div.twins", {}, el("div.ours", {}, caption, frame), slot.box);
  const root = el(
    "article.panel", { "aria-labelledby": `${id}-name`, "data-design": design.key, "data-busy": "false", ...(design.side ? { "data-side": design.side } : {}) },
    el("header.panel-head", {},
      el("h3", { id: `${id}-name` }, lineSwatch(DESIGN_LINES[i % DESIGN_LINES.length]), el("span.key", {}, design.name,
        design.key === design.name ? null : el("span.variant", {}, design.key.slice(design.name.length)))),
      el("span.claim", {}, el("a", { href: `#claim-${design.name}`, "aria-label": `What ${design.name} claims` }, "Claims"), " · ",
        el("a", { href: "#price", "aria-label": `What ${design.name} costs` }, "Costs"))),
    design.side ? el("p.side") : null,
    el("p.help", {}, words.help),
    el("div.heads", {},
      el("div.headline", {}, number, " ",
        el("div.headline-words", {}, what, reach, taken)),
      slot.head),
    el("div.above", {}, el("p.axis-word", {}, "▴ high addresses"), active),
    pair,
    el("p.axis-word", {}, "▾ low addresses, in ", unit),
    el("div.detail", {}, where, counts, holder, slot.detail),
    el("p.tags", {}, ours && el("span.tag.ours", {}, ours), since && el("span.tag", {}, since),
      el("span.choices", {}, ...toggles.flatMap(([name, value], n) => [n ? ", " : "", el(changed.has(name) ? "b" : "span", {}, `${name} ${value}`)]))),
    el("p.hidden", { id: `${id}-keys` }, "Arrow keys move by one pageblock, Page up and Page down by four rows, Home and End to the ends. Enter goes down from zone to pageblock to page, Escape up, plus and minus zoom."),
  );
  return { root, number, what, reach, taken, activity: active, frame, axis, unit, stack, marks, map: new Heatmap(canvas), closeup: new Closeup(close), worst: new Uint8Array(0), dragged: zoom.attach(stack), where, counts, holder, pair, caption, slot };
}

