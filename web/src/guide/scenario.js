/**
 * A scenario as data, where a session stands in it, and what its numbers say in words. Pure.
 */

import { count } from "../lib/format.js";

/**
 * @typedef {import("../net/wire.js").Command} Command
 * @typedef {{stat: string, label: string}} Show
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} label
 * @property {string} group
 * @property {string} question
 * @property {string} text what was expected and what came out
 * @property {string} favours a design's name, "none", or ""
 * @property {{stat: string, better: string}|null} [judge] the number that decides
 * @property {import("../net/wire.js").Config} config
 * @property {{words: string, commands: Command[]}[]} steps
 * @property {Show[]} show
 *
 * @typedef {{title: string, head: string[], rows: string[][], bar: number, note: string}} Figure
 *
 * @typedef {object} Claim
 * @property {string} id
 * @property {string} part heading it comes under
 * @property {string} claim
 * @property {string} who
 * @property {string} when
 * @property {string} source
 * @property {string} reading
 * @property {string|null} scenario
 * @property {Show[]} show
 * @property {Figure[]} figures
 * @property {{href: string, text: string}[]} links
 *
 * @typedef {{groups: {name: string, label: string}[], scenarios: Scenario[], claims?: Claim[]}} Catalog
 *
 * @typedef {{kind: "unknown"} | {kind: "left", step: number} | {kind: "on", step: number, rest: Command[]}} Place
 *   step: number of steps begun; rest: commands of that step still to be sent
 */

/**
 * A text that is the same whatever the order of fields, and whether a field is absent or empty.
 * @param {unknown} value
 * @returns {string}
 */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const fields = Object.entries(value).filter(([, each]) => each).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, each]) => `${key}:${canonical(each)}`).join()}}`;
}

/**
 * Whether a session runs with the config of a scenario.
 * @param {unknown} one
 * @param {unknown} other
 */
export const sameConfig = (one, other) => canonical(one) === canonical(other);

/**
 * Where a session stands in a scenario: compares its log with the scenario's commands.
 * @param {Scenario} scenario
 * @param {readonly {command: Command}[]} log as far as it is known
 * @param {number} log_index of the frame shown
 * @returns {Place}
 */
export function place(scenario, log, log_index) {
  if (log.length < log_index) return { kind: "unknown" };
  let at = 0;
  for (const [i, { commands }] of scenario.steps.entries()) {
    for (const [j, command] of commands.entries()) {
      if (at === log_index) return { kind: "on", step: j ? i + 1 : i, rest: j ? commands.slice(j) : [] };
      if (canonical(log[at].command) !== canonical(command)) return { kind: "left", step: i };
      at += 1;
    }
  }
  return at === log_index ? { kind: "on", step: scenario.steps.length, rest: [] } : { kind: "left", step: scenario.steps.length };
}

/** @param {string[]} names */
const list = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`);

/**
 * Who has the most and who the least; "equal" if all have the same.
 * @param {string} label what is counted
 * @param {{key: string, value: number, tried?: boolean}[]} designs
 */
export function compare(label, designs) {
  const name = label.charAt(0).toUpperCase() + label.slice(1);
  if (designs.length === 0) return "";
  if (designs.every(({ tried }) => tried === false)) return `${name}: not tried yet.`;
  const values = designs.map(({ value }) => value);
  const [most, least] = [Math.max(...values), Math.min(...values)];
  /** @param {number} value */
  const who = (value) => {
    const keys = designs.filter((each) => each.value === value).map(({ key }) => key);
    return `${list(keys)} (${count(value)}${keys.length > 1 ? " each" : ""})`;
  };
  if (designs.length === 1) return `${name}: ${who(most)}.`;
  if (most === least) return `${name}: equal, ${count(most)} ${designs.length === 2 ? "with both" : "with every design"}.`;
  return `${name}: most with ${who(most)}, least with ${who(least)}.`;
}

/**
 * The number that goes into the sentence: the one that decides, else the first.
 * @param {Scenario} scenario
 * @returns {Show|null}
 */
export function deciding({ judge, show }) {
  return show.find(({ stat }) => stat === judge?.stat) ?? show[0] ?? null;
}

/**
 * The design that a scenario favours, as a tag.
 * @param {string} favours
 */
export function favoursText(favours) {
  if (favours === "none") return "made to favour nobody";
  return favours ? `made to favour ${favours}` : "no contest";
}
