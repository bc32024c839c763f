/**
 * A class in words, and what its rules mean for this page. Pure.
 */

import { count, plural } from "../lib/format.js";

/** @typedef {import("../net/protocol.js").ClassState} ClassState */
/** @typedef {import("../net/protocol.js").People} People */

const PRESENTER = "presenter";

/** @param {ClassState} room */
export const presents = (room) => room.you === PRESENTER;

/**
 * Whether a viewer holds the wheel, and not this page.
 * @param {ClassState} room
 */
export const drivenByAnother = (room) => !room.driving && room.driver !== null && room.driver !== PRESENTER;

/**
 * One who drives, in the middle of a sentence.
 * @param {string|null} name
 */
const driverWords = (name) => (name === PRESENTER ? "the presenter" : name ?? "nobody");

/**
 * What a page's own person should know of where they are.
 * @param {ClassState} room
 */
export function whereText(room) {
  if (presents(room)) return drivenByAnother(room) ? `${upper(driverWords(room.driver))} drives` : "";
  if (room.driving) return "You drive";
  if (room.over) return "The class is over: look around";
  if (!room.following) return "You are on your own";
  return room.driver === null ? "The presenter is away" : `You follow ${driverWords(room.driver)}`;
}

/**
 * How the class is, for its presenter: only what there is.
 * @param {People} people
 * @param {string|null} [driver] another one who drives
 */
export function peopleText({ following, lagging, detached }, driver = null) {
  const drives = driver ? `${upper(driver)} drives.` : "";
  if (following + detached === 0) return drives || "Nobody else is here.";
  const parts = [`${count(following)} ${following === 1 ? "follows" : "follow"}`];
  if (lagging) parts.push(`${count(lagging)} of them ${lagging === 1 ? "skips" : "skip"} most pictures`);
  if (detached) parts.push(`${count(detached)} on their own`);
  return `${parts.join(", ")}.${drives && ` ${drives}`}`;
}

/**
 * The same in the few characters that a button has.
 * @param {People} people
 */
export function badgeText({ following, detached }) {
  if (following + detached === 0) return "";
  return detached ? `${count(following)} of ${count(following + detached)} follow` : `${count(following)} follow${following === 1 ? "s" : ""}`;
}

/**
 * A code as it is read aloud.
 * @param {string} code
 */
export const spaced = (code) => `${code.slice(0, 3)} ${code.slice(3)}`;

/**
 * Whether an address leads nowhere from another computer.
 * @param {string} hostname
 */
export const isOnlyHere = (hostname) => /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/**
 * Who asks to drive beyond those who are named.
 * @param {People} people
 */
export function moreAsking({ asking, nr_asking }) {
  const more = nr_asking - asking.length;
  return more > 0 ? `and ${plural(more, "other")}` : "";
}

/**
 * A moment that one who looks by oneself may look at: the one asked for, or the last that the class has come to.
 * @param {import("../timebar/moments.js").Moment|null} asked null: the present
 * @param {number|null} bound tick, null: none
 * @returns {{moment: import("../timebar/moments.js").Moment|null, held: boolean}}
 */
export function withinClass(asked, bound) {
  if (bound === null || (asked !== null && asked.tick <= bound)) return { moment: asked, held: false };
  return { moment: { tick: bound, index: null }, held: true };
}

/** @param {string} text */
export const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
