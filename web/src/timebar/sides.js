/**
 * Two endings of one session side by side: whose panel is which, and what is asked of the server. Pure.
 */

import { lineName } from "./moments.js";

/** @typedef {import("../net/protocol.js").TimelineInfo} Line */

/**
 * The designs as they stand in a picture: those of another timeline follow those of the session's own.
 * @template {object} T
 * @param {readonly T[]} designs
 * @param {number|null} beside timeline, null = none
 * @returns {(T & {side?: "here"|"beside"})[]}
 */
export function sidesOf(designs, beside) {
  if (beside === null) return [...designs];
  return [...designs.map((one) => ({ ...one, side: /** @type {const} */ ("here") })), ...designs.map((one) => ({ ...one, side: /** @type {const} */ ("beside") }))];
}

/**
 * Each design beside itself: 1 of here, 1 of there, 2 of here…
 * @template T
 * @param {readonly T[]} all
 * @param {number} nr designs of the session
 * @returns {T[]}
 */
export const pairwise = (all, nr) => (all.length === nr ? [...all] : Array.from({ length: nr }, (_, i) => [all[i], all[nr + i]]).flat());

/**
 * Up to where two timelines are one.
 * @param {readonly Line[]} lines
 * @param {number} a
 * @param {number} b
 * @returns {{tick: number, index: number}}
 */
export function sharedOf(lines, a, b) {
  /** @param {number} id */
  const left = (id) => {
    /** @type {Map<number, {tick: number, index: number}>} */
    const found = new Map();
    let at = { tick: Infinity, index: Infinity };
    for (let line = lines.find((one) => one.id === id); line; line = lines.find((one) => one.id === line?.parent)) {
      found.set(line.id, at);
      at = { tick: Math.min(at.tick, line.tick), index: Math.min(at.index, line.index) };
    }
    return found;
  };
  const [mine, other] = [left(a), left(b)];
  for (const [id, at] of mine) {
    const there = other.get(id);
    if (there) return { tick: Math.min(at.tick, there.tick), index: Math.min(at.index, there.index) };
  }
  return { tick: 0, index: 0 };
}

/**
 * The moment of another timeline that belongs to one of the session's own.
 * @param {import("./moments.js").Moment} moment
 * @param {readonly Line[]} lines
 * @param {number} current
 * @param {number} beside
 * @returns {import("../net/protocol.js").Beside}
 */
export function besideOf({ tick, index }, lines, current, beside) {
  const shared = sharedOf(lines, current, beside);
  const same = index !== null && tick <= shared.tick && index <= shared.index;
  return { timeline: beside, tick, ...(same ? { index } : {}) };
}

/**
 * What the server is asked for.
 * @param {import("./moments.js").Moment|null} moment null: the present
 * @param {import("../net/wire.js").Welcome|null} welcome
 * @param {number|null} beside timeline
 * @returns {import("../net/wire.js").UpMessage}
 */
export function lookMessage(moment, welcome, beside) {
  if (!moment) return { type: "look", tick: null };
  return {
    type: "look", tick: moment.tick, ...(moment.index === null ? {} : { index: moment.index }),
    ...(welcome && beside !== null ? { beside: besideOf(moment, welcome.timelines, welcome.timeline, beside) } : {}),
  };
}

/**
 * What an ending is called: its name, or what it began with.
 * @param {Line} line
 */
export const endingName = (line) => line.name ?? lineName(line);
