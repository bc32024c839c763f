/**
 * Charts over time, drawn by Plotly; the only file that names it. It is loaded when the charts are first opened,
 * since that takes a second of the page's only thread. Only in sight are they drawn, one at a time, in turn, each at most
 * twice a second: a Plotly call costs 15 ms however little changes.
 */

import { el, need } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { DESIGN_LINES } from "../map/palette.js";
import { plotlyScript } from "./plotly_source.js";
import { statIndex, TYPE_PAST } from "../net/wire.js";
import { designTitle } from "../panels/design_text.js";

const MOST_POINTS = 1200;
const TAB = "charts";
const TURN_MS = 175; // three charts in rotation: each every 525 ms
const NR_ORDERS = 11;
const PICTURE = { width: 960, height: 480 };

/**
 * A colour of tokens.css as the theme in force has it.
 * @param {string} name
 */
function token(name) {
  const probe = need("charts", HTMLElement);
  probe.style.outlineColor = `var(${name})`;
  return getComputedStyle(probe).outlineColor;
}

/** @param {number} i design */
function lineOf(i) {
  const { hex, dark, dash } = DESIGN_LINES[i % DESIGN_LINES.length];
  const chosen = document.documentElement.dataset.theme;
  const onDark = chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  return { color: onDark ? dark : hex, dash };
}

/**
 * @typedef {object} History of one design
 * @property {number[]} ticks
 * @property {number[]} blocks
 * @property {number[]} unusable
 */

/**
 * @param {import("../state.js").State} state
 * @param {(order: number) => void} choose what a bar of the free lists asks for
 * @returns {{pictures: () => import("../save/save.js").Chart[]}} those that were drawn, to be kept
 */
