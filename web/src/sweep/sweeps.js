/**
 * The page of the map of winners: which sweep, which axes, which number decides; all of it stands in the address.
 */

import { el, need, setText } from "../lib/dom.js";
import { getSweepMap, getSweeps } from "../net/rest_beside.js";
import { showCell } from "./cell.js";
import { openRun } from "./live.js";
import { STATS, axisWords, decidedBy, facts, mapQuery, paragraphs, runQuery, statWords, varying } from "./map_text.js";
import { drawLegend, drawMap, drawTable } from "./winners.js";

/** @typedef {import("./map_text.js").Sweep} Sweep */
/** @typedef {import("./map_text.js").Cell} Cell */

/** @param {unknown} error */
function fail(error) {
  const text = error instanceof Error ? error.message : String(error);
  need("notices", HTMLDivElement).replaceChildren(el("div.notice.error", {}, el("p", {}, text)));
  document.body.dataset.busy = "false";
  return null;
}

const told = await getSweeps().catch(fail);
/** @type {Sweep[]} */
const sweeps = (told?.sweeps ?? []).filter((/** @type {Sweep} */ one) => !one.error);
/** @type {Sweep|null} */
let sweep = null;
/** @type {{across: string, down: string, stat: string, fixed: Record<string, string>}} */
let asked = { across: "", down: "", stat: "", fixed: {} };
let question = 0; // the answer to an older one is dropped

/** @param {string} id */
const select = (id) => need(id, HTMLSelectElement);

/**
 * @param {HTMLSelectElement} into
 * @param {[string, string][]} options value and words
 * @param {string} chosen
 */
function fill(into, options, chosen) {
  into.replaceChildren(...options.map(([value, words]) => el("option", { value }, words)));
  into.value = chosen;
}

function readAddress() {
  const query = new URLSearchParams(location.search);
  const found = sweeps.find(({ name }) => name === query.get("sweep")) ?? sweeps[0];
  begin(found);
  const axes = varying(found);
  for (const name of /** @type {const} */ (["across", "down"])) {
    const value = query.get(name);
    if (value && axes.includes(value)) asked[name] = value;
  }
  const stat = query.get("stat");
  if (stat && STATS.some(([name]) => name === stat)) asked.stat = stat;
  for (const [name, value] of query) {
    const axis = name.replace(/^fix\./, "");
    if (name.startsWith("fix.") && found.values[axis]?.map(String).includes(value)) asked.fixed[axis] = value;
  }
}

function writeAddress() {
  if (!sweep) return;
  const query = mapQuery(asked, sweep);
  for (const name of ["better", "margin"]) query.delete(name);
  history.replaceState(null, "", `?${new URLSearchParams([["sweep", sweep.name], ...query])}`);
}

/** @param {Sweep} chosen */
function begin(chosen) {
  sweep = chosen;
  asked = { across: chosen.axes[0], down: chosen.axes[1], stat: chosen.judge.stat, fixed: {} };
}

function showAsked() {
  if (!sweep) return;
  const { values, judge } = sweep;
  fill(select("sweep"), sweeps.map(({ name, title }) => [name, title]), sweep.name);
  const axes = [...new Set([...varying(sweep), asked.across, asked.down])];
  fill(select("across"), axes.filter((name) => name !== asked.down).map((name) => [name, axisWords(name)]), asked.across);
  fill(select("down"), axes.filter((name) => name !== asked.across).map((name) => [name, axisWords(name)]), asked.down);
  const stats = STATS.some(([name]) => name === judge.stat) ? STATS : [/** @type {const} */ ([judge.stat, judge.better, statWords(judge.stat)]), ...STATS];
  fill(select("stat"), stats.map(([name, better, words]) => [name, `${better === "high" ? "most" : "fewest"} ${words}`]), asked.stat);
  const rest = varying(sweep).filter((name) => name !== asked.across && name !== asked.down && name !== "family");
  need("fixed", HTMLSpanElement).replaceChildren(...rest.map((name) => {
    const one = el("select", { "data-axis": name });
    fill(one, [["", "all of them"], ...values[name].map((value) => /** @type {[string, string]} */ ([String(value), String(value)]))], asked.fixed[name] ?? "");
    one.addEventListener("change", () => {
      if (one.value) asked.fixed[name] = one.value;
      else delete asked.fixed[name];
      void show();
    });
    return el("label", {}, `${axisWords(name)} `, one);
  }));
  setText(need("title", HTMLHeadingElement), sweep.title);
  setText(need("question", HTMLParagraphElement), sweep.question);
  setText(need("facts", HTMLParagraphElement), facts(sweep));
  need("found-card", HTMLElement).hidden = !sweep.text;
  need("found", HTMLDivElement).replaceChildren(...paragraphs(sweep.text).map(({ kind, parts }) =>
    el(kind === "li" ? "p.item" : kind, {}, ...parts.map((part) => (part.kind === "text" ? part.text : el(part.kind, {}, part.text))))));
  need("csv", HTMLAnchorElement).href = `api/sweeps/${encodeURIComponent(sweep.name)}/results.csv`;
}

/** @param {string} title @param {string} words @param {HTMLElement[]} body */
function fillCell(title, words, body) {
  setText(need("cell-title", HTMLHeadingElement), title);
  setText(need("cell-words", HTMLParagraphElement), words);
  need("cell-body", HTMLDivElement).replaceChildren(...body);
}

async function show() {
  if (!sweep) return;
  const mine = ++question;
  const of = sweep;
  document.body.dataset.busy = "true";
  showAsked();
  writeAddress();
  const map = await getSweepMap(of.name, mapQuery(asked, of)).catch(fail);
  if (!map || mine !== question) return;
  need("notices", HTMLDivElement).replaceChildren();
  const fixed = { ...asked.fixed };
  drawMap(need("winners", HTMLTableElement), map, (/** @type {Cell} */ cell) => {
    const { title, words, body } = showCell(cell, map, of, async (chosen, say) => {
      location.href = await openRun(of.name, runQuery(cell, fixed, chosen), say);
    });
    fillCell(title, words, body);
  });
  drawLegend(need("legend", HTMLUListElement), map);
  drawTable(need("table", HTMLTableElement), map);
  setText(need("decides", HTMLParagraphElement), decidedBy(map));
  fillCell("Press a cell", "It says by how much, over whom, and opens the run itself.", []);
  document.body.dataset.busy = "false";
}

select("sweep").addEventListener("change", () => {
  const chosen = sweeps.find(({ name }) => name === select("sweep").value);
  if (chosen) begin(chosen);
  void show();
});
for (const name of /** @type {const} */ (["across", "down", "stat"])) {
  select(name).addEventListener("change", () => {
    asked[name] = select(name).value;
    if (name !== "stat") delete asked.fixed[asked[name]];
    void show();
  });
}
setText(need("rule", HTMLParagraphElement), told?.rule ?? "");
if (sweeps.length) {
  readAddress();
  await show();
} else if (told) {
  fail(new Error("There are no sweeps here: fragscope sweep makes them, and FRAGSCOPE_SWEEPS_DIR says where they are."));
}
