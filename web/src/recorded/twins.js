/**
 * The real kernel's memory, design by design, in the inspector: number, picture, and the pageblock pointed at. Shown on demand only,
 * so that no answer stands there before the question.
 */

import { el, need, setText } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { fit, indexAt } from "../map/geometry.js";
import { Heatmap } from "../map/heatmap.js";
import { drawMarks } from "../map/marks.js";
import { thickOf } from "../map/over.js";
import { statIndex } from "../net/wire.js";
import { designTitle, inSentence } from "../panels/design_text.js";
import { blockText } from "../panels/guest_text.js";
import { blockDifference, kernelText, ROWS, verdict } from "./difference.js";
import { kernelName, pictureKey, recordedDesign } from "./recording.js";
import { along, standing, steady } from "./standing.js";

const LATER = 2; // 2 MiB pieces by which a picture may differ from the numbers before the page says so
const BOX = { width: 84, height: 190 }; // of a map in the inspector, css pixels

/**
 * @typedef {object} Twin
 * @property {import("../net/wire.js").DesignInfo} design
 * @property {HTMLElement} root
 * @property {HTMLElement} detail
 * @property {import("./recording.js").RecordedDesign|null} real
 * @property {HTMLElement} number
 * @property {HTMLElement} unit
 * @property {HTMLElement} verdict
 * @property {HTMLElement} caption
 * @property {HTMLElement} later what has to be said about the picture
 * @property {HTMLElement} stack
 * @property {HTMLCanvasElement} marks
 * @property {Heatmap} map
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Pick<import("../net/client.js").Client, "reset"> & {ask: (what: string, go: () => void) => void, wipe: (design: number) => void}} intents
 */
