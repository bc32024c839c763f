/**
 * Moments of a session: where the next one lies by tick, by command, by emptied pageblock; their place on the bar, and
 * their words. Pure.
 */

import { commandText } from "../controls/command_text.js";
import { count, plural } from "../lib/format.js";

/**
 * @typedef {object} Moment
 * @property {number} tick
 * @property {number|null} index commands that the state contains; null: all up to that tick
 *
 * @typedef {object} Present
 * @property {number} tick
 * @property {number} log_index
 *
 * @typedef {readonly import("../net/wire.js").Entry[]} Log
 */

/**
 * Commands that a moment contains.
 * @param {Moment} moment
 * @param {Log} log
 */
export function indexOf({ tick, index }, log) {
  return index ?? log.filter((entry) => entry.tick <= tick).length;
}

/**
 * The moment before each command, in order.
 * @param {Log} log
 * @returns {Moment[]}
 */
const stops = (log) => log.map(({ tick, index }) => ({ tick, index: index - 1 }));

/**
 * @param {Moment} a
 * @param {Moment} b
 * @param {Log} log
 */
const order = (a, b, log) => a.tick - b.tick || indexOf(a, log) - indexOf(b, log);

/**
 * The moment before the last command, or before the next; null: the present.
 * @param {Moment} here
 * @param {1|-1} way
 * @param {Log} log
 * @returns {Moment|null}
 */
export function byCommand(here, way, log) {
  const all = stops(log);
  if (way < 0) return all.filter((stop) => order(stop, here, log) < 0).at(-1) ?? { tick: 0, index: 0 };
  return all.find((stop) => order(stop, here, log) > 0) ?? null;
}

/**
 * So many ticks on or back; null: the present.
 * @param {Moment} here
 * @param {number} ticks
 * @param {Present} present
 * @returns {Moment|null}
 */
export function byTick(here, ticks, present) {
  const tick = Math.max(0, here.tick + ticks);
  return tick >= present.tick && ticks > 0 ? null : { tick, index: null };
}

/**
 * The last or the next of some ticks; null where there is none.
 * @param {Moment} here
 * @param {1|-1} way
 * @param {readonly number[]} ticks ascending
 * @returns {Moment|null}
 */
export function byMark(here, way, ticks) {
  const tick = way < 0 ? ticks.filter((one) => one < here.tick).at(-1) : ticks.find((one) => one > here.tick);
  return tick === undefined ? null : { tick, index: null };
}

/**
 * Place on the bar, 0 to 1; ticks are work, so time in which nothing changed takes no room.
 * @param {number} tick
 * @param {number} last
 */
export const shareOf = (tick, last) => (last > 0 ? Math.min(1, Math.max(0, tick / last)) : 1);

/**
 * @param {number} share
 * @param {number} last
 */
export const tickAt = (share, last) => Math.round(Math.min(1, Math.max(0, share)) * last);

/**
 * A moment in words.
 * @param {Moment|null} moment null: the present
 * @param {Log} log
 * @param {Present} present
 */
export function momentText(moment, log, present) {
  if (!moment) return present.tick ? `now, tick ${count(present.tick)}` : "now, at the start";
  const index = indexOf(moment, log);
  const coming = log[index];
  const last = log[index - 1];
  const before = coming && coming.tick === moment.tick ? `, just before no. ${coming.index}: ${commandText(coming.command)}` : "";
  const after = last ? `, ${moment.tick === last.tick ? "at" : `${plural(moment.tick - last.tick, "tick")} after`} no. ${last.index}: ${commandText(last.command)}` : "";
  return `tick ${count(moment.tick)} of ${count(present.tick)}${before || after || ", before any command"}`;
}

/**
 * The command nearest to a place on the bar, in words; "" where none is near.
 * @param {number} tick
 * @param {number} near ticks
 * @param {Log} log
 */
export function commandNear(tick, near, log) {
  const close = log.filter((entry) => Math.abs(entry.tick - tick) <= near);
  const best = close.sort((a, b) => Math.abs(a.tick - tick) - Math.abs(b.tick - tick))[0];
  return best ? `No. ${best.index} at tick ${count(best.tick)}: ${commandText(best.command)}` : "";
}

/**
 * What a search has found, in words.
 * @param {{words: string, first: number|null, last: number|null, total: number, tick: number}} found
 */
export function foundText({ words, first, last, total, tick }) {
  if (first === null || last === null) return `${words}: at no tick up to ${count(tick)}.`;
  const times = total === 1 ? "" : `, ${plural(total, "time")} with breaks`;
  return `${words}: first at tick ${count(first)}, last at tick ${count(last)}${last === tick ? " (still so)" : ""}${times}.`;
}

/**
 * A timeline by what distinguishes it.
 * @param {import("../net/protocol.js").TimelineInfo} line
 */
export function lineName(line) {
  if (line.parent === null || !line.command) return "as it went first";
  return `${commandText(line.command)} at tick ${count(line.tick)}`;
}
