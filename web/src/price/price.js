/**
 * "What does it cost?": one column per design, what it bought above what it paid, live; below, the published figures for scale
 * and our estimate of the host's time, each under its own heading.
 */

import { el, lineSwatch, need, setText, svg, scrolling } from "../lib/dom.js";
import { count, mibNumber } from "../lib/format.js";
import { DESIGN_LINES } from "../map/palette.js";
import { statIndex } from "../net/wire.js";
import { designTitle, inSentence } from "../panels/design_text.js";
import { estimated, parseUs, timeText } from "./estimate.js";
import { changeText, perPage, place, SCALE } from "./published.js";
import { bargain, cellNote, GROUPS, rowsFor, tests } from "./rows.js";

/** @typedef {import("./published.js").Published} Published */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {(name: string) => Promise<any>} read
 */
export function createPrice(state, painter, read) {
  const table = need("price-table", HTMLTableElement);
  const said = need("price-said", HTMLUListElement);
  const box = need("price-published", HTMLElement);
  const exit = need("price-exit", HTMLInputElement);
  const page = need("price-page", HTMLInputElement);
  const estimate = { exit_us: Number(exit.value), page_us: Number(page.value) };
  /** @type {import("./rows.js").Row[]} */
  let rows = [];
  /** @type {HTMLElement[][]} one row of cells per quantity */
  let cells = [];
  /** @type {Published|null} */
  let published = null;
  let asked = false;
  /** @type {Record<string, number>} */
  let at = {};

  /** @param {number[]} values */
  const statsOf = (values) => (/** @type {string} */ name) => values[at[name]] ?? 0;

  function rebuild() {
    const welcome = state.welcome.get();
    if (!welcome) return;
    at = statIndex(welcome.stat_fields);
    rows = rowsFor(welcome.stat_fields);
    cells = rows.map((row) => welcome.designs.map(() => el("td", { class: row.group, "data-row": row.key }, el("span"), el("span.cell-note"))));
    const head = el("tr", {}, el("td"), ...welcome.designs.map(({ key }, i) =>
      el("th", { scope: "col", title: key, "data-csv": key }, lineSwatch(DESIGN_LINES[i % DESIGN_LINES.length]), " ", designTitle(key))));
    const bodies = /** @type {(keyof typeof GROUPS)[]} */ (Object.keys(GROUPS)).map((group) =>
      el("tbody", {},
        el("tr.price-group", {}, el("th", { colspan: welcome.designs.length + 1, scope: "rowgroup" }, el("span", {}, GROUPS[group]))),
        ...rows.flatMap((row, r) => (row.group === group
          ? [el("tr", {}, el("th", { scope: "row" }, el("span", {}, row.words), el("span.price-why", {}, row.text)), ...cells[r])]
          : []))));
    table.replaceChildren(el("caption.hidden", {}, "Costs and benefits: one column per design"), el("thead", {}, head), ...bodies);
    said.replaceChildren(...welcome.designs.map(({ key }, i) =>
      el("li", { "data-design": key }, lineSwatch(DESIGN_LINES[i % DESIGN_LINES.length]), el("b", {}, designTitle(key), " ", el("span.key", {}, key)), el("span"))));
  }

  const show = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || said.children.length > frame.designs.length) return;
    const values = frame.designs.slice(0, welcome.designs.length).map(({ stats }) => statsOf(/** @type {any} */ (stats)));
    const base = welcome.designs.findIndex(({ name }) => name === "pinned");
    rows.forEach((row, r) => {
      const sizes = values.map((s) => row.size(s, estimate));
      const most = Math.max(...sizes) || 1;
      sizes.forEach((size, i) => {
        const cell = cells[r][i];
        setText(/** @type {Element} */ (cell.firstElementChild), row.show(size, values[i]));
        setText(/** @type {Element} */ (cell.lastElementChild), cellNote(row, welcome.designs[i]));
        cell.dataset.value = String(size);
        cell.style.setProperty("--bar", `${Math.round((100 * size) / most)}%`);
      });
    });
    welcome.designs.forEach((_, i) => {
      const words = i === base ? "the baseline." : bargain(values[i], base < 0 ? null : values[base], estimate);
      setText(/** @type {Element} */ (said.children[i].lastElementChild), words);
    });
    const balloons = values.map((s) => s("balloon_actual"));
    const equal = balloons.every((size) => size === balloons[0]);
    const note = need("price-note", HTMLElement);
    setText(note, equal ? `All balloons hold ${mibNumber(balloons[0])} MiB; counts are since the start of the session.` : "The balloons differ in size right now: compare when they are equal.");
    note.classList.toggle("unequal", !equal);
    showHere();
  });

  /** This session's own numbers, beside the published figures. */
  function showHere() {
    const here = document.getElementById("price-here");
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!here || !welcome || !frame) return;
    const i = welcome.designs.findIndex(({ name }) => name === "lru_hook");
    const s = i < 0 ? null : statsOf(/** @type {any} */ (frame.designs[i].stats));
    const moved = s?.("pgmigrate_success") ?? 0;
    setText(here, !s ? "This session has no hook to compare with."
      : moved === 0 ? "Nothing has been moved in this session yet: press Compact."
        : `In this session, ${inSentence(welcome.designs[i].key)}: ${count(tests(s))} tests for ${count(moved)} pages moved, ${(tests(s) / moved).toFixed(2)} per page. A model of memory cannot say how long a test takes.`);
    const most = Math.max(...frame.designs.map(({ stats }) => stats[at.balloon_actual])) || 256 * 1024;
    const words = need("price-for", HTMLElement);
    setText(words, `for ${mibNumber(most)} MiB, computed`);
    document.querySelectorAll("#price-speeds [data-speed]").forEach((cell) => {
      setText(cell, timeText((most / (256 * 1024) / Number(/** @type {HTMLElement} */ (cell).dataset.speed)) * 1_000_000));
    });
  }

  function showPublished() {
    if (!published) return;
    box.hidden = false;
    box.replaceChildren(overheadTable(published.overhead), speedTable(published, estimate));
    setText(need("price-estimate-words", HTMLElement), published.estimate.words);
    show();
  }

  /**
   * @param {HTMLInputElement} input
   * @param {"exit_us"|"page_us"} name
   * @param {string} what
   */
  const adjustable = (input, name, what) => input.addEventListener("input", () => {
    const { value, error } = parseUs(input.value, what);
    input.setAttribute("aria-invalid", String(error !== null));
    setText(need("price-problem", HTMLElement), error ?? "");
    if (value === null) return;
    estimate[name] = value;
    showPublished();
    show();
  });
  adjustable(exit, "exit_us", "Time for one message");
  adjustable(page, "page_us", "Time for each page in it");

  state.info.subscribe(async (info) => {
    if (asked || !info?.published.includes("price")) return;
    asked = true;
    try {
      published = await read("price");
      if (!published) return;
      exit.value = String(published.estimate.exit_us);
      page.value = String(published.estimate.page_us);
      Object.assign(estimate, { exit_us: published.estimate.exit_us, page_us: published.estimate.page_us });
      showPublished();
    } catch (error) {
      box.hidden = false;
      box.replaceChildren(el("p.problem", {}, `The published figures could not be read: ${error instanceof Error ? error.message : error}`));
    }
  });
  state.welcome.subscribe(rebuild);
  for (const each of [state.welcome, state.frame]) each.subscribe(show);
}

