/**
 * The numbers that decide a scenario, a column for each design, straight from the frame shown.
 */

import { el, setText } from "../dom.js";
import { count } from "../format.js";
import { statIndex } from "../wire.js";
import { compare } from "./words.js";

/**
 * @param {import("../state.js").State} state
 * @param {string} stat
 * @returns {{key: string, value: number}[]} nothing where the server does not know the statistic
 */
export function numbers(state, stat) {
  const welcome = state.welcome.get();
  const frame = state.frame.get();
  const at = welcome ? statIndex(welcome.stat_fields)[stat] : undefined;
  if (!welcome || !frame || at === undefined) return [];
  return welcome.designs.map(({ key }, i) => ({ key, value: frame.designs[i].stats[at] }));
}

/**
 * @param {import("../state.js").State} state
 * @returns {{element: HTMLElement, show: (show: import("./words.js").Show[], judge: {stat: string, better: string}|null) => void}}
 */
export function createNumbers(state) {
  const table = el("table.numbers");
  const element = el("div.scroll", { role: "region", "aria-label": "Numbers that decide it, now", tabindex: 0 }, table);
  let builtFor = "";
  return {
    element,
    show(show, judge) {
      const keys = state.welcome.get()?.designs.map(({ key }) => key) ?? [];
      const wanted = JSON.stringify([keys, show, judge]);
      if (wanted !== builtFor) {
        builtFor = wanted;
        table.replaceChildren(
          el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Now"), ...keys.map((key) => el("th.key", { scope: "col" }, key)))),
          el("tbody", {}, ...show.map(({ stat, label }) => el("tr", { "data-stat": stat }, el("th", { scope: "row" }, label),
            ...keys.map((key) => el("td", { "data-design": key }))))));
      }
      for (const [i, { stat }] of show.entries()) {
        const values = numbers(state, stat);
        const each = values.map(({ value }) => value);
        const differ = Math.min(...each) < Math.max(...each);
        const best = differ && judge?.stat === stat ? (judge.better === "low" ? Math.min : Math.max)(...each) : NaN;
        values.forEach(({ value }, j) => {
          const cell = table.tBodies[0].rows[i].cells[j + 1];
          setText(cell, count(value));
          cell.dataset.value = String(value);
          cell.classList.toggle("best", value === best);
        });
      }
    },
  };
}

/**
 * @param {import("../state.js").State} state
 * @param {import("./words.js").Show|null} show
 */
export const sentence = (state, show) => (show ? compare(show.label, numbers(state, show.stat)) : "");
