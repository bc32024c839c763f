/**
 * How good is this? The score against the recorded kernel, and the benchmark of 2012 beside its published results.
 * Read when it is opened.
 */

import { el, need, svg, scrolling } from "../lib/dom.js";
import { CLASSES, fidelityText, percent, strips, stripText, worst } from "./scores.js";

const WORST = 6;
const PRESETS = /** @type {Record<string, string>} */ ({ v11: "the tables with version 11 of the series", v10: "the tables with version 10" });

/**
 * @param {import("../state.js").State} state
 * @param {(name: string) => Promise<any>} read
 */
export function createAccuracy(state, read) {
  const details = need("figures", HTMLDetailsElement);
  let asked = false;
  state.info.subscribe((info) => {
    need("figures-section", HTMLElement).hidden = !info?.published.length;
  });
  details.addEventListener("toggle", () => {
    if (!details.open || asked) return;
    asked = true;
    const published = state.info.get()?.published ?? [];
    if (published.includes("fidelity")) show("fidelity", "fidelity", fidelity);
    if (published.includes("stress-highalloc")) show("highalloc", "stress-highalloc", highalloc);
  });

  /**
   * @param {string} id
   * @param {string} name
   * @param {(figures: any) => Node[]} make
   */
  async function show(id, name, make) {
    const box = need(id, HTMLElement);
    box.hidden = false;
    try {
      box.replaceChildren(...make(await read(name)));
    } catch (error) {
      asked = false;
      box.replaceChildren(el("p.problem", {}, `These figures could not be read: ${error instanceof Error ? error.message : error}`));
    }
  }
}

/** @param {import("./scores.js").Fidelity} figures */
function fidelity(figures) {
  const { summary, scenarios } = figures;
  const row = (/** @type {string} */ words, /** @type {import("./scores.js").Count} */ counted) => {
    const bar = el("span.share", { "aria-hidden": "true" });
    bar.style.setProperty("--bar", `${(100 * counted.inside) / Math.max(1, counted.total)}%`);
    return el("tr", {}, el("th", { scope: "row" }, words), el("td", {}, `${counted.inside} of ${counted.total}`), el("td", {}, percent(counted), bar));
  };
  const counts = CLASSES.filter(([key]) => summary[key]).map(([key, words]) => row(words, summary[key]));
  const guests = Object.entries(scenarios).map(([name, counted]) => row(`guest ${name}`, counted));
  const head = el("thead", {}, el("tr", {}, ...["Number", "in the band", "share"].map((words) => el("th", { scope: "col" }, words))));
  const misses = worst(figures, WORST);
  return [
    el("h3", {}, "Against the recorded kernel, Linux 6.12"),
    el("p", {}, fidelityText(figures)),
    scrolling("Against the recorded kernel", el("table", { id: "fidelity-table" }, head, el("tbody", {}, ...counts, ...guests))),
    el("h3", {}, "Where it is furthest off"),
    scrolling("Where it is furthest off", el("table", {},
      el("thead", {}, el("tr", {}, ...["Where", "Number", "Kernel", "fragscope", "Off by"].map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, ...misses.map((miss) => el("tr", {}, el("th", { scope: "row" }, miss.where), el("td", {}, miss.what), el("td", {}, miss.kernel),
        el("td", {}, miss.ours), el("td", {}, `${miss.times.toFixed(1)} bands`)))))),
  ];
}

/** @param {import("./scores.js").Highalloc} figures */
function highalloc(figures) {
  return [
    el("h3", {}, "Against the only published figures: stress-highalloc, 2012"),
    el("p", {}, "Share of memory available as huge pages while kernels are being built. A dot is one of our seeds; a diamond is the published result, one run each, variance unknown. Nothing was fitted to the diamonds."),
    ...Object.keys(figures.presets).flatMap((preset) => [
      el("h4", {}, `Preset ${preset}: ${PRESETS[preset] ?? ""}`),
      scrolling(`Preset ${preset}`, el("table", { "data-preset": preset },
        el("thead", {}, el("tr", {}, ...["Score", "Design", "0 to 100 %", "In words"].map((words) => el("th", { scope: "col" }, words)))),
        el("tbody", {}, ...strips(figures, preset).map((strip) =>
          el("tr", {}, el("th", { scope: "row" }, strip.words), el("td", {}, el("span.key", {}, strip.design)), el("td", {}, drawing(strip)), el("td", {}, stripText(strip))))))),
    ]),
  ];
}

/** @param {import("./scores.js").Strip} strip */
function drawing({ ours, published }) {
  const x = (/** @type {number} */ share) => 4 + 2.92 * share;
  return svg("svg", { viewBox: "0 0 300 26", class: "strip", "aria-hidden": "true" },
    svg("path", { d: "M4 20H296M4 16V24M77 18V22M150 16V24M223 18V22M296 16V24", stroke: "#8d99a5", fill: "none" }),
    ...ours.map((share) => svg("circle", { cx: x(share), cy: 13, r: 4, fill: "#4287c5", "fill-opacity": 0.45, stroke: "#17508a" })),
    ...(published === null ? [] : [svg("path", { d: `M${x(published)} 4l7 9l-7 9l-7-9z`, fill: "none", stroke: "#18212a", "stroke-width": 2.2 })]));
}