/** @param {string[]} words */
const heads = (words) => el("thead", {}, el("tr", {}, ...words.map((each) => el("th", { scope: "col" }, each))));

/** @param {Published["overhead"]} overhead */
function overheadTable(overhead) {
  const number = (/** @type {number} */ n, /** @type {number} */ digits) => n.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  /**
   * @param {string} words
   * @param {string} unit
   * @param {{clean: number, patched: number}} row
   * @param {number} digits
   */
  const line = (words, unit, row, digits) => el("tr", {}, el("th", { scope: "row" }, unit ? `${words}, ${unit}` : words),
    el("td", {}, number(row.clean, digits)), el("td", {}, number(row.patched, digits)), el("td", {}, changeText(row)), el("td", {}, dot(row)));
  const derived = line(overhead.per_page.words, overhead.per_page.unit.replace("us", "µs"), perPage(overhead), 2);
  derived.className = "price-derived";
  return el("div.price-block", {},
    el("h3", {}, `Measured in 2012: the hook with no balloon at all`),
    el("p", {}, `${overhead.who}, ${overhead.when}: ${overhead.source}. ${overhead.setting}. `, el("b", {}, overhead.reading)),
    el("p", { id: "price-here" }),
    scrolling("The hook with no balloon at all", el("table", { id: "price-overhead" }, heads(["Quantity", "clean", "with the hook", "change", "−5 % … +25 %"]),
      el("tbody", {}, ...overhead.rows.map((row) => line(row.words, row.unit, row, row.digits)), derived))));
}