export function createCharts(state, choose) {
  const row = need("charts", HTMLElement);
  const charts = [
    chart(row, "Free 2 MiB blocks, all zones", "higher is better for huge pages"),
    chart(row, "Unusable free index, order 9", "share of free memory too scattered for 2 MiB: 0 = none, 1 = all"),
    chart(row, "Free memory by order, now", "main zone, MiB in free pieces of each order; press a bar to see where they lie"),
  ];
  /** @type {History[]} */
  let history = [];
  /** @type {import("../net/wire.js").Frame|null} */
  let stored = null;
  /** @type {any} */
  let plotly = null;
  let loading = false;
  let turn = 0;
  let lastTurn = 0;
  let timer = 0;
  let stale = 0; // number of charts that still lack the newest frame
  /** @type {Record<string, number>} */
  let at = {};

  function restart() {
    const welcome = state.welcome.get();
    if (!welcome) return;
    at = statIndex(welcome.stat_fields);
    history = state.lines.get() ?? welcome.designs.map(() => ({ ticks: [], blocks: [], unusable: [] }));
    stored = null;
    stale = charts.length;
  }

  /** @param {import("../net/wire.js").Frame|null} frame */
  function store(frame) {
    if (!frame || frame === stored || history.length > frame.designs.length) return;
    stored = frame;
    stale = charts.length;
    if (frame.type === TYPE_PAST || state.lines.get()) {
      void load();
      schedule();
      return; // what was then is in the lines already: a mark shows where
    }
    frame.designs.forEach(({ stats }, i) => {
      const { ticks, blocks, unusable } = history[i];
      // An idle guest adds no points: its last point moves along, so that time passes and the list stays short.
      const n = ticks.length;
      const value = stats[at.free_blocks_all];
      const index = stats[at.unusable_index_9] / 1000;
      if (n > 1 && blocks[n - 1] === value && blocks[n - 2] === value && unusable[n - 1] === index && unusable[n - 2] === index) {
        ticks[n - 1] = frame.tick;
      } else {
        ticks.push(frame.tick);
        blocks.push(value);
        unusable.push(index);
      }
      if (ticks.length > MOST_POINTS) for (const list of [ticks, blocks, unusable]) thin(list);
    });
    void load();
    schedule();
  }

  /** Nobody who does not look at the charts pays for the library. */
  async function load() {
    if (loading || state.tab.get() !== TAB) return;
    loading = true;
    const there = () => {
      plotly = /** @type {any} */ (window).Plotly;
      if (plotly) schedule();
    };
    /** @param {string} words */
    const say = (words) => void row.replaceChildren(el("p.note", {}, words));
    try {
      const script = await plotlyScript();
      script.addEventListener("load", there);
      script.addEventListener("error", () => say("The chart library could not be loaded; the scoreboard has the same numbers."));
      document.head.append(script);
      there(); // what stands in the script has run by now
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }

  function schedule() {
    if (timer || !plotly || stale === 0) return;
    timer = window.setTimeout(() => {
      timer = 0;
      draw();
    }, Math.max(0, lastTurn + TURN_MS - performance.now()));
  }

  // Not in an animation frame: a chart takes longer than the maps are allowed.
  function draw() {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!plotly || !welcome || !frame || stale === 0 || document.hidden || state.tab.get() !== TAB) return;
    lastTurn = performance.now();
    const names = welcome.designs.map((design) => designTitle(design.key));
    const { box } = charts[turn];
    const data = turn === 2 ? orderBars(frame, names, at) : timeLines(history, names, turn === 0 ? "blocks" : "unusable");
    plotly.react(box, data, { ...layout(turn, names.length), shapes: turn === 2 ? [] : moment(frame), datarevision: `${frame.type} ${frame.seq} ${state.theme.get()}` }, { displayModeBar: false, responsive: true, staticPlot: false });
    if (turn === 2 && box.dataset.drawn === undefined) /** @type {any} */ (box).on("plotly_click", (/** @type {any} */ event) => choose(Number(event.points[0].x)));
    box.dataset.drawn = String(frame.tick);
    turn = (turn + 1) % charts.length;
    stale -= 1;
    schedule();
  }

  for (const each of [state.welcome, state.lines]) each.subscribe(restart);
  state.frame.subscribe(store);
  const again = () => {
    if (state.tab.get() !== TAB) return;
    stale = charts.length;
    void load();
    schedule();
  };
  for (const each of [state.tab, state.theme]) each.subscribe(again);
  // The inspector has become wider or narrower.
  new ResizeObserver(() => {
    for (const { box } of charts) if (plotly && box.dataset.drawn !== undefined && box.clientWidth > 0) plotly.Plots.resize(box);
  }).observe(row);
  document.addEventListener("visibilitychange", schedule);

  /**
   * A chart with its title in it, on paper that is not see-through.
   * @param {any} box
   * @param {string} title
   * @param {string} words
   * @param {"png"|"svg"} format
   */
  async function image(box, title, words, format) {
    const card = token("--card");
    const figure = { data: box.data, layout: { ...box.layout, autosize: false, paper_bgcolor: card, plot_bgcolor: card, margin: { l: 24, r: 24, t: 72, b: 24 }, title: { text: title, subtitle: { text: `${words.split(";")[0]} · ${state.welcome.get()?.guest.label ?? ""}, tick ${count(state.frame.get()?.tick ?? 0)}` }, x: 0.02, xanchor: "left" } } };
    const url = await plotly.toImage(figure, { format, width: PICTURE.width, height: PICTURE.height, scale: format === "png" ? 2 : 1 });
    const [head, body] = [url.slice(0, url.indexOf(",")), url.slice(url.indexOf(",") + 1)];
    const bytes = head.endsWith(";base64") ? Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0)) : new TextEncoder().encode(decodeURIComponent(body));
    return new Blob([bytes], { type: format === "png" ? "image/png" : "image/svg+xml" });
  }
  return {
    pictures: () => charts.map(({ box, note, title }, i) => ({
      title,
      rows: () => [["design", i === 2 ? "order" : "tick", ["free_2mib_blocks", "unusable_index_9", "free_mib"][i]],
        .../** @type {any} */ (box).data.flatMap((/** @type {any} */ line, /** @type {number} */ d) => [...line.x].map((x, at) => [state.welcome.get()?.designs[d]?.key ?? line.name, x, line.y[at]]))],
      image: (/** @type {"png"|"svg"} */ format) => image(box, title, note.textContent ?? "", format),
    })).filter((_, i) => plotly && charts[i].box.dataset.drawn !== undefined),
  };
}

