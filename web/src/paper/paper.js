/**
 * A report that was opened: draws its pictures from the data in the file, and saves its tables. Works without a network.
 */

import { el, need, setText } from "../lib/dom.js";
import { plotlyScript } from "../playback/plotly_inside.js";
import { packedBytes } from "../playback/tape.js";
import { tableCsv } from "../save/csv.js";
import { download, fileName } from "../save/download.js";
import { heatOf, RAMP_WORDS, RAMPS } from "./heat.js";
import { configOf, layoutOf, lineOf, onDark, token } from "./drawing.js";
import { addressTicks, cellsOf, cellWords, COLOURS, gapOf, gridOf, matrix, scaleOf } from "./maps.js";
import { HPAGE_ORDER, setPageblockOrder } from "../lib/pageblock.js";

const THEMES = /** @type {[string, string][]} */ ([["", "as the system"], ["light", "light"], ["dark", "dark"], ["projector", "projector"]]);
const MAP_HEIGHT = 300;
const LINE_HEIGHT = 280;
const PRINT_WIDTH = 690; // of a picture, before it is scaled to its column

const onPaper = () => window.matchMedia("print").matches;

/** @param {string} id */
const text = async (id) => {
  const bytes = await packedBytes(id);
  return bytes ? new TextDecoder().decode(bytes) : null;
};

const said = need("notices", HTMLElement);
const data = JSON.parse((await text("paper-data")) ?? "{}");
setPageblockOrder(data.pageblock_order ?? HPAGE_ORDER);

for (const button of document.querySelectorAll("button[data-csv]")) {
  /** @type {HTMLElement} */ (button).hidden = false;
  const id = /** @type {HTMLElement} */ (button).dataset.csv ?? "";
  button.addEventListener("click", () => download(tableCsv(need(id, HTMLTableElement)), `${fileName("fragscope", data.name, id)}.csv`, "text/csv"));
}
const carried = document.getElementById("save-session");
if (carried) {
  carried.hidden = false;
  carried.addEventListener("click", async () => download((await text("paper-session")) ?? "", "session.jsonl", "application/jsonl"));
}

/** @type {any} */
let plotly = null;
const colours = { chosen: COLOURS[0] };

/**
 * @param {string} id of a picture
 * @param {any[]} traces
 * @param {Record<string, unknown>} layout
 */
async function draw(id, traces, layout) {
  const box = document.getElementById(id);
  if (!box) return;
  box.style.height = `${layout.height}px`; // or a wider window would make it as low as it may be
  await plotly.react(box, traces, { ...layoutOf().base, ...layout, ...(onPaper() ? { width: PRINT_WIDTH } : {}) }, configOf(plotly, fileName("fragscope", data.name, id, id.startsWith("map-") ? data.designs?.[Number(id.slice(4))] ?? "" : "")));
  if (box.dataset.drawn === undefined) /** @type {any} */ (box).on("plotly_afterplot", () => scalable(box));
  scalable(box);
  box.dataset.drawn = "true";
}

/**
 * On paper a picture is as wide as its column, whatever the window was: its parts scale.
 * @param {HTMLElement} box
 */
function scalable(box) {
  for (const part of box.querySelectorAll(".main-svg")) part.setAttribute("viewBox", `0 0 ${part.getAttribute("width")} ${part.getAttribute("height")}`);
}

/** The maps of the moment chosen. */
async function drawMaps() {
  if (!data.maps?.length) return;
  const { axis } = layoutOf();
  const choice = /** @type {HTMLSelectElement|null} */ (document.getElementById("map-moment"));
  const picture = data.maps[choice ? Number(choice.value) : data.maps.length - 1];
  const chosen = colours.chosen;
  for (const [i, key] of data.designs.entries()) {
    const box = need(`map-${i}`, HTMLElement);
    const planes = picture.designs[key];
    const grid = gridOf(planes.free.length, onPaper() ? PRINT_WIDTH : Math.max(200, box.clientWidth), MAP_HEIGHT);
    const cells = cellsOf(planes, grid.per);
    const ticks = addressTicks(grid);
    const gap = gapOf(grid.cells);
    await draw(`map-${i}`, [{
      type: "heatmap", z: matrix(grid, (cell) => chosen.value(cells, cell)), text: matrix(grid, (cell) => cellWords(cells, cell, grid.per, data.migratetypes)),
      hovertemplate: "%{text}<extra></extra>", hoverongaps: false, xgap: gap, ygap: gap, showscale: false, colorscale: scaleOf(chosen),
      ...(chosen.ramp ? { zmin: 0, zmax: 1 } : { zmin: -0.5, zmax: chosen.hex.length - 0.5 }),
    }], {
      height: MAP_HEIGHT, plot_bgcolor: token("--bed"), xaxis: { ...axis, visible: false, constrain: "domain" },
      yaxis: { ...axis, tickvals: ticks.at.map((row) => row - 0.5), ticktext: ticks.words, showgrid: false, zeroline: false },
    });
  }
  const legend = document.getElementById("map-legend");
  legend?.replaceChildren(...(chosen.ramp ? [el("li", {}, chosen.names[0]), el("li", {}, ...chosen.hex.map(chip), el("span", {}, chosen.names[1]))] : chosen.hex.map((hex, i) => el("li", {}, chip(hex), el("span", {}, chosen.names[i])))));
  const words = document.getElementById("map-said");
  if (words && choice) setText(words, `${chosen.label}, ${choice.selectedOptions[0]?.textContent ?? ""}`);
}

