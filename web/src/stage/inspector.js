/**
 * The inspector beside the maps: a rail of tabs that is always there, and one tab at a time, or none.
 */

import { el, need, setText } from "../lib/dom.js";

/** In the order of the rail: tab, words, what it holds, and whether it wants half of the window. */
const TABS = /** @type {[string, string, string, boolean][]} */ ([
  ["because", "Because", "Why each design stands where it stands, and what holds the block pointed at", false],
  ["scoreboard", "Scoreboard", "Benefits and costs, one column per design", false],
  ["real", "Real kernel", "What a real Linux did with the same commands", false],
  ["difference", "Difference", "Two memories as one map: panels, moments, the real kernel (x)", true],
  ["cost", "Cost", "What each design paid for what it bought", false],
  ["charts", "Charts", "Over time", false],
  ["log", "Log", "Every command given", false],
  ["guest", "Guest", "What is known of this guest, and what each design claims", false],
  ["why", "Why?", "The next tick, page by page, before it is done (y)", true],
  ["lessons", "Lessons", "Lessons, scenarios, and the argument of 2012", false],
  ["predict", "Predict", "Say what will come, as a range, before it is run", false],
  ["help", "Help", "Keys, and what the marks mean (?)", false],
]);

/**
 * @param {import("../state.js").State} state
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; whether it was for here
 */
export function createInspector(state) {
  const root = need("inspector", HTMLElement);
  const rail = need("rail", HTMLElement);
  const wide = need("inspector-wide", HTMLButtonElement);
  /** @type {Map<string, boolean>} */
  const widths = new Map(TABS.map(([name, , , much]) => [name, much]));
  let last = TABS[0][0];

  const buttons = TABS.map(([name, words, text]) =>
    el(name === "help" ? "button.last" : "button", { type: "button", role: "tab", id: `rail-${name}`, "aria-controls": `tab-${name}`, title: text, click: () => toggle(name) }, words));
  rail.append(...buttons);
  rail.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const shown = buttons.filter((button) => !button.hidden);
    const at = shown.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    shown[(at + step + shown.length) % shown.length].focus();
  });

  /** @param {string} name */
  function toggle(name) {
    state.tab.set(state.tab.get() === name ? "" : name);
  }

  function show() {
    const tab = state.tab.get();
    root.hidden = tab === "";
    if (tab) last = tab;
    TABS.forEach(([name, words], i) => {
      const chosen = name === tab;
      buttons[i].setAttribute("aria-selected", String(chosen));
      buttons[i].tabIndex = name === (tab || last) ? 0 : -1;
      const panel = need(`tab-${name}`, HTMLElement);
      panel.hidden = !chosen;
      panel.tabIndex = 0; // it may be longer than its place, with nothing in it to press
      if (chosen) setText(need("inspector-title", HTMLElement), words);
    });
    document.body.dataset.tab = tab;
    state.wide.set(widths.get(tab) ?? false);
    showWide();
  }

  function showWide() {
    const much = state.wide.get();
    if (state.tab.get()) widths.set(state.tab.get(), much);
    root.dataset.wide = String(much);
    wide.setAttribute("aria-pressed", String(much));
  }

  function close() {
    state.tab.set("");
    need(`rail-${last}`, HTMLButtonElement).focus();
  }

  wide.addEventListener("click", () => state.wide.set(!state.wide.get()));
  need("inspector-close", HTMLButtonElement).addEventListener("click", close);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });
  // Escape goes up level by level on the maps; what is left to leave then is the tab.
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.key !== "Escape" || event.defaultPrevented || root.contains(target) || !state.tab.get()) return;
    if (target.closest("#maps") && !document.querySelector("dialog[open]")) state.tab.set("");
  });
  state.tab.subscribe(show);
  state.wide.subscribe(showWide);
  show();

  return {
    act(what) {
      const tab = what.startsWith("tab-") ? what.slice(4) : "";
      if (what === "inspector") state.tab.set(state.tab.get() ? "" : last);
      else if (what === "wide") state.wide.set(state.tab.get() !== "" && !state.wide.get());
      else if (tab && widths.has(tab)) toggle(tab);
      else return false;
      return true;
    },
  };
}
