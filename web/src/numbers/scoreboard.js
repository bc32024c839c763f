/**
 * The scoreboard: a column per design, a row per quantity, benefits above costs, each explained.
 */

import { el, lineSwatch, need, setText } from "../lib/dom.js";
import { count, mibNumber, short } from "../lib/format.js";
import { DESIGN_LINES } from "../map/palette.js";
import { statIndex } from "../net/wire.js";
import { designTitle } from "../panels/design_text.js";
import { pairwise, sidesOf } from "../timebar/sides.js";
import { COLUMNS } from "./columns.js";

const GROUPS = { benefit: "What user land gets", balloon: "The balloon", cost: "What it costs" };

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {() => void} askSpread
 */
export function createScoreboard(state, painter, askSpread) {
  const board = need("board", HTMLTableElement);
  const note = need("board-note", HTMLElement);
  const sure = need("sure", HTMLButtonElement);
  const sureText = need("sure-text", HTMLElement);
  sure.addEventListener("click", askSpread);
  /** @type {HTMLElement[][]} */
  let cells = [];
  /** @type {Record<string, number>} */
  let at = {};

  need("board-list", HTMLDListElement).append(
    ...COLUMNS.flatMap((column) => [
      el("dt", {}, `${column.head} (${column.unit})`),
      el("dd", { id: `column-${column.key}` }, ...meaning(column)),
    ]),
  );

  function rebuild() {
    const welcome = state.welcome.get();
    if (!welcome) return;
    at = statIndex(welcome.stat_fields);
    const groups = /** @type {("benefit"|"balloon"|"cost")[]} */ (["benefit", "balloon", "cost"]);
    const designs = sidesOf(welcome.designs, state.beside.get());
    const order = pairwise(designs.map((_, i) => i), welcome.designs.length); // of the columns: each design beside itself
    const head = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, el("span.hidden", {}, "Quantity")), ...order.map((i) =>
      el("th", { scope: "col", title: `${designs[i].key}: ${designs[i].label}`, "data-csv": `${designs[i].key}${designs[i].side ? ` ${designs[i].side}` : ""}` }, lineSwatch(DESIGN_LINES[i % DESIGN_LINES.length]), designTitle(designs[i].key), designs[i].side ? ` ${designs[i].side}` : null))));
    cells = designs.map(({ key, side }) => COLUMNS.map((column) => el("td", { class: column.group, "data-column": column.key, "data-design": key, ...(side ? { "data-side": side } : {}) })));
    const rows = groups.flatMap((group) => [
      el("tr.group-row", {}, el("th", { scope: "rowgroup", colspan: designs.length + 1 }, GROUPS[group])),
      ...COLUMNS.flatMap((column, c) => (column.group === group ? [el("tr", { "data-row": column.key, hidden: column.tried !== undefined }, heading(column), ...order.map((i) => cells[i][c]))] : [])),
    ]);
    board.replaceChildren(el("caption.hidden", {}, "Scoreboard: one column per design"), head, el("tbody", {}, ...rows));
  }

  const show = painter.add("dom", () => {
    const welcome = state.welcome.get();
    const frame = state.frame.get();
    if (!welcome || !frame || cells.length !== frame.designs.length) return;
    const values = frame.designs.map(({ stats }) => (/** @type {string} */ name) => stats[at[name]] ?? 0);
    const asked = state.spread.get();
    const spread = asked?.state === "done" && asked.log_index === frame.log_index ? asked : null;
    const busy = state.pending.get().size > 0 || values.some((value) => value("busy") !== 0);
    sure.disabled = busy || asked?.state === "running";
    setText(sureText, asked?.state === "running"
      ? `Playing the same commands under other seeds: ${asked.done} of ${asked.total}…`
      : spread
        ? `Black lines and small numbers: lowest to highest over ${spread.seeds.length} draws of what a capture does not say (the order of its lists).`
        : "");
    COLUMNS.forEach((column, c) => {
      const { bar, tried } = column;
      if (tried) board.querySelector(`tr[data-row="${column.key}"]`)?.toggleAttribute("hidden", !values.some(tried));
      const sizes = bar ? values.map(bar) : [];
      const ranges = sidesOf(welcome.designs, state.beside.get()).map(({ key }) => (column.stat && spread?.designs?.[key]?.[column.stat]) || null);
      const most = Math.max(1, ...sizes, ...ranges.map((range) => range?.high ?? 0));
      values.forEach((value, i) => {
        const cell = cells[i][c];
        setText(cell, column.show(value));
        if (column.full) cell.dataset.csv = column.full(value);
        if (!bar) return;
        cell.dataset.value = String(sizes[i]); // exact, where the text is short
        cell.title = count(sizes[i]);
        cell.style.setProperty("--bar", `${Math.round((100 * sizes[i]) / most)}%`);
        whisker(cell, column.key === "huge" && !value("huge_runs") ? null : ranges[i], most);
      });
    });
    const sizes = values.map((value) => value("balloon_actual"));
    const equal = sizes.every((size) => size === sizes[0]);
    setText(note, equal
      ? `All balloons hold ${mibNumber(sizes[0])} MiB: a fair comparison.`
      : "The balloons differ in size right now: compare when they are equal.");
    note.classList.toggle("unequal", !equal);
  });

  // A number on the stage is explained here.
  document.addEventListener("click", (event) => {
    const number = event.target instanceof Element ? event.target.closest("[data-meaning]") : null;
    if (!number) return;
    state.tab.set("scoreboard");
    /** @type {HTMLElement|null} */ (board.querySelector(`tr[data-row="${/** @type {HTMLElement} */ (number).dataset.meaning}"] .head`))?.focus();
  });
  for (const each of [state.welcome, state.beside]) each.subscribe(rebuild);
  for (const each of [state.frame, state.spread, state.pending]) each.subscribe(show);
}

/**
 * The range over seeds, as a line across the bar and as numbers.
 * @param {HTMLElement} cell
 * @param {{low: number, high: number}|null} range
 * @param {number} most size of a full bar
 */
function whisker(cell, range, most) {
  cell.classList.toggle("ranged", range !== null);
  if (!range) {
    delete cell.dataset.range;
    return;
  }
  const [low, high] = [short(range.low), short(range.high)];
  cell.dataset.range = low === high ? `always ${low}` : `${low} to ${high}`;
  cell.style.setProperty("--low", `${(100 * range.low) / most}%`);
  cell.style.setProperty("--high", `calc(${(100 * range.high) / most}% + 1px)`);
}

/**
 * What a number means, how it is made, where a kernel has it, and how it is misread.
 * @param {import("./columns.js").Column} column
 */
const meaning = ({ text, formula, source, trap }) => [text, el("span.how", {}, el("b", {}, "Formula: "), formula), el("span.how", {}, el("b", {}, "Kernel: "), source), el("span.how", {}, el("b", {}, "Beware: "), trap)];

/** @param {import("./columns.js").Column} column */
function heading(column) {
  const tip = el("span.tip", { "aria-hidden": "true" }, ...meaning(column));
  return el("th", { scope: "row" },
    el("span.head", { tabindex: 0, "aria-describedby": `column-${column.key}` },
      el("span.head-words", {}, column.head), el("span.unit", {}, column.unit), tip));
}