/**
 * Drop every second point, but keep the last.
 * @param {number[]} list
 */
function thin(list) {
  const last = list[list.length - 1];
  const kept = list.filter((_, i) => i % 2 === 0);
  list.splice(0, list.length, ...kept);
  list[list.length - 1] = last;
}

/**
 * @param {HTMLElement} row
 * @param {string} title
 * @param {string} words
 */
function chart(row, title, words) {
  const note = el("p.note", {}, words);
  const box = el("div.plot", { role: "img", "aria-label": `${title}. The scoreboard above has the same numbers as text.` });
  row.append(el("figure", {}, el("figcaption", {}, el("h3", {}, title), note), box));
  return { box, note, title };
}

/**
 * @param {History[]} history
 * @param {string[]} names
 * @param {"blocks"|"unusable"} what
 */
function timeLines(history, names, what) {
  return history.map((list, i) => {
    const { color, dash } = lineOf(i);
    return {
      type: "scatter", mode: list.ticks.length < 3 ? "lines+markers" : "lines", name: names[i], x: list.ticks, y: list[what],
      line: { color, dash, width: 2.5, shape: "hv" }, hovertemplate: `${names[i]}: %{y}<extra></extra>`,
    };
  });
}

/**
 * @param {import("../net/wire.js").Frame} frame
 * @param {string[]} names
 * @param {Record<string, number>} at
 */
function orderBars(frame, names, at) {
  const orders = Array.from({ length: NR_ORDERS }, (_, order) => order);
  return frame.designs.slice(0, names.length).map(({ stats }, i) => ({
    type: "bar", name: names[i], x: orders,
    y: orders.map((order) => (stats[at[`nr_free_order_${order}`]] * 2 ** order) / 256),
    customdata: orders.map((order) => count(stats[at[`nr_free_order_${order}`]])),
    marker: { color: lineOf(i).color },
    hovertemplate: `${names[i]}, order %{x}: %{customdata} pieces, %{y:.1f} MiB<extra></extra>`,
  }));
}

/**
 * The mark at the moment looked at; none in the present.
 * @param {import("../net/wire.js").Frame} frame
 */
function moment(frame) {
  if (frame.type !== TYPE_PAST) return [];
  const line = { color: token("--ink"), width: 2, dash: "dot" };
  return [{ type: "line", xref: "x", yref: "paper", x0: frame.tick, x1: frame.tick, y0: 0, y1: 1, line }];
}

/**
 * @param {number} which
 * @param {number} nr designs: from the fifth on, each takes another line of the legend
 */
function layout(which, nr) {
  const [ink, line] = [token("--ink"), token("--rule")];
  const axis = { color: token("--muted"), gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, fixedrange: true };
  return {
    margin: { l: 8, r: 8, t: 8, b: 8 }, height: 240 + 24 * Math.max(0, nr - 4), uirevision: "keep",
    font: { family: "system-ui, sans-serif", size: 12, color: ink },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: true,
    legend: { orientation: "h", y: -0.24, x: 0, font: { size: 11.5 } }, hovermode: "x unified", bargap: 0.25,
    xaxis: { ...axis, title: { text: which === 2 ? "order (0 = 4 KiB, 9 = 2 MiB, 10 = 4 MiB)" : "tick", standoff: 4 }, dtick: which === 2 ? 1 : undefined },
    yaxis: { ...axis, rangemode: "tozero", range: which === 1 ? [0, 1.02] : undefined, title: { text: ["2 MiB blocks", "index", "MiB free"][which], standoff: 4 } },
  };
}
