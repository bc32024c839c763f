/**
 * The columns of the scoreboard: what each shows and means.
 */

import { count, mibNumber, orderText, short } from "../lib/format.js";
import { scanned } from "../panels/guest_text.js";

/** @typedef {import("../panels/guest_text.js").Stats} Stats */

/**
 * @typedef {object} Column one column of the scoreboard
 * @property {string} key
 * @property {"benefit"|"balloon"|"cost"} group
 * @property {string} head
 * @property {string} unit
 * @property {string} text what it means, one or two sentences
 * @property {(s: Stats) => string} show
 * @property {((s: Stats) => number)|null} bar length of the bar behind the number
 * @property {string} [stat] the statistic behind the bar, if it is a single one
 */

/** @type {Column[]} */
export const COLUMNS = [
  {
    key: "free_blocks_all", group: "benefit", stat: "free_blocks_all", head: "Free now", unit: "2 MiB blocks",
    text: "2 MiB pieces free right now, over all zones. At equal balloon size, this is what the design leaves to user land.",
    show: (s) => count(s("free_blocks_all")), bar: (s) => s("free_blocks_all"),
  },
  {
    key: "thp_potential", group: "benefit", stat: "thp_potential", head: "Free or movable", unit: "pageblocks",
    text: "Pageblocks that are free or hold only pages that this design can move: the upper limit for compaction, given room for all those pages.",
    show: (s) => count(s("thp_potential")), bar: (s) => s("thp_potential"),
  },
  {
    key: "huge", group: "benefit", stat: "huge_best", head: "Huge pages taken", unit: "most / first try",
    text: "2 MiB pages that user land got when huge pages were last taken: the most over repeated attempts, and the first attempt.",
    show: (s) => (s("huge_runs") || s("huge_attempt") ? `${count(s("huge_best"))} / ${count(s("huge_first"))}` : "not tried"),
    bar: (s) => s("huge_best"),
  },
  {
    key: "largest_order", group: "benefit", head: "Largest free", unit: "order",
    text: "Largest order free anywhere: order 9 is a 2 MiB page, order 10 is 4 MiB, the largest the allocator keeps.",
    show: (s) => orderText(s("largest_order")), bar: null,
  },
  {
    key: "balloon", group: "balloon", head: "Balloon", unit: "MiB of target",
    text: "Memory in the balloon, and the target that the host has set. Compare designs only when their balloons are the same size.",
    show: (s) => `${mibNumber(s("balloon_actual"))} of ${mibNumber(s("balloon_target"))}`, bar: null,
  },
  {
    key: "excess_blocks", group: "balloon", stat: "excess_blocks", head: "Excess E", unit: "pageblocks",
    text: "Pageblocks with a balloon page in them beyond the fewest that could hold the balloon. 0 means perfectly packed.",
    show: (s) => count(s("excess_blocks")), bar: (s) => s("excess_blocks"),
  },
  {
    key: "scanned", group: "cost", head: "Scanned", unit: "pages",
    text: "Pages that compaction looked at: by the migrate scanner and the free scanner, and by the design's own pass.",
    show: (s) => short(scanned(s)), bar: scanned,
  },
  {
    key: "compact_isolated", group: "cost", stat: "compact_isolated", head: "Isolated", unit: "pages",
    text: "Pages that compaction took off their lists, sources and targets together (compact_isolated).",
    show: (s) => short(s("compact_isolated")), bar: (s) => s("compact_isolated"),
  },
  {
    key: "migrated", group: "cost", stat: "pgmigrate_success", head: "Migrated", unit: "pages (balloon)",
    text: "Pages moved, and in brackets how many of them were balloon pages, which need two messages but no copy.",
    show: (s) => `${short(s("pgmigrate_success"))} (${short(balloonMoves(s))})`, bar: (s) => s("pgmigrate_success"),
  },
  {
    key: "host_exits", group: "cost", stat: "host_exits", head: "Host exits", unit: "messages",
    text: "Messages to the host that stop the guest until the host has answered, inflation and deflation included.",
    show: (s) => short(s("host_exits")), bar: (s) => s("host_exits"),
  },
  {
    key: "hook_checks", group: "cost", stat: "hook_checks", head: "Hook checks", unit: "generic path",
    text: "How often the generic compaction path asked whether a page belongs to a balloon. Only lru_hook asks.",
    show: (s) => short(s("hook_checks")), bar: (s) => s("hook_checks"),
  },
  {
    key: "failed", group: "cost", head: "Failed", unit: "allocations",
    text: "Allocations that failed, of all orders, balloon and huge-page requests included.",
    show: (s) => short(failed(s)), bar: failed,
  },
];

/** @param {Stats} s */
function balloonMoves(s) {
  return s("balloon_migrate");
}

/** @param {Stats} s */
function failed(s) {
  return s("alloc_failed") + s("alloc_failed_high") + s("alloc_failed_huge");
}