/**
 * The change as a dot, beside the line for no change.
 * @param {{clean: number, patched: number}} row
 */
function dot({ clean, patched }) {
  const x = (/** @type {number} */ change) => 6 + ((change + 5) / 30) * 108;
  const change = Math.max(-5, Math.min(25, 100 * (patched / clean - 1)));
  return svg("svg", { viewBox: "0 0 120 16", class: "price-dot", "aria-hidden": "true" },
    svg("path", { d: `M6 8H114M${x(0)} 1V15`, stroke: "#8d99a5", fill: "none" }),
    svg("path", { d: `M${x(0)} 8H${x(change)}`, stroke: "#17508a", "stroke-width": 3 }),
    svg("circle", { cx: x(change), cy: 8, r: 4, fill: "#4287c5", stroke: "#17508a" }));
}

/** @param {number} speed GiB/s */
const speedText = (speed) => (speed === Infinity ? "no limit" : speed.toLocaleString("en-US", { maximumSignificantDigits: 4, minimumFractionDigits: speed < 1 ? 2 : 0 }));

/**
 * @param {Published} published
 * @param {import("./estimate.js").Estimate} estimate
 */
function speedTable({ reclaim }, estimate) {
  const bar = (/** @type {number} */ speed) => {
    const made = el("span.price-bar", { "aria-hidden": "true" });
    made.style.setProperty("--bar", `${place(speed)}%`);
    return made;
  };
  const group = (/** @type {string} */ words) => el("tr.price-group", {}, el("th", { colspan: 4, scope: "rowgroup" }, el("span", {}, words)));
  return el("div.price-block", {},
    el("h3", {}, reclaim.words),
    el("p", {}, `${reclaim.source}. ${reclaim.note}`),
    scrolling(reclaim.words, el("table", { id: "price-speeds" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "How"), el("th", { scope: "col" }, reclaim.unit),
        el("th", { scope: "col" }, `${SCALE[0]} to ${count(SCALE[1])}, each line ten times the last`), el("th", { scope: "col", id: "price-for" }))),
      el("tbody", {}, group("Measured, published"), ...reclaim.rows.map((row) =>
        el("tr", {}, el("th", { scope: "row" }, row.name, row.words && el("span.price-why", {}, row.words)), el("td", {}, speedText(row.touched)),
          el("td.price-scale", {}, bar(row.touched)), el("td", { "data-speed": row.touched })))),
      el("tbody.price-ours", {}, group("Our estimate, from the two numbers above; not measured"), ...estimated(estimate).map(({ words, us, speed }) =>
        el("tr", {}, el("th", { scope: "row" }, words, el("span.price-why", {}, `${timeText(us)} per page`)), el("td", {}, speedText(speed)),
          el("td.price-scale", {}, bar(speed)), el("td", { "data-speed": speed })))))));
}
