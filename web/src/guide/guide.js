/**
 * The guide: the gallery of scenarios and "The argument" in one dialog, and the running scenario in a bar on the page.
 */

import { el, need } from "../lib/dom.js";
import { notify } from "../state.js";
import { argument } from "./argument.js";
import { createBar } from "./bar.js";
import { gallery } from "./gallery.js";
import { sameConfig } from "./scenario.js";

/** @typedef {"scenarios"|"argument"} Tab */

/**
 * @typedef {object} Reading
 * @property {() => Promise<import("./scenario.js").Catalog>} read
 * @property {(what: string, go: () => void) => void} ask before anything is erased
 *
 * @typedef {Pick<import("../net/client.js").Client, "sequence"|"reset"> & Pick<import("../controls/setup.js").Setup, "startOver"> & Reading} Intents
 *
 * @typedef {object} Address the part of the address after the #
 * @property {(name: string) => string|null} get
 * @property {(name: string, value: string|null) => void} set
 */

/**
 * @param {import("../state.js").State} state
 * @param {import("../lib/paint.js").Painter} painter
 * @param {Address} address
 * @param {Intents} intents
 * @returns {{act: (what: string) => boolean}} what a shortcut may ask for; false = not ours
 */
export function createGuide(state, painter, address, intents) {
  const dialog = need("guide", HTMLDialogElement);
  const cameTo = address.get("s"); // a session that somebody else may be watching
  let wanted = address.get("scenario") ?? "";
  let from = ""; // claim that led to the running scenario
  /** @type {Tab} */
  let tab = "scenarios";
  /** @type {ReturnType<typeof argument>|null} */
  let shown = null;

  // -- the dialog
  const body = el("div.guide-body");
  const tabs = ["scenarios", "argument"].map((name) =>
    el("button", { type: "button", role: "tab", id: `guide-tab-${name}`, "aria-controls": "guide-body", click: () => open(/** @type {Tab} */ (name)) },
      name === "scenarios" ? "Scenarios" : "The argument"));
  body.id = "guide-body";
  body.setAttribute("role", "tabpanel");
  const lead = el("p.guide-lead");
  dialog.append(
    el("div.dialog-head.guide-top", {}, el("h2.hidden", { id: "guide-head" }, "Guide"), el("div.guide-tabs", { role: "tablist", "aria-label": "Guide" }, ...tabs),
      el("button", { type: "button", click: () => dialog.close() }, "Close")),
    lead, body);
  for (const one of tabs) {
    one.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[1 - tabs.indexOf(one)];
      other.click();
      other.focus();
    });
  }
  dialog.addEventListener("close", () => {
    address.set("argument", null);
    address.set("scenarios", null);
  });

  /**
   * @param {Tab} which
   * @param {string} [claim] to go to
   */
  function open(which, claim = "") {
    tab = which;
    address.set("argument", which === "argument" ? claim : null);
    address.set("scenarios", which === "scenarios" ? "" : null);
    show();
    if (!dialog.open) dialog.showModal();
    const target = claim ? document.getElementById(`argument-${claim}`) : null;
    if (target) {
      target.scrollIntoView({ block: "start", behavior: "instant" });
      target.focus({ preventScroll: true });
    } else {
      dialog.scrollTop = 0;
      document.getElementById(`guide-tab-${which}`)?.focus();
    }
  }

  function show() {
    const catalog = state.catalog.get();
    tabs.forEach((one) => {
      const chosen = one.id === `guide-tab-${tab}`;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
    });
    body.setAttribute("aria-labelledby", `guide-tab-${tab}`);
    lead.textContent = tab === "scenarios"
      ? "Each scenario loads a guest and walks through it step by step, under all its designs at once. The numbers that decide it are beside each step."
      : "In July 2012 the linux-mm list argued about one patch series. Here is each claim in our words, where it was made, the scenario that tests it, and how it came out. The designs separate_pass and dedicated_block were never built: what you see of them is our implementation of the proposal.";
    shown = null;
    if (!catalog) body.replaceChildren(el("p", {}, "Reading the scenarios…"));
    else if (tab === "scenarios") body.replaceChildren(...gallery(catalog, state.scenario.get()?.name ?? "", (name) => load(name, "")));
    else {
      shown = argument(state, catalog, load, () => dialog.close());
      body.replaceChildren(...shown.elements);
      shown.refresh();
    }
  }

  // -- loading a scenario
  /**
   * @param {string} name
   * @param {string} claim
   */
  function load(name, claim) {
    const scenario = state.catalog.get()?.scenarios.find((each) => each.name === name);
    dialog.close();
    if (!scenario) {
      notify(state, "error", `There is no scenario called ${name}.`);
      return;
    }
    intents.ask(`load the scenario ${scenario.label}`, () => {
      from = claim;
      wanted = name;
      address.set("scenario", name);
      state.scenario.set(scenario);
      state.tab.set("lessons");
      intents.reset(scenario.config, `load the scenario ${scenario.label}`);
      document.getElementById("guide-next")?.focus();
    });
  }

  function leave() {
    wanted = "";
    address.set("scenario", null);
    state.scenario.set(null);
  }

  /** Does the current session run the scenario that the address names? */
  function onWelcome() {
    const welcome = state.welcome.get();
    const catalog = state.catalog.get();
    if (!welcome || !catalog || !wanted) return;
    if ([...state.pending.get().values()].some(({ kind }) => kind === "reset")) return;
    const scenario = catalog.scenarios.find(({ name }) => name === wanted);
    if (scenario && sameConfig(scenario.config, welcome.config)) {
      state.scenario.set(scenario);
      state.tab.set("lessons");
    } else if (scenario && welcome.session !== cameTo) load(wanted, from); // our own session: nobody is disturbed
    else {
      if (!scenario) notify(state, "error", `There is no scenario called ${wanted}.`);
      leave();
    }
  }

  async function read() {
    try {
      state.catalog.set(await intents.read());
    } catch (error) {
      body.replaceChildren(el("p.problem", {}, `The scenarios could not be read: ${error instanceof Error ? error.message : error}`));
    }
  }

  const bar = createBar(state, painter, {
    sequence: intents.sequence,
    startOver: intents.startOver,
    others: () => open("scenarios"),
    claim: () => open("argument", from || (state.catalog.get()?.claims?.find((each) => each.scenario === state.scenario.get()?.name)?.id ?? "")),
    leave,
  });
  const refresh = painter.add("dom", () => {
    if (dialog.open) shown?.refresh();
  });
  state.frame.subscribe(refresh);
  state.catalog.subscribe(() => {
    if (dialog.open) open(tab, address.get("argument") ?? "");
    onWelcome();
  });
  state.welcome.subscribe(() => {
    if (!state.catalog.get()) read();
    onWelcome();
  });
  need("open-scenarios", HTMLButtonElement).addEventListener("click", () => open("scenarios"));
  need("open-argument", HTMLButtonElement).addEventListener("click", () => open("argument"));
  const claim = address.get("argument");
  if (claim !== null) open("argument", claim);
  else if (address.get("scenarios") !== null) open("scenarios");

  return {
    act(what) {
      if (what === "scenarios") open("scenarios");
      else if (what === "argument") open("argument");
      else if (what === "next" && state.scenario.get()) bar.next();
      else if (what.startsWith("scenario-")) load(what.slice(9), "");
      else return false;
      return true;
    },
  };
}
