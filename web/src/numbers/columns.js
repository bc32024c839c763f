/**
 * The columns of the scoreboard: what each shows and means.
 */

import { allocShort, pinMib } from "../controls/demand_text.js";
import { rangeShort } from "../controls/range_text.js";
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
 * @property {string} formula from what it is computed
 * @property {string} source where a kernel has it
 * @property {string} trap how it is easily misread
 * @property {(s: Stats) => string} show
 * @property {(s: Stats) => string} [full] every digit, where what is shown is several numbers in short
 * @property {((s: Stats) => number)|null} bar length of the bar behind the number
 * @property {(s: Stats) => boolean} [tried] whether there is anything to show; the row is hidden as long as nobody has
 * @property {string} [stat] the statistic behind the bar, if it is a single one
 */

/** @type {Column[]} */
export const COLUMNS = [
  {
    key: "free_blocks_all", group: "benefit", stat: "free_blocks_all", head: "Free now", unit: "2 MiB blocks",
    text: "2 MiB pieces free right now, over all zones. At equal balloon size, this is what the design leaves to user land.",
    formula: "n9 + 2 · n10 over all zones, nN = free pieces of order N", source: "/proc/buddyinfo; struct free_area (mm/page_alloc.c)",
    trap: "A block may be free for a moment only: kcompactd, or the next allocation, can change it. It says nothing while balloons differ in size.",
    show: (s) => count(s("free_blocks_all")), bar: (s) => s("free_blocks_all"),
  },
  {
    key: "thp_potential", group: "benefit", stat: "thp_potential", head: "Free or movable", unit: "pageblocks",
    text: "Pageblocks that are free or hold only pages that this design can move: the upper limit for compaction, given room for all those pages.",
    formula: "blocks free + blocks of movable pages only + blocks whose balloon pages the hook moves", source: "pageblock_bitmap and page flags; no file of the kernel has it",
    trap: "An upper limit: it takes free pages elsewhere to move all of it to.",
    show: (s) => count(s("thp_potential")), bar: (s) => s("thp_potential"),
  },
  {
    key: "huge", group: "benefit", stat: "huge_best", head: "Huge pages taken", unit: "most / first try",
    text: "2 MiB pages that user land got when huge pages were last taken: the most over repeated attempts, and the first attempt.",
    formula: "most held at once over repeated attempts / held after the first attempt", source: "/proc/sys/vm/nr_hugepages; htlb_buddy_alloc_success in /proc/vmstat",
    trap: "They are given back at once: “free now” afterwards shows what compaction made on the way.",
    show: (s) => (s("huge_runs") || s("huge_attempt") ? `${count(s("huge_best"))} / ${count(s("huge_first"))}` : "not tried"),
    full: (s) => (s("huge_runs") || s("huge_attempt") ? `${s("huge_best")} / ${s("huge_first")}` : "not tried"),
    bar: (s) => s("huge_best"),
  },
  {
    key: "range", group: "benefit", head: "Range asked for", unit: "offline or contiguous", tried: (s) => s("range_kind") > 0,
    text: "How the last request for a range of memory ended: taken offline, allocated in one piece, or stopped and at which page.",
    formula: "the outcome, and the page that decided", source: "offline_pages() (mm/memory_hotplug.c); cma_alloc(), alloc_contig_pages()",
    trap: "Whole ranges are tried: one page that cannot move decides, however empty the rest is.",
    show: rangeShort, bar: null,
  },
  {
    key: "kmem", group: "benefit", head: "Kernel memory had", unit: "requests", tried: (s) => s("kmem_asked") > 0,
    text: "How many of the last requests for kernel memory succeeded. More has what stood in the way of the others.",
    formula: "requests served of requests asked for", source: "alloc_pages() (mm/page_alloc.c)",
    trap: "Requests that can wait compact and reclaim on the way: a success may have cost the others their memory.",
    show: (s) => allocShort(s) || "not tried", bar: null,
  },
  {
    key: "pins", group: "cost", head: "Pinned", unit: "MiB of so much asked", tried: (s) => s("pin_asked") > 0,
    text: "Memory of programs that the last request pinned for long. Nothing can move it: compaction passes over it, offlining ends in -EBUSY.",
    formula: "pages pinned, of pages asked for", source: "pin_user_pages() with FOLL_LONGTERM (mm/gup.c)",
    trap: "The same objects are pinned under every design, but where they lie depends on what has moved before.",
    show: (s) => pinMib(s) || "not tried", bar: null,
  },
  {
    key: "largest_order", group: "benefit", head: "Largest free", unit: "order",
    text: "Largest order free anywhere: order 9 is a 2 MiB page, order 10 is 4 MiB, the largest the allocator keeps.",
    formula: "the highest order with a free piece in any zone", source: "/proc/buddyinfo",
    trap: "One large piece says nothing of how many there are.",
    show: (s) => orderText(s("largest_order")), bar: null,
  },
  {
    key: "balloon", group: "balloon", head: "Balloon", unit: "MiB of target",
    text: "Memory in the balloon, and the target that the host has set. Compare designs only when their balloons are the same size.",
    formula: "pages held · 4 KiB, of the target that the host has set", source: "nr_balloon_pages, balloon_inflate − balloon_deflate in /proc/vmstat",
    trap: "A balloon that stopped early leaves more to the guest, which is no merit.",
    show: (s) => `${mibNumber(s("balloon_actual"))} of ${mibNumber(s("balloon_target"))}`,
    full: (s) => `${s("balloon_actual") / 256} of ${s("balloon_target") / 256}`, bar: null,
  },
  {
    key: "excess_blocks", group: "balloon", stat: "excess_blocks", head: "Excess E", unit: "pageblocks",
    text: "Pageblocks with a balloon page in them beyond the fewest that could hold the balloon. 0 means perfectly packed.",
    formula: "blocks with a balloon page − ⌈balloon pages / pages of a pageblock⌉", source: "derived; the kernel does not count it",
    trap: "0 is perfectly packed, but a packed block may be held by kernel pages as well.",
    show: (s) => count(s("excess_blocks")), bar: (s) => s("excess_blocks"),
  },
  {
    key: "blocks_with_balloon", group: "balloon", stat: "blocks_with_balloon", head: "Host huge pages broken", unit: "pageblocks",
    text: "Pageblocks with a balloon page in them. The host cannot keep such 2 MiB as one huge page: what the balloon gave it lies in the middle.",
    formula: "pageblocks with at least one balloon page", source: "derived; madvise() of single pages splits the host’s huge page (mm/madvise.c, QEMU’s balloon.c)",
    trap: "A block all of balloon pages counts too, though the host has got it whole: see Excess E for what better packing would save.",
    show: (s) => count(s("blocks_with_balloon")), bar: (s) => s("blocks_with_balloon"),
  },
  {
    key: "scanned", group: "cost", head: "Scanned", unit: "pages",
    text: "Pages that compaction looked at: by the migrate scanner and the free scanner, and by the design's own pass.",
    formula: "compact_migrate_scanned + compact_free_scanned + pages of the design’s own pass", source: "/proc/vmstat",
    trap: "Skipped pageblocks are not counted; a page may be counted in several runs.",
    show: (s) => short(scanned(s)), bar: scanned,
  },
  {
    key: "compact_isolated", group: "cost", stat: "compact_isolated", head: "Isolated", unit: "pages",
    text: "Pages that compaction took off their lists, sources and targets together (compact_isolated).",
    formula: "compact_isolated", source: "/proc/vmstat; isolate_migratepages_block(), isolate_freepages_block()",
    trap: "Sources and targets together: about twice the pages moved.",
    show: (s) => short(s("compact_isolated")), bar: (s) => s("compact_isolated"),
  },
  {
    key: "migrated", group: "cost", stat: "pgmigrate_success", head: "Migrated", unit: "pages (balloon)",
    text: "Pages moved, and in brackets how many of them were balloon pages, which need two messages but no copy.",
    formula: "pgmigrate_success (balloon_migrate)", source: "/proc/vmstat; migrate_pages()",
    trap: "A page moved twice counts twice.",
    show: (s) => `${short(s("pgmigrate_success"))} (${short(balloonMoves(s))})`,
    full: (s) => `${s("pgmigrate_success")} (${balloonMoves(s)})`, bar: (s) => s("pgmigrate_success"),
  },
  {
    key: "host_exits", group: "cost", stat: "host_exits", head: "Host exits", unit: "messages",
    text: "Messages to the host that stop the guest until the host has answered, inflation and deflation included.",
    formula: "messages to the host that wait for an answer", source: "tell_host() in drivers/virtio/virtio_balloon.c",
    trap: "Inflating needs them under every design: compare with pinned.",
    show: (s) => short(s("host_exits")), bar: (s) => s("host_exits"),
  },
  {
    key: "tests", group: "cost", head: "Hook tests", unit: "generic paths",
    text: "How often the generic paths asked whether a page belongs to a balloon: when isolating, unmapping, moving and putting back. Only lru_hook asks.",
    formula: "hook_checks + hook_unmap + hook_move + hook_putback", source: "isolate_movable_page() and its callers, mm/compaction.c and mm/migrate.c",
    trap: "A count, not a time: Cost has each path, and what was measured in 2012.",
    show: (s) => short(tests(s)), bar: tests,
  },
  {
    key: "failed", group: "cost", head: "Failed", unit: "allocations",
    text: "Allocations that failed, of all orders, balloon and huge-page requests included.",
    formula: "allocations of order 0, of orders 1 to 8, and of order 9 that failed", source: "allocstall and the callers’ own counts",
    trap: "The last try of “take huge pages” fails by design: that is how it ends.",
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

/** @param {Stats} s */
function tests(s) {
  return s("hook_checks") + s("hook_unmap") + s("hook_move") + s("hook_putback");
}
