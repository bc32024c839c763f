/**
 * What a guest is doing, where its scanners are, and what one of its pageblocks holds, in words.
 */

import { blockRange, count, mibNumber, pagesText, plural, short } from "../lib/format.js";
import { pageblock } from "../lib/pageblock.js";

/** @typedef {(name: string) => number} Stats value of one statistic */

/**
 * Pages that compaction looked at: by both scanners and by the design's own pass.
 * @param {Stats} s
 */
export function scanned(s) {
  return s("compact_migrate_scanned") + s("compact_free_scanned") + s("pass_scanned");
}

/**
 * How many huge pages the last request got; they have all been given back since.
 * @param {Stats} s
 */
export function takenText(s) {
  if (!s("huge_runs") && !s("huge_attempt")) return "huge pages: not tried";
  return `${plural(s("huge_best"), "huge page")} taken`;
}

/**
 * What a guest is doing now.
 * @param {Stats} s
 * @param {{start_pfn: number, end_pfn: number}[]} zones
 * @param {boolean} [paused] nobody is working, whatever has been asked for
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
    if (s("busy") && seen) return `Between two runs of the scanners; ${short(seen)} pages scanned so far.`;
    return seen === 0 ? "Compaction has not run yet." : `Scanners at rest; ${short(seen)} pages scanned so far.`;
  }
  const verb = s("compact_active") ? "at" : "stopped at";
  return `▲ migrate scanner ${verb} ${pagesText(migrate)}, ▽ free scanner ${verb} ${pagesText(free)}.`;
}

const MIGRATETYPES = ["UNMOVABLE", "MOVABLE", "RECLAIMABLE", "HIGHATOMIC", "CMA", "ISOLATE", "BALLOON"];
const HOLDERS = [
  "wholly free",
  "movable pages only: compaction can empty it",
  "held by balloon pages that nothing can move",
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
  const reserved = Math.max(0, pageblock.pages - free - pcp - movable - balloon - unmovable);
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
