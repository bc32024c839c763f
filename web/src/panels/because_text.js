/**
 * What happened under each design and why, made from the engine's own counts: one line under each map, and one that compares them
 * all. Pure: every number is a statistic of the frame that is looked at.
 */

import { count, mibNumber, plural } from "../lib/format.js";
import { HPAGE_ORDER, pageblock } from "../lib/pageblock.js";

/** @typedef {(name: string) => number} Stats value of one statistic */

const NAMED = 4; // designs that the comparison names; of more, the best and the worst

/** A block of 2 MiB is a pageblock, or else it is only a part of one. */
const noun = () => (pageblock.order === HPAGE_ORDER ? "block" : "pageblock");

/** @param {Stats} s */
const tried = (s) => s("huge_runs") > 0;

/** @param {Stats} s */
const fewest = (s) => s("blocks_with_balloon") - s("excess_blocks");

/** @param {string} text */
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * @param {number} n
 * @param {string} verb of many
 * @param {string} one of one
 */
const blocks = (n, verb, one = `${verb}s`) => `${plural(n, noun())} ${n === 1 ? one : verb}`;

/** @type {Record<string, (s: Stats) => string>} */
const REASONS = {
  pinned: (s) => `${blocks(s("blocks_held_by_balloon"), "hold")} a balloon page that nothing may move`,
  lru_hook(s) {
    const stuck = s("blocks_held_by_balloon") ? `; ${blocks(s("blocks_held_by_balloon"), "hold")} one that may not move` : "";
    if (!s("balloon_migrate")) return `${blocks(s("blocks_rescuable_by_hook"), "hold")} balloon pages that compaction may move, and none has been moved yet${stuck}`;
    return `compaction moved ${plural(s("balloon_migrate"), "balloon page")}; the balloon lies in ${plural(s("blocks_with_balloon"), noun())}, where ${count(fewest(s))} would do${stuck}`;
  },
  separate_pass(s) {
    if (!s("pass_migrated")) return `its own pass has moved nothing yet; ${blocks(s("blocks_with_balloon"), "hold")} balloon pages`;
    return `its own pass moved ${plural(s("pass_migrated"), "balloon page")}; the balloon lies in ${plural(s("blocks_with_balloon"), noun())}, where ${count(fewest(s))} would do`;
  },
  dedicated_block(s) {
    const held = `${blocks(s("blocks_held_by_balloon"), "hold")} a balloon page that nothing may move`;
    if (s("dedicated_blocks")) return `${plural(s("dedicated_blocks"), noun())} ${s("dedicated_blocks") === 1 ? "is" : "are"} the balloon’s alone; ${held}`;
    if (!s(pageblock.order === HPAGE_ORDER ? "free_blocks" : "nr_free_order_10")) return `gathering needs one free ${noun()} to begin with, and there was none: ${held}`;
    return `nothing has been gathered yet: ${held}`;
  },
};

/**
 * Why so many blocks are left, without a full stop.
 * @param {string} name of the design
 * @param {Stats} s
 */
function reason(name, s) {
  if (!s("balloon_actual")) {
    return `the balloon is empty; ${blocks(s("blocks_held_by_kernel"), "are held", "is held")} by the kernel, ${count(s("blocks_rescuable"))} hold movable pages only`;
  }
  return (REASONS[name] ?? REASONS.pinned)(s);
}

/**
 * One line for one design.
 * @param {string} name of the design
 * @param {Stats} s
 */
export function because(name, s) {
  const [actual, target] = [s("balloon_actual"), s("balloon_target")];
  if (s("busy") && actual < target && !s("balloon_stopped")) {
    return `The balloon is taking pages: ${mibNumber(actual)} of ${mibNumber(target)} MiB so far, out of ${plural(s("blocks_with_balloon"), noun())}.`;
  }
  const stopped = actual < target && s("balloon_stopped") ? `The balloon stopped at ${mibNumber(actual)} of ${mibNumber(target)} MiB. ` : "";
  if (tried(s)) return `${stopped}${plural(s("huge_best"), "huge page")}: ${reason(name, s)}.`;
  return `${stopped}${upper(reason(name, s))}.`;
}

/** @param {string[]} parts */
const list = (parts) => (parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`);

/**
 * One sentence for all designs, and the reason of the one that is worst off.
 * @param {{title: string, name: string, s: Stats}[]} designs what each is called within a sentence, and which it is
 * @returns {{said: string, why: string}}
 */
export function compared(designs) {
  if (designs.length === 0) return { said: "", why: "" };
  if (designs.some(({ s }) => s("busy"))) return working(designs);
  const huge = designs.every(({ s }) => tried(s));
  const value = (/** @type {Stats} */ s) => s(huge ? "huge_best" : "free_blocks_all");
  const what = huge ? "huge page" : "free 2 MiB block";
  const order = [...designs].sort((a, b) => value(b.s) - value(a.s));
  const [best, worst] = [order[0], order[order.length - 1]];
  const balloons = designs.map(({ s }) => s("balloon_actual"));
  const equal = balloons.every((size) => size === balloons[0]);
  const unequal = equal ? "" : ` The balloons differ in size (${mibNumber(Math.min(...balloons))} to ${mibNumber(Math.max(...balloons))} MiB): not a fair comparison.`;
  if (value(best.s) === value(worst.s)) {
    const start = designs.every(({ s }) => !s("balloon_actual") && !s("compact_migrate_scanned") && !tried(s));
    const said = start ? `All designs start from the same memory: ${plural(value(best.s), what)}.`
      : designs.length === 1 ? `${upper(best.title)}: ${plural(value(best.s), what)}.` : `Every design leaves ${plural(value(best.s), what)}.`;
    return { said, why: unequal.trim() };
  }
  const named = order.length > NAMED ? [best, worst] : order;
  const parts = named.map(({ title, s }) => `${title} ${count(value(s))}`);
  return { said: `${upper(what)}s: ${parts.join(", ")}.`, why: `${upper(worst.title)}: ${reason(worst.name, worst.s)}.${unequal}` };
}

/**
 * @param {{title: string, s: Stats}[]} designs
 */
function working(designs) {
  const at = designs.filter(({ s }) => s("busy")).map(({ title }) => `“${title}”`);
  const inflating = designs.some(({ s }) => s("balloon_actual") < s("balloon_target") && !s("balloon_stopped"));
  const compacting = designs.some(({ s }) => s("compact_active"));
  const what = inflating ? "The balloons are taking pages" : compacting ? "The scanners are at work" : "Still at work";
  const who = at.length === designs.length ? "under every design" : `under ${list(at)}`;
  return { said: `${what} ${who}.`, why: "" };
}
