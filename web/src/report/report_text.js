/**
 * The words and numbers of a report's answer. Knows no document.
 */

/** @typedef {{file: string, line: number, as: string|null}} LineRead */
/** @typedef {{moment: number, node: number, zone: string, counts: number[], floors: number[], free_pages: number, free_blocks: number, pageblock_order: number|null, unusable_index: number[], fragmentation_index: number[], exact: boolean, source: string}} Zone */
/** @typedef {{asked: boolean, order: number, gfp: string[], succeeds: boolean, cause: string|null, node: number|null, zone: string|null, text: string}} Verdict */
/** @typedef {{text: string, agrees: boolean}} Check */
/** @typedef {{text: string, cause: string|null, why: string|null, order: number, line: number, file: string, checks: Check[], disagreements: string[]}} Failed */
/** @typedef {{name: string, zones: Zone[], request: Failed|null, requests: Failed[], refused: string|null, notices: string[], answers: Verdict[], checks: Check[], disagreements: string[], assumed: string[], page_kib: number|null, read: LineRead[], passed_over: string[]}} Answer */

/** What an index means, for the tables' captions. */
export const MEANING = {
  counts: "Free blocks of each order; ≥ marks a count that the kernel gave up at.",
  unusable_index: "Share of the free memory in blocks below the order: 0 all of it is usable, 1 none of it is.",
  fragmentation_index: "Why a request would fail: towards 0 memory is short, towards 1 it is in pieces. −1: it would not fail, since a block of that order or larger is free.",
};

/** @typedef {"counts"|"unusable_index"|"fragmentation_index"} Row */

/**
 * One value of a zone as it is shown.
 * @param {Zone} zone
 * @param {Row} row
 * @param {number} order
 */
export function cellText(zone, row, order) {
  const value = zone[row][order];
  if (value === undefined) return "";
  if (row === "counts") return `${zone.floors.includes(order) ? "≥ " : ""}${value.toLocaleString("en")}`;
  if (value === -1000) return "−1";
  return (value / 1000).toFixed(3).replace("-", "−");
}

/**
 * A zone's name, with the moment where a text has several.
 * @param {Zone} zone
 * @param {boolean} several
 */
export const zoneName = (zone, several) => `${several ? `#${zone.moment + 1}, ` : ""}node ${zone.node}, ${zone.zone}`;

/**
 * Free memory in MiB, one decimal below ten.
 * @param {Zone} zone
 * @param {number|null} pageKib
 */
export function freeMib(zone, pageKib) {
  const mib = (zone.free_pages * (pageKib ?? 4)) / 1024;
  return mib < 10 ? mib.toFixed(1) : Math.round(mib).toLocaleString("en");
}

/** @param {Verdict} verdict */
export function verdictText(verdict) {
  const word = verdict.succeeds ? "yes" : verdict.cause ?? "no zone";
  return verdict.zone === null ? word : `${word}, ${verdict.zone} ${verdict.node}`;
}

/**
 * Of when the verdicts are: a log's counts are of then.
 * @param {Answer} answer
 */
export const verdictsTitle = (answer) =>
  answer.zones.length && answer.zones.every((zone) => zone.source === "Mem-Info") ? "Would a request have succeeded then?" : "Would a request succeed now?";

/**
 * The usual verdicts as a table: a row per order, a column per mask.
 * @param {Verdict[]} answers
 * @returns {{masks: string[], rows: {order: number, cells: Verdict[]}[]}}
 */
export function verdictRows(answers) {
  const usual = answers.filter((one) => !one.asked);
  const masks = [...new Set(usual.map((one) => one.gfp[0]))];
  const orders = [...new Set(usual.map((one) => one.order))].sort((a, b) => a - b);
  return {
    masks,
    rows: orders.map((order) => ({
      order,
      cells: masks.flatMap((mask) => usual.find((one) => one.order === order && one.gfp[0] === mask) ?? []),
    })),
  };
}

/**
 * What to say first.
 * @param {Answer} answer
 */
export function headline(answer) {
  const asked = answer.answers.find((one) => one.asked);
  if (asked) return asked.text;
  if (answer.request) return answer.request.text;
  if (answer.refused) return answer.refused;
  const first = answer.answers.find((one) => !one.succeeds && one.gfp[0] === "GFP_HIGHUSER_MOVABLE");
  if (first) return first.text;
  if (answer.zones.length) return "Requests of every order that is listed here would succeed now.";
  return "No zone's free blocks are in the text.";
}

/**
 * What to say before the headline: why a request of the log failed, in a few words; empty where the headline is about something else.
 * @param {Answer} answer
 */
export const whyFirst = (answer) => (answer.request && headline(answer) === answer.request.text && answer.request.why) || "";

/**
 * Each line of a text with what it was read as; null where nothing was read, empty where the line is.
 * @param {string} text
 * @param {LineRead[]} read
 * @returns {{number: number, text: string, as: string|null}[]}
 */
export function markedLines(text, read) {
  const kinds = new Map(read.map((one) => [one.line, one.as]));
  return text.replace(/\n$/, "").split("\n").map((line, i) => ({ number: i + 1, text: line, as: kinds.get(i + 1) ?? null }));
}

/**
 * How many lines were read as what, per file.
 * @param {LineRead[]} read
 * @returns {{file: string, kinds: string, unread: number}[]}
 */
export function readByFile(read) {
  /** @type {Map<string, Map<string|null, number>>} */
  const files = new Map();
  for (const { file, as } of read) {
    const kinds = files.get(file) ?? new Map();
    kinds.set(as, (kinds.get(as) ?? 0) + 1);
    files.set(file, kinds);
  }
  return [...files].map(([file, kinds]) => ({
    file,
    kinds: [...kinds].filter(([as]) => as !== null).map(([as, number]) => `${as} ${number}`).join(", "),
    unread: kinds.get(null) ?? 0,
  }));
}
