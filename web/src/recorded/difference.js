/**
 * Where a session stands among the recorded commands of a real kernel, and how far our numbers are from its own: in words.
 * Pure; docs/PROTOCOL.md section 6 has the rules.
 */

import { count, mibNumber } from "../lib/format.js";

/**
 * @typedef {import("../net/wire.js").Command} Command
 *
 * @typedef {object} Value of one quantity after one step
 * @property {number} low of the repetitions
 * @property {number} mean
 * @property {number} high
 * @property {[number, number]} band
 * @property {number[]} each
 *
 * @typedef {object} Step
 * @property {number|null} picture step whose picture shows this state, null = none
 * @property {Record<string, Value>} values by statistic
 *
 * @typedef {object} RecordedDesign
 * @property {string} key
 * @property {string} name
 * @property {Record<string, string>} toggles
 * @property {string} text how the kernel was made to do it
 * @property {number} repetitions
 * @property {Step[]} steps
 *
 * @typedef {object} Recorded the answer of /api/recorded/{example}
 * @property {string} example
 * @property {string} kernel
 * @property {string} profile
 * @property {{command: Command, same: Command[], text: string}[]} operations
 * @property {RecordedDesign[]} designs
 *
 * @typedef {object} Entry one line of a session's log
 * @property {number} index
 * @property {number} tick
 * @property {Command} command
 * @property {boolean} idle
 *
 * @typedef {({kind: "none"} | {kind: "profile"} | {kind: "unknown"} | {kind: "on", step: number} |
 *   {kind: "left", why: "other"|"early"|"more", step: number, command: Command|null}) & {reading?: boolean}} Standing
 *   reading: the log is not read up to the frame, so this is of the command before
 */

/**
 * "6.12.107+deb12-amd64" as people say it.
 * @param {string} kernel
 */
export const kernelName = (kernel) => `Linux ${/^\d+\.\d+/.exec(kernel)?.[0] ?? kernel}`;

/**
 * @param {Command} a
 * @param {Command} b
 */
const same = (a, b) => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};

/**
 * Which step the state shown belongs to.
 * @param {Recorded|null} recorded
 * @param {string} profile of the session
 * @param {readonly Entry[]} log as far as it is known
 * @param {number} log_index of the frame shown
 * @returns {Standing}
 */
export function standing(recorded, profile, log, log_index) {
  if (!recorded) return { kind: "none" };
  if (profile !== recorded.profile) return { kind: "profile" };
  const { operations } = recorded;
  for (let i = 0; i < Math.min(log_index, operations.length + 1); i++) {
    const entry = log[i];
    if (!entry) return { kind: "unknown" };
    if (i >= operations.length) return { kind: "left", why: "more", step: i, command: entry.command };
    if (!operations[i].same.some((command) => same(command, entry.command))) {
      return { kind: "left", why: "other", step: i, command: entry.command };
    }
    if (!entry.idle) return { kind: "left", why: "early", step: i, command: entry.command };
  }
  if (log_index > operations.length) return { kind: "left", why: "more", step: operations.length, command: null };
  return { kind: "on", step: log_index };
}

/**
 * Whether a scenario goes the way of the recording: else nothing of it is to be held against the kernel, and nobody who follows
 * the scenario has left anything.
 * @param {Recorded|null} recorded
 * @param {{steps: {commands: Command[]}[]}|null} scenario the one that runs, null = none
 */
export function along(recorded, scenario) {
  if (!scenario) return true;
  const commands = scenario.steps.flatMap((step) => step.commands);
  return recorded !== null && commands.every((command, i) => recorded.operations[i]?.same.some((each) => same(each, command)));
}

/**
 * While the log is being read after a command, what was known before still stands: nothing flickers. But it is marked, for the
 * numbers are of the next step already, and must not be judged by this one.
 * @returns {(now: Standing) => Standing}
 */
export function steady() {
  /** @type {Standing|null} */
  let last = null;
  return (now) => {
    if (now.kind === "unknown" && last) return { ...last, reading: true };
    last = now;
    return now;
  };
}

/**
 * The recorded design that a panel shows: same name, same toggles.
 * @param {Recorded|null} recorded
 * @param {{name: string, toggles: Record<string, string>}} design
 */
export function recordedDesign(recorded, design) {
  return recorded?.designs.find(({ name, toggles }) => {
    const keys = Object.keys(design.toggles ?? {});
    return name === design.name && keys.length === Object.keys(toggles).length && keys.every((key) => toggles[key] === design.toggles[key]);
  }) ?? null;
}

/**
 * @typedef {object} Row one quantity of the comparison
 * @property {string} stat
 * @property {string} head
 * @property {string} unit
 * @property {string} text
 * @property {(value: number) => string} show
 * @property {[string, string]} words for less and for more
 */

/** @type {[string, string]} */
const NUMBER = ["fewer", "more"];

