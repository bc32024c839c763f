/**
 * How far our numbers are from a real kernel's, in words. Pure; docs/PROTOCOL.md section 6 has the rules.
 */

import { count, mibNumber } from "../lib/format.js";

/** @typedef {import("./recording.js").Value} Value */

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
    text: "What a program could take as huge pages right now: blocks of order 9, plus twice those of order 10." },
  { stat: "huge_best", head: "Huge pages handed out", unit: "most of several attempts", words: NUMBER, show: count,
    text: "2 MiB pages handed out when the kernel was asked, repeatedly, for all it could give." },
  { stat: "huge_first", head: "… at the first attempt", unit: "2 MiB pages", words: NUMBER, show: count, text: "The same at the first attempt." },
  { stat: "nr_free_pages", head: "Free pages", unit: "pages, all zones", words: NUMBER, show: count, text: "Free in the buddy allocator: the sum of /proc/buddyinfo." },
  { stat: "unusable_index_9", head: "Unusable free index", unit: "order 9, main zone", words: ["lower", "higher"], show: (n) => (n / 1000).toFixed(3),
    text: "Share of free memory in pieces too small for a 2 MiB page: 0 = none, 1 = all." },
  { stat: "balloon_actual", head: "Balloon", unit: "MiB", words: ["smaller", "larger"], show: mibNumber, text: "Memory that the balloon holds." },
  { stat: "compact_migrate_scanned", head: "Migrate scanner", unit: "pages seen since the start", words: NUMBER, show: count, text: "Pages that the migrate scanner looked at." },
  { stat: "compact_free_scanned", head: "Free scanner", unit: "pages seen since the start", words: NUMBER, show: count, text: "Pages that the free scanner looked at." },
  { stat: "compact_isolated", head: "Isolated", unit: "pages since the start", words: NUMBER, show: count, text: "Pages that compaction took off their lists, sources and targets together." },
  { stat: "pgmigrate_success", head: "Migrated", unit: "pages since the start", words: NUMBER, show: count, text: "Pages that were moved." },
  { stat: "balloon_migrate", head: "Balloon pages migrated", unit: "pages since the start", words: NUMBER, show: count, text: "Balloon pages among them." },
];
const BY_STAT = new Map(ROWS.map((row) => [row.stat, row]));

/**
 * The kernel's own numbers: one, or the lowest to the highest of its runs.
 * @param {Row} row
 * @param {{low: number, high: number}} value
 */
export function kernelText(row, { low, high }) {
  const [a, b] = [row.show(low), row.show(high)];
  return a === b ? a : `${a} to ${b}`;
}

/**
 * @typedef {object} Verdict
 * @property {"inside"|"near"|"off"} kind in the kernel's own range, in the band, or outside both
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
 * How many of a step's quantities are within the band.
 * @param {Record<string, Value>} values
 * @param {(stat: string) => number} ours
 */
export function tally(values, ours) {
  const kinds = ROWS.filter(({ stat }) => stat in values).map(({ stat }) => verdict(stat, values[stat], ours(stat)).kind);
  return { total: kinds.length, close: kinds.filter((kind) => kind !== "off").length, inside: kinds.filter((kind) => kind === "inside").length };
}

/**
 * Number of pageblocks with the same holder in two pictures of one machine.
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