export function createTwins(state, painter, intents) {
  const root = need("twins", HTMLElement);
  /** @type {Twin[]} */
  let twins = [];
  /** @type {import("../map/geometry.js").Geometry|null} */
  let geometry = null;
  let shown = false;
  let reading = false; // the step is that of the previous command, the numbers are newer
  const settle = steady();

  const step = () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame) return null;
    const now = settle(standing(state.recorded.get(), welcome.config.profile ?? "modern", state.log.get(), frame.log_index));
    reading = now.reading === true;
    return now.kind === "on" ? now.step : null;
  };

  function build() {
    const recorded = state.recorded.get();
    const designs = state.welcome.get()?.designs ?? [];
    twins = designs.map((design) => createTwin(design, recordedDesign(recorded, design), point));
    root.replaceChildren(...twins.map((twin) => twin.root));
    for (const twin of twins) {
      if (twin.real || !recorded) twin.root.append(el("div.twin-head", {}, twin.number, twin.unit, twin.verdict), twin.caption, twin.stack,
        el("button.twin-wipe", { type: "button", title: "Over our map, with a divider to drag", click: () => intents.wipe(twins.indexOf(twin)) }, "Wipe"), twin.later, twin.detail);
      else twin.root.append(never(twin.design, recorded));
    }
    lay();
    decide();
  }

  /**
   * @param {import("../net/wire.js").DesignInfo} design
   * @param {import("./recording.js").Recorded} recorded
   */
  function never(design, recorded) {
    const keys = state.welcome.get()?.config.designs ?? [];
    const other = recorded.designs.find(({ key }) => !keys.includes(key));
    const words = `start over with ${other?.key} in place of ${design.key}`;
    const swap = () => intents.ask(words, () => intents.reset(
      { ...state.welcome.get()?.config, designs: keys.map((key) => (key === design.key ? other?.key ?? key : key)) }, words));
    const [name, variant = ""] = (other?.key ?? "").split(":");
    return el("div.never", {},
      el("p", {}, el("b", {}, "Never recorded."), " No kernel has this design: it is our reading of a proposal."),
      other && el("button", { type: "button", click: swap }, "Show ", ...name.split("_").flatMap((part, i) => (i ? ["_", el("wbr"), part] : [part])), variant && ":", variant && el("wbr"), variant));
  }

  /** Decide whether there is anything to show, and tell whoever does the layout. */
  function decide() {
    // While a recording is being read its space is kept, so that the maps do not jump when it arrives.
    const coming = state.expected.get() !== "" && state.recorded.get() === null && (state.welcome.get()?.config.profile ?? "modern") === "modern";
    const now = state.welcome.get() !== null && state.showReal.get() && along(state.recorded.get(), state.scenario.get()) && (coming || (state.recorded.get() !== null && step() !== null));
    shown = now;
    root.hidden = !shown;
    write();
    draw();
  }

  function lay() {
    const nr = state.welcome.get()?.guest.nr_pageblocks;
    if (!nr) return;
    const g = fit(nr, BOX.width, BOX.height, window.devicePixelRatio || 1);
    geometry = g;
    for (const { map, stack } of twins) {
      map.setGeometry(g, state.mode.get());
      stack.style.width = `${g.cssWidth}px`;
      stack.style.height = `${g.cssHeight}px`;
      stack.dataset.drawn = "";
    }
    draw();
  }

  /** @param {Twin} twin */
  const pictureOf = (twin) => {
    const now = step();
    const recorded = state.recorded.get();
    const picture = now === null ? null : twin.real?.steps[now].picture ?? null;
    if (!recorded || !twin.real || picture === null) return null;
    const key = pictureKey(recorded.example, twin.real.key, picture);
    const frame = state.pictures.get().get(key);
    return frame ? { key, picture, frame } : null;
  };

  const write = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    const recorded = state.recorded.get();
    const now = step();
    if (!shown || !welcome || !frame || !recorded || now === null) return;
    const at = statIndex(welcome.stat_fields);
    const kernel = kernelName(recorded.kernel);
    twins.forEach((twin, i) => {
      const { real } = twin;
      const stats = frame.designs[i]?.stats;
      if (!real || !stats) return;
      const { values, picture } = real.steps[now];
      const stat = "huge_best" in values ? "huge_best" : "free_blocks_all";
      const row = /** @type {import("./difference.js").Row} */ (ROWS.find((each) => each.stat === stat));
      const ours = stats[at[stat]];
      const busy = reading || stats[at.busy] !== 0 || state.pending.get().size > 0;
      const found = verdict(stat, values[stat], ours);
      const huge = stat === "huge_best";
      const runs = now === 0 ? "as captured" : `${real.repetitions} runs`;
      setText(twin.number, kernelText(row, values[stat]).replace(" to ", "–"));
      setText(twin.unit, huge ? `huge pages in ${kernel}` : `in ${kernel}, ${runs}`);
      // The sign already says "outside the band"; the table below says it in words.
      setText(twin.verdict, busy ? "still working…" : `${found.sign} ${found.words.split(":")[0]}`);
      twin.verdict.dataset.kind = busy ? "busy" : found.kind;
      const read = pictureOf(twin);
      const first = real.steps[picture ?? 0].values.free_blocks_all?.each[0];
      const pieces = read?.frame.stats[at.free_blocks_all];
      const moved = first !== undefined && pieces !== undefined && Math.abs(pieces - first) > LATER;
      const older = picture !== null && picture !== now ? `The last picture: of step ${picture}. ` : "";
      setText(twin.later, older + (moved ? `Taken a moment after the number: ${count(pieces)} free in it.` : ""));
      setText(twin.caption, `${kernel}, ${picture ?? now ? `step ${picture ?? now}` : "start"}`);
      describe(twin, frame.designs[i].planes, read?.frame.planes ?? null, kernel);
    });
  });

  /**
   * @param {Twin} twin
   * @param {Record<string, import("../net/wire.js").Plane>} ours
   * @param {Record<string, import("../net/wire.js").Plane>|null} planes
   * @param {string} kernel
   */
  function describe(twin, ours, planes, kernel) {
    const index = state.pageblock.get();
    if (index === null || !planes || index >= planes.free.length) {
      twin.detail.replaceChildren();
      return;
    }
    const { counts, holder } = blockText(planes, index);
    twin.detail.replaceChildren(
      el("p.real-counts", {}, el("b", {}, `${kernel}: `), counts),
      el("p.real-holder", {}, `${holder}; ${blockDifference(ours, planes, index)}`));
  }

  const draw = painter.add("canvas", (now) => {
    const g = geometry;
    if (!shown || !g) return;
    for (const twin of twins) {
      const read = pictureOf(twin);
      if (!read || read.frame.planes.free.length !== g.nr) {
        twin.stack.dataset.drawn = "";
        continue;
      }
      twin.map.paint(read.frame.planes, now);
      drawMarks(twin.marks, g, { flags: read.frame.planes.flags, migrate_pfn: -1, free_pfn: -1, pageblock: state.pageblock.get(), thick: thickOf(state.theme.get()) });
      twin.stack.dataset.drawn = read.key;
    }
  });

  /**
   * @param {Twin} twin
   * @param {PointerEvent} event
   */
  function point(twin, event) {
    if (!geometry || event.type === "pointerleave") {
      if (event.pointerType !== "touch") state.pageblock.set(null);
      return;
    }
    const box = twin.map.canvas.getBoundingClientRect();
    state.panel.set(twins.indexOf(twin));
    state.pageblock.set(indexAt(geometry, event.clientX - box.left, event.clientY - box.top));
  }

  for (const each of [state.welcome, state.recorded]) each.subscribe(build);
  for (const each of [state.expected, state.scenario, state.log, state.showReal, state.frame, state.pictures, state.pending]) each.subscribe(decide);
  for (const mark of [write, draw]) state.pageblock.subscribe(mark);
  state.mode.subscribe(lay);
}

/**
 * @param {import("../net/wire.js").DesignInfo} design
 * @param {import("./recording.js").RecordedDesign|null} real
 * @param {(twin: Twin, event: PointerEvent) => void} point
 * @returns {Twin}
 */
function createTwin(design, real, point) {
  const canvas = el("canvas.twin-map");
  const marks = el("canvas.over");
  const handle = (/** @type {PointerEvent} */ event) => point(twin, event);
  const stack = el("div.twin-stack", { role: "img", "aria-label": `Memory of the real kernel, ${inSentence(design.key)} (${design.key})`, pointermove: handle, pointerdown: handle, pointerleave: handle },
    canvas, marks);
  /** @type {Twin} */
  const twin = {
    design, root: el("article.twin", { "data-design": design.key }, el("p.twin-name", { title: design.key }, designTitle(design.key))), detail: el("div.real-detail"),
    real, number: el("output.real-number", { "aria-live": "off" }, "–"), unit: el("span.real-unit"), verdict: el("span.verdict"),
    caption: el("p.caption"), later: el("p.later"), stack, marks, map: new Heatmap(canvas),
  };
  return twin;
}
