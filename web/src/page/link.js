/**
 * The view as an object, and back: what the address holds beside the session, so that a link shows exactly this. Open and
 * versioned: a field that is not known is left alone, another version is not read. Pure.
 */

import { extentFrom, extentOf, viewOfExtent } from "../zoom/extent.js";

export const VERSION = 1;

/**
 * @typedef {object} View
 * @property {string} mode colours
 * @property {number|null} pageblock chosen
 * @property {import("../timebar/moments.js").Moment|null} past looked at, null = now
 * @property {number|null} [beside] timeline that stands beside
 * @property {number|null} [timeline] that it is of, null = the session has but one
 * @property {import("../zoom/extent.js").Extent|null} extent what is in the window of the maps, null = the whole
 */

/**
 * @param {View} view
 * @returns {Record<string, unknown>} what differs from the view that everybody begins with
 */
export function viewData({ mode, pageblock, past, beside = null, timeline = null, extent = null }) {
  return {
    ...(past ? { tick: past.tick, ...(past.index === null ? {} : { index: past.index }) } : {}),
    ...(mode !== "content" ? { mode } : {}),
    ...(pageblock !== null ? { pageblock } : {}),
    ...(past && beside !== null ? { beside } : {}),
    ...(past && timeline !== null ? { timeline } : {}),
    ...(extent ? { zoom: extent } : {}),
  };
}

/**
 * @param {Record<string, unknown>} data
 * @returns {string} "" for the view that everybody begins with
 */
export const viewText = (data) => (Object.keys(data).length ? JSON.stringify({ v: VERSION, ...data }) : "");

/** @param {unknown} value */
const isCount = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/**
 * @param {any} data what somebody else's page shows, or an address holds: anybody may have written it
 * @param {readonly string[]} modes
 * @returns {View}
 */
export function viewOf(data, modes) {
  /** @type {View} */
  const view = { mode: "content", pageblock: null, past: null, extent: null };
  if (data?.v !== VERSION) return view;
  if (modes.includes(data.mode)) view.mode = data.mode;
  if (isCount(data.pageblock)) view.pageblock = data.pageblock;
  if (isCount(data.tick) && isCount(data.beside)) view.beside = data.beside;
  if (isCount(data.tick) && isCount(data.timeline)) view.timeline = data.timeline;
  if (isCount(data.tick)) view.past = { tick: data.tick, index: isCount(data.index) ? data.index : null };
  view.extent = extentFrom(data.zoom);
  return view;
}

/**
 * @param {string} text what the address holds
 * @returns {any} null: nothing that can be read
 */
export function parseView(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no view, or one that was cut off on its way here
  }
}

/**
 * What the page shows, as one value: read, applied, watched. A new part of the view is added here and above.
 * @param {import("../state.js").State} state
 * @param {(moment: import("../timebar/moments.js").Moment|null) => void} look
 * @param {readonly string[]} modes
 * @param {Pick<import("../zoom/zoom.js").Zoom, "geometry"|"onLay"|"onMoved">} zoom
 */
export function createView(state, look, modes, zoom) {
  /** @type {number|null} */
  let awaited = null; // a pageblock to be chosen as soon as it is known how many there are
  /** @type {import("../zoom/extent.js").Extent|null|undefined} */
  let held; // applied, and not moved from since: maps of another shape show it in another way; undefined: none
  state.frame.subscribe((frame) => {
    if (!frame || awaited === null) return;
    if (awaited < frame.nr_pageblocks && state.pageblock.get() === null) state.pageblock.set(awaited);
    awaited = null;
  });
  // A link is of one timeline: where the session is on another one by now, that one is shown beside it.
  /** @type {number|null} */
  let line = null;
  function toLine() {
    const welcome = state.welcome.get();
    if (!welcome || line === null) return;
    if (line !== welcome.timeline && welcome.timelines.some(({ id }) => id === line)) state.beside.set(line);
    line = null;
  }
  state.welcome.subscribe(toLine);
  const ofLines = () => {
    const welcome = state.welcome.get();
    return { beside: state.beside.get(), timeline: welcome && state.timelines.get().length > 1 ? welcome.timeline : null };
  };
  const zoomTo = () => {
    const g = zoom.geometry();
    if (g && held !== undefined) state.view.set(viewOfExtent(g, held));
  };
  zoom.onLay(zoomTo);
  zoom.onMoved(() => {
    held = undefined;
  });
  return {
    read() {
      const g = zoom.geometry();
      const extent = held === undefined ? g && extentOf(g, state.view.get()) : held;
      return viewData({ mode: state.mode.get(), pageblock: awaited ?? state.pageblock.get(), past: state.past.get(), extent, ...ofLines() });
    },
    /** @param {unknown} data */
    apply(data) {
      const view = viewOf(data, modes);
      state.mode.set(view.mode);
      if (view.past) state.beside.set(view.beside ?? null);
      line = view.past && view.beside === undefined ? view.timeline ?? null : null;
      toLine();
      look(view.past);
      awaited = view.pageblock;
      held = view.extent;
      zoomTo();
    },
    /** @param {() => void} listener told of every gesture but that of another moment */
    watch(listener) {
      state.mode.subscribe(listener);
      zoom.onMoved(listener);
    },
  };
}
