/**
 * The command box's language: what a typed line means, and what could be typed. Pure.
 *
 * A line is a command of the log ("inflate 200", "offline 512:64"), or anything that a key can ask for ("help", "theme dark",
 * "scenario chicken and egg"). What is missing or out of range gets one sentence.
 */

import { pageblock } from "../lib/pageblock.js";

const MIB_PAGES = 256;

/**
 * @typedef {object} Known what the page knows now
 * @property {number} most MiB of the guest
 * @property {number} rate operations per tick of the workload
 * @property {{name: string, label: string}[]} scenarios
 *
 * @typedef {{kind: "command", command: any} | {kind: "act", what: string} | {kind: "wrong", words: string}} Meaning
 *
 * @typedef {object} Word one thing that can be typed
 * @property {string} name
 * @property {string} args as shown, "" = none
 * @property {string} words
 * @property {(args: string, known: Known) => Meaning} mean
 */

/** @param {string} words @returns {Meaning} */
const wrong = (words) => ({ kind: "wrong", words });

/** @param {any} command @returns {Meaning} */
const command = (command) => ({ kind: "command", command });

/** @param {string} what @returns {Meaning} */
const asks = (what) => ({ kind: "act", what });

/**
 * A whole number in bounds, or the sentence that says what is wrong.
 * @param {string} text
 * @param {string} what
 * @param {number} low
 * @param {number} high
 * @param {string} unit
 * @returns {number|string}
 */
function whole(text, what, low, high, unit) {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= low && value <= high) return value;
  return `${what} is ${text.trim() || "missing"}: a whole number of ${unit} from ${low} to ${high} is needed.`;
}

/**
 * @param {string} args
 * @param {string} what
 * @param {[number, number, string]} bounds lowest, highest, unit
 * @param {(value: number) => any} make
 */
function one(args, what, [low, high, unit], make) {
  const value = whole(args.replace(/\s*(mib|s|pages?)$/i, ""), what, low, high, unit);
  return typeof value === "string" ? wrong(value) : command(make(value));
}

/** @type {Word[]} */
export const WORDS = [
  { name: "balloon", args: "MIB", words: "set the balloon's target", mean: (args, { most }) => one(args, "The balloon's target", [0, most, "MiB"], (n) => ({ type: "balloon_target", nr_pages: n * MIB_PAGES })) },
  { name: "inflate", args: "MIB", words: "grow the balloon by so much", mean: (args, { most }) => one(args, "Inflation", [1, most, "MiB"], (n) => ({ type: "balloon_inflate", nr_pages: n * MIB_PAGES })) },
  { name: "deflate", args: "MIB", words: "shrink the balloon by so much", mean: (args, { most }) => one(args, "Deflation", [1, most, "MiB"], (n) => ({ type: "balloon_deflate", nr_pages: n * MIB_PAGES })) },
  { name: "compact", args: "", words: "compact all zones", mean: () => command({ type: "compact" }) },
  { name: "huge", args: "NUMBER", words: "take huge pages, at most so many", mean: (args) => one(args || "2000", "Huge pages", [1, 524288, "2 MiB pages"], (nr) => ({ type: "huge", nr })) },
  { name: "direct", args: "ORDER", words: "direct compaction for an order", mean: (args) => one(args || "9", "The order", [1, 10, "orders"], (order) => ({ type: "direct_compact", order })) },
  { name: "drop", args: "", words: "drop caches", mean: () => command({ type: "drop_caches" }) },
  { name: "wait", args: "SECONDS", words: "let simulated time pass", mean: (args) => one(args, "Time to let pass", [1, 86400, "seconds"], (s) => ({ type: "wait", ms: s * 1000 })) },
  { name: "offline", args: "START:SIZE", words: "try to take a range of memory offline, in MiB", mean: offline },
  { name: "contig", args: "MIB", words: "allocate contiguous memory", mean: (args, { most }) => one(args, "Contiguous memory", [2, most, "MiB"], (size_mib) => ({ type: "alloc_contig", size_mib })) },
  { name: "alloc", args: "NUMBER ORDER [unmovable|reclaimable|atomic] [keep]", words: "ask for kernel memory", mean: alloc },
  { name: "pin", args: "MIB", words: "pin memory of programs for long, so that it cannot move", mean: (args, { most }) => one(args, "Memory to pin", [1, most, "MiB"], (size_mib) => ({ type: "pin", size_mib })) },
  { name: "workload", args: "on|off", words: "programs that allocate and free", mean: workload },
  { name: "scenario", args: "NAME", words: "load a scenario", mean: scenario },
  { name: "theme", args: "system|light|dark|projector", words: "colours of the page", mean: (args) => (["system", "light", "dark", "projector"].includes(args) ? asks(`theme-${args}`) : wrong(`The theme is ${args || "missing"}: system, light, dark or projector.`)) },
  ...[
    ["pause", "pause, or run", "pause"], ["now", "back to now", "time-now"], ["start over", "the same guest again (asks first)", "reset"],
    ["guest", "another guest, other designs", "setup"], ["because", "why each design stands where it stands", "tab-because"], ["next obstacle", "the block nearest to becoming free that cannot", "obstacle-next"],
    ["scoreboard", "benefits and costs", "tab-scoreboard"], ["real kernel", "what a real Linux did", "tab-real"], ["cost", "what was paid for what", "tab-cost"],
    ["charts", "over time", "tab-charts"], ["save", "a picture or a table as PNG, SVG or CSV", "save"], ["log", "every command given", "tab-log"], ["why", "the next tick, page by page", "why"],
    ["scenarios", "the gallery of scenarios", "scenarios"], ["argument", "the claims of 2012", "argument"], ["tour", "be shown around", "tour"], ["help", "keys", "tab-help"],
  ].map(([name, words, what]) => ({ name, args: "", words, mean: () => asks(what) })),
];

