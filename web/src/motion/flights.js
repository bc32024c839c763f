/**
 * What is in the air, and what still glows: a bounded number of marks, each with a time at which it is over. Pure.
 *
 * A page lifts before its move is due and lands with it, so that picture and number change when it arrives. Where a whole move is over
 * in less than a blink, what one sees is its streak.
 */

import { FREE, GIVEN, MET, MOVED, SCANNED, TAKEN } from "../net/events_wire.js";
import { pageblock } from "../lib/pageblock.js";

/** Pages of one panel in the air at a time. */
export const MOST_FLYING = 32;
const FLIGHT_MS = 640;
const FLIGHT_SHARE = 0.45; // of a play, at most: the rest is for landing one after the other
const STREAK_MS = 260; // a landed page's way fades
const RING_MS = 600;
const FLASH_MS = 900;
const TRAIL_MS = 1400;
const MOST_MARKS = 400; // of one panel

/**
 * @typedef {object} Mark
 * @property {"flight"|"taken"|"given"|"flash"|"migrate"|"free"} kind
 * @property {number} pfn
 * @property {number} to
 * @property {number} state
 * @property {number} from ms, when it begins
 * @property {number} land ms, of a flight
 * @property {number} over ms
 *
 * @typedef {object} Air of one panel
 * @property {Mark[]} marks
 * @property {number} met pfn where the scanners met last, -1 = not since they set out
 */

/** @returns {Air} */
export const emptyAir = () => ({ marks: [], met: -1 });

/** @param {number} ms how long the play lasts */
export const flightMs = (ms) => Math.min(FLIGHT_MS, FLIGHT_SHARE * ms);

/**
 * When an event happens: the first pages are in the air before the first one lands, and so the last one lands at the end.
 * @param {number} at share of the events
 * @param {number} ms how long the play lasts
 */
export const dueMs = (at, ms) => flightMs(ms) + at * (ms - flightMs(ms));

/**
 * The share of the events that have happened.
 * @param {number} passed ms of the play
 * @param {number} ms how long it lasts
 */
export const shareAt = (passed, ms) => Math.min(1, (passed - flightMs(ms)) / (ms - flightMs(ms)));

/**
 * The moves that are shown of those that are known: evenly spread, no more than can be in the air.
 * @param {number} known
 * @param {number} ms how long the play lasts
 * @returns {number} one of so many
 */
export const strideOf = (known, ms) => Math.max(1, Math.ceil(known / Math.max(1, Math.round((MOST_FLYING * (ms - flightMs(ms))) / flightMs(ms)))));

/**
 * The flights of one panel, with their times.
 * @param {readonly import("./play.js").Event[]} events
 * @param {number} start ms, of the play
 * @param {number} ms how long it lasts
 * @returns {Mark[]}
 */
export function flightsOf(events, start, ms) {
  const moves = events.filter((event) => event.what === MOVED);
  const stride = strideOf(moves.length, ms);
  const flight = flightMs(ms);
  return moves.filter((_, i) => i % stride === 0).map(({ at, pfn, to, state }) => {
    const land = start + dueMs(at, ms);
    return { kind: /** @type {const} */ ("flight"), pfn, to, state, from: land - flight, land, over: land + STREAK_MS };
  });
}

/**
 * The mark that an event leaves when it happens.
 * @param {Air} air
 * @param {import("./play.js").Event} event
 * @param {number} now ms
 * @param {Uint8Array|Uint16Array|Uint32Array} free plane of the picture that follows: a pageblock that is free for a moment does not flash
 */
export function leave(air, { what, pfn, to, state, order }, now, free) {
  /**
   * @param {Mark["kind"]} kind
   * @param {number} at
   * @param {number} lasts
   */
  const mark = (kind, at, lasts) => {
    if (air.marks.length >= MOST_MARKS) air.marks.shift();
    air.marks.push({ kind, pfn: at, to: -1, state, from: now, land: now, over: now + lasts });
  };
  if (what === TAKEN) mark("taken", pfn, RING_MS);
  else if (what === GIVEN) mark("given", pfn, RING_MS);
  else if (what === SCANNED) {
    air.met = -1;
    mark("migrate", pfn, TRAIL_MS);
    mark("free", to, TRAIL_MS);
  } else if (what === MET) air.met = pfn;
  else if (what === FREE) {
    for (let block = pfn >> pageblock.order; block < (pfn >> pageblock.order) + 2 ** (order - pageblock.order); block++) {
      if (free[block] === pageblock.pages) mark("flash", block << pageblock.order, FLASH_MS);
    }
  }
}

/**
 * @param {Air} air
 * @param {number} now ms
 * @returns {boolean} whether anything is left
 */
export function fade(air, now) {
  if (air.marks.length > 0) air.marks = air.marks.filter((mark) => mark.over > now);
  return air.marks.length > 0;
}

/**
 * Where a flying page is: along an arc that bulges to the side and upwards.
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 * @param {number} share 0 to 1
 */
export function onArc(from, to, share) {
  const eased = share * share * (3 - 2 * share);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const bulge = 0.16 * (dx >= 0 ? 1 : -1);
  const middle = { x: from.x + dx / 2 - dy * bulge, y: from.y + dy / 2 + dx * bulge };
  const [a, b, c] = [(1 - eased) ** 2, 2 * eased * (1 - eased), eased ** 2];
  return { x: a * from.x + b * middle.x + c * to.x, y: a * from.y + b * middle.y + c * to.y };
}