/** @type {Row[]} */
export const ROWS = [
  { stat: "free_blocks_all", head: "2 MiB pieces free", unit: "pieces, all zones", words: NUMBER, show: count,
    text: "What a program could take as huge pages at this moment: blocks of order 9, and twice those of order 10." },
  { stat: "huge_best", head: "Huge pages handed out", unit: "most of several attempts", words: NUMBER, show: count,
    text: "2 MiB pages that the kernel could hand out when asked for all it could give, repeatedly." },
  { stat: "huge_first", head: "… at the first attempt", unit: "2 MiB pages", words: NUMBER, show: count, text: "The same at the first attempt." },
  { stat: "nr_free_pages", head: "Free pages", unit: "pages, all zones", words: NUMBER, show: count, text: "Free in the buddy allocator, as /proc/buddyinfo adds up." },
  { stat: "unusable_index_9", head: "Unusable free index", unit: "order 9, main zone", words: ["lower", "higher"], show: (n) => (n / 1000).toFixed(3),
    text: "Share of free memory that lies in pieces too small for a 2 MiB page: 0 = none, 1 = all." },
  { stat: "balloon_actual", head: "Balloon", unit: "MiB", words: ["smaller", "larger"], show: mibNumber, text: "Memory that the balloon holds." },
  { stat: "compact_migrate_scanned", head: "Migrate scanner", unit: "pages seen since the start", words: NUMBER, show: count, text: "Pages that the migrate scanner looked at." },
  { stat: "compact_free_scanned", head: "Free scanner", unit: "pages seen since the start", words: NUMBER, show: count, text: "Pages that the free scanner looked at." },
  { stat: "compact_isolated", head: "Isolated", unit: "pages since the start", words: NUMBER, show: count, text: "Pages that compaction took off their lists, sources and targets together." },
  { stat: "pgmigrate_success", head: "Migrated", unit: "pages since the start", words: NUMBER, show: count, text: "Pages that were moved." },
  { stat: "balloon_migrate", head: "Balloon pages migrated", unit: "pages since the start", words: NUMBER, show: count, text: "Of them pages of the balloon." },
];
const BY_STAT = new Map(ROWS.map((row) => [row.stat, row]));

/**
 * The kernel's own numbers: one, or lowest to highest of its runs.
 * @param {Row} row
 * @param {{low: number, high: number}} value
 */
export function kernelText(row, { low, high }) {
  const [a, b] = [row.show(low), row.show(high)];
  return a === b ? a : `${a} to ${b}`;
}

/**
 * @typedef {object} Verdict
 * @property {"inside"|"near"|"off"} kind in the kernel's own range, in the band, or outside of both
 * @property {string} sign
 * @property {string} words
 */

/**
 * Our number against the kernel's.
 * @param {string} stat
 * @param {Value} value
 * @param {number} ours
 * @returns {Verdict}
 */
export function verdict(stat, value, ours) {
  const row = /** @type {Row} */ (BY_STAT.get(stat));
  const { low, high, band } = value;
  if (row.show(ours) === row.show(low) && row.show(ours) === row.show(high)) return { kind: "inside", sign: "=", words: "equal" };
  if (ours >= low && ours <= high) return { kind: "inside", sign: "=", words: "within the kernel’s range" };
  const by = row.show(ours < low ? low - ours : ours - high);
  const word = row.words[ours < low ? 0 : 1];
  const than = low === high ? "" : ours < low ? " than its lowest" : " than its highest";
  const near = ours >= band[0] && ours <= band[1];
  return { kind: near ? "near" : "off", sign: near ? "≈" : "≠", words: `${by} ${word}${than}${near ? "" : ": outside the band"}` };
}

/**
 * How many of a step's quantities lie in the band.
 * @param {Record<string, Value>} values
 * @param {(stat: string) => number} ours
 */
export function tally(values, ours) {
  const kinds = ROWS.filter(({ stat }) => stat in values).map(({ stat }) => verdict(stat, values[stat], ours(stat)).kind);
  return { total: kinds.length, close: kinds.filter((kind) => kind !== "off").length, inside: kinds.filter((kind) => kind === "inside").length };
}

/**
 * Why there is nothing to compare, in words.
 * @param {Exclude<Standing, {kind: "on"}>} where
 * @param {Recorded|null} recorded
 * @param {(command: Command) => string} commandText
 */
export function standingText(where, recorded, commandText) {
  if (where.kind === "none" || !recorded) return "";
  if (where.kind === "unknown") return "Reading what was asked so far…";
  if (where.kind === "profile") {
    return `The recordings are of ${kernelName(recorded.kernel)}; this guest follows the rules of Linux 3.8, so there is nothing to hold it against.`;
  }
  const asked = where.command ? `“${commandText(where.command)}”` : "more commands";
  const wanted = recorded.operations[where.step]?.text;
  const why = {
    other: `${asked} was asked for; recorded as step ${where.step + 1} is “${wanted}”`,
    early: `${asked} was asked for before the step before it was finished, or with the workload on`,
    more: `${asked} came after the last recorded step`,
  }[where.why];
  return `You have left the recorded commands: ${why}. Start over to compare.`;
}

/**
 * Pageblocks that the same thing holds in two pictures of one machine.
 * @param {Record<string, import("../net/wire.js").Plane>} a
 * @param {Record<string, import("../net/wire.js").Plane>} b
 */
export function sameHolder(a, b) {
  let same = 0;
  for (let i = 0; i < a.flags.length; i++) if (((a.flags[i] ^ b.flags[i]) >> 4 & 7) === 0) same += 1;
  return same;
}

/**
 * One pageblock in the real kernel's memory beside ours.
 * @param {Record<string, import("../net/wire.js").Plane>} ours
 * @param {Record<string, import("../net/wire.js").Plane>} real
 * @param {number} index
 */
export function blockDifference(ours, real, index) {
  const parts = ["free", "movable", "balloon", "unmovable"].map((plane) => {
    const by = ours[plane][index] - real[plane][index];
    return by === 0 ? "" : `${count(Math.abs(by))} ${by < 0 ? "fewer" : "more"} ${plane}`;
  }).filter(Boolean);
  return parts.length ? `fragscope has ${parts.join(", ")}` : "the same in both";
}

/**
 * @param {string} example
 * @param {string} design key
 * @param {number} step
 */
export const pictureKey = (example, design, step) => `${example} ${design} ${step}`;
