/**
 * The numbers that decide a scenario, one column per design, straight from the current frame.
 */

import { breakable, el, setText, scrolling } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { statIndex } from "../net/wire.js";
import { compare } from "./scenario.js";

/**
 * @param {import("../state.js").State} state
 * @param {string} stat
 * @returns {{key: string, value: number, tried: boolean}[]} empty if the server does not know the statistic
 */
export function numbers(state, stat) {
  const welcome = state.welcome.get();
  const frame = state.frame.get();
  const index = welcome ? statIndex(welcome.stat_fields) : {};
  const at = index[stat];
  if (!welcome || !frame || at === undefined) return [];
  return welcome.designs.map(({ key }, i) => {
    const { stats } = frame.designs[i];
    // 0 huge pages is a result only once somebody has asked for some.
    const tried = !stat.startsWith("huge_") || stats[index.huge_runs] > 0 || stats[index.huge_attempt] > 0;
    return { key, value: stats[at], tried };
  });
}

/**
 * @param {import("../state.js").State} state
 * @returns {{element: HTMLElement, show: (show: import("./scenario.js").Show[], judge: {stat: string, better: string}|null) => void}}
 */
export function createNumbers(state) {
  const table = el("table.numbers");
  const element = scrolling("The numbers that decide it, now", table);
  const narrow = window.matchMedia("(max-width: 640px)");
  let builtFor = "";
  /** @type {HTMLElement[][]} cells by row of `show`, then by design */
  let cells = [];

  /**
   * A row per number and a column per design; on a phone the other way round.
   * @param {import("./scenario.js").Show[]} show
   * @param {string[]} keys
   */
  function build(show, keys) {
    cells = show.map(({ stat }) => keys.map((key) => el("td", { "data-design": key, "data-stat": stat })));
    const upright = !narrow.matches;
    const labels = show.map(({ label }) => label);
    const [heads, names] = upright ? [keys, labels] : [labels, keys];
    table.replaceChildren(
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Now"), ...heads.map((head) => el(upright ? "th.key" : "th", { scope: "col" }, head)))),
      el("tbody", {}, ...names.map((name, i) =>
        el("tr", {}, el(upright ? "th" : "th.key", { scope: "row" }, ...breakable(name)), ...(upright ? cells[i] : cells.map((row) => row[i]))))));
  }

  return {
    element,
    show(show, judge) {
      const keys = state.welcome.get()?.designs.map(({ key }) => key) ?? [];
      const wanted = JSON.stringify([keys, show, narrow.matches]);
      if (wanted !== builtFor) build(show, keys);
      builtFor = wanted;
      for (const [i, { stat }] of show.entries()) {
        const values = numbers(state, stat);
        const each = values.map(({ value }) => value);
        const differ = Math.min(...each) < Math.max(...each);
        const best = differ && judge?.stat === stat ? (judge.better === "low" ? Math.min : Math.max)(...each) : NaN;
        values.forEach(({ value, tried }, j) => {
          setText(cells[i][j], tried ? count(value) : "–");
          cells[i][j].dataset.value = String(value);
          cells[i][j].classList.toggle("best", value === best);
        });
      }
    },
  };
}

/**
 * @param {import("../state.js").State} state
 * @param {import("./scenario.js").Show|null} show
 */
export const sentence = (state, show) => (show ? compare(show.label, numbers(state, show.stat)) : "");
