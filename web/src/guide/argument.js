/**
 * "The argument": each claim of the thread, who made it, the scenario that tests it, what the numbers on screen say now,
 * and a fair reading.
 */

import { el, scrolling } from "../lib/dom.js";
import { deciding } from "./scenario.js";
import { createNumbers, sentence } from "./table.js";

const TAB = "#tab-"; // of the inspector

/** @typedef {import("./scenario.js").Claim} Claim */
/** @typedef {import("./scenario.js").Catalog} Catalog */

/**
 * @param {import("../state.js").State} state
 * @param {Catalog} catalog
 * @param {(name: string, claim: string) => void} load
 * @param {() => void} close
 * @returns {{elements: HTMLElement[], refresh: () => void}}
 */
export function argument(state, catalog, load, close) {
  const claims = catalog.claims ?? [];
  /** @type {(() => void)[]} */
  const live = [];
  /** @type {Set<string>} */
  const seen = new Set(); // figures are open where they first appear
  const parts = [...new Set(claims.map(({ part }) => part))];
  const elements = parts.map((part) =>
    el("section.claims-part", { "aria-label": part }, el("h3", {}, part), ...claims.filter((each) => each.part === part).map((each) => article(each))));

  /** @param {Claim} one */
  function article(one) {
    const scenario = catalog.scenarios.find(({ name }) => name === one.scenario) ?? null;
    return el("article.argument", { id: `argument-${one.id}`, "data-claim": one.id, tabindex: -1 },
      el("h4", {}, one.claim),
      el("p.argument-who", {}, el("b", {}, one.who), `, ${one.when}. `, el("span.argument-source", {}, `Source: ${one.source}.`)),
      scenario && now(one, scenario),
      el("p.argument-reading", {}, el("b", {}, "A fair reading. "), one.reading),
      one.links.length > 0 && el("p.argument-links", {}, ...one.links.map(({ href, text }) => link(href, text))),
      ...one.figures.map((each) => {
        const first = !seen.has(each.title);
        seen.add(each.title);
        return figure(each, first);
      }));
  }

  /**
   * @param {Claim} one
   * @param {import("./scenario.js").Scenario} scenario
   */
  function now(one, scenario) {
    const numbers = createNumbers(state);
    const said = el("p.argument-said");
    const button = el("button", { type: "button", "data-load": scenario.name, click: () => load(scenario.name, one.id) }, `Load: ${scenario.label}`);
    const show = one.show.length ? one.show : scenario.show;
    live.push(() => {
      const loaded = state.scenario.get()?.name === scenario.name && state.frame.get() !== null;
      numbers.element.hidden = !loaded;
      if (loaded) numbers.show(show, scenario.judge ?? null);
      said.textContent = loaded ? sentence(state, one.show[0] ?? deciding(scenario)) : `Tested by the scenario “${scenario.question}” Load it to see the numbers.`;
    });
    return el("div.argument-now", {}, said, numbers.element, button);
  }

  /**
   * @param {string} href
   * @param {string} text
   */
  function link(href, text) {
    if (!href.startsWith(TAB)) return el("a", { href }, text);
    // Not by the address: its fragment says which session this is.
    return el("a", { href, click: (/** @type {Event} */ event) => {
      event.preventDefault();
      close();
      state.tab.set(href.slice(TAB.length));
    } }, text);
  }

  return { elements, refresh: () => live.forEach((each) => each()) };
}

/**
 * @param {import("./scenario.js").Figure} one
 * @param {boolean} open
 */
function figure({ title, head, rows, bar, note }, open) {
  const number = (/** @type {string} */ text) => Number(text.replaceAll(",", ""));
  const most = bar < 0 ? 1 : Math.max(...rows.map((row) => number(row[bar])));
  return el("details.argument-figure", { open }, el("summary", {}, title),
    scrolling(title, el("table", {},
      el("thead", {}, el("tr", {}, ...head.map((word, i) => el(Number.isNaN(number(rows[0][i])) ? "th.wordy" : "th", { scope: "col" }, word || el("span.hidden", {}, "Which"))))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((text, i) => {
        const cell = el(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : {}, text);
        cell.classList.toggle("wordy", Number.isNaN(number(text)));
        if (i === bar) {
          cell.classList.add("barred");
          cell.style.setProperty("--bar", `${(100 * number(text)) / most}%`);
        }
        return cell;
      })))))),
    el("p.why", {}, note));
}
