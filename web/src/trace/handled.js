/**
 * A trace in words: what became of each page. Pure. The server's side is described in docs/PROTOCOL.md; every sentence about a
 * page is the engine's.
 */

import { blockRange, count, plural } from "../lib/format.js";
import { pageblockOf } from "../lib/pageblock.js";

/**
 * @typedef {{refcount: number, locked: boolean, isolated: boolean, on: string}} PageNow
 * @typedef {{nr_isolated_anon: number, nr_isolated_file: number, balloon_isolated: number}} Counters
 *
 * @typedef {object} Call
 * @property {number} depth
 * @property {string} function
 * @property {string} file
 * @property {Record<string, number>} args
 * @property {string|null} [returned]
 * @property {PageNow} [page] after the call
 * @property {Counters} [counters] after the call
 *
 * @typedef {object} Handled one page or pageblock, and what became of it
 * @property {"page"|"pageblock"} subject
 * @property {number} pfn
 * @property {number} pageblock
 * @property {string} kind
 * @property {number} order
 * @property {string} by
 * @property {string} outcome
 * @property {number|null} to
 * @property {string} reason
 * @property {string} sentence
 * @property {string} source
 * @property {Call[]} calls
 *
 * @typedef {object} Trace
 * @property {string} design
 * @property {string} profile
 * @property {number} tick
 * @property {number} ticks
 * @property {boolean} idle
 * @property {number|null} [cut] calls after which it ended within a tick, null = it is whole
 * @property {number} total
 * @property {number} shown
 * @property {{reason: string, outcome: string, nr: number}[]} counts
 * @property {Handled[]} handled
 *
 * @typedef {{id: string, outcome: string, sentence: string, source: string, code: string}} Reason
 *
 * @typedef {{outcome: string, reason: string}} Filter "" = any
 */

/** What can become of a page, each with a symbol and a word. @type {Record<string, {symbol: string, words: string}>} */
export const OUTCOMES = {
  moved: { symbol: "→", words: "moved" },
  target: { symbol: "□", words: "taken" },
  isolated: { symbol: "◐", words: "isolated" },
  put_back: { symbol: "↩", words: "put back" },
  failed: { symbol: "✕", words: "failed" },
  freed: { symbol: "○", words: "freed" },
  left: { symbol: "–", words: "left" },
  skipped: { symbol: "»", words: "skipped" },
};

/** @param {string} outcome */
export const outcomeOf = (outcome) => OUTCOMES[outcome] ?? { symbol: "?", words: outcome.replaceAll("_", " ") };

/** @param {string} id */
export const reasonWords = (id) => id.replaceAll("_", " ");

/**
 * Outcomes of a trace with their counts, in the order of OUTCOMES.
 * @param {Trace} trace
 */
export function outcomes(trace) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { outcome, nr } of trace.counts) sums.set(outcome, (sums.get(outcome) ?? 0) + nr);
  const known = Object.keys(OUTCOMES);
  return [...sums].sort(([a], [b]) => known.indexOf(a) - known.indexOf(b)).map(([outcome, nr]) => ({ outcome, nr }));
}

/**
 * Reasons of a trace with their counts, of one outcome or all, most frequent first.
 * @param {Trace} trace
 * @param {string} outcome
 */
export const reasons = (trace, outcome) =>
  trace.counts.filter((each) => !outcome || each.outcome === outcome).sort((a, b) => b.nr - a.nr);

/**
 * @param {Trace} trace
 * @param {Filter} filter
 */
export const chosen = (trace, { outcome, reason }) =>
  trace.handled.filter((each) => (!outcome || each.outcome === outcome) && (!reason || each.reason === reason));

/**
 * How many of the pages handled the filter lets through, listed or not.
 * @param {Trace} trace
 * @param {Filter} filter
 */
export const counted = (trace, { outcome, reason }) =>
  trace.counts.reduce((sum, each) => sum + ((!outcome || each.outcome === outcome) && (!reason || each.reason === reason) ? each.nr : 0), 0);

