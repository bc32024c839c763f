/**
 * The page's sentences about designs, statistics and activity. Numbers come from frames; here they only get their words.
 */

import { blockRange, count, mibNumber, orderText, pagesText, plural, short } from "../lib/format.js";

/**
 * What each design does, and what it claims; the source is the server's.
 * @type {Record<string, {title: string, help: string, claim: string}>}
 */
export const DESIGNS = {
  pinned: {
    title: "pinned",
    help: "Balloon pages stay where they were taken.",
    claim:
      "The baseline, as in kernels before 3.8: balloon pages are unmovable. No extra code and no extra messages to the host, but a pageblock with one balloon page in it cannot become a free 2 MiB block until the balloon shrinks.",
  },
  lru_hook: {
    title: "lru_hook",
    help: "Compaction moves balloon pages like any other page.",
    claim:
      "What Linux merged (3.8, and as movable_ops today): the generic migrate scanner recognises balloon pages and moves them. It reuses mature code and keeps 2 MiB blocks for programs; it pays with a test on the generic path and two messages to the host for each page moved.",
  },
  separate_pass: {
    title: "separate_pass",
    help: "A pass of its own moves balloon pages, after balloon events.",
    claim:
      "Minchan Kim's first proposal of July 2012, made concrete by us: the generic path never sees balloon pages; after inflation or deflation a separate pass moves them, with up to 256 pages in one pair of messages. It comes only when the balloon changes, not when fragmentation hurts.",
  },
  dedicated_block: {
    title: "dedicated_block",
    help: "Compaction gathers balloon pages in pageblocks of their own.",
    claim:
      "Minchan Kim's second proposal of July 2012, made concrete by us: free pageblocks that compaction has produced are given to the balloon whole, and 512 scattered balloon pages move into each. No other code needs to know balloon pages; but it needs a free block to start, and those are what programs want for huge pages.",
  },
};

/** @param {string} name */
export const designWords = (name) =>
  DESIGNS[name] ?? { title: name, help: "", claim: "A design that this page does not know yet." };

/**
 * What the server's label says beside the name: that the design is our reading of a proposal, or which kernels have it.
 * @param {string} label
 * @returns {{ours: string, since: string}}
 */
export function splitLabel(label) {
  return {
    ours: /as proposed, our implementation/i.exec(label)?.[0] ?? "",
    since: /\(([^()]*(?:linux|kernel|before)[^()]*)\)\s*$/i.exec(label)?.[1] ?? "",
  };
}

/** @typedef {(name: string) => number} Stats value of one statistic */

/**
 * @typedef {object} Column one column of the scoreboard
 * @property {string} key
 * @property {"benefit"|"balloon"|"cost"} group
 * @property {string} head
 * @property {string} unit
 * @property {string} text what it means, one or two sentences
 * @property {(s: Stats) => string} show
 * @property {((s: Stats) => number)|null} bar length of the bar behind the number
 * @property {string} [stat] statistic that the bar shows, where it is one alone
 */

