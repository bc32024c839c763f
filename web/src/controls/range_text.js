/**
 * What became of a request for a range of memory (offlining, contiguous allocation), and why it stopped. The sentences are
 * those of engine/core/ranges/range_codes.py; a test keeps the two in step.
 */

import { count, mibNumber } from "../lib/format.js";
import { pageblock } from "../lib/pageblock.js";

const OFFLINE = 1; // range_kind
const DONE = 1; // range_result
const STOPPED = 2;

/** By range_reason; {0} the page, {1} what it is, {2} the type of its pageblock. */
const REASONS = [
  "",
  "page {0} is a hole or already offline: a range with holes is refused",
  "page {0} ({1}, in {2} pageblock) cannot be moved: refused at once, before any page was touched",
  "page {0} ({1}) is in use and not on an LRU list: every round put all pages back, the fifth was the last",
  "there is no free page to move page {0} ({1}) to",
  "page {0} ({1}) could not be migrated: five rounds moved nothing",
  "page {0} ({1}) is still in use after everything movable was moved",
  "no run of that many pageblocks could be tried",
];

/** By range_page (units.STATE_*). */
const PAGES = [
  "hole page", "reserved page", "free", "free in a per-CPU list", "held as a migration target", "anon page", "file page",
  "shmem page", "balloon page", "slab page", "page table", "kernel page", "page of unknown use", "hugetlb page",
  "transparent huge page", "poisoned page",
];

const BLOCKS = ["an UNMOVABLE", "a MOVABLE", "a RECLAIMABLE", "a HIGHATOMIC", "a CMA", "an ISOLATE", "a BALLOON"];

/** @typedef {{start_mib: number, size_mib: number}} Range */

/**
 * A range between two pageblocks, whichever comes first.
 * @param {number} one index
 * @param {number} other index
 * @returns {Range}
 */
export function rangeBetween(one, other) {
  const first = Math.min(one, other);
  return { start_mib: first * pageblock.mib, size_mib: (Math.abs(one - other) + 1) * pageblock.mib };
}

/** @param {Range} range */
export const rangeText = (range) => `${count(range.start_mib)} to ${count(range.start_mib + range.size_mib)} MiB`;

/**
 * The outcome of the last request so far; empty if there was none.
 * @param {import("../panels/guest_text.js").Stats} s
 * @returns {string}
 */
export function verdict(s) {
  if (!s("range_kind")) return "";
  const offline = s("range_kind") === OFFLINE;
  const where = `${mibNumber(s("range_start_pfn"))} to ${mibNumber(s("range_end_pfn"))} MiB`;
  const moved = `${count(s("range_migrated"))} pages moved`;
  if (s("range_result") === DONE) return `${where} ${offline ? "is offline" : "could be allocated"}: ${moved}${inVain(s)}.`;
  if (s("range_result") !== STOPPED) return `${offline ? "Offlining" : "Emptying"} ${where}: ${moved} so far.`;
  const what = offline ? `${where} stays` : "No contiguous memory";
  return `${what}: ${reasonText(s)}; ${moved}${inVain(s)}.`;
}

/**
 * The outcome in a word or two, with the page that decided.
 * @param {import("../panels/guest_text.js").Stats} s
 * @returns {string}
 */
export function rangeShort(s) {
  if (!s("range_kind")) return "not tried";
  if (s("range_result") === DONE) return s("range_kind") === OFFLINE ? "offline" : "allocated";
  if (s("range_result") !== STOPPED) return "at work";
  return s("range_pfn") >= 0 ? `stopped by a ${PAGES[s("range_page")] ?? "page"}`.replace(/a (anon|unknown)/, "an $1") : "stopped: no range to try";
}

/** @param {import("../panels/guest_text.js").Stats} s */
function reasonText(s) {
  return (REASONS[s("range_reason")] ?? "")
    .replace("{0}", String(s("range_pfn")))
    .replace("{1}", PAGES[s("range_page")] ?? "unknown page")
    .replace("{2}", BLOCKS[s("range_block")] ?? "an unknown");
}

/** @param {import("../panels/guest_text.js").Stats} s */
function inVain(s) {
  return s("range_wasted") ? `, ${count(s("range_wasted"))} in vain` : "";
}
