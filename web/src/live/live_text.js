/**
 * A watched machine in words. Pure.
 */

import { count, pagesToMib, perMille, plural } from "../lib/format.js";
import { HPAGE_NR_PAGES, pageblock } from "../lib/pageblock.js";

/** @typedef {import("./looks.js").Machine} Machine */
/** @typedef {import("./looks.js").Told} Told */

const SUCCEEDS = -1000;

/** @param {number} index per mille */
export const share = (index) => (index === SUCCEEDS ? "none" : perMille(index));

/**
 * What matters, in one sentence.
 * @param {Told} told
 */
export function saidOf({ zones }) {
  const pieces = zones.reduce((sum, zone) => sum + zone.free_blocks, 0);
  const free = zones.reduce((sum, zone) => sum + zone.free_pages, 0);
  const small = free ? Math.round((100 * (free - pieces * HPAGE_NR_PAGES)) / free) : 100;
  return `${plural(pieces, "huge page")} of 2 MiB could be handed out now; ${small} % of the free memory is in smaller pieces.`;
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
 */
export function priceOf({ told, seenAt }) {
  const cost = `Looking takes ${(100 * told.cost).toFixed(1)} % of one processor`;
  if (told.blind) return `${cost}. ${told.blind}`;
  const seen = seenAt.filter((at) => at > -Infinity);
  const oldest = seen.length ? `, the oldest picture is ${Math.round(told.at - seen.reduce((a, b) => Math.min(a, b)))} s old` : "";
  return `${cost}; ${count(seen.length)} of ${plural(seenAt.length, "pageblock")} seen${oldest}.`;
}

/**
 * One pageblock.
 * @param {Machine} machine
 * @param {number} index
 */
export function blockWords({ told, planes, seenAt }, index) {
  const span = told.spans.find(({ first, end }) => index >= first && index < end);
  if (!span) return "";
  const pfn = span.start_pfn + (index - span.first) * pageblock.pages;
  const where = `Node ${span.node}, zone ${span.zone}, pageblock at pfn ${count(pfn)} (${count(pagesToMib(pfn))} MiB)`;
  if (seenAt[index] === -Infinity) return `${where}: not read yet.`;
  const [free, movable, balloon, unmovable] = ["free", "movable", "balloon", "unmovable"].map((name) => planes[name][index]);
  const rest = pageblock.pages - free - movable - balloon - unmovable;
  const parts = [[free, "free"], [movable, "movable"], [balloon, "balloon"], [unmovable, "that will not move"], [rest, "reserved or not there"]]
    .filter(([n]) => n).map(([n, what]) => `${count(Number(n))} ${what}`);
  return `${where}: ${parts.join(", ")}; read ${(told.at - seenAt[index]).toFixed(0)} s ago.`;
}