/** @param {string} hex */
function chip(hex) {
  const one = el("span.chip", { "aria-hidden": "true" });
  one.style.background = hex;
  return one;
}

/** The lines over time. */
async function drawLines() {
  if (!data.lines) return;
  const { axis } = layoutOf();
  const { ticks, designs } = data.lines;
  const shapes = data.commands.map((/** @type {[number, string]} */ [tick]) => ({ type: "line", xref: "x", yref: "paper", x0: tick, x1: tick, y0: 0, y1: 1, line: { color: token("--edge"), width: 1, dash: "dot" }, layer: "below" }));
  const what = /** @type {[string, string, number, unknown][]} */ ([["blocks", "2 MiB blocks", 1, undefined], ["balloon", "MiB", 256, undefined], ["unusable", "index", 1000, [0, 1.02]], ["fragmentation", "index", 1000, [-1.05, 1.02]]]);
  for (const [name, unit, by, range] of what) {
    await draw(`line-${name}`, data.designs.map((/** @type {string} */ key, /** @type {number} */ i) => ({
      type: "scatter", mode: ticks.length < 3 ? "lines+markers" : "lines", name: key, x: ticks, y: designs[key][name].map((/** @type {number} */ value) => value / by),
      line: { ...lineOf(i), width: 2.5, shape: "hv" }, hovertemplate: `${key}: %{y}<extra></extra>`,
    })), {
      height: LINE_HEIGHT, shapes, hovermode: "x unified", showlegend: true, legend: { orientation: "h", y: -0.24, x: 0, font: { size: 11.5 } },
      xaxis: { ...axis, title: { text: "tick", standoff: 4 } }, yaxis: { ...axis, title: { text: unit, standoff: 4 }, ...(range ? { range } : { rangemode: "tozero" }) },
    });
  }
}

async function drawAll() {
  if (!plotly) return;
  document.body.dataset.drawn = "false";
  await drawMaps();
  const ramp = RAMPS[onDark() ? "dark" : "light"];
  document.getElementById("heat-legend")?.replaceChildren(...ramp.map((hex, i) => el("li", {}, chip(hex), el("span", {}, RAMP_WORDS[i]))));
  for (const [id, heat] of Object.entries(data.heats ?? {})) {
    const { traces, layout } = heatOf(/** @type {any} */ (heat), layoutOf().axis, ramp);
    await draw(id, traces, layout);
  }
  await drawLines();
  document.body.dataset.drawn = "true";
}

const tools = document.getElementById("map-tools");
if (tools && data.maps?.length) {
  tools.hidden = false;
  need("map-modes", HTMLElement).append(...COLOURS.map((one, i) => el("span.mode", {},
    el("input", { type: "radio", name: "mode", id: `mode-${one.key}`, checked: i === 0, change: () => ((colours.chosen = one), void drawMaps()) }), el("label", { for: `mode-${one.key}` }, one.label))));
  document.getElementById("map-moment")?.addEventListener("change", () => void drawMaps());
}

const theme = need("theme", HTMLButtonElement);
theme.hidden = false;
theme.addEventListener("click", () => {
  const now = THEMES.findIndex(([name]) => name === (document.documentElement.dataset.theme ?? ""));
  const [name, words] = THEMES[(now + 1) % THEMES.length];
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  setText(theme, `Colours: ${words}`);
  void drawAll();
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void drawAll());
window.matchMedia("print").addEventListener("change", () => void drawAll());

try {
  const script = await plotlyScript();
  document.head.append(script); // what stands in it has run by now
  plotly = /** @type {any} */ (window).Plotly;
  await drawAll();
} catch (error) {
  setText(said, `The pictures could not be drawn: ${error instanceof Error ? error.message : String(error)} Every number is in the tables.`);
}