/**
 * @param {string} args
 * @param {Known} known
 */
function offline(args, { most }) {
  const [, start = "", size = ""] = /^(\d+)\s*[:, ]\s*(\d+)$/.exec(args.trim()) ?? [];
  if (!start) return wrong(`The range is ${args.trim() || "missing"}: START:SIZE in MiB is needed, such as 512:64.`);
  const [start_mib, size_mib] = [whole(start, "Start of the range", 0, most, "MiB"), whole(size, "Size of the range", pageblock.mib, most, "MiB")];
  if (typeof start_mib === "string") return wrong(start_mib);
  if (typeof size_mib === "string") return wrong(size_mib);
  const odd = [start_mib, size_mib].find((n) => n % pageblock.mib);
  return odd ? wrong(`${odd} MiB is no whole number of pageblocks of ${pageblock.size}.`) : command({ type: "offline", start_mib, size_mib });
}

/** @param {string} args */
function alloc(args) {
  const [number = "", order = "", ...rest] = args.trim().split(/\s+/);
  const [nr, at] = [whole(number, "Kernel memory", 1, 1_000_000, "requests"), whole(order, "The order", 0, 10, "(buddy order)")];
  if (typeof nr === "string") return wrong(nr);
  if (typeof at === "string") return wrong(at);
  const after = ["keep", "free"].includes(rest.at(-1) ?? "") ? rest.pop() : "free";
  const [kind = "unmovable", ...more] = rest;
  if (more.length || !["unmovable", "reclaimable", "atomic"].includes(kind)) return wrong(`The kind of request is ${rest.join(" ")}: unmovable, reclaimable or atomic, then keep or free.`);
  return command({ type: "alloc_pages", nr, order: at, kind, keep: after === "keep" });
}

/**
 * @param {string} args
 * @param {Known} known
 */
function workload(args, { rate }) {
  if (args !== "on" && args !== "off") return wrong(`The workload is ${args || "missing"}: on or off.`);
  return command({ type: "workload", enabled: args === "on", rate });
}

/**
 * @param {string} args
 * @param {Known} known
 */
function scenario(args, { scenarios }) {
  const found = scenariosLike(args, scenarios);
  return found.length && args.trim() ? asks(`scenario-${found[0].name}`) : wrong(`There is no scenario like ${args.trim() || "that"}.`);
}

/** @param {string} text */
const plain = (text) => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, " ").trim();

/**
 * @param {string} text
 * @param {Known["scenarios"]} scenarios
 */
function scenariosLike(text, scenarios) {
  const wanted = plain(text).split(" ");
  const has = (/** @type {string} */ words) => wanted.every((word) => plain(words).includes(word));
  const exact = scenarios.filter(({ name, label }) => plain(name) === plain(text) || plain(label) === plain(text));
  return exact.length ? exact : scenarios.filter(({ name, label }) => has(`${name} ${label}`));
}

/**
 * What a line means.
 * @param {string} line
 * @param {Known} known
 * @returns {Meaning}
 */
export function meaning(line, known) {
  const text = line.trim().toLowerCase();
  if (!text) return wrong("Type a command, such as inflate 200.");
  const word = [...WORDS].sort((a, b) => b.name.length - a.name.length).find(({ name }) => text === name || text.startsWith(`${name} `));
  if (!word) return wrong(`“${line.trim().slice(0, 40)}” is no command here. Press Tab to complete.`);
  return word.mean(text.slice(word.name.length).trim(), known);
}

/**
 * What a line could become, best first.
 * @param {string} line
 * @param {Known} known
 * @returns {{text: string, args: string, words: string}[]}
 */
export function completions(line, known) {
  const text = line.trimStart().toLowerCase();
  if (text.startsWith("scenario ")) {
    return scenariosLike(text.slice(9), known.scenarios).map(({ name, label }) => ({ text: `scenario ${name.replaceAll("_", " ")}`, args: "", words: label }));
  }
  const begins = WORDS.filter(({ name }) => name.startsWith(text) || text.startsWith(`${name} `));
  const others = text.length > 1 ? WORDS.filter((word) => !begins.includes(word) && plain(`${word.name} ${word.words}`).includes(plain(text))) : [];
  return [...begins, ...others].map(({ name, args, words }) => ({ text: name, args, words }));
}
