/**
 * What became of a request for kernel memory, or for long-term pins. The sentences on pins are those of
 * engine/core/workload/demand_codes.py; a test keeps the two in step.
 */

import { count, mibNumber } from "../lib/format.js";

/** By kmem_kind. */
const KINDS = ["", "unmovable", "reclaimable", "atomic"];

/** What stood in the way, and the statistic that counts it. */
const CAUSES = [["memory", "kmem_no_memory"], ["watermark", "kmem_no_watermark"], ["fragmentation", "kmem_no_fragment"], ["migratetype", "kmem_no_type"]];

/** By pin_end. */
const ENDS = [
  "",
  "programs hold no further anonymous memory that is not pinned yet",
  "a page lies where no long-term pin may be, and there is none to move it to",
];

/** @typedef {import("../panels/guest_text.js").Stats} Stats */

/**
 * How many of the last requests for kernel memory succeeded; empty if there were none.
 * @param {Stats} s
 */
export const allocShort = (s) => (s("kmem_asked") ? `${count(s("kmem_got"))} of ${count(s("kmem_asked"))}` : "");

/**
 * The outcome of the last request for kernel memory so far; empty if there was none.
 * @param {Stats} s
 * @returns {string}
 */
export function allocVerdict(s) {
  if (!s("kmem_asked")) return "";
  const words = `${allocShort(s)} ${KINDS[s("kmem_kind")] ?? ""} requests of order ${s("kmem_order")}`;
  if (s("kmem_phase") === 1) return `${words} so far.`;
  const causes = CAUSES.filter(([, name]) => s(name)).map(([cause, name]) => `${count(s(name))} for ${cause}`);
  const left = s("kmem_asked") - s("kmem_got") - s("kmem_failed");
  const parts = [words, causes.length ? `failed: ${causes.join(", ")}` : "", left ? `${count(left)} not tried after so many failures in a row` : ""];
  if (s("kmem_moved") || s("kmem_reclaimed")) parts.push(`${count(s("kmem_moved"))} pages moved and ${count(s("kmem_reclaimed"))} reclaimed for them`);
  return `${parts.filter(Boolean).join("; ")}; ${s("kmem_keep") ? "they stay" : "given back"}.`;
}

/**
 * How much of the last request for pins was pinned, in MiB; empty if there was none.
 * @param {Stats} s
 */
export const pinMib = (s) => (s("pin_asked") ? `${mibNumber(s("pin_got"))} of ${mibNumber(s("pin_asked"))}` : "");

/**
 * The outcome of the last request for pins so far; empty if there was none.
 * @param {Stats} s
 * @returns {string}
 */
export function pinVerdict(s) {
  if (!s("pin_asked")) return "";
  const parts = [`${pinMib(s)} MiB pinned${s("pin_left") ? " so far" : ""}`, ENDS[s("pin_end")] ?? ""];
  if (s("pin_moved")) parts.push(`${count(s("pin_moved"))} pages moved out of CMA or zone Movable first`);
  return `${parts.filter(Boolean).join("; ")}.`;
}
