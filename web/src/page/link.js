/**
 * The view as an object, and back: what the address holds beside the session, so that a link shows exactly this. Open and
 * versioned: a field that is not known is left alone, another version is not read. Pure.
 */

export const VERSION = 1;

/**
 * @typedef {object} View
 * @property {string} mode colours
 * @property {number|null} pageblock chosen
 * @property {import("../timebar/moments.js").Moment|null} past looked at, null = now
 */

/**
 * @param {View} view
 * @returns {string} "" for the view that everybody begins with
 */
export function viewText({ mode, pageblock, past }) {
  const data = {
    ...(past ? { tick: past.tick, ...(past.index === null ? {} : { index: past.index }) } : {}),
    ...(mode !== "content" ? { mode } : {}),
    ...(pageblock !== null ? { pageblock } : {}),
  };
  return Object.keys(data).length ? JSON.stringify({ v: VERSION, ...data }) : "";
}

/** @param {unknown} value */
const isCount = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/**
 * @param {string} text what the address holds; anybody may have written it
 * @param {readonly string[]} modes
 * @returns {View}
 */
export function viewFrom(text, modes) {
  /** @type {View} */
  const view = { mode: "content", pageblock: null, past: null };
  try {
    const data = JSON.parse(text);
    if (data?.v !== VERSION) return view;
    if (modes.includes(data.mode)) view.mode = data.mode;
    if (isCount(data.pageblock)) view.pageblock = data.pageblock;
    if (isCount(data.tick)) view.past = { tick: data.tick, index: isCount(data.index) ? data.index : null };
  } catch {
    // No view, or one that was cut off on its way here.
  }
  return view;
}