/**
 * The row to show first: a balloon page if there is one, else a page that moved.
 * @param {readonly Handled[]} rows
 */
export function firstRow(rows) {
  const balloon = rows.findIndex(({ subject, kind }) => subject === "page" && kind === "balloon");
  return Math.max(0, balloon >= 0 ? balloon : rows.findIndex(({ outcome }) => outcome === "moved"));
}

/** @param {Handled} handled */
export function subjectText({ subject, pfn, pageblock, kind, order }) {
  if (subject === "pageblock") return `pageblock ${count(pageblock)}, ${kind}`;
  return `page ${pfn}, ${kind}${order > 0 ? `, order ${order}` : ""}`;
}

/**
 * What a list row says besides outcome and page.
 * @param {Handled} handled
 */
export const moreText = ({ outcome, reason, to }) => (outcome === reason && to !== null ? `to page ${to}` : reasonWords(reason));

/** @param {Handled} handled */
export function titleText(handled) {
  const { subject, pageblock, by, to } = handled;
  const where = subject === "page" ? `, in pageblock ${count(pageblock)} (${blockRange(pageblock)})` : ` (${blockRange(pageblock)})`;
  const target = to === null || to === undefined ? "" : `, to page ${to}`;
  const upper = subjectText(handled);
  return `${upper.charAt(0).toUpperCase()}${upper.slice(1)}${where}: ${outcomeOf(handled.outcome).words}${target}, by ${by}`;
}

/**
 * The pageblock of the page that a page was moved to.
 * @param {Handled} handled
 */
export const targetBlock = ({ to }) => (to === null || to === undefined ? null : pageblockOf(to));

/**
 * @typedef {"none"|"foretold"|"done"|"stale"} Standing
 */

/**
 * Where the session stands relative to a trace.
 * @param {Trace|null} trace
 * @param {{tick: number, log_index: number}|null} frame
 * @param {number} log_index when the trace was requested
 * @returns {Standing}
 */
export function standing(trace, frame, log_index) {
  if (!trace || !frame) return "none";
  if (frame.log_index !== log_index || frame.tick < trace.tick || frame.tick > trace.tick + trace.ticks) return "stale";
  if (trace.ticks > 0 && frame.tick === trace.tick + trace.ticks) return "done";
  return frame.tick === trace.tick ? "foretold" : "stale";
}

/**
 * The line above the list.
 * @param {Trace} trace
 * @param {Standing} now
 * @param {number} tick of the session
 */
export function traceText(trace, now, tick) {
  const span = trace.ticks === 1 ? `tick ${count(trace.tick + 1)}` : `ticks ${count(trace.tick + 1)} to ${count(trace.tick + trace.ticks)}`;
  if (trace.ticks === 0) return `${trace.design} has nothing to do. Press Compact or change the balloon: while paused, the command waits.`;
  const what = trace.total === 0 ? "no page is handled by compaction, reclaim, a range request or the balloon" : `${plural(trace.total, "page or pageblock", "pages and pageblocks")} handled${trace.shown < trace.total ? `, ${count(trace.shown)} listed` : ""}`;
  if (trace.cut) return `The beginning of ${span} of ${trace.design}: ${what} in the first ${count(trace.cut)} calls. This guest does more in a tick than a trace watches, so what comes after them is not listed.`;
  if (now === "done") return `Done, ${span} of ${trace.design}: ${what}.`;
  if (now === "stale") return `Past: ${span} of ${trace.design}. The session has moved on to tick ${count(tick)}: trace again.`;
  return `Coming up, ${span} of ${trace.design}: ${what}. Step does exactly this.`;
}

/**
 * The row that a key moves to, null = not one of our keys.
 * @param {string} key
 * @param {number} row
 * @param {number} nr
 */
export function moveRow(key, row, nr) {
  const page = 8;
  /** @type {Record<string, number>} */
  const to = { ArrowDown: row + 1, ArrowUp: row - 1, PageDown: row + page, PageUp: row - page, Home: 0, End: nr - 1 };
  return key in to && nr > 0 ? Math.max(0, Math.min(nr - 1, to[key])) : null;
}