/** @type {Column[]} */
export const COLUMNS = [
  {
    key: "free_blocks_all", group: "benefit", stat: "free_blocks_all", head: "Free now", unit: "2 MiB blocks",
    text: "2 MiB pieces that are free at this moment, over all zones. At equal balloon size this is what the design leaves to user land.",
    show: (s) => count(s("free_blocks_all")), bar: (s) => s("free_blocks_all"),
  },
  {
    key: "thp_potential", group: "benefit", stat: "thp_potential", head: "Free or movable", unit: "pageblocks",
    text: "Pageblocks that are free or hold nothing but pages that this design can move: the ceiling of any compaction, if there were room for all those pages.",
    show: (s) => count(s("thp_potential")), bar: (s) => s("thp_potential"),
  },
  {
    key: "huge", group: "benefit", stat: "huge_best", head: "Huge pages taken", unit: "most / first try",
    text: "2 MiB pages that user land got when huge pages were last taken: the most over repeated attempts, and at the first attempt.",
    show: (s) => (s("huge_runs") || s("huge_attempt") ? `${count(s("huge_best"))} / ${count(s("huge_first"))}` : "not tried"),
    bar: (s) => s("huge_best"),
  },
  {
    key: "largest_order", group: "benefit", head: "Largest free", unit: "order",
    text: "Largest order that is free anywhere: order 9 is a 2 MiB page, order 10 is 4 MiB, the largest that the allocator keeps.",
    show: (s) => orderText(s("largest_order")), bar: null,
  },
  {
    key: "balloon", group: "balloon", head: "Balloon", unit: "MiB of target",
    text: "Memory in the balloon and the target that the host has set. Compare the designs only where the balloons have the same size.",
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
    text: "Pages moved to another place, and in brackets how many of them were balloon pages, which need no copy but two messages.",
    show: (s) => `${short(s("pgmigrate_success"))} (${short(balloonMoves(s))})`, bar: (s) => s("pgmigrate_success"),
  },
  {
    key: "host_exits", group: "cost", stat: "host_exits", head: "Host exits", unit: "messages",
    text: "Messages to the host that stop the guest until it has answered, inflation and deflation included.",
    show: (s) => short(s("host_exits")), bar: (s) => s("host_exits"),
  },
  {
    key: "hook_checks", group: "cost", stat: "hook_checks", head: "Hook checks", unit: "generic path",
    text: "How often the generic path of compaction asked of a page whether it belongs to a balloon. Only lru_hook asks.",
    show: (s) => short(s("hook_checks")), bar: (s) => s("hook_checks"),
  },
  {
    key: "failed", group: "cost", head: "Failed", unit: "allocations",
    text: "Allocations that failed, of all orders, balloon and huge-page requests included.",
    show: (s) => short(failed(s)), bar: failed,
  },
];

/** @param {Stats} s */
function scanned(s) {
  return s("compact_migrate_scanned") + s("compact_free_scanned") + s("pass_scanned");
}

/** @param {Stats} s */
function balloonMoves(s) {
  return s("balloon_migrate");
}

/** @param {Stats} s */
function failed(s) {
  return s("alloc_failed") + s("alloc_failed_high") + s("alloc_failed_huge");
}

/**
 * What came of the huge pages asked for last; they have all been given back since.
 * @param {Stats} s
 */
export function takenText(s) {
  if (!s("huge_runs") && !s("huge_attempt")) return "huge pages: not tried yet";
  return `${plural(s("huge_best"), "huge page")} taken`;
}

/**
 * What a guest is doing now.
 * @param {Stats} s
 * @param {{start_pfn: number, end_pfn: number}[]} zones
 * @param {boolean} [paused] nobody works, whatever has been asked for
 * @returns {{busy: boolean, text: string}}
 */
export function activity(s, zones, paused = false) {
  const actual = s("balloon_actual");
  const target = s("balloon_target");
  const active = s("compact_active");
  const busy = s("busy") !== 0;
  if (busy && actual < target && !s("balloon_stopped")) {
    return { busy, text: `inflating, ${mibNumber(actual)} of ${mibNumber(target)} MiB` };
  }
  if (busy && actual > target) return { busy, text: `deflating, ${mibNumber(actual)} to ${mibNumber(target)} MiB` };
  if (busy && active) {
    const names = ["", "compacting", "direct compaction", "kcompactd", "balloon pass"];
    return { busy, text: `${names[active] ?? "compacting"}, ${progressOf(s, zones)}` };
  }
  if (busy && s("huge_target")) return { busy, text: `taking huge pages: ${count(s("huge_held"))}` };
  if (busy) return { busy, text: paused ? "paused, not finished" : "working in the background" };
  if (actual < target) return { busy, text: `idle; balloon stopped at ${mibNumber(actual)} of ${mibNumber(target)} MiB` };
  return { busy, text: "idle" };
}

/**
 * @param {Stats} s
 * @param {{start_pfn: number, end_pfn: number}[]} zones
 */
