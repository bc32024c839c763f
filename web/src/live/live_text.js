/**
 * A watched machine in words. Pure.
 */

import { count, mib, pagesToMib, perMille, plural, short } from "../lib/format.js";
import { HPAGE_NR_PAGES, pageblock } from "../lib/pageblock.js";

/** @typedef {import("./looks.js").Machine} Machine */
/** @typedef {import("./looks.js").Told} Told */

const SUCCEEDS = -1000;

/** @param {number} index per mille */
export const share = (index) => (index === SUCCEEDS ? "none" : perMille(index));

/**
 * What matters, in one sentence.
 * @param {Told} told
 * @param {boolean} [past] whether it was so earlier
 */
export function saidOf({ zones }, past = false) {
  const pieces = zones.reduce((sum, zone) => sum + zone.free_blocks, 0);
  const free = zones.reduce((sum, zone) => sum + zone.free_pages, 0);
  const small = free ? Math.round((100 * (free - pieces * HPAGE_NR_PAGES)) / free) : 100;
  return `${plural(pieces, "huge page")} of 2 MiB could ${past ? "have been handed out then" : "be handed out now"}; ${small} % of the free memory ${past ? "was" : "is"} in smaller pieces.`;
}

/**
 * Counters that have ever counted, and the names of the others.
 * @param {Told} told
 */
export function countersOf({ events }) {
  const names = Object.keys(events);
  return { moved: names.filter((name) => events[name] > 0), never: names.filter((name) => events[name] === 0) };
}

/**
 * What looking costs and how old the picture is.
 * @param {Machine} machine
 * @param {boolean} [past] whether it was so earlier
 */
export function priceOf({ told, seenAt }, past = false) {
  const cost = `Looking ${past ? "took" : "takes"} ${(100 * told.cost).toFixed(1)} % of one processor`;
  if (told.blind) return `${cost}. ${told.blind}`;
  const seen = seenAt.filter((at) => at > -Infinity);
  if (past && seen.length === 0) return `${cost}; no map of that time was kept.`;
  const oldest = seen.length ? `, the oldest picture ${past ? "was" : "is"} ${Math.round(told.at - seen.reduce((a, b) => Math.min(a, b)))} s old` : "";
  return `${cost}; ${count(seen.length)} of ${plural(seenAt.length, "pageblock")} seen${oldest}.`;
}

/**
 * One pageblock.
 * @param {Machine} machine
 * @param {number} index
 * @param {boolean} [past] whether an earlier look is shown
 */
export function blockWords({ told, planes, seenAt }, index, past = false) {
  const span = told.spans.find(({ first, end }) => index >= first && index < end);
  if (!span) return "";
  const pfn = span.start_pfn + (index - span.first) * pageblock.pages;
  const where = `Node ${span.node}, zone ${span.zone}, pageblock at pfn ${count(pfn)} (${count(pagesToMib(pfn))} MiB)`;
  if (seenAt[index] === -Infinity) return `${where}: not read yet.`;
  const [free, movable, balloon, unmovable] = ["free", "movable", "balloon", "unmovable"].map((name) => planes[name][index]);
  const rest = pageblock.pages - free - movable - balloon - unmovable;
  const parts = [[free, "free"], [movable, "movable"], [balloon, "balloon"], [unmovable, "that will not move"], [rest, "reserved or not there"]]
    .filter(([n]) => n).map(([n, what]) => `${count(Number(n))} ${what}`);
  return `${where}: ${parts.join(", ")}; read ${(told.at - seenAt[index]).toFixed(0)} s ${past ? "before" : "ago"}.`;
}

/**
 * Names of zones beside the map, where each begins; the largest first, and none so close to another that they overlap.
 * @param {import("./looks.js").Span[]} spans
 * @param {(first: number) => number} above css pixels from the bottom of the map to the row of a pageblock
 * @param {number} least css pixels between two names
 * @returns {{text: string, bottom: number}[]}
 */
export function zoneLabels(spans, above, least) {
  const nodes = new Set(spans.map(({ node }) => node)).size;
  /** @type {{text: string, bottom: number}[]} */
  const out = [];
  for (const { node, zone, first, end, start_pfn } of [...spans].sort((a, b) => b.end - b.first - (a.end - a.first))) {
    const bottom = above(first);
    if (first === end || out.some((one) => Math.abs(one.bottom - bottom) < least)) continue;
    const from = Math.round(pagesToMib(start_pfn));
    const place = from && from % 1024 === 0 ? `${count(from / 1024)} GiB` : mib(from);
    out.push({ text: `${nodes > 1 ? `${node} ` : ""}${zone} ${place}`, bottom });
  }
  return out;
}

/**
 * What the two daemons, direct compaction and reclaim, and the balloon are doing, in words.
 * @param {Record<string, number>} rates events a second
 */
export function activityOf(rates) {
  const some = (/** @type {string[]} */ ...names) => names.reduce((sum, name) => sum + (rates[name] ?? 0), 0);
  const pages = (/** @type {number} */ rate) => (rate < 1.5 ? "1 page a second" : `${short(Math.round(rate))} pages a second`);
  /** @type {string[]} */
  const parts = [];
  if (some("pgscan_kswapd")) parts.push(`kswapd scans ${pages(some("pgscan_kswapd"))}`);
  const daemon = some("compact_daemon_migrate_scanned", "compact_daemon_free_scanned");
  if (daemon || some("compact_daemon_wake")) parts.push(daemon ? `kcompactd scans ${pages(daemon)}` : "kcompactd is woken");
  if (some("pgscan_direct")) parts.push(`processes reclaim directly, ${pages(some("pgscan_direct"))}`);
  if (some("compact_stall")) parts.push("processes wait for compaction");
  if (some("balloon_inflate")) parts.push(`the balloon takes ${pages(some("balloon_inflate"))}`);
  if (some("balloon_deflate")) parts.push(`the balloon gives back ${pages(some("balloon_deflate"))}`);
  return parts.length ? `${parts.join("; ")}.`.replace(/^./, (c) => (parts[0].startsWith("k") ? c : c.toUpperCase())) : "kswapd, kcompactd and balloon are at rest.";
}
