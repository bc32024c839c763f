/**
 * All scenarios as cards, by group: the question and the button that loads it.
 */

import { el } from "../lib/dom.js";
import { plural } from "../lib/format.js";

/**
 * @param {import("./scenario.js").Catalog} catalog
 * @param {string} current name of the running scenario, "" = none
 * @param {(name: string) => void} load
 */
export function gallery({ groups, scenarios }, current, load) {
  return groups.filter(({ name }) => scenarios.some(({ group }) => group === name)).map(({ name, label }) =>
    el("section.cards-group", { "aria-label": label }, el("h3", {}, label),
      el("div.cards", {}, ...scenarios.filter(({ group }) => group === name).map((scenario) => card(scenario, scenario.name === current, load)))));
}

/**
 * @param {import("./scenario.js").Scenario} scenario
 * @param {boolean} running
 * @param {(name: string) => void} load
 */
function card(scenario, running, load) {
  const { name, label, question, steps, config } = scenario;
  const source = config.source;
  const guest = source?.kind === "synthetic" ? `${source.size_mib} MiB, ${source.preset}` : source?.kind === "capture" ? `real guest ${source.name}` : "";
  const kernel = config.profile === "2012" ? ", rules of Linux 3.8" : "";
  return el("article.card", { "data-scenario": name, ...(running ? { "data-running": "true" } : {}) },
    el("h4", {}, label),
    el("p.card-question", {}, question),
    el("p.card-facts", {}, el("span.tag", {}, plural(steps.length, "step")), el("span.tag", {}, guest + kernel)),
    el("p.card-designs", {}, ...(config.designs ?? []).map((key) => el("code", {}, key))),
    el("button.primary", { type: "button", "data-load": name, "aria-label": `Load the scenario: ${label}`, click: () => load(name) }, running ? "Load again" : "Load"));
}