function progressOf(s, zones) {
  const migrate = s("migrate_pfn");
  const free = s("free_pfn");
  const zone = zones.find((z) => migrate >= z.start_pfn && migrate <= z.end_pfn) ?? zones[0];
  const size = Math.max(1, zone.end_pfn - zone.start_pfn);
  const gap = Math.max(0, Math.min(size, free - migrate));
  return `${Math.round(100 * (1 - gap / size))} %`;
}

/**
 * Where the scanners are.
 * @param {Stats} s
 */
export function scannerText(s) {
  const migrate = s("migrate_pfn");
  const free = s("free_pfn");
  if (migrate < 0 || free < 0) {
    const seen = scanned(s);
    return seen === 0 ? "Compaction has not run yet." : `Scanners at rest; ${short(seen)} pages scanned so far.`;
  }
  const verb = s("compact_active") ? "at" : "stopped at";
  return `▲ migrate scanner ${verb} ${pagesText(migrate)}, ▽ free scanner ${verb} ${pagesText(free)}.`;
}

const MIGRATETYPES = ["UNMOVABLE", "MOVABLE", "RECLAIMABLE", "HIGHATOMIC", "CMA", "ISOLATE", "BALLOON"];
const HOLDERS = [
  "wholly free",
  "movable pages only: compaction can empty it",
  "held by balloon pages that nothing can move now",
  "held by the kernel: nothing can empty it",
  "reserved",
  "balloon pages that the hook can move",
];

/**
 * One pageblock of one design, in words.
 * @param {Record<string, import("../net/wire.js").Plane>} planes
 * @param {number} index
 * @returns {{where: string, counts: string, holder: string}}
 */
export function blockText(planes, index) {
  const free = planes.free[index];
  const pcp = planes.pcp[index];
  const movable = planes.movable[index];
  const balloon = planes.balloon[index];
  const unmovable = planes.unmovable[index];
  const reserved = Math.max(0, 512 - free - pcp - movable - balloon - unmovable);
  const parts = [`${free} free`, `${movable} movable`, `${balloon} balloon`, `${unmovable} unmovable`];
  if (pcp) parts.push(`${pcp} in per-CPU lists`);
  if (reserved) parts.push(`${reserved} reserved`);
  const flags = planes.flags[index];
  const largest = planes.largest[index];
  const extra = [MIGRATETYPES[planes.migratetype[index]] ?? "unknown type"];
  if (flags & 1) extra.push("dedicated to the balloon");
  if (flags & 2) extra.push("skip hint");
  if (flags & 4) extra.push("isolated");
  if (largest !== 255) extra.push(`largest free piece order ${largest}`);
  return {
    where: `Pageblock ${count(index)}, ${blockRange(index)}`,
    counts: parts.join(", "),
    holder: `${HOLDERS[(flags >> 4) & 7] ?? "unknown"}; ${extra.join(", ")}`,
  };
}

/**
 * What a command asks for, in words.
 * @param {import("../net/wire.js").Command} command
 */
export function commandText(command) {
  const nr_pages = Number(command.nr_pages);
  switch (command.type) {
    case "balloon_target": return `balloon target ${pagesText(nr_pages)}`;
    case "balloon_inflate": return `inflate by ${pagesText(nr_pages)}`;
    case "balloon_deflate": return `deflate by ${pagesText(nr_pages)}`;
    case "compact": return "compact";
    case "direct_compact": return `direct compaction for order ${command.order}`;
    case "huge": return `take up to ${count(Number(command.nr))} huge pages`;
    case "drop_caches": return "drop caches";
    case "offline": return `offline ${count(Number(command.start_mib))} to ${count(Number(command.start_mib) + Number(command.size_mib))} MiB`;
    case "alloc_contig": return `allocate ${count(Number(command.size_mib))} MiB in a row`;
    case "workload": return command.enabled ? `workload on, ${count(Number(command.rate))} operations a tick${command.ticks ? `, for ${count(Number(command.ticks))} ticks` : ""}` : "workload off";
    default: return command.type;
  }
}
