/**
 * One page in words: what the engine knows of it, and what it does not. Pure.
 */

import { commandText } from "../controls/command_text.js";
import { blockRange, count } from "../lib/format.js";
import { PAGE_KINDS } from "../map/palette.js";
import { pageblock, pageblockOf } from "../lib/pageblock.js";

const FLAGS = [
  "lru", "active", "unevictable", "dirty", "writeback", "locked", "isolated", "pinned", "referenced", "mapped",
  "moved before", "in a dedicated pageblock", "movable_ops",
];
const LOCKED = 1 << 5;
const MOBILITY = [
  "free: nothing to move",
  "compaction can move it",
  "compaction can move it, through the hook for balloon pages",
  "compaction leaves it; at most the balloon's own work moves it",
  "pinned: nothing can move it while somebody holds it",
  "kernel memory: nothing can move it",
  "compaction leaves it; offlining and contiguous allocation replace it",
  "never handed out",
  "held by a compactor as a target",
];
const FREE_STATE = 2;
const TAIL = 255;

/** What struct page has and the engine has not. */
export const NOT_KNOWN = "Not in the model: mapcount, mapping, owner.";

/**
 * @typedef {object} PageFacts
 * @property {number} pfn
 * @property {string} kind
 * @property {string} order
 * @property {number} refcount
 * @property {boolean} locked
 * @property {string[]} flags
 * @property {string} mobility
 */

/**
 * @param {import("./raster.js").Fields} fields with all fields of engine/pages.py
 * @param {number} first place of the pageblock's first page
 * @param {number} pfn
 * @returns {PageFacts}
 */
export function pageFacts(fields, first, pfn) {
  const i = first + (pfn % pageblock.pages);
  const flags = fields.flags[i];
  return {
    pfn,
    kind: PAGE_KINDS[fields.state[i]]?.name ?? "unknown",
    order: orderText(fields, first, pfn % pageblock.pages),
    refcount: fields.refcount[i],
    locked: (flags & LOCKED) !== 0,
    flags: FLAGS.filter((_, bit) => flags & (1 << bit)),
    mobility: MOBILITY[fields.mobility[i]] ?? "unknown",
  };
}

/**
 * @param {import("./raster.js").Fields} fields
 * @param {number} first
 * @param {number} page of the pageblock
 */
function orderText({ state, order }, first, page) {
  const own = order[first + page];
  const free = state[first + page] === FREE_STATE;
  if (own !== TAIL) return own === 0 && !free ? "order 0" : `${free ? "first page of a free block of" : "first page of"} order ${own}`;
  for (let back = page - 1; back >= 0; back--) {
    const at = order[first + back];
    if (at === TAIL) continue;
    if (2 ** at > page - back) return `${free ? "in a free block of" : "part of"} order ${at}, ${count(page - back)} pages after its first`;
    break;
  }
  return free ? "in a free block of order 10" : "order not told";
}

/**
 * The same as the lines under a map.
 * @param {PageFacts} facts
 * @returns {{where: string, counts: string, holder: string}}
 */
export function pageText(facts) {
  const block = pageblockOf(facts.pfn);
  return {
    where: `Page ${count(facts.pfn)}, ${facts.pfn % pageblock.pages} of pageblock ${count(block)}, ${blockRange(block)}`,
    counts: `${facts.kind}, ${facts.order}, refcount ${facts.refcount}, ${facts.locked ? "locked" : "not locked"}`,
    holder: `${facts.mobility}; flags: ${facts.flags.length ? facts.flags.join(", ") : "none"}. ${NOT_KNOWN}`,
  };
}

/**
 * @typedef {object} Story the answer of GET /api/sessions/{id}/story
 * @property {string} design
 * @property {number} pfn
 * @property {number} state
 * @property {boolean} owned
 * @property {number} tick
 * @property {number|null} since
 * @property {number} looked_back_to
 * @property {{tick: number, what: string, to: number, come_from: number|null, command: number}[]} steps
 */

/**
 * What became of a page, a line for each step, oldest first.
 * @param {Story} story
 * @param {readonly import("../net/wire.js").Entry[]} log
 * @returns {string[]}
 */
export function storyText(story, log) {
  const { since, steps, state, looked_back_to: to } = story;
  const kind = PAGE_KINDS[state]?.name ?? "unknown";
  const lines = [];
  if (since === 0) lines.push(`At the start: it was there, ${kind}, ${steps.some(({ come_from }) => come_from !== null) ? `at page ${count(steps.find(({ come_from }) => come_from !== null)?.come_from ?? 0)}` : "here"}.`);
  if (since === null) lines.push(`Tick ${count(to)}: it was there already; the story was not followed further back.`);
  for (const step of steps) {
    const entry = log.find(({ index }) => index === step.command);
    const under = entry ? `, after command ${step.command}, ${commandText(entry.command)}` : "";
    const free = state === FREE_STATE || state === 3;
    const what = step.what === "moved" ? `moved from page ${count(step.come_from ?? 0)} to page ${count(step.to)}`
      : step.what === "arrived" ? "came here by migration; from where is not known, a balloon page has no owner that could be followed"
      : free ? "became free" : `became ${kind} at page ${count(step.to)}`;
    lines.push(`Tick ${count(step.tick)}: ${what}${under}.`);
  }
  return lines;
}

/**
 * Several pageblocks that are one cell, in words.
 * @param {import("../map/aggregate.js").Cells} cells
 * @param {number} cell
 * @param {number} first pageblock
 * @param {number} last
 * @returns {{where: string, counts: string, holder: string}}
 */
export function cellText(cells, cell, first, last) {
  const { sums, worst } = cells;
  const n = (/** @type {string} */ kind) => count(sums[kind][cell]);
  const inside = ["no page worse than what it mostly holds", "worst inside: a balloon page", "worst inside: an unmovable page"][worst[cell]];
  return {
    where: `Pageblocks ${count(first)} to ${count(last)}, ${count(first * 2)} to ${count((last + 1) * 2)} MiB`,
    counts: `${n("free")} free, ${n("movable")} movable, ${n("balloon")} balloon, ${n("unmovable")} unmovable pages`,
    holder: `${inside}; Enter or a double click opens it`,
  };
}
